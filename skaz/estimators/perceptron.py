"""The perceptron with scikit-learn's face."""

from __future__ import annotations

from typing import Any, Literal, Self

import numpy as np
import torch
from sklearn.utils.metaestimators import available_if
from sklearn.utils.validation import check_is_fitted
from torch import Tensor, nn

from skaz.estimators.fitting import Advance, Loss, Passed, Rows
from skaz.estimators.neural_network import RowsClassifier
from skaz.estimators.settings import check_choice
from skaz.estimators.targets import ClassTargets
from skaz.nn.feed_forward import FeedForward
from skaz.nn.perceptron import perceptron_losses, perceptron_pass

Rule = Literal["perceptron", "gradient"]


def _by_gradients(estimator: Perceptron) -> bool:
    if estimator.rule != "gradient":
        raise AttributeError('the perceptron rule gives no probabilities; rule="gradient" does')
    return True


class Perceptron(RowsClassifier):
    """One unit, sign(w·x + b): a line, or a plane, between two classes; of more classes one unit each, against the
    rest, and the highest score wins.

    rule: "perceptron" is Rosenblatt's: where an example is wrong, its features are added to the weights or taken off,
    and nothing moves where it is right. Of classes that a plane parts it ends with no mistake (Novikoff 1962); of
    others it never ends, so `pocket` keeps the weights that made the fewest (Gallant 1990).

    "gradient" descends binary cross-entropy, with a sigmoid where the sign was. It has to: the sign's output doesn't
    change however the weights move, until it jumps from -1 to 1. Its derivative is 0 wherever there is one, so the
    loss's gradient is 0 too and says nothing of where to go. The sigmoid rises all the way, and its slope says it. The
    prediction is still the sign, and a sigmoid's value is a probability besides.

    The weights begin at zero. learning_rate: of the perceptron rule it only scales the weights and moves no boundary.
    The loss of each pass is, of the perceptron rule, the mean of max(0, -y·score) after it, y being ±1.
    mistakes_curve_: of the perceptron rule, the mistakes during each pass, of all units.
    """

    hidden_layer_sizes = ()
    activation = "identity"
    initialiser = "zeros"
    loss = "binary_cross_entropy"
    dropout = 0.0

    def __init__(
        self,
        *,
        rule: Rule = "perceptron",
        pocket: bool = True,
        learning_rate: float = 0.1,
        weight_decay: float = 0.0,
        solver: Literal["adam", "sgd"] = "sgd",
        batch_size: int | Literal["auto"] = "auto",
        max_iter: int = 1000,
        tol: float | None = 1e-3,
        n_iter_no_change: int = 5,
        early_stopping: bool = False,
        validation_fraction: float = 0.1,
        warm_start: bool = False,
        record_weights: bool = False,
        verbose: bool = False,
        random_state: Any = None,
    ) -> None:
        self.rule = rule
        self.pocket = pocket
        self.learning_rate = learning_rate
        self.weight_decay = weight_decay
        self.solver = solver
        self.batch_size = batch_size
        self.max_iter = max_iter
        self.tol = tol
        self.n_iter_no_change = n_iter_no_change
        self.early_stopping = early_stopping
        self.validation_fraction = validation_fraction
        self.warm_start = warm_start
        self.record_weights = record_weights
        self.verbose = verbose
        self.random_state = random_state

    def _check_parameters(self) -> None:
        check_choice("rule", self.rule, Rule)
        super()._check_parameters()

    def _fit(self, *arguments: Any) -> Self:
        self._pocket: _Pocket | None = None
        self.mistakes_curve_: list[int] = []
        super()._fit(*arguments)
        if self._pocket is not None and not self.early_stopping:
            self._pocket.put_back(self.network_)
        del self._pocket
        return self

    def _advance(self, examples: Rows, targets: ClassTargets, generator: torch.Generator) -> Advance:
        if self.rule == "gradient":
            return super()._advance(examples, targets, generator)
        layer = self.network_.layers[0]
        signs_BY = 2 * examples.targets - 1
        pocket = _Pocket(targets.outputs)
        if not hasattr(self, "mistakes_curve_"):  # partial_fit has no fit before it
            self.mistakes_curve_ = []
        if self.pocket:
            self._pocket = pocket

        @torch.no_grad()
        def advance() -> Passed:
            order_B = torch.randperm(len(examples), generator=generator)
            learned = perceptron_pass(
                layer.weight, layer.bias, examples.inputs_BF[order_B], signs_BY[order_B], self.learning_rate
            )
            layer.weight.copy_(learned.weight_YF)
            layer.bias.copy_(learned.bias_Y)
            self.mistakes_curve_.append(int(learned.mistakes_Y.sum()))
            scores_BY = self.network_(examples.inputs_BF)
            pocket.look(layer, (scores_BY * signs_BY <= 0).sum(dim=0))
            return Passed(float(_rule_loss(scores_BY, examples.targets)), is_last=self.mistakes_curve_[-1] == 0)

        return advance

    def _loss(self, targets: ClassTargets) -> Loss:
        return _rule_loss if self.rule == "perceptron" else super()._loss(targets)

    def decision_function(self, X: Any) -> np.ndarray:
        """The scores w·x + b: one an example of two classes, positive for the second; of more classes a column each."""
        check_is_fitted(self, "network_")
        scores_BY = self._scores(X).numpy()
        return scores_BY[:, 0] if scores_BY.shape[1] == 1 else scores_BY

    @available_if(_by_gradients)
    def predict_proba(self, X: Any) -> np.ndarray:
        """Probabilities, a row an example and a column a class of `classes_`; with rule="gradient"."""
        return super().predict_proba(X)


def _rule_loss(scores_BY: Tensor, targets_BY: Tensor) -> Tensor:
    return perceptron_losses(scores_BY, 2 * targets_BY - 1).mean()


class _Pocket:
    """Of each unit the weights that made the fewest mistakes over all examples."""

    def __init__(self, units: int) -> None:
        self.fewest_Y = torch.full((units,), torch.iinfo(torch.int64).max)
        self.weight_YF: Tensor | None = None
        self.bias_Y: Tensor | None = None

    def look(self, layer: nn.Module, mistakes_Y: Tensor) -> None:
        """Takes the units' weights that are better than those it has."""
        if self.weight_YF is None or self.bias_Y is None:
            self.weight_YF, self.bias_Y = layer.weight.clone(), layer.bias.clone()
        better_Y = mistakes_Y < self.fewest_Y
        self.fewest_Y = torch.where(better_Y, mistakes_Y, self.fewest_Y)
        self.weight_YF = torch.where(better_Y[:, None], layer.weight, self.weight_YF)
        self.bias_Y = torch.where(better_Y, layer.bias, self.bias_Y)

    @torch.no_grad()
    def put_back(self, network: FeedForward) -> None:
        """The network's weights are then those of the pocket."""
        layer = network.layers[0]
        layer.weight.copy_(self.weight_YF)
        layer.bias.copy_(self.bias_Y)
