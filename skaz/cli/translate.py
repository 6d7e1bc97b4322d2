"""`skaz translate`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import click

from skaz.cli.searching import open_translator, print_targets, search_options


@click.command("translate")
@click.argument("bundle", type=click.Path(path_type=Path))
@search_options
def command(bundle: Path, **given: Any) -> None:
    """Translate the lines of standard input with a BUNDLE: skaz translate BUNDLE < in.txt > out.txt

    Each line is written as soon as it and those that came with it are done; an empty line gives an empty line. With
    --n-best each source has so many lines, the source's number first; --scores and --alignments add columns.
    """
    from skaz.cli.lines import line_batches

    translator, wanted = open_translator(bundle, given)
    print_targets(translator, wanted, line_batches(sys.stdin.buffer))
