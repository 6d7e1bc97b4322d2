// Stories are saved as one writes: to the server, and in this browser while that can't be.
import { effect, signal } from "@preact/signals";
import { ApiError, ask, connected } from "../api/client";
import { bundleOf } from "../api/facts";
import type { DocumentFacts } from "../api/types";
import { tellError } from "../shell/notice";
import { go, place } from "../shell/router";
import { backups, dropBackup, keepBackup, LAST, MODEL, remember, type Backup } from "./backups";
import { forSaving, type StoryDocument } from "./document";
import { sheet, type Kept, type Sheet } from "./sheet";
import { story, text } from "./store";

export type Saving = "saved" | "saving" | "unsaved" | Dispute;
/** Another window changed the story, or deleted it: the person decides. */
export type Dispute = "conflict" | "gone";

export const saving = signal<Saving>("saved");
/** What is not saved has no room in this browser either. */
export const atRisk = signal(false);
export const shelf = signal<DocumentFacts[]>([]);
/** Stories, or late states of them, that only this browser has. */
export const onlyHere = signal<Backup[]>([]);

const QUIET_MS = 600;
const LONGEST_MS = 3000;
let clock: ReturnType<typeof setTimeout> | undefined;
let since: number | null = null;
let busy: Promise<void> | null = null;

/** Follows the open story, in whichever room the person is. Call once. */
export function saveAsOneGoes(): () => void {
  const stopFollowing = effect(() => {
    const open = story.value;
    const on = sheet.value;
    if (!on || open === on.saved) return;
    if (!isDisputed()) saving.value = "unsaved";
    since ??= Date.now();
    clearTimeout(clock);
    clock = setTimeout(() => void save(), Math.max(0, Math.min(QUIET_MS, since + LONGEST_MS - Date.now())));
  });
  const stopWatching = connected.subscribe((there) => {
    if (there && saving.peek() === "unsaved") void save();
  });
  const hiding = (): void => {
    keepHere();
    if (document.visibilityState === "hidden") void save();
  };
  const leaving = (event: BeforeUnloadEvent): void => {
    if (!keepHere()) event.preventDefault(); // the browser asks whether one really wants to go
  };
  addEventListener("pagehide", keepHere);
  addEventListener("beforeunload", leaving);
  document.addEventListener("visibilitychange", hiding);
  return () => {
    stopFollowing();
    stopWatching();
    removeEventListener("pagehide", keepHere);
    removeEventListener("beforeunload", leaving);
    document.removeEventListener("visibilitychange", hiding);
  };
}

function isDisputed(): boolean {
  return saving.peek() === "conflict" || saving.peek() === "gone";
}

export function isSaved(): boolean {
  const on = sheet.peek();
  return !on || story.peek() === on.saved;
}

/** Saves what stands now, after what is being saved already. Where that can't be, this browser keeps it. */
export async function save(): Promise<void> {
  clearTimeout(clock);
  while (busy) await busy;
  const on = sheet.peek();
  if (!on || isSaved()) return;
  since = null;
  if (isDisputed()) {
    keepHere();
    return;
  }
  busy = saveNow(on, story.peek()).finally(() => (busy = null));
  await busy;
}

async function saveNow(on: Sheet, open: StoryDocument): Promise<void> {
  if (!on.kept.peek() && isEmpty(open)) {
    on.saved = open;
    saving.value = "saved";
    return;
  }
  saving.value = "saving";
  try {
    on.kept.value = await put(on.kept.peek(), open);
  } catch (error) {
    const dispute = disputeOf(error);
    saving.value = dispute ?? "unsaved";
    keepHere();
    if (!dispute) tellError(error);
    return;
  }
  on.saved = open;
  dropBackup(on.backup);
  atRisk.value = false;
  saving.value = isSaved() ? "saved" : "unsaved";
  remember(LAST, on.kept.value.id);
  if (open.bundle) remember(MODEL, open.bundle);
  nameInAddress(on, on.kept.value);
  void refreshShelf().catch(() => undefined); // it is only a list
}

async function put(known: Kept | null, open: StoryDocument): Promise<Kept> {
  const document = { ...forSaving(open), language: bundleOf(open.bundle)?.language ?? open.language };
  if (!known) return ask<Kept>("POST", "/api/documents", { body: { document } });
  const body = { revision: known.revision, document };
  const { revision } = await ask<{ revision: number }>("PUT", `/api/documents/${known.id}`, { body });
  return { id: known.id, revision };
}

function isEmpty(open: StoryDocument): boolean {
  return open.title === "" && text.peek() === "" && open.tree.next === 1 && open.plan.length === 0;
}

function disputeOf(error: unknown): Dispute | null {
  if (!(error instanceof ApiError)) return null;
  return error.status === 409 ? "conflict" : error.code === "no_document" ? "gone" : null;
}

/** The address names the story, if it is the story's still: the person may be elsewhere by now. */
function nameInAddress(on: Sheet, { id }: Kept): void {
  if (place.peek() !== on.place || on.place.rest[0] === id) return;
  go("write", [id], {}, true);
  on.place = place.peek();
}

/** Keeps in this browser what is not saved; false where there is no room for it. */
export function keepHere(): boolean {
  const on = sheet.peek();
  atRisk.value = on !== null && !isSaved() && !keepBackup(on.backup, on.kept.peek(), story.peek());
  return !atRisk.value;
}

export async function refreshShelf(): Promise<void> {
  const { documents } = await ask<{ documents: DocumentFacts[] }>("GET", "/api/documents");
  shelf.value = documents.toSorted((one, other) => other.changed.localeCompare(one.changed));
  lookHere();
}

/** Finds again what only this browser has. */
export function lookHere(): void {
  const known = new Set(shelf.peek().map(({ id }) => id));
  const open = sheet.peek()?.backup;
  onlyHere.value = backups().filter(({ name, kept }) => name !== open && !(kept && known.has(kept.id)));
}
