"""What `import skaz` gives, and what it does not load."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

import skaz
from tests.conftest import Pairs

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
SKAZ = "from skaz.cli import skaz; skaz.main"
HEAVY = "torch matplotlib rich numpy tokenizers safetensors"


def test_the_public_names_are_these() -> None:
    assert sorted(skaz.__all__) == sorted(PUBLIC)
    assert dir(skaz) == sorted(skaz.__all__)
    for name in PUBLIC:
        assert getattr(skaz, name) is not None
    with pytest.raises(AttributeError, match="no attribute 'stories'"):
        _ = skaz.stories


def test_its_types_are_there_for_type_checkers() -> None:
    assert (Path(skaz.__file__).parent / "py.typed").is_file()


def test_every_public_thing_tells_what_it_is() -> None:
    for name in PUBLIC:
        if name != "__version__":
            assert getattr(skaz, name).__doc__


@pytest.mark.parametrize(
    ("code", "unwanted"),
    [
        ("import skaz", HEAVY),
        ("import skaz.estimators", HEAVY + " sklearn"),
        (f"{SKAZ}(['--help'], standalone_mode=False)", HEAVY),
        (f"{SKAZ}(['train', '--help'], standalone_mode=False)", HEAVY),
        (f"{SKAZ}(['inspect', BUNDLE], standalone_mode=False)", "torch matplotlib rich"),
        (f"{SKAZ}(['prepare', PAIRS, '--task', 'transduce', '--out', OUT], standalone_mode=False)", "torch"),
    ],
)
def test_what_is_not_loaded(bundle: Path, transducer: Pairs, tmp_path: Path, code: str, unwanted: str) -> None:
    places = f"BUNDLE, PAIRS, OUT = {str(bundle)!r}, {str(transducer.table)!r}, {str(tmp_path / 'prepared')!r}"
    code = f"{places}; {code}; import sys; print(*sorted(set({unwanted.split()}) & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert done.stdout.splitlines()[-1] == ""


def test_what_needs_an_extra_says_which() -> None:
    code = "import sys; sys.modules['torch'] = None; import skaz\ntry: skaz.train\nexcept skaz.SkazError as e: print(e)"
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert done.stdout == 'This needs PyTorch: pip install "skaz[train]".\n'


@pytest.mark.parametrize(("module", "package"), [("sklearn", "scikit-learn"), ("torch", "PyTorch")])
def test_estimators_say_which_extra_is_missing(module: str, package: str) -> None:
    code = f"import sys; sys.modules[{module!r}] = None; from skaz.estimators import Perceptron"
    done = subprocess.run([sys.executable, "-c", code], check=False, capture_output=True, text=True)
    assert f'The estimators need {package}: pip install "skaz[estimators]".' in done.stderr
