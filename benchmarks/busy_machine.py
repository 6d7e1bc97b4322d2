"""How fast a network is trained beside other programs, by the number of threads.

    python -m benchmarks.busy_machine TEXT.txt --busy 0 1 2 --seconds 30 --rounds 3

So many other processes do nothing but count while skaz trains characters of the text for so many seconds: on all
threads, on one, and on as many as it finds to be the fastest (as `skaz train` does where none are stated). The three
take turns.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median

import torch

from benchmarks.harness import print_json, print_table, spread
from skaz.api import train
from skaz.corpus.prepare import PrepareOptions, prepare

FOUND = "found"


@contextmanager
def counting(processes: int) -> Iterator[None]:
    """Other programs at work."""
    started = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(processes)]
    try:
        yield
    finally:
        for process in started:
            process.kill()
            process.wait()


def tokens_per_s(shards: Path, out: Path, seconds: float, threads: int | None) -> float:
    """Of one run, from its first update on; to find out how many threads are the fastest counts too."""
    settings = {"size": "small", "networks": 1, "training.validations": 1, "training.validation_characters": 2_000}
    if threads is not None:
        settings["training.threads"] = threads
    run = train(shards, out, minutes=seconds / 60, settings=settings).bundle.facts.run
    return float(run["tokens"]) / float(run["seconds"])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("corpus", type=Path)
    parser.add_argument("--busy", type=int, nargs="+", default=[0, 1, 2], help="other processes")
    parser.add_argument("--seconds", type=float, default=30)
    parser.add_argument("--rounds", type=int, default=3)
    arguments = parser.parse_args()
    most = torch.get_num_threads()
    wanted: dict[str, int | None] = {f"all, {most}": most, "one": 1, FOUND: None}
    found: dict[int, dict[str, list[float]]] = {busy: {name: [] for name in wanted} for busy in arguments.busy}
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        options = PrepareOptions(split="file", tokenizer_kind="characters", plans=False)
        shards = prepare(arguments.corpus, folder / "shards", options).path
        for number in range(arguments.rounds):
            for busy, speeds in found.items():
                for name, threads in wanted.items():
                    with counting(busy):
                        out = folder / f"{number}-{busy}-{name}"
                        speeds[name].append(tokens_per_s(shards, out, arguments.seconds, threads))
    rows = [
        [busy, name, f"{median(speeds):,.0f}", spread(speeds)]
        for busy, of_busy in found.items()
        for name, speeds in of_busy.items()
    ]
    print_table(["other processes", "threads", "tokens/s", "least to most"], rows)
    print_json({"benchmark": "busy_machine", "seconds": arguments.seconds, "tokens_per_s": found})


if __name__ == "__main__":
    main()
