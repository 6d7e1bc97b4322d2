"""Telling a world: which beats a story has and in which order. The wordings come from each language."""

import random
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from skaz.corpus.tales.world.beats import Beats, Wordings
from skaz.corpus.tales.world.english import english_plan, english_slots
from skaz.corpus.tales.world.english_beats import ENGLISH
from skaz.corpus.tales.world.lexicon import (
    AT_HOME_LOSSES,
    HELPERS,
    HERO_KINDS,
    KEEPING_REASONS,
    OWNING_REASONS,
    SPOT_ENDINGS,
    Gender,
)
from skaz.corpus.tales.world.russian import russian_plan, russian_slots
from skaz.corpus.tales.world.russian_beats import RUSSIAN
from skaz.corpus.tales.world.russian_lexicon import THINGS as RUSSIAN_THINGS
from skaz.corpus.tales.world.template import fill
from skaz.corpus.tales.world.world import World, invent

Language = Literal["en", "ru"]

_PRONOUNS: dict[Language, dict[Gender, str]] = {"en": {"m": "He", "f": "She"}, "ru": {"m": "Он", "f": "Она"}}
PARAGRAPH = "\n"
# A wording that starts in speech stands on a line of its own, and so does what follows it.
_DASH = "—"
_STRUCTURES = ("habit", "gone", "cry", "errand", "early")
# These two are on their way; what a little cousin or the hero put away was not lost there.
_ON_THE_WAY = frozenset({"errand", "early"})


@dataclass(frozen=True)
class Tale:
    """A told world; the plan is what a writer is given, the text is what it should become."""

    language: Language
    title: str
    plan: tuple[str, ...]
    text: str
    world: World


def plan_of(world: World, language: Language) -> tuple[str, ...]:
    """The plan's phrases in the order in which the story meets them."""
    return english_plan(world) if language == "en" else russian_plan(world)


def tell(world: World, language: Language, rng: random.Random) -> Tale:
    """One of the many tellings of this world."""
    beats = ENGLISH if language == "en" else RUSSIAN
    slots = english_slots(world) if language == "en" else russian_slots(world)
    voice = _Voice(slots, _genders(world), rng)
    title = voice.say(beats.titles)
    parts = [PARAGRAPH if part is None else voice.say(part) for part in _story(world, beats, rng)]
    text = _joined(parts, slots["H"], _PRONOUNS[language][HERO_KINDS[world.kind].gender])
    return Tale(language, title, plan_of(world, language), text, world)


def tales(seed: int, *, language: Language, held_out: bool = False) -> Iterator[Tale]:
    """An endless stream that is the same for the same arguments."""
    rng = random.Random(f"tale world {seed} {language} {held_out}")
    while True:
        yield tell(invent(rng, held_out=held_out), language, rng)


def _genders(world: World) -> dict[str, Gender]:
    return {
        "h": HERO_KINDS[world.kind].gender,
        "w": HELPERS[world.helper].gender,
        "t": RUSSIAN_THINGS[world.thing].gender,
    }


@dataclass(frozen=True)
class _Voice:
    slots: Mapping[str, str]
    genders: Mapping[str, Gender]
    rng: random.Random

    def say(self, wordings: Wordings) -> str:
        return fill(self.rng.choice(wordings), self.slots, self.genders)


@dataclass(frozen=True)
class _Measure:
    """Which of the beats that a story can do without it has."""

    weather: bool
    habit: bool
    search: bool
    price: bool
    change: bool
    ending: bool

    @staticmethod
    def draw(rng: random.Random) -> "_Measure":
        """Most stories are short ones: a small network has more of them to learn from in the same time."""
        full = rng.random() < 0.06
        weather = rng.random() < (0.7 if full else 0.06)
        change = rng.random() < 0.35
        return _Measure(
            weather=weather,
            habit=rng.random() < (0.5 if full else 0.08),
            search=rng.random() < (0.4 if weather else 0.3),
            price=rng.random() < (0.75 if full else 0.2),
            change=change,
            ending=not change or rng.random() < (0.35 if full else 0.1),
        )


def _story(world: World, beats: Beats, rng: random.Random) -> list[Wordings | None]:
    """The pools of wordings in the order of the telling; None starts a paragraph."""
    measure = _Measure.draw(rng)
    structure = rng.choice(_STRUCTURES)
    at_dusk = measure.weather and world.weather == "dusk"
    # An errand starts in the morning.
    if (structure in _ON_THE_WAY and world.loss in AT_HOME_LOSSES) or (structure == "errand" and at_dusk):
        structure = "habit"
    price = [beats.price_asked[world.price], beats.price_paid[world.price]] if measure.price else []
    return [
        *_beginning(world, beats, structure, measure),
        *_searching(world, beats, measure),
        None,
        beats.meeting_again if structure == "early" else beats.meeting,
        *price,
        beats.advice[world.loss],
        None,
        beats.finding,
        *_closing(world, beats, measure, trait_told=structure in ("habit", "early")),
    ]


def _beginning(world: World, beats: Beats, structure: str, measure: _Measure) -> list[Wordings | None]:
    """Up to the loss. Two structures begin when the thing is gone already; the helper tells how it went."""
    weather = [beats.weather[world.weather]] if measure.weather else []
    intro = [beats.reason_intro[world.reason]]
    if world.reason in OWNING_REASONS and measure.habit:
        intro.append((beats.thing_habit[world.thing],))
    loss = beats.loss[world.loss]
    match structure:
        case "gone":
            return [beats.gone_opening, beats.reason_back[world.reason], *weather]
        case "cry":
            return [beats.cry_opening, None, beats.reason_back[world.reason], *weather]
        case "errand":
            return [beats.errand_opening, *weather, *intro, None, loss]
        case "early":
            return [beats.trait_opening[world.trait], *intro, None, *weather, beats.early, loss]
        case _:
            return [beats.trait_opening[world.trait], *intro, None, *weather, loss]


def _searching(world: World, beats: Beats, measure: _Measure) -> list[Wordings | None]:
    """The search in vain; the weather that the beginning announced gets in the way, and no other."""
    search = [beats.search[world.search]] if measure.search else []
    return [*search, beats.weather_later[world.weather]] if measure.weather else [*search]


def _closing(world: World, beats: Beats, measure: _Measure, *, trait_told: bool) -> list[Wordings | None]:
    """The reason comes back, and then what the day has changed or how it ended, or both."""
    change: list[Wordings | None] = []
    if measure.change and trait_told:
        change = [beats.echo[world.trait]]
    elif measure.change and world.reason in KEEPING_REASONS:
        change = [(beats.thing_again[world.thing],)]
    ending: list[Wordings | None] = [beats.ending[world.ending]] if measure.ending or not change else []
    reason = beats.reason_return[world.reason]
    # A birthday is the next day, so the walk home comes before it.
    return_home = [*change, reason] if world.reason == "birthday" else [reason, *change]
    if world.ending in SPOT_ENDINGS:
        return [None, *ending, *return_home]
    return [None, *return_home, *ending]


def _joined(parts: list[str], name: str, pronoun: str) -> str:
    """The beats in lines: one after another, but speech after a dash on lines of its own.

    A beat that begins with the hero's name right after a sentence about the hero begins with the pronoun.
    """
    text = parts[0]
    for beat in parts[1:]:
        part = beat
        if part == PARAGRAPH or text.endswith(PARAGRAPH):
            separator = ""
        elif PARAGRAPH + _DASH in PARAGRAPH + part or text.rpartition(PARAGRAPH)[2].startswith(_DASH):
            separator = PARAGRAPH
        else:
            separator = " "
            if part.startswith(name + " ") and name in _last_sentence(text):
                part = pronoun + part[len(name) :]
        text += separator + part
    return text


def _last_sentence(text: str) -> str:
    """The last sentence, or nothing if it is speech."""
    if text.endswith('"'):
        return ""
    return re.split(r"[.!?\n]", text[:-1])[-1]
