"""Recurrent networks over whole sequences, with scikit-learn's interface."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
import torch
from numpy.typing import ArrayLike
from sklearn.utils import Tags
from sklearn.utils.validation import check_consistent_length, check_is_fitted, check_X_y, validate_data
from torch import Tensor, nn

from skaz.estimators.base import NetworkEstimator, Solver
from skaz.estimators.fitting import Examples
from skaz.estimators.plain_errors import NOTHING, ONE_SEQUENCE, check_targets, plain_errors
from skaz.estimators.predicting import ClassLossChoice, NetworkClassifier, NetworkRegressor
from skaz.estimators.sequence_inputs import (
    Alphabet,
    Kind,
    Scaling,
    SequenceExamples,
    Sequences,
    Tokens,
    check_row_lengths,
    kind_of,
    number_sequences,
)
from skaz.estimators.settings import check_choice, check_flag, check_positive, check_whole
from skaz.nn.encoder import Encoder
from skaz.nn.feed_forward import FeedForward
from skaz.nn.prediction_losses import NumberLoss
from skaz.nn.sequence_network import Pooling, SequenceNetwork, initialise_sequence_network
from skaz.recipe import Cell, Initialiser

PREDICTED_TOGETHER = 256


class ReadsSequences(NetworkEstimator):
    """Sequences, read by a recurrent network from their beginning to their end."""

    _auto_batch = 32

    cell: Cell
    hidden_size: int
    layers: int
    bidirectional: bool
    pooling: Pooling
    tokens: Tokens
    embedding_size: int
    initialiser: Initialiser
    clip_norm: float

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        tags.input_tags.three_d_array = True
        tags.input_tags.string = True
        return tags

    def _check_parameters(self) -> None:
        super()._check_parameters()
        check_choice("cell", self.cell, Cell)
        check_choice("pooling", self.pooling, Pooling)
        check_choice("tokens", self.tokens, Tokens)
        check_choice("initialiser", self.initialiser, Initialiser)
        for name in ("hidden_size", "layers", "embedding_size"):
            check_whole(name, getattr(self, name))
        check_positive("clip_norm", self.clip_norm)
        check_flag("bidirectional", self.bidirectional)

    def _read_with(self, X: Any, y: ArrayLike, *, first: bool, numeric: bool) -> tuple[Sequences, np.ndarray]:
        check_targets(y, numeric=numeric)
        if first:
            self._kind: Kind = kind_of(X)
        if self._kind == "table":
            if not first:
                check_row_lengths(X, self.n_features_in_)
            with plain_errors(X, y, one_axis=ONE_SEQUENCE):
                table, values = validate_data(
                    self, X, y, reset=first, dtype=np.float64, y_numeric=numeric, multi_output=numeric
                )
            return self._encode(table[:, :, None], first=first), values
        check_consistent_length(X, y)
        # the targets go by scikit-learn's own checks, beside a column that has nothing to say
        silent = np.zeros((len(X), 1))
        with plain_errors(silent, y):
            _, values = check_X_y(silent, y, y_numeric=numeric, multi_output=numeric)
        return self._encode(X, first=first), values

    def _read(self, X: Any) -> Sequences:
        if self._kind == "table":
            check_row_lengths(X, self.n_features_in_)
            with plain_errors(X, one_axis=ONE_SEQUENCE):
                X = validate_data(self, X, reset=False, dtype=np.float64)[:, :, None]
        return self._encode(X, first=False)

    def _encode(self, X: Any, *, first: bool) -> Sequences:
        """As symbols or numbers; of texts the first fit learns the alphabet, of numbers their scaling."""
        if isinstance(X, str):
            raise ValueError("X is one text; give a list of texts")
        if len(X) == 0:
            raise ValueError(NOTHING)
        if self._kind == "texts":
            if first:
                self._reading: Alphabet | Scaling = Alphabet.of(X, self.tokens)
            return self._reading.encode(X)
        arrays = number_sequences(X)
        if first:
            self._reading = Scaling.of(arrays)
        return self._reading.encode(arrays)

    def _examples(self, inputs: Sequences, targets: Tensor) -> Examples:
        return SequenceExamples(inputs.float(), targets)

    def _make_network(self, outputs: int, generator: torch.Generator) -> nn.Module:
        with torch.random.fork_rng(devices=[]):  # torch's layers draw from the global generator when they are made
            embedding = None
            if isinstance(self._reading, Alphabet):
                embedding = nn.Embedding(len(self._reading.symbols) + 1, self.embedding_size, padding_idx=0)
                width = self.embedding_size
            else:
                width = len(self._reading.means)
            encoder = Encoder(self.cell, width, self.hidden_size, self.layers, bidirectional=self.bidirectional)
            head = FeedForward((encoder.context_size, outputs))
            network = SequenceNetwork(encoder, head, embedding, self.pooling)
        initialise_sequence_network(network, self.initialiser, generator)
        return network

    @property
    def mean_(self) -> np.ndarray:
        """Of sequences of numbers: what is taken off each feature, its mean over all steps of training."""
        return self._scaling().means

    @property
    def scale_(self) -> np.ndarray:
        """Of sequences of numbers: what each feature is then divided by, its deviation over all steps of training; 1
        where it is constant."""
        return self._scaling().scales

    @property
    def symbols_(self) -> tuple[str, ...]:
        """Of texts: the characters or words that were met in training, sorted. Others are read as one unknown."""
        check_is_fitted(self, "network_")
        if not isinstance(self._reading, Alphabet):
            raise AttributeError("The network was fitted to numbers, which have no symbols: see mean_ and scale_")
        return self._reading.symbols

    def _scaling(self) -> Scaling:
        check_is_fitted(self, "network_")
        if not isinstance(self._reading, Scaling):
            raise AttributeError("The network was fitted to texts, which are not scaled: see symbols_")
        return self._reading

    def _clip_norm(self) -> float:
        return self.clip_norm

    @torch.no_grad()
    def _scores(self, X: Any) -> Tensor:
        sequences = self._read(X)
        order_B = sequences.lengths_B.argsort(stable=True)
        scores = []
        for rows in torch.split(order_B, PREDICTED_TOGETHER):
            some = sequences[rows]
            scores.append(self.network_(some.padded(), some.lengths_B))
        return torch.cat(scores)[order_B.argsort()]


class SequenceClassifier(ReadsSequences, NetworkClassifier):
    """Tells sequences apart by a recurrent network.

    X: a list of texts, or a table of one column of them; a list of arrays, each (steps) or (steps, features) with steps
    of its own; a cube (examples, steps, features); or a table, whose row is a sequence and whose columns are its steps.
    Plain lists are read as arrays where their lengths differ, as a table where they don't; a network fitted to a table
    predicts from rows of as many steps. Numbers are standardised, each feature over all steps of training: by `mean_`
    and `scale_`. Of texts `symbols_` are what the network knows.

    cell: rnn, gru, lstm, and mingru, minlstm. hidden_size, layers, bidirectional: of the encoder.
    pooling: what is judged, the last state ("last": the context C) or the mean of all outputs ("mean").
    tokens: what the network reads of a text at a step, characters or words. embedding_size: numbers that stand for one.
    clip_norm: longest gradient of an update. batch_size: auto is 32. The others are `NeuralNetworkClassifier`'s.
    """

    def __init__(
        self,
        *,
        cell: Cell = "lstm",
        hidden_size: int = 32,
        layers: int = 1,
        bidirectional: bool = False,
        pooling: Pooling = "last",
        tokens: Tokens = "characters",
        embedding_size: int = 16,
        initialiser: Initialiser = "xavier",
        dropout: float = 0.0,
        weight_decay: float = 1e-4,
        loss: ClassLossChoice = "auto",
        solver: Solver = "adam",
        learning_rate: float = 5e-3,
        clip_norm: float = 1.0,
        batch_size: int | Literal["auto"] = "auto",
        max_iter: int = 100,
        tol: float | None = 1e-4,
        n_iter_no_change: int = 10,
        early_stopping: bool = False,
        validation_fraction: float = 0.1,
        warm_start: bool = False,
        record_weights: bool = False,
        verbose: bool = False,
        random_state: Any = None,
    ) -> None:
        self.cell = cell
        self.hidden_size = hidden_size
        self.layers = layers
        self.bidirectional = bidirectional
        self.pooling = pooling
        self.tokens = tokens
        self.embedding_size = embedding_size
        self.initialiser = initialiser
        self.dropout = dropout
        self.weight_decay = weight_decay
        self.loss = loss
        self.solver = solver
        self.learning_rate = learning_rate
        self.clip_norm = clip_norm
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


class SequenceRegressor(ReadsSequences, NetworkRegressor):
    """Predicts numbers from sequences by a recurrent network.

    loss: squared or absolute. X and the other parameters are `SequenceClassifier`'s.
    """

    def __init__(
        self,
        *,
        cell: Cell = "lstm",
        hidden_size: int = 32,
        layers: int = 1,
        bidirectional: bool = False,
        pooling: Pooling = "last",
        tokens: Tokens = "characters",
        embedding_size: int = 16,
        initialiser: Initialiser = "xavier",
        dropout: float = 0.0,
        weight_decay: float = 1e-4,
        loss: NumberLoss = "squared",
        solver: Solver = "adam",
        learning_rate: float = 5e-3,
        clip_norm: float = 1.0,
        batch_size: int | Literal["auto"] = "auto",
        max_iter: int = 100,
        tol: float | None = 1e-4,
        n_iter_no_change: int = 10,
        early_stopping: bool = False,
        validation_fraction: float = 0.1,
        warm_start: bool = False,
        record_weights: bool = False,
        verbose: bool = False,
        random_state: Any = None,
    ) -> None:
        self.cell = cell
        self.hidden_size = hidden_size
        self.layers = layers
        self.bidirectional = bidirectional
        self.pooling = pooling
        self.tokens = tokens
        self.embedding_size = embedding_size
        self.initialiser = initialiser
        self.dropout = dropout
        self.weight_decay = weight_decay
        self.loss = loss
        self.solver = solver
        self.learning_rate = learning_rate
        self.clip_norm = clip_norm
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
