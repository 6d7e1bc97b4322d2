"""Feed-forward networks with scikit-learn's interface."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import torch
from numpy.typing import ArrayLike
from sklearn.utils.validation import check_is_fitted, validate_data
from torch import Tensor, nn

from skaz.estimators.base import NetworkEstimator, Solver
from skaz.estimators.fitting import Examples, Rows
from skaz.estimators.plain_errors import check_targets, plain_errors
from skaz.estimators.predicting import ClassLossChoice, NetworkClassifier, NetworkRegressor
from skaz.estimators.settings import check_choice, check_layer_sizes, check_place
from skaz.nn.activations import Activation
from skaz.nn.feed_forward import FeedForward, initialise_layers
from skaz.nn.prediction_losses import NumberLoss
from skaz.recipe import Initialiser

if TYPE_CHECKING:
    from matplotlib.axes import Axes


class ReadsRows(NetworkEstimator):
    """Rows of numbers, read by a feed-forward network."""

    network_: FeedForward
    hidden_layer_sizes: int | tuple[int, ...]
    activation: Activation
    initialiser: Initialiser

    def _check_parameters(self) -> None:
        super()._check_parameters()
        check_layer_sizes(self.hidden_layer_sizes)
        check_choice("activation", self.activation, Activation)
        check_choice("initialiser", self.initialiser, Initialiser)

    def _read(self, X: Any) -> Tensor:
        with plain_errors(X):
            return torch.tensor(validate_data(self, X, reset=False, dtype=np.float64, order="C"))

    def _read_with(self, X: Any, y: ArrayLike, *, first: bool, numeric: bool) -> tuple[Tensor, np.ndarray]:
        check_targets(y, numeric=numeric)
        with plain_errors(X, y):
            table, values = validate_data(
                self, X, y, reset=first, dtype=np.float64, order="C", y_numeric=numeric, multi_output=numeric
            )
        return torch.tensor(table), values

    def _examples(self, inputs: Tensor, targets: Tensor) -> Examples:
        return Rows(inputs.to(self._precision()), targets)

    def _make_network(self, outputs: int, generator: torch.Generator) -> nn.Module:
        sizes = (self.n_features_in_, *check_layer_sizes(self.hidden_layer_sizes), outputs)
        network = FeedForward(sizes, self.activation)
        initialise_layers(network, self.initialiser, generator)
        return network

    @torch.no_grad()
    def _scores(self, X: Any) -> Tensor:
        return self.network_(self._read(X))  # type: ignore[no-any-return]

    @property
    def coefs_(self) -> list[np.ndarray]:
        """A matrix a layer, (inputs, outputs), as scikit-learn has them."""
        return [layer.get_parameter("weight").detach().numpy().T for layer in self.network_.layers]

    @property
    def intercepts_(self) -> list[np.ndarray]:
        """The biases of each layer."""
        return [layer.get_parameter("bias").detach().numpy() for layer in self.network_.layers]

    def plot_weights(
        self, layer: int = 0, *, image_shape: tuple[int, int] | None = None, ax: Axes | None = None
    ) -> Axes:
        """A layer's matrix as colours; with image_shape what each unit looks for, where inputs are pictures (height,
        width). Returns the axes."""
        check_is_fitted(self, "network_")
        check_place("layer", layer, len(self.coefs_))
        from skaz.estimators import plots

        matrix = self.coefs_[layer]
        if image_shape is None:
            return plots.weights(matrix, getattr(self, "feature_names_in_", None) if layer == 0 else None, ax)
        if image_shape[0] * image_shape[1] != len(matrix):
            raise ValueError(f"image_shape {image_shape} has not as many points as the layer has inputs, {len(matrix)}")
        return plots.weight_images(matrix, image_shape, ax)


class RowsClassifier(ReadsRows, NetworkClassifier):
    """Tells rows of numbers apart."""

    def plot_decision_boundary(
        self, X: Any, y: ArrayLike, features: tuple[int | str, int | str] = (0, 1), ax: Axes | None = None
    ) -> Axes:
        """Which class is predicted where, over two features, by their numbers or, of a table, names; others stand at
        their means in X. The examples lie on it. Returns the axes. ValueError for what are no two features of X."""
        check_is_fitted(self, "network_")
        from skaz.estimators import plots

        table = self._read(X).numpy()
        names = list(getattr(self, "feature_names_in_", [f"feature {number}" for number in range(table.shape[1])]))
        places = _two_places(features, names)
        with warnings.catch_warnings():  # the grid has no column names, and needs none
            warnings.filterwarnings("ignore", message="X does not have valid feature names")
            return plots.decision_boundary(self, table, np.asarray(y), places, names, ax)


def _two_places(features: tuple[int | str, int | str], names: list[str]) -> tuple[int, int]:
    """Where two features stand that are given by numbers or names; ValueError for any that are no two."""
    if len(names) < 2:
        raise ValueError("A boundary is drawn over two features, and X has one")
    places = [names.index(each) if each in names else each for each in features]
    if len({*places}) != 2 or not all(place in range(len(names)) for place in places):
        raise ValueError(f"features={features} are no two of the {len(names)} features of X: {', '.join(names)}")
    return int(places[0]), int(places[1])


class NeuralNetworkClassifier(RowsClassifier):
    """Tells classes apart by a feed-forward network.

    hidden_layer_sizes: units of each hidden layer; one number is one layer, () is none.
    activation: identity, relu, leaky_relu, tanh, sigmoid, gelu, sign (no gradient: see `skaz.nn.activations`).
    initialiser: zeros, uniform, normal, xavier, he, orthogonal.
    dropout: part of the hidden units dropped in training.
    weight_decay: part of the weights, as a multiple of the learning rate, that each update takes off; biases keep.
    loss: binary_cross_entropy (a sigmoid each), cross_entropy (a softmax), auto (the first of two classes).
    solver: adam, or sgd, which is plain gradient descent.
    batch_size: examples of an update; auto: 200, or all that there are if fewer.
    max_iter: most passes. tol, n_iter_no_change: the end has come when for so many passes the loss hasn't fallen by
    tol; tol=None: it comes after max_iter passes.
    early_stopping: watch a held-out part, validation_fraction of the examples or X_val, instead, and keep the weights
    that were best on it.
    warm_start: go on from the weights of the last fit. record_weights: keep the weights of every pass.
    random_state: seed of first weights, order and dropout.
    """

    def __init__(
        self,
        hidden_layer_sizes: int | tuple[int, ...] = (100,),
        *,
        activation: Activation = "relu",
        initialiser: Initialiser = "xavier",
        dropout: float = 0.0,
        weight_decay: float = 1e-4,
        loss: ClassLossChoice = "auto",
        solver: Solver = "adam",
        learning_rate: float = 1e-3,
        batch_size: int | Literal["auto"] = "auto",
        max_iter: int = 200,
        tol: float | None = 1e-4,
        n_iter_no_change: int = 10,
        early_stopping: bool = False,
        validation_fraction: float = 0.1,
        warm_start: bool = False,
        record_weights: bool = False,
        verbose: bool = False,
        random_state: Any = None,
    ) -> None:
        self.hidden_layer_sizes = hidden_layer_sizes
        self.activation = activation
        self.initialiser = initialiser
        self.dropout = dropout
        self.weight_decay = weight_decay
        self.loss = loss
        self.solver = solver
        self.learning_rate = learning_rate
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


class NeuralNetworkRegressor(ReadsRows, NetworkRegressor):
    """Predicts numbers by a feed-forward network.

    loss: squared or absolute. The other parameters are `NeuralNetworkClassifier`'s.
    """

    def __init__(
        self,
        hidden_layer_sizes: int | tuple[int, ...] = (100,),
        *,
        activation: Activation = "relu",
        initialiser: Initialiser = "xavier",
        dropout: float = 0.0,
        weight_decay: float = 1e-4,
        loss: NumberLoss = "squared",
        solver: Solver = "adam",
        learning_rate: float = 1e-3,
        batch_size: int | Literal["auto"] = "auto",
        max_iter: int = 200,
        tol: float | None = 1e-4,
        n_iter_no_change: int = 10,
        early_stopping: bool = False,
        validation_fraction: float = 0.1,
        warm_start: bool = False,
        record_weights: bool = False,
        verbose: bool = False,
        random_state: Any = None,
    ) -> None:
        self.hidden_layer_sizes = hidden_layer_sizes
        self.activation = activation
        self.initialiser = initialiser
        self.dropout = dropout
        self.weight_decay = weight_decay
        self.loss = loss
        self.solver = solver
        self.learning_rate = learning_rate
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
