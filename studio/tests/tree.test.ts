import { describe, expect, it } from "vitest";
import { apply, difference } from "../src/write/splice";
import { originOfTyped, standing } from "../src/write/spans";
import { changed, emptyTree, gone, grown, outline, pathTo, pruned, redone, siblingsOf, undone, type Origin, type Tree } from "../src/write/tree";
import { below, randomOf, texts } from "./random";

const TIME = "2026-01-01T00:00:00Z";

/** The tree after a change at its current node, which becomes current. */
function after(tree: Tree, at: number, removed: number, text: string, origin: Origin = "typed"): Tree {
  const { tree: more, id } = grown(tree, tree.current, { at, removed, text, origin, time: TIME });
  return gone(more, id);
}

const told = (tree: Tree): string => standing(tree).text;

describe("undo and redo", () => {
  it("walk the tree", () => {
    const one = after(emptyTree(TIME), 0, 0, "One fox");
    const two = after(one, 7, 0, " ran");
    const back = undone(two);
    expect(back && told(back)).toBe("One fox");
    const forth = back && redone(back);
    expect(forth && told(forth)).toBe("One fox ran");
    expect(redone(two)).toBeNull();
    expect(undone(emptyTree(TIME))).toBeNull();
  });

  it("redo goes where the person last was, not to the newest branch", () => {
    const one = after(emptyTree(TIME), 0, 0, "One fox");
    const ran = after(one, 7, 0, " ran");
    const slept = after(gone(ran, one.current), 7, 0, " slept");
    const chosen = gone(slept, ran.current);
    const back = undone(chosen);
    expect(back && told(redone(back) as Tree)).toBe("One fox ran");
    expect(siblingsOf(slept, slept.current)).toEqual([ran.current, slept.current]);
  });

  it("all the way back and forth gives every text again, whatever was done", () => {
    const random = randomOf(7);
    let tree = emptyTree(TIME);
    const path: string[] = [""];
    for (let round = 0; round < 60; round++) {
      const text = told(tree);
      const next = texts(random);
      const splice = difference(text, next);
      if (!splice) continue;
      tree = after(tree, splice.at, splice.removed, splice.text);
      path.push(next);
    }
    for (let place = path.length - 1; place > 0; place--) {
      expect(told(tree)).toBe(path[place]);
      tree = undone(tree) as Tree;
    }
    for (const text of path) {
      expect(told(tree)).toBe(text);
      tree = redone(tree) ?? tree;
    }
  });
});

it("what came to nothing is taken out, and what grew is not", () => {
  const one = after(emptyTree(TIME), 0, 0, "a");
  const empty = after(one, 1, 0, "", "model");
  const left = pruned(empty, [empty.current]);
  expect(left.current).toBe(one.current);
  expect(Object.keys(left.nodes)).toEqual(["0", "1"]);
  expect(redone(left)).toBeNull();
  expect(pruned(empty, [one.current])).toEqual(empty);
});

describe("spans", () => {
  it("cover the text, and each holds its node's own characters", () => {
    const random = randomOf(11);
    const origins: Origin[] = ["typed", "model", "edited", "prompt"];
    let tree = emptyTree(TIME);
    for (let round = 0; round < 300; round++) {
      const { text } = standing(tree);
      const at = below(random, text.length + 1);
      const removed = below(random, Math.min(4, text.length - at + 1));
      tree = after(tree, at, removed, texts(random), origins[below(random, 4)]);
      const now = standing(tree);
      expect(now.text).toBe(pathTo(tree, tree.current).reduce((so, node) => apply(so, node), ""));
      expect(now.spans.map((span) => now.text.slice(span.start, span.end)).join("")).toBe(now.text);
      for (const { start, end, node, offset, origin } of now.spans) {
        expect(tree.nodes[node]?.text.slice(offset, offset + end - start)).toBe(now.text.slice(start, end));
        expect(tree.nodes[node]?.origin).toBe(origin);
      }
      if (random() < 0.2) tree = undone(tree) ?? tree;
    }
  });

  it("follow a node whose text grows", () => {
    let tree = after(emptyTree(TIME), 0, 0, "A", "model");
    expect(told(tree)).toBe("A");
    tree = changed(tree, tree.current, { text: "A fox" });
    expect(standing(tree).spans).toEqual([{ start: 0, end: 5, origin: "model", node: tree.current, offset: 0 }]);
  });
});

describe("typed text", () => {
  const prompt = after(emptyTree(TIME), 0, 0, "Once", "prompt");
  const written = after(prompt, 4, 0, " there was a fox", "model");
  const origin = (at: number, removed: number): Origin => originOfTyped(standing(written).spans, { at, removed, text: "x" });

  it("is the prompt until the model has written", () => {
    expect(originOfTyped(standing(prompt).spans, { at: 4, removed: 0, text: "x" })).toBe("prompt");
  });

  it("is an edit within the model's words, or in place of some", () => {
    expect(origin(10, 0)).toBe("edited");
    expect(origin(17, 3)).toBe("edited");
  });

  it("is the person's own before, between and behind them", () => {
    expect(origin(0, 0)).toBe("typed");
    expect(origin(4, 0)).toBe("typed");
    expect(origin(20, 0)).toBe("typed");
  });
});

it("the outline indents only where the tree branches", () => {
  const one = after(emptyTree(TIME), 0, 0, "a");
  const two = after(one, 1, 0, "b");
  const other = after(gone(two, one.current), 1, 0, "c");
  const deep = after(other, 2, 0, "d");
  expect(outline(deep)).toEqual([
    { id: 0, depth: 0 },
    { id: 1, depth: 0 },
    { id: 2, depth: 1 },
    { id: 3, depth: 1 },
    { id: 4, depth: 1 },
  ]);
});

it("a day's work is not too deep", () => {
  let tree = emptyTree(TIME);
  const nodes = { ...tree.nodes };
  for (let id = 1; id <= 20000; id++) nodes[id] = { id, parent: id - 1, at: 0, removed: 0, text: "x", origin: "typed", time: TIME };
  tree = { nodes, current: 20000, next: 20001 };
  expect(outline(tree)).toHaveLength(20001);
  expect(gone(tree, 20000).nodes[5]?.last).toBe(6);
});
