"""The search as a tree: what was found is a way through it, what was drawn is drawn by the seed."""

from __future__ import annotations

import unicodedata

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from skaz.decoding.beam import BeamSettings
from skaz.inside.beam_tree import beam_tree
from skaz.inside.subject import Told
from skaz.tasks.translating import Translator


@given(st.integers(1, 5), st.text("abcd", min_size=1, max_size=5))
@settings(deadline=None, max_examples=15)
def test_what_was_found_is_a_way_through_the_tree(turner, beams: int, source: str) -> None:
    tree = beam_tree(turner, Told(source=source), beams=beams, steps=14)
    for number, node in enumerate(tree.nodes):
        assert node.parent < number
        above = tree.nodes[node.parent] if node.parent >= 0 else None
        assert node.depth == (above.depth if above else 0) + 1
        assert node.total == pytest.approx((above.total if above else 0) + node.log_probability)
        assert above is None or above.fate == "kept"
    for found in tree.found:
        way = [tree.nodes[number] for number in found.nodes]
        assert way[-1].total == pytest.approx(found.log_probability)
        assert way[-1].fate == ("ended" if found.ended else "kept")
        assert [node.token for node in way][: len(found.tokens)] == [piece.token for piece in found.tokens]


def test_it_finds_what_the_translator_finds(turner) -> None:
    tree = beam_tree(turner, Told(source="abcd"), beams=4, steps=30)
    best = Translator(turner.bundle, turner.engine).search(["abcd"], BeamSettings(4))[0]
    assert [found.text.strip() for found in tree.found] == [found.text for found in best]
    np.testing.assert_allclose([found.score for found in tree.found], [found.score for found in best], atol=1e-5)


def test_what_was_found_is_told_without_steps_along_the_source(stepper) -> None:
    tree = beam_tree(stepper, Told(source="abdc"), beams=2, steps=20)
    assert any(piece.text == "<next>" for piece in tree.found[0].tokens)
    best = Translator(stepper.bundle, stepper.engine).search(["abdc"], BeamSettings(2))[0][0]
    assert tree.found[0].text.strip() == best.text
    assert not any("<next>" in found.text for found in (*tree.found, *tree.samples))


def test_marks_of_spelt_symbols_stand_on_their_letters(speller) -> None:
    tree = beam_tree(speller, Told(source="abh"), beams=2, steps=20)
    best = tree.found[0]
    told = "".join(tree.nodes[number].text for number in best.nodes[:-1]).replace("<next>", "")
    assert unicodedata.normalize("NFC", told) == " ā tʰ k"
    behind = beam_tree(speller, Told(source="abh"), opening="a", beams=3, steps=20)
    assert not any(node.text == "\u0304" for node in behind.nodes if node.depth == 1 and node.fate != "dropped")


def test_samples_follow_their_seed_and_go_on_from_the_opening(teller) -> None:
    told, more = Told(plan=("bell",)), {"opening": "Ann had", "steps": 8, "beams": 2}
    one, same, other = (beam_tree(teller, told, seed=seed, **more).samples for seed in (4, 4, 5))
    assert one == same != other
    assert len({found.text for found in one}) > 1
    assert all(found.score is None and len(found.tokens) <= 8 for found in one)
    assert beam_tree(teller, told, samples=0, **more).samples == ()
