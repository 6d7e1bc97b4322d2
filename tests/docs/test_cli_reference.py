"""docs/cli.md is what its script makes, and has every option of every command."""

from __future__ import annotations

import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest

from skaz.cli.root import COMMANDS

ROOT = Path(__file__).parents[2]


def test_committed_page_is_what_the_script_makes() -> None:
    command = [sys.executable, "docs/make_cli.py", "--check"]
    ran = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr


@pytest.mark.parametrize("name", COMMANDS)
def test_every_option_is_there(name: str) -> None:
    page = (ROOT / "docs" / "cli.md").read_text(encoding="utf-8")
    section = page.partition(f"\n## skaz {name}\n")[2].partition("\n## ")[0]
    options = [option for parameter in import_module(f"skaz.cli.{name}").command.params for option in parameter.opts]
    assert [option for option in options if option.startswith("-") and option not in section] == []
    assert len(options) >= 1
