"""A bundle on disk: what goes in comes out."""

from __future__ import annotations

import hashlib
import json
import shutil
from pathlib import Path

import pytest

from skaz.engine.bundle import Facts, is_bundle, open_bundle, write_bundle
from skaz.errors import BundleError, ResourceError
from skaz.recipe_reading import load_recipe, with_settings

FACTS = Facts({"perplexity": 2.5}, {"names": ["сказки"], "tokens": 9, "stories": 2}, {"steps": 3}, "0.1")


def test_what_goes_in_comes_out(bundle: Path, tmp_path: Path) -> None:
    recipe = with_settings(load_recipe(bundle / "recipe.toml"), {"training.seed": 77})
    files = {name: bundle / name for name in ("model.safetensors", "tokenizer.json")}
    write_bundle(tmp_path / "b", recipe=recipe, facts=FACTS, card="# Карта\n", files=files)
    back = open_bundle(tmp_path / "b")
    assert (back.recipe, back.facts) == (recipe, FACTS)
    assert back.weights_path.read_bytes() == (bundle / "model.safetensors").read_bytes()
    assert (back.path / "card.md").read_text("utf-8") == "# Карта\n"
    hashes = json.loads((back.path / "bundle.json").read_text("utf-8"))["sha256"]
    assert hashes.keys() == {path.name for path in back.path.iterdir()} - {"bundle.json"}
    for name, sha256 in hashes.items():
        assert hashlib.sha256((back.path / name).read_bytes()).hexdigest() == sha256


def test_a_bundle_that_can_not_be_written_leaves_the_old_one(bundle: Path, tmp_path: Path) -> None:
    recipe = load_recipe(bundle / "recipe.toml")
    files = {name: bundle / name for name in ("model.safetensors", "tokenizer.json")}
    write_bundle(tmp_path / "b", recipe=recipe, facts=FACTS, card="old", files=files)
    with pytest.raises(FileNotFoundError):
        write_bundle(tmp_path / "b", recipe=recipe, facts=FACTS, card="new", files={"x": tmp_path / "none"})
    assert (tmp_path / "b" / "card.md").read_text() == "old"
    assert [path.name for path in tmp_path.iterdir()] == ["b"]
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "x").write_text("x")
    with pytest.raises(ResourceError, match="was not made by skaz"):
        write_bundle(tmp_path / "mine", recipe=recipe, facts=FACTS, card="", files={})
    assert not is_bundle(tmp_path / "mine")


def test_an_extra_file_or_a_missing_plot_does_no_harm(bundle: Path, tmp_path: Path) -> None:
    copy = Path(shutil.copytree(bundle, tmp_path / "copy"))
    (copy / "loss.png").unlink()
    (copy / "notes.txt").write_text("mine")
    assert open_bundle(copy).recipe == open_bundle(bundle).recipe


def test_measures_that_are_no_numbers_are_damage(bundle: Path, tmp_path: Path) -> None:
    copy = Path(shutil.copytree(bundle, tmp_path / "copy"))
    manifest = json.loads((copy / "bundle.json").read_text(encoding="utf-8"))
    manifest["measures"]["bits_per_character"] = "x"
    (copy / "bundle.json").write_text(json.dumps(manifest), encoding="utf-8")
    with pytest.raises(BundleError, match=r"bundle\.json is damaged"):
        open_bundle(copy)


def test_nothing_in_a_bundle_is_a_pickle(bundle: Path) -> None:
    kinds = {path.suffix for path in bundle.iterdir()}
    assert kinds == {".json", ".jsonl", ".safetensors", ".toml", ".md", ".png", ".svg", ".onnx"}
