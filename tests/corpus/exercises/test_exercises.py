"""The exercises by name: the same pairs each time, the parts apart, errors that help."""

import subprocess
import sys
from functools import cache
from itertools import islice

import pytest

from skaz.corpus.exercises import EXERCISES, TEST_PAIRS, TRAIN_PAIRS, exercise_pairs
from skaz.errors import CorpusError, DependencyError

LIBRARY = {"numbers": "num2words", "words": "num2words", "dates": "Babel"}
# The exercises words:… are numbers:… reversed, as a test of theirs says; so they need no other.
OTHERS = [name for name in EXERCISES if not name.startswith("words:")]


@cache
def pairs_of(name: str) -> tuple[list[tuple[str, str]], list[tuple[str, str]]]:
    """Train and test."""
    return list(exercise_pairs(name, "train")), list(exercise_pairs(name, "test"))


@pytest.mark.parametrize("name", OTHERS)
def test_the_parts_have_their_sizes_and_share_neither_source_nor_target(name: str) -> None:
    train, test = pairs_of(name)
    assert (len(train), len(test)) == (TRAIN_PAIRS, TEST_PAIRS) == (40_000, 5_000)
    for side in (0, 1):
        assert len({pair[side] for pair in train + test}) == TRAIN_PAIRS + TEST_PAIRS


@pytest.mark.parametrize("name", OTHERS)
def test_every_text_is_clean(name: str) -> None:
    for text in [text for part in pairs_of(name) for pair in part for text in pair]:
        assert text == " ".join(text.split())  # and no other space than " "
        assert text.isprintable()
        assert text
    every = "".join(text for part in pairs_of(name) for pair in part for text in pair)
    assert not set(every) & set("{}'\u202f\xa0")


@pytest.mark.parametrize("name", OTHERS)
def test_every_character_of_the_test_part_was_met_in_training(name: str) -> None:
    train, test = pairs_of(name)
    for side in (0, 1):
        assert set("".join(pair[side] for pair in test)) <= set("".join(pair[side] for pair in train))


@pytest.mark.parametrize("language", ["en", "ru"])
def test_words_are_numbers_the_other_way_round(language: str) -> None:
    train, test = pairs_of(f"numbers:{language}")
    name, count = f"words:{language}", 2000
    words = [*islice(exercise_pairs(name), count), *islice(exercise_pairs(name, "test"), count)]
    assert [(digits, text) for text, digits in words] == train[:count] + test[:count]


def test_a_second_call_gives_the_same() -> None:
    train, test = pairs_of("dates:en")
    assert list(exercise_pairs("dates:en")) == train
    assert list(exercise_pairs("dates:en", "test")) == test


def test_the_pairs_are_these_on_every_machine_and_with_every_version() -> None:
    """Scores are compared with earlier ones: a change here needs a line in the changelog."""
    firsts = {name: next(exercise_pairs(name, "test")) for name in EXERCISES}
    assert firsts == {
        "numbers:en": ("710347", "seven hundred and ten thousand, three hundred and forty-seven"),
        "numbers:ru": ("97357", "девяносто семь тысяч триста пятьдесят семь"),
        "words:en": ("seven hundred and ten thousand, three hundred and forty-seven", "710347"),
        "words:ru": ("девяносто семь тысяч триста пятьдесят семь", "97357"),
        "dates:en": ("friday, may 28th, 2049", "2049-05-28"),
        "dates:ru": ("вторник, 27.03.1979", "1979-03-27"),
        "dates:en-ru": ("2006-04-22", "22 апреля 2006 г."),
        "dates:ru-en": ("«09» июня 1961 г.", "June 9, 1961"),
    }


@pytest.mark.parametrize(
    ("wrong", "near"),
    [("number:en", "numbers:en"), ("Words:RU", "words:ru"), ("dates:ru-eng", "dates:ru-en"), ("date:en", "dates:en")],
)
def test_an_unknown_name_is_answered_with_the_nearest(wrong: str, near: str) -> None:
    with pytest.raises(CorpusError) as caught:
        exercise_pairs(wrong)
    assert str(caught.value).endswith(f'Did you mean "{near}"?')
    assert f'There is no exercise "{wrong}"' in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_name_like_none_is_answered_with_all() -> None:
    with pytest.raises(CorpusError) as caught:
        exercise_pairs("")
    assert str(caught.value) == f'There is no exercise ""; there are {", ".join(EXERCISES)}.'


@pytest.mark.parametrize("name", EXERCISES)
def test_a_missing_library_is_told_before_the_first_pair(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    library = LIBRARY[name.partition(":")[0]]
    for module in (library.lower(), f"{library.lower()}.dates"):
        monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(DependencyError, match=rf'need {library}: pip install "skaz\[train\]"\.$'):
        exercise_pairs(name)


def test_importing_loads_no_library() -> None:
    code = "import sys, skaz.corpus.exercises; print({'num2words', 'babel', 'torch'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True, timeout=60)
    assert done.stdout.strip() == "set()"
