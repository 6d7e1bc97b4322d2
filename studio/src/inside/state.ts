// What the person looks at: kept in the address, so that a view can be sent as a link and gone back to.
import { computed, signal } from "@preact/signals";
import { useEffect, useState } from "preact/hooks";
import { ApiError, ask, connected, wasAborted } from "../api/client";
import { bundleOf, bundles } from "../api/facts";
import type { BundleFacts } from "../api/types";
import { textsGiven } from "../api/texts";
import { sentenceOf } from "../shell/notice";
import { go, place } from "../shell/router";
import { language, words } from "../words";

export const VIEWS = ["reading", "back", "compare", "attention", "search", "unit", "nearest", "stages"] as const;
export type View = (typeof VIEWS)[number];

interface Example {
  text: string;
  plan: string;
  source: string;
}

/** Of the built-in tales, so that what the room shows first is something that the network has learnt. */
const EXAMPLES: Record<"en" | "ru" | "pairs", Example> = {
  en: { text: "Once a year Olive the girl went to the clover meadow.", plan: "girl Olive, clover meadow", source: "" },
  ru: { text: "Раз в году девочка Оля ходила на клеверный луг.", plan: "девочка Оля, клеверный луг", source: "" },
  pairs: { text: "", plan: "", source: "" },
};

export const view = computed<View>(() => VIEWS.find((each) => each === place.value.rest[0]) ?? "reading");
const asked = (name: string): string | null => place.value.query.get(name);

export const bundle = computed<BundleFacts | null>(() => {
  const able = (bundles.value ?? []).filter((each) => each.can.look_inside);
  return bundleOf(asked("bundle")) ?? able.find((each) => each.task === "write") ?? able[0] ?? null;
});
export const text = computed(() => asked("text") ?? example().text);
export const plan = computed(() => asked("plan") ?? (asked("text") === null ? example().plan : ""));
export const source = computed(() => asked("source") ?? example().source);
export const part = computed(() => asked("part") ?? "layer 1 h");
export const unit = computed(() => Number.parseInt(asked("unit") ?? "0", 10) || 0);
export const seed = computed(() => Number.parseInt(asked("seed") ?? "1", 10) || 1);
export const others = computed(() => (asked("beside") ?? "").split(",").filter(Boolean));

/** The token that is looked at; another text has another one. */
export const token = signal<number | null>(null);

/** The plan for another text: the example's own says nothing of it. */
export function planFor(text: string, plan: string): string {
  const own = example();
  return plan === own.plan && !text.startsWith(own.text.slice(0, SAME)) ? "" : plan;
}

const SAME = 12; // characters that the example and what one makes of it begin with

function example(): Example {
  if (bundle.value?.task !== "write") return EXAMPLES.pairs;
  return EXAMPLES[(bundle.value.language ?? language.value) === "ru" ? "ru" : "en"];
}

/** Changes some of the address; what is undefined stays. A change of view is a step in the history. */
export function show(changed: { view?: View } & Record<string, string | number>): void {
  const { view: next = view.value, ...rest } = changed;
  const query = Object.fromEntries(place.value.query);
  if (rest["bundle"] !== undefined) ["part", "unit"].forEach((name) => delete query[name]); // another network has others
  for (const [name, value] of Object.entries(rest)) query[name] = String(value);
  if (rest["text"] !== undefined || rest["bundle"] !== undefined) token.value = null;
  go("inside", [next], query, changed.view === undefined);
}

/** What the encoder is told, as the requests have it. */
export function told(): { plan?: string[]; source?: string } {
  if (bundle.value?.task !== "write") return { source: source.value };
  if (!bundle.value.can.plan) return {};
  return { plan: plan.value.split(",").map((phrase) => phrase.trim()).filter(Boolean) };
}

export interface Answer<T> {
  value: T | null;
  /** The server's sentence, or the code of a fault that the pages have words for. */
  error: string | null;
  busy: boolean;
}

const kept = new Map<string, unknown>();
const MOST_KEPT = 300;

/** What an answer is kept under: of a network that has learnt on since, what it was before is no answer. */
function keyOf(route: string, body: object | null): string {
  const { bundle = null, bundles = [] } = (body ?? {}) as { bundle?: string | null; bundles?: string[] };
  const hashes = [bundle, ...bundles].map((name) => bundleOf(name)?.hash ?? "");
  return [route, ...hashes, JSON.stringify(body)].join(" ");
}

/** The answer to a body, asked when it or a network changes, and when the server is back, and kept; null asks nothing. What
    is out of date is aborted, and the last answer stands until the next is there. */
export function useAnswer<T>(route: string, body: object | null): Answer<T> {
  const key = body && keyOf(route, body);
  const there = connected.value;
  const [answer, setAnswer] = useState<Answer<T> & { key: string | null }>({ key: null, value: null, error: null, busy: false });
  useEffect(() => {
    if (!key || kept.has(key) || !there) return undefined;
    const abort = new AbortController();
    setAnswer((last) => ({ ...last, error: null, busy: true }));
    fetched<T>(route, body, abort.signal)
      .then((value) => setAnswer({ key, value, error: null, busy: false }))
      .catch((error: unknown) => {
        if (!wasAborted(error)) setAnswer({ key, value: null, error: said(error), busy: false });
      });
    return () => abort.abort();
  }, [key, textsGiven.value, there]);
  if (key && kept.has(key)) return { value: kept.get(key) as T, error: null, busy: false };
  return key ? answer : { value: null, error: null, busy: false };
}

export async function fetched<T>(route: string, body: object | null, signal?: AbortSignal): Promise<T> {
  const key = keyOf(route, body);
  if (!kept.has(key)) {
    kept.set(key, await ask<T>("POST", `/api/inside/${route}`, signal ? { body, signal } : { body }));
    if (kept.size > MOST_KEPT) kept.delete(kept.keys().next().value as string);
  }
  return kept.get(key) as T;
}

function said(error: unknown): string {
  if (error instanceof ApiError && error.status === 0) return "";
  if (error instanceof ApiError && words.peek().inside.faults[error.code]) return error.code;
  return sentenceOf(error);
}
