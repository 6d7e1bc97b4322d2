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
def command(
    bundle: Path,
    in_path: Path | None,
    out_path: Path | None,
    overwrite: bool,
    ensemble: tuple[Path, ...],
    **given: Any,
) -> None:
    """Translate lines with a BUNDLE: skaz translate BUNDLE < in.txt > out.txt, or --in in.txt --out out.txt.

    Each line is written as soon as it and those that came with it are done; an empty line gives an empty line. With
    --n-best each source has so many lines, the source's number first; --scores and --alignments add columns.
    """
    from skaz.cli.lines import line_batches, lines_from, printed_to

    others = click.get_current_context().args
    if others:
        raise RequestError(
            f"The lines come by standard input or --in: skaz translate {for_shell(bundle)} --in {for_shell(others[0])}"
        )
    with lines_from(in_path) as read:
        translator, wanted = open_translator("translate", (bundle, *ensemble), given)
        with printed_to(out_path, bundle, *ensemble, *filter(None, (in_path,)), overwrite=overwrite):
            print_targets(translator, wanted, line_batches(read))
