"""Stages: weights on the way, kept so that a person can see how the network learnt."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path

from skaz.files import remove_file
from skaz.training import checkpoint as checkpoints
from skaz.training.checkpoint import Stage
from skaz.training.run import Run, stage_path


def stage_due(run: Run) -> bool:
    """Whether the next of the recipe's N stages is reached, asked before each update. Stage k stands at (k / N)² of the
    budget, for most is learnt early; the first is the network before its training, and what would be the last is the
    finished one, which the bundle has anyway."""
    return len(run.position.stages) < _marks_passed(run)


def thinned_stages(run: Run) -> tuple[Stage, ...]:
    """The stages so far, and only so many of them, from the first to the last, as a run with this budget would have
    kept by now: one that was given more leaves room for those to come."""
    kept = run.position.stages
    passed = _marks_passed(run)
    if len(kept) <= passed:
        return kept
    last = len(kept) - 1
    return tuple(kept[round(number * last / max(passed - 1, 1))] for number in range(passed))


def _marks_passed(run: Run) -> int:
    wanted = run.job.recipe.training.stages
    return sum(run.fraction >= (number / wanted) ** 2 for number in range(wanted))


def keep_stage(run: Run) -> None:
    """Keeps the weights as they would be measured now, in half precision: they are to be looked at, not trained on."""
    step = run.position.step
    with run.average.in_place() if run.average is not None else nullcontext():
        tensors = {name: tensor.half() for name, tensor in checkpoints.model_tensors(run.job.model).items()}
    checkpoints.save_weights(stage_path(run.job.folder, step), tensors)
    run.position = replace(run.position, stages=(*run.position.stages, Stage(step, run.trained_s)))


def drop_unnamed(folder: Path, stages: Sequence[Stage]) -> None:
    """Removes the stages that a killed run kept after its last checkpoint: it will come to them again."""
    named = {stage_path(folder, stage.step) for stage in stages}
    for path in folder.glob("stage.*.safetensors"):
        if path not in named:
            remove_file(path)
