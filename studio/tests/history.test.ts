import { expect, it } from "vitest";
import { clock, curvesOf, NOTHING, withEvent, type JobEvent } from "../src/train/history";

const EVENTS: JobEvent[] = [
  { event: "progress", data: { seconds: 0, updates: 0, nats_per_character: null, tokens_per_s: 0, left_s: 60, done: 0 } },
  { event: "progress", data: { seconds: 1, updates: 10, nats_per_character: Math.LN2, tokens_per_s: 500, left_s: 59, done: 0.1 } },
  { event: "validated", data: { seconds: 2, nats_per_character: 2 * Math.LN2, bits_per_character: 2 } },
  { event: "sample", data: { seconds: 2, text: "xqz" } },
  { event: "saved", data: {} },
  { event: "finished", data: { bundle: "teller" } },
];

it("a run's history is gathered from its events", () => {
  const history = EVENTS.reduce(withEvent, NOTHING);
  expect(history.progress).toHaveLength(2);
  expect(history.samples[0]?.text).toBe("xqz");
  expect(history.bundle).toBe("teller");
  expect(withEvent(history, { event: "failed", data: { message: "no room" } }).failure).toEqual({ message: "no room" });
});

it("runs share an axis of time, in bits, with gaps where one has no figure", () => {
  const history = EVENTS.reduce(withEvent, NOTHING);
  const { seconds, series } = curvesOf([{ name: "a", history }], { training: "t", heldOut: "h" });
  expect(seconds).toEqual([1, 2]);
  expect(series.map(({ name, values }) => [name, values])).toEqual([
    ["a: t", [1, null]],
    ["a: h", [null, 2]],
  ]);
});

it("time is told as clocks do", () => {
  expect([0, 75.4, 3671, -3].map(clock)).toEqual(["0:00", "1:15", "1:01:11", "0:00"]);
});
