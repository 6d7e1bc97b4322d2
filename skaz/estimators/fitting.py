"""Fitting a small network to examples that are in memory: pass after pass, with nothing written anywhere.

Beside `training/loop.py`, which is for long runs over files, with checkpoints, logs, budgets, states that are carried:
an update here takes half a millisecond, and all that it needs is in memory.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol

import numpy as np
import torch
from sklearn.exceptions import ConvergenceWarning
from torch import Tensor, nn

from skaz.nn.dropout import Noise
from skaz.training.descent import AdamW, Descent, GradientDescent, Group

Loss = Callable[[Tensor, Tensor], Tensor]
Weights = dict[str, np.ndarray]


class Batch(NamedTuple):
    """What the network is called with, and what it should answer."""

    inputs: tuple[Tensor, ...]
    targets: Tensor


class Examples(Protocol):
    """Inputs with their targets, in memory."""

    def __len__(self) -> int: ...

    def batches(self, size: int, generator: torch.Generator | None) -> Iterator[Batch]:
        """Each example once; in an order drawn from the generator, without one in their own."""


class Rows:
    """Examples that are a row of numbers each."""

    def __init__(self, inputs_BF: Tensor, targets: Tensor) -> None:
        self.inputs_BF, self.targets = inputs_BF, targets

    def __len__(self) -> int:
        return len(self.inputs_BF)

    def batches(self, size: int, generator: torch.Generator | None) -> Iterator[Batch]:
        inputs_BF, targets = self.inputs_BF, self.targets
        if generator is not None and size < len(self):
            order_B = torch.randperm(len(self), generator=generator)
            inputs_BF, targets = inputs_BF[order_B], targets[order_B]  # once a pass, so that a batch is a view
        for batch_BF, wanted in zip(torch.split(inputs_BF, size), torch.split(targets, size), strict=True):
            yield Batch((batch_BF,), wanted)


@dataclass(frozen=True)
class FitSettings:
    """How to fit. `tol` None: all of `max_passes`, whatever the loss does; else the end has come when for `patience`
    passes the loss, or with early stopping the held-out one, has not fallen by `tol`."""

    batch_size: int
    max_passes: int
    tol: float | None
    patience: int
    early_stopping: bool = False
    dropout: float = 0.0
    clip_norm: float | None = None
    record_weights: bool = False
    verbose: bool = False


@dataclass
class History:
    """What a fit has recorded: a number a pass; the weights before the first pass and after each."""

    training_losses: list[float] = field(default_factory=list)
    validation_losses: list[float] = field(default_factory=list)
    weights: list[Weights] = field(default_factory=list)


class Passed(NamedTuple):
    """A pass: its training loss, and whether nothing is left to learn."""

    loss: float
    is_last: bool = False


Advance = Callable[[], Passed]


class Patience:
    """Watches losses go by. As scikit-learn counts it, a pass without gain is one whose loss is not below the least so
    far by `tol`, and more than `patience` of them in a row are the end; with `tol` None the end never comes."""

    def __init__(self, tol: float | None, patience: int) -> None:
        self.tol, self.patience = tol, patience
        self.least = float("inf")
        self.without_gain = 0

    def is_over(self, loss: float) -> bool:
        """Takes the next pass's loss; whether that was the last."""
        if self.tol is None:
            return False
        self.without_gain = self.without_gain + 1 if loss > self.least - self.tol else 0
        self.least = min(self.least, loss)
        return self.without_gain > self.patience


def make_optimiser(
    network: nn.Module,
    solver: str,
    learning_rate: float,
    weight_decay: float,
    before: Descent | None = None,
) -> Descent:
    """AdamW (Loshchilov and Hutter 2019) for "adam", plain gradient descent for "sgd"; only matrices decay. It goes on
    with the moments of the one `before` it on this network, if that was of its kind."""
    groups = [
        Group([each for each in network.parameters() if each.dim() > 1], weight_decay),
        Group([each for each in network.parameters() if each.dim() <= 1], 0.0),
    ]
    made: Descent = (
        AdamW(groups, rate=learning_rate) if solver == "adam" else GradientDescent(groups, rate=learning_rate)
    )
    if type(before) is type(made):
        made.state = before.state
    return made


def one_pass(
    network: nn.Module,
    examples: Examples,
    loss: Loss,
    optimiser: Descent,
    settings: FitSettings,
    generator: torch.Generator,
) -> float:
    """Updates on each example once; the mean loss over the pass, taken while the weights moved."""
    noise = Noise(settings.dropout, generator) if settings.dropout else None
    summed = torch.zeros((), dtype=torch.float64)
    for inputs, targets in examples.batches(settings.batch_size, generator):
        network.zero_grad()
        value = loss(network(*inputs, noise=noise), targets)
        value.backward()  # type: ignore[no-untyped-call]
        if settings.clip_norm is not None:
            nn.utils.clip_grad_norm_(network.parameters(), settings.clip_norm)
        optimiser.step()
        summed += value.detach() * len(targets)
    return float(summed) / len(examples)


@torch.no_grad()
def mean_loss(network: nn.Module, examples: Examples, loss: Loss, batch_size: int) -> float:
    """The loss as it is, without noise."""
    summed = sum(
        float(loss(network(*inputs), targets)) * len(targets) for inputs, targets in examples.batches(batch_size, None)
    )
    return summed / len(examples)


def fit(network: nn.Module, advance: Advance, measure: Callable[[], float] | None, settings: FitSettings) -> History:
    """Fits in place and tells what happened: `advance` makes a pass, `measure` gives the held-out loss. With early
    stopping the network ends with the weights at which the held-out loss was least. Warns (ConvergenceWarning) where
    the passes ran out first; raises ValueError where the loss is no longer a number."""
    history = History()
    if settings.record_weights:
        history.weights.append(snapshot(network))
    best: dict[str, Tensor] = {}
    patience = Patience(settings.tol, settings.patience)
    for number in range(settings.max_passes):
        passed = advance()
        history.training_losses.append(passed.loss)
        if measure is not None:
            history.validation_losses.append(measure())
        if settings.record_weights:
            history.weights.append(snapshot(network))
        watched = history.validation_losses if settings.early_stopping else history.training_losses
        check_finite(watched[-1], number)
        if settings.verbose:
            print(_line(history))
        if settings.early_stopping and watched[-1] == min(watched):
            best = {name: value.clone() for name, value in network.state_dict().items()}
        if patience.is_over(watched[-1]) or passed.is_last:
            break
    else:
        if settings.tol is not None:
            warn_unconverged(settings.max_passes)
    if best:
        network.load_state_dict(best)
    return history


def warn_unconverged(passes: int) -> None:
    """scikit-learn's warning, in its manner."""
    warnings.warn(
        f"The passes (max_iter={passes}) ended before the loss had stopped falling; raise max_iter, or the "
        "learning_rate.",
        ConvergenceWarning,
        stacklevel=2,
    )


def snapshot(network: nn.Module) -> Weights:
    """The weights as they are now, by name."""
    return {name: value.detach().numpy().copy() for name, value in network.state_dict().items()}


def check_finite(loss: float, number: int) -> None:
    """ValueError where the loss of a pass, counted from 0, is no longer a number."""
    if not np.isfinite(loss):
        raise ValueError(
            f"In pass {number + 1} the loss is no longer a number: give a smaller learning_rate, or scale the features "
            "(StandardScaler)."
        )


def _line(history: History) -> str:
    held_out = f", held out {history.validation_losses[-1]:.6f}" if history.validation_losses else ""
    return f"pass {len(history.training_losses)}: loss {history.training_losses[-1]:.6f}{held_out}"
