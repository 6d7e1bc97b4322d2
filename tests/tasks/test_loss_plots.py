"""The run's picture says what each line is and where it is read off."""

from __future__ import annotations

import math
from pathlib import Path

import pytest

from skaz.tasks.plots import draw_loss, plot_loss

LINES = [
    {"step": 25, "nats_per_token": 4 * math.log(2)},
    {"step": 50, "nats_per_token": 3 * math.log(2)},
    {"step": 50, "bits_per_character": 1.5, "bits_per_character_with_plan": 1.25},
]


def _legend(figure) -> list[str]:
    legend = figure.axes[-1].get_legend()
    return [text.get_text() for text in legend.get_texts()]


def test_each_line_is_named_with_its_unit_and_its_axis() -> None:
    figure = draw_loss(LINES, of_characters=False)
    assert _legend(figure) == [
        "training, bits per token (left)",
        "held out, bits per character (right)",
        "held out, plan given, bits per character (right)",
    ]
    assert [axes.get_ylabel() for axes in figure.axes] == ["bits per token", "bits per character"]


def test_of_characters_all_lines_stand_on_one_axis() -> None:
    figure = draw_loss(LINES, of_characters=True)
    (axes,) = figure.axes
    assert axes.get_ylabel() == "bits per character"
    assert [list(line.get_ydata()) for line in axes.get_lines()] == [pytest.approx([4, 3]), [1.5], [1.25]]
    assert _legend(figure)[0] == "training, bits per token"


def test_a_run_that_measured_only_once_has_a_picture(tmp_path: Path) -> None:
    for lines in (LINES[2:], []):
        assert all(path.stat().st_size for path in plot_loss(lines, tmp_path, of_characters=False))
