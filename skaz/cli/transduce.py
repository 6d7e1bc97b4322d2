"""`skaz transduce`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from skaz.cli.options import Text
from skaz.cli.searching import open_translator, print_targets, search_options


@click.command("transduce")
@click.argument("bundle", type=click.Path(path_type=Path))
@click.argument("words", type=Text(), nargs=-1, metavar="[WORD]...")
@search_options
def command(bundle: Path, words: tuple[str, ...], **given: Any) -> None:
    """Turn strings into strings with a BUNDLE: each WORD, or without any each line of standard input.

    An empty line gives an empty line. With --n-best each source has so many lines, the source's number first; --scores
    and --alignments add columns.
    """
    from skaz.cli.lines import line_batches, standard_input

    lines = None if words else standard_input()
    translator, wanted = open_translator(bundle, given)
    print_targets(translator, wanted, [words] if lines is None else line_batches(lines))
