"""The tokens of a side as what a person is told of as one: a symbol, however many tokens it is spelt with, and else
each token."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from skaz.text.sides import together
from skaz.text.streaming import TextStream
from skaz.text.tokenizer import SPECIALS, Tokenizer

_END = SPECIALS.index("<end>")


def unit_starts(tokenizer: Tokenizer, ids: Sequence[int]) -> list[int]:
    """At which of the ids, in reading order, a unit begins."""
    inside = set(tokens_inside(tokenizer))
    return [place for place, token in enumerate(ids) if place == 0 or token not in inside]


def tokens_inside(tokenizer: Tokenizer) -> list[int]:
    """Those that go on with a unit, wherever they stand; none where each token is a unit."""
    if not tokenizer.spells_symbols:
        return []
    return [token for token, spelt in enumerate(tokenizer.token_bytes) if spelt and not spelt.startswith(b" ")]


def unit_texts(tokenizer: Tokenizer, ids: Sequence[int], starts: Sequence[int]) -> tuple[str, ...]:
    """The texts of the units of ids in reading order, which begin at `starts`. Of a character that is spelt in bytes
    the last of them has it, and those before it nothing."""
    stream = TextStream(tokenizer)
    pieces = [stream.finish() + "<end>" if token == _END else stream.push(token) for token in ids]
    if rest := stream.finish():
        pieces[-1] += rest
    bounds = pairwise([*starts, len(ids)])
    return tuple(together(tokenizer, "".join(pieces[first:end])) for first, end in bounds)
