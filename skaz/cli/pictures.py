"""What a command says of the pictures that it has drawn."""

from __future__ import annotations

import click


def tell_of_boxes(lacking: str) -> None:
    """Says which characters of the labels stand as boxes in a picture; nothing where there are none."""
    if lacking:
        click.echo(
            f"The picture has boxes for {' '.join(lacking)}, which its font lacks; name one that has "
            f"{'it' if len(lacking) == 1 else 'them'} in Matplotlib's settings (font.family).",
            err=True,
        )
