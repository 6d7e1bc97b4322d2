// Files as they come from the person: dropped, and named.

/** Whether a folder is among what is dropped: a browser gives it as a file that can't be read. */
export function holdsFolder(items: ArrayLike<DataTransferItem>): boolean {
  return Array.from(items).some((item) => item.webkitGetAsEntry()?.isDirectory ?? false);
}

/** A model's name from a file's. A Mac's file names are decomposed; letters keep what stands above and below them. */
export function nameOf(file: string): string {
  const stem = file.normalize("NFC").replace(/\.[^.]*$/, "");
  return stem.replace(/[^\p{L}\p{M}\p{N}]+/gu, "-").replace(/^-|-$/g, "").toLowerCase() || "teller";
}
