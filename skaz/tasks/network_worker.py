"""One network of an ensemble, in a process of its own: `python -m skaz.tasks.network_worker`.

It is told what to train as `tasks/orders.py` says. Where the run that told it is gone, so is the process, as if it had
been killed with it. It answers only where something went wrong.
"""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path
from typing import Any

import torch

from skaz.errors import DependencyError, RequestError, ResourceError, SkazError
from skaz.recipe_reading import flat_settings, load_recipe
from skaz.tasks.orders import take_order
from skaz.tasks.run_folder import OtherNetwork
from skaz.tasks.training import TrainRequest, train_bundle

_GONE = 1
_MENDED = (RequestError, ResourceError, DependencyError)  # by a resume, once there is time, room or the package


def main() -> None:
    """Trains what standard input says."""
    order = take_order(when_alone=lambda stopping: os._exit(_GONE))
    torch.set_num_threads(order.asked["threads"])
    try:
        train_bundle(_request(order.asked), stop=order.stopping.is_set)
    except SkazError as error:
        order.answer({"failed": str(error), "resume_mends": isinstance(error, _MENDED)})
        sys.exit(_GONE)


def _request(asked: dict[str, Any]) -> TrainRequest:
    recipe = load_recipe(Path(asked["recipe"]))
    return TrainRequest(
        paths=[asked["corpus"]],
        out=Path(asked["out"]),
        recipe=recipe,
        stated=frozenset(flat_settings(recipe)),  # the first network's choices hold for all
        resume=True,
        other=OtherNetwork(asked["number"], Path(asked["first_run"])),
        spent_s=max(time.time() - asked["begun_s"], 0.0),
    )


if __name__ == "__main__":
    main()
