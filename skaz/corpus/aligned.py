"""A prepared corpus of pairs anew, for monotonic attention: its targets say where they step on along the source."""

from __future__ import annotations

from pathlib import Path

from skaz.corpus.shards import Ids, Shards, ShardWriter, encoded_pair
from skaz.files import new_folder
from skaz.text.alignment import Alignment
from skaz.text.tokenizer import SOURCE_TOKENIZER_FILE, TOKENIZER_FILE, Tokenizer

_AT_ONCE = 20_000  # pairs


def learn_alignment(pairs: Shards, *, reverse_sources: bool = False) -> Alignment:
    """Which target tokens come from which source tokens in these pairs, walked from the sources' ends where
    `reverse_sources` says so. Raises as `Alignment.learn` does."""
    return Alignment.learn(_pair(pairs, index, reverse_sources) for index in range(len(pairs)))


def write_aligned(corpus: Path, out: Path, alignment: Alignment, *, reverse_sources: bool = False) -> None:
    """The parts of a prepared corpus into the folder `out`, pairs in their order, each target with a <next> at every
    step along its source, from the source's end where `reverse_sources` says so. Raises ResourceError where the disk is
    full; then there is no such folder."""
    tokenizer, own = Tokenizer.load(corpus / TOKENIZER_FILE), corpus / SOURCE_TOKENIZER_FILE
    source_vocabulary_size = Tokenizer.load(own).vocabulary_size if own.exists() else 0
    with new_folder(out, known_by="train/meta.json") as folder:
        for part in ("train", "valid"):
            with ShardWriter(folder / part, tokenizer, source_vocabulary_size) as writer:
                _write(Shards.open(corpus / part), alignment, writer, reverse_sources)


def _pair(pairs: Shards, index: int, reverse_source: bool) -> tuple[Ids, Ids]:
    """The pair's source in the order in which it is walked along, and its target."""
    source = pairs.source(index)
    return source[::-1] if reverse_source else source, pairs.target(index)


def _write(pairs: Shards, alignment: Alignment, writer: ShardWriter, reverse_sources: bool) -> None:
    for first in range(0, len(pairs), _AT_ONCE):
        numbers = range(first, min(first + _AT_ONCE, len(pairs)))
        walks = alignment.walks([_pair(pairs, number, reverse_sources) for number in numbers])
        for number, walk in zip(numbers, walks, strict=True):
            pair = encoded_pair(pairs.source(number), walk, pairs.characters(number))
            writer.write(pair, b"")  # the texts are known by the fingerprint of the part that was read
