// Having the model write: from a place of the text, in one row or several, into nodes of the tree.
import { signal } from "@preact/signals";
import { ApiError, ask, stream, wasAborted } from "../api/client";
import { bundleOf } from "../api/facts";
import type { Alternatives, Ended, From, Settings, Started, WriteRequest, WrittenToken } from "../api/types";
import { standing } from "./spans";
import { endOf } from "./splice";
import { caretWanted, changeTree, pause, plan, preview, story, text } from "./store";
import { keptAt } from "./tokens";
import { changed, gone, grown, nodeOf, pruned, type Made, type StoryNode, type TokenRow } from "./tree";

/** A piece of writing to be done: in place of all that follows `at`, under the node `parent`. */
export interface Telling {
  parent: number;
  at: number;
  rows: number;
  bundle: string;
  /** Put first by the person; the state is then that of `anchor`, or of the place itself. */
  token: number | null;
  anchor: Anchor | null;
  /** All as it was made before, to be made again. */
  again?: Made;
  /** Whether the first row becomes the story at once. */
  taken: boolean;
}

export type Anchor = Omit<From, "token">;

interface Writing {
  controller: AbortController;
  nodes: number[];
  /** Puts what comes into the story; null before anything was asked for. */
  page: Page | null;
  /** Resolves when nothing more will be put into the story. */
  over: Promise<void>;
}

/** What is being written now, a part for each model that writes. */
export const writing = signal<Writing[]>([]);

/** Ends what is being written: all that came is in its story at once, and nothing comes after it. */
export async function stop(): Promise<void> {
  const parts = writing.peek();
  for (const { page } of parts) page?.flush();
  for (const { controller } of parts) controller.abort();
  await Promise.all(parts.map(({ over }) => over));
}

/** The same for whoever types: the story stays as they saw it. */
export function interrupt(): void {
  for (const { page } of writing.peek()) page?.drop();
  void stop();
}

/** Resolves when all is written, with the nodes that hold it; null where it was stopped before the first word. */
export async function tell(telling: Telling): Promise<number[] | null> {
  pause();
  preview.value = null;
  let isOver = (): void => undefined;
  const over = new Promise<void>((resolve) => (isOver = resolve));
  const part: Writing = { controller: new AbortController(), nodes: [], page: null, over };
  writing.value = [...writing.peek(), part];
  try {
    await attempts(telling, part);
  } catch (error) {
    finish(part.nodes, "aborted");
    if (!wasAborted(error)) throw error;
  } finally {
    dropEmpty(part);
    writing.value = writing.peek().filter((each) => each !== part);
    isOver();
  }
  return part.nodes.length === 0 && part.controller.signal.aborted ? null : part.nodes;
}

/** Where the model had nothing to say there is nothing to go back to. */
function dropEmpty(part: Writing): void {
  const { tree } = story.peek();
  const empty = part.nodes.filter((id) => tree.nodes[id]?.text === "");
  if (empty.length > 0) changeTree((so) => pruned(so, empty));
  part.nodes = part.nodes.filter((id) => !empty.includes(id));
}

/** From the kept state where there is one; where the server has let go of it, from the text. */
async function attempts(telling: Telling, part: Writing): Promise<void> {
  const { signal } = part.controller;
  const from = fromOf(telling);
  try {
    await follow(telling, request(telling, from), part);
  } catch (error) {
    if (!(from && isGone(error))) throw error;
    const anchor = telling.token === null ? null : await prepare(telling, signal);
    const token = telling.token;
    await follow(telling, request(telling, anchor && { ...anchor, token }), part);
  }
}

function fromOf({ anchor, parent, at, token, bundle, again }: Telling): From | null {
  if (anchor) return { ...anchor, token };
  const { tree } = story.peek();
  const found = keptAt({ ...tree, current: parent }, at);
  const made = found && tree.nodes[found.node]?.made;
  if (!made || made.bundle !== bundle || !sameSource(made, again ?? sourceFor(bundle))) return null;
  return { generation: made.generation, row: made.row, index: found.index, token };
}

function sameSource(made: Made, wanted: Source): boolean {
  return made.title === wanted.title && made.plan.join("\n") === wanted.plan.join("\n");
}

export type Source = Pick<WriteRequest, "plan" | "title">;

/** What of the story a bundle can read beforehand. */
export function sourceFor(bundle: string): Source {
  const can = bundleOf(bundle)?.can;
  const title = story.value.title.trim();
  return { plan: can?.plan ? plan.value : [], title: (can?.title && title) || null };
}

// A request's text has so many characters at most; of a longer story the end says how it goes on.
export const MOST_READ = 100_000;

function request(telling: Telling, from: From | null): WriteRequest {
  const open = story.peek();
  const { again, rows, bundle } = telling;
  const asked = again ?? { ...sourceFor(bundle), include: open.include, ban: open.ban, length: open.length, max_tokens: open.passage };
  return {
    bundle,
    plan: asked.plan,
    title: asked.title,
    opening: from ? null : readBefore(telling) || null,
    include: asked.include,
    ban: asked.ban,
    length: asked.length,
    max_tokens: asked.max_tokens,
    n: again?.rows ?? rows,
    seed: again?.seed ?? open.seed,
    stop: [],
    keep: true,
    settings: again?.settings ?? open.settings,
    from,
  };
}

/** The text before the place, as far as the model is given it. */
function readBefore({ parent, at }: Pick<Telling, "parent" | "at">): string {
  return endOf(standing(story.peek().tree, parent).text.slice(0, at), MOST_READ);
}

/** Reads what stands before the place, so that the server keeps the state there. */
export async function prepare(place: Pick<Telling, "parent" | "at" | "bundle" | "again">, signal: AbortSignal): Promise<Anchor> {
  const reading: Telling = { ...place, rows: 1, token: null, anchor: null, taken: false };
  const body: WriteRequest = { ...request(reading, null), n: 1, max_tokens: 0, include: [], length: null };
  let generation = "";
  for await (const { event, data } of stream<Started>("POST", "/api/write", { body, signal })) {
    if (event === "start") generation = data.generation;
    if (event === "error") throw failure(data);
  }
  return { generation, row: 0, index: 0 };
}

export function alternatives(anchor: Anchor, settings: Settings, count: number, signal: AbortSignal): Promise<Alternatives> {
  return ask<Alternatives>("POST", "/api/alternatives", { body: { ...anchor, settings, count }, signal });
}

export function isGone(error: unknown): boolean {
  return error instanceof ApiError && error.status === 410;
}

async function follow(telling: Telling, body: WriteRequest, part: Writing): Promise<void> {
  const { signal } = part.controller;
  const page = new Page(telling, body, part);
  part.page = page;
  try {
    for await (const { event, data } of stream<unknown>("POST", "/api/write", { body, signal })) {
      signal.throwIfAborted(); // some may have come together
      if (event === "start") page.begin(data as Started & { opening?: string });
      else if (event === "token") page.put(data as WrittenToken);
      else if (event === "end") page.end(data as Ended);
      else if (event === "error") throw failure(data);
    }
  } finally {
    page.flush();
  }
}

function failure(data: unknown): ApiError {
  const { message, code } = data as { message: string; code: string };
  return new ApiError(code === "state_gone" ? 410 : 500, code, message);
}

/** Puts what comes into the tree: the first word at once, the rest once a frame. */
class Page {
  private waiting: WrittenToken[] = [];
  private frame = 0;
  /** Whether a word has come; before that the story is being read. */
  hasBegun = false;

  constructor(
    private readonly telling: Telling,
    private readonly body: WriteRequest,
    private readonly part: Writing,
  ) {}

  begin({ generation, seed, hash, settings, opening }: Started & { opening?: string }): void {
    const { body, part, telling } = this;
    const at = opening === undefined ? telling.at : telling.at - (body.opening?.length ?? 0) + opening.length;
    const removed = standing(story.peek().tree, telling.parent).text.length - at;
    const time = new Date().toISOString();
    changeTree((tree) => {
      for (let row = 0; row < body.n; row++) {
        if (telling.again && row !== telling.again.row) continue;
        const { plan, title, include, ban, length, max_tokens, bundle, n: rows } = body;
        const asked = { bundle, hash, seed, row, rows, settings, plan, title, include, ban, length, max_tokens };
        const made: Made = { ...asked, generation, token: telling.token, finish: null };
        const more = grown(tree, telling.parent, { at, removed, text: "", origin: "model", time, made, tokens: [] });
        tree = more.tree;
        part.nodes.push(more.id);
      }
      const first = part.nodes[0];
      return telling.taken && first !== undefined ? gone(tree, first) : tree;
    });
    writing.value = [...writing.peek()];
  }

  put(token: WrittenToken): void {
    this.waiting.push(token);
    if (!this.hasBegun && token.text !== "") {
      this.hasBegun = true;
      this.flush();
      writing.value = [...writing.peek()];
      performance.mark("skaz:first-word");
    } else if (!this.frame) {
      this.frame = requestAnimationFrame(() => this.flush());
    }
  }

  end({ row, finish_reason }: Ended): void {
    this.flush();
    const node = this.nodeOfRow(row);
    if (node !== undefined) finish([node], finish_reason);
  }

  flush(): void {
    cancelAnimationFrame(this.frame);
    this.frame = 0;
    const put = this.waiting.splice(0);
    if (put.length === 0) return;
    changeTree((tree) => {
      for (const id of this.part.nodes) {
        const { made, tokens = [], text } = nodeOf(tree, id);
        const mine = put.filter((token) => token.row === made?.row);
        if (mine.length === 0) continue;
        const rows = mine.map<TokenRow>((each) => [each.text, each.token, rounded(each.log_probability), rounded(each.filtered_log_probability)]);
        const values: Partial<StoryNode> = { text: text + mine.map((each) => each.text).join(""), tokens: [...tokens, ...rows] };
        tree = changed(tree, id, values);
      }
      return tree;
    });
    if (this.telling.taken) caretWanted.value = { at: text.peek().length };
  }

  /** Lets go of what is not seen yet. */
  drop(): void {
    this.waiting = [];
  }

  private nodeOfRow(row: number): number | undefined {
    const { tree } = story.peek();
    return this.part.nodes.find((id) => tree.nodes[id]?.made?.row === row);
  }
}

/** What is shown of a probability needs no more digits, and the story is saved often. */
function rounded(value: number): number {
  return Math.round(value * 1e4) / 1e4;
}

function finish(nodes: readonly number[], reason: Ended["finish_reason"]): void {
  changeTree((tree) =>
    nodes.reduce((so, id) => {
      const { made } = nodeOf(so, id);
      return made && made.finish === null ? changed(so, id, { made: { ...made, finish: reason } }) : so;
    }, tree),
  );
}
