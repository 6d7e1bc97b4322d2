"""`skaz evaluate` for bundles of pairs: the test's sources through the search, and what comes of it measured."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from skaz.arguments import check
from skaz.corpus.pairs import Columns, describe_pairs, read_pairs
from skaz.corpus.readers import Paths, as_list, counted
from skaz.corpus.records import Reading, Story, Tally
from skaz.decoding.beam import BeamSettings
from skaz.engine.bundle import Bundle
from skaz.errors import RequestError
from skaz.evaluation.pairs import (
    TestSet,
    foretell,
    right_outputs,
    score_pairs,
    test_set,
    wrong_outputs,
)
from skaz.evaluation.scores import Judged, Score
from skaz.tasks.translating import Translation, Translator, load_translator
from skaz.training.measured import Measured


@dataclass(frozen=True)
class Item:
    """A source, the right answers, the output, whether it equals one of them, and its log-probability in nats."""

    source: str
    references: tuple[str, ...]
    output: str
    right: bool
    log_probability: float


@dataclass(frozen=True)
class Unmet:
    """Of so many sources, how many have characters (or symbols) that training met seldom or never, and which: each
    once, in their order."""

    sources: int
    of: int
    which: tuple[str, ...]


@dataclass(frozen=True)
class PairEvaluation:
    """What a task calls for, how well the references are foretold, the output for each pair, those that equal no
    reference, the worst first, what was read, each item that is measured, and what was unmet in sources.
    `foretold_by_first`: bundles vote on whole targets, and `foretold` is of the first and of those that vote with it on
    each token."""

    scores: tuple[Score, ...]
    foretold: Measured
    outputs: tuple[str, ...]
    worst: tuple[Judged, ...]
    read: Reading
    items: tuple[Item, ...]
    unmet: Unmet
    foretold_by_first: bool = False


def evaluate_pairs(
    translator: Translator | str | Path,
    paths: Paths,
    *,
    columns: Columns | None = None,
    settings: BeamSettings | None = None,
    tokenised: bool = False,
) -> PairEvaluation:
    """Measures a translator, or the bundle at a path, on the pairs that `paths` name, of an exercise on its test part.
    To a transducer equal sources are one, with several right answers. `tokenised`: the references are, and BLEU takes
    their tokens as they are. Outputs and references are compared in one of Unicode's forms (NFC). Raises CorpusError
    for bad files, RequestError for `tokenised` of a transducer."""
    check("columns", columns, isinstance(columns, Columns | None), 'Columns("source", "target"), or None')
    translator = load_translator(translator) if isinstance(translator, str | Path) else translator
    check("translator", translator, isinstance(translator, Translator), "a Translator, or a bundle's path")
    recipe = translator.bundle.recipe
    if tokenised and recipe.task != "translate":
        raise RequestError(
            f"{translator.bundle.path} is no translator, and of others BLEU is not told; leave tokenised out."
        )
    columns = columns or Columns(recipe.text.source_column, recipe.text.target_column)
    tally = Tally()
    pairs = list(read_pairs(as_list(paths), columns, tally, part="test"))
    test = test_set(pairs, together=recipe.task == "transduce")
    found = [each[0] for each in translator.search(test.sources, settings)]
    outputs = [each.text for each in found]
    output_of = dict(zip(test.sources, outputs, strict=True))  # equal sources have equal outputs
    return PairEvaluation(
        scores=tuple(score_pairs(translator.bundle, test, outputs, tokenised=tokenised)),
        foretold=foretell(translator.bundle, translator.engine, _in_known_forms(translator, pairs)),
        outputs=tuple(output_of[pair.source or ""] for pair in pairs),
        worst=tuple(wrong_outputs(translator.bundle, test, outputs)),
        read=counted(describe_pairs(as_list(paths), columns), tally),
        items=_items(translator.bundle, test, found),
        unmet=_unmet(translator, test.sources),
        foretold_by_first=translator.votes_on_whole_targets,
    )


def _items(bundle: Bundle, test: TestSet, found: Sequence[Translation]) -> tuple[Item, ...]:
    right = right_outputs(bundle, test, [each.text for each in found])
    each_of = zip(test.sources, test.references, found, right, strict=True)
    return tuple(Item(source, answers, one.text, good, one.log_probability) for source, answers, one, good in each_of)


def _unmet(translator: Translator, sources: Sequence[str]) -> Unmet:
    found = [unknown for unknown in map(translator.unknown_in, sources) if unknown]
    each = (part for unknown in found for part in (unknown.split() if translator.reads_symbols else unknown))
    return Unmet(len(found), len(sources), tuple(dict.fromkeys(each)))


def _in_known_forms(translator: Translator, pairs: Sequence[Story]) -> list[Story]:
    """The pairs in the forms of Unicode that training met; a target's characters are those of the form."""
    of_sources, of_targets = translator.met_of_sources, translator.met_of_targets
    return [
        replace(pair, source=of_sources.in_known_form(pair.source or ""), text=of_targets.in_known_form(pair.text))
        for pair in pairs
    ]
