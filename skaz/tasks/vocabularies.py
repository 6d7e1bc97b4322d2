"""What decoding has to know of a tokenizer."""

from __future__ import annotations

from skaz.corpus.sources import END, NEXT, START
from skaz.decoding.vocabulary import Vocabulary
from skaz.text.tokenizer import SPECIALS, Tokenizer


def vocabulary_of(tokenizer: Tokenizer, *, steps: bool = False) -> Vocabulary:
    """The tokenizer as decoding sees it. `steps`: <next> may be written, by which monotonic attention moves on."""
    special = frozenset(range(len(SPECIALS))) - ({NEXT} if steps else set())
    pieces = tuple(spelt.decode("utf-8", errors="replace") for spelt in tokenizer.token_bytes)
    return Vocabulary(pieces=pieces, start_id=START, end_id=END, special_ids=special - {END}, decode=tokenizer.decode)
