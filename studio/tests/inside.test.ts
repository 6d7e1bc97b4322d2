import { describe, expect, it, vi } from "vitest";
import { bundles } from "../src/api/facts";
import type { BundleFacts } from "../src/api/types";
import type { Piece, TreeNode } from "../src/inside/answers";
import { ordered, spread, transposed, unpacked } from "../src/inside/matrix";
import { fetched } from "../src/inside/state";
import { laidOut, textTo } from "../src/inside/tree";
import { charactersOf, overlapping, tokenAt, visible, wordAround } from "../src/inside/words";

describe("matrices", () => {
  it("are unpacked row by row", () => {
    const values = btoa(String.fromCharCode(127, 0, 129, 64, 256 - 64, 1)); // 127, 0, -127; 64, -64, 1
    const matrix = unpacked({ rows: 2, columns: 3, scale: 2, values });
    expect(matrix[0]).toEqual([2, 0, -2]);
    expect(matrix[1]?.map((value) => Math.round(value * 100) / 100)).toEqual([1.01, -1.01, 0.02]);
    expect(transposed([[1, 2, 3], [4, 5, 6]])).toEqual([[1, 4], [2, 5], [3, 6]]);
  });

  it("are shown in an order that keeps each unit once", () => {
    const units = [
      [0.1, 0.1, 0.1, 0.1], // stands still
      [1, -1, 1, -1], // restless
      [-1, -0.9, 0.9, 1], // slow
      [0, 0, 0.5, 0.4],
    ];
    expect(ordered(units, "number", 4, 0)).toEqual([0, 1, 2, 3]);
    expect(ordered(units, "lively", 2, 0)).toEqual([1, 2]);
    expect(ordered(units, "slow", 2, 0)).toEqual([2, 1]);
    expect(ordered(units, "marked", 4, 2)).toEqual([1, 2, 3, 0]);
    for (const order of ["first", "similar"] as const) expect([...ordered(units, order, 4, 0)].sort()).toEqual([0, 1, 2, 3]);
    expect(spread([1, -1, 1, -1])).toBe(1);
  });
});

it("an answer is kept as long as the network has not learnt on", async () => {
  const asked = vi.fn(async () => Response.json({}));
  vi.stubGlobal("fetch", asked);
  const known = (hash: string): void => void (bundles.value = [{ name: "a", hash }, { name: "b", hash: "b" }] as BundleFacts[]);
  const ask = (): Promise<unknown> => Promise.all([fetched("read", { bundle: "a" }), fetched("compare", { bundles: ["b", "a"] }), fetched("read", { bundle: "b" })]);
  known("first");
  await ask();
  await ask();
  expect(asked).toHaveBeenCalledTimes(3);
  known("second");
  await ask();
  expect(asked).toHaveBeenCalledTimes(5);
  vi.unstubAllGlobals();
});

function node(parent: number, text: string, depth: number, fate: TreeNode["fate"] = "kept"): TreeNode {
  return { parent, text, token: 0, depth, log_probability: -1, total: -depth, rank: 0, fate };
}

describe("the tree of a search", () => {
  const nodes = [node(-1, "a", 1), node(-1, "b", 1, "dropped"), node(0, "c", 2), node(0, "d", 2), node(0, "e", 2, "dropped"), node(2, "f", 3, "ended")];

  it("has a row a leaf and its parents amid their children", () => {
    const { placed, columns, rows } = laidOut(nodes, false);
    expect(columns).toBe(3);
    expect(rows).toBe(2);
    expect(placed.map((each) => [each.node.text, each.column, each.row])).toEqual([["a", 0, 0.5], ["c", 1, 0], ["f", 2, 0], ["d", 1, 1]]);
  });

  it("shows what was dropped, if wanted", () => {
    const { placed, rows } = laidOut(nodes, true);
    expect(placed).toHaveLength(6);
    expect(rows).toBe(4);
    expect(new Set(placed.map((each) => `${each.column} ${each.row}`)).size).toBe(6);
  });

  it("tells the text to a node", () => {
    expect(textTo(nodes, 5)).toBe("acf");
    expect(textTo(nodes, 1)).toBe("b");
  });
});

/** Tokens of a text, cut at these places. */
function cut(...texts: string[]): Piece[] {
  let at = 0;
  return texts.map((text, token) => ({ text, token, start: at, end: (at += [...text].length) }));
}

describe("words", () => {
  const pieces = cut("On", "ce", " a", " fox", ",", " ran", ".");
  const letters = cut(..."Once a fox, ran.");

  it("are the tokens from one that begins a word to the next", () => {
    expect(wordAround(pieces, 1)).toEqual([0, 2]);
    expect(wordAround(pieces, 3)).toEqual([3, 4]);
    expect(wordAround(pieces, 4)).toEqual([4, 5]);
    expect(wordAround(letters, 8)).toEqual([7, 10]);
    expect(wordAround(letters, 4)).toEqual([4, 5]); // the blank by itself
  });

  it("are found in another cut of the same text", () => {
    const fox = charactersOf(pieces, 3, 4);
    expect(fox).toEqual([7, 10]);
    expect(overlapping(letters, ...fox)).toEqual([7, 10]);
    expect(overlapping(pieces, ...charactersOf(letters, 7, 10))).toEqual([3, 4]);
    expect(overlapping(pieces, 50, 60)).toBeNull();
  });

  it("are gone through by keys, each way from its end", () => {
    const keys = (key: string, at: number) => tokenAt(key, wordAround(pieces, at), pieces.length);
    expect(keys("ArrowRight", 0)).toBe(2); // behind "Once", which is two tokens
    expect(keys("ArrowLeft", 1)).toBe(0);
    expect(keys("ArrowDown", 0)).toBe(6);
    expect(keys("Home", 4)).toBe(0);
    expect(keys("End", 4)).toBe(6);
    expect(keys("x", 4)).toBeNull();
  });

  it("can be seen", () => {
    expect(["\n", "  ", " fox", ""].map(visible)).toEqual(["↵", "␣␣", " fox", ""]);
  });
});
