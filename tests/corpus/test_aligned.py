"""Aligned corpora: the same pairs, and steps in their targets."""

from __future__ import annotations

from pathlib import Path

from skaz.corpus.aligned import learn_alignment, write_aligned
from skaz.corpus.pairs import Columns
from skaz.corpus.prepare import PrepareOptions, prepare
from skaz.corpus.shards import Shards
from skaz.corpus.sources import NEXT


def test_pairs_are_the_same_but_for_the_steps(tmp_path: Path) -> None:
    words = [a + b + c for a in "abc" for b in "abcd" for c in "bcd"]
    rows = [f"{word}\t{' '.join(word.upper())}\n" for word in words]
    (tmp_path / "pairs.tsv").write_text("".join(rows), encoding="utf-8")
    options = PrepareOptions(
        tokenizer_kind="symbols", source_tokenizer_kind="characters", pairs=Columns(None, None), validation_fraction=0.2
    )
    corpus = prepare([tmp_path / "pairs.tsv"], tmp_path / "corpus", options).path
    write_aligned(corpus, tmp_path / "aligned", learn_alignment(Shards.open(corpus / "train")))
    for part in ("train", "valid"):
        before, after = Shards.open(corpus / part), Shards.open(tmp_path / "aligned" / part)
        assert len(before) == len(after) > 0
        for index in range(len(before)):
            walk = after.target(index).tolist()
            assert [token for token in walk if token != NEXT] == before.target(index).tolist()
            assert walk[1::2] == [NEXT, NEXT]
            assert after.source(index).tolist() == before.source(index).tolist()
            assert after.characters(index) == before.characters(index)
