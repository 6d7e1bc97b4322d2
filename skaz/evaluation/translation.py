"""How good translations are: BLEU, chrF and TER, measured by sacrebleu, so that they compare with published ones."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import zip_longest
from types import ModuleType
from typing import Any

from skaz.errors import DependencyError
from skaz.evaluation.scores import Score, check_outputs, confidence_interval


def translation_scores(
    outputs: Sequence[str],
    references: Sequence[Sequence[str]],
    *,
    tokenised: bool = False,
    lowercase: bool = False,
) -> list[Score]:
    """BLEU (Papineni et al. 2002), chrF (Popović 2015) and TER (Snover et al. 2006) of a test set, with sacrebleu's
    names, settings and signatures (Post 2018). `references[i]` are the right translations of `outputs[i]`, one or
    more. BLEU cuts text into words as mteval-v13a does; with `tokenised`, at its spaces alone. `lowercase` makes BLEU
    and chrF blind to case; TER is always, as that is sacrebleu's default. TER takes most of the time.

    Raises RequestError for lists of unequal lengths and empty ones, DependencyError without sacrebleu."""
    check_outputs(outputs, references)
    metrics = sacrebleu().metrics
    # Text that was tokenised on purpose is not to be warned of: force.
    bleu = metrics.BLEU(lowercase=lowercase, tokenize="none" if tokenised else "13a", force=tokenised)
    return [
        corpus_score(bleu, outputs, references),
        corpus_score(metrics.CHRF(lowercase=lowercase), outputs, references),
        corpus_score(metrics.TER(), outputs, references, unit="%", higher_is_better=False),
    ]


def translation_badness(output: str, references: Sequence[str]) -> float:
    """100 - chrF of one sentence, in points: of the three measures chrF says most about a single sentence."""
    return 100.0 - float(sacrebleu().metrics.CHRF().sentence_score(output, references).score)


def corpus_score(
    metric: Any,
    outputs: Sequence[str],
    references: Sequence[Sequence[str]],
    *,
    unit: str = "",
    higher_is_better: bool = True,
) -> Score:
    """The score by `metric`, one of sacrebleu's, with the interval from resampling its statistics a segment."""
    # sacrebleu's public corpus_score is these two calls one after the other, but keeps the statistics for itself; its
    # own bootstrap (sacrebleu.significance) takes them from here too. A test holds that both give the same value.
    statistics_NK = metric._extract_corpus_statistics(outputs, reference_streams(references))
    overall = metric._aggregate_and_compute(statistics_NK)
    low, high = confidence_interval(statistics_NK, lambda sums_K: metric._aggregate_and_compute([sums_K]).score)
    return Score(overall.name, overall.score, low, high, unit, higher_is_better, str(metric.get_signature()))


def reference_streams(references: Sequence[Sequence[str]]) -> list[list[str | None]]:
    """References as sacrebleu wants them: all first ones, all second ones …; None where a segment has fewer."""
    return [list(stream) for stream in zip_longest(*references)]


def sacrebleu() -> ModuleType:
    """The library; DependencyError where it is not installed."""
    try:
        import sacrebleu as library
    except ImportError:
        raise DependencyError('Measuring translations needs sacrebleu: pip install "skaz[train]".') from None
    return library
