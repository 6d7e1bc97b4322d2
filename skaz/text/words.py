"""The words and names of texts, of any language and script."""

from __future__ import annotations

import re

import numpy as np

from skaz.text.pieces import Numbering, PieceTable, Rows, starts_of

# Letters of any script, with combining marks and those Indic and Thai signs that Python's \w leaves out; the
# possessive quantifiers keep a word of a megabyte linear. "well-known" is a word, of "Lily's" it is "Lily".
_LETTERS = r"(?:[^\W\d_]++[\u0300-\u036f\u0900-\u0dff\u0e31-\u0e4e]*+)++"
_WORD_PATTERN = rf"{_LETTERS}(?:-{_LETTERS})*+"
_WORD = re.compile(_WORD_PATTERN)
_WORD_INSIDE_SENTENCE = re.compile(rf" (?<=[\w,;] )(?![a-zа-яё])({_WORD_PATTERN})")
_SENTENCE_GOES_ON = re.compile(r"[\w,;]")
_HAS_LETTER = re.compile(r"[^\W_]")
_NOT = re.compile(r"n['’]t\b")  # of "didn't" the word is "did"
_BORDER = "\0"  # between pieces: no letter, and changes none beside it
_WORD_OR_BORDER = re.compile(rf"{_WORD_PATTERN}|{_BORDER}")


def words_of(text: str) -> list[str]:
    """The words of a text in lower case, in order."""
    return _WORD.findall(_NOT.sub(" ", text.lower()))


def number_of_words(text: str) -> int:
    """Words as a person counts them: what stands between blanks with a letter or a digit in it, and no dash. The
    studio's page counts the same way (`studio/src/write/splice.ts`)."""
    return sum(_HAS_LETTER.search(piece) is not None for piece in text.split())


def names_of(text: str) -> set[str]:
    """Words with a capital that are neither first in a sentence nor all in capitals."""
    return {word for word in _WORD_INSIDE_SENTENCE.findall(text) if _is_name(word)}


def same_word(one: str, other: str) -> bool:
    """Whether two words differ only in an ending: at most 2 letters off the shorter, 4 off the longer."""
    if one[:3] != other[:3]:
        return False
    shorter, longer = (one, other) if len(one) <= len(other) else (other, one)
    ending = 1 if len(shorter) < 6 else 2
    stem = len(shorter) - ending
    return stem >= 3 and len(longer) - stem <= ending + 2 and longer[:stem] == shorter[:stem]


class PieceWords:
    """What `words_of` and `names_of` give, for the texts that a table has cut: as numbers in `spelt`.

    Neither a word nor a name goes on over a single space, and what makes a name of a word with a capital is how the
    piece before it ends.
    """

    def __init__(self, table: PieceTable) -> None:
        self._table = table
        self.spelt = Numbering()
        self._border = int(self.spelt.numbers([_BORDER])[0])
        # of each piece:
        self._words = Rows.of([])
        self._name = np.zeros(0, dtype=np.int64)  # that it begins with; -1: none
        self._goes_on = np.zeros(0, dtype=np.bool_)  # the sentence, after it

    def words(self, pieces: Rows) -> Rows:
        """The words of each text."""
        self._learn()
        return self._words.joined(pieces)

    def names(self, pieces: Rows) -> Rows:
        """The names of each text, as often as they are there."""
        self._learn()
        is_name = self._name[pieces.values] >= 0
        is_name[1:] &= self._goes_on[pieces.values[:-1]]
        is_name[:1] = False
        before = starts_of(is_name.astype(np.int64))
        return Rows(self._name[pieces.values[is_name]], before[pieces.starts])

    def _learn(self) -> None:
        new = self._table.since(len(self._words))
        if not new:
            return
        self._words = self._words.followed_by(self._words_of_pieces(new))
        beginnings = [_name_at_beginning(piece) for piece in new]
        found = iter(self.spelt.numbers([name for name in beginnings if name]).tolist())
        names = [next(found) if name else -1 for name in beginnings]
        self._name = np.concatenate([self._name, np.array(names, dtype=np.int64)])
        goes_on = [_SENTENCE_GOES_ON.match(piece[-1]) is not None for piece in new]
        self._goes_on = np.concatenate([self._goes_on, np.array(goes_on, dtype=np.bool_)])

    def _words_of_pieces(self, pieces: list[str]) -> Rows:
        text = "".join([piece.replace(_BORDER, " ") + _BORDER for piece in pieces])
        numbers = self.spelt.numbers(_WORD_OR_BORDER.findall(_NOT.sub(" ", text.lower())))
        borders = np.flatnonzero(numbers == self._border)
        ends = borders - np.arange(len(borders))
        return Rows(numbers[numbers != self._border], np.concatenate([np.zeros(1, dtype=np.int64), ends]))


def _is_name(word: str) -> bool:
    return word[0].isupper() and not (word.isupper() and len(word) > 1)


def _name_at_beginning(piece: str) -> str | None:
    """The word that a piece begins with, if it has the capital of a name."""
    if not piece[:1].isupper():  # most begin otherwise
        return None
    word = _WORD.match(piece)
    return word[0] if word and _is_name(word[0]) else None
