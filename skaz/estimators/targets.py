"""What is to be predicted, as tensors: classes or numbers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import torch
from sklearn.utils.multiclass import check_classification_targets
from torch import Tensor

from skaz.estimators.scales import deviations
from skaz.nn.prediction_losses import ClassLoss, NumberLoss, prediction_loss


@dataclass(frozen=True)
class ClassTargets:
    """Classes in their sorted order. With binary cross-entropy two classes have one output, more have one each, whose
    sigmoids know nothing of one another; with cross-entropy each has one, and they share a softmax."""

    classes: np.ndarray
    loss_name: ClassLoss

    @classmethod
    def of(cls, labels: np.ndarray, loss: Literal["auto", "binary_cross_entropy", "cross_entropy"]) -> ClassTargets:
        """From all the labels there are. Raises ValueError where they are no classes, or fewer than two."""
        check_classification_targets(labels)
        classes = np.unique(labels)
        if len(classes) < 2:
            raise ValueError(
                f"Classes must be two at least; got {len(classes)} class, {classes.tolist()}: give examples of another"
            )
        if loss == "auto":
            loss = "binary_cross_entropy" if len(classes) == 2 else "cross_entropy"
        return cls(classes, loss)

    @property
    def outputs(self) -> int:
        """Y, the network's outputs."""
        return 1 if self.loss_name == "binary_cross_entropy" and len(self.classes) == 2 else len(self.classes)

    def encode(self, labels: np.ndarray, name: str = "y", /) -> Tensor:
        """Labels as the loss wants them. Raises ValueError for one that is not among the classes."""
        places = np.searchsorted(self.classes, labels)
        strange = self.classes.take(places, mode="clip") != labels
        if strange.any():
            unknown = np.unique(labels[strange])
            raise ValueError(f"{name} has classes that are not among those of the first fit, {self.classes}: {unknown}")
        indices = torch.from_numpy(places)
        if self.loss_name == "cross_entropy":
            return indices
        if self.outputs == 1:
            return indices[:, None].float()
        return torch.nn.functional.one_hot(indices, len(self.classes)).float()

    def loss(self, scores_BY: Tensor, targets: Tensor) -> Tensor:
        """The mean over the batch."""
        return prediction_loss(scores_BY, targets, self.loss_name)

    def labels(self, scores_BY: Tensor) -> np.ndarray:
        """The likeliest class of each row."""
        indices = (scores_BY[:, 0] > 0).long() if self.outputs == 1 else scores_BY.argmax(dim=1)
        labels: np.ndarray = self.classes[indices.numpy()]
        return labels

    def probabilities(self, scores_BY: Tensor) -> np.ndarray:
        """A row a example, a column a class, each row adding up to 1."""
        if self.loss_name == "cross_entropy":
            return scores_BY.softmax(dim=1).numpy()
        if self.outputs == 1:
            return torch.cat([torch.sigmoid(-scores_BY), torch.sigmoid(scores_BY)], dim=1).numpy()
        # log σ and a softmax over it: the sigmoids divided by their sum, where each may be near nought
        return torch.nn.functional.logsigmoid(scores_BY).softmax(dim=1).numpy()


@dataclass(frozen=True)
class NumberTargets:
    """Numbers, fitted as (y - mean) / scale, so that no unit of theirs asks for a learning rate of its own."""

    means: np.ndarray
    scales: np.ndarray
    is_column: bool  # one target, given as a vector rather than as a matrix
    loss_name: NumberLoss

    @classmethod
    def of(cls, numbers: np.ndarray, loss: NumberLoss) -> NumberTargets:
        """From the training targets, (B) or (B, Y). ValueError for numbers too large to be standardised."""
        table = numbers.reshape(len(numbers), -1).astype(np.float64)
        spreads = deviations(table, "y")
        return cls(table.mean(axis=0), spreads, numbers.ndim == 1, loss)

    @property
    def outputs(self) -> int:
        """Y, the network's outputs."""
        return len(self.means)

    def encode(self, numbers: np.ndarray, name: str = "y", /) -> Tensor:
        """Numbers as the loss wants them. Raises ValueError for another number of targets."""
        table = numbers.reshape(len(numbers), -1).astype(np.float64)
        if table.shape[1] != self.outputs:
            raise ValueError(f"{name} has {table.shape[1]} targets, and the first fit had {self.outputs}")
        return torch.from_numpy((table - self.means) / self.scales).float()

    def loss(self, scores_BY: Tensor, targets: Tensor) -> Tensor:
        """The mean over the batch and the targets."""
        return prediction_loss(scores_BY, targets, self.loss_name)

    def numbers(self, scores_BY: Tensor) -> np.ndarray:
        """Predictions in the targets' own units."""
        table: np.ndarray = scores_BY.numpy() * self.scales + self.means
        return table[:, 0] if self.is_column else table
