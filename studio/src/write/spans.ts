// Which stretch of the text came from where: spans, carried along through every splice.
import { apply, type Splice } from "./splice";
import type { Origin, StoryNode, Tree } from "./tree";

export interface Span {
  start: number;
  end: number;
  origin: Origin;
  node: number;
  /** Where in its node's text the span begins. */
  offset: number;
}

/** What a node's text is, and where each stretch of it comes from. */
export interface Standing {
  text: string;
  /** In order, without gaps. */
  spans: Span[];
}

// By node: a node's ancestors never change their texts once it is there, so neither does what stands.
const known = new WeakMap<StoryNode, Standing>();

export function standing(tree: Tree, id: number = tree.current): Standing {
  const missing: StoryNode[] = [];
  let found: Standing | undefined;
  for (let node = tree.nodes[id]; node && !(found = known.get(node)); ) {
    missing.push(node);
    node = node.parent === null ? undefined : tree.nodes[node.parent];
  }
  return missing.reduceRight<Standing>(
    ({ text, spans }, node) => {
      const next = { text: apply(text, node), spans: spliced(spans, node) };
      known.set(node, next);
      return next;
    },
    found ?? { text: "", spans: [] },
  );
}

function spliced(spans: Span[], node: StoryNode): Span[] {
  const put: Span = { start: node.at, end: node.at + node.text.length, origin: node.origin, node: node.id, offset: 0 };
  const after = cut(spans, node.at + node.removed, Infinity).map((span) => moved(span, node.text.length - node.removed));
  return [...cut(spans, 0, node.at), ...(node.text ? [put] : []), ...after];
}

/** What of the spans lies between two places. */
export function cut(spans: readonly Span[], from: number, to: number): Span[] {
  const kept: Span[] = [];
  for (const span of spans) {
    const start = Math.max(span.start, from);
    const end = Math.min(span.end, to);
    if (start < end) kept.push({ ...span, start, end, offset: span.offset + start - span.start });
  }
  return kept;
}

function moved(span: Span, by: number): Span {
  return { ...span, start: span.start + by, end: span.end + by };
}

/** The span that holds the character at a place. */
export function spanAt(spans: readonly Span[], place: number): Span | null {
  return spans.find((span) => span.start <= place && place < span.end) ?? null;
}

/** Where typed text comes from: before the model's first word it is the prompt; within the model's words, an edit. */
export function originOfTyped(spans: readonly Span[], { at, removed }: Splice): Origin {
  if (!spans.some((span) => span.origin === "model" || span.origin === "edited")) return "prompt";
  if (cut(spans, at, at + removed).some((span) => span.origin === "model")) return "edited";
  const before = spanAt(spans, at - 1);
  const after = spanAt(spans, at + removed);
  const within = before?.origin === "model" && after?.origin === "model";
  return within || (before?.origin === "edited" && after !== null) ? "edited" : "typed";
}
