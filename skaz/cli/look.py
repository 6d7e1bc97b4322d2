"""`skaz look`."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from skaz.cli.options import Text, WholeNumber, refuse_options
from skaz.cli.pictures import tell_of_boxes
from skaz.cli.places import check_file_place
from skaz.errors import RequestError

if TYPE_CHECKING:
    from rich.console import RenderableType

    from skaz.inside.subject import Subject, Told

_FILE = click.Path(path_type=Path)
_READING = ""  # the view without more
_TOLD = (_READING, "--back", "--beside", "--beam", "--stages")  # the views of a text that something is told before
_VIEWS_OF = {  # an option: the views that look at it
    "plan": _TOLD,
    "source": _TOLD,
    "part": (_READING, "--unit"),
    "units": (_READING,),
    "texts": ("--unit", "--nearest"),
    "seed": ("--beam", "--stages"),
    "out": (_READING,),
}


@click.command("look")
@click.argument("bundle", type=_FILE)
@click.argument("text", type=Text(), default="")
@click.option("--plan", type=Text(), help="What the encoder reads first: a plan, as skaz write takes it.")
@click.option("--source", type=Text(), help="Of pairs: the source that the text was made from.")
@click.option("--part", metavar="NAME", help='Which states or gates: "layer 1 forget" say [default: "layer 1 h"].')
@click.option(
    "--units", type=WholeNumber(1, 512), default=12, show_default=True, help="How many units of the part to show."
)
@click.option(
    "--back", type=Text(), metavar="WORD", help="What this word of the text looked back at; or a token's number."
)
@click.option(
    "--beside",
    multiple=True,
    type=_FILE,
    metavar="BUNDLE",
    help="The same text through this network too; may be given again.",
)
@click.option("--unit", type=WholeNumber(0), metavar="N", help="What this unit of the part fires on in texts.")
@click.option("--nearest", is_flag=True, help="The sentences nearest to TEXT by the encoder's state.")
@click.option(
    "--texts", multiple=True, metavar="PATH", help="Texts for --unit and --nearest [default: the built-in ones]."
)
@click.option(
    "--beam", type=WholeNumber(1, 16), metavar="K", help="A search that follows the K best behind TEXT, as a tree."
)
@click.option("--stages", is_flag=True, help="What each stage of training writes behind TEXT, from one seed.")
@click.option("--seed", type=WholeNumber(0), default=1, show_default=True, help="Of what --beam and --stages draw.")
@click.option("--out", multiple=True, type=_FILE, metavar="FILE", help="Draw the units into a .png or .svg file.")
def command(
    bundle: Path,
    text: str,
    plan: str | None,
    source: str | None,
    part: str | None,
    units: int,
    back: str | None,
    beside: tuple[Path, ...],
    unit: int | None,
    nearest: bool,
    texts: tuple[str, ...],
    beam: int | None,
    stages: bool,
    seed: int,
    out: tuple[Path, ...],
) -> None:
    """Look into a BUNDLE while it reads TEXT.

    Without more the text is shaded by surprise, and below stand the units that move most; bits per character don't
    count what the text's end would cost, as skaz evaluate does. The other options each show one thing instead.
    """
    from rich.console import Console

    from skaz.inside.subject import Told, open_subject
    from skaz.tasks.terminal import has_colour
    from skaz.text.plan import parse_plan

    chosen = [name for name, given in _choices(back, beside, unit, nearest, beam, stages).items() if given]
    if len(chosen) > 1:
        raise RequestError(f"{' and '.join(chosen)} each show one thing; leave all but one out.")
    if out and chosen:
        raise RequestError(f"--out draws the units over the text, and {chosen[0]} shows another thing; leave one out.")
    _check_needed(chosen[0] if chosen else _READING, text)
    for path in out:
        check_file_place(path, [bundle])
    subject = open_subject(bundle)
    if plan and subject.writes and subject.bundle.recipe.model.encoder.layers == 0:
        raise RequestError(f"{bundle} has no encoder and reads no plan; leave out --plan.")
    told = Told(plan=tuple(parse_plan(plan or "")), source=source)
    part = part or "layer 1 h"
    console = Console()
    colour = has_colour(console)
    view: RenderableType
    if back is not None:
        view = _back(subject, text, back, told, colour)
    elif beside:
        view = _beside([bundle, *beside], text, told, colour)
    elif unit is not None:
        view = _unit(subject, part, unit, texts, colour)
    elif nearest:
        view = _nearest(subject, text, texts)
    elif beam is not None:
        view = _beam(subject, text, told, beam, seed)
    elif stages:
        _check_told(subject, text, told)
        _tell_of_no_stages(subject)
        for each in _stages(subject, text, told, seed):  # a line as soon as it is written
            console.print(each)
        return
    else:
        view = _read(subject, text, told, part, units, out, console.width, colour)
    console.print(view)


def _choices(*given: object) -> dict[str, bool]:
    names = ("--back", "--beside", "--unit", "--nearest", "--beam", "--stages")
    return {name: value not in (None, (), False) for name, value in zip(names, given, strict=True)}


def _check_needed(view: str, text: str) -> None:
    """RequestError where an option, or a text, was given that the view doesn't look at."""
    if view == "--unit" and text:
        raise RequestError("--unit looks for what the unit fires on in --texts, so TEXT can't be kept; leave it out.")
    refuse_options(
        [name for name, views in _VIEWS_OF.items() if view not in views],
        f"{view} shows another thing" if view else "The text is shaded and its units shown",
    )


def _read(
    subject: Subject, text: str, told: Told, part: str, units: int, out: tuple[Path, ...], width: int, colour: bool
) -> RenderableType:
    from rich.console import Group
    from rich.text import Text

    from skaz.inside import showing
    from skaz.inside.reading import read

    reading = read(subject, text, told)
    lower = showing.units_view(reading, part, units, width, colour=colour)
    if out:
        tell_of_boxes(showing.draw_units(reading, part, units, out))
    return Group(showing.surprise_view(reading, colour=colour), Text(), lower)


def _back(subject: Subject, text: str, word: str, told: Told, colour: bool) -> RenderableType:
    from skaz.inside.looking_back import Lens, tokens_of_word
    from skaz.inside.showing import look_back_view

    first, end = tokens_of_word(subject, text, word, told)
    return look_back_view(Lens(subject).look_back(text, first, end, told), colour=colour)


def _beside(bundles: list[Path], text: str, told: Told, colour: bool) -> RenderableType:
    from skaz.inside.comparing import compare
    from skaz.inside.showing import comparison_view
    from skaz.inside.subject import open_subject

    return comparison_view(compare([open_subject(path) for path in bundles], text, told), colour=colour)


def _unit(subject: Subject, part: str, unit: int, texts: tuple[str, ...], colour: bool) -> RenderableType:
    from skaz.inside.scanning import scan
    from skaz.inside.showing import firing_view
    from skaz.inside.texts import texts_of
    from skaz.inside.units import firing

    return firing_view(firing(scan(subject, texts_of(subject.bundle, texts)), part, unit), colour=colour)


def _nearest(subject: Subject, text: str, texts: tuple[str, ...]) -> RenderableType:
    from skaz.inside.nearest import nearest, sentences_of
    from skaz.inside.showing import nearest_view
    from skaz.inside.texts import texts_of

    return nearest_view(nearest(subject, sentences_of(subject, texts_of(subject.bundle, texts)), text))


def _beam(subject: Subject, text: str, told: Told, beams: int, seed: int) -> RenderableType:
    from skaz.inside.beam_tree import beam_tree
    from skaz.inside.showing import beam_view

    return beam_view(beam_tree(subject, told, opening=text, beams=beams, seed=seed))


def _tell_of_no_stages(subject: Subject) -> None:
    from skaz.engine.stages import stages_of

    if len(stages_of(subject.bundle)) == 1:
        click.echo(
            f"{subject.bundle.path} has kept no stage of its training, so this is the end alone; train with --set "
            "training.stages=10 to keep some.",
            err=True,
        )


def _check_told(subject: Subject, text: str, told: Told) -> None:
    """RequestError where the stages would not read all that is told them; of pairs the text may be the source."""
    from dataclasses import replace

    if not subject.writes and told.source and text:
        raise RequestError("--stages writes what comes of the source, so TEXT can't be kept beside --source.")
    subject.source_ids(told if subject.writes else replace(told, source=told.source or text))


def _stages(subject: Subject, text: str, told: Told, seed: int) -> Iterator[RenderableType]:
    from skaz.engine.stages import stages_of
    from skaz.inside.showing import stages_view
    from skaz.inside.stages import translate_at_stage, write_at_stage
    from skaz.tasks.writing import Wish

    bundle = subject.bundle
    for number in range(len(stages_of(bundle))):
        if subject.writes:
            wish = Wish(plan=told.plan, opening=text or None, length=60)
            yield stages_view([write_at_stage(bundle, number, wish, seed)])
        else:
            yield stages_view([translate_at_stage(bundle, number, told.source or text)])
