// A story with all that belongs to it, as it is kept by the server.
import type { Settings } from "../api/types";
import { standing } from "./spans";
import { emptyTree, type Tree } from "./tree";

export interface Chip {
  text: string;
  /** Stays when the plan is drawn anew. */
  locked: boolean;
  /** The model that drew it; none where a person wrote it. */
  drawn?: string | null;
}

/** A character, a place, a thing: when its name appears in the text, its phrase joins the plan. */
export interface Entry {
  name: string;
  phrase: string;
  note: string;
}

/** How much is written at a time, in tokens; null: to the story's end. */
export type Passage = number | null;

export interface StoryDocument {
  version: 1;
  title: string;
  /** The text as it stands, for the server's list and for export. */
  text: string;
  language: string | null;
  tree: Tree;
  plan: Chip[];
  notebook: Entry[];
  include: string[];
  ban: string[];
  length: number | null;
  passage: Passage;
  /** Only what differs from the server's defaults. */
  settings: Settings;
  seed: number | null;
  bundle: string | null;
  second: string | null;
}

export function emptyDocument(bundle: string | null): StoryDocument {
  return {
    version: 1,
    title: "",
    text: "",
    language: null,
    tree: emptyTree(new Date().toISOString()),
    plan: [],
    notebook: [],
    include: [],
    ban: [],
    length: null,
    passage: null,
    settings: {},
    seed: null,
    bundle,
    second: null,
  };
}

/** As it is to be saved: with the text that stands. */
export function forSaving(story: StoryDocument): StoryDocument {
  return { ...story, text: standing(story.tree).text };
}

/** A kept document, checked as far as the pages rely on it; null where it is none of ours. */
export function read(kept: unknown): StoryDocument | null {
  if (typeof kept !== "object" || kept === null) return null;
  const given = kept as Partial<StoryDocument>;
  const tree = given.tree;
  if (given.version !== 1 || !tree || typeof tree !== "object") return null;
  const { nodes, current, next } = tree;
  if (!nodes || !nodes[current] || typeof next !== "number") return null;
  for (const node of Object.values(nodes)) if (node.parent !== null && !nodes[node.parent]) return null;
  return { ...emptyDocument(null), ...given, tree };
}
