"""`skaz attend`."""

from __future__ import annotations

from pathlib import Path

import click

from skaz.cli.options import Text
from skaz.cli.pictures import tell_of_boxes
from skaz.cli.places import check_file_place


@click.command("attend")
@click.argument("bundle", type=click.Path(path_type=Path))
@click.argument("source", type=Text())
@click.option("--target", type=Text(), help="Read this target; without it the network's own.")
@click.option(
    "--out", multiple=True, type=click.Path(path_type=Path), metavar="FILE", help="Draw into a .png or .svg file."
)
def command(bundle: Path, source: str, target: str | None, out: tuple[Path, ...]) -> None:
    """Show what a BUNDLE looks at in the SOURCE while it writes each token, or symbol, of the target.

    A table in the terminal, shaded and in per cent, rows are target tokens; --out draws the matrix.
    """
    from rich.console import Console

    from skaz.tasks.attention_plots import attention_table, plot_attention
    from skaz.tasks.terminal import Hanging, has_colour
    from skaz.tasks.translating import load_translator

    for path in out:
        check_file_place(path, [bundle])
    attended = load_translator(bundle).attend(source, target)
    if out:
        tell_of_boxes(plot_attention(attended.weights_TS, attended.source, attended.target, out))
    console, colour = Console(), has_colour(Console())
    table = attention_table(attended.weights_TS, attended.source, attended.target, width=console.width, colour=colour)
    least = "10" if colour else "1"
    said = f"Each row: where in the source it looked, in per cent; what is below {least} has no number."
    console.print(table, "", Hanging(said), sep="\n")
