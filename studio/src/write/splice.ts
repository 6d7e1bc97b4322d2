// Changes of a text: one stretch taken out, another put in its place.

export interface Splice {
  at: number;
  removed: number;
  text: string;
}

export function apply(text: string, { at, removed, text: put }: Splice): string {
  return text.slice(0, at) + put + text.slice(at + removed);
}

/** The smallest splice that makes `after` of `before`; null where they are equal. */
export function difference(before: string, after: string): Splice | null {
  if (before === after) return null;
  const shorter = Math.min(before.length, after.length);
  let at = 0;
  while (at < shorter && before[at] === after[at]) at++;
  if (at > 0 && isHighSurrogate(before, at - 1)) at--; // never between the halves of a character
  let tail = 0;
  while (tail < shorter - at && before[before.length - 1 - tail] === after[after.length - 1 - tail]) tail++;
  if (tail > 0 && isLowSurrogate(before, before.length - tail)) tail--;
  return { at, removed: before.length - at - tail, text: after.slice(at, after.length - tail) };
}

function isHighSurrogate(text: string, at: number): boolean {
  return (text.charCodeAt(at) & 0xfc00) === 0xd800;
}

function isLowSurrogate(text: string, at: number): boolean {
  return (text.charCodeAt(at) & 0xfc00) === 0xdc00;
}

/** Where in a JavaScript string each of these offsets in code points lies; they come in rising order. */
export function fromCodePoints(text: string, offsets: readonly number[]): number[] {
  const found: number[] = [];
  let unit = 0;
  let point = 0;
  for (const offset of offsets) {
    while (point < offset && unit < text.length) {
      unit += (text.codePointAt(unit) ?? 0) > 0xffff ? 2 : 1;
      point++;
    }
    found.push(unit);
  }
  return found;
}

/** The end of a text, from the beginning of a word; the whole text where it has no more than `most`. */
export function endOf(text: string, most: number): string {
  if (text.length <= most) return text;
  const end = text.slice(-most);
  const blank = end.search(/\s/);
  return blank < 0 ? end.slice(isLowSurrogate(end, 0) ? 1 : 0) : end.slice(blank + 1);
}

/** A text in pieces of at most so much, each with its place; cut between lines, or else between words. */
export function piecesOf(text: string, most: number): { start: number; text: string }[] {
  const pieces: { start: number; text: string }[] = [];
  for (let start = 0; start < text.length; ) {
    const end = start + most < text.length ? cutBefore(text, start, start + most) : text.length;
    pieces.push({ start, text: text.slice(start, end) });
    start = end;
  }
  return pieces;
}

function cutBefore(text: string, start: number, end: number): number {
  const line = text.lastIndexOf("\n", end - 1) + 1;
  if (line > start) return line;
  const blank = text.lastIndexOf(" ", end - 1) + 1;
  if (blank > start) return blank;
  return isHighSurrogate(text, end - 1) ? end - 1 : end;
}

const WORD = /[\p{L}\p{M}\p{N}_]+(?:['’-][\p{L}\p{M}\p{N}_]+)*/gu;

const LETTER = /[\p{L}\p{N}]/u;

/** Between blanks, with a letter or a digit; the server counts them the same way (`skaz/text/words.py`). */
export function countWords(text: string): number {
  return text.split(/\s+/).filter((piece) => LETTER.test(piece)).length;
}

const LONGEST_BEGINNING = 40;

/** The first words of a story, by which it is known where it has no title; the server has the like. */
export function beginningOf(text: string): string {
  const whole = text.trim();
  const cut = whole.slice(0, LONGEST_BEGINNING).trim().split(/\s+/);
  if (whole.length <= LONGEST_BEGINNING) return cut.join(" ");
  return `${(cut.length > 1 ? cut.slice(0, -1) : cut).join(" ")}…`;
}

/** The word that holds or touches this place, as [start, end); null between words. */
export function wordAt(text: string, place: number): [number, number] | null {
  // Words hold no blanks, so those of the line are enough.
  const line = text.lastIndexOf("\n", Math.max(0, place - 1)) + 1;
  WORD.lastIndex = 0;
  const end = text.indexOf("\n", place);
  for (const found of text.slice(line, end < 0 ? text.length : end).matchAll(WORD)) {
    const start = line + found.index;
    if (start <= place && place <= start + found[0].length) return [start, start + found[0].length];
  }
  return null;
}
