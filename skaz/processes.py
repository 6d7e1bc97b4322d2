"""How skaz starts processes of its own, and how many processors there are for them."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import Any


def command_of(module: str) -> tuple[str, ...]:
    """The command that runs a module of skaz; never what happens to lie in the current folder under the name of one
    that it imports."""
    return sys.executable, "-P", "-m", module


def environment() -> dict[str, str]:
    """What such a process is to know: this one's environment, and where it finds its modules, so that the other finds
    the same ones."""
    return {**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path) or os.getcwd()}


def apart() -> dict[str, Any]:
    """What starts such a process apart from the terminal, whose Ctrl-C is for its parent."""
    if sys.platform == "win32":
        return {"creationflags": subprocess.CREATE_NEW_PROCESS_GROUP}
    return {"start_new_session": True}


def behind_others() -> dict[str, Any]:
    """What starts such a process with less of a right to the processor than other programs have, on Windows; elsewhere
    a process sees to that itself (`os.nice`)."""
    if sys.platform == "win32":
        return {"creationflags": subprocess.BELOW_NORMAL_PRIORITY_CLASS}
    return {}


def cores() -> int:
    """The processor cores that this process may use: of a shared machine it may have been given a part."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
