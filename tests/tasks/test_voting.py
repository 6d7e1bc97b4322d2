"""Votes on whole targets: of bundles that write in different orders, or other tokens."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from skaz.decoding.beam import BeamSettings
from skaz.errors import RequestError
from skaz.tasks.evaluating import evaluate_pairs
from skaz.tasks.translating import load_translator
from skaz.tasks.voting import VotingTranslator

WORDS = st.lists(st.text("abcd", max_size=5), min_size=1, max_size=5)


@pytest.fixture(scope="module")
def each(in_order, written_from_the_end):
    return [load_translator(pairs.bundle, threads=1) for pairs in (in_order, written_from_the_end)]


@pytest.fixture(scope="module")
def together(in_order, written_from_the_end):
    return load_translator(in_order.bundle, written_from_the_end.bundle, threads=1)


@pytest.fixture(scope="module")
def of_other_tokens(in_order, in_characters):
    return [load_translator(pairs.bundle, threads=1) for pairs in (in_order, in_characters)]


def test_those_who_write_from_other_ends_vote_on_whole_targets(together, in_order, tmp_path) -> None:
    assert isinstance(together, VotingTranslator)
    assert together.translate("abdc").text == "A B1 B2 C"
    few = tmp_path / "few.tsv"
    few.write_text("".join(in_order.table.read_text().splitlines(keepends=True)[::7]))
    assert {score.name: score.value for score in evaluate_pairs(together, [few]).scores}["exact match"] > 90
    assert not isinstance(load_translator(in_order.bundle, in_order.bundle), VotingTranslator)


def test_those_who_write_other_tokens_vote_on_whole_targets(in_order, in_characters) -> None:
    both = load_translator(in_order.bundle, in_characters.bundle, threads=1)
    assert isinstance(both, VotingTranslator)
    found = both.translate("abdc")
    assert found.text == "A B1 B2 C"
    assert [piece.strip() for piece, _ in found.tokens] == ["A", "B1", "B2", "C"]
    turned = load_translator(in_characters.bundle, in_order.bundle, threads=1).translate("abdc")
    assert turned.text == found.text
    assert [piece for piece, _ in turned.tokens] == list("A B1 B2 C")
    assert turned.log_probability == pytest.approx(found.log_probability, abs=1e-4)


@pytest.mark.parametrize("fixture", ["each", "of_other_tokens"])
@given(words=WORDS, beams=st.integers(1, 4), penalty=st.sampled_from([0.0, 1.0]))
@settings(deadline=None, max_examples=12)
def test_the_best_has_the_best_mean_of_all_that_any_has_found(request, fixture, words, beams, penalty) -> None:
    """The mean of log-probabilities, over the length that the first of them gives it: who writes it in more tokens
    counts for no less."""
    each = request.getfixturevalue(fixture)
    search = BeamSettings(beams, length_penalty=penalty)
    found = [one.search(words, search) for one in each]
    together = VotingTranslator(each, [1, 1])
    for number, (word, told) in enumerate(zip(words, together.search(words, search), strict=True)):
        if not word:
            assert [one.text for one in told] == [""]
            continue
        candidates = list(dict.fromkeys(" ".join(one.text.split()) for lists in found for one in lists[number]))
        judged = [judge.judge([(word, target) for target in candidates], search) for judge in each]
        nats = np.mean([[one.log_probability for one in ones] for ones in judged], axis=0)
        scores = [search.score(mean, len(one.ids) + 1) for mean, one in zip(nats, judged[0], strict=True)]
        assert told[0].score == pytest.approx(max(scores), abs=1e-4)
        assert [one.score for one in told] == sorted((one.score for one in told), reverse=True)
        assert len({one.text for one in told}) == len(told) == min(len(candidates), beams)


@given(WORDS)
@settings(deadline=None, max_examples=12)
def test_what_is_found_is_judged_as_it_was_found(each, words: list[str]) -> None:
    """By the likeliest walk, which the search may better by another."""
    real = [word for word in words if word]
    for translator in each:
        for word, found in zip(real, translator.search(real), strict=True):
            (judged,) = translator.judge([(word, found[0].text)])
            assert judged.text == found[0].text
            if judged.ids == found[0].ids:
                assert judged.log_probability == pytest.approx(found[0].log_probability, abs=1e-4)
                assert judged.score == pytest.approx(found[0].score, abs=1e-4)


def test_a_vote_of_bundles_counts_as_many(in_order, written_from_the_end, each) -> None:
    two, one = in_order.bundle, written_from_the_end.bundle
    told = load_translator(two, two, one, threads=1).search(["abdc"])[0][0]
    (first,), (other,) = (judge.judge([("abdc", told.text)]) for judge in each)
    assert told.log_probability == pytest.approx((2 * first.log_probability + other.log_probability) / 3, abs=1e-4)


def test_any_iterable_of_texts_and_of_terms_is_taken(together) -> None:
    words = ["abdc", "caab"]
    assert [ones[0].text for ones in together.search(dict.fromkeys(words).keys())] == ["A B1 B2 C", "C A A B1 B2"]
    assert together.search(word for word in words) == together.search(words)


def test_what_was_cut_stands_where_nothing_was_ended(together, each) -> None:
    settings = BeamSettings(2, max_tokens=2)
    assert together.search(["abdc"], settings) == each[0].search(["abdc"], settings)
    assert not any(one.ended for one in together.search(["abdc"], settings)[0])


def test_what_another_has_begun_is_in_the_tokens_of_the_first(written_from_the_end, in_characters) -> None:
    """The first, which writes from the end, can't search with a forced beginning."""
    both = load_translator(written_from_the_end.bundle, in_characters.bundle, threads=1)
    found = both.search(["abdcab", ""], BeamSettings(2, max_tokens=2), prefix="A B")
    assert found[0]
    for one in found[0]:
        assert not one.ended
        attended = both.attend("abdcab", one)
        assert [piece.strip() for piece, _ in one.tokens] == [piece.strip() for piece in attended.target[:-1]]
    assert [one.text for one in found[1]] == [""]


def test_sources_are_read_in_batches_when_they_are_judged(each) -> None:
    pairs = [("ab", "A B1 B2"), ("abdcabdc", "A"), ("", ""), ("ca", "C A"), ("ab", "A")]
    for judge in each:
        told = judge.judge(pairs)
        for other in (judge.judge(pairs, batch_tokens=3), [judge.judge([pair])[0] for pair in pairs]):
            assert [one.text for one in other] == [one.text for one in told]
            np.testing.assert_allclose([one.score for one in other], [one.score for one in told], atol=1e-4)


def test_a_forced_beginning_is_kept_by_those_who_can(together) -> None:
    found = together.search(["abdc", "caab"], prefix="A B1")
    assert all(one.text.startswith("A B1") for ones in found for one in ones)


@pytest.mark.parametrize(
    ("asked", "told"),
    [({"prefix": 3}, "prefix"), ({"texts": "abc"}, "put it into a list"), ({"settings": 3}, "settings")],
)
def test_what_is_of_another_kind_is_named_in_a_sentence(together, asked, told: str) -> None:
    with pytest.raises(RequestError, match=told):
        together.search(**{"texts": ["abc"], **asked})


def test_attention_is_the_first_ones(together, each) -> None:
    np.testing.assert_allclose(together.attend("abdc").weights_TS, each[0].attend("abdc").weights_TS, atol=1e-5)
