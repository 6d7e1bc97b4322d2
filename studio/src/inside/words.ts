// Tokens as a person reads them, and the words that they make.
import type { Piece } from "./answers";

/** A token as it is shown by itself: a line's end can be seen, and so can a blank. */
export function visible(text: string): string {
  const shown = text.replaceAll("\n", "↵");
  return shown.trim() === "" && shown !== "" ? shown.replaceAll(" ", "␣") : shown;
}

/** The tokens of the word around a token, as [first, end): from the last that begins one to the next. */
export function wordAround(tokens: readonly Piece[], token: number): [number, number] {
  if (!isLetters(tokens[token]?.text ?? "")) return [token, token + 1];
  let first = token;
  while (first > 0 && !begins(tokens, first) && isLetters(tokens[first - 1]?.text ?? "")) first--;
  let end = token + 1;
  while (end < tokens.length && !begins(tokens, end) && isLetters(tokens[end]?.text ?? "")) end++;
  return [first, end];
}

const STEPS: Record<string, number> = { ArrowRight: 1, ArrowLeft: -1, ArrowDown: 8, ArrowUp: -8 };

/** The token that a key leads to from those that are chosen, [first, end): forwards counted from their last. null for
    other keys. */
export function tokenAt(key: string, chosen: readonly [number, number], count: number): number | null {
  const step = STEPS[key];
  const target = key === "Home" ? 0 : key === "End" ? count - 1 : step === undefined ? null : (step > 0 ? chosen[1] - 1 : chosen[0]) + step;
  return target === null ? null : Math.max(0, Math.min(count - 1, target));
}

function begins(tokens: readonly Piece[], token: number): boolean {
  const text = tokens[token]?.text ?? "";
  return /^\s/.test(text) || /\s$/.test(tokens[token - 1]?.text ?? " ");
}

function isLetters(text: string): boolean {
  return /[\p{L}\p{N}]/u.test(text) || text === "";
}

/** Where some tokens stand, [start, end) in code points, without the blank that a word may be one token with. */
export function charactersOf(tokens: readonly Piece[], first: number, end: number): [number, number] {
  const text = tokens[first]?.text ?? "";
  const blank = text.trim() === "" ? 0 : text.length - text.trimStart().length;
  return [(tokens[first]?.start ?? 0) + blank, tokens[end - 1]?.end ?? 0];
}

/** The tokens of another cut of the same text that stand where these characters stand. */
export function overlapping(tokens: readonly Piece[], start: number, end: number): [number, number] | null {
  const first = tokens.findIndex((piece) => piece.end > start && piece.start < end);
  if (first < 0) return null;
  const after = tokens.findIndex((piece, place) => place > first && piece.start >= end);
  return [first, after < 0 ? tokens.length : after];
}
