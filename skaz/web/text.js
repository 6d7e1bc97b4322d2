// Text as Python's string methods cut it: what is white space differs in a few characters from JavaScript's own idea.

const BLANKS = "\\p{White_Space}\\x1c-\\x1f";
export const WHITE = `[${BLANKS}]`;
const BLANKS_BETWEEN = new RegExp(`${WHITE}+`, "u");
const SPACES_BEFORE = new RegExp(`^${WHITE}+`, "u");
const SPACES_BEHIND = new RegExp(`${WHITE}+$`, "u");

const UNSPACED = [
  "\\u0e01-\\u0e3a\\u0e40-\\u0e4e", // Thai
  "\\u0e81-\\u0ecf\\u0edc-\\u0edf", // Lao
  "\\u1780-\\u17d3\\u17d7\\u17dc\\u17dd", // Khmer
  "\\u1000-\\u103f\\u1050-\\u108f\\u109a-\\u109d\\ua9e0-\\ua9ef\\ua9fa-\\ua9fe\\uaa60-\\uaa7f", // Burmese
  "\\u3041-\\u309f\\u30a1-\\u30fa\\u30fc-\\u30ff\\u31f0-\\u31ff\\uff66-\\uff9f", // kana
  "\\u3005-\\u3007\\u3400-\\u4dbf\\u4e00-\\u9fff\\uf900-\\ufaff\\u{20000}-\\u{3fffd}", // Han
].join("");
// a letter of an unspaced script; what stands between white space; a word beside such a letter
const WORD = new RegExp(
  `(?=[\\p{L}\\p{N}])[${UNSPACED}]|(?<![^${BLANKS}])[^${BLANKS}${UNSPACED}]+(?![^${BLANKS}])|` +
    `(?![${UNSPACED}])[\\p{L}\\p{N}_][^${BLANKS}${UNSPACED}]*`,
  "gu",
);

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

// Words between white space; of scripts without spaces each letter counts as a word (skaz/decoding/words.py).
export function countWords(text) {
  return text.match(WORD)?.length ?? 0;
}

// The items of a plan that a person wrote, between commas and semicolons of any script, line ends or arrows.
export function parsePlan(text) {
  return text
    .split(/[,;\n，、；،؛→]|->/u)
    .map(strip)
    .filter((item) => item !== "");
}

// An item of a plan with its words in the capitals that they have in plans (skaz/text/plan_words.py). `words`: the
// commonest first.
export function planSpeller(words) {
  const known = new Set(words);
  const spelt = new Map(words.toReversed().map((word) => [word.toLowerCase(), word]));
  const spell = (word) => (known.has(word) ? word : (spelt.get(word.toLowerCase()) ?? word));
  return (item) => item.split(BLANKS_BETWEEN).map(spell).join(" ");
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
