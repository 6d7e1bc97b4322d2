"""`skaz attend`."""

from __future__ import annotations

from pathlib import Path

import click

from skaz.cli.places import check_file_place


@click.command("attend")
@click.argument("bundle", type=click.Path(path_type=Path))
@click.argument("source")
@click.option("--target", help="Read this target; without it the network's own.")
@click.option(
    "--out", multiple=True, type=click.Path(path_type=Path), metavar="FILE", help="Draw into a .png or .svg file."
)
def command(bundle: Path, source: str, target: str | None, out: tuple[Path, ...]) -> None:
    """Show what a BUNDLE looks at in the SOURCE while it writes each token of the target.

    A coloured table in the terminal, rows are target tokens; --out draws the matrix.
    """
    from rich.console import Console

    from skaz.tasks.attention_plots import attention_table, plot_attention
    from skaz.tasks.translating import load_translator

    for path in out:
        check_file_place(path, [bundle])
    attended = load_translator(bundle).attend(source, target)
    if out:
        plot_attention(attended.weights_TS, attended.source, attended.target, out)
    console = Console()
    console.print(attention_table(attended.weights_TS, attended.source, attended.target, width=console.width))
