"""skaz and a small GPT on the same stories, the same tokens, the same minutes.

    python -m benchmarks.stories TRAIN.txt VALID.txt --minutes 10
    python -m benchmarks.stories TRAIN.txt VALID.txt --minutes 10 --tokenizer characters --model both --threads 1

Bits per character on every story of VALID, read from its beginning with nothing before it. The corpus is tokenised
before the clock starts. Settings are skaz's own (`--size auto`) with no plans shown, as in `skaz train --set
sources.plan=0 …`; VALID is seen once, at the end.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import torch

from benchmarks.gpt import GptSettings, gpt_nats, train_gpt
from benchmarks.harness import print_json, print_table
from skaz.api import evaluate, train
from skaz.corpus.prepare import PrepareOptions, prepare
from skaz.corpus.readers import read_stories
from skaz.corpus.shards import Shards
from skaz.corpus.sources import END, START
from skaz.recipe_reading import parse_overrides
from skaz.tasks.choosing import WITHOUT_SOURCES
from skaz.text.tokenizer import Tokenizer
from skaz.training.events import Validated
from skaz.training.memory import keep_freed_memory


def prepared(corpus: Path, folder: Path, arguments: argparse.Namespace) -> Path:
    """The corpus as shards, made before the clock starts."""
    options = PrepareOptions(
        tokenizer_kind=arguments.tokenizer,
        vocabulary_size=arguments.vocabulary,
        validation_fraction=0.01,
        seed=1,
        plans=False,
    )
    return prepare(corpus, folder / "shards", options).path


def run_skaz(shards: Path, valid: Path, folder: Path, minutes: float, settings: dict[str, Any]) -> dict[str, Any]:
    """Trains as `skaz train` does, and measures as `skaz evaluate` does."""
    curve: list[tuple[float, float]] = []

    def hear(event: object) -> None:
        if isinstance(event, Validated):
            curve.append((round(event.trained_s, 1), round(event.plain.bits_per_character, 4)))

    teller = train(shards, folder / "bundle", minutes=minutes, settings={**WITHOUT_SOURCES, **settings}, on_event=hear)
    run = teller.bundle.facts.run
    measured = evaluate(teller.bundle.path, valid)["plain"]
    return {
        "bits_per_character": measured.bits_per_character,
        "characters": measured.characters,
        "parameters": run["parameters"],
        "tokens_per_s": run["tokens"] / run["seconds"],
        "epochs": run["epochs"],
        "size": teller.bundle.recipe.size,
        "curve": curve,
    }


def run_gpt(shards: Path, valid: Path, minutes: float, settings: GptSettings) -> dict[str, Any]:
    """The GPT on the same tokens."""
    tokenizer = Tokenizer.load(shards / "tokenizer.json")
    train_part = Shards.open(shards / "train")
    ids = np.concatenate([framed(train_part.target(index)) for index in range(len(train_part))])
    model, run = train_gpt(ids, tokenizer.vocabulary_size, minutes * 60, settings)
    texts = [story.text for story in read_stories(valid)]
    held_out = np.concatenate([framed(story) for story in tokenizer.encode_batch(texts)])
    nats = gpt_nats(model, held_out, settings.context)
    characters = sum(map(len, texts))
    return {"bits_per_character": nats / np.log(2) / characters, "characters": characters, **run}


def framed(ids: Any) -> np.ndarray:
    """A story between <start> and <end>, as skaz's batches have it."""
    return np.concatenate(([START], ids, [END])).astype(np.int64)


def side_by_side(argv: list[str]) -> list[dict[str, Any]]:
    """Both models at once, each in a process and on a core of its own, so that what disturbs the machine
    disturbs both."""
    commands = [[sys.executable, "-m", "benchmarks.stories", *argv, "--model", name] for name in ("skaz", "gpt")]
    running = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for command in commands]
    outputs = [process.communicate()[0] for process in running]
    if any(process.returncode for process in running):
        raise SystemExit("one of the two models failed; its message stands above")
    return [json.loads(output.splitlines()[-1]) for output in outputs]


def run_one(arguments: argparse.Namespace) -> dict[str, Any]:
    """One model, from the corpus to its measure."""
    if arguments.threads:
        torch.set_num_threads(arguments.threads)
    settings = parse_overrides(arguments.settings)
    if arguments.threads:
        settings["training.threads"] = arguments.threads
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        shards = prepared(arguments.train, folder, arguments)
        if arguments.model == "skaz":
            return run_skaz(shards, arguments.valid, folder, arguments.minutes, settings)
        return run_gpt(shards, arguments.valid, arguments.minutes, GptSettings(width=arguments.gpt_width))


def row(result: dict[str, Any]) -> list[object]:
    """A line of the table."""
    return [
        Path(result["train"]).parent.name,
        result["tokenizer"],
        result["model"],
        result["minutes"],
        f"{result['parameters']:,}",
        f"{result['tokens_per_s']:,.0f}",
        f"{result['bits_per_character']:.4f}",
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("train", type=Path)
    parser.add_argument("valid", type=Path)
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--tokenizer", default="bpe")
    parser.add_argument("--vocabulary", type=int, default=4000)
    parser.add_argument("--model", choices=["skaz", "gpt", "both"], default="skaz")
    parser.add_argument("--threads", type=int, help="processor threads of each model; all without it")
    parser.add_argument("--gpt-width", type=int, default=GptSettings.width)
    parser.add_argument("--set", dest="settings", action="append", default=[], metavar="NAME=VALUE")
    arguments = parser.parse_args()
    keep_freed_memory()
    if arguments.model == "both":
        argv = sys.argv[1:]
        results = side_by_side(argv)
    else:
        results = [{**{name: str(value) for name, value in vars(arguments).items()}, **run_one(arguments)}]
    headers = ["corpus", "tokens", "model", "minutes", "parameters", "tokens/s", "bits per character"]
    print_table(headers, [row(result) for result in results])
    print_json({"benchmark": "stories", "results": results} if len(results) > 1 else results[0])


if __name__ == "__main__":
    main()
