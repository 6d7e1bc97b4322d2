"""The run's picture: loss over updates."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any


def plot_loss(lines: Sequence[Mapping[str, Any]], folder: Path) -> list[Path]:
    """Draws the training loss and the held-out bits per character of metrics.jsonl's lines; returns the
    paths of loss.png and loss.svg in `folder`."""
    from matplotlib.figure import Figure  # imported here: it takes longer than everything else together

    training = [(line["step"], line["nats_per_token"] / math.log(2)) for line in lines if "nats_per_token" in line]
    figure = Figure(figsize=(7, 4.2), layout="constrained")
    axes = figure.add_subplot()
    axes.set_xlabel("updates")
    if training:
        axes.plot(*zip(*training, strict=True), color="#b8b8b8", linewidth=1)
    axes.set_ylabel("training loss, bits per token", color="#777777")
    held_out = axes.twinx()
    for name, label, colour in (
        ("bits_per_character", "held out", "#b4442c"),
        ("bits_per_character_with_plan", "held out, plan given", "#2c6fb4"),
    ):
        points = [(line["step"], line[name]) for line in lines if name in line]
        if points:
            held_out.plot(*zip(*points, strict=True), color=colour, marker="o", markersize=4, label=label)
            held_out.annotate(
                f"{points[-1][1]:.3f}", points[-1], textcoords="offset points", xytext=(-6, 8), ha="right", color=colour
            )
    held_out.set_ylabel("held-out stories, bits per character")
    if held_out.get_legend_handles_labels()[0]:
        held_out.legend(frameon=False, loc="upper right")
    for axis in (axes, held_out):
        axis.spines["top"].set_visible(False)
    paths = [folder / "loss.png", folder / "loss.svg"]
    for path in paths:
        figure.savefig(path, dpi=150)
    return paths
