"""`skaz write`."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from skaz.cli.options import Number, Text, WholeNumber, out_option
from skaz.errors import RequestError

if TYPE_CHECKING:
    from skaz.decoding.settings import SamplingSettings
    from skaz.tasks.writing import Storyteller, Telling, Wish, WrittenStory

SEPARATOR = "***"  # between alternatives; a file of them is read back with --split marker


@click.command("write")
@click.argument("bundle", type=click.Path(path_type=Path))
@click.option("--plan", type=Text(), help='Key words in the order of the story: "fox, lantern, river".')
@click.option("--title", type=Text(), help="The title, of a bundle whose stories had titles.")
@click.option("--opening", type=Text(), help="How it begins, word for word.")
@click.option(
    "--include", type=Text(), multiple=True, metavar="WORD", help="A word that must appear; may be given again."
)
@click.option(
    "--ban", type=Text(), multiple=True, metavar="WORD", help="A word that must not appear; may be given again."
)
@click.option(
    "--length", type=WholeNumber(1), metavar="WORDS", help="About how long; without it the story ends by itself."
)
@click.option(
    "-n", "--number", type=WholeNumber(1), default=1, show_default=True, help="How many to write, to choose from."
)
@click.option("--seed", type=WholeNumber(0), help="The same seed writes the same story [default: another each time].")
@click.option(
    "--temperature",
    type=Number(0),
    help="Bolder above, safer below; 0: always the likeliest [default: 0.5; with a plan, 0.3].",
)
@click.option("--top-k", type=WholeNumber(1), help="Draw from the k likeliest tokens only.")
@click.option(
    "--top-p",
    type=Number(0, 1, min_open=True),
    help="Draw from the likeliest tokens of this probability together [default: 0.9].",
)
@click.option("--min-p", type=Number(0, 1), help="Drop tokens below this share of the likeliest one's probability.")
@click.option(
    "--typical",
    type=Number(0, 1, min_open=True),
    help="Draw from the tokens that are about as surprising as usual, of this probability together; 0.9 say.",
)
@click.option("--repetition-penalty", type=Number(1), help="Above 1: recent tokens become less likely.")
@click.option("--no-repeat-ngram", type=WholeNumber(1), metavar="N", help="No run of N tokens comes twice.")
@click.option(
    "--dry", type=Number(0), metavar="STRENGTH", help="Penalise repeated phrases, more the longer they get; 0.8 say."
)
@click.option(
    "--beam",
    type=WholeNumber(1),
    metavar="K",
    help="Search for the likeliest story K wide, instead of drawing one.",
)
@click.option("--json", "as_json", is_flag=True, help="A JSON object a story: tokens with their log-probabilities.")
@out_option
@click.option("--device", default="cpu", show_default=True, help="auto, cpu, cuda …")
def command(
    bundle: Path,
    plan: str | None,
    title: str | None,
    opening: str | None,
    include: tuple[str, ...],
    ban: tuple[str, ...],
    length: int | None,
    number: int,
    seed: int | None,
    beam: int | None,
    as_json: bool,
    out_path: Path | None,
    overwrite: bool,
    device: str,
    **sampling: Any,
) -> None:
    """Write stories with the BUNDLE that skaz train made. Ctrl-C stops and keeps what is written; of a search with
    --beam nothing is, before its end.

    The story goes to standard output or to --out, alternatives with a line *** between them.
    """
    from skaz.cli.lines import printed_to
    from skaz.tasks.writing import Wish, load
    from skaz.text.plan import parse_plan

    stated = {name: value for name, value in sampling.items() if value is not None}
    if beam is not None:
        drawing = {"seed": seed, "include": include or None, "ban": ban or None, "length": length, **stated}
        said = [f"--{name.replace('_', '-')}" for name, value in drawing.items() if value is not None]
        if said:
            raise RequestError(f"--beam draws nothing, so {', '.join(said)} can't be kept; leave one or other out.")
    if number > 1 and beam is None and sampling["temperature"] == 0 and not include:
        raise RequestError(
            f"--temperature 0 always takes the likeliest token, so {number} stories would be one and the same; leave "
            "out -n or --temperature 0, or search for several with --beam."
        )
    items = parse_plan(plan or "")
    wish = Wish(
        plan=items,
        title=title,
        opening=opening,
        include=include,
        ban=ban,
        length=length,
        sampling=sampling_settings(planned=bool(items), **stated) if stated else None,
    )
    teller = load(bundle, device=device)
    teller.source(wish)  # what is refused needs no warning before
    for told in unheard(teller, wish):
        click.echo(told, err=True)
    with printed_to(out_path, bundle, overwrite=overwrite):
        if beam is not None:
            found = teller.likeliest(items, title=title, opening=opening, beams=beam, count=number)
            between = "\n" if as_json else f"\n{SEPARATOR}\n"
            click.echo(between.join(_as_line(story, wish) if as_json else story.text for story in found))
        else:
            telling = teller.tell(wish, number, seed)
            if as_json:
                _print_objects(telling, wish)
            else:
                print_stories(telling)
            found = telling.stories()
    for told in _cut_short(found, beam is None and length is None):
        click.echo(told, err=True)


def _cut_short(stories: Sequence[WrittenStory], may_have_length: bool) -> Iterator[str]:
    """Which stories came to no end, in words."""
    cut = [len(story.tokens) for story in stories if story.finish == "length"]
    if cut:
        its = "stopped at its" if len(stories) == 1 else f"{len(cut)} of {len(stories)} stories stopped at their"
        advice = "; --length says how long it shall be" if may_have_length else ""
        yield f"{its} longest, {max(cut):,} tokens{advice}"


def _print_objects(telling: Telling, wish: Wish) -> None:
    """The stories as lines of JSON, each as soon as it and those before are over."""
    shown = 0
    try:
        for _ in telling:
            for index in range(shown, telling.n_over):
                print_object(telling.story(index), wish)
            shown = telling.n_over
    finally:  # after Ctrl-C too: what is written is kept
        for story in telling.stories()[shown:]:
            print_object(story, wish)


def unheard(teller: Storyteller, wish: Wish) -> list[str]:
    """What is asked for, and the network has never learnt to look at."""
    sources, path = teller.bundle.recipe.sources, teller.bundle.path
    copies = teller.bundle.recipe.model.copy  # words that it has never met as well
    unmet = [] if copies else teller.bundle.plan_words.unmet(wish.plan)
    asked = (("plan", wish.plan, sources.plan), ("title", wish.title, sources.title))
    told = [
        f"{path} was trained with sources.{name} = 0 and has never seen a {name}: --{name} will hardly be heeded."
        for name, given, weight in asked
        if given and weight == 0
    ]
    if unmet:
        told.append(f"{path} has met in no plan, and will hardly heed: {', '.join(unmet)}.")
    return told


def sampling_settings(*, planned: bool, dry: float = 0.0, **stated: Any) -> SamplingSettings:
    """The settings that were stated, and the usual ones of the others."""
    from skaz.decoding.filters import Dry
    from skaz.decoding.settings import SamplingSettings

    penalty = {"dry": Dry(multiplier=dry)} if dry else {}
    return SamplingSettings.usual(planned=planned, **stated, **penalty)


def print_stories(telling: Telling) -> None:
    """Streams the first story as it comes, then prints the alternatives, which are written beside it, each as soon as
    it and those before are over."""
    out = sys.stdout
    out.write(telling.opening)
    shown = 1
    try:
        for token in telling:
            if token.story == 0:
                out.write(token.text)
                out.flush()
            for index in range(shown, telling.n_over):
                out.write(f"\n{SEPARATOR}\n{telling.story(index).text}")
                out.flush()
            shown = max(shown, telling.n_over)
    finally:  # after Ctrl-C too: what is written is kept
        for story in telling.stories()[shown:]:
            out.write(f"\n{SEPARATOR}\n{story.text}")
        out.write("\n")
        out.flush()


def print_object(story: WrittenStory, wish: Wish) -> None:
    """A story as a line of JSON."""
    click.echo(_as_line(story, wish))


def _as_line(story: WrittenStory, wish: Wish) -> str:
    return json.dumps(as_object(story, wish.plan), ensure_ascii=False)


def as_object(story: WrittenStory, plan: Any) -> dict[str, Any]:
    """The story as plain values; log-probabilities in nats."""
    return {
        "text": story.text,
        "plan": list(plan),
        "seed": story.seed,
        "finish": story.finish,
        "tokens": [
            {"text": token.text, "id": token.token, "log_probability": round(token.log_probability, 6)}
            for token in story.tokens
        ],
    }
