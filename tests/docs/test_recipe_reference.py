"""docs/recipe.md is what its script makes, and tells of every setting."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from skaz.recipe import SIZES
from skaz.recipe_reading import known_settings

ROOT = Path(__file__).parents[2]


def test_committed_page_is_what_the_script_makes() -> None:
    command = [sys.executable, "docs/make_recipe.py", "--check"]
    ran = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr


def test_every_setting_and_size_is_there_with_its_words() -> None:
    lines = (ROOT / "docs" / "recipe.md").read_text(encoding="utf-8").splitlines()
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines if line.startswith("| `")]
    described = {row[0].strip("`"): row[4] for row in rows if len(row) == 5}
    assert sorted(described) == sorted(known_settings())
    assert all(described.values())
    assert [row for row in rows if len(row) == 1 + len(SIZES)]
