// From places in the text to the tokens that the model wrote, and to the state that the server keeps at each.
import { cut, spanAt, standing, type Span } from "./spans";
import { wordAt } from "./splice";
import { pathTo, ROOT, type StoryNode, type TokenRow, type Tree } from "./tree";

/** A token that stands in the text. */
export interface Placed {
  node: number;
  index: number;
  start: number;
  end: number;
}

/** A place of a node's own text at which the server keeps the state: before token `index`. */
export interface Kept {
  node: number;
  index: number;
}

/** Where each token of a node begins within the node's text, and the end of the last. */
export function tokenStarts(tokens: readonly TokenRow[]): number[] {
  const starts = [0];
  for (const [text] of tokens) starts.push((starts.at(-1) ?? 0) + text.length);
  return starts;
}

/** The tokens that stand, whole, between two places of the text. */
export function tokensBetween(tree: Tree, spans: readonly Span[], from: number, to: number): Placed[] {
  const found: Placed[] = [];
  for (const span of cut(spans, from, to)) {
    const tokens = tree.nodes[span.node]?.tokens;
    if (!tokens) continue;
    const starts = tokenStarts(tokens);
    const whole = spans.find((each) => each.node === span.node && each.start <= span.start && span.end <= each.end);
    if (!whole) continue;
    const move = whole.start - whole.offset; // from the node's text to the story's
    tokens.forEach(([text], index) => {
      const start = (starts[index] ?? 0) + move;
      const end = start + text.length;
      const stands = whole.start <= start && end <= whole.end;
      if (text && stands && start < span.end && end > span.start) found.push({ node: span.node, index, start, end });
    });
  }
  return found;
}

/** A word that is looked at, the tokens that it was written with (none where a person typed it), and which of them. */
export interface Looked {
  start: number;
  end: number;
  tokens: Placed[];
  chosen: number;
}

/** What the token at a place belongs to: its word, or itself where it is no part of one; null at the text's end. */
export function lookedAtFrom(tree: Tree, place: number): Looked | null {
  const { text, spans } = standing(tree);
  const own = tokensBetween(tree, spans, place, place + 1)[0];
  const isBlank = own !== undefined && text.slice(own.start, own.end).trim() === "";
  const visible = isBlank ? place : place + text.slice(place).search(/\S|$/);
  if (visible >= text.length) return null;
  const word = wordAt(text, visible);
  const [start, end] = word && visible < word[1] ? word : [visible, Math.max(visible + 1, own?.end ?? 0)];
  const tokens = tokensBetween(tree, spans, start, end);
  return { start, end, tokens, chosen: Math.max(0, tokens.findIndex((token) => token.start === place)) };
}

/**
 * The kept state with which the story may go on at a place, nothing read again: of a node whose token ends or begins
 * there, if all the text before the place is what that node's network had read and written.
 */
export function keptAt(tree: Tree, place: number): Kept | null {
  const { text, spans } = standing(tree);
  const before = spanAt(spans, place - 1);
  for (const node of candidates(tree, before, place)) {
    const starts = tokenStarts(node.tokens ?? []);
    const index = starts.indexOf(place - node.at); // the first: a later one may be within a character
    if (index < 0) continue;
    const read = standing(tree, node.parent ?? ROOT).text.slice(0, node.at) + node.text.slice(0, place - node.at);
    if (read === text.slice(0, place)) return { node: node.id, index };
  }
  return null;
}

/** Nodes of the path, the newest first, that may have written up to the place, or begun there. */
function candidates(tree: Tree, before: Span | null, place: number): StoryNode[] {
  return pathTo(tree, tree.current)
    .filter((node) => node.tokens !== undefined && (node.id === before?.node || node.at === place))
    .reverse();
}
