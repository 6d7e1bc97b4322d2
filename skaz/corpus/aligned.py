"""A prepared part of pairs anew, for monotonic attention: its targets say where they step on along the source."""

from __future__ import annotations

from pathlib import Path

from skaz.corpus.shards import EncodedStory, Shards, ShardWriter
from skaz.text.alignment import LEARNT_FROM, Alignment
from skaz.text.tokenizer import Tokenizer

_AT_ONCE = 20_000  # pairs


def learn_alignment(pairs: Shards) -> Alignment:
    """Which target tokens come from which source tokens in these pairs. RecipeError where there are too many kinds."""
    known = min(len(pairs), LEARNT_FROM)
    return Alignment.learn([(pairs.source(index), pairs.target(index)) for index in range(known)])


def write_aligned(
    pairs: Shards, alignment: Alignment, path: Path, tokenizer: Tokenizer, source_vocabulary_size: int = 0
) -> None:
    """The pairs into the folder `path`, in their order, each target with a <next> at every step. Raises ResourceError
    where the disk is full."""
    with ShardWriter(path, tokenizer, source_vocabulary_size) as writer:
        for first in range(0, len(pairs), _AT_ONCE):
            numbers = range(first, min(first + _AT_ONCE, len(pairs)))
            walks = alignment.walks([(pairs.source(number), pairs.target(number)) for number in numbers])
            for number, walk in zip(numbers, walks, strict=True):
                pair = EncodedStory(
                    target=walk,
                    plan=(),
                    title=(),
                    source=pairs.source(number),
                    opening_length=0,
                    characters=pairs.characters(number),
                )
                writer.write(pair, b"")  # the texts are known by the fingerprint of the part that was read
