// What this browser keeps: stories that the server does not have yet, and what was last used.
import { read, type StoryDocument } from "./document";
import type { Kept } from "./sheet";

const STORY = "skaz.story.";
export const LAST = "skaz.last";
export const MODEL = "skaz.model";

/** A story as it was when it could not be saved; `kept`: what it was made from, null for one that is new. */
export interface Backup {
  name: string;
  kept: Kept | null;
  time: string;
  story: StoryDocument;
}

/** Of each opening its own: two windows with one story must not throw away what the other keeps. */
export function newName(): string {
  return `${Date.now().toString(36)}-${Math.random().toString(36).slice(2)}`;
}

/** Whether there was room for it. */
export function keepBackup(name: string, kept: Kept | null, story: StoryDocument): boolean {
  return remember(STORY + name, JSON.stringify({ kept, time: new Date().toISOString(), story }));
}

export function dropBackup(name: string): void {
  try {
    localStorage.removeItem(STORY + name);
  } catch {
    // nothing is kept here
  }
}

/** All of them, the newest first. */
export function backups(): Backup[] {
  const found = names().flatMap((name) => backupOf(name) ?? []);
  return found.sort((one, other) => other.time.localeCompare(one.time));
}

function names(): string[] {
  try {
    const all = Array.from({ length: localStorage.length }, (_, place) => localStorage.key(place) ?? "");
    return all.filter((key) => key.startsWith(STORY)).map((key) => key.slice(STORY.length));
  } catch {
    return [];
  }
}

function backupOf(name: string): Backup | null {
  try {
    const found = JSON.parse(remembered(STORY + name) ?? "null") as { kept?: Kept | null; revision?: number; time?: string; story: unknown } | null;
    const story = read(found?.story);
    if (!found || !story) return null;
    // Before there was `kept`, the name was the story's own, or "new".
    const old = name === "new" ? null : { id: name, revision: found.revision ?? 0 };
    return { name, kept: found.kept === undefined ? old : found.kept, time: found.time ?? "", story };
  } catch {
    return null;
  }
}

export function remembered(name: string): string | null {
  try {
    return localStorage.getItem(name);
  } catch {
    return null;
  }
}

/** Whether it is kept: a store may be full, or closed. */
export function remember(name: string, value: string): boolean {
  try {
    localStorage.setItem(name, value);
    return true;
  } catch {
    return false;
  }
}
