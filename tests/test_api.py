"""The one-shot functions: what they ask of those that do the work."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest

from skaz import api
from skaz.errors import RequestError
from skaz.recipe_reading import read_recipe
from skaz.tasks.training import TrainRequest
from skaz.tasks.writing import load


@pytest.fixture
def requests(monkeypatch: pytest.MonkeyPatch) -> list[TrainRequest]:
    """What `train` asks for; nothing is trained, and what is named "translator" is taken for one."""
    asked: list[TrainRequest] = []
    monkeypatch.setattr(api, "train_bundle", lambda request, on_event: asked.append(request))

    def opened(path: Path) -> SimpleNamespace:
        return SimpleNamespace(recipe=read_recipe(overrides={"task": "translate"} if path.name == "translator" else {}))

    monkeypatch.setattr(api, "open_bundle", opened)
    for name in ("load", "load_translator"):
        monkeypatch.setattr(api, name, lambda path, name=name: name)
    return asked


def test_what_comes_back_is_what_was_trained(tmp_path: Path, requests: list[TrainRequest]) -> None:
    assert api.train([], tmp_path / "translator", resume=True) == "load_translator"  # a resumed run keeps its task
    assert api.train("stories.txt", tmp_path / "teller") == "load"


def test_the_recipes_task_is_kept_unless_another_is_named(tmp_path: Path, requests: list[TrainRequest]) -> None:
    recipe = tmp_path / "recipe.toml"
    recipe.write_text('task = "transduce"\n')
    api.train("pairs.tsv", tmp_path / "out", recipe=recipe)
    api.train("pairs.tsv", tmp_path / "out", recipe=recipe, task="translate")
    api.train("stories.txt", tmp_path / "out")
    assert [request.recipe.task for request in requests] == ["transduce", "translate", "write"]
    assert "task" not in requests[2].stated  # a run of pairs goes on without its being named again


@pytest.mark.parametrize(
    ("call", "told"),
    [
        (lambda: api.train(3, "out"), "paths is 3"),
        (lambda: api.train(["stories.txt", None], "out"), r"paths\[1\] is None"),
        (lambda: api.train("stories.txt", "out", held_out=3), "held_out is 3"),
        (lambda: api.train("stories.txt", 3), "The path is 3"),
        (lambda: api.train("stories.txt", "out", settings=["training.seed"]), "settings is"),
        (lambda: api.train("stories.txt", "out", settings={7: 7}), "A setting is 7"),
        (lambda: api.train("stories.txt", "out", recipe=3), "recipe is 3"),
        (lambda: api.train("stories.txt", "out", on_event=3), "on_event is 3"),
        (lambda: api.evaluate(3, "stories.txt"), "bundle is 3"),
        (lambda: load(3), "path is 3"),
        (lambda: read_recipe(overrides=3), "overrides is 3"),
        (lambda: read_recipe(overrides="training.seed=7"), "overrides is 'training.seed=7'"),
        (lambda: read_recipe(file=3), "file is 3"),
    ],
)
def test_what_is_of_another_kind_is_named_in_a_sentence(call: Callable[[], object], told: str) -> None:
    with pytest.raises(RequestError, match=f"^{told}.*; it must be"):
        call()


def test_a_recipe_is_read_by_its_path_as_text(tmp_path: Path) -> None:
    (tmp_path / "recipe.toml").write_text("[training]\nseed = 7\n")
    assert read_recipe(file=str(tmp_path / "recipe.toml")).training.seed == 7
    settings = (f"training.{name}" for name in ("seed=8", "epochs=2"))
    assert read_recipe(overrides=settings).training.seed == 8
