"""What `skaz translate` and `skaz transduce` share: the options of the search, and printing what it finds."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from skaz.cli.options import BEAMS, Number, Text, WholeNumber, file_option, out_option
from skaz.errors import RequestError
from skaz.recipe import Task

if TYPE_CHECKING:
    from skaz.tasks.translating import Translation, Translator

Decorated = Callable[..., None]
LONGEST_LINE = 10_000  # characters
PENALTY = Number(0, 10)


@dataclass(frozen=True)
class Wanted:
    """What is asked of each source, and what is printed of each target."""

    beam: int
    length_penalty: float
    coverage_penalty: float
    groups: int
    diversity: float
    n_best: int
    scores: bool
    alignments: bool
    as_json: bool
    constrain: tuple[str, ...]
    prefix: str
    batch_tokens: int


def search_options(function: Decorated) -> Decorated:
    """How to search, and what to print."""
    for option in (
        out_option,
        file_option("--in", "in_path", "The file of lines [default: standard input]."),
        click.option("--threads", type=WholeNumber(1), help="Processor threads [default: all]."),
        click.option("--device", default="cpu", show_default=True, help="auto, cpu, cuda …"),
        click.option(
            "--batch-tokens", type=WholeNumber(1), default=2048, show_default=True, help="Tokens read at once."
        ),
        click.option("--prefix", type=Text(), default="", metavar="TEXT", help="How each target begins."),
        click.option(
            "--constrain",
            type=Text(),
            multiple=True,
            metavar="TERM",
            help="A term that must be in each target; not of a bundle with monotonic attention or spelt symbols, as "
            "those from words to phones are if nothing else was said.",
        ),
        click.option("--json", "as_json", is_flag=True, help="A JSON object for each source, with all there is."),
        click.option(
            "--alignments",
            is_flag=True,
            help="Add where each target word, letter or symbol looked: source-target, from 0.",
        ),
        click.option("--scores", is_flag=True, help="Add each target's score, by which the best is chosen."),
        click.option("--n-best", type=WholeNumber(1), default=1, show_default=True, help="Targets for each source."),
        click.option(
            "--coverage-penalty", type=PENALTY, default=0.0, show_default=True, help="Against leaving out (Wu 2016, β)."
        ),
        click.option(
            "--length-penalty",
            type=PENALTY,
            default=1.0,
            show_default=True,
            help="Above 0: against short (Wu 2016, α).",
        ),
        click.option(
            "--diversity", type=PENALTY, default=0.5, show_default=True, help="What a taken token costs a later group."
        ),
        click.option(
            "--groups",
            type=WholeNumber(1),
            default=1,
            show_default=True,
            help="Groups that share the beams, each kept from what those before it chose: more various --n-best.",
        ),
        click.option("--beam", type=BEAMS, default=5, show_default=True, help="Beams, 1,000 at most; 1 is greedy."),
        click.option(
            "--ensemble",
            multiple=True,
            type=click.Path(path_type=Path),
            metavar="BUNDLE",
            help="Another bundle that votes along: on each token, or where it writes others on whole targets.",
        ),
    ):
        function = option(function)
    return function


def open_translator(task: Task, paths: Sequence[Path], given: dict[str, Any]) -> tuple[Translator, Wanted]:
    """The bundles at these paths, which must have learnt the task, and what is asked of them; takes their options out
    of what was given."""
    from skaz.tasks.translating import load_translator

    device, threads = given.pop("device"), given.pop("threads")
    wanted = Wanted(**given)
    if wanted.n_best > wanted.beam:
        raise RequestError(
            f"--n-best {wanted.n_best} asks for more targets than --beam {wanted.beam} follows; raise --beam or lower "
            "--n-best."
        )
    translator = load_translator(*paths, device=device, threads=threads)
    if (learnt := translator.bundle.recipe.task) != task:
        raise RequestError(f"{paths[0]} learnt to {learnt}: use skaz {learnt}.")
    if threads is not None and "torch" in sys.modules:  # it runs what has no graphs, with all cores else
        sys.modules["torch"].set_num_threads(threads)
    return translator, wanted


def print_targets(translator: Translator, wanted: Wanted, batches: Iterable[Sequence[str]]) -> None:
    """For each source its target, in order, each batch as soon as it is done."""
    from skaz.decoding.beam import BeamSettings

    settings = BeamSettings(
        wanted.beam, wanted.length_penalty, wanted.coverage_penalty, wanted.groups, wanted.diversity
    )
    _tell_unknown_prefix(translator, wanted.prefix)
    number, is_told = 0, False
    for sources in batches:
        kept = [_within_limit(source, number + place) for place, source in enumerate(sources, start=1)]
        _tell_unknown(translator, kept, number)
        found = translator.search(
            kept,
            settings,
            prefix=wanted.prefix,
            include=wanted.constrain,
            batch_tokens=wanted.batch_tokens,
        )
        for source, targets in zip(kept, found, strict=True):
            number += 1
            if source.strip() and len(targets) < wanted.n_best and not is_told:
                is_told = True
                click.echo(
                    f"Line {number} has {len(targets)} different targets, not {wanted.n_best}: the beams hold no more, "
                    "there or perhaps elsewhere; a higher --beam may find them.",
                    err=True,
                )
            _print(translator, wanted, number, source, targets[: wanted.n_best])
        sys.stdout.flush()


def _print(translator: Translator, wanted: Wanted, number: int, source: str, targets: Sequence[Translation]) -> None:
    rows = [_as_object(translator, wanted, source, target) for target in targets]
    if wanted.as_json:
        click.echo(json.dumps({"source": source, "targets": rows}, ensure_ascii=False))
        return
    for row in rows:
        cells = [str(number)] if wanted.n_best > 1 else []
        cells.append(row["text"])
        if wanted.scores:
            cells.append(f"{row['score']:.4f}")
        if wanted.alignments:
            cells.append(" ".join(f"{a}-{b}" for a, b in row["alignment"]))
        click.echo("\t".join(cells))


def _as_object(translator: Translator, wanted: Wanted, source: str, target: Translation) -> dict[str, Any]:
    row: dict[str, Any] = {
        "text": target.text,
        "score": round(target.score, 6),
        "log_probability": round(target.log_probability, 6),
        "tokens": [{"text": text, "log_probability": round(value, 6)} for text, value in target.tokens],
    }
    if wanted.alignments:
        from skaz.tasks.aligning import alignment_in_writing

        row["alignment"] = alignment_in_writing(translator, source, target)
    return row


def _within_limit(source: str, number: int) -> str:
    """The line, or an empty one in its place where it is too long: the lines after it keep their numbers."""
    if len(source) <= LONGEST_LINE:
        return source
    click.echo(
        f"Line {number} has {len(source):,} characters, more than {LONGEST_LINE:,}: an empty line stands for it.",
        err=True,
    )
    return ""


def _tell_unknown_prefix(translator: Translator, prefix: str) -> None:
    if unknown := translator.unknown_in_target(prefix):
        what = "symbols" if translator.writes_symbols else "characters"
        click.echo(f"--prefix has {what} that training met seldom or never in targets: {unknown}", err=True)


def _tell_unknown(translator: Translator, sources: Sequence[str], before: int) -> None:
    what = "symbols" if translator.reads_symbols else "characters"
    for number, source in enumerate(sources, start=before + 1):
        unknown = translator.unknown_in(source)
        if unknown:
            click.echo(f"Line {number} has {what} that training met seldom or never: {unknown}", err=True)
