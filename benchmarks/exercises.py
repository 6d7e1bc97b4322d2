"""Exact match on the built-in exercises after some minutes of training, on pairs that were not learnt from.

    python -m benchmarks.exercises --minutes 5
    python -m benchmarks.exercises numbers:ru dates:en --minutes 5

Settings are skaz's own (`--set` changes them); greedy and with a beam of 5.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path
from typing import Any

from benchmarks.harness import print_json, print_table
from skaz.decoding.beam import BeamSettings
from skaz.recipe_reading import parse_overrides, read_recipe, stated_settings
from skaz.tasks.evaluating import evaluate_pairs
from skaz.tasks.training import TrainRequest, train_bundle
from skaz.tasks.translating import load_translator

NAMES = ("numbers:en", "numbers:ru", "words:en", "words:ru", "dates:en", "dates:ru", "dates:en-ru", "dates:ru-en")


def run(name: str, minutes: float, overrides: list[str]) -> dict[str, Any]:
    """Trains on an exercise and tests."""
    settings = {"task": "transduce", "training.minutes": minutes, **parse_overrides(overrides)}
    with tempfile.TemporaryDirectory() as made:
        out = Path(made) / "bundle"
        finished = train_bundle(
            TrainRequest([name], out, read_recipe(overrides=settings), stated_settings(settings, None))
        )
        translator = load_translator(out)
        exact = {
            beams: evaluate_pairs(translator, [name], settings=BeamSettings(beams)).scores[0].value for beams in (1, 5)
        }
    return {
        "exercise": name,
        "minutes": round(finished.trained_s / 60, 2),
        "epochs": round(finished.epochs, 1),
        "greedy": exact[1],
        "beam": exact[5],
    }


def main(argv: list[str] | None = None) -> None:
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("exercises", nargs="*", metavar="EXERCISE", help=f"of {', '.join(NAMES)} [default: all]")
    parser.add_argument("--minutes", type=float, default=5)
    parser.add_argument("--set", action="append", default=[], metavar="NAME=VALUE")
    arguments = parser.parse_args(argv)
    results = [run(name, arguments.minutes, arguments.set) for name in arguments.exercises or NAMES]
    print_table(
        ["exercise", "minutes", "passes", "exact match, greedy", "beam 5"],
        [
            [each["exercise"], each["minutes"], each["epochs"], f"{each['greedy']:.2f} %", f"{each['beam']:.2f} %"]
            for each in results
        ],
    )
    print_json({"results": results})


if __name__ == "__main__":
    main()
