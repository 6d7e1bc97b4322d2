"""A plan to write from, drawn by the bundle itself: the words that tell most about stories that it would write.

A bundle keeps no plans of the stories that it learnt. So it writes a few short stories, from the locked phrases where
it reads plans, and the plan of the first of them is taken as in training (text/plan.py).
"""

from __future__ import annotations

from collections.abc import Mapping

from skaz.decoding.settings import SamplingSettings
from skaz.tasks.writing import Storyteller, Wish
from skaz.text.plan import DocumentFrequency, extract_plan

_STORIES = 6  # what is in half of them tells nothing about one
_TOKENS = 120
_TEMPERATURE = 0.9


def drawn_plan(teller: Storyteller, count: int, kept: Mapping[int, str], seed: int) -> list[str]:
    """`count` phrases, or fewer where the stories have no more; the kept ones stay at their positions."""
    reads = teller.bundle.recipe.model.encoder.layers > 0 and teller.bundle.recipe.sources.plan > 0
    plan = [kept[position] for position in sorted(kept)] if reads else []
    wish = Wish(plan=plan, sampling=SamplingSettings(temperature=_TEMPERATURE, top_p=0.95), most_tokens=_TOKENS)
    stories = [story.text for story in teller.write_several(wish, _STORIES, seed)]
    seen = DocumentFrequency()
    seen.update(stories)
    there = {phrase.casefold() for phrase in kept.values()}
    drawn: list[str] = []
    for story in stories:
        found = extract_plan(story, seen, len(stories), items=count + len(kept))
        drawn += [phrase for phrase in found if not any(phrase.casefold() in other for other in there)]
        there |= {phrase.casefold() for phrase in found}
        if len(drawn) >= count:
            break
    coming = iter(drawn)
    places = (kept.get(position) or next(coming, None) for position in range(max([count, *(p + 1 for p in kept)])))
    return [phrase for phrase in places if phrase]
