"""Stages: weights on the way, kept so that a person can see how the network learnt."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path

from skaz.training import checkpoint as checkpoints
from skaz.training.checkpoint import Stage
from skaz.training.run import Run, stage_path


def stage_due(run: Run) -> bool:
    """Whether the next of the recipe's N stages is reached, asked before each update. Stage k stands at (k / N)² of the
    budget, for most is learnt early; the first is the network before its training, and what would be the last is the
    finished one, which the bundle has anyway."""
    wanted, kept = run.job.recipe.training.stages, len(run.position.stages)
    return kept < wanted and run.fraction >= (kept / wanted) ** 2


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
            path.unlink()
