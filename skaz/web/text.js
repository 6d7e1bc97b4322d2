// Text as Python's string methods cut it: what is white space differs in a few characters from JavaScript's own idea.

export const WHITE = "[\\p{White_Space}\\x1c-\\x1f]";
const SPACES = new RegExp(`${WHITE}+`, "u");
const SPACES_BEFORE = new RegExp(`^${WHITE}+`, "u");
const SPACES_BEHIND = new RegExp(`${WHITE}+$`, "u");

export function stripEnd(text) {
  return text.replace(SPACES_BEHIND, "");
}

// What of an opening the story begins with: the next word brings its blank along, and a line break is a new paragraph.
export function beginningOf(opening) {
  const told = stripEnd(opening);
  return told === "" ? "" : opening.slice(0, Math.max(opening.lastIndexOf("\n") + 1, told.length));
}

export function strip(text) {
  return stripEnd(text.replace(SPACES_BEFORE, ""));
}

export function countWords(text) {
  const words = strip(text);
  return words === "" ? 0 : words.split(SPACES).length;
}

// The items of a plan that a person wrote, between commas, semicolons, line ends or arrows (->).
export function parsePlan(text) {
  return text
    .split(/[,;\n]|->/u)
    .map(strip)
    .filter((item) => item !== "");
}

export function decodeBytes(parts) {
  const bytes = new Uint8Array(parts.reduce((size, part) => size + part.length, 0));
  let end = 0;
  for (const part of parts) {
    bytes.set(part, end);
    end += part.length;
  }
  return new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes);
}

// Turns tokens' bytes into text, one at a time, and never shows half a character.
export class TextStream {
  #decoder = new TextDecoder("utf-8", { ignoreBOM: true });

  push(bytes) {
    return this.#decoder.decode(bytes, { stream: true });
  }
}
