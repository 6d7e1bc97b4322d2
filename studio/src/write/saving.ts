// Stories are saved as one writes: to the server, and in this browser while the server is away.
import { effect, signal } from "@preact/signals";
import { ApiError, ask, connected } from "../api/client";
import type { DocumentFacts } from "../api/types";
import { bundles } from "../api/facts";
import { go } from "../shell/router";
import { tellError } from "../shell/notice";
import { words } from "../words";
import { emptyDocument, forSaving, read, type StoryDocument } from "./document";
import { caretWanted, kept, preview, story, text } from "./store";
import { stop } from "./telling";
import { cards } from "./actions";

export const shelf = signal<DocumentFacts[]>([]);
/** Whether a story is open: while one is being fetched there is no page to type on. */
export const isOpen = signal(false);
export const saving = signal<"saved" | "saving" | "unsaved" | "conflict">("saved");

const QUIET_MS = 600;
const LONGEST_MS = 3000;
const BACKUP = "skaz.story.";
const LAST = "skaz.last";
const MODEL = "skaz.model";
let savedStory: StoryDocument | null = null;
let clock: ReturnType<typeof setTimeout> | undefined;
let since = 0;
let busy = false;

/** Follows the open story. Call once. */
export function saveAsOneGoes(): () => void {
  const stopFollowing = effect(() => {
    const open = story.value;
    if (open === savedStory || saving.peek() === "conflict") return;
    if (saving.peek() === "saved") since = Date.now();
    saving.value = "unsaved";
    clearTimeout(clock);
    clock = setTimeout(() => void save(), Math.max(0, Math.min(QUIET_MS, since + LONGEST_MS - Date.now())));
  });
  const stopWatching = connected.subscribe((there) => {
    if (there && saving.peek() === "unsaved") void save();
  });
  const leaving = (): void => {
    if (saving.peek() !== "saved") backup();
  };
  addEventListener("pagehide", leaving);
  document.addEventListener("visibilitychange", leaving);
  return () => {
    leaving();
    stopFollowing();
    stopWatching();
    removeEventListener("pagehide", leaving);
    document.removeEventListener("visibilitychange", leaving);
  };
}

export async function save(): Promise<void> {
  clearTimeout(clock);
  const open = story.peek();
  if (busy || open === savedStory || saving.peek() === "conflict") return;
  const empty = open.title === "" && text.peek() === "" && open.tree.next === 1 && open.plan.length === 0;
  if (!kept.peek() && empty) {
    savedStory = open;
    saving.value = "saved";
    return;
  }
  busy = true;
  saving.value = "saving";
  try {
    await put(open);
    saving.value = "saved";
  } catch (error) {
    const conflict = error instanceof ApiError && error.status === 409;
    saving.value = conflict ? "conflict" : "unsaved";
    backup();
    if (!conflict) tellError(error);
  } finally {
    busy = false;
  }
  if (story.peek() !== savedStory && saving.peek() === "saved") {
    saving.value = "unsaved";
    since = Date.now();
    clock = setTimeout(() => void save(), QUIET_MS);
  }
}

async function put(open: StoryDocument): Promise<void> {
  const body = forSaving(open);
  const known = kept.peek();
  if (known) {
    const { revision } = await ask<{ revision: number }>("PUT", `/api/documents/${known.id}`, { body: { revision: known.revision, document: body } });
    if (kept.peek()?.id === known.id) kept.value = { id: known.id, revision };
    forgetBackup(known.id);
  } else {
    const { id, revision } = await ask<{ id: string; revision: number }>("POST", "/api/documents", { body: { document: body } });
    kept.value = { id, revision };
    forgetBackup("new");
    go("write", [id], {}, true);
    keep(LAST, id);
  }
  savedStory = open;
  if (open.bundle) keep(MODEL, open.bundle);
  await refreshShelf();
}

export async function refreshShelf(): Promise<void> {
  const { documents } = await ask<{ documents: DocumentFacts[] }>("GET", "/api/documents");
  shelf.value = documents.toSorted((one, other) => other.changed.localeCompare(one.changed));
}

/** Opens a story of the server; what this browser kept of it, unsaved, comes first. */
export async function open(id: string): Promise<void> {
  await leave();
  const found = await ask<{ id: string; revision: number; document: unknown }>("GET", `/api/documents/${id}`);
  const local = backupOf(id);
  const document = local?.revision === found.revision ? local.story : read(found.document);
  if (!document) throw new Error(words.peek().write.unreadable);
  kept.value = { id, revision: found.revision };
  show(document, local?.revision !== found.revision);
  keep(LAST, id);
}

/** An empty story, with the model that is asked for, or that was last written with. */
export async function fresh(asked?: string | null): Promise<void> {
  await leave();
  const bundle = asked ?? story.peek().bundle ?? keptValue(MODEL);
  const local = backupOf("new");
  kept.value = null;
  show(local?.story ?? emptyDocument(bundle), !local);
}

/** The story that was open last, or a new one. */
export async function openLast(): Promise<void> {
  const last = keptValue(LAST);
  if (last && shelf.peek().some((each) => each.id === last)) go("write", [last], {}, true);
  else if (shelf.peek()[0]) go("write", [shelf.peek()[0]?.id ?? ""], {}, true);
}

export async function remove(id: string): Promise<void> {
  await ask("DELETE", `/api/documents/${id}`);
  forgetBackup(id);
  if (kept.peek()?.id === id) {
    savedStory = story.peek(); // not to be saved again on leaving
    saving.value = "saved";
    go("write", [], { new: "1" }, true);
  }
  await refreshShelf();
}

/** After a conflict: this story becomes one of its own. */
export async function keepAsCopy(): Promise<void> {
  const id = kept.peek()?.id;
  if (id) forgetBackup(id);
  kept.value = null;
  saving.value = "unsaved";
  await save();
}

export async function takeOther(): Promise<void> {
  const id = kept.peek()?.id;
  if (!id) return;
  forgetBackup(id);
  saving.value = "saved";
  savedStory = story.peek();
  await open(id);
}

async function leave(): Promise<void> {
  isOpen.value = false;
  await stop();
  cards.value = null;
  preview.value = null;
  await save();
}

function show(document: StoryDocument, isSaved: boolean): void {
  const names = bundles.peek()?.filter((bundle) => bundle.task === "write").map((bundle) => bundle.name) ?? [];
  const known = document.bundle !== null && names.includes(document.bundle);
  const bundle = known ? document.bundle : (names[0] ?? null);
  const shown = { ...document, bundle };
  savedStory = isSaved ? shown : null;
  saving.value = "saved";
  story.value = shown;
  caretWanted.value = { at: text.peek().length };
  isOpen.value = true;
}

function backup(): void {
  const known = kept.peek();
  keep(BACKUP + (known?.id ?? "new"), JSON.stringify({ revision: known?.revision ?? 0, story: story.peek() }));
}

function backupOf(id: string): { revision: number; story: StoryDocument } | null {
  try {
    const found = JSON.parse(localStorage.getItem(BACKUP + id) ?? "null") as { revision: number; story: unknown } | null;
    const document = read(found?.story);
    return found && document ? { revision: found.revision, story: document } : null;
  } catch {
    return null;
  }
}

function forgetBackup(id: string): void {
  try {
    localStorage.removeItem(BACKUP + id);
  } catch {
    // nothing is kept here
  }
}

function keptValue(name: string): string | null {
  try {
    return localStorage.getItem(name);
  } catch {
    return null; // nothing is kept here
  }
}

function keep(name: string, value: string): void {
  try {
    localStorage.setItem(name, value);
  } catch {
    // a full or closed store: the server has the story, or will have it
  }
}
