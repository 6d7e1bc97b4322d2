"""One network of an ensemble, in a process of its own: `python -m skaz.tasks.network_worker`.

What to train comes as one line of JSON on standard input, "stop" as a second one. Where standard input ends the run is
gone, and so is the process, as if it had been killed with it. Standard output gets a line where something went wrong.
"""

from __future__ import annotations

import json
import os
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec

from skaz.errors import SkazError
from skaz.recipe_reading import flatten, load_recipe
from skaz.tasks.training import TrainRequest, train_bundle

_GONE = 1


def main() -> None:
    """Trains what standard input says."""
    out = os.fdopen(os.dup(sys.stdout.fileno()), "w", encoding="utf-8")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # what a library prints is no answer
    lines, stopping = _lines(sys.stdin.fileno()), threading.Event()
    order = json.loads(next(lines))
    threading.Thread(target=_listen, args=(lines, stopping), daemon=True).start()
    try:
        train_bundle(_request(order), stop=stopping.is_set)
    except SkazError as error:
        out.write(json.dumps({"failed": str(error)}) + "\n")
        out.flush()
        sys.exit(_GONE)


def _request(order: dict[str, Any]) -> TrainRequest:
    recipe = load_recipe(Path(order["recipe"]))
    return TrainRequest(
        paths=[order["corpus"]],
        out=Path(order["out"]),
        recipe=recipe,
        stated=frozenset(flatten(msgspec.to_builtins(recipe))),  # the first network's choices hold for all
        resume=True,
        spent_s=max(time.time() - order["begun_s"], 0.0),
    )


def _listen(lines: Iterator[bytes], stopping: threading.Event) -> None:
    for line in lines:
        if line == b"stop":
            stopping.set()
    os._exit(_GONE)


def _lines(file: int) -> Iterator[bytes]:
    """Lines as they come. `sys.stdin` can't be read in a thread that is still waiting when Python ends."""
    waiting = b""
    while some := os.read(file, 1 << 16):
        *whole, waiting = (waiting + some).split(b"\n")
        yield from whole


if __name__ == "__main__":
    main()
