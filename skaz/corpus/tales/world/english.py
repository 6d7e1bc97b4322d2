"""The slots of an English telling."""

from functools import cache

from skaz.corpus.tales.world.lexicon import HELPERS, HERO_KINDS, HIDINGS, PLACES
from skaz.corpus.tales.world.template import capitalised
from skaz.corpus.tales.world.world import World


def english_plan(world: World) -> tuple[str, ...]:
    """The plan's five phrases: hero, place, lost thing, helper, hiding place."""
    return (
        f"{world.kind} {world.name}",
        world.place,
        described(world.thing_adjective, world.thing),
        described(world.helper_adjective, world.helper),
        world.hiding,
    )


def english_slots(world: World) -> dict[str, str]:
    """Every slot that english_beats.py uses."""
    _, _, thing, helper, _ = english_plan(world)
    slots = {
        "H": world.name,
        "K": world.kind,
        "T": thing,
        "N": world.thing,
        "W": helper,
        "w": world.helper,
        "a_K": with_article(world.kind),
        "a_T": with_article(thing),
        "a_N": with_article(world.thing),
        "a_W": with_article(helper),
    }
    slots |= {"A_T": capitalised(slots["a_T"]), "A_W": capitalised(slots["a_W"])}
    slots |= _spots(world.place, world.hiding)
    slots |= _pronouns("", HERO_KINDS[world.kind].gender) | _pronouns("w", HELPERS[world.helper].gender)
    return slots


def described(adjective: str | None, noun: str) -> str:
    """The noun with its adjective, if it has one."""
    return noun if adjective is None else f"{adjective} {noun}"


def with_article(phrase: str) -> str:
    """The phrase with "a" or "an"."""
    return f"{'an' if phrase[0] in 'aeiou' else 'a'} {phrase}"


@cache
def _spots(place: str, hiding: str) -> dict[str, str]:
    at = f"{PLACES[place].preposition} the {place}"
    inside = f"{HIDINGS[hiding].preposition} the {hiding}"
    into = {"in": "into", "on": "onto"}.get(HIDINGS[hiding].preposition, HIDINGS[hiding].preposition)
    return {
        "at": at,
        "to": f"to the {place}",
        "in": inside,
        "In": capitalised(inside),
        "into": f"{into} the {hiding}",
    }


@cache
def _pronouns(prefix: str, gender: str) -> dict[str, str]:
    """Pronouns by the name that the wordings give them: he, him, his; whe, whim, whis for the helper."""
    written = ("he", "him", "his", "himself") if gender == "m" else ("she", "her", "her", "herself")
    slots: dict[str, str] = {}
    for slot, pronoun in zip(("he", "him", "his", "himself"), written, strict=True):
        slots[prefix + slot] = pronoun
        slots[prefix.upper() + slot.capitalize()] = pronoun.capitalize()
    return slots
