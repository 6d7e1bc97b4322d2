// Files as they come from the person: dropped, and named.

/** Whether a folder is among what is dropped: a browser gives it as a file that can't be read. */
export function holdsFolder(items: ArrayLike<DataTransferItem>): boolean {
  return Array.from(items).some((item) => item.webkitGetAsEntry()?.isDirectory ?? false);
}

const MOST_NAMED = 3;

/** The first of several names, and how many more there are. */
export function someOf(names: readonly string[], more: (count: number) => string): string {
  if (names.length <= MOST_NAMED + 1) return names.join(", ");
  return `${names.slice(0, MOST_NAMED).join(", ")} ${more(names.length - MOST_NAMED)}`;
}

/** A model's name from a file's. A Mac's file names are decomposed; letters keep what stands above and below them. */
export function nameOf(file: string): string {
  const stem = file.normalize("NFC").replace(/\.[^.]*$/, "");
  return stem.replace(/[^\p{L}\p{M}\p{N}]+/gu, "-").replace(/^-|-$/g, "").toLowerCase() || "teller";
}
