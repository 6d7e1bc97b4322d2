"""`skaz prepare`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from skaz.cli.options import (
    Number,
    of_patterns,
    pair_options,
    refuse_of_other_task,
    refuse_options,
    request_settings,
    text_options,
)
from skaz.cli.places import check_folder_place
from skaz.corpus.records import count
from skaz.recipe import Task

if TYPE_CHECKING:
    from skaz.corpus.prepare import Prepared


@click.command("prepare")
@click.argument("paths", nargs=-1, required=True, metavar="PATH...", callback=of_patterns)
@click.option("--out", type=click.Path(path_type=Path), required=True, help="The folder to make.")
@click.option(
    "--validation",
    type=Number(0, 0.5, min_open=True),
    help="Part of the stories held out, 2,000 at most [default: 0.05].",
)
@click.option("--no-plans", is_flag=True, help="Do not draw plans from the stories.")
@click.option("--seed", type=int, help="Which stories are held out [default: 1].")
@click.option("--overwrite", is_flag=True, help="Replace a prepared corpus at --out.")
@pair_options
@text_options
def command(
    paths: tuple[str, ...],
    out: Path,
    validation: float | None,
    no_plans: bool,
    overwrite: bool,
    held_out: tuple[str, ...],
    **given: Any,
) -> None:
    """Read and tokenise texts once, for several trainings: skaz train takes the folder as its PATH."""
    settings = request_settings(given)
    if validation is not None:
        settings["text.validation_fraction"] = validation
    if no_plans:
        settings["sources.plan"] = 0
    from skaz.tasks.fine_tuning import read_on_base

    recipe, stated = read_on_base(overrides=settings)
    refuse_of_other_task(recipe.task)
    if held_out:
        refuse_options(("validation",), "--held-out names what to measure on")
    from skaz.cli.live_line import preparing_line
    from skaz.errors import RequestError
    from skaz.files import check_folder_name, sweep_abandoned, take_back
    from skaz.tasks.preparing import prepare_for, reading_lines, token_lines
    from skaz.tasks.run_folder import is_prepared

    check_folder_name(out, "a folder")
    take_back(out)
    if out.exists() and not is_prepared([str(out)]) and (not out.is_dir() or any(out.iterdir())):
        raise RequestError(f"{out} exists and is no prepared corpus; choose another --out.")
    if is_prepared([str(out)]) and not overwrite:
        raise RequestError(f"{out} holds a prepared corpus already; choose another --out, or replace it: --overwrite.")
    check_folder_place(out)
    sweep_abandoned(out)
    with preparing_line() as progress:
        prepared = prepare_for(recipe, paths, out, held_out=held_out, stated=stated, progress=progress)
    for line in (*reading_lines(prepared), *token_lines(out)):
        click.echo(line, err=True)
    click.echo(
        f"{_parted(prepared, recipe.task)}; "
        f"{prepared.train.tokens:,} tokens of {prepared.tokenizer.vocabulary_size:,} kinds",
        err=True,
    )
    click.echo(f"{out}")


def _parted(prepared: Prepared, task: Task) -> str:
    """How many there are to train on, and what is held out: others, or the ends of the same."""
    train, held_out = prepared.train.stories, prepared.valid.stories
    to_train_on = f"{count(train, *(('story', 'stories') if task == 'write' else ('pair', 'pairs')))} to train on"
    if prepared.partition.validation_from == "story":
        return f"{to_train_on}, {held_out:,} held out"
    share = f"the last {100 * prepared.partition.fraction:g} %"
    if train == 1:
        return f"{to_train_on}, {share} of it held out"
    return f"{to_train_on}, {share} of {'each' if held_out == train else f'{held_out:,} of them'} held out"
