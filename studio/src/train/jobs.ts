// Runs: started, followed by their events, which go on after a lost connection where they stopped.
import { signal } from "@preact/signals";
import { ask, connected, stream, wasAborted } from "../api/client";
import { refreshBundles } from "../api/facts";
import { discard } from "../api/texts";
import type { About, Bilingual, TooLittle } from "../api/types";
import { NOTHING, withEvent, type History, type JobEvent } from "./history";

export type State = "waiting" | "running" | "paused" | "stopped" | "finished" | "failed";

export interface Job {
  job: string;
  name: string;
  state: State;
  minutes: number;
  seconds: number;
  left_s: number | null;
  size: string | null;
  task: string;
  started: string;
  bundle: string | null;
  message: string | null;
  /** Of a failure: the server's short name for it, and what it says. */
  code: string | null;
  about: About | null;
  can_go_on: boolean;
  /** What a run was told to do, as long as it has not done so. */
  wanted: "paused" | "stopped" | null;
}

export type Data = { upload: string } | { tales: string[] } | { exercise: string };

export interface Understood {
  stories: number;
  characters: number;
  languages: { language: string; share: number }[];
  lengths: { words: [number, number | null]; stories: number }[];
  layout: Bilingual | string;
  /** How stories lie in text files; null where there are none. */
  split: Split | "mixed" | null;
  /** Where files are laid out in different ways: those that are alike, and the stories in them. */
  parts: { layout: Bilingual | string; files: string[]; stories: number }[];
  /** Why no network can learn from them. */
  too_little: TooLittle | null;
  odd_lines: { file: string | null; line: number | null; why: Bilingual | string }[];
  examples: string[];
}

export interface Offered {
  sizes: { name: string; parameters?: number }[];
  tales: string[];
  exercises: { name: string; title: Bilingual | string }[];
}

export const jobs = signal<Job[] | null>(null);
export const offered = signal<Offered | null>(null);
/** The run that the person asked for last, until it is brought into view. */
export const wantedRun = signal<string | null>(null);
export const histories = signal<Record<string, History>>({});

const AGAIN_MS = 1000; // before a stream that ended is asked for again
const TOGETHER_MS = 200; // between events that are answered by one question
const seenIds = new Map<string, string>();
let clock: ReturnType<typeof setTimeout> | undefined; // until it is asked what the last events changed
let madeBundle = false; // one of them

export async function refreshJobs(): Promise<void> {
  const found = await ask<{ jobs: Job[] }>("GET", "/api/jobs");
  jobs.value = found.jobs.toSorted((one, other) => other.started.localeCompare(one.started));
}

export async function refreshOffered(): Promise<void> {
  offered.value = await ask<Offered>("GET", "/api/training");
}

/** `split` null: how stories lie in the files is found out. */
export function understand(upload: string, wanted: { task: Task; split: Split | null }, signal: AbortSignal): Promise<Understood> {
  return ask<Understood>("POST", `/api/uploads/${upload}/understand`, { body: wanted, signal });
}

export const TASKS = ["write", "translate", "transduce"] as const;
export type Task = (typeof TASKS)[number];

export const SPLITS = ["line", "marker", "heading", "blank", "file"] as const;
export type Split = (typeof SPLITS)[number];

export interface Wanted {
  data: Data;
  name: string;
  minutes: number;
  /** null: chosen for the texts and this machine. */
  size: string | null;
  /** The bundle whose weights and shape it begins with. */
  start_from?: string | null;
  task: Task;
  settings: Record<string, string>;
}

const learnt = new Set<string>(); // uploads that runs began with

/** Lets go of an upload that no run began with. */
export function letGo(upload: string | null): void {
  if (upload !== null && !learnt.has(upload)) void discard(upload);
}

export async function start(wanted: Wanted): Promise<string> {
  if ("upload" in wanted.data) learnt.add(wanted.data.upload);
  const { job } = await ask<{ job: string }>("POST", "/api/jobs", { body: wanted });
  await refreshJobs();
  wantedRun.value = job;
  return job;
}

export async function order(job: string, what: "pause" | "resume" | "stop"): Promise<void> {
  await ask("POST", `/api/jobs/${job}/${what}`, { body: {} });
  await refreshJobs();
}

/** Listens to a run until it ends or is no longer looked at; a lost connection is taken up again. */
export function follow(job: string): () => void {
  const controller = new AbortController();
  void listen(job, controller.signal);
  return () => controller.abort();
}

async function listen(job: string, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    try {
      const last = seenIds.get(job);
      const headers: Record<string, string> = last === undefined ? {} : { "Last-Event-ID": last };
      // Whoever was told before is not told again: ids are counted, whichever stream brings them.
      for await (const { event, data, id } of stream<unknown>("GET", `/api/jobs/${job}/events`, { signal, headers })) {
        if (signal.aborted || (id !== null && Number(id) <= Number(seenIds.get(job) ?? 0))) continue;
        if (id !== null) seenIds.set(job, id);
        take(job, { event, data } as JobEvent);
      }
      await refreshed();
      if (signal.aborted || !isGoing(job)) return;
      await pause(AGAIN_MS); // the server is about to stop
    } catch (error) {
      if (wasAborted(error) || connected.peek()) return;
      await serverIsBack(signal);
    }
  }
}

function isGoing(job: string): boolean {
  return ["waiting", "running"].includes(jobs.peek()?.find((each) => each.job === job)?.state ?? "");
}

function take(job: string, told: JobEvent): void {
  const history = withEvent(histories.peek()[job] ?? NOTHING, told);
  histories.value = { ...histories.peek(), [job]: history };
  madeBundle ||= told.event === "finished" || told.event === "saved";
  if (["finished", "failed", "saved", "state"].includes(told.event)) {
    clearTimeout(clock);
    clock = setTimeout(() => void refreshed().catch(() => undefined), TOGETHER_MS);
  }
}

/** Asks how the runs stand, and for the bundles where an event told of one: once for all events that come together. */
async function refreshed(): Promise<void> {
  clearTimeout(clock);
  const bundlesToo = madeBundle;
  madeBundle = false;
  await Promise.all([refreshJobs(), bundlesToo && refreshBundles()]);
}

function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}

function serverIsBack(aborted: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const stop = connected.subscribe((there) => {
      if (there || aborted.aborted) queueMicrotask(() => (stop(), resolve()));
    });
  });
}
