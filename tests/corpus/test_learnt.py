"""Corpora as networks write them: the same pairs, their targets turned, or with steps in them."""

from __future__ import annotations

from pathlib import Path

import pytest

from skaz.corpus.learnt import learn_alignment, write_learnt
from skaz.corpus.pairs import Columns
from skaz.corpus.prepare import PrepareOptions, prepare
from skaz.corpus.shards import Shards
from skaz.corpus.sources import NEXT
from skaz.recipe import TextRecipe


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    words = [a + b + c for a in "abc" for b in "abcd" for c in "bcd"]
    rows = [f"{word}\t{' '.join(word.upper())}\n" for word in words]
    (tmp_path / "pairs.tsv").write_text("".join(rows), encoding="utf-8")
    options = PrepareOptions(
        tokenizer_kind="symbols", source_tokenizer_kind="characters", pairs=Columns(None, None), validation_fraction=0.2
    )
    return prepare([tmp_path / "pairs.tsv"], tmp_path / "corpus", options).path


@pytest.mark.parametrize("reverse_sources", [False, True])
@pytest.mark.parametrize("reverse_targets", [False, True])
@pytest.mark.parametrize("walked", [False, True])
def test_pairs_are_the_same_but_for_the_order_and_the_steps(
    corpus: Path, tmp_path: Path, reverse_sources: bool, reverse_targets: bool, walked: bool
) -> None:
    text = TextRecipe(reverse_sources=reverse_sources, reverse_targets=reverse_targets)
    alignment = learn_alignment(Shards.open(corpus / "train"), text) if walked else None
    write_learnt(corpus, tmp_path / "learnt", text, alignment)
    for part in ("train", "valid"):
        before, after = Shards.open(corpus / part), Shards.open(tmp_path / "learnt" / part)
        assert len(before) == len(after) > 0
        for index in range(len(before)):
            written, target = after.target(index).tolist(), before.target(index).tolist()
            assert [token for token in written if token != NEXT] == (target[::-1] if reverse_targets else target)
            assert written.count(NEXT) == 2 * walked
            if walked and reverse_sources == reverse_targets:
                assert written[1::2] == [NEXT, NEXT]
            assert after.source(index).tolist() == before.source(index).tolist()
            assert after.characters(index) == before.characters(index)
