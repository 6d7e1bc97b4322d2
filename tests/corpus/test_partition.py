"""Validation is set apart by story, the same way every time, and duplicates stay together."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from skaz.corpus.partition import Partition, TextSample, end_border, find_partition, story_key
from skaz.corpus.records import Story
from skaz.errors import CorpusError


def parts(texts: list[str], fraction: float = 0.05, seed: int = 0) -> dict[str, list[str]]:
    keys = [story_key(seed, text.encode()) for text in texts]
    partition = find_partition(keys, [len(text) for text in texts], fraction)
    divided: dict[str, list[str]] = {"train": [], "valid": []}
    for text, key in zip(texts, keys, strict=True):
        for part, story in partition.part(Story(text), key):
            divided[part].append(story.text)
    return divided


@given(st.lists(st.sampled_from([f"story {n}" for n in range(40)]), min_size=2, max_size=200), st.integers(0, 5))
def test_both_parts_have_stories_and_share_none(texts: list[str], seed: int) -> None:
    if len(set(texts)) == 1:
        return
    divided = parts(texts, seed=seed)
    assert divided["train"]
    assert divided["valid"]
    assert not set(divided["train"]) & set(divided["valid"])
    assert len(divided["train"]) + len(divided["valid"]) == len(texts)


def test_the_fraction_and_its_limit() -> None:
    texts = [f"story {number}" for number in range(50_000)]
    assert len(parts(texts[:1_000])["valid"]) == 50
    assert len(parts(texts)["valid"]) == 2_000


def test_a_story_s_part_depends_on_the_seed_not_on_the_order() -> None:
    texts = [f"story {number}" for number in range(400)]
    assert set(parts(texts)["valid"]) == set(parts(texts[::-1])["valid"])
    assert set(parts(texts)["valid"]) != set(parts(texts, seed=1)["valid"])


@given(st.integers(0, 20), st.integers(1, 60), st.integers(60, 500))
def test_a_story_that_comes_again_and_again_does_not_take_the_held_out_part(seed: int, others: int, same: int) -> None:
    texts = [*(f"story {number}" for number in range(others)), *["the same"] * same]
    divided = parts(texts, seed=seed)
    assert 1 <= len(divided["valid"]) <= 2 * max(round(0.05 * len(texts)), 1)
    assert "the same" in divided["train"]


def test_pairs_of_one_source_can_not_be_parted() -> None:
    with pytest.raises(CorpusError, match="only one source"):
        find_partition([7, 7, 7], [30_000] * 3, 0.05, of_pairs=True)
    assert find_partition([7, 8], [45_000] * 2, 0.05, of_pairs=True).validation_from == "story"


@given(st.integers(0, 2**32), st.integers(20, 60))
def test_one_long_text_among_notes_is_learnt_from(seed: int, notes: int) -> None:
    novel = "word " * 20_000
    divided = parts([f"note {number} of the day" for number in range(notes)] + [novel], seed=seed)
    assert novel in divided["train"]
    assert divided["valid"]


def test_one_text_loses_its_end_at_a_line() -> None:
    text = "".join(f"line {number} of a play\n" for number in range(500))
    divided = parts([text], fraction=0.1)
    assert divided["train"][0] + divided["valid"][0] == text
    assert divided["train"][0].endswith("\n")
    assert 0.08 < len(divided["valid"][0]) / len(text) < 0.12


def test_a_few_novels_lose_their_ends_rather_than_one_of_them_whole() -> None:
    divided = parts(["a " * 10_000, "b " * 10_000, "c " * 10_000])
    assert len(divided["train"]) == len(divided["valid"]) == 3


@given(st.text(alphabet="a \n", min_size=200, max_size=400), st.floats(0.01, 0.5))
def test_a_border_is_inside_the_text_and_near(text: str, fraction: float) -> None:
    border = end_border(text, fraction)
    assert 0 < border < len(text)
    assert abs((len(text) - border) / len(text) - fraction) < fraction / 4 + 0.02


def test_one_short_story_is_not_enough() -> None:
    with pytest.raises(CorpusError, match=r"only one story, of 5 characters: give at least two stories.*200"):
        parts(["short"])
    with pytest.raises(CorpusError, match=r"only one story"):
        parts(["short", "short"])


def test_a_sample_is_bounded_even_and_without_validation() -> None:
    texts = [f"{number:04}" for number in range(1_000)]
    keys = [story_key(0, text.encode()) for text in texts]
    sample = TextSample(800)
    for key, text in zip(keys, texts, strict=True):
        sample.add(key, text)
    partition = find_partition(keys, [4] * 1_000, 0.05)
    chosen = sample.texts(partition)
    assert len(chosen) == 200
    assert chosen == sorted(chosen)
    assert 300 < sum(map(int, chosen)) / 200 < 700
    valid = {text for text, key in zip(texts, keys, strict=True) if key <= partition.last_key}
    assert not valid & set(chosen)


def test_a_huge_text_is_thinned_evenly() -> None:
    sample = TextSample(100_000)
    sample.add(1, "a" * 500_000 + "b" * 500_000)
    (text,) = sample.texts(Partition("story", 0.05))
    assert len(text) == 100_000
    assert text.count("a") == text.count("b")
