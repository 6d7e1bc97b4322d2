"""The two things that an estimator can predict, each with its half of scikit-learn's interface: classes and numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, Self

import numpy as np
from numpy.typing import ArrayLike
from sklearn.base import ClassifierMixin, MultiOutputMixin, RegressorMixin
from sklearn.utils.validation import check_is_fitted

from skaz.estimators.base import NetworkEstimator
from skaz.estimators.settings import check_choice
from skaz.estimators.targets import ClassTargets, NumberTargets
from skaz.nn.prediction_losses import NumberLoss

if TYPE_CHECKING:
    from matplotlib.axes import Axes

ClassLossChoice = Literal["auto", "binary_cross_entropy", "cross_entropy"]


class NetworkClassifier(ClassifierMixin, NetworkEstimator):  # type: ignore[misc]
    """Predicts classes; after a fit `classes_` are they, sorted."""

    loss: ClassLossChoice

    def _check_parameters(self) -> None:
        super()._check_parameters()
        check_choice("loss", self.loss, ClassLossChoice)

    def fit(self, X: Any, y: ArrayLike, *, X_val: Any = None, y_val: ArrayLike | None = None) -> Self:
        """Fits from new weights (with warm_start: from those of the last fit). X_val, y_val: examples held out by you,
        whose loss is recorded each pass, and watched where early_stopping is set."""
        self._check_parameters()
        again = self.warm_start and hasattr(self, "network_")
        with self._whole_or_not():
            inputs, labels = self._read_with(X, y, first=not again, numeric=False)
            if not again:
                self._targets = ClassTargets.of(labels, self.loss)
                self.classes_ = self._targets.classes
            return self._fit(inputs, labels, self._targets, self._read_held_out(X_val, y_val, numeric=False))

    def partial_fit(self, X: Any, y: ArrayLike, classes: ArrayLike | None = None) -> Self:
        """One more pass, over these examples. The first call names all the `classes` that there will be."""
        self._check_parameters()
        first = not hasattr(self, "network_")
        if first and classes is None:
            raise ValueError("classes must be passed on the first call to partial_fit.")
        if not first and classes is not None and not np.array_equal(np.unique(classes), self.classes_):
            raise ValueError(f"classes={classes!r} is not the same as on the last call, {self.classes_!r}")
        with self._whole_or_not():
            inputs, labels = self._read_with(X, y, first=first, numeric=False)
            if first:
                self._targets = ClassTargets.of(np.unique(np.asarray(classes)), self.loss)
                self.classes_ = self._targets.classes
            return self._partial_fit(inputs, labels, self._targets)

    def predict(self, X: Any) -> np.ndarray:
        """The likeliest class of each example."""
        check_is_fitted(self, "network_")
        return self._targets.labels(self._scores(X))

    def predict_proba(self, X: Any) -> np.ndarray:
        """Probabilities, a row an example and a column a class of `classes_`."""
        check_is_fitted(self, "network_")
        return self._targets.probabilities(self._scores(X))

    def predict_log_proba(self, X: Any) -> np.ndarray:
        """Logarithms of `predict_proba`."""
        with np.errstate(divide="ignore"):  # of a probability too small to be told from 0
            logarithms: np.ndarray = np.log(self.predict_proba(X))
        return logarithms

    def plot_confusion_matrix(self, X: Any, y: ArrayLike, ax: Axes | None = None) -> Axes:
        """How often each class of these examples was taken for each; returns the axes."""
        from skaz.estimators import plots

        predicted = self.predict(X)
        return plots.confusion_matrix(self.classes_, np.asarray(y), predicted, ax)


class NetworkRegressor(MultiOutputMixin, RegressorMixin, NetworkEstimator):  # type: ignore[misc]
    """Predicts numbers, one or several an example. They are standardised for the fit, so losses are in squares, or
    absolutes, of the training targets' standard deviations."""

    loss: NumberLoss

    def _check_parameters(self) -> None:
        super()._check_parameters()
        check_choice("loss", self.loss, NumberLoss)

    def fit(self, X: Any, y: ArrayLike, *, X_val: Any = None, y_val: ArrayLike | None = None) -> Self:
        """Fits from new weights (with warm_start: from those of the last fit). X_val, y_val: examples held out by you,
        whose loss is recorded each pass, and watched where early_stopping is set."""
        self._check_parameters()
        again = self.warm_start and hasattr(self, "network_")
        with self._whole_or_not():
            inputs, numbers = self._read_with(X, y, first=not again, numeric=True)
            if not again:
                self._targets = NumberTargets.of(numbers, self.loss)
            return self._fit(inputs, numbers, self._targets, self._read_held_out(X_val, y_val, numeric=True))

    def partial_fit(self, X: Any, y: ArrayLike) -> Self:
        """One more pass, over these examples. The targets' mean and deviation are those of the first call."""
        self._check_parameters()
        first = not hasattr(self, "network_")
        with self._whole_or_not():
            inputs, numbers = self._read_with(X, y, first=first, numeric=True)
            if first:
                self._targets = NumberTargets.of(numbers, self.loss)
            return self._partial_fit(inputs, numbers, self._targets)

    def predict(self, X: Any) -> np.ndarray:
        """Numbers: (examples) or (examples, targets), as y was."""
        check_is_fitted(self, "network_")
        return self._targets.numbers(self._scores(X))
