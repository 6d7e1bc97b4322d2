// Random inputs that are the same in every run.

export type Random = () => number;

/** Mulberry32: numbers in [0, 1). */
export function randomOf(seed: number): Random {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

export function below(random: Random, count: number): number {
  return Math.floor(random() * count);
}

const LETTERS = ["a", "b", " ", "\n", "я", "🦊", "e\u0301"];

export function texts(random: Random): string {
  return Array.from({ length: below(random, 12) }, () => LETTERS[below(random, LETTERS.length)]).join("");
}
