"""The loop: its events, its end, and that a killed run ends as one never killed."""

from __future__ import annotations

import json
import os
import random
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from safetensors import safe_open
from safetensors.torch import load_file, save_file

from skaz.corpus.prepare import PrepareOptions, prepare
from skaz.corpus.shards import Shards
from skaz.errors import BundleError, TrainingError
from skaz.recipe_reading import with_settings
from skaz.training import loop, measuring
from skaz.training.events import Finished, Progress, Saved, Validated
from skaz.training.log import Log, read_log
from skaz.training.loop import train
from skaz.training.run import CHECKPOINT_NAME, METRICS_NAME, TIMINGS_NAME, weights_path


class Killed(BaseException):
    """As if the process were gone."""


def _result(folder: Path, events: list) -> tuple[Finished, bytes, bytes]:
    finished = events[-1]
    assert isinstance(finished, Finished)
    return finished, weights_path(folder, finished.best.step).read_bytes(), (folder / METRICS_NAME).read_bytes()


def test_the_events_of_a_run(job_of) -> None:
    job = job_of(training__steps=30, training__validations=3, training__checkpoint_s=40.0)
    events = list(train(job))
    assert isinstance(events[-1], Finished)
    assert isinstance(events[-2], Saved)
    assert events[-1].reason == "budget"
    assert events[-1].step == 30
    assert [event.step for event in events if isinstance(event, Validated)] == [10, 20, 30]
    fractions = [event.fraction for event in events if isinstance(event, Progress)]
    assert fractions == sorted(fractions)
    assert fractions[-1] == 1.0
    assert sum(isinstance(event, Saved) for event in events) > 2
    lines = read_log(job.folder / METRICS_NAME)
    assert [line["step"] for line in lines if "bits_per_character" in line] == [10, 20, 30]
    assert [line["step"] for line in lines if "nats_per_token" in line] == [25]
    assert not [path for path in job.folder.iterdir() if path.name.startswith(".")]


def test_a_tiny_corpus_is_learnt(job_of) -> None:
    events = list(train(job_of(training__steps=100, training__validations=2, training__learning_rate=0.02)))
    first, last = (event.plain.bits_per_character for event in events if isinstance(event, Validated))
    untrained = 3.0  # bits per character, about
    assert first < untrained
    assert last < 0.8
    assert events[-1].best.plain.bits_per_character == min(first, last)


@pytest.mark.parametrize("spent_s", [0.0, 20.0])
def test_a_budget_in_minutes_ends_on_time(job_of, monkeypatch: pytest.MonkeyPatch, spent_s: float) -> None:
    now = [0.0]
    update, measure = loop.update, measuring.measure_together

    def slow_update(*words, **more):
        now[0] += 0.5
        return update(*words, **more)

    def slow_measure(*words, **more):
        now[0] += 1.0
        return measure(*words, **more)

    monkeypatch.setattr(loop, "update", slow_update)
    monkeypatch.setattr(measuring, "measure_together", slow_measure)
    job = job_of(training__minutes=1.0, clock=lambda: now[0], spent_s=spent_s, training__validations=5)
    events = list(train(job))
    assert events[-1].reason == "budget"
    assert 57.0 <= now[0] + spent_s <= 60.5  # the last measurement is inside the minute
    assert events[-1].trained_s == now[0]
    assert all(0 <= event.left_s <= 60 for event in events if isinstance(event, Progress))
    assert sum(isinstance(event, Validated) for event in events) == 5


def _hurrying(monkeypatch: pytest.MonkeyPatch, measuring_s: float = 1.0) -> list[float]:
    """The time of a clock that only updates, half a second each, and measurements, a second each, move on."""
    now = [0.0]

    def takes(owner: object, name: str, seconds: float) -> None:
        real = getattr(owner, name)

        def slow(*words, **more):
            now[0] += seconds
            return real(*words, **more)

        monkeypatch.setattr(owner, name, slow)

    takes(loop, "update", 0.5)
    takes(measuring, "measure_together", measuring_s)
    return now


def test_most_of_a_short_budget_is_trained(job_of, monkeypatch: pytest.MonkeyPatch) -> None:
    now = _hurrying(monkeypatch, measuring_s=5.0)
    events = list(train(job_of(training__minutes=2.0, clock=lambda: now[0], training__validations=50)))
    assert 115.0 <= now[0] <= 121.0
    assert events[-1].step * 0.5 > 0.6 * 120
    assert sum(isinstance(event, Validated) for event in events) >= 3


def test_the_rate_spans_the_training_however_long_preparing_took(job_of, monkeypatch: pytest.MonkeyPatch) -> None:
    now = _hurrying(monkeypatch)
    job = job_of(training__minutes=1.0, clock=lambda: now[0], spent_s=40.0, training__warmup=0.3)
    events = [event for event in train(job) if isinstance(event, Progress)]
    rates = [event.learning_rate for event in events]
    highest = job.recipe.training.learning_rate
    assert events[0].fraction < 0.1
    assert rates[0] < 0.1 * highest
    assert max(rates) == pytest.approx(highest, rel=0.05)
    assert rates[-1] < 0.3 * highest


@pytest.mark.parametrize("resumed_spent_s", [0.0, 9.0])
def test_resumed_in_minutes_it_goes_on_within_the_same_budget(
    job_of, monkeypatch: pytest.MonkeyPatch, resumed_spent_s: float
) -> None:
    now = _hurrying(monkeypatch)
    told: list[Progress] = []
    for spent_s, updates in ((30.0, 20), (resumed_spent_s, 10**9)):
        asked = iter(range(10**9))
        job = job_of(
            training__minutes=1.0,
            clock=lambda: now[0],
            spent_s=spent_s,
            stop=lambda asked=asked, updates=updates: next(asked) >= updates,
        )
        told += [event for event in train(job) if isinstance(event, Progress)]
    fractions = [event.fraction for event in told]
    assert fractions == sorted(fractions)
    assert 27.0 <= told[-1].trained_s <= 30.0  # of the thirty seconds that preparing had left
    assert all(event.left_s <= 30.0 for event in told)


def test_a_checkpoint_that_does_not_tell_what_was_spent_before_it_is_gone_on_with(job_of) -> None:
    """As older ones are."""
    list(train(job_of(stop=iter([False] * 3 + [True]).__next__, training__steps=6)))
    job = job_of(training__steps=6)
    path = job.folder / CHECKPOINT_NAME
    with safe_open(path, framework="pt") as file:
        header = file.metadata()
    position = json.loads(header["position"])
    del position["spent_s"], position["reserve_s"]
    save_file(load_file(path), path, metadata={**header, "position": json.dumps(position)})
    assert list(train(job))[-1].step == 6


def test_a_budget_in_epochs_reads_every_token_so_often(job_of, corpus) -> None:
    events = list(train(job_of(training__epochs=2.0, sources__opening=0.0)))
    assert events[-1].epochs == 2.0
    assert events[-1].tokens == 2 * (corpus.train.n_tokens + len(corpus.train))


def test_no_gain_ends_a_run(job_of) -> None:
    settings = {"training__steps": 200, "training__validations": 40, "training__patience": 3}
    events = list(train(job_of(**settings, training__learning_rate=1e-12)))
    measured = [event.plain.nats for event in events if isinstance(event, Validated)]
    assert events[-1].reason == "no gain"
    assert events[-1].step < 200
    best = measured.index(min(measured))
    assert len(measured) - 1 - best == 3
    assert events[-1].best.plain.nats == min(measured)


def test_few_steps_and_many_measurements(job_of) -> None:
    job = job_of(training__steps=3, training__validations=10)
    assert [event.step for event in train(job) if isinstance(event, Validated)] == [1, 2, 3]


def test_given_a_larger_budget_a_resumed_run_is_measured_as_often_as_that_says(job_of) -> None:
    job = job_of(training__steps=20, training__validations=10, training__stages=5)
    asked = iter(range(1_000))
    list(train(replace(job, stop=lambda: next(asked) >= 18)))
    longer = with_settings(job.recipe, {"training.steps": 100})
    events = list(train(replace(job, recipe=longer)))
    assert [event.step for event in events if isinstance(event, Validated)] == [20, 30, 40, 50, 60, 70, 80, 90, 100]
    assert [stage.step for stage in events[-1].stages] == [0, 4, 13, 36, 65]


def test_the_loss_is_told_after_every_update(job_of) -> None:
    job = job_of(training__steps=30)
    told = {event.step: event.nats_per_token for event in train(job) if isinstance(event, Progress)}
    logged = {line["step"]: line for line in read_log(job.folder / METRICS_NAME) if "nats_per_token" in line}
    assert all(told.values())
    assert told[25] == logged[25]["nats_per_token"]  # the window that has just ended


def test_stopped_long_after_a_measurement_the_newest_weights_are_measured(job_of) -> None:
    settings = {"training__steps": 60, "training__validations": 2, "training__learning_rate": 0.02}
    asked = iter(range(99))
    events = list(train(job_of(stop=lambda: next(asked) >= 45, **settings)))
    assert [event.step for event in events if isinstance(event, Validated)] == [30, 45]
    assert events[-1].best.step == 45
    # the checkpoint knows nothing of the second: the run goes on as if it had not been stopped
    events = list(train(job_of(**settings)))
    assert [event.step for event in events if isinstance(event, Validated)] == [60]


def test_broken_off_while_measuring_at_the_end_a_stopped_run_is_kept(job_of, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken_off(*words, **more):
        raise KeyboardInterrupt

    asked = iter(range(99))
    with monkeypatch.context() as patch:
        patch.setattr(measuring, "measure_together", broken_off)
        with pytest.raises(KeyboardInterrupt):
            list(train(job_of(stop=lambda: next(asked) >= 5, training__steps=9, training__validations=1)))
    job = job_of(training__steps=9, training__validations=1, stop=lambda: True)
    assert list(train(job))[-1].step == 5


def test_stories_without_plans_are_not_measured_with_them(job_of, corpus, tmp_path: Path, stories_file: Path) -> None:
    prepare([stories_file], tmp_path / "c", PrepareOptions(split="line", vocabulary_size=400, seed=1, plans=False))
    planless = Shards.open(tmp_path / "c" / "valid")
    for valid, has_plans in ((corpus.valid, True), (planless, False)):
        job = replace(job_of(f"plans-{has_plans}", training__steps=2, training__validations=1), valid=valid)
        finished = list(train(job))[-1]
        assert (finished.best.with_plan is not None) == has_plans
        assert has_plans == any("with_plan" in name for line in read_log(job.folder / METRICS_NAME) for name in line)


def test_stopped_at_once_there_is_a_best_all_the_same(job_of) -> None:
    job = job_of(stop=lambda: True, training__steps=9)
    finished, weights, _ = _result(job.folder, list(train(job)))
    assert (finished.reason, finished.step) == ("stopped", 0)
    assert weights


SETTINGS = {
    "training__steps": 26,  # of some fifteen an epoch
    "training__validations": 9,
    "training__checkpoint_s": 60.0,
    "training__patience": 9,
    "training__learning_rate": 2.0,  # so high that not every measurement is a gain
    "model__dropout": 0.3,
    "text__split": "line",
}


@pytest.fixture(params=["fp32", "bf16"])
def settings(request) -> dict[str, object]:
    return {**SETTINGS, "training__precision": request.param, "model__variational_dropout": request.param == "bf16"}


@pytest.fixture
def uninterrupted(job_of, settings) -> tuple[Finished, bytes, bytes]:
    job = job_of("whole", **settings)
    events = list(train(job))
    gains = [event.best for event in events if isinstance(event, Validated)]
    assert True in gains
    assert False in gains
    assert events[-1].epochs > 1
    return _result(job.folder, events)


def _same(one: tuple[Finished, bytes, bytes], two: tuple[Finished, bytes, bytes]) -> bool:
    a, b = one[0], two[0]
    facts = ((f.reason, f.step, f.epochs, f.tokens, f.best.step, f.best.plain, f.best.with_plan) for f in (a, b))
    return len(set(facts)) == 1 and one[1:] == two[1:]


def _killed_at(point: int, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Kills at the point-th of: a file put in its place, a line logged, an update begun, a measurement begun."""
    left = [point]

    def watch(owner: object, name: str, after: bool) -> None:
        real = getattr(owner, name)

        def watched(*words, **more):
            left[0] -= 1
            if left[0] == 0 and not after:
                raise Killed
            result = real(*words, **more)
            if left[0] == 0:
                raise Killed
            return result

        monkeypatch.setattr(owner, name, watched)

    watch(os, "replace", after=point % 2 == 0)
    watch(Log, "write", after=True)
    watch(loop, "update", after=False)
    watch(measuring, "measure_together", after=False)
    yield
    monkeypatch.undo()


def test_killed_anywhere_a_run_ends_as_one_never_killed(
    job_of, settings, uninterrupted, monkeypatch: pytest.MonkeyPatch
) -> None:
    rng = random.Random(3)
    kills = 0
    for trial in range(6):
        folder = f"trial{trial}"
        while True:
            job = job_of(folder, **settings)
            with pytest.MonkeyPatch.context() as patch:
                for _ in _killed_at(rng.randint(5, 60), patch):
                    try:
                        events = list(train(job))
                    except Killed:
                        events = []
            if events:
                break
            kills += 1
        assert _same(_result(job.folder, events), uninterrupted), trial
    assert kills >= 8


def test_killed_right_after_the_end_it_ends_again_the_same(job_of, settings, uninterrupted) -> None:
    for _ in range(3):
        job = job_of("again", **settings)
        events = list(train(job))
        assert _same(_result(job.folder, events), uninterrupted)
    assert not [event for event in events if isinstance(event, Validated)]  # nothing was measured anew


@pytest.mark.parametrize("stops", [(1, 2, 3), (4, 9), (14, 15, 16)])
def test_stopped_and_gone_on_it_ends_the_same(job_of, settings, uninterrupted, stops: tuple[int, ...]) -> None:
    events: list = []
    for stop_at in (*stops, 10**9):
        asked = iter(range(10**9))
        job = job_of("stopped", stop=lambda asked=asked, stop_at=stop_at: next(asked) >= stop_at, **settings)
        events = list(train(job))
    assert _same(_result(job.folder, events), uninterrupted)


def test_no_gain_ends_a_killed_run_as_well(job_of) -> None:
    settings = {"training__steps": 60, "training__validations": 20, "training__patience": 2}
    settings |= {"training__learning_rate": 1e-12, "training__checkpoint_s": 1e-9}
    whole = job_of("whole", **settings)
    wanted = _result(whole.folder, list(train(whole)))
    assert wanted[0].reason == "no gain"
    for point in (1, 2):
        job = job_of("killed", **settings)
        measured = 0
        for event in train(job):
            if isinstance(event, Validated):
                measured += not event.best
            if isinstance(event, Saved) and measured == 2:
                break  # patience is over, and the run is killed before it has said so
        job = job_of("killed", **settings)
        assert _same(_result(job.folder, list(train(job))), wanted), point


def test_best_weights_belong_to_the_checkpoint(job_of) -> None:
    """Killed after better weights were saved and before the checkpoint that knows of them, a run in minutes,
    which may go another way next time, still has the weights that its checkpoint calls the best."""
    settings = {"training__steps": 20, "training__validations": 20, "training__checkpoint_s": 1e9}
    stopped = job_of(stop=iter([False] * 5 + [True]).__next__, **settings)
    first = list(train(stopped))[-1]
    weights = weights_path(stopped.folder, first.best.step).read_bytes()
    for event in train(job_of(**settings)):
        if isinstance(event, Validated) and event.best:
            break  # better weights are on the disk: killed
    again = job_of(stop=lambda: True, **settings)
    last = list(train(again))[-1]
    assert last.best == first.best
    assert weights_path(again.folder, last.best.step).read_bytes() == weights


def test_a_run_in_minutes_finds_its_threads_and_tells_of_them(job_of, monkeypatch: pytest.MonkeyPatch) -> None:
    """Updates that take longer with two threads than with one, by the job's clock."""
    torch.set_num_threads(2)
    now = [0.0]
    update = loop.update

    def contended(*words, **more):
        now[0] += 0.2 * torch.get_num_threads() ** 2
        return update(*words, **more)

    monkeypatch.setattr(loop, "update", contended)
    job = job_of(training__minutes=1.0, training__threads=None, clock=lambda: now[0], training__validations=4)
    list(train(job))
    assert [line["threads"] for line in read_log(job.folder / TIMINGS_NAME)] == [1] * 4
    assert torch.get_num_threads() == 2


def test_timings_are_cut_back_as_well(job_of) -> None:
    settings = {"training__steps": 8, "training__validations": 8, "training__checkpoint_s": 30.0}
    for event in train(job_of(**settings)):
        if isinstance(event, Validated) and event.step == 6:
            break
    job = job_of(**settings)
    with (job.folder / TIMINGS_NAME).open("ab") as timings:
        timings.write(b'{"step": 7, "tra')  # a line that a kill cut short
    list(train(job))
    assert [line["step"] for line in read_log(job.folder / TIMINGS_NAME)] == list(range(1, 9))


def test_not_a_number_stops_and_keeps_the_last_good(job_of, monkeypatch: pytest.MonkeyPatch) -> None:
    update = loop.update
    job = job_of(training__steps=20, training__checkpoint_s=1e-9)

    def spoilt(model, *words, **more):
        if spoilt.calls == 7:
            with torch.no_grad():
                model.bias_V[0] = torch.nan
        spoilt.calls += 1
        return update(model, *words, **more)

    spoilt.calls = 0
    monkeypatch.setattr(loop, "update", spoilt)
    with pytest.raises(TrainingError, match=r"At update 8 the loss is no longer a number; the last good checkpoint"):
        list(train(job))
    assert (job.folder / CHECKPOINT_NAME).is_file()
    monkeypatch.undo()
    again = job_of(training__steps=20, training__checkpoint_s=1e-9)
    steps = [event.step for event in train(again) if isinstance(event, Saved)]
    assert steps[0] == 8  # it went on after the seventh


def test_a_last_update_that_leaves_no_numbers_makes_no_bundle(job_of) -> None:
    settings = {"training__learning_rate": 1e30, "training__clip_norm": 1e30, "training__warmup": 0.0}
    with pytest.raises(TrainingError, match="At update 1 the loss is no longer a number: train anew"):
        list(train(job_of(training__steps=1, **settings)))


def test_a_damaged_checkpoint_is_one_sentence(job_of) -> None:
    job = job_of(training__steps=2)
    list(train(job))
    path = job.folder / CHECKPOINT_NAME
    whole = path.read_bytes()
    for part in (b"", whole[:100], whole[:-9]):
        path.write_bytes(part)
        with pytest.raises(BundleError, match=r"can't be read .*delete its folder and train anew"):
            list(train(job_of(training__steps=2)))
    path.write_bytes(whole)
    with pytest.raises(BundleError, match="do not fit their recipe"):
        list(train(job_of(training__steps=2, model__decoder__hidden_size=32)))


def test_a_log_that_was_lost_is_begun_anew(tmp_path: Path) -> None:
    path = tmp_path / "l"
    with Log(path) as log:
        log.write({"step": 1})
        log.write({"step": 2})
        length = log.flushed_length()
    for left, steps in ((b"", []), (path.read_bytes()[:-3], [1])):
        path.write_bytes(left)
        with Log(path, length) as log:
            log.write({"step": 3})
        assert [line["step"] for line in read_log(path)] == [*steps, 3]


def test_a_log_line_cut_short_is_left_out(tmp_path: Path) -> None:
    with Log(tmp_path / "l") as log:
        log.write({"step": 1})
        length = log.flushed_length()
        log.write({"step": 2})
    assert [line["step"] for line in read_log(tmp_path / "l")] == [1, 2]
    with Log(tmp_path / "l", length) as log:
        log.write({"step": 3})
    assert [line["step"] for line in read_log(tmp_path / "l")] == [1, 3]
    with (tmp_path / "l").open("a") as file:
        file.write(json.dumps({"step": 4})[:-2])
    assert [line["step"] for line in read_log(tmp_path / "l")] == [1, 3]
