"""Where sentences end, by signs that most scripts share; no word lists, no model."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise

LONGEST_OPENING = 200
_OPENING_WITHOUT_END = 120
_CONTEXT = 50  # what follows a sentence decides whether it ended

# The signs that end a sentence, in the scripts that have them, and those behind which Chinese and Japanese put no space
SPACED_ENDS, UNSPACED_ENDS = ".!?…‽．؟।॥۔։።។။", "。｡！？"

# An end: its signs, the quotes and brackets that close after them, then white space or the text's end, where there is
# one. Or an empty line, whatever stands before it (a title, say). web/sentences.js has the same.
_END = re.compile(
    rf"""(?P<signs>[{SPACED_ENDS}]+)["'”’»“)\]]*(?=\s|$)|[{UNSPACED_ENDS}]+["”’」』）]*|(?=[^\S\n]*\n[^\S\n]*\n)"""
)
# What stands after an end, dashes left out: `— Где? — спросила лиса`.
_NEXT_LETTER = re.compile(r"[^\S\n]*\n?[^\S\n]*(?:[—–-]\s*)?(?P<letter>\w)")
_LAST_WORD = re.compile(r"\w+$")
_VOWELS = frozenset("aeiouyаеёиоуыэюя")


def sentence_ends(text: str) -> Iterator[int]:
    """The offsets just after each sentence, closing quotes included; the last is the end of the text."""
    start = 0
    for end in _END.finditer(text):
        if not text[start : end.end()].strip() or _goes_on(text, end):
            continue
        yield end.end()
        start = end.end()
    if text[start:].strip():
        yield len(text.rstrip())


def split_sentences(text: str) -> list[str]:
    """The sentences of a text, without the white space around them."""
    borders = [0, *sentence_ends(text)]
    return [text[start:end].strip() for start, end in pairwise(borders)]


def opening_end(text: str) -> int:
    """Where the first sentence ends, as an offset in characters; 0 for a text of white space.

    A first sentence of more than 200 characters is cut between two words, near its 120th character.
    """
    start = len(text) - len(text.lstrip())
    end = next(sentence_ends(text[: start + LONGEST_OPENING + _CONTEXT]), 0)
    if end - start <= LONGEST_OPENING:
        return end
    limit = start + _OPENING_WITHOUT_END
    words = text[start : limit + 1].rsplit(maxsplit=1)
    return start + len(words[0]) if len(words) == 2 else limit


def _goes_on(text: str, end: re.Match[str]) -> bool:
    """Whether the signs stand inside a sentence: `"Where?" she asked`, `well... maybe`, `Mr. Fox`, `А. С.`"""
    following = _NEXT_LETTER.match(text, end.end())
    if end["signs"] is None or following is None:
        return False
    if following["letter"].islower():
        return True
    before = _LAST_WORD.search(text, max(0, end.start() - 20), end.start())
    return end.group() == "." and before is not None and _is_abbreviation(before[0])


def _is_abbreviation(word: str) -> bool:
    """An initial, or a short word with a capital and no vowel: Mr, Mrs, Dr, St."""
    if not word[0].isupper() or len(word) > 3:
        return False
    return word != "I" if len(word) == 1 else _VOWELS.isdisjoint(word.lower())
