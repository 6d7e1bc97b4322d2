import { describe, expect, it } from "vitest";
import { standing } from "../src/write/spans";
import { keptAt, lookedAtFrom, tokensBetween } from "../src/write/tokens";
import { emptyTree, gone, grown, type Change, type TokenRow, type Tree } from "../src/write/tree";

const TIME = "2026-01-01T00:00:00Z";

function after(tree: Tree, change: Partial<Change>): Tree {
  const whole = { at: standing(tree).text.length, removed: 0, text: "", origin: "typed" as const, time: TIME, ...change };
  const { tree: more, id } = grown(tree, tree.current, whole);
  return gone(more, id);
}

function row(text: string): TokenRow {
  return [text, 1, -1, -1];
}

const prompt = after(emptyTree(TIME), { text: "A fox", origin: "prompt" });
const told = after(prompt, { text: " ran off.", origin: "model", tokens: [" r", "an", " off", "."].map(row) });

const tokens = (tree: Tree, from: number, to: number): number[] =>
  tokensBetween(tree, standing(tree).spans, from, to).map((token) => token.index);

describe("the tokens of a word", () => {
  it("are all that lie in it", () => {
    expect(tokens(told, 6, 9)).toEqual([0, 1]);
    expect(tokens(told, 10, 13)).toEqual([2]);
    expect(tokens(told, 0, 5)).toEqual([]);
  });

  it("move with the text, and those that were cut are gone", () => {
    const moved = after(told, { at: 0, text: "Once. " });
    expect(tokensBetween(moved, standing(moved).spans, 12, 15)).toEqual([
      { node: 2, index: 0, start: 11, end: 13 },
      { node: 2, index: 1, start: 13, end: 15 },
    ]);
    const bitten = after(told, { at: 12, removed: 1, text: "x", origin: "edited" });
    expect(tokens(bitten, 5, 14)).toEqual([0, 1, 3]);
  });
});

describe("what is looked at from a token on", () => {
  it("is the token's word, and that token of it", () => {
    expect(lookedAtFrom(told, 5)).toMatchObject({ start: 6, end: 9, chosen: 0 });
    expect(lookedAtFrom(told, 7)).toMatchObject({ start: 6, end: 9, chosen: 1 });
    expect(lookedAtFrom(told, 9)).toMatchObject({ start: 10, end: 13, tokens: [{ index: 2 }], chosen: 0 });
    expect(lookedAtFrom(prompt, 2)).toEqual({ start: 2, end: 5, tokens: [], chosen: 0 });
  });

  it("is the token alone where it is no part of a word, and nothing at the end", () => {
    expect(lookedAtFrom(told, 13)).toMatchObject({ start: 13, end: 14, tokens: [{ index: 3 }] });
    const broken = after(prompt, { text: "\n Then", origin: "model", tokens: ["\n", " Then"].map(row) });
    expect(lookedAtFrom(broken, 5)).toMatchObject({ start: 5, end: 6, tokens: [{ index: 0 }] });
    expect(lookedAtFrom(told, 14)).toBeNull();
  });
});

describe("a kept state", () => {
  it("is at the bounds of tokens, the first and the end included", () => {
    expect(keptAt(told, 5)).toEqual({ node: 2, index: 0 });
    expect(keptAt(told, 7)).toEqual({ node: 2, index: 1 });
    expect(keptAt(told, 14)).toEqual({ node: 2, index: 4 });
    expect(keptAt(told, 8)).toBeNull();
    expect(keptAt(told, 2)).toBeNull();
    expect(keptAt(prompt, 5)).toBeNull();
  });

  it("is gone when what was read has changed, and still there when what comes later has", () => {
    const edited = after(told, { at: 2, removed: 3, text: "cat", origin: "typed" });
    expect(keptAt(edited, 9)).toBeNull();
    const later = after(told, { at: 13, removed: 1, text: "!", origin: "edited" });
    expect(keptAt(later, 13)).toEqual({ node: 2, index: 3 });
    expect(keptAt(later, 14)).toBeNull();
  });

  it("is that of the branch where one word was chosen", () => {
    const branch = after(told, { at: 9, removed: 5, text: " home.", origin: "model", tokens: [" home", "."].map(row) });
    expect(keptAt(branch, 15)).toEqual({ node: 3, index: 2 });
    expect(keptAt(branch, 7)).toEqual({ node: 2, index: 1 });
    expect(keptAt(branch, 9)).toEqual({ node: 3, index: 0 });
  });

  it("comes after a token that ends within a character", () => {
    const half = after(prompt, { text: "🦊", origin: "model", tokens: [row(""), row("🦊")] });
    expect(keptAt(half, 7)).toEqual({ node: 2, index: 2 });
    expect(keptAt(half, 5)).toEqual({ node: 2, index: 0 });
  });
});
