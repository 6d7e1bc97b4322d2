"""Weights averaged over a run: by exponential decay, update by update, or over its last measurements."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import torch
from torch import Tensor

from skaz.nn.seq2seq import Seq2Seq
from skaz.training.tensor_files import read_tensors

_SOON = 10  # the average follows young weights closely: after t updates it forgets at least as fast as 1/(t + 10)


class MovingAverage:
    """Exponential moving average of a model's weights (Polyak and Juditsky 1992; in the form of Tarvainen and Valpola
    2017), kept in fp32 beside them."""

    def __init__(self, model: Seq2Seq, decay: float) -> None:
        self._decay = decay
        self._model = model
        self._averages = {name: parameter.detach().clone() for name, parameter in model.named_parameters()}

    @torch.no_grad()
    def update(self, step: int) -> None:
        """Takes in the weights after update `step`."""
        decay = min(self._decay, (1 + step) / (_SOON + step))
        parameters = dict(self._model.named_parameters())
        averages = list(self._averages.values())
        torch._foreach_lerp_(averages, [parameters[name] for name in self._averages], 1 - decay)

    @contextmanager
    def in_place(self) -> Iterator[None]:
        """Inside the block the model has the averaged weights."""
        self._swap()
        try:
            yield
        finally:
            self._swap()

    def tensors(self) -> dict[str, Tensor]:
        """The averages by their weights' names."""
        return dict(self._averages)

    def restore(self, tensors: Mapping[str, Tensor]) -> None:
        """Puts back what `tensors` gave."""
        for name, average in self._averages.items():
            average.copy_(tensors[name])

    @torch.no_grad()
    def _swap(self) -> None:
        for name, parameter in self._model.named_parameters():
            kept = parameter.detach().clone()
            parameter.copy_(self._averages[name])
            self._averages[name].copy_(kept)


def mean_of_files(paths: Sequence[Path]) -> dict[str, Tensor]:
    """The mean of the weights in several files, name by name (Vaswani et al. 2017, section 6.1)."""
    mean: dict[str, Tensor] = {}
    for number, path in enumerate(paths):
        for name, tensor in read_tensors(path).items():
            mean[name] = tensor if not number else mean[name] + (tensor - mean[name]) / (number + 1)
    return mean
