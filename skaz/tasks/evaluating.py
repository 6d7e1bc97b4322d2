"""`skaz evaluate` for bundles of pairs: the test's sources through the search, and what comes of it measured."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from skaz.corpus.pairs import Columns, read_pairs
from skaz.corpus.readers import Paths, as_list
from skaz.decoding.beam import BeamSettings
from skaz.evaluation.pairs import foretell, score_pairs, test_set, worst_outputs
from skaz.evaluation.scores import Judged, Score
from skaz.tasks.translating import Translator, load_translator
from skaz.training.measured import Measured


@dataclass(frozen=True)
class PairEvaluation:
    """What a task calls for, how well the references are foretold, the outputs, and the worst of those that equal no
    reference."""

    scores: tuple[Score, ...]
    foretold: Measured
    outputs: tuple[str, ...]
    worst: tuple[Judged, ...]


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
    translator = load_translator(translator) if isinstance(translator, str | Path) else translator
    recipe = translator.bundle.recipe
    columns = columns or Columns(recipe.text.source_column, recipe.text.target_column)
    pairs = list(read_pairs(as_list(paths), columns, part="test"))
    test = test_set(pairs, together=recipe.task == "transduce")
    outputs = [found[0].text for found in translator.search(test.sources, settings)]
    return PairEvaluation(
        scores=tuple(score_pairs(translator.bundle, test, outputs, tokenised=tokenised)),
        foretold=foretell(translator.bundle, translator.engine, pairs),
        outputs=tuple(outputs),
        worst=tuple(
            each for each in worst_outputs(translator.bundle, test, outputs) if each.output not in each.references
        ),
    )
