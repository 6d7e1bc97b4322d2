"""A plan to write from: one that a story of the training texts had, where they are known here, else one that the bundle
makes up: it writes a few stories, from the locked phrases where it reads plans, and the words that tell most about the
first of them are its plan, as in training (text/plan.py).
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping, Sequence

from skaz.decoding.settings import SamplingSettings
from skaz.tasks.writing import Storyteller, Wish
from skaz.text.plan import DocumentFrequency, extract_plan

_STORIES = 6  # what is in half of them tells nothing about one
_TOKENS = 120
_TEMPERATURE = 0.6  # bolder, and a small network makes words up
_LONGEST_WORD_TOKENS = 2  # a word of more was made up too, most likely


def drawn_plan(
    teller: Storyteller, known: Sequence[Sequence[str]], count: int, kept: Mapping[int, str], seed: int
) -> list[str]:
    """`count` phrases, or as many as bring each kept one to its position; fewer where there are no more. `known`: plans
    of training stories."""
    wanted = max([count, *(position + 1 for position in kept)])
    there = {phrase.casefold() for phrase in kept.values()}
    drawn: list[str] = []
    for phrase in _of_known(known, kept, seed) if known else _of_stories(teller, count, kept, seed):
        if len(drawn) < wanted and not any(phrase.casefold() in other or other in phrase.casefold() for other in there):
            drawn.append(phrase)
            there.add(phrase.casefold())
    coming = iter(drawn)
    places = (kept.get(position) or next(coming, None) for position in range(wanted))
    return [phrase for phrase in places if phrase]


def _of_known(known: Sequence[Sequence[str]], kept: Mapping[int, str], seed: int) -> Iterator[str]:
    """Phrases of plans in a random order, first of those that are written in the same letters as the kept ones."""
    plans = list(known)
    random.Random(seed).shuffle(plans)
    if kept:
        letters = _letters(" ".join(kept.values()))
        plans.sort(key=lambda plan: _letters(" ".join(plan)) != letters)
    for plan in plans:
        yield from plan


def _letters(text: str) -> str:
    """The alphabet of most of a text's letters, by its first code point's block of 256; roughly, and that is enough."""
    blocks = [ord(letter) >> 8 for letter in text if letter.isalpha()]
    return str(max(set(blocks), key=blocks.count)) if blocks else ""


def _of_stories(teller: Storyteller, count: int, kept: Mapping[int, str], seed: int) -> Iterator[str]:
    reads = teller.bundle.recipe.model.encoder.layers > 0 and teller.bundle.recipe.sources.plan > 0
    plan = [kept[position] for position in sorted(kept)] if reads else []
    wish = Wish(plan=plan, sampling=SamplingSettings(temperature=_TEMPERATURE), most_tokens=_TOKENS)
    stories = [story.text for story in teller.write_several(wish, _STORIES, seed)]
    seen = DocumentFrequency()
    seen.update(stories)
    tokenizer = teller.bundle.tokenizer
    for story in stories:
        for phrase in extract_plan(story, seen, len(stories), items=count + len(kept)):
            if not tokenizer.joins_spaces or len(tokenizer.encode(" " + phrase)) <= _LONGEST_WORD_TOKENS:
                yield phrase
