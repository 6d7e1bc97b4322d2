"""`skaz train`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from skaz.cli.options import Number, of_patterns, pair_options, recipe_options, refuse_of_other_task, request_settings
from skaz.cli.places import check_folder_place
from skaz.files import for_shell

if TYPE_CHECKING:
    from skaz.engine.bundle import Bundle


@click.command("train")
@click.argument("paths", nargs=-1, metavar="PATH...", callback=of_patterns)
@click.option("--out", type=click.Path(path_type=Path), required=True, help="Where the bundle goes.")
@click.option("--minutes", type=Number(0, min_open=True), help="Budget of wall time [default: 10].")
@click.option("--epochs", type=Number(0, min_open=True), help="Budget in passes over the stories.")
@pair_options
@recipe_options
@click.option("--resume", is_flag=True, help="Go on with a run that was stopped or killed, or begin one.")
@click.option("--overwrite", is_flag=True, help="Replace the bundle or the unfinished run at --out.")
@click.option("--tensorboard", type=click.Path(path_type=Path), help="Log for TensorBoard into this folder.")
def command(
    paths: tuple[str, ...],
    out: Path,
    minutes: float | None,
    epochs: float | None,
    held_out: tuple[str, ...],
    recipe: Path | None,
    resume: bool,
    overwrite: bool,
    tensorboard: Path | None,
    **given: object,
) -> None:
    """Train on your texts: to write stories, to translate, or to turn strings into strings.

    PATH is a .txt or .md file, a .docx, .odt, .epub, .fb2 or .fb2.zip document, a .jsonl, .csv, .tsv or .parquet file
    with a column "text" (and, if you like, "title", "plan", "opening"), a folder of such files, hf:NAME for a Hugging
    Face data set, tales:en, tales:ru or tales:all for the built-in tales, or a folder that skaz prepare made.

    Of pairs (--task translate or transduce) PATH is a .tsv, .csv, .jsonl or .parquet file with a source and a target in
    each row, hf:NAME, two files line by line, or a built-in exercise: numbers:en, words:en, dates:en, dates:en-ru …

    Ctrl-C stops, saves and leaves a bundle (exit code 0); --resume goes on. A second one, or one before the first
    update, ends at once (exit code 130).
    """
    settings = request_settings({**given, "minutes": minutes, "epochs": epochs})
    from skaz.tasks.fine_tuning import read_on_base

    checked, stated = read_on_base(file=recipe, overrides=settings, resumed=out if resume else None)
    if not resume:  # which has its own task, and compares its settings itself
        refuse_of_other_task(checked.task)
    if tensorboard is not None:
        check_folder_place(tensorboard)
    from skaz.cli.training_display import train_with_display
    from skaz.tasks.training import TrainRequest

    request = TrainRequest(
        paths=paths,
        out=out,
        recipe=checked,
        held_out=held_out,
        stated=stated,
        resume=resume,
        overwrite=overwrite,
    )
    train_with_display(request, tensorboard)
    from skaz.engine.bundle import open_bundle

    made = open_bundle(out)
    named = for_shell(out)
    match made.recipe.task:
        case "write":
            then = f"write {named}" + (' --plan "…"' if _heeds_plans(made) else "")
        case "translate":
            then = f"translate {named} --in sentences.txt"
        case "transduce":
            then = f"transduce {named} WORD..."
    click.echo(f"Now: skaz {then}", err=True)


def _heeds_plans(made: Bundle) -> bool:
    """Whether it reads plans, and its held-out stories were not as hard to foretell with them as without."""
    reads = made.recipe.model.encoder.layers > 0 and made.recipe.sources.plan > 0
    plain, with_plan = (made.facts.measures.get(f"bits_per_character{end}") for end in ("", "_with_plan"))
    return reads and (plain is None or with_plan is None or with_plan < plain)
