"""BLEU, chrF and TER: sacrebleu's own values, with intervals."""

from __future__ import annotations

import sys

import pytest
import sacrebleu
from hypothesis import given, settings
from hypothesis import strategies as st

from skaz.errors import DependencyError, RequestError
from skaz.evaluation.scores import Score, worst
from skaz.evaluation.translation import reference_streams, translation_badness, translation_scores

OUTPUTS = [
    "The cat sat on the mat today.",
    "A dog runs home, quickly.",
    "",
    "Мила нашла фонарь у реки .",
    "He said: It's raining again in the old town.",
]
REFERENCES = [
    ["The cat sat on the mat today.", "Today the cat was on the mat."],
    ["A small dog ran home quickly."],
    ["Nobody knew.", "No one knew it.", "It was known to nobody."],
    ["Мила нашла свой фонарь у самой реки ."],
    ["He said it rained again in the old town.", "He said: It is raining again in our old town."],
]
FIRST = [right[0] for right in REFERENCES]


def by_name(scores: list[Score]) -> dict[str, Score]:
    return {score.name: score for score in scores}


def test_values_are_sacrebleus() -> None:
    scores = by_name(translation_scores(OUTPUTS, [[right] for right in FIRST]))
    assert scores["BLEU"].value == sacrebleu.corpus_bleu(OUTPUTS, [FIRST]).score
    assert scores["chrF2"].value == sacrebleu.corpus_chrf(OUTPUTS, [FIRST]).score
    assert scores["TER"].value == sacrebleu.corpus_ter(OUTPUTS, [FIRST]).score
    assert [score.name for score in scores.values()] == ["BLEU", "chrF2", "TER"]
    assert [score.higher_is_better for score in scores.values()] == [True, True, False]


def test_several_references_and_fewer_of_some() -> None:
    streams = reference_streams(REFERENCES)
    assert streams == [
        FIRST,
        [*(right[1] if len(right) > 1 else None for right in REFERENCES)],
        [None, None, REFERENCES[2][2], None, None],
    ]
    scores = by_name(translation_scores(OUTPUTS, REFERENCES))
    assert scores["BLEU"].value == sacrebleu.BLEU().corpus_score(OUTPUTS, streams).score
    assert scores["chrF2"].value == sacrebleu.CHRF().corpus_score(OUTPUTS, streams).score
    assert scores["TER"].value == sacrebleu.TER().corpus_score(OUTPUTS, streams).score
    assert all("nrefs:var|" in str(score.signature) for score in scores.values())
    # An empty string is a reference like another, and None is none.
    alone = by_name(translation_scores(OUTPUTS[1:2], REFERENCES[1:2]))
    empty_too = by_name(translation_scores(OUTPUTS[1:2], [[*REFERENCES[1], ""]]))
    assert alone["TER"].value < empty_too["TER"].value


def test_signatures_tell_the_settings() -> None:
    version = sacrebleu.__version__
    one = [[right] for right in FIRST]
    plain = by_name(translation_scores(OUTPUTS, one))
    assert plain["BLEU"].signature == f"nrefs:1|case:mixed|eff:no|tok:13a|smooth:exp|version:{version}"
    assert plain["chrF2"].signature == f"nrefs:1|case:mixed|eff:yes|nc:6|nw:0|space:no|version:{version}"
    assert plain["TER"].signature == f"nrefs:1|case:lc|tok:tercom|norm:no|punct:yes|asian:no|version:{version}"
    other = by_name(translation_scores(OUTPUTS, one, tokenised=True, lowercase=True))
    assert other["BLEU"].signature == f"nrefs:1|case:lc|eff:no|tok:none|smooth:exp|version:{version}"
    assert "case:lc" in str(other["chrF2"].signature)


def test_tokenised_text_is_cut_at_spaces_alone(caplog: pytest.LogCaptureFixture) -> None:
    outputs, right = ["a dog , quickly runs home ."] * 120, ["a dog, quickly runs home ."] * 120
    tokenised = translation_scores(outputs, [[each] for each in right], tokenised=True)[0]
    assert tokenised.value == sacrebleu.corpus_bleu(outputs, [right], tokenize="none", force=True).score
    assert not caplog.records
    assert translation_scores(outputs, [[each] for each in right])[0].value == pytest.approx(100)
    assert "tokenized period" in caplog.text


def test_lowercase_makes_bleu_and_chrf_blind_to_case() -> None:
    shouted = [output.upper() for output in FIRST]
    one = [[right] for right in FIRST]
    assert translation_scores(shouted, one)[0].value < 50
    assert [score.value for score in translation_scores(shouted, one, lowercase=True)] == pytest.approx([100, 100, 0])


def test_identical_texts_are_perfect_and_certain() -> None:
    for score, perfect in zip(
        translation_scores(FIRST[3:], [[right] for right in FIRST[3:]]), (100, 100, 0), strict=True
    ):
        assert (score.value, score.low, score.high) == pytest.approx((perfect, perfect, perfect))
        assert score.low <= score.value <= score.high


def test_empty_outputs_are_worthless_and_certain() -> None:
    for score, value in zip(translation_scores(["", ""], [["a b"], ["c d e"]]), (0, 0, 100), strict=True):
        assert (score.value, score.low, score.high) == (value, value, value)


def test_the_interval_is_as_wide_as_sacrebleus_own() -> None:
    """sacrebleu gives half the width, by the same method with other random numbers."""
    outputs, right = OUTPUTS * 20, FIRST * 20
    for score, metric in zip(
        translation_scores(outputs, [[each] for each in right]),
        (sacrebleu.BLEU(), sacrebleu.CHRF(), sacrebleu.TER()),
        strict=True,
    ):
        half = metric.corpus_score(outputs, [right], n_bootstrap=1000)._ci
        assert (score.high - score.low) / 2 == pytest.approx(half, rel=0.1)
        assert score.low < score.value < score.high


@settings(deadline=None, max_examples=15)
@given(st.permutations(range(len(OUTPUTS))))
def test_the_order_of_the_segments_does_not_matter(order: list[int]) -> None:
    shuffled = translation_scores([OUTPUTS[place] for place in order], [REFERENCES[place] for place in order])
    for score, same in zip(shuffled, translation_scores(OUTPUTS, REFERENCES), strict=True):
        assert score.value == pytest.approx(same.value, rel=1e-12)
        assert score.low <= score.high


def test_the_worst_translations() -> None:
    judged = worst(["s"] * 5, OUTPUTS, REFERENCES, translation_badness, number=2)
    assert judged[0].output == ""
    assert judged[0].score == 100.0
    assert judged[1].score == 100 - sacrebleu.sentence_chrf(judged[1].output, list(judged[1].references)).score
    assert translation_badness(OUTPUTS[0], REFERENCES[0]) == pytest.approx(0)


def test_bad_input_and_a_missing_library(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(RequestError, match="outputs: 1, lists of references: 2"):
        translation_scores(["a"], [["a"], ["b"]])
    monkeypatch.setitem(sys.modules, "sacrebleu", None)
    with pytest.raises(DependencyError, match=r'needs sacrebleu: pip install "skaz\[train\]"'):
        translation_scores(["a"], [["a"]])
