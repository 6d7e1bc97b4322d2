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

/** Tells of an error, unless it is our own abort, or the lost connection, which has a place of its own. */
export function tellError(error: unknown): void {
  if (wasAborted(error) || (error instanceof ApiError && error.status === 0)) return;
  const { shell } = words.peek();
  if (error instanceof ApiError && error.status === 429) tell(shell.busy, true);
  else tell(shell.failed(sentenceOf(error)), true);
}

/** What was wrong, in the person's language as far as it is known there. */
export function sentenceOf(error: unknown): string {
  if (error instanceof ApiError) return words.value.shell.refused(error.code, error.message);
  return error instanceof Error ? error.message : String(error);
}
