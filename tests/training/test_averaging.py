"""Averages of weights: what they are, that they are measured and kept, and that a resumed run has the same."""

from __future__ import annotations

import pytest
import torch
from safetensors.torch import load_file, save_file

from skaz.training.averaging import MovingAverage, mean_of_files
from skaz.training.events import Finished, Validated
from skaz.training.loop import train
from skaz.training.run import CHECKPOINT_NAME, weights_path


def test_a_moving_average_is_one(job_of) -> None:
    model = job_of().model
    average = MovingAverage(model, 0.9)
    wanted = {name: parameter.detach().clone() for name, parameter in model.named_parameters()}
    for step in range(1, 30):
        with torch.no_grad():
            for parameter in model.parameters():
                parameter.add_(0.1)
        average.update(step)
        decay = min(0.9, (1 + step) / (10 + step))
        for name, parameter in model.named_parameters():
            wanted[name] = decay * wanted[name] + (1 - decay) * parameter.detach()
    now = {name: parameter.detach().clone() for name, parameter in model.named_parameters()}
    with average.in_place():
        for name, parameter in model.named_parameters():
            torch.testing.assert_close(parameter.detach(), wanted[name])
    for name, parameter in model.named_parameters():
        assert torch.equal(parameter.detach(), now[name])
        torch.testing.assert_close(average.tensors()[name], wanted[name])


def test_the_mean_of_files(tmp_path) -> None:
    paths = [tmp_path / f"{number}.safetensors" for number in range(3)]
    for number, path in enumerate(paths):
        save_file({"w": torch.full((2, 2), float(number**2))}, path)
    torch.testing.assert_close(mean_of_files(paths)["w"], torch.full((2, 2), 5 / 3))


@pytest.mark.parametrize("setting", [{"training__average_decay": 0.9}, {"training__average_last": 3}])
def test_a_stopped_run_with_averages_ends_as_one_that_was_not(job_of, setting: dict[str, object]) -> None:
    said = {"training__steps": 24, "training__validations": 4, **setting}
    whole = list(train(job_of("whole", **said)))
    stops = iter([False] * 13 + [True] * 9)
    list(train(job_of("parted", stop=lambda: next(stops, True), **said)))
    resumed = list(train(job_of("parted", **said)))
    for events in (whole, resumed):
        assert isinstance(events[-1], Finished)
    folders = [job_of(name).folder for name in ("whole", "parted")]
    steps = [events[-1].best.step for events in (whole, resumed)]
    assert steps[0] == steps[1]
    first, second = (load_file(weights_path(folder, steps[0])) for folder in folders)
    assert first.keys() == second.keys()
    assert all(torch.equal(first[name], second[name]) for name in first)


def test_the_mean_of_the_last_is_tried_at_the_end_and_nothing_is_left_behind(job_of) -> None:
    job = job_of(training__steps=24, training__validations=4, training__average_last=3)
    events = list(train(job))
    assert [event.step for event in events if isinstance(event, Validated)] == [6, 12, 18, 24, 24]
    left = {path.name for path in job.folder.glob("*.safetensors")}
    assert left == {CHECKPOINT_NAME, weights_path(job.folder, events[-1].best.step).name}
