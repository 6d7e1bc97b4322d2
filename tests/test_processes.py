"""What is run is skaz, wherever a person is."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from skaz.processes import command_of, environment


@pytest.mark.parametrize("module", ["skaz.corpus.worker", "skaz.tasks.network_worker", "skaz.server.worker"])
def test_what_lies_in_the_folder_is_not_run(module: str, tmp_path: Path) -> None:
    for name in ("random", "queue", "copy", "json"):
        (tmp_path / f"{name}.py").write_text("print('run')\n")
    ran = subprocess.run(
        command_of(module), cwd=tmp_path, env=environment(), input=b"", capture_output=True, check=False
    )
    assert ran.stdout == b""
    assert b"ModuleNotFoundError" not in ran.stderr
    assert b"ImportError" not in ran.stderr
