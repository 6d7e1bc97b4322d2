// What the buttons and keys of the room do.
import { signal } from "@preact/signals";
import { tell as say, tellError } from "../shell/notice";
import { words } from "../words";
import { bundleOf } from "../api/facts";
import { countWords } from "./splice";
import { change, changeTree, current, goTo, preview, redo as redoTree, story, text, undo as undoTree } from "./store";
import { stop, tell, writing, type Anchor, type Telling } from "./telling";
import { changed, nodeOf, type StoryNode } from "./tree";

/** Nodes that are shown as cards: ways to go on, none of them taken yet. */
export const cards = signal<{ nodes: number[]; models: boolean } | null>(null);

/** The text that the model has nothing to add to: it takes the story for over. */
export const ended = signal<string | null>(null);

/** The keys of `goOn` at the caret. */
export const FROM_HERE = "Mod+Shift+Enter";

const NONE = { token: null, anchor: null } as const;

/** The model goes on at a place of the story; what stood behind it stays in the tree. */
export async function goOn(at: number = text.peek().length): Promise<void> {
  const { bundle, tree } = story.peek();
  if (!bundle) return;
  await told({ ...NONE, parent: tree.current, at, rows: 1, bundle, taken: true });
}

/** Another word at a place, and on from there. */
export async function takeToken(at: number, anchor: Anchor | null, token: number): Promise<void> {
  const { bundle, tree } = story.peek();
  if (!bundle) return;
  await told({ parent: tree.current, at, rows: 1, bundle, token, anchor, taken: true });
}

/** A brother of the node that the model wrote last. */
export async function retry(): Promise<void> {
  const { made, parent, at } = current.peek();
  const { bundle } = story.peek();
  if (!made || parent === null || !bundle) return;
  await told({ parent, at, rows: 1, bundle, token: made.token, anchor: null, taken: true });
}

/** The same node once more, and whether it is the same. */
export async function again(id: number): Promise<void> {
  const { made, parent, at, text: before } = nodeOf(story.peek().tree, id);
  if (!made || parent === null) return;
  const [node] = await told({ parent, at, rows: 1, bundle: made.bundle, token: made.token, anchor: null, again: made, taken: true });
  if (node === undefined) return;
  const after = nodeOf(story.peek().tree, node).text;
  const cut = made.finish === "aborted"; // what was stopped is the beginning of what it would have been
  say(cut ? (after.startsWith(before) ? words.peek().versions.same : words.peek().versions.different) : words.peek().versions[after === before ? "same" : "different"]);
}

/** Several ways to go on, of one model. */
export async function ways(rows: number): Promise<void> {
  const { bundle, tree } = story.peek();
  if (!bundle) return;
  await shown([{ ...NONE, parent: tree.current, at: text.peek().length, rows, bundle, taken: false }], false);
}

/** Two models go on from the same text. */
export async function both(): Promise<void> {
  const { bundle, second, tree } = story.peek();
  if (!bundle || !bundleOf(second) || !second) return;
  const common = { ...NONE, parent: tree.current, at: text.peek().length, rows: 1, taken: false };
  await shown([{ ...common, bundle }, { ...common, bundle: second }], true);
}

async function shown(tellings: Telling[], models: boolean): Promise<void> {
  void stop();
  cards.value = { nodes: [], models };
  const following = writing.subscribe((parts) => {
    const nodes = parts.flatMap((part) => part.nodes);
    const so = cards.peek();
    if (so && nodes.some((id) => !so.nodes.includes(id))) cards.value = { ...so, nodes: [...new Set([...so.nodes, ...nodes])] };
  });
  try {
    const came = await Promise.all(tellings.map((telling) => tell(telling)));
    if (came.every((nodes) => nodes?.length === 0)) sayNothingCame();
  } catch (error) {
    tellError(error);
  } finally {
    following();
    const so = cards.peek();
    const nodes = so?.nodes.filter((id) => story.peek().tree.nodes[id]) ?? [];
    cards.value = so && nodes.length > 0 ? { ...so, nodes } : null;
  }
}

export function take(id: number): void {
  void stop();
  cards.value = null;
  goTo(id);
}

export function closeCards(): void {
  void stop();
  cards.value = null;
  preview.value = null;
}

async function told(telling: Telling): Promise<number[]> {
  void stop();
  cards.value = null;
  try {
    const before = story.peek();
    const nodes = await tell(telling);
    if (!nodes) return []; // the person stopped it: that is no end
    if (nodes.length > 0 || story.peek().tree.next > before.tree.next) sayWhatCame(nodes);
    return nodes;
  } catch (error) {
    tellError(error);
    return [];
  }
}

function sayWhatCame([id]: readonly number[]): void {
  const made = id === undefined ? undefined : story.peek().tree.nodes[id]?.made;
  if (id === undefined) sayNothingCame();
  else if (made?.finish === "end") {
    ended.value = text.peek();
    say(words.peek().write.over);
  }
}

function sayNothingCame(): void {
  ended.value = text.peek();
  say(words.peek().write.nothingCame);
}

const STEP_WORDS = 50;

/** So many words, in round numbers, that a story that is over goes on for a while. */
export function longer(): number {
  return Math.ceil((countWords(text.value) + STEP_WORDS) / STEP_WORDS) * STEP_WORDS;
}

/** Sets a length that the story has not reached: before that the model ends none. */
export async function lengthen(): Promise<void> {
  change({ length: longer() });
  await goOn();
}

export function undo(): void {
  void stop();
  cards.value = null;
  undoTree();
}

export function redo(): void {
  void stop();
  cards.value = null;
  redoTree();
}

export function rename(id: number, name: string): void {
  const values: Partial<StoryNode> = { name: name.trim() };
  changeTree((tree) => changed(tree, id, values));
}

/** The settings, the plan and the words of a node become those of the story. */
export function useSettingsOf(id: number): void {
  const { made } = nodeOf(story.peek().tree, id);
  if (!made) return;
  const old = story.peek().plan;
  const plan = made.plan.map((text) => old.find((chip) => chip.text === text) ?? { text, locked: false });
  const { settings, include, ban, length, seed, bundle } = made;
  change({ settings, include, ban, length, seed, plan, ...(bundleOf(bundle) ? { bundle } : {}) });
}
