// The plan: chips that the person orders, and what the notebook adds to them.
import type { Chip, Entry } from "./document";

/** The list with one item moved to another place. */
export function movedItem<T>(items: readonly T[], from: number, to: number): T[] {
  const moved = [...items];
  const [item] = moved.splice(from, 1);
  if (item !== undefined) moved.splice(Math.max(0, Math.min(to, moved.length)), 0, item);
  return moved;
}

/** Phrases as people separate them: by commas, semicolons, arrows, lines. */
export function phrasesOf(text: string): string[] {
  return text
    .split(/[,;\n，、；،؛→]|->/)
    .map((phrase) => phrase.trim())
    .filter(Boolean);
}

/** A new plan in which locked chips keep their places; what was drawn fills the others. */
export function withLocked(chips: readonly Chip[], drawn: readonly string[]): Chip[] {
  const fresh = drawn.filter((phrase) => !chips.some((chip) => chip.locked && same(chip.text, phrase)));
  const count = Math.max(chips.length, drawn.length);
  const plan: Chip[] = [];
  for (let place = 0; place < count; place++) {
    const old = chips[place];
    if (old?.locked) plan.push(old);
    else {
      const phrase = fresh.shift();
      if (phrase !== undefined) plan.push({ text: phrase, locked: false });
    }
  }
  return plan;
}

/** Entries whose name appears in the text and whose phrase the plan has not. */
export function joining(notebook: readonly Entry[], text: string, chips: readonly Chip[]): Entry[] {
  return notebook.filter(
    (entry) =>
      entry.phrase.trim() !== "" &&
      !chips.some((chip) => same(chip.text, entry.phrase)) &&
      namesOf(entry.name).some((name) => appears(name, text)),
  );
}

/** An entry may have several names: Olive, Ollie. */
export function namesOf(names: string): string[] {
  return phrasesOf(names);
}

const RUSSIAN_ENDING = /[аеёийоуыьэюя]$/iu;

/** Whether a name stands in the text as a word; a Russian one in any of its cases. */
export function appears(name: string, text: string): boolean {
  if (!name.trim()) return false;
  const russian = /\p{Script=Cyrillic}$/u.test(name.trim());
  const stem = russian && name.trim().length > 2 ? name.trim().replace(RUSSIAN_ENDING, "") : name.trim();
  const ending = russian ? "[а-яё]{0,3}" : "(?:['’]s|s)?";
  const escaped = stem.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
  return new RegExp(`(?<![\\p{L}\\p{N}])${escaped}${ending}(?![\\p{L}\\p{N}])`, "iu").test(text);
}

function same(one: string, other: string): boolean {
  return one.trim().toLowerCase() === other.trim().toLowerCase();
}
