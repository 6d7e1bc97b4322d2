// Keys: whoever is on the page says which it answers to, and the list of them all is one of the pages' own.
import { useEffect, useRef } from "preact/hooks";

export interface Shortcut {
  /** As in "Mod+Shift+Z"; Mod is Ctrl, or Cmd on a Mac. */
  keys: string;
  label: string;
  run: () => void;
  /** Also while a text is being typed; keys without Mod or Alt need not. A selector: in that field alone. */
  typing?: boolean | string;
}

const sources = new Set<() => Shortcut[]>();
export const isMac = typeof navigator !== "undefined" && /Mac|iPhone|iPad/.test(navigator.platform);

interface Press {
  key: string;
  code: string;
  ctrlKey: boolean;
  metaKey: boolean;
  shiftKey: boolean;
  altKey: boolean;
}

/**
 * Whether a key press is the one meant. A letter is the one that the layout has there; where that is none of ours, as
 * in a Russian layout, its place tells.
 */
export function matches(keys: string, press: Press, mac = isMac): boolean {
  const parts = keys.split("+");
  const key = parts.at(-1) ?? "";
  const wants = (name: string): boolean => parts.slice(0, -1).includes(name);
  const mod = mac ? press.metaKey : press.ctrlKey;
  const other = mac ? press.ctrlKey : press.metaKey;
  if (wants("Mod") !== mod || other || wants("Alt") !== press.altKey) return false;
  if (key === "?") return press.key === "?"; // wherever the layout has it
  if (wants("Shift") !== press.shiftKey) return false;
  if (/^[A-Z]$/.test(key)) return /^[a-z]$/i.test(press.key) ? press.key.toUpperCase() === key : press.code === `Key${key}`;
  if (/^[0-9]$/.test(key)) return press.code === `Digit${key}`;
  return press.key === key;
}

/** Keys as they are written for the person's keyboard. */
export function spelled(keys: string): string {
  return keys.replace("Mod", isMac ? "⌘" : "Ctrl").replace("Alt", isMac ? "⌥" : "Alt").replaceAll("+", isMac ? " " : "+");
}

/** Keys that hold while the component is on the page. */
export function useShortcuts(mine: Shortcut[]): void {
  const newest = useRef(mine);
  newest.current = mine;
  useEffect(() => {
    const source = (): Shortcut[] => newest.current;
    sources.add(source);
    return () => void sources.delete(source);
  }, []);
}

/** The keys that hold now. */
export function shortcuts(): Shortcut[] {
  return [...sources].flatMap((source) => source());
}

function isTyping(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && target.matches("input:not([type=range], [type=checkbox], [type=radio]), textarea, select");
}

function holds({ typing }: Shortcut, target: EventTarget | null): boolean {
  if (typing === true || !isTyping(target)) return true;
  return typeof typing === "string" && (target as Element).matches(typing);
}

if (typeof window !== "undefined") {
  window.addEventListener("keydown", (event) => {
    if (event.defaultPrevented || event.isComposing || document.querySelector("dialog:modal")) return;
    const found = shortcuts().findLast((each) => matches(each.keys, event) && holds(each, event.target));
    if (!found) return;
    event.preventDefault();
    found.run();
  });
}
