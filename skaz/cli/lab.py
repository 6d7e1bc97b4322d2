"""`skaz lab`."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from skaz.cli.options import WholeNumber
from skaz.cli.places import check_file_place, check_folder_place
from skaz.errors import RequestError
from skaz.recipe_reading import parse_overrides

if TYPE_CHECKING:
    from rich.table import Table

    from skaz.lab.experiments import Report
    from skaz.lab.texts import Language

LONGEST_DEFAULT = 40  # characters in the table of parameters


@click.command("lab")
@click.argument("name", required=False)
@click.option("--all", "whole", is_flag=True, help="Every experiment, on one page that can be handed out.")
@click.option(
    "--out",
    multiple=True,
    type=click.Path(path_type=Path),
    metavar="PATH",
    help="The picture, .svg or .png [default: NAME.svg]; with --all the folder of the page.",
)
@click.option(
    "--lang", type=click.Choice(["en", "ru"]), default="en", show_default=True, help="Language of words and picture."
)
@click.option("--set", "overrides", multiple=True, metavar="PARAMETER=VALUE", help="A parameter of the experiment.")
@click.option("--seed", type=WholeNumber(0), help="Start of everything random [default: 1].")
@click.option("--parameters", is_flag=True, help="Show the experiment's parameters instead of running it.")
@click.option("--json", "as_json", is_flag=True, help="Print all data of the run as JSON instead of the finding.")
def command(
    name: str | None,
    whole: bool,
    out: tuple[Path, ...],
    lang: Language,
    overrides: tuple[str, ...],
    seed: int | None,
    parameters: bool,
    as_json: bool,
) -> None:
    """Run the experiment NAME: what a course on networks claims, measured anew. Without NAME, list them.

    Prints what came out in words, with the numbers of this run, and saves the picture.

    \b
      skaz lab forgetting
      skaz lab forgetting --set cells=rnn,lstm --set forget_bias=4 --out lstm.png
      skaz lab --all --out lab --lang ru
    """
    _check_together(name, whole=whole, out=out, one_alone=bool(overrides) or parameters or as_json)
    for override in overrides:
        if not override.partition("=")[0].strip() or "=" not in override:
            raise RequestError(
                f'"{override}" sets no parameter; write it as PARAMETER=VALUE, seed=7 say: skaz lab {name} '
                "--parameters lists them."
            )
    given = parse_overrides(overrides)
    if seed is not None and given.setdefault("seed", seed) != seed:
        raise RequestError(f"--seed {seed} and --set seed={given['seed']} differ; leave one out.")
    if parameters and (given or as_json or out):
        raise RequestError("--parameters lists what can be set: leave out --set, --seed, --json and --out.")
    if whole:
        _whole_page(out[0], given, lang)
    elif name is None:
        _list(lang)
    elif parameters:
        _show_parameters(name, lang)
    else:
        _one(name, given, list(out) or [Path(f"{name}.svg")], lang, as_json=as_json)


def _check_together(name: str | None, *, whole: bool, out: tuple[Path, ...], one_alone: bool) -> None:
    if whole and (name is not None or one_alone):
        raise RequestError("--all runs every experiment as it is: leave out NAME, --set, --parameters and --json.")
    if whole and len(out) != 1:
        raise RequestError("Say where the page goes: --all --out FOLDER.")
    if not whole and name is None and (out or one_alone):
        raise RequestError("Name an experiment, or take them all with --all; skaz lab lists them.")


def _list(lang: Language) -> None:
    from skaz.lab.experiments import NAMES, Experiment

    width = max(map(len, NAMES))
    for name in NAMES:
        click.echo(f"{name:{width}}  {Experiment(name).question.of(lang)}")


def _show_parameters(name: str, lang: Language) -> None:
    from rich.console import Console

    from skaz.lab.experiments import Experiment
    from skaz.lab.settings import written

    parameters = Experiment(name).parameters
    Console().print(_parameter_table(parameters, lang))
    for each in parameters:
        if len(written(each.default)) > LONGEST_DEFAULT:
            click.echo(f"\n{each.name}={written(each.default)}")  # in one piece, to be given back changed


def _parameter_table(parameters: tuple[Any, ...], lang: Language) -> Table:
    from rich.table import Table

    from skaz.lab.settings import written
    from skaz.tasks.terminal import GLUE, Hanging

    table = Table(box=None, pad_edge=False, header_style="bold")
    names = ("parameter", "default", "range") if lang == "en" else ("параметр", "по умолчанию", "пределы")
    ranges = [
        (" | " if each.kind.startswith("choice") else f"{GLUE}…{GLUE}").join(map(str, each.range))
        for each in parameters
    ]
    widest = max(len(word) for words in ranges for word in words.split(" "))
    for heading in names[:2]:  # no name and no number is broken in two
        table.add_column(heading, no_wrap=True)
    table.add_column(names[2], min_width=widest)
    table.add_column("what it is" if lang == "en" else "что это", overflow="fold")
    for each, words in zip(parameters, ranges, strict=True):
        default = written(each.default)
        if len(default) > LONGEST_DEFAULT:
            default = "below" if lang == "en" else "ниже"
        table.add_row(each.name, default, Hanging(words), each.help.of(lang))
    return table


def _one(name: str, given: dict[str, Any], out: list[Path], lang: Language, *, as_json: bool) -> None:
    from skaz.lab.drawing import check_suffixes, save
    from skaz.lab.experiments import Experiment

    check_suffixes(out)
    for path in out:
        check_file_place(path)
    report = _run(Experiment(name).name, given, lang)
    save(report.panels, lang, out)
    assert report.finding is not None
    click.echo(json.dumps(report.as_object(), ensure_ascii=False) if as_json else report.finding.of(lang))
    for path in out:
        click.echo(f"{'Picture' if lang == 'en' else 'Рисунок'}: {path}", err=True)


def _whole_page(out: Path, given: dict[str, Any], lang: Language) -> None:
    from skaz.files import check_new_folder
    from skaz.lab.experiments import NAMES, Experiment
    from skaz.lab.page import DATA, write_page

    check_new_folder(out, DATA)
    check_folder_place(out)
    reports = []
    for number, name in enumerate(NAMES, 1):
        if not sys.stderr.isatty():  # a terminal has a bar
            click.echo(f"{number}/{len(NAMES)} {Experiment(name).title.of(lang)}", err=True)
        reports.append(_run(name, given, lang))
        assert reports[-1].finding is not None
        click.echo(f"{name}: {reports[-1].finding.of(lang)}\n")
    click.echo(f"{'Page' if lang == 'en' else 'Страница'}: {write_page(out, reports, lang)}", err=True)


def _run(name: str, given: dict[str, Any], lang: Language) -> Report:
    """The last report; on the way a line that tells how far it is."""
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn

    from skaz.lab.experiments import Experiment

    experiment = Experiment(name)
    reports = experiment.reports(given)  # says what is wrong, a parameter or no PyTorch, before anything begins
    import torch

    # networks so small gain nothing from more threads, and with one the order of additions stays
    torch.set_num_threads(1)
    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeElapsedColumn())
    console = Console(stderr=True)
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
        task = progress.add_task(experiment.title.of(lang), total=1.0)
        for report in reports:
            progress.update(task, completed=report.done)
    return report
