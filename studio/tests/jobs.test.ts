import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { connected } from "../src/api/client";
import { follow, histories, jobs, type State } from "../src/train/jobs";

let job: string;
let state: State;
let streams: string[];
let asked: string[];

function events(...told: [name: string, data: unknown][]): string {
  return told.map(([name, data], place) => `event: ${name}\nid: ${place + 1}\ndata: ${JSON.stringify(data)}\n\n`).join("");
}

/** A server whose answer to each request for events is the next of `streams`; "" stands for one that is away. */
async function answer(path: string): Promise<Response> {
  asked.push(path);
  if (path === "/api/jobs") return Response.json({ jobs: [{ job, started: "2026", state }] });
  if (path === "/api/bundles") return Response.json({ bundles: [] });
  if (path === "/healthz") return Response.json({});
  const next = streams.shift() ?? "";
  if (next === "") throw new TypeError("fetch failed");
  return new Response(next);
}

beforeEach(() => {
  vi.useFakeTimers();
  job = crypto.randomUUID(); // what was heard of a run is kept
  vi.stubGlobal("fetch", vi.fn(answer));
  [asked, jobs.value, histories.value, connected.value] = [[], null, {}, true];
});

afterEach(() => {
  vi.unstubAllGlobals();
  vi.useRealTimers();
});

it("a run of which the server told all is asked about once, however often it told that it stands otherwise", async () => {
  state = "finished";
  const saved = ["saved", {}] as [string, unknown];
  streams = [events(["state", {}], saved, saved, ["sample", { seconds: 1, text: "a" }], saved, ["finished", { bundle: "b" }], ["state", {}])];
  follow(job);
  await vi.advanceTimersByTimeAsync(5000);
  expect(asked).toEqual([`/api/jobs/${job}/events`, "/api/jobs", "/api/bundles"]);
  expect(histories.value[job]?.samples).toHaveLength(1);
});

it("a server that stopped in good order, and began again, is asked how the run stands", async () => {
  state = "running";
  const begun: [string, unknown][] = [["state", { state: "running" }]];
  streams = [events(...begun), "", events(...begun, ["state", { state: "paused" }])];
  follow(job);
  await vi.advanceTimersByTimeAsync(500);
  expect(jobs.value?.[0]?.state).toBe("running");
  state = "paused";
  await vi.advanceTimersByTimeAsync(5000);
  expect(jobs.value?.[0]?.state).toBe("paused");
  const often = asked.length;
  await vi.advanceTimersByTimeAsync(60_000);
  expect(asked).toHaveLength(often);
});
