"""A translator trained on pairs, and its scores on a test part that is read once, at the end.

    python -m benchmarks.translation train.en train.de --dev val.en val.de --test test.en test.de --minutes 40
    python -m benchmarks.translation train.en train.de --dev … --test … --minutes 40 --tokenised

One model with skaz's own settings (`--set` changes them), beam 5; `--tokenised`: the files are tokenised already, and
BLEU takes their tokens as they are. The curve is BLEU on the dev part, greedy, of the weights that were the best so far
at a measurement; it is drawn into `--plot` where that is given, and computed after the clock has stopped.
"""

from __future__ import annotations

import argparse
import shutil
import tempfile
from dataclasses import asdict
from pathlib import Path
from typing import Any

from benchmarks.harness import print_json, print_table
from skaz.corpus.pairs import Columns
from skaz.decoding.beam import BeamSettings
from skaz.engine.bundle import open_bundle
from skaz.engine.onnx_engine import OnnxEngine
from skaz.evaluation.scores import Score
from skaz.recipe_reading import parse_overrides, read_recipe, stated_settings
from skaz.tasks.evaluating import evaluate_pairs
from skaz.tasks.exporting import write_graphs
from skaz.tasks.run_folder import run_folder
from skaz.tasks.training import TrainEvent, TrainRequest, train_bundle
from skaz.tasks.translating import Translator, load_translator
from skaz.training.events import Validated
from skaz.training.run import weights_path

THREADS = 2


class Snapshots:
    """Keeps the weights of each measurement that was the best so far."""

    def __init__(self, out: Path, folder: Path) -> None:
        self._run, self._folder = run_folder(out), folder
        self.kept: list[tuple[float, Path]] = []

    def hear(self, event: TrainEvent) -> None:
        """An event of the training."""
        if isinstance(event, Validated) and event.best:
            kept = self._folder / f"{event.step}.safetensors"
            shutil.copyfile(weights_path(self._run, event.step), kept)
            self.kept.append((event.trained_s, kept))


def curve(bundle: Path, snapshots: Snapshots, dev: list[str]) -> list[dict[str, float]]:
    """BLEU over minutes, on the dev part, greedy."""
    opened = open_bundle(bundle)
    points = []
    for seconds, weights in snapshots.kept:
        with tempfile.TemporaryDirectory() as made:
            graphs = write_graphs(opened.recipe.model, [weights], Path(made))
            engine = OnnxEngine(
                opened.recipe.model, str(graphs["encoder.onnx"]), str(graphs["step.onnx"]), threads=THREADS
            )
            found = evaluate_pairs(Translator(opened, engine), dev, settings=BeamSettings(1))
        points.append({"minutes": round(seconds / 60, 2), "bleu": round(found.scores[0].value, 2)})
    return points


def plot(points: list[dict[str, float]], path: Path) -> None:
    """The curve as a picture."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(6, 4), layout="constrained")
    axes = figure.add_subplot()
    axes.plot([each["minutes"] for each in points], [each["bleu"] for each in points], marker="o")
    axes.set_xlabel("minutes of training")
    axes.set_ylabel("BLEU on the dev part, greedy")
    axes.grid(alpha=0.3)
    figure.savefig(path)


def run(arguments: argparse.Namespace) -> dict[str, Any]:
    """Trains, measures."""
    settings = {"task": "translate", f"training.{arguments.unit}": arguments.amount, **parse_overrides(arguments.set)}
    with tempfile.TemporaryDirectory() as made:
        out = arguments.out or Path(made) / "bundle"
        snapshots = Snapshots(out, Path(made))
        finished = train_bundle(
            TrainRequest(
                arguments.train,
                out,
                read_recipe(overrides=settings),
                stated_settings(settings, None),
                held_out=arguments.dev,
                overwrite=True,
            ),
            snapshots.hear,
        )
        translator = load_translator(out, threads=THREADS)
        found = evaluate_pairs(translator, arguments.test, columns=Columns(), tokenised=arguments.tokenised)
        points = curve(out, snapshots, arguments.dev)
    if arguments.plot:
        plot(points, arguments.plot)
    return {
        "scores": [asdict(score) for score in found.scores],
        "minutes": round(finished.trained_s / 60, 2),
        "epochs": round(finished.epochs, 2),
        "tokens_per_s": round(finished.tokens / finished.trained_s),
        "parameters": translator.bundle.facts.run["parameters"],
        "curve": points,
    }


def main(argv: list[str] | None = None) -> None:
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("train", nargs=2, metavar="FILE", help="sources and targets, line by line")
    parser.add_argument("--dev", nargs=2, required=True, metavar="FILE")
    parser.add_argument("--test", nargs=2, required=True, metavar="FILE")
    parser.add_argument("--minutes", type=float)
    parser.add_argument("--epochs", type=float)
    parser.add_argument("--tokenised", action="store_true")
    parser.add_argument("--set", action="append", default=[], metavar="NAME=VALUE")
    parser.add_argument("--out", type=Path, help="keep the bundle there")
    parser.add_argument("--plot", type=Path, help="draw the curve there (.svg or .png)")
    arguments = parser.parse_args(argv)
    arguments.unit = "epochs" if arguments.epochs else "minutes"
    arguments.amount = arguments.epochs or arguments.minutes or 40
    result = run(arguments)
    scores = [Score(**score) for score in result["scores"]]
    print_table(
        ["measure", "test", "95 %", "signature"],
        [
            [each.name, f"{each.value:.2f}", f"{each.low:.2f} to {each.high:.2f}", each.signature or ""]
            for each in scores
        ],
    )
    print_json(result)


if __name__ == "__main__":
    main()
