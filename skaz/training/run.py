"""A run in progress: what it was asked, what changes from update to update, and its files."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from skaz.corpus.shards import Shards
from skaz.errors import TrainingError
from skaz.nn.cells import State
from skaz.nn.seq2seq import Seq2Seq
from skaz.recipe import Recipe
from skaz.training.averaging import MovingAverage
from skaz.training.budget import Budget, used_fraction
from skaz.training.checkpoint import Position
from skaz.training.log import Log
from skaz.training.optimiser import Optimiser
from skaz.training.recording import RepeatedUpdates
from skaz.training.threads import Threads
from skaz.training.update import Computed
from skaz.training.validation import HeldOut

REST = 3  # a measurement begins so many times its length after the one before, or later
CHECKPOINT_NAME = "last.safetensors"
METRICS_NAME, TIMINGS_NAME = "metrics.jsonl", "timings.jsonl"


@dataclass(frozen=True)
class Job:
    """What to train: `model` on `train`, measured on `valid`, state kept in `folder`. `spent_s`: seconds of
    a budget in minutes that were gone before the loop began; a resumed run knows its own. `stop` is asked before every
    update."""

    recipe: Recipe
    model: Seq2Seq
    train: Shards
    valid: Shards
    folder: Path
    spent_s: float = 0.0
    stop: Callable[[], bool] = lambda: False
    clock: Callable[[], float] = time.perf_counter  # on Windows the other clocks step by a sixtieth of a second


@dataclass
class Run:
    """A run in progress: what changes from update to update."""

    job: Job
    budget: Budget
    optimiser: Optimiser
    average: MovingAverage | None
    held_out: HeldOut
    metrics: Log
    timings: Log
    position: Position
    carried: State | None
    repeated: RepeatedUpdates[Computed] | None
    threads: Threads | None
    begun_s: float
    reserve_s: float = 0.0
    measured_s: float = 0.0  # when the last measurement ended, of the seconds trained, and how long it took
    measuring_s: float = 0.0
    saved_s: float = 0.0
    told_s: float = 0.0
    nats: float = 0.0
    window_mean: float = 0.0  # nats per token, of the last window that the log has

    @property
    def trained_s(self) -> float:
        return self.position.trained_s + self.job.clock() - self.begun_s

    @property
    def epochs(self) -> float:
        per_epoch = self.job.train.n_tokens + len(self.job.train)
        return self.position.epoch + self.position.epoch_targets / max(per_epoch, 1)

    @property
    def fraction(self) -> float:
        return used_fraction(
            self.budget,
            trained_s=self.trained_s,
            step=self.position.step,
            epochs=self.epochs,
            spent_s=self.position.spent_s,
            reserve_s=self.reserve_s,
        )


def no_number(job: Job, step: int) -> TrainingError:
    """What to tell where the loss at an update is no longer a number."""
    kept = f"; the last good checkpoint is kept in {job.folder}" if (job.folder / CHECKPOINT_NAME).exists() else ""
    return TrainingError(
        f"At update {step} the loss is no longer a number{kept}: train anew with --overwrite and a smaller rate, "
        f"--set training.learning_rate={job.recipe.training.learning_rate / 3:.1g} say, or "
        "--set training.precision=fp32."
    )


def weights_path(folder: Path, step: int) -> Path:
    """The best weights, measured after update `step`. Each step has its own file, and a checkpoint removes
    those that it does not name: a killed run finds the ones that belong to its checkpoint."""
    return folder / f"best.{step}.safetensors"


def stage_path(folder: Path, step: int) -> Path:
    """The weights before update `step` + 1, kept to be looked at."""
    return folder / f"stage.{step}.safetensors"


def snapshot_path(folder: Path, step: int) -> Path:
    """The weights as measured after update `step`, kept to be averaged."""
    return folder / f"snapshot.{step}.safetensors"
