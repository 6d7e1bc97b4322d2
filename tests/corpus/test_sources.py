"""Sources: which parts of a story the encoder sees."""

from __future__ import annotations

import numpy as np
import pytest

from skaz.corpus.records import Story
from skaz.corpus.sources import NEXT, NONE, OPENING, PLAN, TITLE, compose_source, drawn_source, nothing, whole_plan
from skaz.evaluation.language_modelling import EncodedStories
from skaz.recipe import SourcesRecipe
from skaz.text.plan import decode_plan
from skaz.text.tokenizer import Tokenizer

PLAN_ITEMS = ("fox", "red lantern", "river", "owl")


@pytest.fixture(scope="module")
def stories() -> EncodedStories:
    text = "A fox had a red lantern. By the river an owl sat."
    return EncodedStories([Story(text, plan=PLAN_ITEMS)], Tokenizer.train([text], "bpe", 300))


def test_parts_come_marked_and_in_one_order() -> None:
    ids = compose_source(title=[50], plan=[60, NEXT, 61], opening=[70, 71]).tolist()
    assert ids == [TITLE, 50, PLAN, 60, NEXT, 61, OPENING, 70, 71]
    assert compose_source().tolist() == [NONE]


def test_a_draw_is_a_function_of_seed_epoch_and_story(stories: EncodedStories) -> None:
    recipe = SourcesRecipe(plan=0.5, title=0, opening=0.5)
    draws = [drawn_source(stories, 0, recipe, 1, epoch).ids.tolist() for epoch in range(30)]
    assert draws == [drawn_source(stories, 0, recipe, 1, epoch).ids.tolist() for epoch in range(30)]
    assert len({tuple(draw) for draw in draws}) > 3


def test_probabilities_are_kept(stories: EncodedStories) -> None:
    recipe = SourcesRecipe(plan=0.3, title=0, opening=0)
    shown = [PLAN in drawn_source(stories, 0, recipe, 1, epoch).ids for epoch in range(600)]
    assert 0.22 < np.mean(shown) < 0.38


def test_a_part_of_a_plan_keeps_whole_items_in_their_order(stories: EncodedStories) -> None:
    recipe = SourcesRecipe(plan=1.0, title=0, opening=0, whole_plan=0.0)
    tokenizer = Tokenizer.train(["A fox had a red lantern. By the river an owl sat."], "bpe", 300)
    counts = set()
    for epoch in range(60):
        ids = drawn_source(stories, 0, recipe, 1, epoch).ids
        items = decode_plan(tokenizer, ids[1:].tolist())
        assert items == [item for item in PLAN_ITEMS if item in items]
        counts.add(len(items))
    assert counts == {1, 2, 3, 4}


def test_an_opening_gives_its_tokens_away() -> None:
    story = Story("A fox ran. It was late.", opening="A fox ran.")
    tokenizer = Tokenizer.train([story.text], "bpe", 300)

    class WithOpening(EncodedStories):
        def opening_length(self, index: int) -> int:
            return len(tokenizer.encode(story.opening or ""))

    stories = WithOpening([story], tokenizer)
    source = drawn_source(stories, 0, SourcesRecipe(plan=0, title=0, opening=1.0), 1, 0)
    assert source.ids[0] == OPENING
    assert source.given_tokens == len(source.ids) - 1


def test_fixed_sources(stories: EncodedStories) -> None:
    assert nothing(stories, 0).ids.tolist() == [NONE]
    assert whole_plan(stories, 0).ids[0] == PLAN
