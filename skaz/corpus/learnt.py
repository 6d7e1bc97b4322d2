"""A prepared corpus of pairs anew, its targets as a network writes them: from their ends, or along their sources."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from skaz.corpus.shards import Ids, Shards, ShardWriter, encoded_pair
from skaz.files import new_folder
from skaz.recipe import TextRecipe
from skaz.text.alignment import Alignment
from skaz.text.tokenizer import SOURCE_TOKENIZER_FILE, TOKENIZER_FILE, Tokenizer

_AT_ONCE = 20_000  # pairs


def learn_alignment(pairs: Shards, text: TextRecipe) -> Alignment:
    """Which target tokens come from which source tokens in these pairs. Raises as `Alignment.learn` does."""
    return Alignment.learn(_pair(pairs, index, text) for index in range(len(pairs)))


def write_learnt(corpus: Path, out: Path, text: TextRecipe, alignment: Alignment | None) -> None:
    """The parts of a prepared corpus into the folder `out`, pairs in their order, each target as the network writes it:
    from its end where the recipe says so, and with an alignment with a <next> at every step along the source. Raises
    ResourceError where the disk is full; then there is no such folder."""
    tokenizer, own = Tokenizer.load(corpus / TOKENIZER_FILE), corpus / SOURCE_TOKENIZER_FILE
    source_vocabulary_size = Tokenizer.load(own).vocabulary_size if own.exists() else 0
    with new_folder(out, known_by="train/meta.json") as folder:
        for part in ("train", "valid"):
            with ShardWriter(folder / part, tokenizer, source_vocabulary_size) as writer:
                _write(Shards.open(corpus / part), text, alignment, writer)


def _pair(pairs: Shards, index: int, text: TextRecipe) -> tuple[Ids, Ids]:
    """The pair's source in the order in which it is read, and its target in that in which it is written."""
    source, target = pairs.source(index), pairs.target(index)
    return source[::-1] if text.reverse_sources else source, target[::-1] if text.reverse_targets else target


def _write(pairs: Shards, text: TextRecipe, alignment: Alignment | None, writer: ShardWriter) -> None:
    for first in range(0, len(pairs), _AT_ONCE):
        numbers = range(first, min(first + _AT_ONCE, len(pairs)))
        turned = [_pair(pairs, number, text) for number in numbers]
        targets: Sequence[Ids | Sequence[int]] = [target for _, target in turned]
        if alignment is not None:
            targets = alignment.walks(turned)
        for number, target in zip(numbers, targets, strict=True):
            pair = encoded_pair(pairs.source(number), target, pairs.characters(number))
            writer.write(pair, b"")  # the texts are known by the fingerprint of the part that was read
