"""Sequences as people have them, checked, as tensors: texts, lists of arrays of any lengths, tables, cubes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import torch
from torch import Tensor
from torch.nn.utils.rnn import pad_sequence

from skaz.estimators.fitting import Batch
from skaz.estimators.plain_errors import name_of_gap
from skaz.estimators.scales import deviations

Tokens = Literal["characters", "words"]
Kind = Literal["texts", "sequences", "table"]
BATCHES_SORTED_TOGETHER = 16


def kind_of(X: Any) -> Kind:
    """texts: strings, or a table of one column of them. sequences: arrays, each of its own length, lists of several
    lengths, or a cube (examples, steps, features). table: what scikit-learn reads, a row an example; its columns are
    steps. Lists of one length are a table, because scikit-learn wants another number of columns refused after them."""
    if getattr(X, "ndim", None) == 3:
        return "sequences"
    X = column_of_texts(X)
    if hasattr(X, "columns") or getattr(X, "ndim", 1) != 1 or not hasattr(X, "__len__") or len(X) == 0:
        return "table"
    items = list(X)
    if any(isinstance(item, str) for item in items):
        return "texts"
    if any(getattr(item, "ndim", 0) > 0 for item in items):
        return "sequences"
    lengths = {len(item) if isinstance(item, (list, tuple)) else None for item in items}
    nested = any(isinstance(item, (list, tuple)) and len(item) > 0 and np.ndim(item[0]) > 0 for item in items)
    return "sequences" if None not in lengths and (len(lengths) > 1 or nested) else "table"


def column_of_texts(X: Any) -> Any:
    """The column of a table that has one alone, of texts; others as they are."""
    is_table = isinstance(X, np.ndarray) or hasattr(X, "columns")
    if not is_table or getattr(X, "ndim", None) != 2 or X.shape[1] != 1:
        return X
    column_B = np.asarray(X, dtype=object)[:, 0]
    return column_B if any(isinstance(each, str) for each in column_B) else X


@dataclass(frozen=True)
class Sequences:
    """Checked sequences: symbols (steps) or numbers (steps, features), each of its own length."""

    steps: tuple[Tensor, ...]
    lengths_B: Tensor

    @classmethod
    def of(cls, steps: Sequence[Tensor]) -> Sequences:
        return cls(tuple(steps), torch.tensor([len(each) for each in steps]))

    def __len__(self) -> int:
        return len(self.steps)

    def __getitem__(self, rows: Tensor) -> Sequences:
        return Sequences(tuple(self.steps[row] for row in rows.tolist()), self.lengths_B[rows])

    def padded(self) -> Tensor:
        """All of them side by side, with nought behind their ends."""
        return pad_sequence(list(self.steps), batch_first=True)

    def float(self) -> Sequences:
        """The numbers in single precision; symbols as they are."""
        if not self.steps[0].is_floating_point():
            return self
        return Sequences(tuple(each.float() for each in self.steps), self.lengths_B)


def check_row_lengths(X: Any, steps: int) -> None:
    """That lists or arrays given where the fit had a table have as many steps as its rows; ValueError that says how to
    fit for others."""
    if not isinstance(X, (list, tuple, np.ndarray)) or getattr(X, "ndim", 1) != 1:
        return  # a table, which scikit-learn checks
    for index, item in enumerate(X):
        if (isinstance(item, (list, tuple)) or getattr(item, "ndim", 0) > 0) and len(item) != steps:
            raise ValueError(
                f"X[{index}] has {len(item)} steps, and the fit had a table, or lists of one length, with {steps}; "
                "give as many, or, to read any lengths, fit with a list of arrays: [np.array(each) for each in X]"
            )


class SequenceExamples:
    """Sequences with their targets. A batch has sequences of near lengths: sixteen batches' worth of a random order
    are sorted together, so that little is padding."""

    def __init__(self, sequences: Sequences, targets: Tensor) -> None:
        self.sequences, self.targets = sequences, targets

    def __len__(self) -> int:
        return len(self.sequences)

    def batches(self, size: int, generator: torch.Generator | None) -> Iterator[Batch]:
        for rows in self._rows(size, generator):
            some = self.sequences[rows]
            yield Batch((some.padded(), some.lengths_B), self.targets[rows])

    def _rows(self, size: int, generator: torch.Generator | None) -> Sequence[Tensor]:
        if generator is None:
            return torch.split(self.sequences.lengths_B.argsort(stable=True), size)
        order_B = torch.randperm(len(self), generator=generator)
        batches = [
            rows
            for part in torch.split(order_B, size * BATCHES_SORTED_TOGETHER)
            for rows in torch.split(part[self.sequences.lengths_B[part].argsort(stable=True)], size)
        ]
        return [batches[index] for index in torch.randperm(len(batches), generator=generator).tolist()]


@dataclass(frozen=True)
class Alphabet:
    """The symbols of texts, from 1 on; 0 is one that was not met in training."""

    tokens: Tokens
    symbols: tuple[str, ...]

    @classmethod
    def of(cls, texts: Any, tokens: Tokens) -> Alphabet:
        known = (text for text in column_of_texts(texts) if isinstance(text, str))  # encode tells of others
        return cls(tokens, tuple(sorted({symbol for text in known for symbol in _cut(text, tokens)})))

    def encode(self, texts: Any) -> Sequences:
        """Raises TypeError for what is no text, ValueError for one without a symbol and for a table."""
        texts = column_of_texts(texts)
        if hasattr(texts, "columns"):
            raise ValueError(
                f"X is a table, and the first fit had texts; give its column of texts, X[{texts.columns[0]!r}] say"
            )
        numbers = {symbol: number for number, symbol in enumerate(self.symbols, start=1)}
        encoded = []
        for index, text in enumerate(texts):
            if not isinstance(text, str):
                raise TypeError(f"X[{index}] is no text but {type(text).__name__}; texts and others can't be mixed")
            symbols = _cut(text, self.tokens)
            _check_length(index, len(symbols))
            encoded.append(torch.tensor([numbers.get(symbol, 0) for symbol in symbols]))
        return Sequences.of(encoded)


def _cut(text: str, tokens: Tokens) -> Sequence[str]:
    return text if tokens == "characters" else text.split()


@dataclass(frozen=True)
class Scaling:
    """Each feature's mean and deviation over all steps of training: (x - mean) / scale."""

    means: np.ndarray
    scales: np.ndarray

    @classmethod
    def of(cls, arrays: Sequence[np.ndarray]) -> Scaling:
        steps = np.concatenate(arrays)
        spreads = deviations(steps, "X")
        return cls(steps.mean(axis=0), spreads)

    def encode(self, arrays: Sequence[np.ndarray]) -> Sequences:
        """Raises ValueError for another number of features."""
        features = len(self.means)
        for index, array in enumerate(arrays):
            if array.shape[1] != features:
                raise ValueError(f"X[{index}] has {array.shape[1]} features a step, and the first fit had {features}")
        return Sequences.of([torch.from_numpy((array - self.means) / self.scales) for array in arrays])


def number_sequences(X: Any) -> list[np.ndarray]:
    """Arrays of numbers as (steps, features). Raises ValueError that names the sequence: without a step, with NaN, of
    another shape."""
    arrays = []
    for index, item in enumerate(X.to_numpy() if hasattr(X, "columns") else X):  # a DataFrame's items are its names
        try:
            array = np.asarray(item, dtype=np.float64)
        except (TypeError, ValueError):
            raise ValueError(
                f"X[{index}] is no sequence of numbers; give arrays of (steps) or (steps, features)"
            ) from None
        if array.ndim not in (1, 2):
            raise ValueError(f"X[{index}] has {array.ndim} dimensions; give arrays of (steps) or (steps, features)")
        _check_length(index, len(array))
        arrays.append(array.reshape(len(array), -1))
        _check_finite(index, arrays[-1])
    if len({array.shape[1] for array in arrays}) > 1:
        raise ValueError("X has sequences of differing numbers of features a step; give all the same")
    return arrays


def _check_finite(index: int, array_SF: np.ndarray) -> None:
    gaps = np.argwhere(~np.isfinite(array_SF))
    if len(gaps):
        step, feature = map(int, gaps[0])
        place = f"step {step}" if array_SF.shape[1] == 1 else f"step {step}, feature {feature},"
        raise ValueError(
            f"X contains {name_of_gap(array_SF[step, feature])} in sequence {index}, {place} from 0 on: leave such "
            "sequences out of X and y, or fill the gaps, with pandas.Series(sequence).interpolate() say"
        )


def _check_length(index: int, length: int) -> None:
    if length == 0:
        raise ValueError(f"X[{index}] is a sequence of zero length; leave it out")
