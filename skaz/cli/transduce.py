"""`skaz transduce`."""

from __future__ import annotations

from contextlib import nullcontext
from pathlib import Path
from typing import Any

import click

from skaz.cli.options import Text
from skaz.cli.searching import open_translator, print_targets, search_options
from skaz.errors import RequestError


@click.command("transduce")
@click.argument("bundle", type=click.Path(path_type=Path))
@click.argument("words", type=Text(), nargs=-1, metavar="[WORD]...")
@search_options
def command(
    bundle: Path,
    words: tuple[str, ...],
    in_path: Path | None,
    out_path: Path | None,
    overwrite: bool,
    ensemble: tuple[Path, ...],
    **given: Any,
) -> None:
    """Turn strings into strings with a BUNDLE: each WORD, or each line of standard input or --in.

    An empty line gives an empty line. With --n-best each source has so many lines, the source's number first; --scores
    and --alignments add columns.
    """
    from skaz.cli.lines import line_batches, lines_from, printed_to

    if words and in_path is not None:
        raise RequestError(f"There are words and the file {in_path}; leave one or the other out.")
    with nullcontext() if words else lines_from(in_path) as read:
        translator, wanted = open_translator("transduce", (bundle, *ensemble), given)
        with printed_to(out_path, bundle, *ensemble, *filter(None, (in_path,)), overwrite=overwrite):
            print_targets(translator, wanted, [words] if read is None else line_batches(read))
