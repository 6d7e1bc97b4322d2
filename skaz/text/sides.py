"""A side of a pair as ids and back: what a person writes has no space before it, what a vocabulary holds may."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence

from skaz.text.tokenizer import Tokenizer

_BREAK = re.compile(r"\r\n|[\t\n\v\f\r\x1c-\x1e\x85\u2028\u2029]")


def apart(text: str) -> str:
    """The text of a side whose symbols are spelt, as its tokens have it: characters that are made of several are taken
    apart (Unicode's NFD)."""
    return unicodedata.normalize("NFD", text)


def together(tokenizer: Tokenizer, text: str) -> str:
    """What tokens of a side spell as a person writes it: what `apart` has taken apart is put together (NFC)."""
    return unicodedata.normalize("NFC", text) if tokenizer.spells_symbols else text


def encode_sides(tokenizer: Tokenizer, texts: Sequence[str], *, reverse: bool = False) -> list[list[int]]:
    """The ids of each text, from its end where `reverse` says so. Where words are tokens together with the space before
    them the first word gets one too: it is the same token wherever it stands. Symbols have one space between them, and
    where they are spelt, characters are taken apart. Of an empty text there are none."""
    if tokenizer.cuts_symbols:
        texts = [" ".join(text.split()) for text in texts]
    if tokenizer.spells_symbols:
        texts = [apart(text) for text in texts]
    space = " " if tokenizer.joins_spaces else ""
    bare = [text.strip() for text in texts]
    encoded = tokenizer.encode_batch([space + text if text else "" for text in bare])
    return [ids[::-1] for ids in encoded] if reverse else encoded


def decode_side(tokenizer: Tokenizer, ids: Iterable[int], *, reverse: bool = False) -> str:
    """The text of the ids, which begin with its end where `reverse` says so. Without spaces around it, in one line and
    one column: what breaks a line, or a line of columns, is a space."""
    text = together(tokenizer, tokenizer.decode(list(ids)[::-1] if reverse else ids))
    return _BREAK.sub(" ", text).strip()
