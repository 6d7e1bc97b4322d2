"""What the encoder reads before a story: the parts of a source, and which of them an epoch shows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from skaz.recipe import SourcesRecipe
from skaz.text.tokenizer import SPECIALS

Ids = NDArray[np.integer[Any]]

_ID = {name: number for number, name in enumerate(SPECIALS)}
PAD, START, END = _ID["<pad>"], _ID["<start>"], _ID["<end>"]
PLAN, TITLE, OPENING = _ID["<plan>"], _ID["<title>"], _ID["<opening>"]
NEXT, NONE = _ID["<next>"], _ID["<none>"]
FIRST_MARK, LAST_MARK = PLAN, NONE  # from the one to the other all part a source; no target of a story has one


class Stories(Protocol):
    """What batches need of a corpus; `Shards` is one."""

    def __len__(self) -> int: ...
    def target(self, index: int) -> Ids: ...
    def plan(self, index: int) -> Ids: ...
    def title(self, index: int) -> Ids: ...
    def source(self, index: int) -> Ids: ...
    def opening_length(self, index: int) -> int: ...
    def characters(self, index: int) -> int: ...
    @property
    def lengths(self) -> NDArray[np.int64]: ...
    @property
    def source_lengths(self) -> NDArray[np.int64]: ...


@dataclass(frozen=True)
class Source:
    """Token ids for the encoder, and how many target tokens they give away: those are not learned from,
    since copying them would be."""

    ids: Ids
    given_tokens: int = 0


def compose_source(
    *, title: Sequence[int] | Ids = (), plan: Sequence[int] | Ids = (), opening: Sequence[int] | Ids = ()
) -> Ids:
    """<title> … <plan> item <next> item … <opening> …, each part where there is one; <none> without any.
    `plan` holds its items with <next> between them."""
    ids: list[int] = []
    for mark, part in ((TITLE, title), (PLAN, plan), (OPENING, opening)):
        if len(part):
            ids += [mark, *(int(token) for token in part)]
    return np.array(ids or [NONE], dtype=np.int64)


def nothing(stories: Stories, index: int) -> Source:
    """No source at all: the model as a plain language model."""
    return Source(compose_source())


def whole_plan(stories: Stories, index: int) -> Source:
    """The story's plan."""
    return Source(compose_source(plan=stories.plan(index)))


def pair_source(source: Sequence[int] | Ids, *, reverse: bool = False) -> Ids:
    """What the encoder reads of a pair: its source, in reverse where the recipe has it so, and <end>, so that there is
    always something."""
    ids = np.empty(len(source) + 1, dtype=np.int64)
    ids[:-1] = source[::-1] if reverse else source
    ids[-1] = END
    return ids


def reading_order(length: int, *, reverse: bool) -> Ids:
    """The places of the tokens that `pair_source` gave, so many, in the order in which a person reads them."""
    places = np.arange(length)
    return np.concatenate((places[:-1][::-1], places[-1:])) if reverse else places


def whole_source(stories: Stories, index: int, *, reverse: bool = False) -> Source:
    """A pair's source."""
    return Source(pair_source(stories.source(index), reverse=reverse))


def drawn_source(stories: Stories, index: int, recipe: SourcesRecipe, seed: int, epoch: int) -> Source:
    """The source that an epoch shows for a story: a pure function of its arguments, so that all windows of a
    story see the same, and a resumed run what the first would have."""
    if not (recipe.plan or recipe.title or recipe.opening):
        return nothing(stories, index)
    rng = np.random.default_rng((seed, epoch, index, 0x50FA))
    shows_plan, shows_title, shows_opening, shows_whole = rng.random(4) < (
        recipe.plan,
        recipe.title,
        recipe.opening,
        recipe.whole_plan,
    )
    plan = stories.plan(index) if shows_plan else np.empty(0, dtype=np.int64)
    if len(plan) and not shows_whole:
        plan = _part_of_plan(plan, rng)
    given = stories.opening_length(index) if shows_opening else 0
    opening = stories.target(index)[:given]
    title = stories.title(index) if shows_title else ()
    return Source(compose_source(title=title, plan=plan, opening=opening), given)


def _part_of_plan(plan: Ids, rng: np.random.Generator) -> Ids:
    """Some of the plan's items, at least one, in their order: people give two words as often as five."""
    items = np.split(plan, np.flatnonzero(plan == NEXT))
    kept = np.sort(rng.choice(len(items), size=int(rng.integers(1, len(items) + 1)), replace=False))
    part = np.concatenate([items[number] for number in kept])
    return part[1:] if part[0] == NEXT else part
