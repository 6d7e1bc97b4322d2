import { expect, it } from "vitest";
import { ticks, turnsBack } from "../src/lab/PathsPanel";
import type { Lines } from "../src/lab/types";

it("ticks are round, within the range, and some five", () => {
  expect(ticks([-0.3, 2.1])).toEqual([0, 0.5, 1, 1.5, 2]);
  expect(ticks([0, 1000])).toEqual([0, 200, 400, 600, 800, 1000]);
  expect(Object.is(ticks([-1, 1])[2], -0)).toBe(false);
});

it("a line that goes back along x is told from a curve", () => {
  const of = (x: number[]): Lines => ({ series: [{ x }] }) as unknown as Lines;
  expect(turnsBack(of([0, 1, 1, 2]))).toBe(false);
  expect(turnsBack(of([0, 1, 0.5]))).toBe(true);
});
