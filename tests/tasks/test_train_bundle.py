"""Training to a bundle: what a run that was stopped goes on with."""

from __future__ import annotations

import itertools
import shutil
from pathlib import Path

import pytest
from safetensors.numpy import load_file

from skaz.engine.bundle import open_bundle
from skaz.errors import RequestError
from skaz.recipe_reading import read_recipe, stated_settings
from skaz.tasks.preparing import prepare_for
from skaz.tasks.training import TrainRequest, train_bundle
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
    assert (tmp_path / "broken.run" / "aligned" / "train").is_dir()
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
    train_bundle(TrainRequest([], out, recipe, stated, resume=True))
    assert open_bundle(out).facts.corpus["names"] == ["Сказки.txt"]


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
