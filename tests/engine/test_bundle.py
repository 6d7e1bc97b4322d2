"""A bundle on disk: what goes in comes out."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import sys
from pathlib import Path

import pytest

import skaz
from skaz.engine.bundle import Facts, is_bundle, open_bundle, replace_graphs, write_bundle
from skaz.engine.loading import load_engine
from skaz.errors import BundleError, ResourceError
from skaz.recipe_reading import load_recipe, with_settings
from skaz.tasks.exporting import export_bundle
from skaz.tasks.web_export import export_web

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
    with pytest.raises(ResourceError, match="is something else"):
        write_bundle(tmp_path / "mine", recipe=recipe, facts=FACTS, card="", files={})
    assert not is_bundle(tmp_path / "mine")


def test_an_extra_file_or_a_missing_plot_does_no_harm(bundle: Path, tmp_path: Path) -> None:
    copy = Path(shutil.copytree(bundle, tmp_path / "copy"))
    (copy / "loss.png").unlink()
    (copy / "notes.txt").write_text("mine")
    assert open_bundle(copy).recipe == open_bundle(bundle).recipe


@pytest.mark.parametrize(
    ("part", "name", "value"),
    [
        ("measures", "bits_per_character", "x"),
        ("corpus", "tokens", "x"),
        ("corpus", "names", "сказки"),
        ("run", "steps", [3]),
        ("run", "stage_steps", [0, 2]),
        ("run", "networks", 0),
        ("run", "networks", 10**9),
        ("sha256", "card.md", 5),
        (None, "corpus", None),
        (None, "format", "1"),
        (None, "format", 0),
        (None, "format", True),
    ],
)
def test_a_manifest_that_tells_something_else_than_it_should_is_damage(
    bundle: Path, tmp_path: Path, part: str | None, name: str, value: object
) -> None:
    copy = Path(shutil.copytree(bundle, tmp_path / "copy"))
    manifest = json.loads((copy / "bundle.json").read_text(encoding="utf-8"))
    (manifest if part is None else manifest[part])[name] = value
    (copy / "bundle.json").write_text(json.dumps(manifest), encoding="utf-8")
    with pytest.raises(BundleError, match=r"bundle\.json is damaged"):
        open_bundle(copy)


def test_graphs_that_are_made_anew_while_a_bundle_is_opened_are_no_damage(bundle: Path, tmp_path: Path) -> None:
    copy = Path(shutil.copytree(bundle, tmp_path / "copy"))
    opened = open_bundle(copy)
    export_bundle(copy, int8=False)
    assert load_engine(opened).vocabulary_size == opened.tokenizer.vocabulary_size
    (copy / "step.onnx").write_bytes(b"x")
    with pytest.raises(BundleError, match=r"step\.onnx is damaged; make the graphs again"):
        load_engine(opened)


def test_graphs_that_this_runtime_can_not_run_are_told_in_a_sentence(bundle: Path, tmp_path: Path) -> None:
    copy = Path(shutil.copytree(bundle, tmp_path / "copy"))
    step = (copy / "step.onnx").read_bytes()
    (tmp_path / "step.onnx").write_bytes(step.replace(b"MatMulNBits", b"MatMulNBots"))
    replace_graphs(open_bundle(copy), {"step.onnx": tmp_path / "step.onnx", "encoder.onnx": bundle / "encoder.onnx"})
    with pytest.raises(BundleError, match=r"ONNX Runtime [\d.]+ can't run the graphs of .*skaz export"):
        load_engine(open_bundle(copy))


def test_graphs_that_are_made_anew_replace_those_of_the_bundle_alone(bundle: Path, tmp_path: Path) -> None:
    copy = Path(shutil.copytree(bundle, tmp_path / "copy"))
    manifest = json.loads((copy / "bundle.json").read_text(encoding="utf-8"))
    manifest["sha256"] |= {"step.9.onnx": "0", "../theirs.onnx": "0"}
    (copy / "bundle.json").write_text(json.dumps(manifest), encoding="utf-8")
    for path in (copy / "step.9.onnx", copy / "mine.onnx", tmp_path / "theirs.onnx"):
        path.write_bytes(b"x")
    export_bundle(copy)
    assert not (copy / "step.9.onnx").exists()
    assert (copy / "mine.onnx").exists()
    assert (tmp_path / "theirs.onnx").exists()


@pytest.mark.skipif(sys.platform != "linux", reason="other systems have no such names")
def test_a_bundle_runs_wherever_it_lies(bundle: Path, tmp_path: Path) -> None:
    copy = Path(shutil.copytree(bundle, tmp_path / os.fsdecode(b"t\xff")))
    assert skaz.load(copy).write(seed=1, length=5) == skaz.load(bundle).write(seed=1, length=5)
    export_web(copy, tmp_path / "page")
    assert json.loads((tmp_path / "page" / "skaz-web.json").read_text(encoding="utf-8"))["bundle"] == "t?"


def test_nothing_in_a_bundle_is_a_pickle(bundle: Path) -> None:
    kinds = {path.suffix for path in bundle.iterdir()}
    assert kinds == {".json", ".jsonl", ".safetensors", ".toml", ".md", ".png", ".svg", ".onnx", ".txt"}
