import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { bundles } from "../src/api/facts";
import type { WriteRequest } from "../src/api/types";
import { emptyDocument } from "../src/write/document";
import { followLens, lookAt, seen } from "../src/write/lens";
import { change, settings, story, text, typed, undo } from "../src/write/store";
import { interrupt, stop, tell, writing, type Telling } from "../src/write/telling";
import { nodeOf, type Made } from "../src/write/tree";
import { followOverlap, followSurprise, overlaps, overlapShown, overlapState, surprise, surpriseState, view } from "../src/write/views";

interface Asked {
  path: string;
  body: WriteRequest & { text?: string };
  /** Answers with these events so far. */
  put: (event: string, data: object) => void;
  end: () => void;
  refuse: (status: number) => void;
  answer: (content: object) => void;
}

let asked: Asked[] = [];
let frames: (() => void)[] = [];

/** A server that answers when the test says so, and a screen whose frames come then too. */
function fakeFetch(path: string, { body, signal }: { body: string; signal?: AbortSignal }): Promise<Response> {
  return new Promise((resolve, reject) => {
    let stream: ReadableStreamDefaultController<Uint8Array> | undefined;
    signal?.addEventListener("abort", () => {
      reject(signal.reason);
      stream?.error(signal.reason);
    });
    const begun = (): ReadableStreamDefaultController<Uint8Array> => {
      if (!stream) resolve(new Response(new ReadableStream({ start: (controller) => void (stream = controller) })));
      return stream as unknown as ReadableStreamDefaultController<Uint8Array>;
    };
    asked.push({
      path,
      body: JSON.parse(body) as Asked["body"],
      put: (event, data) => begun().enqueue(new TextEncoder().encode(`event: ${event}\ndata: ${JSON.stringify(data)}\n\n`)),
      end: () => begun().close(),
      refuse: (status) => resolve(new Response(JSON.stringify({ error: { message: "gone", code: "state_gone" } }), { status })),
      answer: (content) => resolve(new Response(JSON.stringify(content))),
    });
  });
}

function facts(name: string, plan: boolean) {
  const can = { plan, title: plan, opening: true, look_inside: true };
  return { name, hash: "", task: "write" as const, size: 0, language: "en", cell: "", attention: "", trained: null, vocabulary_size: 0, stories: 0, can };
}

beforeEach(() => {
  asked = [];
  frames = [];
  vi.useFakeTimers();
  vi.stubGlobal("fetch", fakeFetch);
  vi.stubGlobal("requestAnimationFrame", (run: () => void) => frames.push(run));
  vi.stubGlobal("cancelAnimationFrame", () => (frames = []));
  bundles.value = [facts("planned", true), facts("plain", false)];
  story.value = { ...emptyDocument("planned"), title: "The Kite", plan: [{ text: "kite", locked: false }] };
  typed("Ann had");
});

afterEach(() => {
  vi.unstubAllGlobals();
  vi.useRealTimers();
});

async function settle(): Promise<void> {
  await vi.advanceTimersByTimeAsync(0);
}

function last(): Asked {
  const found = asked.at(-1);
  if (!found) throw new Error("nothing was asked");
  return found;
}

function begin(bundle = "planned", more: Partial<Telling> = {}): Promise<number[] | null> {
  const { current } = story.peek().tree;
  return tell({ parent: current, at: text.peek().length, rows: 1, bundle, token: null, anchor: null, taken: true, ...more });
}

function token(text: string, index: number): object {
  return { row: 0, index, text, token: index, log_probability: -1, filtered_log_probability: -1 };
}

const STARTED = { generation: "g", seed: 1, bundle: "planned", hash: "", settings: {} };

describe("a model that is interrupted", () => {
  it("by typing adds nothing to what the person saw", async () => {
    const over = begin();
    last().put("start", { ...STARTED, opening: "Ann had" });
    last().put("token", token(" a", 0));
    last().put("token", token(" kite", 1));
    await settle();
    expect(text.peek()).toBe("Ann had a"); // the second waits for a frame
    interrupt();
    typed("Ann had a!");
    await over;
    expect(text.peek()).toBe("Ann had a!");
    expect(nodeOf(story.peek().tree, 2)).toMatchObject({ text: " a", made: { finish: "aborted" } });
    expect(writing.peek()).toEqual([]);
  });

  it("by a key keeps all that came, at once", async () => {
    const over = begin();
    last().put("start", { ...STARTED, opening: "Ann had" });
    last().put("token", token(" a", 0));
    last().put("token", token(" kite", 1));
    await settle();
    void stop();
    expect(text.peek()).toBe("Ann had a kite");
    typed("Ann had a kite!");
    await over;
    expect(text.peek()).toBe("Ann had a kite!");
  });

  it("before it began begins nothing", async () => {
    const over = begin();
    last().put("start", { ...STARTED, opening: "Ann had" });
    last().put("token", token(" a", 0));
    interrupt();
    typed("Ann had!");
    await over;
    expect(text.peek()).toBe("Ann had!");
  });
});

it("a stop before the first word is told from an end that the model came to", async () => {
  const stopped = begin();
  last().put("start", { ...STARTED, opening: "Ann had" });
  await settle();
  void stop();
  expect(await stopped).toBeNull();
  const over = begin();
  last().put("start", { ...STARTED, opening: "Ann had" });
  last().put("end", { row: 0, finish_reason: "end", text: "" });
  last().end();
  expect(await over).toEqual([]);
  expect(text.peek()).toBe("Ann had");
});

describe("typing is taken back", () => {
  const key = async (letter: string): Promise<void> => {
    typed(text.peek() + letter);
    await vi.advanceTimersByTimeAsync(100);
  };
  const undone = (): string => {
    undo();
    return text.peek();
  };

  it("sentence by sentence and line by line", async () => {
    for (const letter of " a kite. “Fly!” One\nTwo") await key(letter);
    expect([undone(), undone(), undone()]).toEqual(["Ann had a kite. “Fly!” One\n", "Ann had a kite. “Fly!” ", "Ann had a kite. "]);
  });

  it("at most some ten seconds at once", async () => {
    for (let place = 0; place < 150; place++) await key("x");
    expect(undone()).toHaveLength("Ann had".length + 100);
    expect(undone()).toBe("");
  });
});

describe("what a model is given", () => {
  it("is what it can read", () => {
    void begin("planned");
    expect(last().body).toMatchObject({ plan: ["kite"], title: "The Kite" });
    void begin("plain");
    expect(last().body).toMatchObject({ plan: [], title: null });
    void stop();
  });

  it("is the end of a long text, and the story goes on at its own end", async () => {
    typed("word ".repeat(30_000));
    const over = begin();
    const opening = last().body.opening ?? "";
    expect(opening.length).toBeLessThanOrEqual(100_000);
    expect(opening.startsWith("word ")).toBe(true);
    last().put("start", { ...STARTED, opening: opening.trimEnd() });
    last().put("token", token(" end", 0));
    await settle();
    expect(text.peek()).toBe("word ".repeat(30_000).trimEnd() + " end");
    void stop();
    await over;
  });

  it("is what it was given before, where a version is made again from a chosen word", async () => {
    const again: Made = { ...STARTED, row: 0, rows: 1, plan: ["drum"], title: null, include: [], ban: [], length: null, max_tokens: 9, token: 7, finish: "end" };
    const over = begin("planned", { token: 7, anchor: { generation: "old", row: 0, index: 0 }, again });
    last().refuse(410);
    await settle();
    expect(last().body).toMatchObject({ plan: ["drum"], title: null, max_tokens: 0, from: null });
    void stop();
    await over;
  });
});

describe("what stands in the training texts", () => {
  it("is not known before it was looked up, and the whole of a long text is", async () => {
    typed("word ".repeat(30_000));
    overlapShown.value = true;
    const end = followOverlap();
    expect(overlapState.peek()).toBe("waiting");
    await vi.advanceTimersByTimeAsync(600);
    last().answer({ runs: [], texts: ["tales"] });
    await settle();
    expect(asked).toHaveLength(2);
    const { text: second = "" } = last().body;
    last().answer({ runs: [{ start: 0, end: 24, words: 5 }], texts: ["tales"] });
    await settle();
    expect(overlapState.peek()).toBe("known");
    const at = 150_000 - second.length;
    expect(overlaps.peek()).toEqual([{ start: at, end: at + 24, words: 5 }]);
    typed("A word.");
    await vi.advanceTimersByTimeAsync(600);
    last().refuse(422);
    await settle();
    expect([overlapState.peek(), overlaps.peek()]).toEqual(["failed", []]);
    end();
  });
});

it("how likely each word was is known of a long text too, or it is said that it is not", async () => {
  typed("word ".repeat(30_000));
  view.value = "surprise";
  const end = followSurprise();
  await vi.advanceTimersByTimeAsync(600);
  expect(surpriseState.peek()).toBe("waiting");
  const first = last().body.text ?? "";
  last().answer({ tokens: [{ text: first, log_probability: -1 }] });
  await settle();
  last().answer({ tokens: [{ text: last().body.text, log_probability: -2 }] });
  await settle();
  expect(surpriseState.peek()).toBe("known");
  expect(surprise.peek()?.tokens).toEqual([
    { start: 0, end: first.length, log_probability: -1 },
    { start: first.length, end: 150_000, log_probability: -2 },
  ]);
  typed("A word.");
  await vi.advanceTimersByTimeAsync(600);
  last().refuse(503);
  await settle();
  expect(surpriseState.peek()).toBe("failed");
  view.value = "plain";
  end();
});

describe("looking at a typed word", () => {
  it("goes on when the server has let go of what was read", async () => {
    const end = followLens();
    lookAt(5);
    await vi.advanceTimersByTimeAsync(500);
    last().put("start", STARTED);
    last().end();
    await settle();
    const found = { token: null, text: null, log_probability: null, before: [], after: [] };
    last().answer(found);
    await settle();
    expect(seen.peek()?.found).toEqual(found);
    change({ settings: { ...settings.peek(), temperature: 0.5 } });
    await settle();
    last().refuse(410);
    await vi.advanceTimersByTimeAsync(500);
    expect(last()).toMatchObject({ path: "/api/write", body: { max_tokens: 0 } });
    last().put("start", { ...STARTED, generation: "anew" });
    last().end();
    await settle();
    last().answer({ ...found, log_probability: -2 });
    await settle();
    expect(seen.peek()).toMatchObject({ anchor: { generation: "anew" }, found: { log_probability: -2 } });
    end();
  });
});
