"""What decoding has to know of a tokenizer."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from jaxtyping import Bool, Int

PART_OF_CHARACTER = "\ufffd"
"""What a token of some, but not all, bytes of a character decodes to."""

_OPENS_WORD = re.compile(rf"\w|{PART_OF_CHARACTER}|\Z")
_SEPARATOR = re.compile(r"\W+\Z")
_SENTENCE_END = re.compile(r"[.!?…][\"'”’»)\]]*\s*\Z")


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
    sentence_ends: Bool[np.ndarray, " V"] | None = None
    """Which tokens complete a sentence; None: those that end in a full stop or the like."""

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
        opens_word_V = np.array([_OPENS_WORD.match(piece) is not None for piece in self.pieces])
        opens_word_V[self.end_id] = False
        return opens_word_V

    @cached_property
    def separators(self) -> tuple[int, ...]:
        """The tokens that hold no letter or digit: a space, a comma, a new line."""
        return tuple(
            token
            for token, piece in enumerate(self.pieces)
            if _SEPARATOR.match(piece)
            and PART_OF_CHARACTER not in piece
            and token != self.end_id
            and not self.never_V[token]
        )

    @cached_property
    def completes_sentence_V(self) -> Bool[np.ndarray, " V"]:
        """Which tokens complete a sentence."""
        if self.sentence_ends is not None:
            return self.sentence_ends
        return np.array([_SENTENCE_END.search(piece) is not None for piece in self.pieces])
