"""A side of a pair as ids and back: what a person writes has no space before it, what a vocabulary holds may."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from skaz.text.tokenizer import Tokenizer


def encode_sides(tokenizer: Tokenizer, texts: Sequence[str]) -> list[list[int]]:
    """The ids of each text. Where words are tokens together with the space before them the first word gets one too:
    it is the same token wherever it stands. Symbols have one space between them."""
    if tokenizer.cuts_symbols:
        texts = [" ".join(text.split()) for text in texts]
    space = " " if tokenizer.joins_spaces else ""
    return tokenizer.encode_batch([space + text.strip() for text in texts])


def decode_side(tokenizer: Tokenizer, ids: Iterable[int]) -> str:
    """The text of the ids without spaces around it, in one line."""
    return " ".join(tokenizer.decode(ids).split("\n")).strip()
