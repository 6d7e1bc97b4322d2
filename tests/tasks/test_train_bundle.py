"""Training to a bundle: what a run that was stopped goes on with."""

from __future__ import annotations

import itertools
import json
import os
import shutil
import sys
import time
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import torch
import wakepy
from safetensors.numpy import load_file

from skaz.engine.bundle import open_bundle
from skaz.engine.torch_engine import load_model
from skaz.errors import CorpusError, RecipeError, RequestError
from skaz.recipe_reading import read_recipe, stated_settings
from skaz.tasks import run_start, training
from skaz.tasks.preparing import prepare_for
from skaz.tasks.training import Said, TrainRequest, train_bundle
from skaz.training.events import Validated

SETTINGS = {
    "task": "transduce",
    "model.embedding_size": 8,
    "model.encoder.hidden_size": 8,
    "model.decoder.hidden_size": 8,
    "training.batch_tokens": 64,
    "training.steps": 12,
    "training.threads": 1,
}


@pytest.fixture
def pairs(tmp_path: Path) -> Path:
    """Words and their letters, large."""
    words = ["".join(word) for word in itertools.product("abcd", repeat=3)]
    path = tmp_path / "pairs.tsv"
    path.write_text("".join(f"{word}\t{' '.join(word.upper())}\n" for word in words), "utf-8")
    return path


def test_of_weights_that_are_right_as_often_the_surer_are_kept(pairs: Path, tmp_path: Path) -> None:
    measured: list[Validated] = []

    def hear(event: object) -> None:
        if isinstance(event, Validated):
            measured.append(event)

    recipe, stated = read_recipe(overrides=SETTINGS), stated_settings(SETTINGS, None)
    finished = train_bundle(TrainRequest([pairs], tmp_path / "out", recipe, stated), hear)
    assert len({event.plain.accuracy for event in measured}) == 1  # hardly anything is learnt yet
    assert finished.best.step == min(measured, key=lambda event: event.plain.nats).step == 12


def test_a_stopped_run_of_strings_in_order_goes_on_bit_for_bit(pairs: Path, tmp_path: Path) -> None:
    recipe, stated = read_recipe(overrides=SETTINGS), stated_settings(SETTINGS, None)

    def run(name: str, *, updates: int = 99, resume: bool = False) -> None:
        asked = itertools.count()
        request = TrainRequest([pairs], tmp_path / name, recipe, stated, resume=resume)
        train_bundle(request, stop=lambda: next(asked) >= updates)

    run("straight")
    run("broken", updates=5)
    assert (tmp_path / "broken.run" / "learnt" / "train").is_dir()
    run("broken", resume=True)
    one, other = (load_file(tmp_path / name / "model.safetensors") for name in ("straight", "broken"))
    assert all((one[name] == other[name]).all() for name in one)
    assert not (tmp_path / "broken.run").exists()


def test_a_resume_that_is_not_told_what_files_are_called_calls_them_the_same(
    tmp_path: Path, tiny: dict[str, object], stories_file: Path
) -> None:
    kept, out = tmp_path / "0001.txt", tmp_path / "teller"
    shutil.copy(stories_file, kept)
    settings = {**tiny, "training.steps": 6, "training.validations": 1}
    recipe = read_recipe(overrides={name: value for name, value in settings.items() if name != "size"}, size="tiny")
    stated = stated_settings(settings, None)
    begun = TrainRequest([kept], out, recipe, stated, names={str(kept): "Сказки.txt"})
    assert train_bundle(begun, stop=lambda: True).reason == "stopped"
    for name in ("names.json", "sources.json"):  # older versions wrote letters as they are
        path = tmp_path / "teller.run" / name
        path.write_text(json.dumps(json.loads(path.read_text("utf-8")), ensure_ascii=False), "utf-8")
    train_bundle(TrainRequest([], out, recipe, stated, resume=True))
    assert open_bundle(out).facts.corpus["names"] == ["Сказки.txt"]


@pytest.mark.skipif(sys.platform != "linux", reason="other systems have no such names")
def test_files_whose_names_are_not_utf_8_are_trained_on_and_resumed(
    tmp_path: Path, tiny: dict[str, object], stories_file: Path
) -> None:
    kept, out = tmp_path / os.fsdecode(b"k\xff.txt"), tmp_path / os.fsdecode(b"t\xff")
    shutil.copy(stories_file, kept)
    settings = {**tiny, "training.steps": 4, "training.validations": 2, "training.average_last": 2}
    begun = TrainRequest(
        [kept], out, read_recipe(overrides=settings), stated_settings(settings, None), names={str(kept): kept.name}
    )
    assert train_bundle(begun, stop=lambda: True).reason == "stopped"
    with pytest.raises(RequestError, match="begun with other texts"):
        train_bundle(replace(begun, paths=[stories_file], resume=True))
    train_bundle(replace(begun, names={}, resume=True))
    assert open_bundle(out).facts.corpus["names"] == ["k .txt"]
    assert load_model(open_bundle(out)).n_parameters() == open_bundle(out).facts.run["parameters"]


def test_killed_before_its_choices_a_run_keeps_what_was_stated(
    tmp_path: Path, tiny: dict[str, object], stories_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Killed(BaseException):
        """As if the power failed: the folder stays as it is."""

    def kill(*words: object) -> None:
        shutil.copytree(tmp_path / "out.run", tmp_path / "kept")
        raise Killed

    settings = {**tiny, "size": "auto", "text.split": "line", "training.steps": 2, "model.dropout": 0.45}
    begun = TrainRequest([stories_file], tmp_path / "out", read_recipe(overrides=settings), frozenset(settings))
    with monkeypatch.context() as patch:
        patch.setattr(run_start, "choose_recipe", kill)
        with pytest.raises(Killed):
            train_bundle(begun)
    shutil.rmtree(tmp_path / "out.run", ignore_errors=True)
    (tmp_path / "kept").rename(tmp_path / "out.run")
    seed = {"training.seed": begun.recipe.training.seed}
    train_bundle(TrainRequest([], tmp_path / "out", read_recipe(overrides=seed), frozenset(seed), resume=True))
    model = open_bundle(tmp_path / "out").recipe.model
    assert (model.dropout, model.embedding_size, model.decoder.hidden_size) == (0.45, 16, 24)


def test_a_resume_does_not_keep_a_device_that_is_not_there(pairs: Path, tmp_path: Path) -> None:
    request = TrainRequest([pairs], tmp_path / "out", read_recipe(overrides=SETTINGS), frozenset(SETTINGS))
    train_bundle(request, stop=lambda: True)
    for settings in ({"training.device": "cuda:99"}, {}):
        again = TrainRequest([], tmp_path / "out", read_recipe(overrides=settings), frozenset(settings), resume=True)
        if settings:
            with pytest.raises(RecipeError, match="no device"):
                train_bundle(again)
        else:
            assert train_bundle(again).reason != "stopped"


def test_a_resume_runs_on_the_device_that_was_asked_for(pairs: Path, tmp_path: Path, monkeypatch) -> None:
    asked: list[str] = []
    used: list[str] = []

    def note(name: str) -> torch.device:
        asked.append(name)
        return torch.device("cpu")

    for module in (training, run_start):
        monkeypatch.setattr(module, "resolve_device", note)
    begun = {**SETTINGS, "training.device": "cuda:1"}
    for settings, resume in ((begun, False), ({}, True), ({"training.device": "cpu"}, True), ({}, True)):
        recipe = read_recipe(overrides=settings)
        request = TrainRequest([pairs], tmp_path / "out", recipe, frozenset(settings), resume=resume)
        train_bundle(request, stop=lambda: True)
        used.append(asked[-1])
    assert used == ["cuda:1", "cuda:1", "cpu", "cpu"]


@pytest.mark.parametrize(
    ("change", "is_refused"),
    [({}, False), ({"text.tokenizer": "words"}, True), ({"text.validation_fraction": 0.2}, True)],
)
def test_a_resume_refuses_a_corpus_that_was_prepared_in_another_way(
    tmp_path: Path, tiny: dict[str, object], stories_file: Path, change: dict[str, object], is_refused: bool
) -> None:
    held_out = tmp_path / "held.txt"
    held_out.write_text("".join(stories_file.read_text("utf-8").splitlines(keepends=True)[:3]), "utf-8")
    other = tmp_path / "other.txt"
    other.write_text("Ann had a bell.\nBo had a kite.\n", "utf-8")
    settings = {**tiny, "text.split": "line", "training.steps": 3}
    corpus, out = tmp_path / "corpus", tmp_path / "out"
    recipe = read_recipe(overrides=settings)
    prepare_for(recipe, [stories_file], corpus, held_out=[held_out])
    train_bundle(TrainRequest([corpus], out, recipe), stop=lambda: True)
    shutil.rmtree(corpus)
    again = read_recipe(overrides={**settings, **change})
    # the texts that are learnt from stay the same
    prepare_for(again, [stories_file], corpus, held_out=[other if "text.validation_fraction" in change else held_out])
    request = TrainRequest([corpus], out, recipe, resume=True)
    if is_refused:
        with pytest.raises(CorpusError, match=r"not the one that the run .* began with"):
            train_bundle(request)
        kept = out.with_name("out.run") / "corpus.sha256"  # as an older run kept it: of the texts alone
        kept.write_text(kept.read_text().split("  ")[0] + "\n")
    if "text.tokenizer" not in change:
        assert train_bundle(request).step == 3


def test_a_prepared_corpus_may_lie_at_home(pairs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))  # Windows has it there
    recipe = read_recipe(overrides={**SETTINGS, "training.steps": 2})
    prepare_for(recipe, [pairs], tmp_path / "kept")
    train_bundle(TrainRequest(["~/kept"], tmp_path / "out", recipe))
    assert open_bundle(tmp_path / "out").facts.corpus["names"] == ["kept"]


def test_a_budget_that_preparing_uses_up_is_told(
    tmp_path: Path, tiny: dict[str, object], stories_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    late_s = [0.0]
    monkeypatch.setattr(run_start, "time", SimpleNamespace(monotonic=lambda: time.monotonic() + late_s[0]))

    def slowly(*words: Any, **more: Any) -> object:
        late_s[0] = 100.0
        return prepare_for(*words, **more)

    monkeypatch.setattr(run_start, "prepare_for", slowly)
    said: list[str] = []

    def run(minutes: float) -> None:
        late_s[0] = 0.0
        settings = {**tiny, "text.split": "line", "training.minutes": minutes}
        request = TrainRequest([stories_file], tmp_path / "out", read_recipe(overrides=settings), frozenset(settings))
        train_bundle(request, lambda event: said.append(event.text) if isinstance(event, Said) else None, lambda: True)

    with pytest.raises(
        RequestError, match=r"Preparing took 10\d\.\d s and the budget is 30\.0 s.* --minutes [67], say"
    ):
        run(0.5)
    assert not list(tmp_path.iterdir())
    run(2.0)
    assert [line for line in said if line.startswith("budget 120 s: preparing took 10")]


@pytest.mark.parametrize(("stated", "size"), [({}, 500), ({"text.vocabulary_size": 600}, 600)])
def test_the_vocabulary_goes_by_the_amount_of_text_unless_it_is_stated(
    tmp_path: Path, tiny: dict[str, object], stories_file: Path, stated: dict[str, int], size: int
) -> None:
    settings = {name: value for name, value in tiny.items() if name != "text.vocabulary_size"}
    settings |= {"text.split": "line", "training.steps": 1, **stated}
    said: list[str] = []
    train_bundle(
        TrainRequest([stories_file], tmp_path / "out", read_recipe(overrides=settings), frozenset(settings)),
        lambda event: said.append(event.text) if isinstance(event, Said) else None,
    )
    assert open_bundle(tmp_path / "out").recipe.text.vocabulary_size == size
    assert any(line.startswith("vocabulary 500: ") for line in said) == (not stated)


def test_a_link_stays_one_and_what_it_leads_to_is_replaced(pairs: Path, tmp_path: Path) -> None:
    recipe, stated = read_recipe(overrides=SETTINGS), stated_settings(SETTINGS, None)
    train_bundle(TrainRequest([pairs], tmp_path / "model", recipe, stated))
    (tmp_path / "link").symlink_to(tmp_path / "model")
    other = {**SETTINGS, "training.seed": 2}
    again = read_recipe(overrides=other), stated_settings(other, None)
    train_bundle(TrainRequest([pairs], tmp_path / "link", *again, overwrite=True))
    assert (tmp_path / "link").is_symlink()
    assert open_bundle(tmp_path / "model").recipe.training.seed == 2


def test_what_can_not_be_held_out_or_made_is_refused_before_the_work(pairs: Path, tmp_path: Path) -> None:
    recipe, stated = read_recipe(overrides=SETTINGS), stated_settings(SETTINGS, None)
    prepare_for(recipe, [pairs], tmp_path / "corpus", stated=SETTINGS)
    with pytest.raises(RequestError, match="prepared together with what is held out"):
        train_bundle(TrainRequest([tmp_path / "corpus"], tmp_path / "out", recipe, stated, held_out=[pairs]))
    with pytest.raises(RequestError, match="too long for a bundle"):
        train_bundle(TrainRequest([pairs], tmp_path / ("ы" * 120), recipe, stated))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["corpus", "pairs.tsv"]


def test_the_machine_stays_awake_as_long_as_a_run_goes_on(
    pairs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WAKEPY_FAKE_SUCCESS", "1")  # of a system that can be asked
    awake: list[list[bool]] = []
    settings = {**SETTINGS, "training.steps": 2}
    request = TrainRequest([pairs], tmp_path / "out", read_recipe(overrides=settings), stated_settings(settings, None))
    train_bundle(request, lambda _: awake.append([mode.active for mode in wakepy.global_modes()]))
    assert awake[:-1] == [[True]] * (len(awake) - 1)
    assert wakepy.global_modes() == []
