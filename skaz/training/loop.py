"""The training loop: a generator of events. The caller prints, plots, saves bundles and stops."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import islice
from pathlib import Path

import torch

from skaz.corpus.batches import Batch, Order, SourceOf, Step, epoch_steps, make_batch, pair_steps
from skaz.corpus.shards import Shards
from skaz.corpus.sources import Stories, drawn_source, nothing, whole_plan, whole_source
from skaz.errors import TrainingError
from skaz.nn.cells import State
from skaz.nn.dropout import Noise
from skaz.nn.seq2seq import Seq2Seq
from skaz.recipe import Recipe
from skaz.training import checkpoint as checkpoints
from skaz.training.averaging import MovingAverage, mean_of_files
from skaz.training.budget import Budget, budget_of, used_fraction
from skaz.training.checkpoint import Best, Position
from skaz.training.events import Event, Finished, Progress, Reason, Saved, Validated
from skaz.training.log import Log
from skaz.training.measured import Measured
from skaz.training.optimiser import Optimiser
from skaz.training.schedule import learning_rate
from skaz.training.update import Own, Updated, update
from skaz.training.validation import HeldOut, hold_out, measure

LOG_EVERY = 25  # updates between lines of the log
PROGRESS_S = 0.5
LONGEST_WINDOWS = 32  # a story of more windows than this is cut into pieces that different lanes read
CHECKPOINT_NAME = "last.safetensors"
METRICS_NAME, TIMINGS_NAME = "metrics.jsonl", "timings.jsonl"


@dataclass(frozen=True)
class Job:
    """What to train: `model` on `train`, measured on `valid`, state kept in `folder`. `spent_s`: seconds of
    a budget in minutes that were gone before the loop began. `stop` is asked before every update."""

    recipe: Recipe
    model: Seq2Seq
    train: Shards
    valid: Shards
    folder: Path
    spent_s: float = 0.0
    stop: Callable[[], bool] = lambda: False
    clock: Callable[[], float] = time.monotonic


@dataclass
class _Run:
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
    begun_s: float
    reserve_s: float = 0.0
    saved_s: float = 0.0
    told_s: float = 0.0
    nats: torch.Tensor = field(default_factory=lambda: torch.zeros(()))

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
            trained_s=self.trained_s + self.job.spent_s,
            step=self.position.step,
            epochs=self.epochs,
            reserve_s=self.reserve_s,
        )


def train(job: Job) -> Iterator[Event]:
    """Trains until the budget is used up, nothing is gained any more, or the caller stops; goes on from the
    checkpoint in the job's folder where there is one. The last event is Finished, and the best weights are
    then in the folder. Raises TrainingError when loss or gradient is no longer a number."""
    with _begin(job) as run:
        reason: Reason | None = None
        for batch in _batches(run):
            reason = _end(run)
            if reason is not None:
                break
            _update(run, batch)
            yield from _tell(run)
            if _validation_due(run):
                yield _validate(run)
            yield from _save_now_and_then(run)
        yield from _finish(run, reason or "budget")


def _end(run: _Run) -> Reason | None:
    """Why there is no further update, asked before each: so a run killed after its last one ends as well."""
    if run.job.stop():
        return "stopped"
    if _patience_over(run):
        return "no gain"
    return "budget" if run.fraction >= 1.0 else None


def weights_path(folder: Path, step: int) -> Path:
    """The best weights, measured after update `step`. Each step has its own file, and a checkpoint removes
    those that it does not name: a killed run finds the ones that belong to its checkpoint."""
    return folder / f"best.{step}.safetensors"


@contextmanager
def _begin(job: Job) -> Iterator[_Run]:
    """Opens the run, from its checkpoint where there is one, and closes its logs."""
    job.folder.mkdir(parents=True, exist_ok=True)
    optimiser = Optimiser(job.model, job.recipe.training)
    training = job.recipe.training
    average = MovingAverage(job.model, training.average_decay) if training.average_decay else None
    position, carried = Position(), None
    path = job.folder / CHECKPOINT_NAME
    if path.exists():
        position, carried = checkpoints.load_checkpoint(path, job.model, optimiser, average)
    held_out = hold_out(
        job.valid,
        most_characters=training.validation_characters,
        longest_tokens=_longest_tokens(job.recipe),
        pairs=job.recipe.task != "write",
    )
    timings = Log(job.folder / TIMINGS_NAME, position.timings_bytes)
    with Log(job.folder / METRICS_NAME, position.log_bytes) as metrics, timings as clocked:
        yield _Run(
            job=job,
            budget=budget_of(training),
            optimiser=optimiser,
            average=average,
            held_out=held_out,
            metrics=metrics,
            timings=clocked,
            position=position,
            carried=carried,
            begun_s=job.clock(),
            saved_s=job.clock(),
            nats=torch.tensor(position.window_nats, dtype=torch.float64),
        )


def _longest_tokens(recipe: Recipe) -> int:
    return LONGEST_WINDOWS * recipe.training.window


def train_order(recipe: Recipe) -> Order:
    """The order of batches that the recipe asks for."""
    training = recipe.training
    return Order(training.batch_tokens, training.window, training.seed, _longest_tokens(recipe))


def training_steps(recipe: Recipe, stories: Stories, epoch: int) -> Iterator[Step]:
    """The batches of an epoch."""
    if recipe.task != "write":
        return pair_steps(stories.lengths + 1, stories.source_lengths + 1, train_order(recipe), epoch)
    return epoch_steps(stories.lengths + 1, train_order(recipe), epoch)


def training_source(recipe: Recipe, epoch: int) -> SourceOf:
    """What the encoder reads in an epoch: of a pair its source, of a story what is drawn for it."""
    if recipe.task != "write":
        return partial(whole_source, reverse=recipe.text.reverse_sources)
    return partial(drawn_source, recipe=recipe.sources, seed=recipe.training.seed, epoch=epoch)


def _batches(run: _Run) -> Iterator[Batch]:
    """Batches without end, from the run's place on."""
    job = run.job
    while True:
        epoch, done = run.position.epoch, run.position.epoch_steps
        source_of = training_source(job.recipe, epoch)
        for step in islice(training_steps(job.recipe, job.train, epoch), done, None):
            yield make_batch(step, job.train, source_of)
        run.position = replace(run.position, epoch=epoch + 1, epoch_steps=0, epoch_targets=0)


def _update(run: _Run, batch: Batch) -> None:
    training = run.job.recipe.training
    model = run.job.model
    run.optimiser.learning_rate = learning_rate(run.fraction, training)
    done = update(model, run.optimiser, batch, run.carried, noise=_noise(run), training=training, own=_own(run))
    _check_finite(run, done)
    run.carried = done.state
    run.nats += done.nats.cpu()
    at = run.position
    run.position = replace(
        at,
        step=at.step + 1,
        epoch_steps=at.epoch_steps + 1,
        epoch_targets=at.epoch_targets + int((batch.inputs_BT != 0).sum()),
        targets=at.targets + done.n_targets,
        window_targets=at.window_targets + done.n_targets,
    )
    if run.average is not None:
        run.average.update(run.position.step)
    if run.position.step % LOG_EVERY == 0:
        _log_training(run, float(done.gradient_norm))


def _own(run: _Run) -> Own | None:
    """Scheduled sampling: the share rises with the budget used up."""
    share = run.job.recipe.training.scheduled_sampling * min(run.fraction, 1.0)
    return Own(share, _generator(run, salt=2)) if share > 0 else None


def _generator(run: _Run, salt: int) -> torch.Generator:
    """One that depends on the seed and the step alone, so that a resumed run draws the same."""
    generator = torch.Generator(device=run.job.model.device)
    return generator.manual_seed(run.job.recipe.training.seed * 1_000_003 + salt * 1_000_000_007 + run.position.step)


def _noise(run: _Run) -> Noise | None:
    """What is dropped in this update; None: nothing."""
    model = run.job.recipe.model
    if model.dropout == 0.0 and model.embedding_dropout == 0.0:
        return None
    return Noise(model.dropout, _generator(run, salt=0), model.variational_dropout, model.embedding_dropout)


def _check_finite(run: _Run, done: Updated) -> None:
    if bool(torch.isfinite(done.gradient_norm)) and bool(torch.isfinite(done.nats)):
        return
    folder = run.job.folder
    kept = f"; the last good checkpoint is kept in {folder}" if (folder / CHECKPOINT_NAME).exists() else ""
    raise TrainingError(
        f"At update {run.position.step + 1} the loss is no longer a number{kept}: train anew with --overwrite and a "
        f"smaller rate, --set training.learning_rate={run.job.recipe.training.learning_rate / 3:.1g} say, or "
        "--set training.precision=fp32."
    )


def _log_training(run: _Run, gradient_norm: float) -> None:
    at = run.position
    run.metrics.write(
        {
            "step": at.step,
            "epochs": round(run.epochs, 4),
            "tokens": at.targets,
            "nats_per_token": float(run.nats) / max(at.window_targets, 1),
            "learning_rate": run.optimiser.learning_rate,
            "gradient_norm": gradient_norm,
        }
    )
    run.nats = torch.zeros((), dtype=torch.float64)
    run.position = replace(at, window_targets=0)


def _tell(run: _Run) -> Iterator[Progress]:
    now = run.job.clock()
    if now - run.told_s < PROGRESS_S:
        return
    run.told_s = now
    trained_s = run.trained_s
    fraction = max(run.fraction, 1e-9)
    spent_s = trained_s + run.job.spent_s
    left_s = spent_s / fraction - spent_s + run.reserve_s
    if run.budget.seconds is not None:
        left_s = run.budget.seconds - spent_s
    yield Progress(
        step=run.position.step,
        epochs=run.epochs,
        fraction=min(fraction, 1.0),
        trained_s=trained_s,
        left_s=max(left_s, 0.0),
        tokens_per_s=run.position.targets / max(trained_s, 1e-9),
        nats_per_token=float(run.nats) / run.position.window_targets if run.position.window_targets else 0.0,
        learning_rate=run.optimiser.learning_rate,
    )


def _validation_due(run: _Run) -> bool:
    number = run.job.recipe.training.validations
    return run.position.validations < number - 1 and run.fraction >= (run.position.validations + 1) / number


def _validate(run: _Run) -> Validated:
    """Measures the weights, or their moving average where there is one, and keeps them where they are the best."""
    with run.average.in_place() if run.average is not None else nullcontext():
        validated = _measure_and_keep(run)
        last = run.job.recipe.training.average_last
        if last > 1:
            step = run.position.step
            checkpoints.save_weights(_snapshot_path(run, step), checkpoints.model_tensors(run.job.model))
            others = tuple(each for each in run.position.snapshots if each != step)
            run.position = replace(run.position, snapshots=(*others, step)[-last:])
    return validated


def _measure_and_keep(run: _Run) -> Validated:
    job, before = run.job, run.job.clock()
    precision = job.recipe.training.precision
    of_pairs = job.recipe.task != "write"
    plain = measure(job.model, run.held_out, training_source(job.recipe, 0) if of_pairs else nothing, precision)
    with_plan: Measured | None = None
    if not of_pairs and job.recipe.model.encoder.layers and job.recipe.sources.plan:
        with_plan = measure(job.model, run.held_out, whole_plan, precision)
    at, former = run.position, run.position.best
    share = job.recipe.sources.plan
    if of_pairs:  # what a search finds goes by the likeliest tokens; a network surer than right still finds them
        better = former is None or plain.accuracy > former.plain.accuracy
    else:
        better = former is None or _score(plain, with_plan, share) < _score(former.plain, former.with_plan, share)
    trained_s = run.trained_s
    if better:
        best = Best(at.step, trained_s, plain, with_plan)
        checkpoints.save_weights(weights_path(job.folder, at.step), checkpoints.model_tensors(job.model))
    else:
        assert former is not None
        best = replace(former, without_gain=former.without_gain + 1)
    run.position = replace(at, validations=at.validations + 1, measured_step=at.step, best=best)
    line = {"step": at.step, "bits_per_character": plain.bits_per_character, "token_accuracy": plain.accuracy}
    if with_plan is not None:
        line["bits_per_character_with_plan"] = with_plan.bits_per_character
    run.metrics.write(line)
    run.timings.write({"step": at.step, "trained_s": trained_s, "tokens": at.targets})
    run.reserve_s = 1.2 * (job.clock() - before)
    return Validated(at.step, trained_s, plain, with_plan, better)


def _snapshot_path(run: _Run, step: int) -> Path:
    return run.job.folder / f"snapshot.{step}.safetensors"


def _try_mean(run: _Run) -> Iterator[Event]:
    """The mean of the last measurements' weights, which becomes the best where it measures so."""
    steps = run.position.snapshots
    if len(steps) < 2:
        return
    model = run.job.model
    before = {name: tensor.clone() for name, tensor in checkpoints.model_tensors(model).items()}
    mean = mean_of_files([_snapshot_path(run, step) for step in steps])
    checkpoints.load_model_tensors(model, mean, run.job.folder)
    run.position = replace(run.position, snapshots=())  # tried once, on a resume as well
    yield _measure_and_keep(run)
    checkpoints.load_model_tensors(model, before, run.job.folder)


def _score(plain: Measured, with_plan: Measured | None, share: float) -> float:
    """Nats as training meets stories: so often with their plan, else without."""
    return plain.nats if with_plan is None else share * with_plan.nats + (1.0 - share) * plain.nats


def _patience_over(run: _Run) -> bool:
    patience, best = run.job.recipe.training.patience, run.position.best
    return patience is not None and best is not None and best.without_gain >= patience


def _save_now_and_then(run: _Run) -> Iterator[Saved]:
    if run.job.clock() - run.saved_s >= run.job.recipe.training.checkpoint_s:
        yield _save(run)


def _save(run: _Run) -> Saved:
    path = run.job.folder / CHECKPOINT_NAME
    position = replace(
        run.position,
        trained_s=run.trained_s,
        window_nats=float(run.nats),
        log_bytes=run.metrics.flushed_length(),
        timings_bytes=run.timings.flushed_length(),
    )
    checkpoints.save_checkpoint(path, run.job.model, run.optimiser, run.average, run.carried, position)
    best = weights_path(run.job.folder, position.best.step) if position.best is not None else None
    for weights in run.job.folder.glob("best.*.safetensors"):
        if weights != best:
            weights.unlink()
    kept = {_snapshot_path(run, step) for step in position.snapshots}
    for snapshot in run.job.folder.glob("snapshot.*.safetensors"):
        if snapshot not in kept:
            snapshot.unlink()
    run.saved_s = run.job.clock()
    return Saved(position.step, path)


def _finish(run: _Run, reason: Reason) -> Iterator[Event]:
    """The last measurement, unless the weights have not changed since the one before, and the last save."""
    if reason == "stopped":
        # a stopped run goes on later as if it had not been: its checkpoint comes before any measurement
        yield _save(run)
    if run.position.best is None or (reason == "budget" and run.position.measured_step != run.position.step):
        yield _validate(run)
    if reason != "stopped":
        yield from _try_mean(run)
        yield _save(run)
    best = run.position.best
    assert best is not None
    yield Finished(
        reason=reason,
        step=run.position.step,
        epochs=run.epochs,
        trained_s=run.trained_s,
        tokens=run.position.targets,
        best=Validated(best.step, best.trained_s, best.plain, best.with_plan, best=True),
    )
