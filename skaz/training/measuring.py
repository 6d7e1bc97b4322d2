"""Measuring during a run: held-out texts, and which weights are kept for it."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from contextlib import nullcontext
from dataclasses import replace

from skaz.corpus.shards import Shards
from skaz.corpus.sources import nothing, whole_plan
from skaz.nn.seq2seq import Seq2Seq
from skaz.recipe import Recipe
from skaz.training import checkpoint as checkpoints
from skaz.training.averaging import mean_of_files
from skaz.training.checkpoint import Best
from skaz.training.events import Event, Validated
from skaz.training.measured import Measured
from skaz.training.order import training_source
from skaz.training.run import Run, no_number, snapshot_path, weights_path
from skaz.training.validation import VALIDATION_PIECE_TOKENS, HeldOut, Vote, hold_out, hold_out_pairs, measure_together


def measured_part(valid: Shards, recipe: Recipe) -> HeldOut:
    """What a run measures itself on, of what is held out."""
    most = recipe.training.validation_characters
    if recipe.task == "write":
        return hold_out(valid, most_characters=most, longest_tokens=VALIDATION_PIECE_TOKENS)
    return hold_out_pairs(valid, most_characters=most)


def measure_networks(
    models: Sequence[Seq2Seq], held_out: HeldOut, recipe: Recipe, vote: Vote | None = None
) -> tuple[Measured, Measured | None]:
    """A network, or several as one: pairs with their sources, and the n-grams that vote beside the networks; stories
    with nothing before them, and then with their plans where there are some and they are read."""
    plain = measure_plainly(models, held_out, recipe, vote)
    reads_plans = recipe.model.encoder.layers and recipe.sources.plan and held_out.has_plans
    if recipe.task != "write" or not reads_plans:
        return plain, None
    return plain, measure_together(models, held_out, whole_plan, recipe.training.precision)


def measure_plainly(models: Sequence[Seq2Seq], held_out: HeldOut, recipe: Recipe, vote: Vote | None = None) -> Measured:
    """The same, of stories only with nothing before them."""
    source_of = nothing if recipe.task == "write" else training_source(recipe, 0)
    return measure_together(models, held_out, source_of, recipe.training.precision, vote)


def validate(run: Run) -> Validated:
    """Measures the weights, or their moving average where there is one, and keeps them where they are the best."""
    with run.average.in_place() if run.average is not None else nullcontext():
        validated = measure_and_keep(run)
        last = run.job.recipe.training.average_last
        if last > 1:
            step = run.position.step
            checkpoints.save_weights(snapshot_path(run.job.folder, step), checkpoints.model_tensors(run.job.model))
            others = tuple(each for each in run.position.snapshots if each != step)
            run.position = replace(run.position, snapshots=(*others, step)[-last:])
    return validated


def measure_and_keep(run: Run) -> Validated:
    """Measures the weights that the model has now, and keeps them where they are the best."""
    job, before = run.job, run.job.clock()
    plain, with_plan = measure_networks([job.model], run.held_out, job.recipe)
    at, former = run.position, run.position.best
    if not all(math.isfinite(each.nats) for each in (plain, with_plan) if each is not None):
        raise no_number(job, at.step)
    share = job.recipe.sources.plan
    if job.recipe.task != "write":
        # what a search finds goes by the likeliest tokens; a network surer than right still finds them
        better = former is None or (plain.accuracy, -plain.nats) > (former.plain.accuracy, -former.plain.nats)
    else:
        better = former is None or _score(plain, with_plan, share) < _score(former.plain, former.with_plan, share)
    trained_s = run.trained_s
    if better:
        best = Best(at.step, trained_s, plain, with_plan)
        checkpoints.save_weights(weights_path(job.folder, at.step), checkpoints.model_tensors(job.model))
    else:
        assert former is not None
        best = replace(former, without_gain=former.without_gain + 1)
    passed = min(int(run.fraction * job.recipe.training.validations + 1e-9), job.recipe.training.validations)
    run.position = replace(at, validations=max(passed, at.validations + 1), measured_step=at.step, best=best)
    line = {"step": at.step, "bits_per_character": plain.bits_per_character, "token_accuracy": plain.accuracy}
    if with_plan is not None:
        line["bits_per_character_with_plan"] = with_plan.bits_per_character
    run.metrics.write(line)
    timing = {"step": at.step, "trained_s": trained_s, "tokens": at.targets}
    run.timings.write(timing if run.threads is None else {**timing, "threads": run.threads.number})
    at_the_end = 2 if len(run.position.snapshots) > 1 else 1  # the mean of the last ones is measured as well
    run.measured_s, run.measuring_s = run.trained_s, job.clock() - before
    run.reserve_s = 1.2 * at_the_end * run.measuring_s
    return Validated(at.step, trained_s, plain, with_plan, better)


def try_mean(run: Run) -> Iterator[Event]:
    """The mean of the last measurements' weights, which becomes the best where it measures so."""
    steps = run.position.snapshots
    if len(steps) < 2:
        return
    model = run.job.model
    before = {name: tensor.clone() for name, tensor in checkpoints.model_tensors(model).items()}
    mean = mean_of_files([snapshot_path(run.job.folder, step) for step in steps])
    checkpoints.load_model_tensors(model, mean, run.job.folder)
    run.position = replace(run.position, snapshots=())  # tried once, on a resume as well
    yield measure_and_keep(run)
    checkpoints.load_model_tensors(model, before, run.job.folder)


def _score(plain: Measured, with_plan: Measured | None, share: float) -> float:
    """Nats as training meets stories: so often with their plan, else without."""
    return plain.nats if with_plan is None else share * with_plan.nats + (1.0 - share) * plain.nats
