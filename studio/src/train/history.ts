// What a run has told so far, gathered from its events.
import type { About } from "../api/types";

export interface Progress {
  seconds: number;
  updates: number;
  /** null until the first updates are done. */
  nats_per_character: number | null;
  tokens_per_s: number;
  left_s: number | null;
  done: number;
}

export interface Validated {
  seconds: number;
  nats_per_character: number;
  bits_per_character: number;
}

export interface Sample {
  seconds: number;
  text: string;
  /** Of a story: what it was to be about; of a pair: what was to be turned into the text. */
  plan?: string[] | null;
  source?: string | null;
}

/** Why a run failed, as a refusal is told. */
export interface Failure {
  message: string;
  code?: string | null;
  about?: About | null;
}

export type JobEvent =
  | { event: "progress"; data: Progress }
  | { event: "validated"; data: Validated }
  | { event: "sample"; data: Sample }
  | { event: "saved" | "state" | "preparing" | "said" | "begun"; data: unknown }
  | { event: "finished"; data: { bundle: string } }
  | { event: "failed"; data: Failure };

export interface History {
  progress: Progress[];
  validated: Validated[];
  samples: Sample[];
  bundle: string | null;
  failure: Failure | null;
}

export const NOTHING: History = { progress: [], validated: [], samples: [], bundle: null, failure: null };

export function withEvent(history: History, { event, data }: JobEvent): History {
  switch (event) {
    case "progress":
      return { ...history, progress: [...history.progress, data] };
    case "validated":
      return { ...history, validated: [...history.validated, data] };
    case "sample":
      return { ...history, samples: [...history.samples, data] };
    case "finished":
      return { ...history, bundle: data.bundle };
    case "failed":
      return { ...history, failure: data };
    default:
      return history;
  }
}

const BITS = 1 / Math.LN2;

export interface Curve {
  name: string;
  points: [seconds: number, value: number][];
}

/** Training and held-out bits per character of each run, as uPlot wants them: one axis, and a gap where a curve has none. */
export function curvesOf(runs: readonly { name: string; history: History }[], names: { training: string; heldOut: string }): {
  seconds: number[];
  series: { name: string; values: (number | null)[]; faint: boolean }[];
} {
  const curves = runs.flatMap(({ name, history }) => [
    { name: `${name}: ${names.training}`, faint: true, points: history.progress.flatMap(inBits) },
    { name: `${name}: ${names.heldOut}`, faint: false, points: history.validated.map((each) => [each.seconds, each.bits_per_character] as const) },
  ]);
  const seconds = [...new Set(curves.flatMap((curve) => curve.points.map(([at]) => at)))].sort((one, other) => one - other);
  const series = curves.map(({ name, faint, points }) => {
    const known = new Map(points);
    return { name, faint, values: seconds.map((at) => known.get(at) ?? null) };
  });
  return { seconds, series };
}

function inBits({ seconds, nats_per_character: nats }: Progress): (readonly [number, number])[] {
  return nats === null ? [] : [[seconds, nats * BITS]];
}

/** 75 s as 1:15. */
export function clock(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  const [hours, minutes, rest] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  const two = (value: number): string => `${value}`.padStart(2, "0");
  return hours > 0 ? `${hours}:${two(minutes)}:${two(rest)}` : `${minutes}:${two(rest)}`;
}
