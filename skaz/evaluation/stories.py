"""How coherent told stories are: does each keep to its plan, by the tale world's check."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass

from skaz.corpus.tales.world import Check, Language, check, invent, plan_of

Plan = tuple[str, ...]


@dataclass(frozen=True)
class Coherence:
    """Checks of several stories, summed up. `appeared`: the part of all planned things that appear;
    `consistent`: the part of the stories that pass the whole check."""

    checks: tuple[Check, ...]

    @property
    def appeared(self) -> float:
        planned = sum(each.planned for each in self.checks)
        return sum(each.appeared for each in self.checks) / max(planned, 1)

    @property
    def consistent(self) -> float:
        return sum(each.consistent for each in self.checks) / max(len(self.checks), 1)


def held_out_plans(count: int, language: Language, seed: int) -> list[Plan]:
    """Plans of worlds that no training story of the tale world tells of."""
    rng = random.Random(f"held-out plans {seed} {language}")
    return [plan_of(invent(rng, held_out=True), language) for _ in range(count)]


def coherence(texts: Sequence[str], plans: Sequence[Plan], language: Language) -> Coherence:
    """Checks each text against its plan."""
    pairs = zip(texts, plans, strict=True)
    return Coherence(tuple(check(text, plan, language) for text, plan in pairs))
