"""Where cells that train in parallel over time beat the LSTM: speed and loss over the length of the training window.

    python -m benchmarks.parallel_cells TEXT.txt --seconds 60 --plot docs/parallel_cells.svg

Characters of one text, the last tenth held out; networks of near sizes: an LSTM of one layer, MinGRU of three and
MinLSTM of two residual layers with layer norm, 512 units each. Every update has the same number of tokens, in fewer and
longer windows: gradients go back that far, and a state is carried from window to window. Every run has the same time,
and each cell at each length the better of two learning rates. The time is the processor's, of one thread, so that what
else the machine does counts less; `--device cuda` takes the wall's.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from benchmarks.harness import WHOLE_TEXT, print_json, print_table
from benchmarks.training_runs import trained
from skaz.corpus.prepare import PrepareOptions, prepare
from skaz.recipe import Recipe
from skaz.recipe_reading import read_recipe
from skaz.tasks.choosing import FOR_FEW_TOKENS, WITHOUT_SOURCES
from skaz.training.memory import keep_freed_memory

WINDOWS = (64, 256, 1024, 4096)
RATES = (8e-3, 3e-3)
BATCH_TOKENS = 8192
CELLS: dict[str, dict[str, Any]] = {
    "lstm": {"model.decoder.layers": 1},
    "mingru": {"model.decoder.layers": 3, "model.residual": True, "model.layer_norm": True},
    "minlstm": {"model.decoder.layers": 2, "model.residual": True, "model.layer_norm": True},
}


@dataclass(frozen=True)
class Point:
    """A cell at a window length, at the better rate."""

    cell: str
    window: int
    learning_rate: float
    nats_per_character: float
    tokens_per_s: float
    parameters: int
    curve: tuple[tuple[float, float], ...]
    """Seconds, nats."""


def recipe_of(cell: str, window: int, rate: float, seconds: float, device: str) -> Recipe:
    """What is trained."""
    settings = {
        **WITHOUT_SOURCES,
        **FOR_FEW_TOKENS,
        **CELLS[cell],
        "model.decoder.cell": cell,
        "training.window": window,
        "training.batch_tokens": BATCH_TOKENS,
        "training.learning_rate": rate,
        "training.minutes": seconds / 60,
        "training.validations": 8,
        "training.validation_characters": WHOLE_TEXT,
        "training.device": device,
    }
    return read_recipe(overrides=settings)


def points(shards: Path, seconds: float, device: str) -> Iterator[Point]:
    """Every cell at every length."""
    for window in WINDOWS:
        for cell in CELLS:
            found = []
            for rate in RATES:
                finished, parameters, curve = trained(shards, recipe_of(cell, window, rate, seconds, device))
                nats = finished.best.plain.nats_per_character
                speed = finished.tokens / finished.trained_s
                found.append(Point(cell, window, rate, nats, speed, parameters, curve))
            best = min(found, key=lambda point: point.nats_per_character)
            print(f"{best.cell} {best.window}: {best.nats_per_character:.4f} {best.tokens_per_s:,.0f}/s", flush=True)
            yield best


def plot(found: list[Point], seconds: float, path: Path) -> None:
    """Speed and loss over the length, side by side."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(9, 3.8), layout="constrained")
    speed, loss = figure.subplots(1, 2)
    for marker, cell in zip("os^", CELLS, strict=True):
        of_cell = [point for point in found if point.cell == cell]
        windows = [point.window for point in of_cell]
        speed.plot(windows, [point.tokens_per_s for point in of_cell], marker=marker, label=cell)
        loss.plot(windows, [point.nats_per_character for point in of_cell], marker=marker, label=cell)
    for axes, label in ((speed, "characters a second"), (loss, f"nats per character after {seconds:g} s")):
        axes.set_xscale("log", base=2)
        axes.set_xticks(WINDOWS, [str(window) for window in WINDOWS])
        axes.set_xlabel("characters in a window")
        axes.set_ylabel(label)
        axes.grid(alpha=0.3)
    speed.set_yscale("log")
    speed.legend()
    figure.savefig(path)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("corpus", type=Path)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--plot", type=Path, help="draw it there (.svg or .png)")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    keep_freed_memory()
    with tempfile.TemporaryDirectory() as made:
        options = PrepareOptions(
            split="file", tokenizer_kind="characters", validation_fraction=0.1, seed=1, plans=False
        )
        shards = prepare(arguments.corpus, Path(made) / "shards", options).path
        found = list(points(shards, arguments.seconds, arguments.device))
    if arguments.plot:
        plot(found, arguments.seconds, arguments.plot)
    print_table(
        ["window", "cell", "parameters", "characters/s", "nats per character", "learning rate"],
        [
            [
                point.window,
                point.cell,
                f"{point.parameters:,}",
                f"{point.tokens_per_s:,.0f}",
                f"{point.nats_per_character:.4f}",
                point.learning_rate,
            ]
            for point in found
        ],
    )
    print_json({"benchmark": "parallel_cells", "seconds": arguments.seconds, "points": [vars(p) for p in found]})


if __name__ == "__main__":
    main()
