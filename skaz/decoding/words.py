"""Where words begin and end, in any script, and how many there are.

In most scripts a word stands between characters that are no part of one. Han, kana, Thai, Lao, Khmer and Burmese have
no spaces between words: there a word may stand amid others, and each letter counts as one.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from functools import cache

from skaz.text.sentences import SPACED_ENDS, UNSPACED_ENDS

SENTENCE_ENDS = SPACED_ENDS + UNSPACED_ENDS
CLOSING_MARKS = "\"'”’»)\\]」』）】》〉］"
"""What may stand behind a sentence's end and belongs to it; for a class of characters in a pattern."""

# web/text.js has the same
_UNSPACED = (
    "\u0e01-\u0e3a\u0e40-\u0e4e"  # Thai
    "\u0e81-\u0ecf\u0edc-\u0edf"  # Lao
    "\u1780-\u17d3\u17d7\u17dc\u17dd"  # Khmer
    "\u1000-\u103f\u1050-\u108f\u109a-\u109d\ua9e0-\ua9ef\ua9fa-\ua9fe\uaa60-\uaa7f"  # Burmese
    "\u3041-\u309f\u30a1-\u30fa\u30fc-\u30ff\u31f0-\u31ff\uff66-\uff9f"  # kana
    "\u3005-\u3007\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003fffd"  # Han
)
_IS_UNSPACED = re.compile(f"[{_UNSPACED}]")
# a letter of an unspaced script; what stands between white space; a word beside such a letter
_WORD = re.compile(rf"(?=\w)[{_UNSPACED}]|(?<!\S)[^\s{_UNSPACED}]++(?!\S)|[^\W{_UNSPACED}][^\s{_UNSPACED}]*+")
_BORDER = re.compile(rf"[\s{_UNSPACED}]")
_ANYTHING = r"(?=[\s\S])"


def count_words(text: str) -> int:
    """Words between white space; of scripts without spaces each letter counts as a word, as word processors count."""
    return len(_WORD.findall(text))


class WordCount:
    """The words of a text that grows, of which only the last is counted anew. Bytes of a character at its end may turn
    into that character; for a text that was cut make another one."""

    def __init__(self) -> None:
        self._settled = 0  # characters up to the last border between words
        self._words = 0  # in them

    def of(self, text: str) -> int:
        """The words of the text, which begins as the one before did."""
        border = max((found.end() for found in _BORDER.finditer(text, self._settled)), default=self._settled)
        self._words += len(_WORD.findall(text, self._settled, border))
        self._settled = border
        return self._words + len(_WORD.findall(text, border))


def is_unspaced(character: str) -> bool:
    """Whether it is a letter, or part of one, of a script without spaces between words."""
    return _IS_UNSPACED.match(character) is not None


@cache
def marks() -> str:
    """Combining marks, for a class of characters in a pattern: they belong to the letter before them, and Python's \\w
    leaves them out."""
    codes = (code for part in (range(0x300, 0x1F000), range(0xE0100, 0xE01F0)) for code in part)
    found = (code for code in codes if unicodedata.category(chr(code))[0] == "M")
    return "".join(f"{chr(first)}-{chr(last)}" for first, last in _ranges(found))


@cache
def spaced() -> str:
    """A pattern for a character, letter or mark, that makes a word beside it longer."""
    return rf"(?-i:(?![{_UNSPACED}])[\w{marks()}])"


@cache
def is_in_word(character: str) -> bool:
    """Whether it is part of a word: a letter, a mark, a digit or an underscore."""
    return re.match(rf"[\w{marks()}]", character) is not None


def before_word(first: str) -> str:
    """A pattern for what stands before a word that begins with this character."""
    return rf"(?<!{spaced()})" if is_in_word(first) and not is_unspaced(first) else ""


def after_word(last: str, *, at_end: bool) -> str:
    """A pattern for what makes a word that ends with this character whole; `at_end`: so may the text's end."""
    if not is_in_word(last):
        return ""
    longer = f"(?-i:[{marks()}])" if is_unspaced(last) else spaced()
    return f"(?!{longer})" + ("" if at_end else _ANYTHING)


def decomposed(text: str) -> str:
    """Letters and their accents apart (NFD): however an accent was written it is the same, and a text that grows by
    one goes on as it began."""
    return unicodedata.normalize("NFD", text)


def _ranges(numbers: Iterable[int]) -> Iterator[tuple[int, int]]:
    """Ascending numbers as ranges, the last ones included."""
    first = last = -2
    for number in numbers:
        if number != last + 1:
            if first >= 0:
                yield first, last
            first = number
        last = number
    if first >= 0:
        yield first, last
