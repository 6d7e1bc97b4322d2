// What the pages tell the person in passing: seen, and read out by a screen reader.
import { signal } from "@preact/signals";
import { ApiError, wasAborted } from "../api/client";
import { words } from "../words";

export interface Notice {
  text: string;
  bad: boolean;
}

const SHOWN_MS = 6000;
let clock: ReturnType<typeof setTimeout> | undefined;

export const notice = signal<Notice | null>(null);

export function tell(text: string, bad = false): void {
  clearTimeout(clock);
  notice.value = { text, bad };
  clock = setTimeout(() => (notice.value = null), SHOWN_MS);
}

/** Tells of an error, unless it needs no telling. */
export function tellError(error: unknown): void {
  if (isToBeTold(error)) tell(failureOf(error), true);
}

/** Neither our own abort, nor the lost connection, which has a place of its own. */
export function isToBeTold(error: unknown): boolean {
  return !wasAborted(error) && !(error instanceof ApiError && error.status === 0);
}

/** That something did not work, and why. */
export function failureOf(error: unknown): string {
  const { shell } = words.value;
  return error instanceof ApiError && error.status === 429 ? shell.busy : shell.failed(sentenceOf(error));
}

/** What was wrong, in the person's language as far as it is known there. */
export function sentenceOf(error: unknown): string {
  if (error instanceof ApiError) return words.value.shell.refused(error.code, error.message, error.about);
  return error instanceof Error ? error.message : String(error);
}
