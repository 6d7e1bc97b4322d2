"""From how much training on a larger network is the better one: what `--size auto` goes by.

    python -m benchmarks.sizes STORIES.txt --seconds 20 40 80 160 --sizes tiny small

For each budget every size trains as long, a run of its own with its own schedule, as `skaz train` does without plans,
and bits per character are measured on held-out stories. Seconds are the processor's, of one thread. The budget is also
told in tokens at the small network's speed, by which `skaz train` chooses.
"""

from __future__ import annotations

import argparse
import math
import tempfile
from pathlib import Path

import torch

from benchmarks.harness import print_json, print_table
from benchmarks.training_runs import trained
from skaz.corpus.prepare import PrepareOptions, prepare
from skaz.recipe import SIZES, Recipe, Size
from skaz.recipe_reading import read_recipe
from skaz.training.memory import keep_freed_memory


def recipe_of(size: Size, seconds: float, dropout: float) -> Recipe:
    """What is trained."""
    settings = {
        "training.minutes": seconds / 60,
        "training.validations": 4,
        "training.validation_characters": 200_000,
        "training.device": "cpu",
        "sources.plan": 0,
        "sources.title": 0,
        "sources.opening": 0,
        "model.dropout": dropout,
    }
    return read_recipe(size=size, overrides=settings)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("corpus", type=Path)
    parser.add_argument("--seconds", type=float, nargs="+", default=[20, 40, 80, 160])
    parser.add_argument("--sizes", nargs="+", default=["tiny", "small"], choices=list(SIZES))
    parser.add_argument("--dropout", type=float, default=0.0, help="right for what is read twice at most")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    keep_freed_memory()
    runs = []
    with tempfile.TemporaryDirectory() as made:
        shards = prepare(arguments.corpus, Path(made) / "shards", PrepareOptions(plans=False)).path
        for seconds in arguments.seconds:
            for size in arguments.sizes:
                finished, parameters, _ = trained(shards, recipe_of(size, seconds, arguments.dropout))
                run = {
                    "size": size,
                    "seconds": seconds,
                    "parameters": parameters,
                    "tokens": finished.tokens,
                    "epochs": round(finished.epochs, 2),
                    "bits_per_character": round(finished.best.plain.nats_per_character / math.log(2), 4),
                }
                print(run, flush=True)
                runs.append(run)
    print_table(list(runs[0]), [list(run.values()) for run in runs])
    print_json({"benchmark": "sizes", "corpus": arguments.corpus.name, "runs": runs})


if __name__ == "__main__":
    main()
