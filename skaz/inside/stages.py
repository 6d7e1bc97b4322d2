"""What a network would have written at each stage of its training, from the same seed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from skaz.engine.bundle import Bundle
from skaz.engine.interface import Engine
from skaz.engine.stages import KeptStage, load_stage, stages_of
from skaz.tasks.translating import Translator
from skaz.tasks.writing import Storyteller, Wish


@dataclass(frozen=True)
class StageText:
    """A stage and its text."""

    stage: KeptStage
    text: str


def write_at_stage(bundle: Bundle, number: int, wish: Wish, seed: int, engine: Engine[Any] | None = None) -> StageText:
    """The story of a seed as the network at a stage writes it; the last stage is the finished network. `engine`: the
    stage's, where it is loaded already. Raises RequestError for a stage that there is not, and for what the bundle
    can't do."""
    engine = engine or load_stage(bundle, number)
    story = Storyteller(bundle, engine).write_several(wish, 1, seed)[0]
    return StageText(stages_of(bundle)[number], story.text)


def translate_at_stage(bundle: Bundle, number: int, source: str, engine: Engine[Any] | None = None) -> StageText:
    """The best target of a source at a stage; raises as `write_at_stage` does."""
    engine = engine or load_stage(bundle, number)
    return StageText(stages_of(bundle)[number], Translator(bundle, engine).translate(source).text)
