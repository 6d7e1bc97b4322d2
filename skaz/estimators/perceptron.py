"""The perceptron with scikit-learn's interface."""

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
        pocket = None
        if self.pocket and self.rule == "perceptron":
            weight_YF = np.zeros((targets.outputs, self.n_features_in_ + 1))
            if self.warm_start and hasattr(self, "network_"):
                weight_YF = np.column_stack([self.coef_, self.intercept_])
            pocket = _Pocket(weight_YF)
        self.mistakes_curve_: list[int] = []
        self._pocket = pocket
        super()._fit(inputs, y, targets, held_out)
        if pocket is not None and not self.early_stopping:
            self.coef_[:], self.intercept_[:] = pocket.weight_YF[:, :-1], pocket.weight_YF[:, -1]
        del self._pocket
        return self

    def _advance(self, examples: Examples, targets: Targets, generator: torch.Generator) -> Advance:
        if self.rule == "gradient":
            return super()._advance(examples, targets, generator)
        assert isinstance(examples, Rows)
        pocket = getattr(self, "_pocket", None)
        if not hasattr(self, "mistakes_curve_"):  # partial_fit has no fit before it
            self.mistakes_curve_ = []
        signs_BY = _signs(examples.targets)
        inputs_BF = np.column_stack([examples.inputs_BF.numpy(), np.ones_like(signs_BY[:, 0])])
        coef_YF, intercept_Y = self.coef_, self.intercept_  # what is written into them, the network has
        weight_YF = np.column_stack([coef_YF, intercept_Y])  # the bias: the weight of a feature that is always 1
        if pocket is not None:
            pocket.look(pocket.weight_YF, _mistakes(signs_BY * (inputs_BF @ pocket.weight_YF.T)))

        def advance() -> Passed:
            nonlocal weight_YF
            order_B = torch.randperm(len(inputs_BF), generator=generator).numpy()
            shuffled = inputs_BF.take(order_B, axis=0), signs_BY.take(order_B, axis=0)
            weight_YF, mistakes_Y = perceptron_pass(weight_YF, *shuffled, self.learning_rate)
            coef_YF[:], intercept_Y[:] = weight_YF[:, :-1], weight_YF[:, -1]
            self.mistakes_curve_.append(int(mistakes_Y.sum()))
            margins_BY = signs_BY * (inputs_BF @ weight_YF.T)
            if pocket is not None:
                pocket.look(weight_YF, _mistakes(margins_BY))
            return Passed(float(perceptron_losses(margins_BY).mean()), is_last=self.mistakes_curve_[-1] == 0)

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


def _signs(targets_BY: Tensor) -> np.ndarray:
    """±1 of 0 and 1."""
    return 2 * targets_BY.numpy() - 1


def _mistakes(margins_BY: np.ndarray) -> np.ndarray:
    """Examples that each unit gets wrong."""
    mistakes_Y: np.ndarray = (margins_BY <= 0).sum(axis=0)
    return mistakes_Y


def _rule_loss(scores_BY: Tensor, targets_BY: Tensor) -> Tensor:
    return torch.from_numpy(perceptron_losses(_signs(targets_BY) * scores_BY.numpy())).mean()


class _Pocket:
    """Of each unit the weights that made the fewest mistakes over all examples; the last column is the bias. It begins
    with the weights that the fit goes on from, so that no fit ends worse than it began."""

    def __init__(self, weight_YF: np.ndarray) -> None:
        self.weight_YF = weight_YF
        self.fewest_Y = np.full(len(weight_YF), np.inf)

    def look(self, weight_YF: np.ndarray, mistakes_Y: np.ndarray) -> None:
        """Takes the units' weights that are better than those it has."""
        better_Y = mistakes_Y < self.fewest_Y
        self.weight_YF[better_Y] = weight_YF[better_Y]
        self.fewest_Y[better_Y] = mistakes_Y[better_Y]
