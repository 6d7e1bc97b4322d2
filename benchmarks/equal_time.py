"""How well a text is learnt in so many seconds, character by character, the last tenth held out.

    python -m benchmarks.equal_time TEXT.txt --seconds 180

Trains as `skaz train TEXT.txt --tokenizer characters --split file` does, then reads the held-out tenth once from its
beginning to its end with the state carried (`nats_per_character`). `curve` has the measurements made during the run
(the held-out text in pieces read side by side), `seconds_to` the first of them at or below --target.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

import torch

from benchmarks.harness import WHOLE_TEXT, print_json, print_table
from skaz.api import train
from skaz.corpus.prepare import PrepareOptions, prepare
from skaz.corpus.shards import Shards
from skaz.corpus.sources import nothing
from skaz.engine.torch_engine import load_models
from skaz.recipe_reading import parse_overrides
from skaz.training.events import Validated
from skaz.training.validation import hold_out, measure_together

SMALL_GPT_ON_A_GPU = 1.4697  # nats per character: what nanoGPT's README reports for three minutes on an A100


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("corpus", type=Path)
    parser.add_argument("--seconds", type=float, default=180)
    parser.add_argument("--target", type=float, default=SMALL_GPT_ON_A_GPU)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--set", dest="settings", action="append", default=[], metavar="NAME=VALUE")
    arguments = parser.parse_args()
    curve: list[tuple[float, float]] = []

    def hear(event: object) -> None:
        if isinstance(event, Validated):
            curve.append((round(event.trained_s, 1), round(event.plain.nats_per_character, 4)))

    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        options = PrepareOptions(
            split="file", tokenizer_kind="characters", validation_fraction=0.1, seed=1, plans=False
        )
        shards = prepare(arguments.corpus, folder / "shards", options).path
        # the curve, too, is of the whole held-out text, which takes some time of the run
        whole = {"training.validation_characters": WHOLE_TEXT}
        settings = {"training.validations": 18, "training.seed": arguments.seed, **whole}
        settings |= parse_overrides(arguments.settings)
        teller = train(shards, folder / "bundle", minutes=arguments.seconds / 60, settings=settings, on_event=hear)
        held_out = hold_out(Shards.open(shards / "valid"), most_characters=None, longest_tokens=None)
        models = load_models(teller.bundle, torch.device("cpu"))
        measured = measure_together(models, held_out, nothing, "fp32")
        run = teller.bundle.facts.run
    reached = next((seconds for seconds, nats in curve if nats <= arguments.target), None)
    print_table(
        ["seconds", "nats per character"],
        [*curve, (f"{arguments.seconds:g}, whole text", f"{measured.nats_per_character:.4f}")],
    )
    print_json(
        {
            "benchmark": "equal_time",
            "seconds": arguments.seconds,
            "nats_per_character": measured.nats_per_character,
            "seconds_to": reached,
            "target": arguments.target,
            "curve": curve,
            "held_out_characters": measured.characters,
            "parameters": run["parameters"],
            "tokens_per_s": run["tokens"] / run["seconds"],
            "epochs": run["epochs"],
            "settings": arguments.settings,
        }
    )


if __name__ == "__main__":
    main()
