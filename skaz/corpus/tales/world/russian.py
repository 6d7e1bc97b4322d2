"""The slots of a Russian telling: every noun in every case."""

from functools import cache

from skaz.corpus.tales.world.russian_grammar import NOMINATIVE, phrase
from skaz.corpus.tales.world.russian_lexicon import (
    HELPER_ADJECTIVES,
    HIDINGS,
    KINDS,
    NAME_FORMS,
    PLACES,
    THING_ADJECTIVES,
    THINGS,
)
from skaz.corpus.tales.world.world import World

_CASE_LETTERS = ("", "g", "d", "a", "i", "l")


def russian_plan(world: World) -> tuple[str, ...]:
    """The plan's five phrases in the nominative: hero, place, lost thing, helper, hiding place."""
    return (
        f"{KINDS[world.kind].nominative} {NAME_FORMS[world.name][NOMINATIVE]}",
        PLACES[world.place].forms[NOMINATIVE],
        thing_forms(world.thing, world.thing_adjective)[NOMINATIVE],
        helper_forms(world.helper, world.helper_adjective)[NOMINATIVE],
        HIDINGS[world.hiding].forms[NOMINATIVE],
    )


def russian_slots(world: World) -> dict[str, str]:
    """Every slot that russian_beats.py uses."""
    place, hiding = PLACES[world.place], HIDINGS[world.hiding]
    slots = {"at": place.at, "to": place.to, "in": hiding.at, "into": hiding.to, "off": hiding.off}
    for letter, forms in (
        ("H", NAME_FORMS[world.name]),
        ("K", KINDS[world.kind].forms),
        ("T", thing_forms(world.thing, world.thing_adjective)),
        ("N", THINGS[world.thing].forms),
        ("W", helper_forms(world.helper, world.helper_adjective)),
        ("w", KINDS[world.helper].forms),
    ):
        slots.update((letter + case, form) for case, form in zip(_CASE_LETTERS, forms, strict=True))
    return slots


@cache
def thing_forms(thing: str, adjective: str | None) -> tuple[str, ...]:
    """The six cases of a lost thing with its adjective."""
    return phrase(None if adjective is None else THING_ADJECTIVES[adjective], THINGS[thing])


@cache
def helper_forms(helper: str, adjective: str | None) -> tuple[str, ...]:
    """The six cases of a helper with its adjective."""
    return phrase(None if adjective is None else HELPER_ADJECTIVES[adjective], KINDS[helper])
