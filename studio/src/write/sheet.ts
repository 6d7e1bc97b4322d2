// The story that is open: what the server has of it, and the address under which it is shown.
import { computed, signal, type Signal } from "@preact/signals";
import type { Place } from "../shell/router";
import type { StoryDocument } from "./document";

/** What the server calls a story, and its revision that ours follows. */
export interface Kept {
  id: string;
  revision: number;
}

/** Each opening of a story makes another, so that what comes late can tell whether its story is still the open one. */
export interface Sheet {
  /** null: the server has not heard of the story yet. */
  kept: Signal<Kept | null>;
  /** The state that the server has; null where it has an older one. */
  saved: StoryDocument | null;
  /** The name under which this browser keeps what is not saved. */
  backup: string;
  place: Place;
}

export const sheet = signal<Sheet | null>(null);
export const kept = computed(() => sheet.value?.kept.value ?? null);
