"""What decoding has to know of a tokenizer."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from jaxtyping import Bool, Int

from skaz.decoding.words import CLOSING_MARKS, SENTENCE_ENDS, is_in_word, is_unspaced, marks, spaced

PART_OF_CHARACTER = "\ufffd"
"""What a token of some, but not all, bytes of a character decodes to."""

_SENTENCE_END = re.compile(rf"[{SENTENCE_ENDS}][{CLOSING_MARKS}]*\s*\Z")


@dataclass(frozen=True, eq=False)
class Vocabulary:
    """The text of each token, and which tokens are not text."""

    pieces: tuple[str, ...]
    """The text that each token adds in the middle of a story; U+FFFD for a part of a character."""
    start_id: int
    """Fed before the first token."""
    end_id: int
    """Ends a story; the one special token that may be sampled."""
    special_ids: frozenset[int] = frozenset()
    """Never written: padding, start, unknown and the like. `start_id` is always among them."""
    decode: Callable[[Sequence[int]], str] | None = None
    """Token ids to text, where that is more than the pieces joined (bytes that make one character)."""

    @property
    def size(self) -> int:
        return len(self.pieces)

    def text(self, tokens: Sequence[int]) -> str:
        """The text of these tokens."""
        if self.decode is not None:
            return self.decode(tokens)
        return "".join(self.pieces[token] for token in tokens)

    @cached_property
    def never_V(self) -> Bool[np.ndarray, " V"]:
        """Which tokens are never written."""
        never_V = np.zeros(self.size, bool)
        never_V[list(self.special_ids | {self.start_id})] = True
        never_V[self.end_id] = False
        return never_V

    @cached_property
    def never(self) -> Int[np.ndarray, " never"]:
        """The tokens that are never written."""
        return np.flatnonzero(self.never_V)

    @cached_property
    def opens_word_V(self) -> Bool[np.ndarray, " V"]:
        """Which tokens would make a word before them part of a longer one (or might: bytes, nothing)."""
        return self._beginning_with(rf"{spaced()}|{PART_OF_CHARACTER}|\Z")

    @cached_property
    def leaves_word_open_V(self) -> Bool[np.ndarray, " V"]:
        """Which tokens end in a word that might go on, or in a part of a character."""
        end = re.compile(rf"(?:{spaced()}|{PART_OF_CHARACTER}|\A)\Z")
        return np.array([end.search(piece) is not None for piece in self.pieces])

    @cached_property
    def _opens_with_mark_V(self) -> Bool[np.ndarray, " V"]:
        return self._beginning_with(rf"[{marks()}]|\Z")

    def lengthens_V(self, text: str) -> Bool[np.ndarray, " V"]:
        """Which tokens would make the word that the text ends in part of a longer one. Of scripts without spaces
        none does, but a mark would make another letter of the last."""
        if text and is_unspaced(text[-1]):
            return self._opens_with_mark_V
        return self.opens_word_V if not text or is_in_word(text[-1]) else np.zeros(self.size, bool)

    def _beginning_with(self, pattern: str) -> Bool[np.ndarray, " V"]:
        beginning = re.compile(pattern)
        begins_V = np.array([beginning.match(piece) is not None for piece in self.pieces])
        begins_V[self.end_id] = False
        return begins_V

    @cached_property
    def separators(self) -> tuple[int, ...]:
        """The tokens that hold no letter or digit: a space, a comma, a new line."""
        separator = re.compile(rf"[^\w{marks()}]+\Z")
        return tuple(
            token
            for token, piece in enumerate(self.pieces)
            if separator.match(piece)
            and PART_OF_CHARACTER not in piece
            and token != self.end_id
            and not self.never_V[token]
        )

    @cached_property
    def completes_sentence_V(self) -> Bool[np.ndarray, " V"]:
        """Which tokens complete a sentence: those that end in a full stop or the like."""
        return np.array([_SENTENCE_END.search(piece) is not None for piece in self.pieces])
