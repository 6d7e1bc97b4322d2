"""`skaz look`: each view says what it should, and bad input ends in one sentence."""

from __future__ import annotations

import io
import math
import re
from pathlib import Path

import numpy as np
import pytest
from rich.console import Console

from skaz.inside.beam_tree import BeamTree, Found, Node
from skaz.inside.showing import beam_view
from skaz.inside.subject import Piece
from skaz.tasks.terminal import GLUE, Hanging, Shaded, ShadedText, tenths

TEXT = "Ann had a kite. One day the kite was gone."


def test_a_text_is_shaded_and_its_units_drawn(command, bundle: Path, tmp_path: Path) -> None:
    picture = tmp_path / "made" / "states.svg"
    done = command("look", bundle, TEXT, "--plan", "kite", "--units", "3", "--out", picture)
    assert done.code == 0
    assert done.out.startswith(TEXT)
    assert "bits per character, its end not counted;" in " ".join(done.out.split())
    assert "layer 1 h: the 3 units that move most" in done.out
    assert "<svg" in picture.read_text(encoding="utf-8")
    gate = command("look", bundle, TEXT, "--part", "layer 1 forget").out
    assert re.search(r"units that move most, from 0 to 1\n", gate)


def test_boxes_in_a_picture_are_told_of_in_a_sentence(process, bundle: Path, tmp_path: Path) -> None:
    done = process("look", bundle, "Ann had a 猫.", "--out", tmp_path / "states.png")
    assert done.code == 0
    assert done.err.startswith("The picture has boxes for 猫, which its font lacks; ")
    assert done.err.count("\n") == 1


def test_each_view(command, bundle: Path, stories_file: Path) -> None:
    back = command("look", bundle, TEXT, "--back", "kite").out
    assert 'what "kite" looked back at; half of what it looked back at in the text' in back
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


def test_without_colour_the_shades_are_characters(command, bundle: Path) -> None:
    text, marks, *_ = command("look", bundle, TEXT).out.splitlines()
    assert len(marks) <= len(text) == len(TEXT)
    assert set(marks) <= set(" ░▒▓█")
    assert marks.strip()
    assert "below a token, its surprise: ░ 1, ▒ 3, ▓ 5, █ 7 bits or more" in " ".join(
        command("look", bundle, TEXT).out.split()
    )
    rows = command("look", bundle, TEXT, "--units", "2").out.splitlines()[-2:]
    assert all(re.fullmatch(r" *\d+( +(-?[1-9]|\.))+", row.rstrip()) for row in rows)
    back = command("look", bundle, TEXT, "--back", "gone").out
    assert back.splitlines()[-1].endswith(" ^^^^")
    assert "█ 70 % or more of the most" in back


def test_with_colour_the_text_has_its_shades() -> None:
    pieces = [Shaded("a", 1.0), Shaded("b", -1.0), Shaded("c", style="bold underline")]
    out = io.StringIO()
    Console(file=out, force_terminal=True, color_system="truecolor").print(ShadedText(pieces))
    assert "48;2;255;190;70ma" in out.getvalue()
    assert "48;2;90;170;255mb" in out.getvalue()
    Console(file=out, width=80).print(ShadedText(pieces, colour=False))
    assert out.getvalue().splitlines()[-2:] == ["abc", "█≣^"]


def test_long_texts_break_at_spaces_with_their_marks_below() -> None:
    out = io.StringIO()
    pieces = [
        Shaded("Ann ", 0.2),
        Shaded("had\n", 0.0),
        Shaded("吃", 1.0),
        Shaded(" a kite", 0.4),
        Shaded("abcdefgh", 0.6),
    ]
    Console(file=out, width=7).print(ShadedText(pieces, colour=False))
    lines = out.getvalue().splitlines()
    assert lines == ["Ann", "░░░", "had↵", "吃 a", "██ ▒", "kiteabc", "▒▒▒▒▓▓▓", "defgh", "▓▓▓▓▓"]


def test_a_line_never_breaks_inside_a_number() -> None:
    out = io.StringIO()
    Console(file=out, width=12).print(Hanging(f"such 80{GLUE}% and 7{GLUE}%", start=2, indent=4))
    assert out.getvalue().splitlines() == ["  such 80 %", "    and 7 %"]


@pytest.mark.parametrize(
    ("value", "told"), [(0.0, "."), (0.09, "."), (0.3, "3"), (-0.71, "-7"), (1.0, "9"), (-1.0, "-9")]
)
def test_values_in_tenths(value: float, told: str) -> None:
    assert tenths(value) == told


def test_a_search_is_told_in_runs() -> None:
    half = math.log(0.5)
    texts = {0: (-1, "She", "kept"), 1: (-1, "He", "dropped"), 2: (0, " had", "kept"), 3: (0, " was", "dropped")}
    texts |= {4: (2, " a", "kept"), 5: (2, "\n", "kept"), 6: (4, "<end>", "ended")}
    nodes = tuple(Node(above, text, n, 0, half, 0.0, 0, fate) for n, (above, text, fate) in texts.items())  # type: ignore[arg-type]
    found = Found((Piece("She had a", 300, 0, 9),), 4 * half, -1.0, ended=True, nodes=(0, 2, 4, 6))
    out = io.StringIO()
    Console(file=out, width=80).print(beam_view(BeamTree(nodes, (found,), ())))
    lines = out.getvalue().splitlines()
    assert lines[4:9] == ["+ She had  25 %", "  × He 50 % (She) · was 50 % (had)", "  + a ■  25 %", "  - ↵  50 %", ""]
    assert lines[9:11] == ["found", "  -2.77 nats  score -1.00  She had a"]


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
    assert command("look", transducer.bundle, "ab", "--stages").out.count("B A") == 1
    twice = command("look", transducer.bundle, "B A", "--source", "ab", "--stages").sentence()
    assert "TEXT can't be kept beside --source" in twice
    assert "give the source" in command("look", transducer.bundle, "--stages").sentence()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--unit", "3", "--nearest"], "--unit and --nearest each show one thing; leave all but one out"),
        (["--nearest", "--out", "a.png"], "--out draws the units over the text"),
        (["--texts", "a.txt"], "so --texts can't be kept; leave it out"),
        (["--nearest", "--plan", "kite"], "--nearest shows another thing, so --plan can't be kept; leave it out"),
        (["--unit", "3"], "so TEXT can't be kept; leave it out"),
        (["--stages", "--source", "ein Fuchs"], "writes stories and reads no source"),
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
