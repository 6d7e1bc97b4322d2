"""The run's picture: loss over updates."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from matplotlib.figure import Figure


_HELD_OUT = (
    ("bits_per_character", "held out", "#b4442c", 8),
    ("bits_per_character_with_plan", "held out, plan given", "#2c6fb4", -14),
)  # and how far above its end a line's last number stands, in points


def plot_loss(lines: Sequence[Mapping[str, Any]], folder: Path, *, of_characters: bool) -> list[Path]:
    """Draws the training loss and the held-out bits per character of metrics.jsonl's lines, where tokens are
    characters on one axis; returns the paths of loss.png and loss.svg in `folder`."""
    paths = [folder / "loss.png", folder / "loss.svg"]
    figure = draw_loss(lines, of_characters=of_characters)
    for path in paths:
        figure.savefig(path, dpi=150)
        figure.set_layout_engine("none")  # what the first has laid out stays
    return paths


def draw_loss(lines: Sequence[Mapping[str, Any]], *, of_characters: bool) -> Figure:
    """The figure that `plot_loss` saves."""
    from matplotlib.figure import Figure  # imported here: it takes longer than everything else together

    figure = Figure(figsize=(7, 4.2), layout="constrained")
    axes = figure.add_subplot()
    axes.set_xlabel("updates")
    held_out = axes if of_characters else axes.twinx()
    left, right = ("", "") if of_characters else (" (left)", " (right)")
    shown = []
    training = [(line["step"], line["nats_per_token"] / math.log(2)) for line in lines if "nats_per_token" in line]
    if training:
        label = f"training, bits per token{left}"
        shown += axes.plot(*zip(*training, strict=True), color="#b8b8b8", linewidth=1, label=label)
    for name, what, colour, above in _HELD_OUT:
        points = [(line["step"], line[name]) for line in lines if name in line]
        if not points:
            continue
        label = f"{what}, bits per character{right}"
        shown += held_out.plot(*zip(*points, strict=True), color=colour, marker="o", markersize=4, label=label)
        held_out.annotate(
            f"{points[-1][1]:.3f}", points[-1], textcoords="offset points", xytext=(-6, above), ha="right", color=colour
        )
    if not of_characters:
        axes.set_ylabel("bits per token", color="#777777")
    held_out.set_ylabel("bits per character")
    if shown:
        held_out.legend(handles=shown, frameon=False, loc="upper right")
    for axis in (axes, held_out):
        axis.spines["top"].set_visible(False)
    return figure
