"""A forecaster's examples and targets, as tensors."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from skaz.estimators.fitting import Batch
from skaz.nn.prediction_losses import quantile_loss


@dataclass(frozen=True)
class Windows:
    """Stretches of a series: what is read (B, S, F) and what goes beside it (B, X)."""

    read_BSF: Tensor
    beside_BX: Tensor

    def __getitem__(self, rows: Tensor) -> Windows:
        return Windows(self.read_BSF[rows], self.beside_BX[rows])

    def float(self) -> Windows:
        return Windows(self.read_BSF.float(), self.beside_BX.float())

    def inputs(self) -> tuple[Tensor, Tensor, Tensor]:
        """As the network is called."""
        count, window, _ = self.read_BSF.shape
        return self.read_BSF, torch.full((count,), window), self.beside_BX


class WindowExamples:
    """Windows with what followed."""

    def __init__(self, windows: Windows, targets: Tensor) -> None:
        self.windows, self.targets = windows, targets

    def __len__(self) -> int:
        return len(self.targets)

    def batches(self, size: int, generator: torch.Generator | None) -> Iterator[Batch]:
        order_B = torch.arange(len(self)) if generator is None else torch.randperm(len(self), generator=generator)
        for rows in torch.split(order_B, size):
            yield Batch(self.windows[rows].inputs(), self.targets[rows])


@dataclass(frozen=True)
class ForecastTargets:
    """The steps that follow, (B, P·Y) in the windows' units, by their quantiles; the median is the forecast."""

    answers: int  # P·Y
    quantiles: tuple[float, ...]

    @classmethod
    def of(cls, answers: int, intervals: tuple[float, ...]) -> ForecastTargets:
        ends = [end for each in intervals for end in ((1 - each) / 2, (1 + each) / 2)]
        return cls(answers, tuple(sorted({*ends, 0.5})))

    @property
    def outputs(self) -> int:
        return self.answers * len(self.quantiles)

    def encode(self, values: np.ndarray, name: str = "y", /) -> Tensor:
        return torch.from_numpy(values.reshape(len(values), -1)).float()

    def loss(self, scores_BY: Tensor, targets: Tensor) -> Tensor:
        quantiles_Q = torch.tensor(self.quantiles, dtype=scores_BY.dtype)
        return quantile_loss(scores_BY.view(len(scores_BY), self.answers, -1), targets, quantiles_Q)
