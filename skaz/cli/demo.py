"""`skaz demo`."""

from __future__ import annotations

import random
from pathlib import Path
from typing import TYPE_CHECKING

import click

from skaz.cli.options import Number, WholeNumber
from skaz.cli.places import check_folder_place
from skaz.files import for_shell
from skaz.recipe_reading import read_recipe
from skaz.tasks.demonstration import MINUTES, SETTINGS, TALES

if TYPE_CHECKING:
    from skaz.tasks.training import TrainRequest


@click.command("demo")
@click.option("--out", type=click.Path(path_type=Path), default=Path("demo/tales"), show_default=True)
@click.option(
    "--minutes", type=Number(0, min_open=True), default=MINUTES, show_default=True, help="Budget of wall time."
)
@click.option(
    "--seed", type=WholeNumber(0), default=1, show_default=True, help="Of the training and of the two stories."
)
def command(out: Path, minutes: float, seed: int) -> None:
    """Train on the built-in tales, then write an English and a Russian story, each from a plan."""
    from skaz.cli.training_display import train_with_display
    from skaz.cli.write import print_stories
    from skaz.corpus.tales.world import invent, plan_of
    from skaz.tasks.writing import Wish, load

    request = demo_request(out, minutes, seed)
    _check_place(out)
    click.echo(f"Training on the built-in tales for {minutes:g} minutes.", err=True)
    train_with_display(request)
    teller = load(out)
    rng = random.Random(seed)
    for language in ("en", "ru"):
        plan = plan_of(invent(rng, held_out=True), language)
        click.echo(f"\n{'Plan' if language == 'en' else 'План'}: {', '.join(plan)}\n")
        print_stories(teller.tell(Wish(plan=plan), seed=seed))
    click.echo(f'\nYour turn: skaz write {for_shell(out)} --plan "{", ".join(plan)}"', err=True)


def _check_place(out: Path) -> None:
    """The demonstration replaces its own bundle, and no other."""
    from skaz.engine.bundle import is_bundle, open_bundle
    from skaz.errors import RequestError
    from skaz.tasks.run_folder import check_place, run_folder

    check_place(out, resume=False, overwrite=True)
    check_folder_place(run_folder(out))
    if is_bundle(out) and open_bundle(out).facts.corpus.get("names") != [TALES]:
        raise RequestError(f"{out} holds a bundle of other stories; choose another --out.")


def demo_request(out: Path, minutes: float, seed: int) -> TrainRequest:
    """The demonstration's training; a bundle from an earlier one is replaced."""
    from skaz.tasks.training import TrainRequest

    settings = {**SETTINGS, "training.minutes": minutes, "training.seed": seed}
    recipe = read_recipe(size="small", overrides=settings)
    return TrainRequest([TALES], out, recipe, frozenset(settings), overwrite=True)
