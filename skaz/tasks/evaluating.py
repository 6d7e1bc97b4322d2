"""`skaz evaluate` for bundles of pairs: the test's sources through the search, and what comes of it measured."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from skaz.arguments import check
from skaz.corpus.pairs import Columns, describe_pairs, read_pairs
from skaz.corpus.readers import Paths, as_list, counted
from skaz.corpus.records import Reading, Tally
from skaz.decoding.beam import BeamSettings
from skaz.evaluation.pairs import foretell, score_pairs, test_set, wrong_outputs
from skaz.evaluation.scores import Judged, Score
from skaz.tasks.translating import Translator, load_translator
from skaz.training.measured import Measured


@dataclass(frozen=True)
class PairEvaluation:
    """What a task calls for, how well the references are foretold, the output for each pair, those that equal no
    reference, the worst first, and what was read."""

    scores: tuple[Score, ...]
    foretold: Measured
    outputs: tuple[str, ...]
    worst: tuple[Judged, ...]
    read: Reading


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
    their tokens as they are. Raises CorpusError for bad files."""
    check("columns", columns, isinstance(columns, Columns | None), 'Columns("source", "target"), or None')
    translator = load_translator(translator) if isinstance(translator, str | Path) else translator
    check("translator", translator, isinstance(translator, Translator), "a Translator, or a bundle's path")
    recipe = translator.bundle.recipe
    columns = columns or Columns(recipe.text.source_column, recipe.text.target_column)
    tally = Tally()
    pairs = list(read_pairs(as_list(paths), columns, tally, part="test"))
    test = test_set(pairs, together=recipe.task == "transduce")
    outputs = [found[0].text for found in translator.search(test.sources, settings)]
    output_of = dict(zip(test.sources, outputs, strict=True))  # equal sources have equal outputs
    return PairEvaluation(
        scores=tuple(score_pairs(translator.bundle, test, outputs, tokenised=tokenised)),
        foretold=foretell(translator.bundle, translator.engine, pairs),
        outputs=tuple(output_of[pair.source or ""] for pair in pairs),
        worst=tuple(wrong_outputs(translator.bundle, test, outputs)),
        read=counted(describe_pairs(as_list(paths), columns), tally),
    )
