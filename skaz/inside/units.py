"""What a unit fires on across a corpus (as in Karpathy et al. 2015): where it is highest and lowest, which tokens and
which places of a text it goes with."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from jaxtyping import Float

from skaz.errors import RequestError
from skaz.inside.scanning import Scan
from skaz.inside.subject import Piece, text_of

BEFORE, AFTER = 60, 25  # characters of a snippet before and after the place
LEAST_MET = 5  # a token that came seldomer says nothing by its mean
# Which open marks each mark closes: “ closes „ in German and Russian, « closes » in German. Where none of them is open,
# those of _OPENING open, and » does after a space, as in German.
_CLOSES = {'"': '"“„', "”": '"“„', "“": "„", "»": "«»", "«": "»"}
_OPENING = '"“„«'


@dataclass(frozen=True)
class Snippet:
    """A stretch of a text with the unit's value after each token; the token at `peak` is what it was found for."""

    tokens: tuple[Piece, ...]
    values: tuple[float, ...]
    peak: int


@dataclass(frozen=True)
class Firing:
    """What a unit does. `highest` and `lowest`: the snippets where it is so; `tokens_high` and `tokens_low`: tokens by
    the unit's mean after them; `goes_with`: correlation (Pearson's r) with what can be told of a place in a text, the
    strongest first; `histogram`: counts between `edges`."""

    part: str
    unit: int
    highest: tuple[Snippet, ...]
    lowest: tuple[Snippet, ...]
    tokens_high: tuple[tuple[str, float], ...]
    tokens_low: tuple[tuple[str, float], ...]
    goes_with: tuple[tuple[str, float], ...]
    histogram: tuple[int, ...]
    edges: tuple[float, ...]


def firing(scan: Scan, part: str, unit: int, count: int = 8) -> Firing:
    """What the unit of a part ("layer 1 h") does. Raises RequestError for one that there is not."""
    values_N = _part(scan, part)[:, _checked(scan, part, unit)].astype(np.float64)
    means = _means_by_token(scan, values_N)
    histogram, edges = np.histogram(values_N, bins=24)
    goes_with = sorted(
        ((name, float(_correlations(values_N[:, None], place_N)[0])) for name, place_N in places_of(scan).items()),
        key=lambda pair: -abs(pair[1]),
    )
    return Firing(
        part=part,
        unit=unit,
        highest=_snippets(scan, values_N, np.argsort(-values_N, kind="stable"), count),
        lowest=_snippets(scan, values_N, np.argsort(values_N, kind="stable"), count),
        tokens_high=tuple(means[: -count - 1 : -1]),
        tokens_low=tuple(means[:count]),
        goes_with=tuple(goes_with),
        histogram=tuple(histogram.tolist()),
        edges=tuple(edges.tolist()),
    )


def units_that_go_with(scan: Scan, part: str, place: str, count: int = 12) -> list[tuple[int, float]]:
    """The units of a part whose values follow a property of places the closest, and their correlations with it. Raises
    RequestError for an unknown property or part."""
    places = places_of(scan)
    if place not in places:
        raise RequestError(f'There is no property "{place}" of a place; there are {", ".join(places)}.')
    values_H = _correlations(_part(scan, part).astype(np.float64), places[place])
    best = np.argsort(-np.abs(values_H), kind="stable")[:count]
    return [(int(unit), float(values_H[unit])) for unit in best]


@functools.lru_cache(maxsize=4)
def _cached_places(tokens: tuple[Piece, ...], starts: tuple[int, ...]) -> dict[str, np.ndarray]:
    names = ("place in the text", "place in the sentence", "inside quotes", "a word begins", "capital", "punctuation")
    places = {name: np.zeros(len(tokens)) for name in names}
    for first, end in pairwise(starts):
        quotes, in_sentence, before = "", 0, ""
        for number in range(first, end):
            text = text_of(tokens[number : number + 1])
            stripped = text.strip()
            quotes = _open_quotes(quotes, before, text)
            values = (
                (number - first) / max(end - first - 1, 1),
                in_sentence,
                float(bool(quotes)),
                float(text[:1].isspace() or (text[:1].isalnum() and not before[-1:].isalnum())),
                float(stripped[:1].isupper()),
                float(bool(stripped) and not any(map(str.isalnum, stripped))),
            )
            for name, value in zip(names, values, strict=True):
                places[name][number] = value
            before = text or before  # a special token and the first bytes of a character say nothing
            in_sentence = 0 if any(sign in text for sign in ".!?…") else in_sentence + 1
    return places


def places_of(scan: Scan) -> dict[str, Float[np.ndarray, " N"]]:
    """What can be told of each token's place by its text alone."""
    return _cached_places(scan.tokens, scan.starts)


def _open_quotes(quotes: str, before: str, text: str) -> str:
    """The marks that are open after the text, the innermost last, where `quotes` were after the one before it."""
    for earlier, character in pairwise((before[-1:] or " ") + text):
        place = max((quotes.rfind(mark) for mark in _CLOSES.get(character, "")), default=-1)
        if place >= 0:
            quotes = quotes[:place]
        elif character in _OPENING or (character == "»" and earlier.isspace()):
            quotes += character
    return quotes


def _part(scan: Scan, part: str) -> Float[np.ndarray, "N H"]:
    if part not in scan.parts:
        raise RequestError(f'The network has no "{part}"; it has {", ".join(scan.parts)}.')
    return scan.parts[part]


def _checked(scan: Scan, part: str, unit: int) -> int:
    units = scan.parts[part].shape[1]
    if not 0 <= unit < units:
        raise RequestError(f"{part} has no unit {unit}; its units are 0 to {units - 1}.")
    return unit


def _snippets(scan: Scan, values_N: np.ndarray, order: np.ndarray, count: int) -> tuple[Snippet, ...]:
    """The first places of the order that are not beside one another, with what stands around them."""
    ends_N = np.cumsum([piece.end - piece.start for piece in scan.tokens])

    def at(place: int) -> int:
        return int(ends_N[place])

    chosen: list[int] = []
    for place in order[: 400 * count].tolist():
        if len(chosen) == count:
            break
        if all(abs(at(place) - at(other)) > BEFORE for other in chosen):
            chosen.append(place)
    snippets = []
    for place in chosen:
        text = int(np.searchsorted(scan.starts, place, side="right")) - 1
        first = max(scan.starts[text], int(np.searchsorted(ends_N, at(place) - BEFORE)))
        end = min(scan.starts[text + 1], int(np.searchsorted(ends_N, at(place) + AFTER)) + 1)
        values = tuple(values_N[first:end].tolist())
        snippets.append(Snippet(scan.tokens[first:end], values, place - first))
    return tuple(snippets)


def _means_by_token(scan: Scan, values_N: np.ndarray) -> list[tuple[str, float]]:
    """Tokens that came often enough and the mean of the values after them, the lowest first."""
    kinds, which_N, met = np.unique([piece.token for piece in scan.tokens], return_inverse=True, return_counts=True)
    sums = np.bincount(which_N, weights=values_N, minlength=len(kinds))
    texts = {piece.token: piece.text for piece in scan.tokens}
    means = [
        (texts[int(kind)], float(total / times))
        for kind, total, times in zip(kinds, sums, met, strict=True)
        if times >= LEAST_MET and texts[int(kind)]
    ]
    return sorted(means, key=lambda pair: pair[1])


def _correlations(values_NH: np.ndarray, place_N: np.ndarray) -> np.ndarray:
    """Pearson's r of each column with a property; 0 where one of them never changes."""
    values_NH = values_NH - values_NH.mean(axis=0)
    place_N = place_N - place_N.mean()
    spread = np.sqrt((values_NH**2).sum(axis=0) * (place_N**2).sum())
    correlations_H: np.ndarray = np.zeros(values_NH.shape[1])
    np.divide(place_N @ values_NH, spread, out=correlations_H, where=spread > 1e-9)
    return correlations_H
