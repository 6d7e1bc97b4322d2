"""How fast sentences are translated by a beam: skaz's engine, PyTorch eager, and CTranslate2 with a transformer.

    python -m benchmarks.decoding_speed --peer PYTHON --threads 1 --plot docs/decoding_speed.svg

Encoder of 256 units a direction, decoder 512, embedding 256, four heads, 8,000 tokens, beam 5, batches of 32; sources
and targets of 16 tokens. Weights are drawn at random and no target ends early, so everybody does the same number of
steps. Everybody takes turns, `--rounds` times; figures are medians of target tokens a second. PYTHON is an interpreter
that has ctranslate2 (the one of `make peers`); its transformer, three layers a side of 256 units, has about as many
numbers.
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch

from benchmarks.harness import plot_speeds, print_json, print_table, spread
from benchmarks.peers.shape import interpreter
from benchmarks.step import VOCABULARY, onnx_engine, recipe_of
from skaz.corpus.sources import END, START
from skaz.decoding.beam import BeamSettings, beam_search
from skaz.engine.interface import Engine
from skaz.engine.torch_engine import TorchEngine
from skaz.nn.seq2seq import Seq2Seq

BEAM, BATCH, LENGTH = 5, 32, 16
CTRANSLATE2 = Path(__file__).parent / "peers" / "ctranslate2_decoding.py"


def engines(threads: int) -> dict[str, Engine[Any]]:
    """skaz's own, of one network."""
    recipe = recipe_of("multi-head")
    model = Seq2Seq(recipe, VOCABULARY, torch.Generator().manual_seed(1))
    made: dict[str, Engine[Any]] = {}
    for name in ("int8", "fp32"):
        made[f"skaz, {name}"] = onnx_engine(recipe, model, int8=name == "int8", threads=threads)
    made["PyTorch eager, fp32"] = TorchEngine(model)
    return made


def translating(engine: Engine[Any], sentences: int) -> Callable[[], float]:
    """Translates so many sentences; gives target tokens a second."""
    rng = np.random.default_rng(1)
    sources = rng.integers(8, VOCABULARY, (sentences, LENGTH)).tolist()
    settings = BeamSettings(BEAM, max_tokens=LENGTH)

    def translate() -> float:
        begun = time.perf_counter()
        for first in range(0, sentences, BATCH):
            beam_search(engine, sources[first : first + BATCH], settings, start_id=START, end_id=END, never=[END])
        return sentences * LENGTH / (time.perf_counter() - begun)

    return translate


def by_ctranslate2(python: str, sentences: int, threads: int) -> Callable[[], float]:
    """The same by CTranslate2."""
    sizes = {"sentences": sentences, "source": LENGTH, "target": LENGTH, "beam": BEAM, "batch": BATCH}
    command = [python, str(CTRANSLATE2), *(f"--{name}={value}" for name, value in sizes.items())]
    command.append(f"--threads={threads}")
    return lambda: float(subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()[-1])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--peer", metavar="PYTHON", default=interpreter("ctranslate2"))
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--sentences", type=int, default=64)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--plot", type=Path, help="draw the speeds there (.svg or .png)")
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    each = {name: translating(engine, arguments.sentences) for name, engine in engines(arguments.threads).items()}
    if arguments.peer:
        each["CTranslate2, int8"] = by_ctranslate2(arguments.peer, arguments.sentences, arguments.threads)
    speeds: dict[str, list[float]] = {name: [] for name in each}
    for _ in range(arguments.rounds):
        for name, translate in each.items():
            speeds[name].append(translate())
    medians = {name: statistics.median(found) for name, found in speeds.items()}
    ours = medians["skaz, int8"]
    print_table(
        ["", "target tokens/s", "least to most", "skaz int8 over it"],
        [[name, f"{speed:,.0f}", spread(speeds[name]), f"{ours / speed:.2f}"] for name, speed in medians.items()],
    )
    if arguments.plot:
        plot_speeds(speeds, arguments.plot)
    print_json({"benchmark": "decoding_speed", "threads": arguments.threads, "target_tokens_per_s": medians})


if __name__ == "__main__":
    main()
