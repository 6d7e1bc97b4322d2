"""A run's whole state in one file, so that a run killed at any moment goes on where it was.

One safetensors file, replaced in one move: the weights, the optimiser's moments, the carried state, and, in
its header, the place in the order of batches. The order itself is a pure function, and noise is drawn anew
each step from (seed, step): neither needs to be saved.
"""

from __future__ import annotations

import ctypes
import json
import os
import re
import sys
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor

from skaz.errors import BundleError
from skaz.files import write_whole
from skaz.nn.cells import State
from skaz.nn.seq2seq import Seq2Seq
from skaz.training.averaging import MovingAverage
from skaz.training.measured import Measured
from skaz.training.optimiser import Optimiser
from skaz.training.tensor_files import read_tensors

FORMAT = 4
_MODEL, _OPTIMISER, _CARRIED, _AVERAGE = "model.", "optimiser.", "carried.", "average."


@dataclass(frozen=True)
class Best:
    """The best measurement so far, and how many have come since without a gain."""

    step: int
    trained_s: float
    plain: Measured
    with_plan: Measured | None
    without_gain: int = 0


@dataclass(frozen=True)
class Stage:
    """A moment of the run whose weights are kept to be looked at."""

    step: int
    trained_s: float


@dataclass(frozen=True)
class Position:
    """Where a run is. `epoch_steps` updates of epoch `epoch` are done. `window_nats` and `window_targets`
    have been summed since the last line of the log, whose length is `log_bytes`. `measured_step`: the update
    after which held-out stories were last measured; -1 before the first time. `snapshots`: the updates after which the
    last measurements were, whose weights are kept to be averaged. `stages`: those whose weights go into the bundle.
    `spent_s`: seconds of a budget in minutes that were gone before the first update; `reserve_s`: those kept for the
    last measurement. Checkpoints of before they were kept have neither."""

    step: int = 0
    epoch: int = 0
    epoch_steps: int = 0
    epoch_targets: int = 0
    targets: int = 0
    trained_s: float = 0.0
    validations: int = 0
    window_nats: float = 0.0
    window_targets: int = 0
    log_bytes: int = 0
    timings_bytes: int = 0
    measured_step: int = -1
    best: Best | None = None
    snapshots: tuple[int, ...] = ()
    stages: tuple[Stage, ...] = ()
    spent_s: float = 0.0
    reserve_s: float = 0.0


def save_checkpoint(
    path: Path,
    model: Seq2Seq,
    optimiser: Optimiser,
    average: MovingAverage | None,
    carried: State | None,
    position: Position,
) -> None:
    """Writes the run's state to `path`, in one move."""
    tensors = {_MODEL + name: tensor for name, tensor in model_tensors(model).items()}
    for name, tensor in optimiser.tensors().items():
        tensors[_OPTIMISER + name] = tensor.contiguous()
    if average is not None:
        tensors |= {_AVERAGE + name: tensor for name, tensor in average.tensors().items()}
    if carried is not None:
        tensors |= {_CARRIED + name: part.contiguous() for name, part in carried._asdict().items()}
    header = {"format": str(FORMAT), "position": json.dumps(asdict(position))}
    _write(path, tensors, header)


def load_checkpoint(
    path: Path, model: Seq2Seq, optimiser: Optimiser, average: MovingAverage | None
) -> tuple[Position, State | None]:
    """Puts the run's state back into the model, the optimiser and the average; BundleError for a file that is damaged
    or of another version."""
    try:
        with safe_open(path, framework="numpy") as file:
            header: dict[str, str] = file.metadata() or {}
        tensors = {name: tensor.to(model.device) for name, tensor in read_tensors(path).items()}
    except (SafetensorError, OSError) as error:
        raise BundleError(f"The checkpoint {path} can't be read ({error}); delete its folder and train anew.") from None
    if header.get("format") != str(FORMAT):
        raise BundleError(f"The checkpoint {path} is of another version of skaz; train anew, or use that version.")
    load_model_tensors(model, _under(tensors, _MODEL), path)
    optimiser.restore(_under(tensors, _OPTIMISER))
    if average is not None:
        average.restore(_under(tensors, _AVERAGE))
    parts = _under(tensors, _CARRIED)
    # checkpoints of before there was more have h and c
    carried = State.of(parts["h_LBH"], parts["c_LBH"])._replace(**parts) if parts else None
    return _position(json.loads(header["position"])), carried


def save_weights(path: Path, tensors: dict[str, Tensor]) -> None:
    """Writes weights alone, in one move."""
    _write(path, tensors, None)


def model_tensors(model: Seq2Seq) -> dict[str, Tensor]:
    """The weights by name; a tied matrix once."""
    return {name: parameter.detach().contiguous() for name, parameter in model.named_parameters()}


def load_model_tensors(model: Seq2Seq, tensors: dict[str, Tensor], path: Path) -> None:
    """Copies weights into the model; BundleError lists every name that is missing, left over or of another
    shape."""
    wanted = dict(model.named_parameters())
    faults = [f"{name} is missing" for name in wanted.keys() - tensors.keys()]
    faults += [f"{name} is left over" for name in tensors.keys() - wanted.keys()]
    faults += [
        f"{name} is {tuple(tensors[name].shape)} and should be {tuple(wanted[name].shape)}"
        for name in wanted.keys() & tensors.keys()
        if tensors[name].shape != wanted[name].shape
    ]
    if faults:
        raise BundleError(
            f"The weights in {path} do not fit their recipe: {'; '.join(sorted(faults))}; put back the files that "
            "belong together, or train anew."
        )
    with torch.no_grad():
        for name, parameter in wanted.items():
            parameter.copy_(tensors[name])


def _write(path: Path, tensors: dict[str, Tensor], header: dict[str, str] | None) -> None:
    def write(beside: Path) -> None:
        try:
            save_file(tensors, beside, metadata=header)
        except SafetensorError as error:  # it tells of a full disk in words only: "… (os error 28)"
            number = re.search(r"os error (\d+)", str(error))
            if number is None:
                raise
            raise _system_error(int(number[1]), path) from error

    write_whole(path, write)


def _system_error(number: int, path: Path) -> OSError:
    """The system's error of this number, which on Windows is one of its own, with what it means to Python."""
    if sys.platform == "win32":
        return OSError(None, ctypes.FormatError(number), str(path), number)
    return OSError(number, os.strerror(number), str(path))


def _under(tensors: dict[str, Tensor], prefix: str) -> dict[str, Tensor]:
    return {name[len(prefix) :]: tensor for name, tensor in tensors.items() if name.startswith(prefix)}


def _position(tree: dict[str, Any]) -> Position:
    best = tree.pop("best")
    tree["snapshots"] = tuple(tree["snapshots"])
    tree["stages"] = tuple(Stage(**each) for each in tree.get("stages", ()))  # older checkpoints have none
    if best is None:
        return Position(**tree)
    plain = Measured(**best.pop("plain"))
    with_plan = best.pop("with_plan")
    return Position(
        **tree,
        best=Best(**best, plain=plain, with_plan=Measured(**with_plan) if with_plan else None),
    )
