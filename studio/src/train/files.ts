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

const LEAST_LETTERS = 3; // of a beginning that says something

/** A model's name from its files': of several, what they all begin with, or else `several`. */
export function nameOf(files: readonly string[], several: string): string {
  const [first = "", ...others] = files.map(stemOf);
  if (others.length === 0) return named(first) || "teller";
  const common = others.reduce(beginning, first);
  const whole = named(common.replace(/[\p{N}\s]+$/u, ""));
  return (whole.match(/\p{L}/gu) ?? []).length >= LEAST_LETTERS ? whole : several;
}

function beginning(one: string, other: string): string {
  let end = 0;
  while (end < one.length && one[end] === other[end]) end++;
  return one.slice(0, end);
}

/** A Mac's file names are decomposed; letters keep what stands above and below them. */
function stemOf(file: string): string {
  return file.normalize("NFC").replace(/\.[^.]*$/, "");
}

function named(stem: string): string {
  return stem.replace(/[^\p{L}\p{M}\p{N}]+/gu, "-").replace(/^-|-$/g, "").toLowerCase();
}
