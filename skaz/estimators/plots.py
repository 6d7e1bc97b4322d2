"""The pictures of estimators, drawn into Matplotlib axes that are given or made."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from skaz.errors import DependencyError

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from skaz.estimators.fitting import Weights

TRAINING, HELD_OUT, INK = "#2c6fb4", "#b4442c", "#333333"
CLASS_COLOURS = ("#2c6fb4", "#b4442c", "#4a8c3f", "#8a5fa8", "#c08a1e", "#3f8f8f", "#a8577e", "#777777")
FINE = 300  # points a side of a boundary's grid


def axes_or_new(ax: Axes | None) -> Axes:
    """The axes given, or those of a new figure."""
    if ax is not None:
        return ax
    try:
        from matplotlib import pyplot as plt  # so that a notebook shows it
    except ImportError:
        raise DependencyError('A picture needs Matplotlib: pip install "skaz[estimators]".') from None
    return plt.subplots(layout="constrained")[1]


def losses(training: Sequence[float], held_out: Sequence[float], ax: Axes | None) -> Axes:
    """Loss over passes, in training and, where something was held out, on that."""
    axes = axes_or_new(ax)
    passes = np.arange(1, len(training) + 1)
    axes.plot(passes, training, color=TRAINING, label="training")
    if held_out:
        best = int(np.argmin(held_out))
        axes.plot(passes, held_out, color=HELD_OUT, label=f"held out: least {held_out[best]:.3g}, pass {best + 1}")
        axes.plot(passes[best], held_out[best], "o", color=HELD_OUT, markersize=5)
        axes.legend(frameon=False)
    axes.set(xlabel="pass", ylabel="loss")
    return _bare(axes)


def decision_boundary(
    estimator: Any, X: np.ndarray, y: np.ndarray, features: tuple[int, int], names: Sequence[str], ax: Axes | None
) -> Axes:
    """Which class is predicted where, over two features; the others stand at their means. The examples lie on it."""
    axes = axes_or_new(ax)
    first, second = features
    low, high = X[:, features].min(axis=0), X[:, features].max(axis=0)
    margin = 0.1 * np.where(high > low, high - low, 1.0)
    across = np.linspace(low[0] - margin[0], high[0] + margin[0], FINE)
    up = np.linspace(low[1] - margin[1], high[1] + margin[1], FINE)
    grid = np.tile(X.mean(axis=0), (FINE * FINE, 1))
    grid[:, first], grid[:, second] = (each.ravel() for each in np.meshgrid(across, up))
    regions = np.searchsorted(estimator.classes_, estimator.predict(grid)).reshape(FINE, FINE)
    from matplotlib.colors import ListedColormap

    count = len(estimator.classes_)
    colours = ListedColormap([CLASS_COLOURS[number % len(CLASS_COLOURS)] for number in range(count)])
    # an image: as outlines, a ragged boundary would be hundreds of kilobytes of SVG
    extent = (across[0], across[-1], up[0], up[-1])
    axes.imshow(
        regions,
        cmap=colours,
        vmin=-0.5,
        vmax=count - 0.5,
        alpha=0.18,
        extent=extent,
        origin="lower",
        aspect="auto",
        interpolation="none",
    )
    for number, label in enumerate(estimator.classes_):
        colour = colours(number)
        own = X[y == label]
        axes.scatter(
            own[:, first], own[:, second], s=22, color=colour, edgecolor="white", linewidth=0.6, label=str(label)
        )
    axes.set(xlabel=names[first], ylabel=names[second])
    axes.legend(frameon=True, framealpha=0.95, facecolor="white")  # whose points else look like examples
    return _bare(axes)


def confusion_matrix(labels: np.ndarray, wanted: np.ndarray, predicted: np.ndarray, ax: Axes | None) -> Axes:
    """How often each class (rows) was taken for each (columns)."""
    from sklearn.metrics import ConfusionMatrixDisplay

    axes = axes_or_new(ax)
    ConfusionMatrixDisplay.from_predictions(
        wanted, predicted, labels=labels, ax=axes, cmap="Blues", colorbar=False, xticks_rotation="vertical"
    )
    axes.set(xlabel="predicted", ylabel="true")
    return axes


def weights(matrix: np.ndarray, names: Sequence[str] | None, ax: Axes | None) -> Axes:
    """A layer's matrix, (inputs, units), as a field of colours: blue below zero, red above."""
    axes = axes_or_new(ax)
    bound = float(np.abs(matrix).max()) or 1.0
    image = axes.imshow(matrix, cmap="RdBu_r", vmin=-bound, vmax=bound, aspect="auto", interpolation="nearest")
    axes.set(xlabel="unit", ylabel="input")
    axes.locator_params(integer=True)
    if names is not None and len(names) <= 40:
        axes.set_yticks(range(len(names)), names)
        axes.set_ylabel("")
    axes.figure.colorbar(image, ax=axes, shrink=0.8)
    return axes


def weight_images(matrix: np.ndarray, shape: tuple[int, int], ax: Axes | None) -> Axes:
    """What each unit looks for, where the inputs are a picture of that shape: a picture a unit, side by side."""
    axes = axes_or_new(ax)
    units = matrix.shape[1]
    columns = int(np.ceil(units**0.5 * 1.3))
    rows = -(-units // columns)
    height, width = shape[0] + 1, shape[1] + 1
    tiles = np.full((rows * height - 1, columns * width - 1), np.nan)
    for unit in range(units):
        top, left = unit // columns * height, unit % columns * width
        tiles[top : top + shape[0], left : left + shape[1]] = matrix[:, unit].reshape(shape)
    bound = float(np.nanmax(np.abs(tiles))) or 1.0
    axes.imshow(tiles, cmap="RdBu_r", vmin=-bound, vmax=bound, interpolation="nearest")
    axes.set_axis_off()
    return axes


def weight_movement(history: Sequence[Weights], ax: Axes | None) -> Axes:
    """How far each matrix is from where it began, pass by pass, as the root of the mean square of its change."""
    axes = axes_or_new(ax)
    matrices = [name for name, value in history[0].items() if value.ndim > 1]
    for number, name in enumerate(matrices):
        moved = [float(np.sqrt(np.mean((each[name] - history[0][name]) ** 2))) for each in history]
        axes.plot(moved, color=CLASS_COLOURS[number % len(CLASS_COLOURS)], label=name.removesuffix(".weight"))
    axes.set(xlabel="pass", ylabel="distance from the first weights")
    axes.legend(frameon=False)
    return _bare(axes)


def forecast(
    past: np.ndarray,
    median: np.ndarray,
    bands: Sequence[tuple[float, np.ndarray, np.ndarray]],
    came: np.ndarray | None,
    axis: tuple[Any, Any],
    ax: Axes | None,
) -> Axes:
    """A series' end, its forecast with intervals (the widest first), and what came."""
    axes = axes_or_new(ax)
    before, after = (
        _dates(each) if each is not None else np.arange(first, first + count)
        for each, first, count in ((axis[0], 1 - len(past), len(past)), (axis[1], 1, len(median)))
    )
    axes.plot(before, past, color=INK, linewidth=1.2, label="series")
    for number, (coverage, low, high) in enumerate(bands):
        alpha = 0.2 + 0.15 * number
        axes.fill_between(after, low, high, color=TRAINING, alpha=alpha, linewidth=0, label=f"{coverage:.0%} interval")
    axes.plot(after, median, color=TRAINING, linewidth=1.6, label="forecast")
    if came is not None:
        axes.plot(after[: len(came)], came[: len(after)], color=HELD_OUT, linewidth=1.2, label="what came")
    axes.legend(frameon=False)
    return _bare(axes)


def _dates(index: Any) -> Any:
    return index.to_timestamp() if hasattr(index, "to_timestamp") else index


def _bare(axes: Axes) -> Axes:
    axes.spines[["top", "right"]].set_visible(False)
    return axes
