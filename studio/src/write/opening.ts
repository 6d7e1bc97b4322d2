// Opening stories, and putting the open one away: never before it is saved, or kept in this browser.
import { batch, signal } from "@preact/signals";
import { ApiError, ask } from "../api/client";
import { bundles } from "../api/facts";
import type { BundleFacts } from "../api/types";
import { tell, tellError } from "../shell/notice";
import { go, place, type Place } from "../shell/router";
import { words } from "../words";
import { cards } from "./actions";
import { backups, dropBackup, LAST, MODEL, newName, remembered, type Backup } from "./backups";
import { emptyDocument, read, type StoryDocument } from "./document";
import { keepHere, lookHere, refreshShelf, save, saving, shelf, type Dispute } from "./saving";
import { kept, sheet, type Kept } from "./sheet";
import { caretWanted, preview, story, text } from "./store";
import { stop } from "./telling";

/** Whether a story is open: while one is being fetched there is no page to type on. */
export const isOpen = signal(false);

/** A story that is to be shown; `backup`: what of this browser it is. */
interface Found {
  document: StoryDocument;
  kept: Kept | null;
  state: "saved" | "unsaved" | Dispute;
  backup: string | null;
}

let openings = 0;

/** Shows the story that an address names; without one, the one that is open, the last, or a new one. */
export async function openAt(where: Place): Promise<void> {
  if (where.room !== "write" || where === sheet.peek()?.place) return;
  const opening = ++openings;
  const isLate = (): boolean => opening !== openings; // the person has gone on to another
  if (isAt(where)) return stay(where);
  isOpen.value = false;
  try {
    const found = await find(where);
    if (isLate() || !found) return;
    if (!(await leave())) return refuse(where);
    if (isLate()) return;
    show(found, where);
    refreshShelf().catch(() => undefined); // it is only a list
  } catch (error) {
    if (isLate()) return;
    tellError(error);
    if (error instanceof ApiError && error.status === 0) isOpen.value = sheet.peek() !== null; // tried again when the server is back
    else if (place.peek() === where) go("write", [], { new: "1" }, true);
  }
}

/** Whether the open story is the one that is meant. */
function isAt({ rest, query }: Place): boolean {
  if (!sheet.peek()) return false;
  return rest[0] ? rest[0] === kept.peek()?.id : query.toString() === "";
}

function stay(where: Place): void {
  const on = sheet.peek();
  if (on) on.place = where;
  isOpen.value = true;
  const id = kept.peek()?.id;
  if (id && !where.rest[0]) go("write", [id], {}, true);
}

/** null where the address was put right, and leads here again. */
async function find(where: Place): Promise<Found | null> {
  const id = where.rest[0];
  if (id) return findById(id);
  const here = backupFor(where);
  if (here) return { document: here.story, kept: null, state: "unsaved", backup: here.name };
  if (where.query.toString() !== "") return fresh(where.query.get("model"));
  await refreshShelf();
  const last = shelf.peek().find((each) => each.id === remembered(LAST)) ?? shelf.peek()[0];
  if (place.peek() === where) go("write", last ? [last.id] : [], last ? {} : { new: "1" }, true);
  return null;
}

/** What this browser has that is to be opened: what was asked for, or, as the pages begin, what was new when they ended. */
function backupFor({ query }: Place): Backup | undefined {
  const found = backups();
  return found.find(({ name }) => name === query.get("backup")) ?? (sheet.peek() ? undefined : found.find((each) => !each.kept));
}

function fresh(asked: string | null): Found {
  const document = emptyDocument(asked ?? story.peek().bundle ?? remembered(MODEL));
  return { document, kept: null, state: "saved", backup: null };
}

/** A story of the server; what this browser kept of it, unsaved, comes first. */
async function findById(id: string): Promise<Found> {
  const mine = backups().filter((each) => each.kept?.id === id);
  let answer: { revision: number; document: unknown };
  try {
    answer = await ask("GET", `/api/documents/${id}`);
  } catch (error) {
    const [newest] = mine;
    if (!newest || !(error instanceof ApiError && error.status === 404)) throw error;
    return { document: newest.story, kept: newest.kept, state: "gone", backup: newest.name };
  }
  const theirs = read(answer.document);
  const local = mine.find((each) => each.kept?.revision === answer.revision) ?? mine[0];
  if (local && !(theirs && isSame(local.story, theirs))) {
    const state = local.kept?.revision === answer.revision ? "unsaved" : "conflict";
    return { document: local.story, kept: local.kept, state, backup: local.name };
  }
  if (local) dropBackup(local.name); // it was saved after all, but the answer did not come
  if (!theirs) throw new Error(words.peek().write.unreadable);
  return { document: theirs, kept: { id, revision: answer.revision }, state: "saved", backup: null };
}

function isSame(one: StoryDocument, other: StoryDocument): boolean {
  const compared = ({ title, tree, plan, notebook }: StoryDocument): string => JSON.stringify([title, tree, plan, notebook]);
  return compared(one) === compared(other);
}

/** Puts the open story away; false where it can be neither saved nor kept. */
async function leave(): Promise<boolean> {
  await lift();
  let tried: StoryDocument;
  do {
    tried = story.peek();
    await save();
  } while (story.peek() !== tried);
  return keepHere();
}

async function lift(): Promise<void> {
  await stop();
  cards.value = null;
  preview.value = null;
}

function refuse(where: Place): void {
  tell(words.peek().write.cannotLeave, true);
  isOpen.value = true;
  const id = kept.peek()?.id;
  if (place.peek() === where) go("write", id ? [id] : [], {}, true);
}

function show({ document, kept, state, backup }: Found, where: Place): void {
  const writers = bundles.peek()?.filter((bundle) => bundle.task === "write") ?? [];
  const known = writers.some((bundle) => bundle.name === document.bundle);
  const shown = { ...document, bundle: known ? document.bundle : (newest(writers)?.name ?? null) };
  const saved = state === "saved" ? shown : null;
  batch(() => {
    sheet.value = { kept: signal(kept), saved, backup: newName(), place: where };
    story.value = shown;
    saving.value = state;
    caretWanted.value = { at: text.peek().length };
    isOpen.value = true;
  });
  if (backup) dropBackup(backup);
  keepHere(); // under the new name
  lookHere();
}

/** The model that was trained last: where the person has chosen none, it is the one they came for. */
function newest(writers: readonly BundleFacts[]): BundleFacts | undefined {
  return writers.toSorted((one, other) => (other.trained ?? "").localeCompare(one.trained ?? ""))[0];
}

/** Deletes a story, and what this browser has of it. */
export async function remove(id: string): Promise<void> {
  if (kept.peek()?.id === id) {
    await lift();
    await save(); // so that nothing comes after it
  }
  await ask("DELETE", `/api/documents/${id}`);
  for (const each of backups()) if (each.kept?.id === id) dropBackup(each.name);
  if (kept.peek()?.id === id) letGo();
  await refreshShelf();
}

export function removeBackup(name: string): void {
  dropBackup(name);
  lookHere();
}

/** Gives up what is open: it was deleted. */
export function letGo(): void {
  const on = sheet.peek();
  if (!on) return;
  const isHere = place.peek() === on.place;
  if (isHere) go("write", [], { new: "1" }, true);
  show({ ...fresh(null), backup: on.backup }, isHere ? place.peek() : on.place);
}

/** After a dispute: this story becomes one of its own. */
export async function keepAsCopy(): Promise<void> {
  const on = sheet.peek();
  if (!on) return;
  on.kept.value = null;
  saving.value = "unsaved";
  await save();
}

/** After a conflict: the other state, in place of this one. */
export async function takeOther(): Promise<void> {
  const on = sheet.peek();
  const id = kept.peek()?.id;
  if (!on || !id) return;
  const { revision, document } = await ask<{ revision: number; document: unknown }>("GET", `/api/documents/${id}`);
  const theirs = read(document);
  if (!theirs) throw new Error(words.peek().write.unreadable);
  await lift();
  show({ document: theirs, kept: { id, revision }, state: "saved", backup: on.backup }, on.place);
}
