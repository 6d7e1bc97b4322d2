"""Units over a corpus: what was scanned is what is read alone, and a unit made to follow quotes is found."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from skaz.corpus.records import Story
from skaz.errors import RequestError
from skaz.inside.reading import read
from skaz.inside.scanning import Scan, scan, told_of
from skaz.inside.subject import Piece
from skaz.inside.texts import texts_of
from skaz.inside.units import firing, places_of, units_that_go_with
from skaz.text.tokenizer import SPECIALS

STORIES = [
    Story('Ann had a drum. "Where is it?" she said. "Gone."', plan=("drum",)),
    Story("Kit had a key."),
    Story("Tom found a boat at the shore, and was glad. Tom had a boat."),
]


@pytest.fixture(scope="module")
def scanned(teller) -> Scan:
    return scan(teller, STORIES)


def test_a_scan_is_every_text_read_alone(teller, scanned) -> None:
    for number, story in enumerate(STORIES):
        reading = read(teller, story.text, told_of(teller, story))
        here = slice(scanned.starts[number], scanned.starts[number + 1])
        assert scanned.tokens[here] == reading.tokens
        assert (scanned.text_of_N[here] == number).all()
        for name, part_TH in {**reading.states, **reading.gates}.items():
            np.testing.assert_allclose(scanned.parts[name][here], part_TH, atol=4e-3)


def test_a_scan_is_bounded(teller, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("skaz.inside.scanning.MOST_NUMBERS", 6 * 24 * 20)  # twenty tokens of six parts
    assert len(scan(teller, STORIES).tokens) == 20


def test_a_unit_that_follows_quotes_is_found(scanned) -> None:
    quotes_N = places_of(scanned)["inside quotes"]
    text = "".join(piece.text for piece, inside in zip(scanned.tokens, quotes_N, strict=True) if inside)
    assert "Where is it?" in text
    assert "she said" not in text
    values_NH = np.random.default_rng(2).normal(size=(len(scanned.tokens), 5)) / 5
    values_NH[:, 3] += quotes_N
    made = replace(scanned, parts={"layer 1 h": values_NH})
    assert units_that_go_with(made, "layer 1 h", "inside quotes")[0][0] == 3
    fires = firing(made, "layer 1 h", 3, count=1)
    assert fires.goes_with[0][0] == "inside quotes"
    assert fires.goes_with[0][1] > 0.8
    peak = fires.highest[0]
    assert peak.values[peak.peak] == values_NH[:, 3].max()
    assert sum(fires.histogram) == len(scanned.tokens)


@pytest.mark.parametrize(
    ("text", "quoted"),
    [
        ('He said "yes" and left.', "yes"),
        ("He said “yes” and left.", "yes"),
        ("Er sagte: „Ja“ und ging fort.", "Ja"),
        ('Er sagte: „Ja" und ging fort.', "Ja"),
        ("»Ja« sagte er", "Ja"),
        ("Er sagte: »Ja« und »nein«.", "Ja|nein"),
        ("Он прочёл «Сказку „Колобок“» и ушёл", "Сказку „Колобок“"),
        ("Да», — сказал он и вышел", ""),
        ("Mówi: „Tak” i idzie", "Tak"),
    ],
)
def test_quotes_close_as_their_language_has_them(scanned, text: str, quoted: str) -> None:
    pieces = tuple(Piece(character, 99, 0, 0) for character in text)
    inside_N = places_of(replace(scanned, tokens=pieces, starts=(0, len(pieces))))["inside quotes"]
    marked = "".join(letter if inside else "|" for letter, inside in zip(text, inside_N, strict=True))
    assert [part[1:] for part in marked.split("|") if part] == [part for part in quoted.split("|") if part]


def test_snippets_stand_apart_and_keep_to_their_text(scanned) -> None:
    fires = firing(scanned, "layer 1 c", 7)
    assert len(fires.highest) > 1
    texts = {story.text for story in STORIES}
    for snippet in (*fires.highest, *fires.lowest):
        assert any("".join(piece.text for piece in snippet.tokens) in text for text in texts)
    peaks = [snippet.values[snippet.peak] for snippet in fires.highest]
    assert peaks == sorted(peaks, reverse=True)


def test_bad_requests(teller, scanned) -> None:
    with pytest.raises(RequestError, match='The network has no "layer 9 h"; it has layer 1 h'):
        firing(scanned, "layer 9 h", 0)
    with pytest.raises(RequestError, match="has no unit 24; its units are 0 to 23"):
        firing(scanned, "layer 1 h", 24)
    with pytest.raises(RequestError, match='There is no property "rhyme" of a place; there are place in the text'):
        units_that_go_with(scanned, "layer 1 h", "rhyme")
    with pytest.raises(RequestError, match="name them, or others, with --texts"):
        texts_of(teller.bundle)


def test_texts_are_what_is_named(teller, turner, transducer, stories_file) -> None:
    stories = texts_of(teller.bundle, [stories_file], most_characters=500)
    assert 400 <= sum(len(story.text) for story in stories) < 700
    assert len({story.text for story in stories}) == len(stories)
    assert texts_of(turner.bundle, [transducer.table])[0].source == "aa"


def test_homophones_are_pairs_of_their_own(turner, tmp_path: Path) -> None:
    file = tmp_path / "homophones.tsv"
    file.write_text("right\tR AY T\nwrite\tR AY T\nwrite\tR AY T\n", encoding="utf-8")
    assert [story.source for story in texts_of(turner.bundle, [file])] == ["right", "write"]


def test_a_text_that_comes_often_counts_once(teller, tmp_path: Path) -> None:
    file = tmp_path / "often.txt"
    file.write_text("The owl slept.\n" * 900 + "".join(f"Story {number} of all.\n" for number in range(100)))
    texts = [story.text for story in texts_of(teller.bundle, [file], most_characters=600)]
    assert texts[0] == "The owl slept."
    numbers = [int(text.split()[1]) for text in texts[1:]]
    assert numbers == sorted(numbers)
    assert len(numbers) > 20
    assert numbers[-1] > 90


def test_a_word_goes_on_behind_a_step_and_behind_bytes(scanned) -> None:
    texts = ["к", "<next>", "и", "<next>", "", "т", " ", "a", "<next>", "ll", ".", "<next>", "<next>", "B"]
    pieces = tuple(Piece(text, SPECIALS.index(text) if text in SPECIALS else 99, 0, 0) for text in texts)
    begins_N = places_of(replace(scanned, tokens=pieces, starts=(0, len(pieces))))["a word begins"]
    assert [texts[place] for place in np.flatnonzero(begins_N)] == ["к", " ", "a", "B"]
