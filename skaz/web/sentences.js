// The first sentence of an opening, all of it that the encoder reads: skaz/text/sentences.py.

import { WHITE, strip, stripEnd } from "./text.js";

const LONGEST_OPENING = 200;
const OPENING_WITHOUT_END = 120;
const CONTEXT = 50; // what follows a sentence decides whether it ended

// What Python's \w and, between lines, \s take.
const WORD = "[\\p{L}\\p{N}_]";
const BLANK = `(?:(?!\\n)${WHITE})`;
const END = new RegExp(
  `(?<signs>[.!?…‽．؟।॥۔։።។။]+)["'”’»“)\\]]*(?=${WHITE}|$)|[。｡！？]+["”’」』）]*|(?=${BLANK}*\\n${BLANK}*\\n)`,
  "gu",
);
const NEXT_LETTER = new RegExp(`${BLANK}*\\n?${BLANK}*(?:[—–-]${WHITE}*)?(?<letter>${WORD})`, "uy");
const LAST_WORD = new RegExp(`${WORD}+$`, "u");
const LAST_CUT = new RegExp(`^([^]*?)${WHITE}+(?:(?!${WHITE})[^])+$`, "u");
const VOWEL = /[aeiouyаеёиоуыэюя]/u;

export function firstSentence(text) {
  const characters = [...strip(text)];
  const head = characters.slice(0, LONGEST_OPENING + CONTEXT).join("");
  const sentence = head.slice(0, firstEnd(head));
  if ([...sentence].length <= LONGEST_OPENING) {
    return sentence;
  }
  const between = LAST_CUT.exec(stripEnd(characters.slice(0, OPENING_WITHOUT_END + 1).join("")));
  return between === null ? characters.slice(0, OPENING_WITHOUT_END).join("") : between[1];
}

function firstEnd(text) {
  for (const end of text.matchAll(END)) {
    const after = end.index + end[0].length;
    if (strip(text.slice(0, after)) !== "" && !goesOn(text, end, after)) {
      return after;
    }
  }
  return stripEnd(text).length;
}

// Whether the signs stand inside a sentence: `"Where?" she asked`, `well... maybe`, `Mr. Fox`, `А. С.`
function goesOn(text, end, after) {
  NEXT_LETTER.lastIndex = after;
  const following = NEXT_LETTER.exec(text);
  if (end.groups.signs === undefined || following === null) {
    return false;
  }
  if (/\p{Lowercase}/u.test(following.groups.letter)) {
    return true;
  }
  const before = LAST_WORD.exec(text.slice(Math.max(0, end.index - 20), end.index));
  return end[0] === "." && before !== null && isAbbreviation([...before[0]]);
}

// An initial, or a short word with a capital and no vowel: Mr, Mrs, Dr, St.
function isAbbreviation(letters) {
  if (!/\p{Uppercase}/u.test(letters[0]) || letters.length > 3) {
    return false;
  }
  return letters.length === 1 ? letters[0] !== "I" : !VOWEL.test(letters.join("").toLowerCase());
}
