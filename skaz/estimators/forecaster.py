"""Forecasts of time series, with scikit-learn's interface."""

from __future__ import annotations

from collections.abc import Iterable
from numbers import Real
from typing import TYPE_CHECKING, Any, Literal, Self

import numpy as np
import torch
from numpy.typing import ArrayLike
from sklearn.base import MultiOutputMixin, RegressorMixin
from sklearn.metrics import r2_score
from sklearn.utils import Tags
from sklearn.utils.validation import check_is_fitted, validate_data
from torch import Tensor, nn

from skaz.estimators.base import NetworkEstimator, Solver
from skaz.estimators.fitting import Advance, Examples
from skaz.estimators.forecast_examples import ForecastTargets, WindowExamples, Windows
from skaz.estimators.plain_errors import GAPS_IN_SERIES, check_targets, plain_errors
from skaz.estimators.series import SeriesShape, Windowing, cut, season_and_window, series_table
from skaz.estimators.settings import check_choice, check_flag, check_number, check_positive, check_whole
from skaz.estimators.time_axis import TimeAxis, check_same_steps, index_of, tells_of_time
from skaz.nn.encoder import Encoder
from skaz.nn.feed_forward import FeedForward
from skaz.nn.sequence_network import SequenceNetwork, initialise_sequence_network
from skaz.recipe import Cell, Initialiser

if TYPE_CHECKING:
    from matplotlib.axes import Axes

TRUSTS = np.linspace(1.0, 0.0, 11)  # of equals the first is taken
FIRST_ANSWERS = 0.1  # the head begins so much smaller: near the anchor


class Forecaster(MultiOutputMixin, RegressorMixin, NetworkEstimator):  # type: ignore[misc]
    """Forecasts time series, of one variable or of many, by a recurrent network and a linear one side by side (the
    window and its level also go straight to the output: Lai et al. 2018), which answer with quantiles of the next
    `horizon` steps at once.

    horizon: steps that are forecast at once; `predict` goes on from its own forecasts beyond it.
    window: steps that are read; auto: three seasons, or three horizons, as the series allows.
    season: steps of a season, which forecasts then start from; auto: what the time axis suggests (months: 12, days: 7
    and so on); None: none.
    intervals: shares of the future that prediction intervals are to hold.
    calibrate: fit once more, before, without the last fifth of the series; go only as far with the network from plain
    trend and season as was best there, and widen (or narrow) the intervals by what they miss there (conformalised
    quantile regression, Romano et al. 2019). Doubles the time.
    cell, hidden_size, layers, initialiser: of the encoder. The learning rate falls along half a cosine.
    early_stopping: hold out the last validation_fraction of the windows. Others as in `NeuralNetworkClassifier`.
    """

    warm_start = False
    network_: SequenceNetwork
    _past: np.ndarray
    _past_beside: np.ndarray
    _auto_batch = 128

    def __init__(
        self,
        horizon: int = 1,
        *,
        window: int | Literal["auto"] = "auto",
        season: int | Literal["auto"] | None = "auto",
        intervals: tuple[float, ...] = (0.8,),
        calibrate: bool = True,
        cell: Cell = "lstm",
        hidden_size: int = 8,
        layers: int = 1,
        initialiser: Initialiser = "xavier",
        dropout: float = 0.0,
        weight_decay: float = 1e-2,
        solver: Solver = "adam",
        learning_rate: float = 1e-2,
        clip_norm: float = 1.0,
        batch_size: int | Literal["auto"] = "auto",
        max_iter: int = 50,
        tol: float | None = None,
        n_iter_no_change: int = 10,
        early_stopping: bool = False,
        validation_fraction: float = 0.1,
        record_weights: bool = False,
        verbose: bool = False,
        random_state: Any = None,
    ) -> None:
        self.horizon = horizon
        self.window = window
        self.season = season
        self.intervals = intervals
        self.calibrate = calibrate
        self.cell = cell
        self.hidden_size = hidden_size
        self.layers = layers
        self.initialiser = initialiser
        self.dropout = dropout
        self.weight_decay = weight_decay
        self.solver = solver
        self.learning_rate = learning_rate
        self.clip_norm = clip_norm
        self.batch_size = batch_size
        self.max_iter = max_iter
        self.tol = tol
        self.n_iter_no_change = n_iter_no_change
        self.early_stopping = early_stopping
        self.validation_fraction = validation_fraction
        self.record_weights = record_weights
        self.verbose = verbose
        self.random_state = random_state

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        tags.target_tags.required = False
        return tags

    def fit(self, X: Any, y: ArrayLike | None = None) -> Self:
        """Fits to a series. Without y, X is the series: (steps) or (steps, variables), the earliest first; a Series or
        DataFrame with a time axis gives forecasts with one. With y, y is the series and X are exogenous columns, known
        of the past and of the steps to be forecast; ValueError where the two are of different steps."""
        self._check_parameters()
        with self._whole_or_not():
            if y is None:
                series, beside = series_table(X), np.zeros((len(X), 0))
                self.n_features_in_ = series.shape[1]
                given = X
            else:
                check_targets(y, numeric=True, gaps=GAPS_IN_SERIES)
                with plain_errors(X, y, gaps=GAPS_IN_SERIES):
                    beside, target = validate_data(
                        self, X, y, dtype=np.float64, y_numeric=True, multi_output=True, ensure_min_samples=2
                    )
                check_same_steps(X, y)
                series = np.asarray(target, dtype=np.float64).reshape(len(beside), -1)
                given = y
            self._time = TimeAxis.of(_timed(X, given))
            self._shape = SeriesShape.of(given)
            self._has_beside = y is not None
            self._fit_series(series, beside)
            return self

    def partial_fit(self, X: Any, y: ArrayLike | None = None) -> Self:
        """Takes in what came after the series: forecasts then begin behind it. X and y as in `fit`, which the first
        call is. Later ones leave the network's weights: the few windows that new steps complete teach it worse than
        the whole series did. ValueError for other columns or variables than those of the fit, for no numbers, and
        for a time axis that doesn't go on where the series ends."""
        if not hasattr(self, "network_"):
            return self.fit(X, y)
        table = np.asarray(X if y is None else y, dtype=np.float64)
        series = table.reshape(len(table), -1)
        beside = self._coming(X) if self._has_beside else np.zeros((len(series), 0))
        if series.shape[1] != self._past.shape[1] or len(series) != len(beside) or not np.isfinite(series).all():
            raise ValueError("what came after must be finite numbers of the variables and columns of the fit")
        given = X if y is None else y
        self._shape.check_names(given)
        for each in (X, y):
            self._time.check_goes_on(each, "fill what is missing, leave out what was taken in before, or fit anew")
        self._past = np.concatenate([self._past, series])[-self._windowing.window :]
        self._past_beside = np.concatenate([self._past_beside, beside])[-self._windowing.window :]
        self._time = self._time.moved(len(series))
        return self

    def predict(self, X: Any = None, *, steps: int | None = None) -> Any:
        """The median forecast of the next steps, as the series was given: an array, a Series or a DataFrame. `steps`:
        how many (without it `horizon`). Fitted with exogenous columns: X are these of the next steps, a row each;
        ValueError where its time axis doesn't go on where the series ends."""
        check_is_fitted(self, "network_")
        _check_no_number(X, "predict(steps={})")
        return self._shape.dress(self._median(self._quantiles(X, steps)), self._time)

    def score(self, X: Any, y: ArrayLike | None = None, sample_weight: ArrayLike | None = None) -> float:
        """R² of the forecast beside what came, 1 at best. As in `fit`, X without y is the series: the steps that came
        behind those of the fit, not these themselves. With y, y is what came, and X are the exogenous columns of these
        steps. ValueError where a time axis doesn't go on where the series ends."""
        check_is_fitted(self, "network_")
        if y is not None:
            return super().score(X, y, sample_weight)  # type: ignore[no-any-return]
        if self._has_beside:
            raise ValueError("This forecaster was fitted with exogenous columns: call score(X, y)")
        came = series_table(X)
        self._time.check_goes_on(X, "give what came behind the series of the fit")
        forecast = np.asarray(self.predict(steps=len(came))).reshape(len(came), -1)
        return float(r2_score(came, forecast, sample_weight=sample_weight))

    def predict_interval(self, X: Any = None, *, coverage: float | None = None) -> tuple[Any, Any]:
        """The lower and the upper ends of the prediction interval, step by step, each as `predict` gives its forecast.
        `coverage`: one of `intervals`; without it the first. ValueError beyond the horizon, for which no interval was
        fitted."""
        check_is_fitted(self, "network_")
        _check_no_number(X, "predict_interval(coverage={})")
        wanted = self.intervals[0] if coverage is None else coverage
        if wanted not in self.intervals:
            raise ValueError(f"coverage={wanted} is none of intervals={self.intervals}; fit with it")
        values = self._quantiles(X, None)
        if len(values) > self.horizon:
            raise ValueError(
                f"X has {len(values)} steps, and intervals reach {self.horizon}: fit with a longer horizon"
            )
        low, high = self._ends(wanted)
        return tuple(self._shape.dress(values[:, :, end], self._time) for end in (low, high))

    def plot_forecast(self, y: Any = None, X: Any = None, *, past: Any = None, ax: Axes | None = None) -> Axes:
        """The last window of the series (or `past`, as much of it as you give), the forecast behind it with its
        intervals, and, where you have it, what really came (y). Of many variables the first. Returns the axes."""
        check_is_fitted(self, "network_")
        from skaz.estimators import plots

        values = self._quantiles(X, None)
        bands = []
        if len(values) <= self.horizon:  # the widest first, so that the others lie on it
            for each in sorted(self.intervals, reverse=True):
                low, high = self._ends(each)
                bands.append((each, values[:, 0, low], values[:, 0, high]))
        before = self._past if past is None else series_table(past)
        came = None if y is None else series_table(y)[:, 0]
        ends = self._time.ends(len(before)), self._time.after(len(values))
        return plots.forecast(before[:, 0], self._median(values)[:, 0], bands, came, ends, ax)

    def _fit_series(self, series: np.ndarray, beside: np.ndarray) -> None:
        season, window = season_and_window(len(series), self.horizon, self.season, self.window, self._time.season)
        self._margins = np.zeros((self.horizon, series.shape[1], len(self.intervals)))
        self._trust = 1.0
        if self.calibrate:
            self._calibrate(series, beside, season, window)
        self._windowing = Windowing.of(series, beside, window, self.horizon, season)
        history, future = cut(series, window, self.horizon)
        read, targets = self._windows(history, *cut(beside, window, self.horizon)), self._forecast_targets(series)
        self._targets = targets
        self._past, self._past_beside = series[-window:].copy(), beside[-window:].copy()
        self._widths = read.read_BSF.shape[2], read.beside_BX.shape[1]
        self._fit(read, self._windowing.encode(history, future), targets, None)

    def _forecast_targets(self, series: np.ndarray) -> ForecastTargets:
        return ForecastTargets.of(self.horizon * series.shape[1], tuple(self.intervals))

    def _calibrate(self, series: np.ndarray, beside: np.ndarray, season: int, window: int) -> None:
        """Learns from the last fifth, of which the network that is asked knows nothing, how far to go with the network
        from the anchor, and how much wider (P, Y, intervals) intervals must be to hold their share; where the fifth is
        too short to tell, or what is before it to fit, all the way, and by nought."""
        tail = len(series) // 5
        known = len(series) - tail
        windows, fitted = tail - self.horizon + 1, known - window - self.horizon + 1
        if windows < 5 or fitted < 2 or (self.early_stopping and not self._can_hold_out(fitted)):
            return
        before = copy_unfitted(self)
        before.season, before.window = season, window  # a shorter series might be given others
        before._time, before._shape, before._has_beside = self._time, self._shape, self._has_beside
        before._fit_series(series[:known], beside[:known])
        history, future = cut(series[known - window :], window, self.horizon)
        values = before._answers(history, *cut(beside[known - window :], window, self.horizon))
        anchor = before._windowing.anchor(history)
        median = before._median(values)
        missing, answered = ((each - anchor) / before._windowing.next_scale for each in (future, median))
        self._trust = float(min(TRUSTS, key=lambda trust: np.abs(missing - trust * answered).mean()))
        values = anchor[..., None] + self._trust * (values - anchor[..., None])
        for number, coverage in enumerate(self.intervals):
            low, high = before._ends(coverage)
            missed = np.maximum(values[..., low] - future, future - values[..., high])
            level = min(1.0, coverage * (1 + 1 / windows))
            self._margins[:, :, number] = np.quantile(missed, level, axis=0)

    def _windows(self, history: np.ndarray, past_beside: np.ndarray, coming_beside: np.ndarray) -> Windows:
        read, beside = self._windowing.read(history, past_beside, coming_beside)
        return Windows(torch.from_numpy(read), torch.from_numpy(beside))

    @torch.no_grad()
    def _answers(self, history: np.ndarray, past_beside: np.ndarray, coming_beside: np.ndarray) -> np.ndarray:
        """Quantiles (B, P, Y, Q) of what follows windows, in the series' units, ends of intervals not yet widened.
        Sorted, as quantiles are (Chernozhukov et al. 2010)."""
        scores = self.network_(*self._windows(history, past_beside, coming_beside).inputs())
        sorted_scores = scores.view(len(history), self.horizon, history.shape[2], -1).sort(dim=-1).values
        return self._windowing.decode(history, self._trust * sorted_scores.numpy())

    def _quantiles(self, X: Any, steps: int | None) -> np.ndarray:
        """Quantiles (steps, Y, Q) behind the series, with widened intervals, rolled on beyond the horizon."""
        if self._has_beside:
            if X is None:
                raise ValueError("This forecaster was fitted with exogenous columns: give X, a row for each next step")
            coming = self._coming(X)
            self._time.check_goes_on(X, "give X of the steps that are forecast")
            if steps is not None and steps != len(coming):
                raise ValueError(f"steps={steps}, and X has {len(coming)} rows; leave steps out")
        else:
            if X is not None:
                raise ValueError("This forecaster was fitted without exogenous columns: leave X out")
            check_whole("steps", self.horizon if steps is None else steps)
            coming = np.zeros((self.horizon if steps is None else steps, 0))
        past, past_beside, blocks = self._past, self._past_beside, []
        for start in range(0, len(coming), self.horizon):
            block = coming[start : start + self.horizon]
            whole = np.concatenate([block, np.repeat(block[-1:], self.horizon - len(block), axis=0)])
            values = self._answers(past[None], past_beside[None], whole[None])[0]
            for number, coverage in enumerate(self.intervals):
                low, high = self._ends(coverage)
                values[:, :, low] -= self._margins[:, :, number]
                values[:, :, high] += self._margins[:, :, number]
            blocks.append(np.sort(values, axis=-1)[: len(block)])
            past = np.concatenate([past, self._median(values)])[-len(past) :]
            past_beside = np.concatenate([past_beside, whole])[-len(past) :]
        return np.concatenate(blocks)

    def _coming(self, X: Any) -> np.ndarray:
        with plain_errors(X, gaps=GAPS_IN_SERIES):
            return validate_data(self, X, reset=False, dtype=np.float64)  # type: ignore[no-any-return]

    def _median(self, values: np.ndarray) -> np.ndarray:
        return values[..., self._targets.quantiles.index(0.5)]

    def _ends(self, coverage: float) -> tuple[int, int]:
        """Where among the quantiles the two ends of an interval are."""
        quantiles = self._targets.quantiles
        return quantiles.index((1 - coverage) / 2), quantiles.index((1 + coverage) / 2)

    def _check_parameters(self) -> None:
        super()._check_parameters()
        check_whole("horizon", self.horizon)
        for name in ("hidden_size", "layers"):
            check_whole(name, getattr(self, name))
        if self.window != "auto":
            check_whole("window", self.window)
        if self.season not in ("auto", None):
            check_whole("season", self.season)
        if not isinstance(self.intervals, Iterable):
            raise ValueError(
                f"intervals must be a sequence of shares, not {self.intervals!r}; write ({self.intervals!r},)"
            )
        for each in self.intervals:
            check_number("each of intervals", each, least=1e-3, below=1.0)
        if not self.intervals:
            raise ValueError("intervals must name one share at least, (0.8,) say")
        check_choice("cell", self.cell, Cell)
        check_choice("initialiser", self.initialiser, Initialiser)
        check_positive("clip_norm", self.clip_norm)
        check_flag("calibrate", self.calibrate)

    def _read_with(self, X: Any, y: ArrayLike, *, first: bool, numeric: bool) -> tuple[Any, np.ndarray]:
        raise NotImplementedError  # a series is not read as examples

    def _scores(self, X: Any) -> Tensor:
        raise NotImplementedError

    def _examples(self, inputs: Windows, targets: Tensor) -> Examples:
        return WindowExamples(inputs.float(), targets)

    def _make_network(self, outputs: int, generator: torch.Generator) -> nn.Module:
        read, beside = self._widths
        with torch.random.fork_rng(devices=[]):
            encoder = Encoder(self.cell, read, self.hidden_size, self.layers, bidirectional=False)
            network = SequenceNetwork(encoder, FeedForward((encoder.context_size + beside, outputs)))
        initialise_sequence_network(network, self.initialiser, generator)
        with torch.no_grad():
            network.head.layers[0].get_parameter("weight").mul_(FIRST_ANSWERS)
        return network

    def _clip_norm(self) -> float:
        return self.clip_norm

    def _advance(self, examples: Examples, targets: Any, generator: torch.Generator) -> Advance:
        step, passes = super()._advance(examples, targets, generator), iter(range(self.max_iter))

        def advance() -> Any:
            rate = self.learning_rate * 0.5 * (1 + np.cos(np.pi * next(passes) / self.max_iter))
            assert self._optimiser is not None
            self._optimiser.rate = rate
            return step()

        return advance

    def _parted(self, windows: int) -> tuple[int, int]:
        """How many windows are fitted to, and how many are held out, with early stopping."""
        count = round(self.validation_fraction * windows)
        return windows - count - self.horizon + 1, count

    def _can_hold_out(self, windows: int) -> bool:
        return min(self._parted(windows)) >= 1

    def _hold_out(
        self, inputs: Windows, encoded: Tensor, y: np.ndarray, generator: torch.Generator
    ) -> tuple[Windows, Tensor, Examples]:
        """The last windows; those whose future reaches into theirs are left out of both."""
        kept, count = self._parted(len(encoded))
        if not self._can_hold_out(len(encoded)):
            raise ValueError(
                f"validation_fraction={self.validation_fraction} of {len(encoded)} windows leaves too few; set "
                "early_stopping=False"
            )
        held_B, kept_B = torch.arange(len(encoded) - count, len(encoded)), torch.arange(kept)
        return inputs[kept_B], encoded[kept_B], self._examples(inputs[held_B], encoded[held_B])


def _timed(X: Any, given: Any) -> Any:
    """The one of a fit's arguments that tells of time: the series, or else the columns beside it."""
    has_none = index_of(given) is None or (tells_of_time(index_of(X)) and not tells_of_time(index_of(given)))
    return X if has_none else given


def _check_no_number(X: Any, meant: str) -> None:
    """ValueError for a number where X belongs, with the call that was meant."""
    if isinstance(X, Real):
        raise ValueError(f"X is the number {X}, and stands for exogenous columns: call {meant.format(X)}")


def copy_unfitted(forecaster: Forecaster) -> Forecaster:
    """One with the same parameters that doesn't calibrate."""
    made = Forecaster(**forecaster.get_params())
    made.calibrate = False
    return made
