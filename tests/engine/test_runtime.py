"""What runs the graphs tells nobody of them."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest


@pytest.mark.parametrize("before", ["", "ORT_DISABLE_TELEMETRY=0"])
def test_it_leaves_nothing_in_the_home_folder(tmp_path: Path, before: str) -> None:
    """Neither a number by which the machine would be known, nor events to be sent."""
    asked = dict([before.split("=")]) if before else {}
    homes = dict.fromkeys(("HOME", "XDG_CACHE_HOME", "XDG_DATA_HOME", "LOCALAPPDATA"), str(tmp_path))
    environment = {name: value for name, value in os.environ.items() if name != "ORT_DISABLE_TELEMETRY"}
    script = "import skaz.engine.onnx_engine"
    subprocess.run([sys.executable, "-c", script], check=True, env={**environment, **homes, **asked})
    assert list(tmp_path.rglob("*")) == []


def test_where_the_variable_is_not_heeded_it_is_told_as_well() -> None:
    """Builds for Windows that tell by way of the system."""
    script = (
        "import sys, types; told = []; "
        "sys.modules['onnxruntime'] = types.SimpleNamespace(disable_telemetry_events=lambda: told.append(1)); "
        "import skaz.engine.runtime; print(told)"
    )
    done = subprocess.run([sys.executable, "-c", script], check=True, capture_output=True, text=True)
    assert done.stdout.strip() == "[1]"
