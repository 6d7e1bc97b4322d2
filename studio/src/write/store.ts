// The story that is open, and what the room shows of it. Others change it through here alone.
import { computed, signal } from "@preact/signals";
import { bundleOf, settingFacts } from "../api/facts";
import type { SettingFacts, Settings } from "../api/types";
import { emptyDocument, type StoryDocument } from "./document";
import { joining } from "./plan";
import { difference, type Splice } from "./splice";
import { originOfTyped, standing } from "./spans";
import { changed, childrenOf, gone, grown, nodeOf, redone, undone, type StoryNode, type Tree } from "./tree";

export const story = signal<StoryDocument>(emptyDocument(null));

export const now = computed(() => standing(story.value.tree));
export const text = computed(() => now.value.text);
export const current = computed(() => nodeOf(story.value.tree, story.value.tree.current));
export const bundle = computed(() => bundleOf(story.value.bundle));
export const joined = computed(() => joining(story.value.notebook, text.value, story.value.plan));

/** What the model is given as its plan: the chips, then what the notebook adds. */
export const plan = computed(() => [
  ...story.value.plan.map((chip) => chip.text.trim()).filter(Boolean),
  ...joined.value.map((entry) => entry.phrase.trim()),
]);

/** The value of a setting where the person has said nothing: a story with a plan is drawn more safely. */
export function usual({ default: value, default_planned: planned }: SettingFacts): number | null {
  return planned !== undefined && plan.value.length > 0 ? planned : value;
}

/** Every setting as it holds. */
export const settings = computed<Settings>(() => ({
  ...Object.fromEntries(settingFacts.value.map((facts) => [facts.name, usual(facts)])),
  ...story.value.settings,
}));

/** What is shown after the story's own words, as it would stand: a card that is pointed at. */
export const preview = signal<{ at: number; text: string } | null>(null);
/** Where the caret is to be put after a change that was not typed. */
export const caretWanted = signal<{ at: number } | null>(null);

export function change(values: Partial<StoryDocument>): void {
  story.value = { ...story.peek(), ...values };
}

export function changeTree(change: (tree: Tree) => Tree): void {
  const open = story.peek();
  story.value = { ...open, tree: change(open.tree) };
}

export function goTo(id: number): void {
  changeTree((tree) => gone(tree, id));
  showEndOf(id);
}

export function undo(): boolean {
  return walk(undone(story.peek().tree));
}

export function redo(): boolean {
  return walk(redone(story.peek().tree));
}

function walk(tree: Tree | null): boolean {
  if (!tree) return false;
  change({ tree });
  showEndOf(tree.current);
  return true;
}

function showEndOf(id: number): void {
  const node = nodeOf(story.peek().tree, id);
  preview.value = null;
  caretWanted.value = { at: node.at + node.text.length };
}

const TYPED_TOGETHER_MS = 2000; // between two keys
const LONGEST_TYPED_MS = 10_000; // from the first to the last
let lastTyped = 0;
let beganTyping = 0;

/** The person made the text another. Typing without a pause, in one place, is one node, a sentence or a line at most. */
export function typed(after: string): void {
  const { tree } = story.peek();
  const splice = difference(text.peek(), after);
  if (!splice) return;
  preview.value = null; // what is typed is to be seen
  const clock = Date.now();
  const goesOn = clock - lastTyped < TYPED_TOGETHER_MS && clock - beganTyping < LONGEST_TYPED_MS && !beginsSentence(splice);
  lastTyped = clock;
  const merged = goesOn ? together(tree, splice, after) : null;
  if (!merged) beganTyping = clock;
  change({ tree: merged ?? branched(tree, splice) });
}

/** The next change begins a node of its own. */
export function pause(): void {
  lastTyped = 0;
}

const ENDED = /(?:[.!?…]["'»”’)\]]*\s+|\n\s*)$/;

const LONGEST_ENDING = 20; // characters: a mark, quotation marks, blanks

/** Whether what is typed stands behind a whole sentence or line, the blanks included: these are no version by themselves. */
function beginsSentence({ at, text: put }: Splice): boolean {
  const isBlankSoFar = current.peek().text.trim() === "";
  return !isBlankSoFar && /^\S/.test(put) && ENDED.test(text.peek().slice(Math.max(0, at - LONGEST_ENDING), at));
}

function branched(tree: Tree, splice: Splice): Tree {
  const origin = originOfTyped(standing(tree).spans, splice);
  const { tree: more, id } = grown(tree, tree.current, { ...splice, origin, time: new Date().toISOString() });
  return gone(more, id);
}

/** The newest node with this change in it, where both touch; null where they don't. */
function together(tree: Tree, splice: Splice, after: string): Tree | null {
  const node = nodeOf(tree, tree.current);
  if (node.parent === null || node.made || node.name || childrenOf(tree).has(node.id)) return null;
  if (splice.at + splice.removed < node.at || splice.at > node.at + node.text.length) return null;
  const whole = difference(standing(tree, node.parent).text, after);
  if (!whole) return null;
  const origin = originOfTyped(standing(tree, node.parent).spans, whole);
  const values: Partial<StoryNode> = { ...whole, origin, time: new Date().toISOString() };
  return changed(tree, node.id, values);
}
