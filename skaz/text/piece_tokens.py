"""The tokens of many texts at once, by their pieces."""

from __future__ import annotations

import re
from itertools import chain

import numpy as np

from skaz.text.pieces import FIRST, Numbering, PieceTable, Rows, starts_of
from skaz.text.tokenizer import Tokenizer

# A word and the signs after it, most often: pretokens of their own, and far fewer than the pairs that they make.
_WORD_THEN_SIGNS = re.compile(r"( ?[A-Za-zА-Яа-яЁё]{1,60})([!(),.:;?…\"»”\n-].*)", re.DOTALL)


class PieceTokens:
    """What `Tokenizer.encode_batch` gives, for the texts that a table has cut."""

    def __init__(self, tokenizer: Tokenizer, table: PieceTable) -> None:
        self._tokenizer, self._table = tokenizer, table
        self._tokens = Rows.of([])  # of each piece
        self._parts = Numbering()  # of pieces
        self._part_tokens = Rows.of([])

    def tokens(self, pieces: Rows) -> Rows:
        """The ids of each text."""
        if new := self._table.since(len(self._tokens)):
            self._tokens = self._tokens.followed_by(self._tokens_of_pieces(new))
        return self._tokens.joined(pieces)

    def _tokens_of_pieces(self, pieces: list[str]) -> Rows:
        parts = [self._parts_of(piece) for piece in pieces]
        numbers = self._parts.numbers(list(chain.from_iterable(parts)))
        new = self._tokenizer.encode_batch(self._parts.since(len(self._part_tokens)))
        self._part_tokens = self._part_tokens.followed_by(Rows.of(new))
        return self._part_tokens.joined(Rows(numbers, starts_of(np.fromiter(map(len, parts), np.int64, len(parts)))))

    def _parts_of(self, piece: str) -> tuple[str, ...]:
        spelt = piece.removeprefix(FIRST) if piece.startswith(FIRST) else " " + piece
        found = None if self._tokenizer.cuts_symbols else _WORD_THEN_SIGNS.fullmatch(spelt)
        return found.groups() if found else (spelt,)
