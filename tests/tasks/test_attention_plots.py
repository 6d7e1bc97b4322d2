"""Pictures of attention, as files and on the terminal."""

from __future__ import annotations

import io
import re
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from rich.cells import cell_len
from rich.console import Console

from skaz.errors import DependencyError, RequestError
from skaz.tasks.attention_plots import attention_table, plot_attention
from skaz.tasks.heat_maps import label

SOURCE = ["Маленькая", "девочка", "нашла", "$x^$", "\n", " ", "."]
TARGET = ["A", "little", "girl", "found", "an", "$old$"]


def some_weights(target: int, source: int) -> NDArray[np.float32]:
    """Rows that sum to 1."""
    return np.random.default_rng(3).dirichlet(np.full(source, 0.3), size=target).astype(np.float32)


def printed(weights_TS: NDArray[np.floating], source: list[str], target: list[str], width: int, **more: object) -> str:
    out = io.StringIO()
    Console(file=out, width=width, **more).print(attention_table(weights_TS, source, target, width=width))  # type: ignore[arg-type]
    return out.getvalue()


@pytest.mark.parametrize(("target", "source"), [(6, 7), (60, 60), (1, 1), (3, 40), (40, 3)])
def test_pictures_of_any_number_of_tokens(tmp_path: Path, target: int, source: int) -> None:
    import matplotlib.image

    paths = [tmp_path / "a.png", tmp_path / "b.SVG"]
    plot_attention(some_weights(target, source), (SOURCE * 9)[:source], (TARGET * 10)[:target], paths)
    height, width = matplotlib.image.imread(paths[0]).shape[:2]
    assert height > 150 * 0.16 * target
    assert width > 150 * 0.16 * source
    assert "<svg" in paths[1].read_text(encoding="utf-8")


def test_what_the_font_lacks_is_returned_and_no_warning(tmp_path: Path) -> None:
    source = ["猫", "дом", "", "犬猫", "\U0001f9a6", "कमल", "."]
    drawn = plot_attention(some_weights(6, 7), source, TARGET, [tmp_path / "a.png", tmp_path / "a.svg"])
    assert drawn == "".join(dict.fromkeys("猫犬\U0001f9a6कमल"))
    assert plot_attention(some_weights(6, 7), SOURCE, TARGET, [tmp_path / "b.png"]) == ""


def test_pictures_share_no_state(tmp_path: Path) -> None:
    import matplotlib

    before = dict(matplotlib.rcParams)
    plot_attention(some_weights(6, 7), SOURCE, TARGET, [tmp_path / "a.png"])
    assert dict(matplotlib.rcParams) == before
    if "matplotlib.pyplot" in sys.modules:
        assert sys.modules["matplotlib.pyplot"].get_fignums() == []


def test_the_table_in_the_golden_form() -> None:
    weights_TS = np.array([[1.0, 0.0, 0.0], [0.096, 0.104, 0.8]])
    table = printed(weights_TS, ["кот", "ненастоящий", "."], ["the", "cat"], 40)
    assert [line.rstrip() for line in table.splitlines()] == [
        "    кот ненастоящ…  .",
        "the 100",
        "cat         10     80",
    ]


@settings(deadline=None, max_examples=25)
@given(
    st.lists(st.text(max_size=14), min_size=1, max_size=30),
    st.lists(st.text(max_size=30), min_size=1, max_size=4),
    st.integers(24, 100),
)
def test_the_table_fits_and_leaves_nothing_out(source: list[str], target: list[str], width: int) -> None:
    table = printed(np.full((len(target), len(source)), 0.25), source, target, width)
    assert all(cell_len(line) <= width for line in table.split("\n"))
    assert table.count("25") >= len(source) * len(target)


def test_wide_sources_go_on_in_blocks_below() -> None:
    source = [f"token{place:02}" for place in range(20)]
    table = printed(some_weights(2, 20), source, ["a", "b"], 60)
    blocks = [block.splitlines() for block in re.split(r"\n\s*\n", table.strip("\n"))]
    assert [word for block in blocks for word in block[0].split()] == source
    assert all([line.split()[0] for line in block[1:]] == ["a", "b"] for block in blocks)
    assert len(blocks) == 3


def test_cells_are_shaded_by_weight() -> None:
    table = printed(np.array([[0.0, 1.0]]), ["a", "b"], ["c"], 40, force_terminal=True, color_system="truecolor")
    assert "48;2;38;40;48m" in table
    assert "48;2;255;190;70m" in table


def test_labels_can_be_seen() -> None:
    assert [label(token) for token in ("", "  ", " дом ", "a\nb", "\x1b[31m", "\t", "\u0304", "я" * 30)] == [
        "",
        "␣",
        "дом",
        "a↵b",
        "·[31m",
        "·",
        "◌\u0304",
        "я" * 23 + "…",
    ]


def test_the_bytes_of_a_character_have_no_sign_of_their_own() -> None:
    """They are "", which is no space; the last of them has the character."""
    table = printed(np.eye(4), ["k", "", "猫", "<end>"], ["", " ", "q", "<end>"], 60)
    lines = table.splitlines()
    assert lines[0].split() == ["k", "猫", "<end>"]
    assert [line.split()[0] for line in lines[1:]] == ["100", "␣", "q", "<end>"]


def test_bad_requests(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    weights_TS = some_weights(6, 7)
    with pytest.raises(RequestError, match=r"a\.jpg is neither \.png nor \.svg"):
        plot_attention(weights_TS, SOURCE, TARGET, [tmp_path / "b.png", tmp_path / "a.jpg"])
    with pytest.raises(RequestError, match="the source is empty"):
        plot_attention(np.zeros((6, 0)), [], TARGET, [tmp_path / "b.png"])
    with pytest.raises(RequestError, match="the target is empty"):
        attention_table(np.zeros((0, 7)), SOURCE, [])
    with pytest.raises(ValueError, match="7 target and 6 source"):
        attention_table(weights_TS, TARGET, SOURCE)
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    with pytest.raises(DependencyError, match=r'needs Matplotlib: pip install "skaz\[train\]"'):
        plot_attention(weights_TS, SOURCE, TARGET, [tmp_path / "b.png"])
    assert list(tmp_path.iterdir()) == []
