"""What `import skaz` gives, and what it does not load."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

import skaz

PUBLIC = [
    "BeamSettings",
    "Columns",
    "Dry",
    "Recipe",
    "SamplingSettings",
    "SkazError",
    "Story",
    "StoryToken",
    "Storyteller",
    "Translation",
    "Translator",
    "Wish",
    "WrittenStory",
    "__version__",
    "evaluate",
    "evaluate_pairs",
    "load",
    "load_translator",
    "read_recipe",
    "train",
]
HEAVY = "torch matplotlib rich numpy tokenizers safetensors"


def test_the_public_names_are_these() -> None:
    assert sorted(skaz.__all__) == sorted(PUBLIC)
    assert dir(skaz) == sorted(skaz.__all__)
    for name in PUBLIC:
        assert getattr(skaz, name) is not None
    with pytest.raises(AttributeError, match="no attribute 'stories'"):
        _ = skaz.stories


def test_every_public_thing_tells_what_it_is() -> None:
    for name in PUBLIC:
        if name != "__version__":
            assert getattr(skaz, name).__doc__


@pytest.mark.parametrize(
    ("code", "unwanted"),
    [
        ("import skaz", HEAVY),
        ("import skaz.estimators", HEAVY + " sklearn"),
        ("from skaz.cli import skaz as s; s.main(['--help'], standalone_mode=False)", HEAVY),
        ("from skaz.cli import skaz as s; s.main(['train', '--help'], standalone_mode=False)", HEAVY),
        ("from skaz.cli import skaz as s; s.main(['inspect', BUNDLE], standalone_mode=False)", "torch matplotlib rich"),
    ],
)
def test_what_is_not_loaded(bundle: Path, code: str, unwanted: str) -> None:
    code = f"BUNDLE = {str(bundle)!r}; {code}; import sys; print(*sorted(set({unwanted.split()}) & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert done.stdout.splitlines()[-1] == ""


@pytest.mark.parametrize(("module", "package"), [("sklearn", "scikit-learn"), ("torch", "PyTorch")])
def test_estimators_say_which_extra_is_missing(module: str, package: str) -> None:
    code = f"import sys; sys.modules[{module!r}] = None; from skaz.estimators import Perceptron"
    done = subprocess.run([sys.executable, "-c", code], check=False, capture_output=True, text=True)
    assert f'The estimators need {package}: pip install "skaz[estimators]".' in done.stderr
