"""Whether memory grows with the corpus: peak resident memory of preparing and of training, corpora of growing size.

    python -m benchmarks.memory --megabytes 1 10 100 1000 --plot docs/memory.svg

The stories are made of words drawn by Zipf's law from 50,000, each corpus in a process of its own for each of the two
steps; training lasts `--seconds`, the network is of the size "small". `mb_per_s_core` is what preparing reads a second
of processor time, plans and all.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.harness import print_json, print_table

WORDS_A_STORY = 120


def write_corpus(path: Path, megabytes: float) -> None:
    """Stories, one a line, of sentences of ten words."""
    rng = np.random.default_rng(1)
    letters = np.array(list("abcdefghijklmnopqrstuvwxyz"))
    words = np.array(["".join(letters[rng.integers(0, 26, rng.integers(2, 11))]) for _ in range(50_000)])
    with path.open("w", encoding="ascii") as file:
        while file.tell() < megabytes * 1e6:
            ranks = np.minimum(rng.zipf(1.3, (1000, WORDS_A_STORY)), len(words)) - 1
            for story in words[ranks]:
                sentences = (" ".join(story[start : start + 10]) for start in range(0, WORDS_A_STORY, 10))
                file.write(" ".join(f"{sentence.capitalize()}." for sentence in sentences) + "\n")


def measured(command: list[str]) -> dict[str, float]:
    """Peak resident memory in MB of a command and its processes, the largest of them, and their processor time."""
    script = (
        "import json, resource, subprocess, sys\n"
        "subprocess.run(sys.argv[1:], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)\n"
        "used = resource.getrusage(resource.RUSAGE_CHILDREN)\n"
        "print(json.dumps({'mb': used.ru_maxrss / 1024, 'cpu_s': used.ru_utime + used.ru_stime}))"
    )
    done = subprocess.run([sys.executable, "-c", script, *command], capture_output=True, text=True, check=True)
    found: dict[str, float] = json.loads(done.stdout)
    return found


def measure(megabytes: float, seconds: float) -> dict[str, Any]:
    """A corpus of that size: prepared, and trained on."""
    skaz = [sys.executable, "-m", "skaz"]
    with tempfile.TemporaryDirectory() as made:
        corpus, prepared = Path(made) / "corpus.txt", Path(made) / "prepared"
        write_corpus(corpus, megabytes)
        preparing = measured([*skaz, "prepare", str(corpus), "--out", str(prepared)])
        bundle = str(Path(made) / "bundle")
        training = measured(
            [*skaz, "train", str(prepared), "--out", bundle, "--size", "small", "--minutes", str(seconds / 60)]
        )
    return {
        "megabytes": megabytes,
        "preparing_mb": round(preparing["mb"]),
        "training_mb": round(training["mb"]),
        "mb_per_s_core": round(megabytes / preparing["cpu_s"], 2),
    }


def plot(rows: list[dict[str, Any]], path: Path) -> None:
    """Both peaks over the corpus's size."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(6, 4), layout="constrained")
    axes = figure.add_subplot()
    for name, label, marker in (("preparing_mb", "preparing", "o"), ("training_mb", "training", "s")):
        axes.plot([row["megabytes"] for row in rows], [row[name] for row in rows], marker=marker, label=label)
    axes.set_xscale("log")
    axes.set_ylim(bottom=0)
    axes.set_xlabel("corpus, MB")
    axes.set_ylabel("peak resident memory, MB")
    axes.grid(alpha=0.3)
    axes.legend()
    figure.savefig(path)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--megabytes", type=float, nargs="+", default=[1, 10, 100, 1000])
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--plot", type=Path, help="draw it there (.svg or .png)")
    arguments = parser.parse_args()
    rows = []
    for megabytes in arguments.megabytes:
        begun = time.monotonic()
        rows.append(measure(megabytes, arguments.seconds))
        print(rows[-1], f"{time.monotonic() - begun:.0f} s", file=sys.stderr, flush=True)
    if arguments.plot:
        plot(rows, arguments.plot)
    print_table(
        ["corpus, MB", "preparing, MB", "training, MB", "prepared, MB/s a core"],
        [[row["megabytes"], row["preparing_mb"], row["training_mb"], row["mb_per_s_core"]] for row in rows],
    )
    print_json({"benchmark": "memory", "rows": rows})


if __name__ == "__main__":
    main()
