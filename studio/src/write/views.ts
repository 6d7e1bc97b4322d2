// Ways to look at the text: where it comes from, how likely it was, what stands in the training texts.
import { effect, signal } from "@preact/signals";
import { ApiError, ask, wasAborted } from "../api/client";
import { textsGiven } from "../api/texts";
import type { Run } from "../api/types";
import { fromCodePoints, piecesOf } from "./splice";
import { bundle, text } from "./store";
import { MOST_READ, type Source, sourceFor, writing } from "./telling";

export const VIEWS = ["plain", "origin", "surprise"] as const;
export type View = (typeof VIEWS)[number];

export const view = signal<View>("plain");
export const overlapShown = signal(false);
/** Stretches of the text that stand word for word in the training texts, in JavaScript's offsets, in order. */
export const overlaps = signal<Run[]>([]);
/** What the training texts are called. */
export const trainingTexts = signal<string[]>([]);
/** What is known of `overlaps`: nothing yet; that the look-up failed; that the bundle does not know its training texts. */
export const overlapState = signal<"waiting" | "failed" | "no texts" | "known">("waiting");

/** How likely each token of the whole text is, whoever wrote it: log p, with its stretch of the text. */
export const surprise = signal<{ text: string; tokens: ScoredToken[] } | null>(null);
export const surpriseState = signal<"waiting" | "failed" | "known">("known");

const QUIET_MS = 500;

interface ScoredToken {
  start: number;
  end: number;
  log_probability: number;
}

interface Scored {
  tokens: { text: string; log_probability: number }[];
}

/** Keeps `surprise` true while it is shown. */
export function followSurprise(): () => void {
  let clock: ReturnType<typeof setTimeout> | undefined;
  let asked: AbortController | undefined;
  const stop = effect(() => {
    const all = text.value;
    const name = bundle.value?.name;
    clearTimeout(clock);
    asked?.abort();
    if (view.value !== "surprise" || writing.value.length > 0 || !name || !all.trim()) {
      surpriseState.value = "known"; // nothing is asked for
      return;
    }
    asked = new AbortController();
    const { signal } = asked;
    const source = sourceFor(name); // read here, so that another plan or title asks anew
    clock = setTimeout(() => {
      surpriseState.value = "waiting";
      score(name, all, source, signal).then(
        (tokens) => {
          surprise.value = { text: all, tokens };
          surpriseState.value = "known";
        },
        (error) => {
          if (!wasAborted(error)) surpriseState.value = "failed";
        },
      );
    }, QUIET_MS);
  });
  return () => {
    clearTimeout(clock);
    asked?.abort();
    stop();
  };
}

/** Of a long text piece by piece; each begins as a story would, so that its first words seem less likely. */
async function score(bundle: string, all: string, source: Source, signal: AbortSignal): Promise<ScoredToken[]> {
  const found: ScoredToken[] = [];
  for (const { start, text } of piecesOf(all, MOST_READ)) {
    const { tokens } = await ask<Scored>("POST", "/api/score", { body: { bundle, text, ...source }, signal });
    let end = start;
    for (const { text, log_probability } of tokens) found.push({ start: end, end: (end += text.length), log_probability });
  }
  return found;
}

/** Keeps `overlaps` true while it is shown. */
export function followOverlap(): () => void {
  let clock: ReturnType<typeof setTimeout> | undefined;
  let asked: AbortController | undefined;
  const stop = effect(() => {
    const name = bundle.value?.name;
    const all = text.value;
    const wanted = overlapShown.value && writing.value.length === 0;
    void textsGiven.value; // once they are given, what was unknown is looked up
    clearTimeout(clock);
    asked?.abort();
    if (!overlapShown.value || !name || !all.trim()) {
      overlaps.value = [];
      overlapState.value = "known"; // in no text there is nothing
      return;
    }
    overlaps.value = overlaps.peek().filter((run) => run.end <= all.length);
    overlapState.value = "waiting";
    if (!wanted) return;
    asked = new AbortController();
    const { signal } = asked;
    clock = setTimeout(() => {
      lookUp(name, all, signal).then(
        (runs) => {
          overlaps.value = runs;
          overlapState.value = "known";
        },
        (error) => {
          if (wasAborted(error)) return;
          overlaps.value = [];
          overlapState.value = error instanceof ApiError && error.status === 404 ? "no texts" : "failed";
        },
      );
    }, QUIET_MS);
  });
  return () => {
    clearTimeout(clock);
    asked?.abort();
    stop();
  };
}

/** Of a long text piece by piece; a run that goes over an end is two. */
async function lookUp(bundle: string, all: string, signal: AbortSignal): Promise<Run[]> {
  const found: Run[] = [];
  for (const { start, text } of piecesOf(all, MOST_READ)) {
    const body = { bundle, text, least_words: 5 };
    const { runs, texts } = await ask<{ runs: Run[]; texts: string[] }>("POST", "/api/overlap", { body, signal });
    found.push(...inUnits(text, runs).map((run) => ({ ...run, start: run.start + start, end: run.end + start })));
    trainingTexts.value = texts;
  }
  return apart(found);
}

function inUnits(all: string, runs: readonly Run[]): Run[] {
  const starts = fromCodePoints(all, runs.map((run) => run.start).sort((a, b) => a - b));
  const ends = fromCodePoints(all, runs.map((run) => run.end).sort((a, b) => a - b));
  const bySize = (key: "start" | "end"): number[] => runs.map((run) => run[key]).sort((a, b) => a - b);
  const [startOf, endOf] = [new Map(bySize("start").map((at, i) => [at, starts[i] ?? 0])), new Map(bySize("end").map((at, i) => [at, ends[i] ?? 0]))];
  return runs.map((run) => ({ ...run, start: startOf.get(run.start) ?? 0, end: endOf.get(run.end) ?? 0 }));
}

/** Runs in order; where two overlap the second begins behind the first. */
export function apart(runs: readonly Run[]): Run[] {
  const found: Run[] = [];
  for (const run of runs.toSorted((one, other) => one.start - other.start)) {
    const start = Math.max(run.start, found.at(-1)?.end ?? 0);
    if (start < run.end) found.push({ ...run, start });
  }
  return found;
}
