"""The one-shot functions: what they ask of those that do the work."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import pytest

from skaz import api
from skaz.recipe_reading import read_recipe
from skaz.tasks.training import TrainRequest


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
