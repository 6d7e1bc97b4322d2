"""The perceptron with scikit-learn's interface."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal, Self

import numpy as np
import torch
from sklearn.utils.validation import check_is_fitted
from torch import Tensor

from skaz.estimators.base import Solver, Targets
from skaz.estimators.fitting import Advance, Examples, Loss, Passed, Rows
from skaz.estimators.neural_network import RowsClassifier
from skaz.estimators.settings import check_choice, check_flag
from skaz.nn.perceptron import perceptron_losses, perceptron_mistakes, perceptron_pass, wrong_answers

Rule = Literal["perceptron", "gradient"]
GRADIENT_TOL = 1e-5  # a pass is one update where the examples are few, so a loss that still falls does it by little
WATCHED_TOL = 1e-3  # of the perceptron rule with early stopping: scikit-learn's


class Perceptron(RowsClassifier):
    """One unit, sign(w·x + b): a line, or a plane, between two classes; of more classes one unit each, against the
    rest, and the highest score wins.

    rule: "perceptron" is Rosenblatt's: where an example is wrong, its features are added to the weights or taken off,
    and nothing moves where it is right. Of classes that a plane parts it ends with no mistake, if max_iter passes are
    enough (Novikoff 1962); of others it never ends, so `pocket` keeps, of those that a pass ended with, the weights
    that answer the fewest wrongly (after Gallant 1990, who looks after every mistake). The fitted weights are then
    those of the best pass, where `at_pass(-1)` and the end of `loss_curve_` and of `mistakes_curve_` are the last
    one's. Of two classes no pass has a better score on the examples; of more each unit has its own best pass, as it
    tells its class from the rest, and a pass may be better by the highest of their scores.

    "gradient" descends binary cross-entropy, with a sigmoid where the sign was. It has to: the sign's output doesn't
    change however the weights move, until it jumps from -1 to 1. Its derivative is 0 wherever there is one, so the
    loss's gradient is 0 too and says nothing of where to go. The sigmoid rises all the way, and its slope says it. The
    prediction is still the sign, and a sigmoid's value is a probability besides.

    The weights begin at zero. learning_rate: of the perceptron rule it only scales the weights and moves no boundary.
    solver, weight_decay, batch_size: of "gradient"; the perceptron rule has none of them. solver: adam, with a step of
    its own for each weight, takes hundreds of passes where sgd, plain gradient descent, takes thousands.
    tol: "auto" is 1e-5 of "gradient"; of the perceptron rule None (all passes until none has a mistake), as its loss
    jumps up and down on the way, or with early_stopping 1e-3.
    The loss of each pass is, of the perceptron rule, the mean of max(0, -y·score) after it, y being ±1.
    mistakes_curve_: of the perceptron rule, the mistakes during each pass, of all units; a 0 at its end says that all
    examples are right.
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
        solver: Solver = "adam",
        batch_size: int | Literal["auto"] = "auto",
        max_iter: int = 1000,
        tol: float | Literal["auto"] | None = "auto",
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
        check_flag("pocket", self.pocket)
        super()._check_parameters()

    def _precision(self) -> torch.dtype:
        """Double for the perceptron's rule, so that sums of features are exact where these are whole numbers: a score
        of 0 is a mistake, and rounding would make it right or wrong."""
        return torch.float64 if self.rule == "perceptron" else super()._precision()

    def _tolerance(self) -> float | None:
        if self.tol != "auto":
            return super()._tolerance()
        if self.rule == "gradient":
            return GRADIENT_TOL
        return WATCHED_TOL if self.early_stopping else None

    def _fit(self, inputs: Any, y: np.ndarray, targets: Targets, held_out: tuple[Any, np.ndarray] | None) -> Self:
        pocket = None
        if self.pocket and self.rule == "perceptron":
            going_on = self.warm_start and hasattr(self, "network_")
            width = self.n_features_in_ + 1
            pocket = _Pocket(self._steps_YF() if going_on else np.zeros((targets.outputs, width)))
        self.mistakes_curve_: list[int] = []
        self._pocket = pocket
        super()._fit(inputs, y, targets, held_out)
        if pocket is not None and not self.early_stopping:
            self._set_steps(pocket.weight_YF)
        del self._pocket
        return self

    def _steps_YF(self) -> np.ndarray:
        """The weights as multiples of the learning rate, which the rule adds up; the last column is the bias, the
        weight of a feature that is always 1."""
        weight_YF = np.column_stack([self.coef_, self.intercept_])
        steps_YF: np.ndarray = weight_YF / self.learning_rate
        short_YF = steps_YF.astype(np.float32).astype(np.float64)  # 3 · 0.1 / 0.1 is not 3, and this is
        return np.where(short_YF * self.learning_rate == weight_YF, short_YF, steps_YF)

    def _set_steps(self, steps_YF: np.ndarray) -> None:
        with np.errstate(over="ignore"):
            weight_YF = self.learning_rate * steps_YF
        if not np.isfinite(weight_YF).all():
            raise ValueError(
                f"With learning_rate={self.learning_rate:g} the weights are too large to be numbers: give a smaller "
                "one, 0.1 say, or scale the features (StandardScaler)."
            )
        self.coef_[:], self.intercept_[:] = weight_YF[:, :-1], weight_YF[:, -1]  # views: the network has it

    def _advance(self, examples: Examples, targets: Targets, generator: torch.Generator) -> Advance:
        if self.rule == "gradient":
            return super()._advance(examples, targets, generator)
        assert isinstance(examples, Rows)
        pocket = getattr(self, "_pocket", None)
        if not hasattr(self, "mistakes_curve_"):  # partial_fit has no fit before it
            self.mistakes_curve_ = []
        signs_BY = _signs(examples.targets)
        inputs_BF = np.column_stack([examples.inputs_BF.numpy(), np.ones_like(signs_BY[:, 0])])
        steps_YF = self._steps_YF()

        def measured() -> np.ndarray:
            """The margins with the steps as they are, at which the pocket has its look."""
            margins_BY: np.ndarray = signs_BY * (inputs_BF @ steps_YF.T)
            if pocket is not None:
                with torch.no_grad():  # the very scores by which predict answers
                    scores_BY = self.network_(examples.inputs_BF).numpy()
                pocket.look(
                    steps_YF,
                    wrong_answers(scores_BY, signs_BY),
                    perceptron_mistakes(steps_YF, inputs_BF, margins_BY),
                )
            return margins_BY

        measured()

        def advance() -> Passed:
            nonlocal steps_YF
            order_B = torch.randperm(len(inputs_BF), generator=generator).numpy()
            steps_YF, mistakes_Y = perceptron_pass(steps_YF, inputs_BF[order_B], signs_BY[order_B])
            self._set_steps(steps_YF)
            self.mistakes_curve_ = [*self.mistakes_curve_, int(mistakes_Y.sum())]
            margins_BY = measured()
            loss = self.learning_rate * float(perceptron_losses(margins_BY).mean())
            return Passed(loss, is_last=not mistakes_Y.any())

        return advance

    def _loss(self, targets: Targets) -> Loss:
        return _rule_loss if self.rule == "perceptron" else super()._loss(targets)

    def decision_function(self, X: Any) -> np.ndarray:
        """The scores w·x + b: one an example of two classes, positive for the second; of more classes a column each."""
        check_is_fitted(self, "network_")
        scores_BY = self._scores(X).numpy()
        return scores_BY[:, 0] if scores_BY.shape[1] == 1 else scores_BY

    @property
    def predict_proba(self) -> Callable[[Any], np.ndarray]:
        """Probabilities of X, a row an example and a column a class of `classes_`; with rule="gradient"."""
        self._check_probable()
        return super().predict_proba

    @property
    def predict_log_proba(self) -> Callable[[Any], np.ndarray]:
        """Logarithms of `predict_proba`; with rule="gradient"."""
        self._check_probable()
        return super().predict_log_proba

    def _check_probable(self) -> None:
        """AttributeError, by which scikit-learn knows what an estimator hasn't got."""
        if self.rule != "gradient":
            raise AttributeError(
                'The perceptron rule gives no probabilities: fit with rule="gradient", or take decision_function'
            )

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


def _rule_loss(scores_BY: Tensor, targets_BY: Tensor) -> Tensor:
    return torch.from_numpy(perceptron_losses(_signs(targets_BY) * scores_BY.numpy())).mean()


class _Pocket:
    """Of each unit the weights that answer the fewest of all examples wrongly, and of such those that make the fewest
    mistakes as the rule sees it: an answer at a score of 0 hangs on rounding. The last column is the bias. It begins
    with the weights that the fit goes on from, so that no fit ends worse than it began."""

    def __init__(self, weight_YF: np.ndarray) -> None:
        self.weight_YF = weight_YF
        self.fewest_2Y = np.full((2, len(weight_YF)), np.inf)  # wrong answers, and mistakes as the rule sees it

    def look(self, weight_YF: np.ndarray, wrong_Y: np.ndarray, mistakes_Y: np.ndarray) -> None:
        """Takes the units' weights that are better than those it has."""
        better_Y = (wrong_Y < self.fewest_2Y[0]) | ((wrong_Y == self.fewest_2Y[0]) & (mistakes_Y < self.fewest_2Y[1]))
        self.weight_YF[better_Y] = weight_YF[better_Y]
        self.fewest_2Y[:, better_Y] = wrong_Y[better_Y], mistakes_Y[better_Y]
