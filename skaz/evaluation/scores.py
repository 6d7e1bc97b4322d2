"""What measures of sequence-to-sequence output share: a score with its interval, and the worst outputs."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from skaz.errors import RequestError

RESAMPLES = 1000
DEVIATIONS = 1.959964  # of a normal distribution, either way, that hold 95 % of it
SEED = 2004  # one for all measures, so that the same resamples of a test set stand behind each of them

Badness = Callable[[str, Sequence[str]], float]


@dataclass(frozen=True)
class Score:
    """A measure of a whole test set. `low` and `high` bound its 95 % interval, of `share_interval` for a share of
    the outputs and else of `confidence_interval`, in the same `unit`: "%", or "" for points from 0 to 100. `signature`:
    every setting of the library that measured, to be reported beside the value."""

    name: str
    value: float
    low: float
    high: float
    unit: str = ""
    higher_is_better: bool = True
    signature: str | None = None


@dataclass(frozen=True)
class Judged:
    """An output beside what was asked for; the higher its `score`, the worse it is."""

    source: str
    output: str
    references: tuple[str, ...]
    score: float


def confidence_interval(statistics_NK: ArrayLike, measure: Callable[[list[float]], float]) -> tuple[float, float]:
    """The 95 % bootstrap percentile interval (Koehn 2004, "Statistical significance tests for machine translation
    evaluation"): test sets of N segments are drawn with replacement from the N that there are, and of 1,000 measured
    values the 2.5th and the 97.5th percentile are returned. `statistics_NK`: a segment's K counts, which add up;
    `measure` makes the value of the K sums."""
    values = [measure(sums_K) for sums_K in resampled_sums(np.asarray(statistics_NK, dtype=np.float64)).tolist()]
    low, high = np.percentile(values, [2.5, 97.5])
    return float(low), float(high)


def share_interval(hits: int, outputs: int) -> tuple[float, float]:
    """The 95 % interval of a share p, from 0 to 1, by Wilson (1927, "Probable inference, the law of succession, and
    statistical inference"): (p + z²/2n ± z √(p(1 - p)/n + z²/4n²)) / (1 + z²/n). Unlike resampling it knows that a few
    outputs without a fault don't promise that there never is one."""
    share, spread = hits / outputs, DEVIATIONS**2 / outputs
    middle = (share + spread / 2) / (1 + spread)
    half = math.sqrt(spread * share * (1 - share) + spread**2 / 4) / (1 + spread)
    return min(share, max(0.0, middle - half)), max(share, min(1.0, middle + half))  # rounding leaves it inside


def resampled_sums(statistics_NK: NDArray[np.float64]) -> NDArray[np.float64]:
    """The statistics' sums in each resample, (1000, K)."""
    generator = np.random.default_rng(SEED)
    segments = len(statistics_NK)
    # How often each segment was drawn, times its counts: N numbers in memory, not a thousand times N.
    return np.stack(
        [
            np.bincount(generator.integers(segments, size=segments), minlength=segments) @ statistics_NK
            for _ in range(RESAMPLES)
        ]
    )


def worst(
    sources: Sequence[str],
    outputs: Sequence[str],
    references: Sequence[Sequence[str]],
    badness: Badness,
    number: int = 20,
) -> list[Judged]:
    """The `number` outputs of the highest badness, the worst first; those that are equally bad in the order in which
    they came. Raises RequestError for lists of unequal lengths."""
    check_outputs(outputs, references)
    if len(sources) != len(outputs):
        raise RequestError(
            f"There must be a source for each output; sources: {len(sources):,}, outputs: {len(outputs):,}."
        )
    judged = [
        Judged(source, output, tuple(right), badness(output, right))
        for source, output, right in zip(sources, outputs, references, strict=True)
    ]
    return sorted(judged, key=lambda each: each.score, reverse=True)[:number]  # reversed sorting keeps ties in order


def check_outputs(outputs: Sequence[str], references: Sequence[Sequence[str]]) -> None:
    """Raises RequestError where outputs and references don't pair up, or where an output has no reference."""
    if len(outputs) != len(references) or not outputs:
        raise RequestError(
            "There must be one output at least, and a list of references for each; "
            f"outputs: {len(outputs):,}, lists of references: {len(references):,}."
        )
    for place, right in enumerate(references, start=1):
        # A lone string would pass for a list of one-character references.
        if isinstance(right, str) or not right:
            found = "one string" if isinstance(right, str) else "none"
            raise RequestError(f"Output {place:,} needs a list of references with at least one in it, and has {found}.")
