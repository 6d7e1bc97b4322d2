"""The training loop: a generator of events. The caller prints, plots, saves bundles and stops."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from itertools import islice

import torch

from skaz.corpus.batches import Batch, make_batch
from skaz.files import remove_file
from skaz.nn.dropout import Noise
from skaz.training import checkpoint as checkpoints
from skaz.training.ahead import Ahead
from skaz.training.averaging import MovingAverage
from skaz.training.budget import budget_of
from skaz.training.checkpoint import Position
from skaz.training.events import Event, Finished, Progress, Reason, Saved, Validated
from skaz.training.log import Log
from skaz.training.measuring import measured_part, try_mean, validate
from skaz.training.optimiser import Optimiser
from skaz.training.order import training_source, training_steps
from skaz.training.run import (
    CHECKPOINT_NAME,
    METRICS_NAME,
    REST,
    TIMINGS_NAME,
    Job,
    Run,
    no_number,
    snapshot_path,
    weights_path,
)
from skaz.training.schedule import learning_rate
from skaz.training.stages import drop_unnamed, keep_stage, stage_due, thinned_stages
from skaz.training.threads import threads_kept, threads_to_find
from skaz.training.update import Own, update, updates_to_repeat

LOG_EVERY = 25  # updates between lines of the log
PROGRESS_S = 0.5


def train(job: Job) -> Iterator[Event]:
    """Trains until the budget is used up, nothing is gained any more, or the caller stops; goes on from the
    checkpoint in the job's folder where there is one. The last event is Finished, and the best weights are
    then in the folder. Raises TrainingError when loss or gradient is no longer a number."""
    with _begin(job) as run:
        reason: Reason | None = None
        batches = Ahead(_batches(job, run.position.epoch, run.position.epoch_steps))
        for epoch, batch in batches:
            if epoch != run.position.epoch:
                run.position = replace(run.position, epoch=epoch, epoch_steps=0, epoch_targets=0)
            reason = _end(run)
            if reason is not None:
                break
            if stage_due(run):
                keep_stage(run)
            _update(run, batch, batches.make)
            yield from _tell(run)
            if _validation_due(run):
                yield validate(run)
            yield from _save_now_and_then(run)
        yield from _finish(run, reason or "budget")


def _end(run: Run) -> Reason | None:
    """Why there is no further update, asked before each: so a run killed after its last one ends as well."""
    if run.job.stop():
        return "stopped"
    if _patience_over(run):
        return "no gain"
    return "budget" if run.fraction >= 1.0 else None


@contextmanager
def _begin(job: Job) -> Iterator[Run]:
    """Opens the run, from its checkpoint where there is one, and closes its logs."""
    job.folder.mkdir(parents=True, exist_ok=True)
    optimiser = Optimiser(job.model, job.recipe.training)
    training = job.recipe.training
    average = MovingAverage(job.model, training.average_decay) if training.average_decay else None
    position, carried = Position(spent_s=job.spent_s), None
    path = job.folder / CHECKPOINT_NAME
    if path.exists():
        position, carried = checkpoints.load_checkpoint(path, job.model, optimiser, average)
    timings = Log(job.folder / TIMINGS_NAME, position.timings_bytes)
    with threads_kept(), Log(job.folder / METRICS_NAME, position.log_bytes) as metrics, timings as clocked:
        run = Run(
            job=job,
            budget=budget_of(training),
            optimiser=optimiser,
            average=average,
            held_out=measured_part(job.valid, job.recipe),
            metrics=metrics,
            timings=clocked,
            position=position,
            carried=carried,
            repeated=updates_to_repeat(job.model, job.recipe),
            threads=threads_to_find(training, job.model.device),
            begun_s=job.clock(),
            reserve_s=position.reserve_s,
            saved_s=job.clock(),
            nats=position.window_nats,
        )
        # of a budget that has become larger, fewer of the marks are passed
        passed = min(position.validations, int(run.fraction * training.validations + 1e-9))
        run.position = replace(position, validations=passed, stages=thinned_stages(run))
        yield run


def _batches(job: Job, epoch: int, done: int) -> Iterator[tuple[int, Batch]]:
    """Batches without end, each with its epoch: from `epoch` on, without its first `done` steps."""
    while True:
        source_of = training_source(job.recipe, epoch)
        for step in islice(training_steps(job.recipe, job.train, epoch), done, None):
            yield epoch, make_batch(step, job.train, source_of)
        epoch, done = epoch + 1, 0


def _update(run: Run, batch: Batch, meanwhile: Callable[[], None]) -> None:
    training = run.job.recipe.training
    model = run.job.model
    run.optimiser.learning_rate = learning_rate(run.fraction, training)
    before = run.job.clock()
    done = update(
        model,
        run.optimiser,
        batch,
        run.carried,
        noise=_noise(run),
        training=training,
        own=_own(run),
        repeated=run.repeated,
        meanwhile=meanwhile,
    )
    if run.threads is not None:
        run.threads.took(done.n_targets, run.job.clock() - before)
    if not (math.isfinite(done.gradient_norm) and math.isfinite(done.nats)):
        raise no_number(run.job, run.position.step + 1)
    run.carried = done.state
    run.nats += done.nats
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
        _log_training(run, done.gradient_norm)


def _own(run: Run) -> Own | None:
    """Scheduled sampling: the share rises with the budget used up."""
    share = run.job.recipe.training.scheduled_sampling * min(run.fraction, 1.0)
    return Own(share, _generator(run, salt=2)) if share > 0 else None


def _generator(run: Run, salt: int) -> torch.Generator:
    """One that depends on the seed and the step alone, so that a resumed run draws the same."""
    generator = torch.Generator(device=run.job.model.device)
    return generator.manual_seed(run.job.recipe.training.seed * 1_000_003 + salt * 1_000_000_007 + run.position.step)


def _noise(run: Run) -> Noise | None:
    """What is dropped in this update; None: nothing."""
    model = run.job.recipe.model
    rates = model.dropout, model.embedding_dropout, model.weight_dropout
    if not any(rates):
        return None
    units, embeddings, weights = rates
    return Noise(units, _generator(run, salt=0), model.variational_dropout, embeddings, weights)


def _log_training(run: Run, gradient_norm: float) -> None:
    at = run.position
    run.window_mean = run.nats / max(at.window_targets, 1)
    run.metrics.write(
        {
            "step": at.step,
            "epochs": round(run.epochs, 4),
            "tokens": at.targets,
            "nats_per_token": run.window_mean,
            "learning_rate": run.optimiser.learning_rate,
            "gradient_norm": gradient_norm,
        }
    )
    run.nats = 0.0
    run.position = replace(at, window_targets=0)


def _tell(run: Run) -> Iterator[Progress]:
    now = run.job.clock()
    if now - run.told_s < PROGRESS_S:
        return
    run.told_s = now
    trained_s = run.trained_s
    fraction = max(run.fraction, 1e-9)
    left_s = trained_s / fraction - trained_s + run.reserve_s
    if run.budget.seconds is not None:
        left_s = run.budget.seconds - run.position.spent_s - trained_s
    yield Progress(
        step=run.position.step,
        epochs=run.epochs,
        fraction=min(fraction, 1.0),
        trained_s=trained_s,
        left_s=max(left_s, 0.0),
        tokens_per_s=run.position.targets / max(trained_s, 1e-9),
        # just after a line of the log the next window is empty
        nats_per_token=run.nats / run.position.window_targets if run.position.window_targets else run.window_mean,
        learning_rate=run.optimiser.learning_rate,
    )


def _validation_due(run: Run) -> bool:
    """Whether a mark is passed; of a budget in minutes measurements take a part of the time, not most of it."""
    number = run.job.recipe.training.validations
    if run.position.validations >= number - 1 or run.fraction < (run.position.validations + 1) / number:
        return False
    return run.budget.seconds is None or run.trained_s >= run.measured_s + REST * run.measuring_s


def _patience_over(run: Run) -> bool:
    patience, best = run.job.recipe.training.patience, run.position.best
    return patience is not None and best is not None and best.without_gain >= patience


def _save_now_and_then(run: Run) -> Iterator[Saved]:
    if run.job.clock() - run.saved_s >= run.job.recipe.training.checkpoint_s:
        yield _save(run)


def _save(run: Run) -> Saved:
    path = run.job.folder / CHECKPOINT_NAME
    position = replace(
        run.position,
        trained_s=run.trained_s,
        window_nats=run.nats,
        reserve_s=run.reserve_s,
        log_bytes=run.metrics.flushed_length(),
        timings_bytes=run.timings.flushed_length(),
    )
    checkpoints.save_checkpoint(path, run.job.model, run.optimiser, run.average, run.carried, position)
    best = weights_path(run.job.folder, position.best.step) if position.best is not None else None
    for weights in run.job.folder.glob("best.*.safetensors"):
        if weights != best:
            remove_file(weights)
    kept = {snapshot_path(run.job.folder, step) for step in position.snapshots}
    for snapshot in run.job.folder.glob("snapshot.*.safetensors"):
        if snapshot not in kept:
            remove_file(snapshot)
    drop_unnamed(run.job.folder, position.stages)
    run.saved_s = run.job.clock()
    return Saved(position.step, path)


def _finish(run: Run, reason: Reason) -> Iterator[Event]:
    """The last measurement, unless the weights have not changed since the one before, and the last save."""
    if reason == "stopped":
        # a stopped run goes on later as if it had not been: its checkpoint comes before any measurement, which only
        # tells which weights are the best so far
        yield _save(run)
    if run.position.measured_step != run.position.step:
        yield validate(run)
    if reason != "stopped":
        yield from try_mean(run)
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
        stages=run.position.stages,
    )
