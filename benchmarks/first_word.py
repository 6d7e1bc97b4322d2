"""How long `skaz write` takes from the start of its process to the first word of a story.

python -m benchmarks.first_word BUNDLE
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
import time
from pathlib import Path

from benchmarks.harness import print_json, print_table


def first_word_s(bundle: Path, seed: int) -> float:
    """Seconds until something stands in the pipe; the process is ended then."""
    begun = time.perf_counter()
    words = [sys.executable, "-m", "skaz", "write", str(bundle), "--seed", str(seed)]
    with subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as process:
        assert process.stdout is not None
        came = process.stdout.read(1)
        seconds = time.perf_counter() - begun
        process.terminate()
    if not came:
        raise SystemExit(f"skaz write {bundle} wrote nothing; run it by itself to see why")
    return seconds


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("bundle", type=Path)
    parser.add_argument("--times", type=int, default=21)
    arguments = parser.parse_args()
    first_word_s(arguments.bundle, 0)  # brings the files into memory
    seconds = sorted(first_word_s(arguments.bundle, seed) for seed in range(arguments.times))
    median = statistics.median(seconds)
    print_table(["median, s", "least", "most"], [[f"{value:.3f}" for value in (median, seconds[0], seconds[-1])]])
    print_json({"benchmark": "first_word", "seconds": median, "least": seconds[0], "most": seconds[-1]})


if __name__ == "__main__":
    main()
