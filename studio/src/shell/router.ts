// Where the person is. The address after # holds it all, so that it can be kept, sent, and gone back from.
import { signal } from "@preact/signals";

export const ROOMS = ["write", "train", "inside", "lab"] as const;
export type Room = (typeof ROOMS)[number];

export interface Place {
  room: Room;
  /** What follows the room: a document, a run, an experiment. */
  rest: string[];
  query: URLSearchParams;
}

export function placeOf(hash: string): Place {
  const [path = "", query = ""] = split(hash.replace(/^#\/?/, ""), "?");
  const [room = "", ...rest] = path.split("/").filter(Boolean).map(decoded);
  return { room: isRoom(room) ? room : "write", rest, query: new URLSearchParams(query) };
}

export function hashOf({ room, rest, query }: Place): string {
  const path = [room, ...rest].map(encodeURIComponent).join("/");
  const asked = query.toString();
  return `#/${path}${asked ? `?${asked}` : ""}`;
}

export const place = signal<Place>(placeOf(typeof location === "undefined" ? "" : location.hash));

/** Goes to a room; `replace` changes the address without a step in the history. */
export function go(room: Room, rest: string[] = [], query: Record<string, string> = {}, replace = false): void {
  const next = { room, rest, query: new URLSearchParams(query) };
  if (replace) history.replaceState(null, "", hashOf(next));
  else history.pushState(null, "", hashOf(next));
  place.value = next;
}

if (typeof window !== "undefined") {
  const follow = (): void => {
    const next = placeOf(location.hash);
    if (hashOf(next) !== hashOf(place.peek())) place.value = next; // one step may come as both events
  };
  window.addEventListener("popstate", follow);
  window.addEventListener("hashchange", follow);
}

function isRoom(name: string): name is Room {
  return (ROOMS as readonly string[]).includes(name);
}

function split(text: string, mark: string): [string, string] {
  const at = text.indexOf(mark);
  return at < 0 ? [text, ""] : [text.slice(0, at), text.slice(at + 1)];
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
