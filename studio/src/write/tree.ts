// The tree of a story: each node is one change of its parent's text, so that nothing that was ever there is lost.
import type { FinishReason, Settings } from "../api/types";
import type { Splice } from "./splice";

/** Where a stretch of text comes from; `prompt` is what was typed before the model first wrote. */
export type Origin = "prompt" | "model" | "edited" | "typed";

/** Text, id, log p, log p after the filters; short, because a story has hundreds. */
export type TokenRow = [text: string, token: number, log_probability: number, filtered: number];

/** All that it takes to make a node again. */
export interface Made {
  bundle: string;
  hash: string;
  seed: number;
  row: number;
  rows: number;
  settings: Settings;
  plan: string[];
  title: string | null;
  include: string[];
  ban: string[];
  length: number | null;
  max_tokens: number | null;
  /** Under which the server keeps its states, as long as it keeps them. */
  generation: string;
  /** The first token, where the person chose it. */
  token: number | null;
  finish: FinishReason | null;
}

export interface StoryNode extends Splice {
  id: number;
  parent: number | null;
  origin: Origin;
  time: string;
  name?: string;
  made?: Made;
  tokens?: TokenRow[];
  /** The child that was last gone through: where redo leads. */
  last?: number;
}

export interface Tree {
  nodes: Record<number, StoryNode>;
  current: number;
  next: number;
}

export const ROOT = 0;

export function emptyTree(time: string): Tree {
  const root: StoryNode = { id: ROOT, parent: null, at: 0, removed: 0, text: "", origin: "prompt", time };
  return { nodes: { [ROOT]: root }, current: ROOT, next: 1 };
}

export function nodeOf(tree: Tree, id: number): StoryNode {
  const node = tree.nodes[id];
  if (!node) throw new Error(`no node ${id}`);
  return node;
}

/** From the root to the node. */
export function pathTo(tree: Tree, id: number): StoryNode[] {
  const path: StoryNode[] = [];
  for (let node: StoryNode | undefined = tree.nodes[id]; node; ) {
    path.push(node);
    node = node.parent === null ? undefined : tree.nodes[node.parent];
  }
  return path.reverse();
}

export type Change = Omit<StoryNode, "id" | "parent" | "last">;

/** A tree with one more node under `parent`, and its id. */
export function grown(tree: Tree, parent: number, change: Change): { tree: Tree; id: number } {
  const id = tree.next;
  const nodes = { ...tree.nodes, [id]: { ...change, id, parent } };
  return { tree: { ...tree, nodes, next: id + 1 }, id };
}

/** The same tree with some of a node's values changed. */
export function changed(tree: Tree, id: number, values: Partial<StoryNode>): Tree {
  return { ...tree, nodes: { ...tree.nodes, [id]: { ...nodeOf(tree, id), ...values } } };
}

/** Goes to a node; from the root on, redo leads there again. */
export function gone(tree: Tree, id: number): Tree {
  const nodes = { ...tree.nodes };
  const path = pathTo(tree, id);
  path.forEach((node, index) => {
    const child = path[index + 1];
    if (child && node.last !== child.id) nodes[node.id] = { ...node, last: child.id };
  });
  return { ...tree, nodes, current: id };
}

/** Without these nodes, where nothing grew from them; if one of them was current, its parent is. */
export function pruned(tree: Tree, ids: readonly number[]): Tree {
  const children = childrenOf(tree);
  const nodes = { ...tree.nodes };
  let { current } = tree;
  for (const id of ids) {
    const node = nodes[id];
    if (!node || node.parent === null || children.has(id)) continue;
    const parent = nodes[node.parent];
    if (parent?.last === id) nodes[parent.id] = omit(parent, "last");
    if (current === id) current = node.parent;
    delete nodes[id];
  }
  return { ...tree, nodes, current };
}

function omit(node: StoryNode, name: "last"): StoryNode {
  const { [name]: _, ...rest } = node;
  return rest;
}

export function undone(tree: Tree): Tree | null {
  const { parent } = nodeOf(tree, tree.current);
  return parent === null ? null : gone(changed(tree, parent, { last: tree.current }), parent);
}

export function redone(tree: Tree): Tree | null {
  const next = nodeOf(tree, tree.current).last ?? childrenOf(tree).get(tree.current)?.at(-1);
  return next === undefined || !tree.nodes[next] ? null : gone(tree, next);
}

/** The children of each node, in the order in which they came. */
export function childrenOf(tree: Tree): Map<number, number[]> {
  const children = new Map<number, number[]>();
  for (const node of Object.values(tree.nodes)) {
    if (node.parent === null) continue;
    const siblings = children.get(node.parent);
    if (siblings) siblings.push(node.id);
    else children.set(node.parent, [node.id]);
  }
  return children;
}

/** The node's brothers, itself among them. */
export function siblingsOf(tree: Tree, id: number): number[] {
  const { parent } = nodeOf(tree, id);
  return parent === null ? [id] : (childrenOf(tree).get(parent) ?? [id]);
}

export interface Line {
  id: number;
  /** How many branchings lie above: what does not branch is not indented. */
  depth: number;
}

/** The tree as lines to be shown. Without recursion: a day's work is deep. */
export function outline(tree: Tree): Line[] {
  const children = childrenOf(tree);
  const lines: Line[] = [];
  const waiting: Line[] = [{ id: ROOT, depth: 0 }];
  for (let line = waiting.pop(); line; line = waiting.pop()) {
    lines.push(line);
    const below = children.get(line.id) ?? [];
    const depth = line.depth + (below.length > 1 ? 1 : 0);
    for (const id of below.toReversed()) waiting.push({ id, depth });
  }
  return lines;
}
