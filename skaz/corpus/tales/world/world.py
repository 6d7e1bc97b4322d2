"""Inventing a world: who lost what, where, how and why, who helped, and where it was found."""

import random
import zlib
from dataclasses import dataclass

from skaz.corpus.tales.world.lexicon import (
    ENDINGS,
    FREE_ENDINGS,
    HELPER_ADJECTIVES,
    HELPERS,
    HERO_KINDS,
    HIDINGS,
    KEEPING_REASONS,
    LOSSES,
    NAMES,
    NEVER_GIVEN,
    NEVER_MADE,
    PLACES,
    PRICES,
    REASONS,
    SEARCHES,
    THINGS,
    TIMELESS_ENDINGS,
    TODAY_REASONS,
    TRAITS,
    WEATHERS,
    WET_ENDINGS,
    Hiding,
    Thing,
)

HELD_OUT_ONE_IN = 10


@dataclass(frozen=True)
class World:
    """Keys into the lexicons, in no language. An adjective of None is a bare noun."""

    kind: str
    name: str
    trait: str
    place: str
    weather: str
    thing: str
    thing_adjective: str | None
    reason: str
    loss: str
    search: str
    helper: str
    helper_adjective: str | None
    price: str
    hiding: str
    ending: str

    @property
    def held_out(self) -> bool:
        """Whether this combination is kept out of training. The hash is the same on every machine."""
        combination = f"{self.kind}|{self.name}|{self.thing}|{self.hiding}|{self.helper}"
        return zlib.crc32(combination.encode()) % HELD_OUT_ONE_IN == 0


def invent(rng: random.Random, *, held_out: bool = False) -> World:
    """A consistent world; the combinations of the two parts never meet, though each word is in both."""
    while True:
        world = _draw(rng)
        if world.held_out == held_out:
            return world


_KINDS = tuple(HERO_KINDS.values())
_THINGS = tuple(THINGS.values())
_HELPERS = tuple(HELPERS)
_PLACES = tuple(PLACES)
_HIDINGS = {
    narrow_too: tuple(hiding.key for hiding in HIDINGS.values() if narrow_too or not hiding.narrow)
    for narrow_too in (False, True)
}


def _draw(rng: random.Random) -> World:
    kind = rng.choice(_KINDS)
    thing = rng.choice(_THINGS)
    hiding = HIDINGS[rng.choice(_HIDINGS[thing.size == "small"])]
    reason = rng.choice(reasons_of(thing))
    loss = rng.choice(losses_of(thing, hiding, reason))
    # Fog lies only where there is no wind.
    weather = rng.choice([weather for weather in WEATHERS if (loss, weather) != ("wind", "fog")])
    return World(
        kind=kind.key,
        name=rng.choice(NAMES[kind.gender]),
        trait=rng.choice(TRAITS),
        place=rng.choice(_PLACES),
        weather=weather,
        thing=thing.key,
        thing_adjective=rng.choice(thing.adjectives) if rng.random() < 0.6 else None,
        reason=reason,
        loss=loss,
        search=rng.choice(SEARCHES),
        helper=rng.choice(_HELPERS),
        helper_adjective=rng.choice(HELPER_ADJECTIVES) if rng.random() < 0.5 else None,
        price=rng.choice(PRICES),
        hiding=hiding.key,
        ending=rng.choice(endings_of(reason, weather)),
    )


def reasons_of(thing: Thing) -> list[str]:
    """Why this thing can matter."""
    unfit = {"made": thing.key in NEVER_MADE, "birthday": thing.key in NEVER_GIVEN}
    return [reason for reason in REASONS if not unfit.get(reason, False)]


def endings_of(reason: str, weather: str) -> list[str]:
    """The endings that can follow."""
    fitting: tuple[str, ...] = ENDINGS if reason in KEEPING_REASONS else FREE_ENDINGS
    if reason == "birthday":
        fitting = TIMELESS_ENDINGS
    return [ending for ending in fitting if weather != "heat" or ending not in WET_ENDINGS]


def losses_of(thing: Thing, hiding: Hiding, reason: str) -> list[str]:
    """The ways in which this thing can have come to this hiding place."""
    at_home = reason not in TODAY_REASONS
    high = hiding.key in ("low roof", "empty nest")
    possible = {
        "wind": thing.light,
        "pocket": thing.size == "small" and not high,
        "magpie": thing.size == "small",
        "puppy": thing.size != "large" and not high,
        "forgotten": True,
        "cart": thing.size != "small" and not high and not hiding.narrow,
        "cousin": at_home,
        "hidden": at_home,
    }
    return [loss for loss in LOSSES if possible[loss]]
