"""What the benchmarks share: the machine in words, a table, a chart, the JSON line."""

from __future__ import annotations

import json
import os
import platform
import statistics
from collections.abc import Mapping, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

import torch

WHOLE_TEXT = 10**9  # characters: a measurement during a run reads all that is held out


def machine() -> dict[str, Any]:
    """What the numbers were measured on."""
    return {
        "processor": _processor(),
        "cores": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count(),
        "threads": torch.get_num_threads(),
        "python": platform.python_version(),
        "torch": version("torch"),
        "skaz": version("skaz"),
    }


def _processor() -> str:
    info = Path("/proc/cpuinfo")
    if info.exists():
        for line in info.read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def print_table(headers: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """A table in Markdown, to read here and to copy into docs/benchmarks.md."""
    cells = [list(headers), *([str(cell) for cell in row] for row in rows)]
    widths = [max(len(row[column]) for row in cells) for column in range(len(headers))]
    for number, row in enumerate(cells):
        print("| " + " | ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) + " |")
        if number == 0:
            print("|" + "|".join("-" * (width + 2) for width in widths) + "|")


def spread(found: Sequence[float]) -> str:
    """The least and the most of the rounds."""
    return f"{min(found):,.0f} to {max(found):,.0f}"


def plot_speeds(speeds: Mapping[str, Sequence[float]], path: Path) -> None:
    """A bar for everybody's median of target tokens a second, with the least and the most of the rounds."""
    from matplotlib.figure import Figure

    ranked = sorted(speeds, key=lambda name: statistics.median(speeds[name]))
    medians = [statistics.median(speeds[name]) for name in ranked]
    below = [median - min(speeds[name]) for name, median in zip(ranked, medians, strict=True)]
    above = [max(speeds[name]) - median for name, median in zip(ranked, medians, strict=True)]
    figure = Figure(figsize=(7, 0.5 * len(ranked) + 1), layout="constrained")
    axes = figure.add_subplot()
    colours = ["C0" if name.startswith("skaz") else "0.7" for name in ranked]
    bars = axes.barh(ranked, medians, xerr=[below, above], color=colours)
    axes.bar_label(bars, [f"{median:,.0f}" for median in medians], padding=4)
    axes.set_xlabel("target tokens a second")
    axes.margins(x=0.15)
    figure.savefig(path)


def print_json(result: Mapping[str, Any]) -> None:
    """The benchmark's last line."""
    print(json.dumps({**result, "machine": machine()}, ensure_ascii=False))
