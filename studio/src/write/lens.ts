// Looking at a word: how likely it was, what else could have stood there, before and after the filters.
import { effect, signal } from "@preact/signals";
import { wasAborted } from "../api/client";
import type { Alternatives } from "../api/types";
import { wordAt } from "./splice";
import { now, plan, settings, story, text } from "./store";
import { alternatives, isGone, prepare, writing, type Anchor } from "./telling";
import { keptAt, lookedAtFrom, tokensBetween, type Looked } from "./tokens";

/** A word, or an empty stretch at the text's end: what may come next. */
export interface Lens extends Looked {
  /** The text in which it was looked at. */
  inside: string;
}

export const lens = signal<Lens | null>(null);
/** What could stand at the place, and from which state; null while it is not known. */
export const seen = signal<{ at: number; anchor: Anchor; found: Alternatives } | null>(null);

/** Counts how often the person asked to look: the panel is to be seen then. */
export const looking = signal(0);

const COUNT = 12;
const READING_MS = 250;
const TRIES = 2; // the node's own states may be gone, and those that were read since

/** Looks at the word at a place; between words, at nothing. */
export function lookAt(place: number): void {
  const inside = text.peek();
  const word = wordAt(inside, place);
  looking.value++;
  if (!word) {
    lens.value = null;
    return;
  }
  const [start, end] = word;
  lens.value = { start, end, tokens: tokensBetween(story.peek().tree, now.peek().spans, start, end), chosen: 0, inside };
}

/** Looks at what may come next. */
export function lookAhead(): void {
  const inside = text.peek();
  looking.value++;
  const end = inside.length;
  lens.value = { start: end, end, tokens: [], chosen: 0, inside };
}

/** The place before which the looked-at token stands. */
export function placeOf({ start, tokens, chosen }: Lens): number {
  return tokens[chosen]?.start ?? start;
}

/** What stands in the word's place now that the text is another; null where what comes before it is another, too. */
function lookedAtNow(looked: Lens): Lens | null {
  const inside = text.peek();
  if (looked.start === looked.end) return { ...looked, start: inside.length, end: inside.length, inside };
  const place = placeOf(looked);
  if (inside.slice(0, place) !== looked.inside.slice(0, place)) return null;
  const found = lookedAtFrom(story.peek().tree, place);
  return found && { ...found, inside };
}

/** Keeps `seen` true: as the word, the settings or the text change. */
export function followLens(): () => void {
  let clock: ReturnType<typeof setTimeout> | undefined;
  let asked: AbortController | undefined;
  let read: { key: string; anchor: Anchor } | null = null;
  const stop = effect(() => {
    const looked = lens.value;
    const { bundle, tree } = story.value;
    const drawn = settings.value;
    const all = text.value;
    asked?.abort();
    clearTimeout(clock);
    if (!looked || !bundle || writing.value.length > 0) return;
    if (looked.inside !== all) {
      lens.value = lookedAtNow(looked);
      return;
    }
    const at = placeOf(looked);
    asked = new AbortController();
    const { signal } = asked;
    const key = [bundle, plan.value.join(), story.value.title, all.slice(0, at)].join("\0");
    const readHere = async (): Promise<Anchor> => {
      await new Promise((resolve) => (clock = setTimeout(resolve, READING_MS)));
      const anchor = await prepare({ parent: tree.current, at, bundle }, signal);
      read = { key, anchor };
      return anchor;
    };
    const look = async (tries: number): Promise<void> => {
      const known = keptAnchor(at, bundle) ?? (read?.key === key && !gone.has(read.anchor.generation) ? read.anchor : null);
      const anchor = known ?? (await readHere());
      try {
        seen.value = { at, anchor, found: await alternatives(anchor, drawn, COUNT, signal) };
      } catch (error) {
        if (!isGone(error) || tries === 0) throw error;
        gone.add(anchor.generation);
        await look(tries - 1);
      }
    };
    look(TRIES).catch((error) => {
      if (!wasAborted(error)) seen.value = null;
    });
  });
  return () => {
    asked?.abort();
    clearTimeout(clock);
    stop();
  };
}

/** Generations whose states the server has let go of. */
const gone = new Set<string>();

function keptAnchor(at: number, bundle: string): Anchor | null {
  const found = keptAt(story.peek().tree, at);
  const made = found && story.peek().tree.nodes[found.node]?.made;
  if (!made || made.bundle !== bundle || gone.has(made.generation)) return null;
  return { generation: made.generation, row: made.row, index: found.index };
}
