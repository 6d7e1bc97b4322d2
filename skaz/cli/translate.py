"""`skaz translate`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from skaz.cli.searching import open_translator, print_targets, search_options
from skaz.errors import RequestError
from skaz.files import for_shell


@click.command("translate", context_settings={"allow_extra_args": True})  # to say where a file of lines goes
@click.argument("bundle", type=click.Path(path_type=Path))
@search_options
def command(bundle: Path, **given: Any) -> None:
    """Translate the lines of standard input with a BUNDLE: skaz translate BUNDLE < in.txt > out.txt

    Each line is written as soon as it and those that came with it are done; an empty line gives an empty line. With
    --n-best each source has so many lines, the source's number first; --scores and --alignments add columns.
    """
    from skaz.cli.lines import line_batches, standard_input

    others = click.get_current_context().args
    if others:
        raise RequestError(
            f"The lines come by standard input: skaz translate {for_shell(bundle)} < {for_shell(others[0])}"
        )
    lines = standard_input()
    translator, wanted = open_translator(bundle, given)
    print_targets(translator, wanted, line_batches(lines))
