"""The perceptron with scikit-learn's face."""

from __future__ import annotations

from typing import Any, Literal, Self

import numpy as np
import torch
from sklearn.utils.metaestimators import available_if
from sklearn.utils.validation import check_is_fitted
from torch import Tensor

from skaz.estimators.base import Targets
from skaz.estimators.fitting import Advance, Examples, Loss, Passed, Rows
from skaz.estimators.neural_network import RowsClassifier
from skaz.estimators.settings import check_choice
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

    def _fit(self, inputs: Any, y: np.ndarray, targets: Targets, held_out: tuple[Any, np.ndarray] | None) -> Self:
        pocket = _Pocket(targets.outputs) if self.pocket and self.rule == "perceptron" else None
        self.mistakes_curve_: list[int] = []
        self._pocket = pocket
        super()._fit(inputs, y, targets, held_out)
        if pocket is not None and not self.early_stopping:
            pocket.put_back(*self._weights())
        del self._pocket
        return self

    def _weights(self) -> tuple[Tensor, Tensor]:
        layer = self.network_.layers[0]
        return layer.get_parameter("weight"), layer.get_parameter("bias")

    def _advance(self, examples: Examples, targets: Targets, generator: torch.Generator) -> Advance:
        if self.rule == "gradient":
            return super()._advance(examples, targets, generator)
        assert isinstance(examples, Rows)
        rows = examples
        signs_BY = 2 * rows.targets - 1
        weight_YF, bias_Y = self._weights()
        pocket = getattr(self, "_pocket", None)
        if not hasattr(self, "mistakes_curve_"):  # partial_fit has no fit before it
            self.mistakes_curve_ = []

        @torch.no_grad()
        def advance() -> Passed:
            order_B = torch.randperm(len(rows), generator=generator)
            shuffled = rows.inputs_BF[order_B], signs_BY[order_B]
            learned = perceptron_pass(weight_YF, bias_Y, *shuffled, self.learning_rate)
            weight_YF.copy_(learned.weight_YF)
            bias_Y.copy_(learned.bias_Y)
            self.mistakes_curve_.append(int(learned.mistakes_Y.sum()))
            scores_BY = self.network_(rows.inputs_BF)
            if pocket is not None:
                pocket.look(weight_YF, bias_Y, (scores_BY * signs_BY <= 0).sum(dim=0))
            return Passed(float(_rule_loss(scores_BY, rows.targets)), is_last=self.mistakes_curve_[-1] == 0)

        return advance

    def _loss(self, targets: Targets) -> Loss:
        return _rule_loss if self.rule == "perceptron" else super()._loss(targets)

    def decision_function(self, X: Any) -> np.ndarray:
        """The scores w·x + b: one an example of two classes, positive for the second; of more classes a column each."""
        check_is_fitted(self, "network_")
        scores_BY = self._scores(X).numpy()
        return scores_BY[:, 0] if scores_BY.shape[1] == 1 else scores_BY

    @available_if(_by_gradients)  # type: ignore[untyped-decorator]
    def predict_proba(self, X: Any) -> np.ndarray:
        """Probabilities, a row an example and a column a class of `classes_`; with rule="gradient"."""
        return super().predict_proba(X)

    @available_if(_by_gradients)  # type: ignore[untyped-decorator]
    def predict_log_proba(self, X: Any) -> np.ndarray:
        """Logarithms of `predict_proba`; with rule="gradient"."""
        return super().predict_log_proba(X)

    @property
    def coef_(self) -> np.ndarray:
        """The weights, a row a unit, as scikit-learn's linear models have them."""
        return self.coefs_[0].T

    @property
    def intercept_(self) -> np.ndarray:
        """The biases."""
        return self.intercepts_[0]


def _rule_loss(scores_BY: Tensor, targets_BY: Tensor) -> Tensor:
    return perceptron_losses(scores_BY, 2 * targets_BY - 1).mean()


class _Pocket:
    """Of each unit the weights that made the fewest mistakes over all examples."""

    def __init__(self, units: int) -> None:
        self.fewest_Y = torch.full((units,), torch.iinfo(torch.int64).max)
        self.kept: tuple[Tensor, Tensor] | None = None

    def look(self, weight_YF: Tensor, bias_Y: Tensor, mistakes_Y: Tensor) -> None:
        """Takes the units' weights that are better than those it has."""
        better_Y = mistakes_Y < self.fewest_Y
        if self.kept is None:
            self.kept = weight_YF.clone(), bias_Y.clone()
        elif better_Y.any():
            kept_YF, kept_Y = self.kept
            self.kept = torch.where(better_Y[:, None], weight_YF, kept_YF), torch.where(better_Y, bias_Y, kept_Y)
        self.fewest_Y = torch.minimum(self.fewest_Y, mistakes_Y)

    @torch.no_grad()
    def put_back(self, weight_YF: Tensor, bias_Y: Tensor) -> None:
        """Those weights are then the pocket's."""
        if self.kept is not None:
            weight_YF.copy_(self.kept[0])
            bias_Y.copy_(self.kept[1])
