"""How good spelt-out words are: a word's sound, its inflected form, its other script."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from skaz.errors import DependencyError
from skaz.evaluation.scores import Badness, Score, check_outputs, confidence_interval, share_interval

Distance = Callable[[Sequence[str], Sequence[str]], int]


def transduction_scores(outputs: Sequence[str], references: Sequence[Sequence[str]], *, symbols: bool) -> list[Score]:
    """Exact match, symbol error rate and word error rate of a test set, each in per cent. `references[i]` are the
    right answers to `outputs[i]`, one or more. With `symbols` they are written with spaces between the symbols, as
    phones are: "K AE T"; else each Unicode code point is a symbol.

    - exact match: the share of outputs that equal one of their references, symbol by symbol;
    - symbol error rate: Levenshtein's edits over the reference's symbols, both summed over the test set, each output
      against its nearest reference. Of phones it is the phone error rate (PER) of grapheme-to-phoneme conversion; it
      may exceed 100;
    - word error rate: the share of outputs that equal none of their references, 100 - exact match. That is what work
      on grapheme-to-phoneme conversion calls so (Yao and Zweig 2015).

    Raises RequestError for lists of unequal lengths and empty ones, DependencyError without rapidfuzz."""
    check_outputs(outputs, references)
    distance = levenshtein()
    counted = [
        nearest(output, right, distance, symbols=symbols) for output, right in zip(outputs, references, strict=True)
    ]
    right = sum(edits == 0 for edits, _ in counted)
    return [
        share("exact match", right, len(counted), higher_is_better=True),
        symbol_error_rate(counted),
        share("word error rate", len(counted) - right, len(counted), higher_is_better=False),
    ]


def transduction_badness(*, symbols: bool) -> Badness:
    """What gives an output's edits for 100 symbols of its nearest reference."""
    distance = levenshtein()
    return lambda output, references: percentage(nearest(output, references, distance, symbols=symbols))


def nearest(output: str, references: Sequence[str], distance: Distance, *, symbols: bool) -> tuple[int, int]:
    """Edits from the output to its nearest reference, and how many symbols that has; the first of equally near."""
    given = split(output, symbols=symbols)
    candidates = [split(reference, symbols=symbols) for reference in references]
    return min(((distance(given, right), len(right)) for right in candidates), key=lambda counts: counts[0])


def split(text: str, *, symbols: bool) -> Sequence[str]:
    """The text's symbols: what stands between spaces, or else each character."""
    return text.split() if symbols else text


def share(name: str, hits: int, outputs: int, *, higher_is_better: bool) -> Score:
    """So many of the outputs in per cent."""
    low, high = share_interval(hits, outputs)
    return Score(name, percentage([hits, outputs]), 100 * low, 100 * high, "%", higher_is_better)


def symbol_error_rate(counted: Sequence[tuple[int, int]]) -> Score:
    """The edits' sum in per cent of the references' symbols, of each output its edits and its reference's symbols."""
    overall = percentage([sum(counts) for counts in zip(*counted, strict=True)])
    return Score("symbol error rate", overall, *confidence_interval(counted, percentage), "%", higher_is_better=False)


def percentage(counts: Sequence[float]) -> float:
    """`counts` are two, the part and the whole. Where all references are empty, any edit makes it 100, as in
    sacrebleu's TER."""
    part, whole = counts
    return 100.0 * part / whole if whole else 100.0 * bool(part)


def levenshtein() -> Distance:
    """The edit distance with equal costs; DependencyError where rapidfuzz is not installed."""
    try:
        from rapidfuzz.distance import Levenshtein
    except ImportError:
        raise DependencyError('Measuring transductions needs rapidfuzz: pip install "skaz[train]".') from None
    return Levenshtein.distance
