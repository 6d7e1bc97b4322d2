"""`skaz look`: each view says what it should, and bad input ends in one sentence."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest
from rich.console import Console

from skaz.inside.subject import Piece

TEXT = "Ann had a kite. One day the kite was gone."


def test_a_text_is_shaded_and_its_units_drawn(command, bundle: Path, tmp_path: Path) -> None:
    picture = tmp_path / "made" / "states.svg"
    done = command("look", bundle, TEXT, "--plan", "kite", "--units", "3", "--out", picture)
    assert done.code == 0
    assert done.out.startswith(TEXT)
    assert "bits per character" in done.out
    assert "layer 1 h: the 3 units that move most" in done.out
    assert "<svg" in picture.read_text(encoding="utf-8")
    gate = command("look", bundle, TEXT, "--part", "layer 1 forget").out
    assert re.search(r"units that move most, from 0 to 1\n", gate)


def test_each_view(command, bundle: Path, stories_file: Path) -> None:
    assert 'what "kite" looked back at; half of it within' in command("look", bundle, TEXT, "--back", "kite").out
    beside = command("look", bundle, TEXT, "--beside", bundle).out
    assert beside.count("24 lstm, attention multi-head") == 2
    fires = command("look", bundle, "--unit", "3", "--part", "layer 1 c", "--texts", stories_file).out
    assert "layer 1 c, unit 3; goes with:" in fires
    assert "lowest" in fires
    near = command("look", bundle, "Bo found a key.", "--nearest", "--texts", stories_file).out
    assert len(near.splitlines()) >= 10
    tree = command("look", bundle, "Ann had", "--beam", "2").out
    assert "found" in tree
    assert "drawn" in tree
    stages = command("look", bundle, "--stages", "--plan", "kite")
    assert "after 40 updates" in stages.out
    assert (
        "has kept no stage of its training, so this is the end alone; train with --set training.stages=10" in stages.err
    )


@pytest.mark.parametrize(
    ("norms", "said"), [([0.0, 1.0], "within 1 character\n"), ([1.0, 0.0], "within 2 characters\n")]
)
def test_characters_are_counted_in_words(norms: list[float], said: str, capsys: pytest.CaptureFixture[str]) -> None:
    from skaz.inside.looking_back import LookBack
    from skaz.inside.showing import look_back_view

    tokens = tuple(Piece(text, 300, place, place + 1) for place, text in enumerate("abc"))
    Console().print(look_back_view(LookBack((), tokens, 2, 3, np.zeros(0), np.array([*norms, 0.0]))))
    assert said in capsys.readouterr().out


def test_pairs_are_looked_into(command, transducer) -> None:
    assert command("look", transducer.bundle, "D C B A", "--source", "abcd").code == 0
    assert "A B B" not in command("look", transducer.bundle, "--source", "ab", "--stages").out


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--unit", "3", "--nearest"], "--unit and --nearest each show one thing; leave all but one out"),
        (["--nearest", "--out", "a.png"], "--out draws the units over the text"),
        (["--texts", "a.txt"], "so --texts can't be kept; leave it out"),
        (["--back", "kite", "--seed", "1"], "--back shows another thing, so --seed can't be kept"),
        (["--beam", "2", "--part", "layer 1 h", "--units", "3"], "so --part, --units can't be kept; leave them out"),
    ],
)
def test_views_exclude_one_another(command, bundle: Path, words: list[str], said: str) -> None:
    done = command("look", bundle, TEXT, *words)
    assert done.code == 2
    assert said in done.err


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ([], "There is no text to look at; give a sentence"),
        ([TEXT, "--part", "layer 1 forgte"], 'Did you mean "layer 1 forget"?'),
        ([TEXT, "--back", "wolf"], 'There is no "wolf" in the text'),
        ([TEXT, "--source", "ein Fuchs"], "reads no source; tell it a plan or a title"),
        (["--unit", "3"], "name them, or others, with --texts"),
        ([TEXT, "--out", "states.jpg"], "states.jpg is neither .png nor .svg"),
    ],
)
def test_bad_input_is_one_sentence(command, bundle: Path, words: list[str], said: str) -> None:
    assert said in command("look", bundle, *words).sentence()
