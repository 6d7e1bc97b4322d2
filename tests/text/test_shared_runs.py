"""Shared runs: found, as long as they are, never across two texts."""

from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from skaz.text.shared_runs import index_texts, load_index, save_index, shared_runs

TEXTS = ["Once upon a time there was a fox by the river.", "The lantern hung over the old wooden door all night."]


def test_the_longest_runs_are_found() -> None:
    text = "He knew: once upon a TIME, there was a bear. The lantern hung over the old, wooden boat."
    runs = shared_runs(index_texts(TEXTS), text)
    assert [(text[run.start : run.end], run.words) for run in runs] == [
        ("once upon a TIME, there was a", 7),
        ("The lantern hung over the old, wooden", 7),
    ]
    assert shared_runs(index_texts(TEXTS), text, least_words=8) == []


def test_no_run_goes_on_into_the_next_text() -> None:
    assert shared_runs(index_texts(TEXTS), "a fox by the river the lantern hung over", 6) == []


def test_an_index_is_kept(tmp_path: Path) -> None:
    save_index(tmp_path / "texts", index_texts(TEXTS))
    kept = load_index(tmp_path / "texts")
    assert kept is not None
    assert shared_runs(kept, TEXTS[0])[0].words == 11
    assert load_index(tmp_path / "none") is None


@given(st.lists(st.sampled_from("abc"), max_size=40), st.lists(st.sampled_from("abc"), max_size=20))
def test_runs_are_those_that_a_slow_search_finds(known: list[str], words: list[str]) -> None:
    found = {(run.start // 2, run.words) for run in shared_runs(index_texts([" ".join(known)]), " ".join(words), 4)}
    joined = " ".join(known)
    longest = {
        (
            start,
            max((n for n in range(len(words) - start + 1) if " ".join(words[start : start + n]) in joined), default=0),
        )
        for start in range(len(words))
    }
    maximal = {
        (start, n) for start, n in longest if n >= 4 and not any(s < start and s + m >= start + n for s, m in longest)
    }
    assert found == maximal
