"""Stages: what is kept on the way, and that a killed run keeps the same."""

from __future__ import annotations

import pytest
import torch
from safetensors.torch import load_file

from skaz.training import loop
from skaz.training.checkpoint import model_tensors
from skaz.training.loop import train
from skaz.training.run import stage_path


def _kept(job, **more: object) -> dict[int, dict[str, torch.Tensor]]:
    finished = list(train(job))[-1]
    return {stage.step: load_file(stage_path(job.folder, stage.step)) for stage in finished.stages}


def test_stages_begin_untrained_and_stand_close_at_first(job_of) -> None:
    job = job_of(training__steps=32, training__validations=1, training__stages=4)
    before = {name: tensor.half() for name, tensor in model_tensors(job.model).items()}
    kept = _kept(job)
    assert list(kept) == [0, 2, 8, 18]
    assert all(torch.equal(kept[0][name], tensor) for name, tensor in before.items())
    assert not torch.equal(kept[2]["output_VE"], kept[18]["output_VE"])


def test_more_stages_than_updates(job_of) -> None:
    assert list(_kept(job_of(training__steps=3, training__validations=1, training__stages=9))) == [0, 1, 2]


def test_none_unless_asked_for(job_of) -> None:
    job = job_of(training__steps=3, training__validations=1)
    assert _kept(job) == {}
    assert not list(job.folder.glob("stage.*"))


def test_a_killed_run_keeps_the_same_stages(job_of, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = {"training__steps": 30, "training__validations": 1, "training__stages": 5, "training__checkpoint_s": 60}
    whole = _kept(job_of("whole", **settings))

    class Killed(BaseException):
        pass

    update = loop.update

    def killing(model, *words, **more):
        killing.left -= 1
        if not killing.left:
            raise Killed
        return update(model, *words, **more)

    killing.left = 22
    monkeypatch.setattr(loop, "update", killing)
    job = job_of("killed", **settings)
    with pytest.raises(Killed):
        list(train(job))
    resumed = _kept(job_of("killed", **settings))
    assert list(resumed) == list(whole) == [0, 2, 5, 11, 20]
    assert all(torch.equal(resumed[step][name], whole[step][name]) for step in whole for name in whole[step])
    assert len(list(job.folder.glob("stage.*"))) == 5
