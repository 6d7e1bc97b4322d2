"""What every estimator that fits a network by gradients shares: the run of `fit` and `partial_fit`, and what it keeps.

A subclass says how its inputs become tensors and which network reads them; what it predicts is a `ClassTargets` or a
`NumberTargets`.
"""

from __future__ import annotations

import copy
from abc import abstractmethod
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Protocol, Self

import numpy as np
import torch
from numpy.typing import ArrayLike
from sklearn.base import BaseEstimator
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_is_fitted
from torch import Tensor, nn

from skaz.estimators.fitting import (
    Advance,
    Examples,
    FitSettings,
    History,
    Loss,
    Passed,
    Weights,
    check_finite,
    fit,
    make_optimiser,
    mean_loss,
    one_pass,
    snapshot,
)
from skaz.estimators.settings import check_choice, check_flag, check_number, check_place, check_positive, check_whole
from skaz.training.descent import Descent

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Solver = Literal["adam", "sgd"]
LARGEST_BATCH = 200  # scikit-learn's


class Targets(Protocol):
    """What is predicted: `ClassTargets` or `NumberTargets`."""

    @property
    def outputs(self) -> int: ...

    def encode(self, values: np.ndarray, name: str = "y", /) -> Tensor: ...

    def loss(self, scores_BY: Tensor, targets: Tensor) -> Tensor: ...


class NetworkEstimator(BaseEstimator):  # type: ignore[misc]
    """Fits a network to examples in memory. Attributes after a fit:

    network_: the torch module, in float64 so that a row's prediction doesn't hang on the rows beside it.
    loss_curve_, validation_loss_curve_: the mean loss of each pass, in training while the weights moved; the second is
    empty where nothing was held out.
    weight_history_: with record_weights=True the weights before the first pass and after each, by name; empty where
    it was not set from the first pass on.
    n_iter_: passes made.
    """

    _auto_batch = LARGEST_BATCH  # what batch_size="auto" is

    network_: nn.Module
    _optimiser: Descent | None
    _passes_made = 0  # over the network, in all its fits

    # parameters that subclasses have
    solver: Solver
    learning_rate: float
    weight_decay: float
    batch_size: int | Literal["auto"]
    max_iter: int
    tol: Any  # a number or None; of a perceptron "auto" as well
    n_iter_no_change: int
    early_stopping: bool
    validation_fraction: float
    dropout: float
    warm_start: bool
    record_weights: bool
    verbose: bool
    random_state: Any

    @abstractmethod
    def _read_with(self, X: Any, y: ArrayLike, *, first: bool, numeric: bool) -> tuple[Any, np.ndarray]:
        """Inputs and what is to be predicted, checked; `first`: what a fit learns of inputs (columns, alphabet) is
        learned."""

    @abstractmethod
    def _examples(self, inputs: Any, targets: Tensor) -> Examples:
        """Inputs with their targets, for the fit."""

    @abstractmethod
    def _make_network(self, outputs: int, generator: torch.Generator) -> nn.Module:
        """The network with its first weights."""

    @abstractmethod
    def _scores(self, X: Any) -> Tensor:
        """The network's answer, (B, Y), without gradients."""

    def _check_parameters(self) -> None:
        """ValueError for the first that can't be."""
        check_choice("solver", self.solver, Solver)
        check_positive("learning_rate", self.learning_rate)
        check_number("weight_decay", self.weight_decay)
        check_number("dropout", self.dropout, below=1.0)
        check_whole("max_iter", self.max_iter)
        check_whole("n_iter_no_change", self.n_iter_no_change)
        if self.batch_size != "auto":
            check_whole("batch_size", self.batch_size)
        if (tol := self._tolerance()) is not None:
            check_number("tol", tol)
        check_positive("validation_fraction", self.validation_fraction, below=1.0)
        for name in ("early_stopping", "warm_start", "record_weights", "verbose"):
            check_flag(name, getattr(self, name))

    @contextmanager
    def _whole_or_not(self) -> Iterator[None]:
        """What is learned inside is kept where it came to its end; where it fails, or is interrupted, the estimator is
        as it was before."""
        before = dict(self.__dict__)
        network = before.get("network_")
        weights = None if network is None else copy.deepcopy(network.state_dict())
        try:
            yield
        except BaseException:
            self.__dict__.clear()
            self.__dict__.update(before)
            if network is not None:
                network.double().load_state_dict(weights)
                self._optimiser = None  # its moments have gone on
            raise

    def _fit(self, inputs: Any, y: np.ndarray, targets: Targets, held_out: tuple[Any, np.ndarray] | None) -> Self:
        """The whole fit of checked inputs; `held_out` are checked inputs with their y."""
        generator = self._generator(0)  # the same at each fit: a warm start holds the same examples out
        encoded = targets.encode(y)
        if self.early_stopping and held_out is None:
            validation: Examples | None
            inputs, encoded, validation = self._hold_out(inputs, encoded, y, generator)
        else:
            validation = None
            if held_out is not None:
                validation = self._examples(held_out[0], targets.encode(held_out[1], "y_val"))
        if self.warm_start and hasattr(self, "network_"):
            generator = self._generator(self._passes_made)
        else:
            self.network_ = self._make_network(targets.outputs, generator)
            self._optimiser, self._passes_made = None, 0
        self.network_.to(self._precision())
        advance, measure = self._advance(self._examples(inputs, encoded), targets, generator), None
        if validation is not None:
            measure = partial(
                mean_loss, self.network_, validation, self._loss(targets), self._settings(len(encoded)).batch_size
            )
        history = fit(self.network_, advance, measure, self._settings(len(encoded)))
        self._keep(history, passes=len(history.training_losses))
        return self

    def _read_held_out(self, X: Any, y: ArrayLike | None, *, numeric: bool) -> tuple[Any, np.ndarray] | None:
        """X_val and y_val, checked; ValueError where one is given without the other."""
        if X is None and y is None:
            return None
        if X is None or y is None:
            raise ValueError("X_val and y_val go together: give both or neither")
        try:
            return self._read_with(X, y, first=False, numeric=numeric)
        except (TypeError, ValueError) as error:
            raise type(error)(f"In X_val and y_val: {error}") from None

    def _partial_fit(self, inputs: Any, y: np.ndarray, targets: Targets) -> Self:
        """One more pass, over these examples. ValueError where the loss is no longer a number."""
        generator = self._generator(self._passes_made)
        encoded = targets.encode(y)
        if not hasattr(self, "network_"):
            self.network_ = self._make_network(targets.outputs, generator)
            self._keep(History(weights=[snapshot(self.network_)] if self.record_weights else []), passes=0)
        self.network_.to(self._precision())
        loss = self._advance(self._examples(inputs, encoded), targets, generator)().loss
        check_finite(loss, len(self.loss_curve_))
        is_whole = self.record_weights and len(self.weight_history_) == self.n_iter_ + 1
        weights = [*self.weight_history_, snapshot(self.network_)] if is_whole else []
        self._keep(History([*self.loss_curve_, loss], self.validation_loss_curve_, weights), passes=1)
        return self

    def _advance(self, examples: Examples, targets: Targets, generator: torch.Generator) -> Advance:
        """What makes a pass over the examples."""
        settings = self._settings(len(examples))
        loss = self._loss(targets)
        before = getattr(self, "_optimiser", None)  # a loaded estimator has none
        # made anew, because set_params may have changed the rate, the decay or the solver since
        optimiser = make_optimiser(self.network_, self.solver, self.learning_rate, self.weight_decay, before)
        self._optimiser = optimiser
        return lambda: Passed(one_pass(self.network_, examples, loss, optimiser, settings, generator))

    def _loss(self, targets: Targets) -> Loss:
        return targets.loss

    def _settings(self, examples: int) -> FitSettings:
        return FitSettings(
            batch_size=min(self._auto_batch if self.batch_size == "auto" else self.batch_size, examples),
            max_passes=self.max_iter,
            tol=self._tolerance(),
            patience=self.n_iter_no_change,
            early_stopping=self.early_stopping,
            dropout=self.dropout,
            clip_norm=self._clip_norm(),
            record_weights=self.record_weights,
            verbose=bool(self.verbose),
        )

    def _tolerance(self) -> float | None:
        return self.tol  # type: ignore[no-any-return]

    def _precision(self) -> torch.dtype:
        """In what the network learns."""
        return torch.float32

    def _clip_norm(self) -> float | None:
        """Longest gradient; None: as it comes."""
        return None

    def _generator(self, passes: int) -> torch.Generator:
        """For the draws after so many passes, which are others than those before."""
        # as scikit-learn's estimators draw: the same seed, the same fit; a generator goes on where it was
        seed = check_random_state(self.random_state).randint(np.iinfo(np.int32).max)
        return torch.Generator().manual_seed(int(seed) + passes)

    def _hold_out(
        self, inputs: Any, encoded: Tensor, y: np.ndarray, generator: torch.Generator
    ) -> tuple[Any, Tensor, Examples]:
        """Parts the examples at random; the part that is held out comes last."""
        count = round(self.validation_fraction * len(encoded))
        if not 0 < count < len(encoded):
            raise ValueError(
                f"validation_fraction={self.validation_fraction} holds {count} of {len(encoded)} examples out; with so "
                "few set early_stopping=False"
            )
        order_B = torch.randperm(len(encoded), generator=generator)
        kept_B, held_B = order_B[count:], order_B[:count]
        return inputs[kept_B], encoded[kept_B], self._examples(inputs[held_B], encoded[held_B])

    def _keep(self, history: History, passes: int) -> None:
        """What came out, with so many passes more than before."""
        self.network_.double()
        self._passes_made += passes
        self.loss_curve_ = history.training_losses
        self.validation_loss_curve_ = history.validation_losses
        self.weight_history_: list[Weights] = history.weights
        self.n_iter_ = len(history.training_losses)

    def at_pass(self, number: int) -> Self:
        """This estimator as it was after so many passes (0: before the first, -1: after the last, which is not the
        fitted one where early stopping or a perceptron's pocket kept better weights); it must have been fitted with
        record_weights=True. For pictures of a boundary as it moves, say."""
        check_is_fitted(self, "network_")
        self._check_recorded()
        check_place("number", number, len(self.weight_history_))
        past = copy.copy(self)
        past.network_ = copy.deepcopy(self.network_)
        past._optimiser = None
        past.network_.load_state_dict(
            {name: torch.from_numpy(value) for name, value in self.weight_history_[number].items()}
        )
        return past

    def plot_losses(self, ax: Axes | None = None) -> Axes:
        """Loss over passes, in training and on what was held out; returns the axes."""
        check_is_fitted(self, "network_")
        from skaz.estimators import plots

        return plots.losses(self.loss_curve_, self.validation_loss_curve_, ax)

    def plot_weight_movement(self, ax: Axes | None = None) -> Axes:
        """How far each matrix has moved, pass by pass; needs record_weights=True; returns the axes."""
        check_is_fitted(self, "network_")
        self._check_recorded()
        from skaz.estimators import plots

        return plots.weight_movement(self.weight_history_, ax)

    def _check_recorded(self) -> None:
        if not self.weight_history_:
            raise ValueError("The weights were not recorded from the first pass on: fit with record_weights=True")

    def save(self, path: str | Path) -> None:
        """Writes the fitted estimator into a folder, as safetensors and JSON; `skaz.estimators.load` reads it."""
        from skaz.estimators.saving import save

        save(self, Path(path))
