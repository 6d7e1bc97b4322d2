"""Options that several commands share."""

from __future__ import annotations

import glob
import math
import sys
from collections.abc import Callable, Collection, Mapping
from pathlib import Path
from typing import Any, get_args

import click
from click.core import ParameterSource

from skaz.errors import RequestError
from skaz.files import expanded
from skaz.recipe import SIZE_NAMES, SourceTokenizerKind, Split, Task, TokenizerKind
from skaz.recipe_reading import parse_overrides

Decorated = Callable[..., None]

# option name: the setting that it stands for
_SETTINGS = {
    "task": "task",
    "source": "text.source_column",
    "target": "text.target_column",
    "split": "text.split",
    "source_tokenizer": "text.source_tokenizer",
    "tokenizer": "text.tokenizer",
    "vocabulary": "text.vocabulary_size",
    "size": "size",
    "networks": "networks",
    "seed": "training.seed",
    "device": "training.device",
    "minutes": "training.minutes",
    "epochs": "training.epochs",
    "start_from": "training.start_from",
}


class Text(click.types.StringParamType):
    """Words for a bundle to read. Of bytes that are no text in the terminal's locale Python makes halves of characters,
    with which a file is still found, but which no bundle reads."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        if isinstance(value, str) and any("\udc80" <= letter <= "\udcff" for letter in value):
            its = sys.getfilesystemencoding()
            self.fail(
                "it has bytes that are not UTF-8; have the terminal send UTF-8."
                if its == "utf-8"
                else f"its letters can't be read, since the locale here is not UTF-8 but {its}; set it with "
                "export LC_ALL=C.UTF-8 and run again.",
                param,
                ctx,
            )
        return super().convert(value, param, ctx)


def file_option(name: str, variable: str, told: str) -> Callable[[Decorated], Decorated]:
    """A file that an option names, in the place of a standard stream."""
    return click.option(name, variable, type=click.Path(path_type=Path), metavar="FILE", help=told)


def out_option(function: Decorated) -> Decorated:
    """--out: the file that what is printed goes to, and whether it may replace one."""
    function = click.option("--overwrite", is_flag=True, help="Replace the file at --out.")(function)
    return file_option("--out", "out_path", "Write into a new file [default: standard output].")(function)


def of_patterns(_: click.Context, __: click.Parameter, named: tuple[str, ...]) -> tuple[str, ...]:
    """The places, with those that fit in place of a pattern (*.txt), in order: the shells of Windows leave that to the
    program. What is a file's own name is no pattern, and one that fits nothing stays as it is."""
    return tuple(found for name in named for found in _that_fit(name) or [name])


def _that_fit(pattern: str) -> list[str]:
    place = expanded(pattern)
    return [] if place.exists() else sorted(glob.glob(str(place)))


class WholeNumber(click.IntRange):
    """A whole number within bounds; click calls what is none "not a valid integer range"."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        if _is_none_of(int, value):
            self.fail(f"{value} is not a whole number.", param, ctx)
        return super().convert(value, param, ctx)


class Number(click.FloatRange):
    """A number within bounds; click's own range lets nan pass, and inf where there is no upper bound."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        if _is_none_of(float, value):
            self.fail(f"{value} is not a number{_with_a_point(value)}.", param, ctx)
        number = super().convert(value, param, ctx)
        if not math.isfinite(number):
            self.fail(f"{value} is not a finite number.", param, ctx)
        return number


def _with_a_point(value: Any) -> str:
    """Where it is a number as much of Europe writes it, how it is written here."""
    other = str(value).replace(",", ".", 1)
    return "" if other == value or _is_none_of(float, other) else f"; write {other}, with a point"


def _is_none_of(kind: Callable[[Any], float], value: Any) -> bool:
    try:
        kind(value)
    except ValueError:
        return True
    return False


BEAMS = WholeNumber(1, 1_000)  # as many as BeamSettings takes


def stated_options(names: Collection[str]) -> list[str]:
    """Those of the options that the person gave, as they are written."""
    context = click.get_current_context()
    return [
        f"--{name.replace('_', '-')}"
        for name in context.params
        if name in names and context.get_parameter_source(name) is not ParameterSource.DEFAULT
    ]


def refuse_options(names: Collection[str], why: str) -> None:
    """RequestError where the person gave some of these options, which would be ignored."""
    stated = stated_options(names)
    if stated:
        raise RequestError(f"{why}, so {', '.join(stated)} can't be kept; leave {'them' if stated[1:] else 'it'} out.")


def refuse_of_other_task(task: Task) -> None:
    """RequestError where an option of how texts are read is for the other kind of texts."""
    if task == "write":
        refuse_options(
            ("source", "target", "source_tokenizer"),
            "Without --task translate or transduce it is stories that are read",
        )
    else:
        refuse_options(("split", "no_plans"), f"--task {task} reads pairs, not stories")


def source_option(function: Decorated) -> Decorated:
    """--source: what holds the sources of pairs; several columns are one setting, with commas between their names."""
    return click.option(
        "--source",
        metavar="NAME",
        multiple=True,
        callback=lambda _, __, named: ",".join(named) or None,
        help="Of pairs: the column or file's ending that holds the sources; given again, or with commas between "
        "columns, the source is made of them all, in that order.",
    )(function)


def text_options(function: Decorated) -> Decorated:
    """How texts are read and cut into tokens."""
    for option in (
        click.option("--vocabulary", type=int, help="Tokens to learn [default: 500 to 4000]."),
        click.option(
            "--source-tokenizer",
            type=click.Choice(get_args(SourceTokenizerKind)),
            help="Of pairs: what a source's token is.",
        ),
        click.option("--tokenizer", type=click.Choice(get_args(TokenizerKind)), help="What a token is [default: bpe]."),
        click.option(
            "--split",
            type=click.Choice(get_args(Split)),
            help="How stories lie in a text file: one a line, between *** lines, under headings of chapters or "
            "dates, between blank lines, or the whole file one text. Without it skaz finds out and says so.",
        ),
    ):
        function = option(function)
    return function


def pair_options(function: Decorated) -> Decorated:
    """What shall be learnt, and of pairs, where their sides lie."""
    for option in (
        click.option("--held-out", multiple=True, metavar="PATH", help="Measure on these, not on a part of the rest."),
        click.option("--target", metavar="NAME", help="Of pairs: the column or ending that holds the targets."),
        source_option,
        click.option(
            "--start-from",
            metavar="BUNDLE",
            help="Begin with what this bundle has learnt, its vocabulary and its shape (fine-tuning).",
        ),
        click.option("--task", type=click.Choice(get_args(Task)), help="What the bundle shall do [default: write]."),
    ):
        function = option(function)
    return function


def recipe_options(function: Decorated) -> Decorated:
    """Everything that makes a recipe."""
    for option in (
        click.option("--set", "overrides", multiple=True, metavar="NAME=VALUE", help="Any setting of the recipe."),
        click.option("--recipe", type=click.Path(path_type=Path), metavar="FILE.toml", help="Settings from a file."),
        click.option("--device", help="auto, cpu, cuda … [default: auto]."),
        click.option("--seed", type=int, help="Start of everything random [default: 1]."),
        click.option(
            "--networks", type=int, metavar="N", help="Train N side by side that write together [default: 1 or 2]."
        ),
        click.option(
            "--size", type=click.Choice(SIZE_NAMES), help="auto measures this machine and chooses [default: auto]."
        ),
    ):
        function = option(function)
    return text_options(function)


def request_settings(given: Mapping[str, Any]) -> dict[str, Any]:
    """The settings that options stand for and --set names; RequestError where the two differ."""
    settings = parse_overrides(given.get("overrides") or ())
    for option, name in _SETTINGS.items():
        value = given.get(option)
        if value is None:
            continue
        if name in settings and settings[name] != value:
            shown = option.replace("_", "-")
            raise RequestError(f"--{shown} {value} and --set {name}={settings[name]} differ; leave one out.")
        settings[name] = value
    return settings
