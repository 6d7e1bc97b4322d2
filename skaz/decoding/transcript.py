"""The tokens that a row holds so far, and their text."""

from collections.abc import Sequence

from skaz.decoding.vocabulary import PART_OF_CHARACTER, Vocabulary

_WINDOW = 12
"""Tokens decoded again with each new one: more than its last characters have bytes."""
_INCOMPLETE = 3
"""At most so many U+FFFD at the end stand for a character of which bytes are still to come."""


class Transcript:
    """Tokens and text that grow together; the text is made when somebody asks for it."""

    def __init__(self, vocabulary: Vocabulary, tokens: Sequence[int] = ()) -> None:
        self._vocabulary = vocabulary
        self.tokens = list(tokens)
        self._text = vocabulary.text(self.tokens) if self.tokens else ""
        self._decoded = len(self.tokens)

    def __len__(self) -> int:
        return len(self.tokens)

    @property
    def text(self) -> str:
        """The text of all tokens; U+FFFD at its end where a character is not yet complete."""
        while self._decoded < len(self.tokens):
            self._text = self._extended(self._decoded, [self.tokens[self._decoded]])
            self._decoded += 1
        return self._text

    def append(self, token: int) -> None:
        self.tokens.append(token)

    def peek(self, tokens: Sequence[int]) -> str:
        """The text as it would be with these tokens added."""
        if not self.text and not self.tokens:
            return self._vocabulary.text(tokens)
        return self._extended(len(self.tokens), tokens)

    def rewind(self, length: int) -> None:
        """Takes back all tokens from this position on."""
        del self.tokens[length:]
        if self._decoded > length:
            self._text = self._vocabulary.text(self.tokens) if self.tokens else ""
            self._decoded = length

    def _extended(self, position: int, tokens: Sequence[int]) -> str:
        """The text up to a position, then these tokens; an incomplete character is decoded anew with them."""
        window = self.tokens[max(0, position - _WINDOW) : position]
        before = self._vocabulary.text(window) if window else ""
        after = self._vocabulary.text([*window, *tokens])
        incomplete = min(_INCOMPLETE, len(before) - len(before.rstrip(PART_OF_CHARACTER)))
        return self._text[: len(self._text) - incomplete] + after[len(before) - incomplete :]
