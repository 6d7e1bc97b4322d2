"""Whether texts are written in symbols between spaces, as phones are, and whether symbols are better spelt."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Sequence

_LONGEST_SYMBOL = 2.5  # characters, in the mean: phones are shorter, words are longer
_FEWEST_USES = 20  # of each symbol, in the mean: so do words of a small closed set come again, as those of numbers
_MOST_SPACED = 0.8  # of the texts have a space in them, where symbols stand between spaces
_SEVERAL_DIGITS = re.compile(r"\d\W?\d")
_TONE = re.compile(r"\D*[1-5]{2,3}")  # in Chao's digits, by itself or behind letters: ma 214, ma55
_MOST_NUMBERS = 0.01  # of the symbols have several digits and are no tones; beyond they are numbers, dates, amounts
_MANY = 1_000  # symbols, of which nearly each kind of a closed set is met again
_MOST_ONCE = 0.03  # of so many symbols are met once and have several characters, which then are better read singly
_MARKS = ("Mn", "Lm", "Sk")  # Unicode's: combining marks, modifier letters and symbols
_MOST_MARKS = 0.5  # of the characters behind a symbol's first are marks, in phonetic writing
# Of each symbol, in the mean. Of 800 words, where each phone is met some 100 times, spelling them left fewer wrong on
# dev parts; of 2,700 a little fewer, of 8,000 not (docs/benchmarks.md).
ENOUGH_USES = 600


def has_symbols(texts: Sequence[str]) -> bool:
    """Whether what stands between spaces are symbols: short, or of a small closed set. Numbers are none, however often
    each comes: others will come that were never met, and their digits tell what they are."""
    spaced = [text.split() for text in texts if " " in text]
    symbols = [symbol for each in spaced for symbol in each]
    if len(spaced) < _MOST_SPACED * len(texts) or not symbols:
        return False
    kinds = Counter(symbols)
    numbers = sum(uses for kind, uses in kinds.items() if _SEVERAL_DIGITS.search(kind) and not _TONE.fullmatch(kind))
    once = sum(uses == 1 and len(kind) > 1 for kind, uses in kinds.items())
    if numbers > _MOST_NUMBERS * len(symbols) or (len(symbols) >= _MANY and once > _MOST_ONCE * len(symbols)):
        return False
    return sum(map(len, symbols)) <= _LONGEST_SYMBOL * len(symbols) or len(symbols) >= _FEWEST_USES * len(kinds)


def want_spelling(texts: Sequence[str]) -> bool:
    """Whether the symbols of the texts are better known by their letters and marks: marks tell many of them apart, as
    in phonetic writing, and each is seldom met. No where texts are not in NFC, as which spelt symbols come back."""
    if not all(unicodedata.is_normalized("NFC", text) for text in texts):
        return False
    symbols = [unicodedata.normalize("NFD", symbol) for text in texts for symbol in text.split()]
    kinds = set(symbols)
    behind = [character for symbol in symbols for character in symbol[1:]]
    letters = {symbol[0] for symbol in kinds}, {character for symbol in kinds for character in symbol[1:]}
    marks = sum(unicodedata.category(character) in _MARKS for character in behind)
    fewer = sum(map(len, letters)) < len(kinds)
    return fewer and marks >= _MOST_MARKS * len(behind) and len(symbols) < ENOUGH_USES * len(kinds)
