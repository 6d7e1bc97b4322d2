"""`skaz evaluate`."""

from __future__ import annotations

import json
import unicodedata
from dataclasses import asdict, replace
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args

import click

from skaz.cli.options import BEAMS, Number, WholeNumber, of_patterns, refuse_options, source_option
from skaz.cli.places import check_new_file
from skaz.cli.waiting import waiting_line
from skaz.recipe import Split

if TYPE_CHECKING:
    from skaz.corpus.records import Reading
    from skaz.engine.bundle import Bundle
    from skaz.evaluation.scores import Judged, Score
    from skaz.tasks.evaluating import PairEvaluation, Unmet
    from skaz.training.measured import Measured

_OF_PAIRS = ("source", "target", "beam", "length_penalty", "tokenised", "ensemble", "worst", "outputs", "overwrite")
_OF_STORIES = ("split", "graphs")
_NEARLY_ALL = 0.9  # of the sources: one would think that they are targets
_SEVERAL = 5  # sources: fewer may be odd by chance
_MOST_UNMET = 20  # that are told


@click.command("evaluate")
@click.argument("bundle", type=click.Path(path_type=Path))
@click.argument("paths", nargs=-1, required=True, metavar="PATH...", callback=of_patterns)
@click.option("--split", type=click.Choice(get_args(Split)), help="Of stories: how they lie in a text file.")
@click.option("--json", "as_json", is_flag=True, help="The same as JSON.")
@click.option(
    "--graphs", is_flag=True, help="Of stories: measure the graphs that write as well, and what their rounding costs."
)
@click.option("--device", default="cpu", show_default=True, help="auto, cpu, cuda …")
@source_option
@click.option("--target", metavar="NAME", help="Of pairs: the one that holds the references.")
@click.option("--beam", type=BEAMS, default=5, show_default=True, help="Of pairs: beams; 1 is greedy.")
@click.option(
    "--length-penalty", type=Number(0, 10), default=1.0, show_default=True, help="Of pairs: above 0 against short."
)
@click.option(
    "--tokenised", is_flag=True, help="Of translators: the references are tokenised; BLEU takes them as they are."
)
@click.option("--ensemble", multiple=True, type=click.Path(path_type=Path), help="Of pairs: a bundle that votes along.")
@click.option("--worst", type=WholeNumber(0), default=20, show_default=True, help="Of pairs: worst outputs to show.")
@click.option(
    "--outputs",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Of pairs: write the outputs there, a line a pair; into a .jsonl with source, references and probability.",
)
@click.option("--overwrite", is_flag=True, help="Replace the file at --outputs.")
def command(
    bundle: Path, paths: tuple[str, ...], split: Split | None, as_json: bool, graphs: bool, device: str, **given: Any
) -> None:
    """Measure a BUNDLE on held-out texts or pairs, which must not have been trained on.

    A storyteller: bits per character, the state carried through each text. The number compares models of any
    tokeniser; fewer bits are better.

    A translator: BLEU, chrF and TER with sacrebleu's signatures; a transducer: exact match, symbol and word error
    rate. Each with its 95 % interval (by bootstrap; of shares of outputs Wilson's), and the worst outputs beside
    their references.
    """
    from skaz.engine.bundle import open_bundle

    opened = open_bundle(bundle)
    if opened.recipe.task == "write":
        refuse_options(_OF_PAIRS, f"{bundle} writes stories")
        from skaz.corpus.tables import NoStoriesError

        try:
            _evaluate_stories(opened, paths, split, as_json, graphs, device)
        except NoStoriesError as error:
            raise NoStoriesError(f"{bundle} writes stories, and {error}") from None
    else:
        refuse_options(_OF_STORIES, f"{bundle} was trained on pairs")
        if opened.recipe.task != "translate":
            refuse_options(("tokenised",), f"{bundle} is no translator, and of others BLEU is not told")
        _evaluate_pairs(opened, paths, as_json, device, **given)


def _evaluate_stories(
    bundle: Bundle, paths: tuple[str, ...], split: Split | None, as_json: bool, graphs: bool, device: str
) -> None:
    from skaz.corpus.readers import describe
    from skaz.evaluation.language_modelling import evaluate_bundle

    own: dict[str, Measured] = {}
    of_graphs: dict[str, Measured] = {}
    said: list[str] = []
    with waiting_line("measuring"):
        if graphs:
            of_graphs = evaluate_bundle(bundle, paths, split=split, device=device, graphs=True, say=said.append)
        if not graphs or find_spec("torch") is not None:
            own = evaluate_bundle(bundle, paths, split=split, device=device, say=said.append)
    if graphs and not own:
        click.echo(
            'The network itself needs PyTorch (pip install "skaz[train]"); these are its graphs alone.', err=True
        )
    reading = describe(paths, split or bundle.recipe.text.split)
    if split is None and bundle.recipe.text.split is not None:
        reading = replace(reading, reasons=(f"as in training: --split {bundle.recipe.text.split}",))
    _tell_reading(reading)
    for told in said[:1]:  # both say the same
        click.echo(told, err=True)
    _tell_of_trained(bundle, (own or of_graphs)["plain"])
    if as_json:
        click.echo(json.dumps(_stories_object(own, of_graphs)))
        return
    for name in own or of_graphs:
        for line in _stories_lines(name, own.get(name), of_graphs.get(name)):
            click.echo(line)


def _tell_reading(reading: Reading) -> None:
    """Tells how the files are read, and what of them is not."""
    for line in reading.lines():
        click.echo(line, err=True)


def _tell_of_trained(bundle: Bundle, measured: Measured) -> None:
    """Tells where it was measured on just so many characters as it was trained on, with or without those that were held
    out then: hardly any other texts have them."""
    corpus = bundle.facts.corpus
    trained = corpus.get("characters", 0)
    if measured.characters in (trained, trained + corpus.get("held_out_characters", 0)):
        click.echo(
            f"These have just as many characters as the texts that {bundle.path} was trained on; if they are those, "
            "this says what it has learnt by heart, not how it foretells others.",
            err=True,
        )


def _stories_lines(name: str, own: Measured | None, of_graphs: Measured | None) -> list[str]:
    """The network's own figure, and that of its graphs with the difference."""
    title = name.replace("_", " ")
    width = len("with plan, graphs" if of_graphs else "with plan")
    lines = [f"{title:{width}}  {_measured_line(own)}"] if own else []
    if of_graphs:
        cost = f", {_cost_in_words(_cost_percent(own, of_graphs))}" if own else ""
        lines.append(f"{title + ', graphs':{width}}  {_measured_line(of_graphs)}{cost}")
    return lines


def _stories_object(own: dict[str, Measured], of_graphs: dict[str, Measured]) -> dict[str, dict[str, Any]]:
    """Each measure; the graphs' under "graphs", where `difference_percent` is what they need more bits than the
    network itself."""
    found: dict[str, dict[str, Any]] = {name: dict(_measured_object(measured)) for name, measured in own.items()}
    for name, measured in of_graphs.items():
        each: dict[str, Any] = dict(_measured_object(measured))
        if name in own:
            each["difference_percent"] = _cost_percent(own[name], measured)
        found.setdefault(name, {})["graphs"] = each
    return found


def _cost_in_words(percent: float) -> str:
    return f"{abs(percent):.2f} % {'fewer' if percent < 0 else 'more'} bits than the network itself"


def _cost_percent(own: Measured, of_graphs: Measured) -> float:
    return 100 * (of_graphs.bits_per_character / own.bits_per_character - 1)


def _evaluate_pairs(
    bundle: Bundle,
    paths: tuple[str, ...],
    as_json: bool,
    device: str,
    *,
    source: str | None,
    target: str | None,
    beam: int,
    length_penalty: float,
    tokenised: bool,
    ensemble: tuple[Path, ...],
    worst: int,
    outputs: Path | None,
    overwrite: bool,
) -> None:
    from skaz.corpus.pairs import Columns
    from skaz.decoding.beam import BeamSettings
    from skaz.files import write_text
    from skaz.tasks.evaluating import evaluate_pairs
    from skaz.tasks.translating import load_translator

    check_new_file(outputs, [*paths, bundle.path, *ensemble], option="--outputs", overwrite=overwrite)
    with waiting_line("measuring"):
        found = evaluate_pairs(
            load_translator(bundle.path, *ensemble, device=device),
            paths,
            columns=Columns(source, target) if source or target else None,
            settings=BeamSettings(beam, length_penalty),
            tokenised=tokenised,
        )
    _tell_reading(found.read)
    _tell_of_trained(bundle, found.foretold)
    if found.unmet.sources:
        click.echo(_unmet_line(found.unmet), err=True)
    if as_json:
        click.echo(json.dumps(_pairs_object(found, worst), ensure_ascii=False))
    else:
        _print_pairs(found, worst, steps_along=bundle.alignment is not None)
    if outputs is not None:  # last: a full disk takes no measures along
        lines = _item_lines(found) if outputs.suffix == ".jsonl" else found.outputs
        write_text(outputs, "".join(f"{line}\n" for line in lines))


def _item_lines(found: PairEvaluation) -> list[str]:
    return [json.dumps(asdict(item), ensure_ascii=False) for item in found.items]


def _unmet_line(unmet: Unmet) -> str:
    """How many sources have what training never met, and what that is; marks by their numbers, as nobody sees them."""
    told = [f"U+{ord(each):04X}" if _is_mark(each) else each for each in unmet.which[:_MOST_UNMET]]
    more = " …" if len(unmet.which) > _MOST_UNMET else ""
    decomposed = "; the text is decomposed (NFD)" if any(map(_is_mark, unmet.which)) else ""
    exchanged = (
        "; are the columns exchanged?" if unmet.of >= _SEVERAL and unmet.sources >= _NEARLY_ALL * unmet.of else ""
    )
    return (
        f"{unmet.sources:,} of {unmet.of:,} sources ({unmet.sources / unmet.of:.0%}) have what training met seldom or "
        f"never: {' '.join(told)}{more}{decomposed}{exchanged}"
    )


def _is_mark(text: str) -> bool:
    """Whether it is one character that stands on another."""
    return len(text) == 1 and unicodedata.combining(text) > 0


def _print_pairs(found: PairEvaluation, worst: int, *, steps_along: bool) -> None:
    for score in found.scores:
        click.echo(_score_line(score))
    first = (
        ", of the first bundle alone (and of those that vote with it on each token)" if found.foretold_by_first else ""
    )
    click.echo(_measured_line(found.foretold, steps_along=steps_along) + first)
    if worst:
        click.echo(f"\n{_worst_heading(len(found.worst[:worst]))}")
    for judged in found.worst[:worst]:
        click.echo(_judged_lines(judged))


def _score_line(score: Score) -> str:
    signature = f"  {score.signature}" if score.signature else ""
    unit = f" {score.unit}" if score.unit else ""
    return f"{score.name:18} {score.value:7.2f}{unit}  (95 %: {score.low:.2f} to {score.high:.2f}){signature}"


def _worst_heading(number: int) -> str:
    if number == 0:
        return "Every output equals a reference."
    return "The worst output:" if number == 1 else f"The {number} worst outputs, the worst first:"


def _judged_lines(judged: Judged) -> str:
    references = "".join(f"\n  reference  {each}" for each in judged.references)
    return f"\n  source     {judged.source}\n  output     {judged.output}{references}"


def _measured_line(measured: Measured, *, steps_along: bool = False) -> str:
    tokens = "tokens and steps along the source" if steps_along else "tokens"
    return (
        f"{measured.bits_per_character:.4f} bits per character  ({measured.characters:,} characters, "
        f"{measured.tokens:,} {tokens}, perplexity {measured.perplexity:.2f} a token)"
    )


def _measured_object(measured: Measured) -> dict[str, float]:
    return {
        "bits_per_character": measured.bits_per_character,
        "nats_per_character": measured.nats_per_character,
        "perplexity_per_token": measured.perplexity,
        "characters": measured.characters,
        "tokens": measured.tokens,
    }


def _pairs_object(found: PairEvaluation, worst: int) -> dict[str, Any]:
    return {
        "scores": [asdict(score) for score in found.scores],
        "foretold": {**_measured_object(found.foretold), "by_first_alone": found.foretold_by_first},
        "unmet": asdict(found.unmet),
        "worst": [asdict(judged) for judged in found.worst[:worst]],
    }
