"""How stories lie in a file is found from what people's files look like."""

import io
import random

import pytest

from skaz.corpus.markers import is_marker
from skaz.corpus.splitting import find_splitting, split_as_told, split_lines

DICE = random.Random(3)


def prose(characters: int) -> str:
    words = ["fox", "lantern", "river", "walked", "slowly", "the", "and", "castle", "лиса", "фонарь"]
    text = "Once"
    while len(text) < characters - 1:
        text += " " + DICE.choice(words)
    return text + "."


def paragraph() -> str:
    """As a novel has them: short and long, some of them speech."""
    if DICE.random() < 0.4:
        return f"“{prose(DICE.randint(15, 90))}”"
    return prose(DICE.randint(60, 900))


STORIES = [prose(DICE.randint(400, 900)) for _ in range(12)]
NOVEL = "\n\n".join(paragraph() for _ in range(200))
PLAY = "\n\n".join(f"FIRST CITIZEN:\n{prose(60)}\n{prose(50)}" for _ in range(200))


def found(text: str) -> str:
    return find_splitting(text, complete=True).kind


def stories(text: str) -> list[str]:
    return list(split_lines(text.splitlines(keepends=True), find_splitting(text, complete=True)))


def test_a_story_a_line() -> None:
    assert stories("\n".join(STORIES) + "\n") == STORIES
    assert stories("\n".join(STORIES)) == STORIES
    reason = find_splitting("\n".join(STORIES), complete=True).reason
    assert "12 lines, a median of" in reason
    assert "one story a line" in reason
    assert "--split" in reason


@pytest.mark.parametrize(
    "marker",
    [
        "<|endoftext|>",
        "***",
        "* * *",
        "*****",
        "        *",
        "⁂",
        "---",
        "– – –",
        "————————",
        "──────",
        "________",
        "=====",
        "###",
    ],
)
def test_marker_lines(marker: str) -> None:
    two_paragraphs = [f"{story}\n\n{story}" for story in STORIES]
    assert stories(f"\n{marker}\n".join(two_paragraphs)) == two_paragraphs


@pytest.mark.parametrize(
    "line",
    ["— Да.", "—", "--", "**", "* слово", "---|---", "---- ----", "+---+", "Имя: ______", "* * * *и", "........"],
)
def test_speech_lists_tables_and_verse_are_no_markers(line: str) -> None:
    assert not is_marker(line)


def test_where_no_line_is_a_marker_as_told_it_is_said() -> None:
    none = "as told: --split marker, but no line is a marker (***, --- and the like): one story"
    assert split_as_told("marker", "a\n— Да.\nb").reason == none
    assert split_as_told("marker", "a\n*\nb").reason == "as told: --split marker"
    assert split_as_told("marker", "a<|endoftext|>b").reason == "as told: --split marker"
    assert split_as_told("marker", "a\nb", complete=False).reason == "as told: --split marker"


def test_end_of_text_in_a_line() -> None:
    assert stories("<|endoftext|>".join(STORIES)) == STORIES


def test_scene_breaks_stay_in_stories_that_end_of_text_parts() -> None:
    scenes = [f"{story}\n***\n{story}" for story in STORIES]
    assert stories("\n<|endoftext|>\n".join(scenes)) == scenes
    assert list(split_lines(["a\n", "***\n", "b"], split_as_told("marker", "a\n***\nb"))) == ["a", "b"]


def test_one_marker_is_not_enough() -> None:
    found = find_splitting(f"{NOVEL}\n\n***\n\n{NOVEL}", complete=True)
    assert found.kind == "file"
    assert found.reason.startswith("only one marker line (***, --- and the like) seen: the file is one long text")


def test_stories_with_an_empty_line_between() -> None:
    assert stories("\n\n".join(STORIES)) == STORIES
    wrapped = ["\n".join(story[start : start + 70].strip() for start in range(0, len(story), 70)) for story in STORIES]
    assert stories("\n\n".join(wrapped)) == wrapped


def test_stories_of_paragraphs_with_longer_gaps_between() -> None:
    of_paragraphs = ["\n\n".join(paragraph() for _ in range(6)) for _ in range(12)]
    assert stories("\n\n\n".join(of_paragraphs)) == of_paragraphs
    assert "two empty lines" in find_splitting("\n\n\n".join(of_paragraphs), complete=True).reason


@pytest.mark.parametrize("text", [NOVEL, PLAY, NOVEL.replace("\n\n", "\n"), prose(5_000), "short\nlines\nof verse"])
def test_one_long_text(text: str) -> None:
    assert found(text) == "file"
    assert stories(text) == [text]


def test_two_stray_gaps_do_not_part_a_play() -> None:
    assert found(f"{PLAY * 20}\n\n\n{PLAY * 20}\n\n\n{PLAY * 20}") == "file"


def test_a_cut_sample_does_not_count_its_last_line() -> None:
    text = "\n".join(STORIES)
    assert "the first 11 lines" in find_splitting(text[:-10], complete=False).reason


def test_as_told() -> None:
    assert split_as_told("line", "").kind == "line"
    assert list(split_lines(["a\n", "\n", " b \n"], split_as_told("line", ""))) == ["a", "b"]
    assert list(split_lines(["a\n", "\n", "b\n"], split_as_told("file", ""))) == ["a\n\nb"]
    assert list(split_lines(["a\n", "b\n", " \n", "\n", "c"], split_as_told("blank", "a\n\nc"))) == [
        "a\nb",
        "c",
    ]


def test_backslash_n_in_a_line_stays() -> None:
    assert list(split_lines(["a\\nb\n"], split_as_told("line", ""))) == ["a\\nb"]


def test_the_underline_of_a_title_is_no_border() -> None:
    titled = "".join(f"Tale {number}\n======\n\n{'It went on. ' * 30}\n\n\n" for number in range(4))
    splitting = find_splitting(titled, True)
    assert splitting.kind == "blank"
    stories = list(split_lines(io.StringIO(titled), splitting))
    assert [story.split("\n")[0] for story in stories] == [f"Tale {number}" for number in range(4)]
    parted = "".join(f"{'It went on. ' * 30}\n======\n" for _ in range(4))
    assert find_splitting(parted, True).kind == "marker"
    assert len(list(split_lines(io.StringIO(parted), find_splitting(parted, True)))) == 4


STANZA = "Night, and a lantern by the river,\nAnd nobody has lit the light.\nThe fox goes by."


def test_poems_are_parted_as_it_is_told() -> None:
    poems = [f"{STANZA}\n\n{STANZA}" if number % 2 else STANZA for number in range(12)]
    told = find_splitting("\n\n".join(poems), complete=True)
    assert told.kind == "file"
    assert "several poems, put two empty lines or *** between them (in .md, # titles); tell --split if" in told.reason
    apart = "\n\n\n".join(poems)
    assert stories(apart) == stories("\n***\n".join(poems)) == poems
    assert list(split_lines(apart.splitlines(keepends=True), split_as_told("blank", apart))) == poems
    assert found("\n\n\n".join([STANZA] * 12)) == "file"  # stanzas, far apart
