// A beam search laid out as a tree: a column a token, a row a leaf.
import type { TreeNode } from "./answers";

export interface Placed {
  number: number;
  node: TreeNode;
  column: number;
  /** The middle of what hangs on it; halves are possible. */
  row: number;
  parent: Placed | null;
}

export interface Layout {
  placed: Placed[];
  columns: number;
  rows: number;
}

/** Without what was dropped, or with it; children stand under one another, the best above. */
export function laidOut(nodes: readonly TreeNode[], withDropped: boolean): Layout {
  const children = new Map<number, number[]>();
  nodes.forEach((node, number) => {
    if (node.fate === "dropped" && !withDropped) return;
    children.set(node.parent, [...(children.get(node.parent) ?? []), number]);
  });
  const placed: Placed[] = [];
  let rows = 0;
  const place = (number: number, parent: Placed | null): Placed => {
    const node = nodes[number] as TreeNode;
    const made: Placed = { number, node, column: node.depth - 1, row: 0, parent };
    placed.push(made);
    const below = (children.get(number) ?? []).map((child) => place(child, made));
    made.row = below.length ? ((below[0]?.row ?? 0) + (below.at(-1)?.row ?? 0)) / 2 : rows++;
    return made;
  };
  for (const number of children.get(-1) ?? []) place(number, null);
  return { placed, columns: Math.max(0, ...placed.map((each) => each.column + 1)), rows };
}

/** The text from the beginning to a node. */
export function textTo(nodes: readonly TreeNode[], number: number): string {
  const texts: string[] = [];
  for (let at = number; at >= 0; at = nodes[at]?.parent ?? -1) texts.unshift(nodes[at]?.text ?? "");
  return texts.join("");
}
