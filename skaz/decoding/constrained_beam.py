"""Beam search for a target that must contain given terms."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import zip_longest

import numpy as np

from skaz.decoding.beam import BeamSettings, Hypothesis
from skaz.decoding.numerics import largest, log_softmax_rows
from skaz.engine.interface import Engine, State
from skaz.errors import RequestError

Term = tuple[int, ...]


@dataclass(frozen=True)
class _Live:
    """A hypothesis under way. `met`: how many tokens of each term it has just written, all of them once it has the
    term; `needed`: tokens that are enough for what is missing; `row`: its place in the engine's state."""

    tokens: tuple[int, ...]
    log_probabilities: tuple[float, ...]
    met: tuple[int, ...]
    needed: int
    row: int = 0

    @property
    def total(self) -> float:
        return sum(self.log_probabilities)


def constrained_search(
    engine: Engine[State],
    source: Sequence[int],
    terms: Sequence[Sequence[int]],
    settings: BeamSettings,
    *,
    start_id: int,
    end_id: int,
    never: Sequence[int] = (),
    prefix: Sequence[int] = (),
) -> list[Hypothesis]:
    """Up to K hypotheses for a source, at least one, the best first, each with every term in it, whatever their order;
    a term may stand in the prefix. RequestError where the terms need more tokens than there may be, and for groups or
    a coverage penalty, which this search has not.

    The beams are shared among hypotheses that have written equally much of the terms (Hokamp and Liu 2017), whose
    shares change with what there is (Post and Vilar 2018), so that few beams do for many terms.
    """
    if settings.groups > 1 or settings.coverage_penalty:
        unheard = "groups" if settings.groups > 1 else "coverage penalty"
        raise RequestError(f"A search for terms that must be there knows no {unheard}; leave out one of the two.")
    wanted, limit = tuple(tuple(term) for term in terms), settings.limit()
    met = (0,) * len(wanted)
    for token in prefix:
        met = _met_after(wanted, met, token)
    live = [_Live((), (), met, _needed(wanted, met))]
    if live[0].needed > limit:
        raise RequestError("The terms to constrain to are longer than a target may be; leave some out.")
    state = engine.start([source])
    fed = (start_id, *prefix)
    for token in fed[:-1]:
        _, state = engine.step(np.array([token]), state)
    ended: list[Hypothesis] = []
    for length in range(1, limit + 1):
        last = [each.tokens[-1] if each.tokens else fed[-1] for each in live]
        logits_NV, state = engine.step(np.array(last), state)
        logp_NV = log_softmax_rows(logits_NV)
        logp_NV[:, list(never)] = -np.inf
        left = limit - length
        grown = [
            one for row, each in enumerate(live) for one in _grown(each, row, logp_NV[row], wanted, settings.beams)
        ]
        having_all = sorted((one for one in grown if not one.needed), key=lambda each: -each.total)
        ended += [
            _hypothesis(one, settings, ended=True) for one in having_all[: settings.beams] if one.tokens[-1] == end_id
        ]
        if len(ended) >= settings.beams:
            break
        going = [one for one in grown if one.tokens[-1] != end_id and one.needed <= left]
        live = _shared(going, settings.beams)
        if not live:
            break
        if left:
            state = engine.gather(state, np.array([each.row for each in live]))
    else:
        ended += [_hypothesis(each, settings, ended=False) for each in live]
    return sorted(ended, key=lambda one: -one.score)[: settings.beams]


def _grown(each: _Live, row: int, logp_V: np.ndarray, wanted: Sequence[Term], beams: int) -> Iterator[_Live]:
    """A hypothesis with each of its likeliest next tokens, and with those that the terms call for."""
    likely = largest(logp_V[None], 2 * beams)[0].tolist()
    called = [term[at] for term, at in zip(wanted, each.met, strict=True) if at < len(term)]
    begun = [term[0] for term, at in zip(wanted, each.met, strict=True) if at < len(term)]
    for token in sorted({*likely, *called, *begun}):
        if np.isfinite(logp_V[token]):
            met = _met_after(wanted, each.met, token)
            log_probabilities = (*each.log_probabilities, float(logp_V[token]))
            yield _Live((*each.tokens, token), log_probabilities, met, _needed(wanted, met), row)


def _met_after(wanted: Sequence[Term], met: Sequence[int], token: int) -> tuple[int, ...]:
    return tuple(_met(term, at, token) for term, at in zip(wanted, met, strict=True))


def _met(term: Term, at: int, token: int) -> int:
    """How much of a term is written once `token` comes behind so much of it."""
    if at == len(term):
        return at
    written = (*term[:at], token)
    return next(length for length in range(at + 1, -1, -1) if written[len(written) - length :] == term[:length])


def _needed(wanted: Sequence[Term], met: Sequence[int]) -> int:
    """Tokens that are enough for what is missing: for the rest of the term that is furthest on, and for all of the
    others, since terms that begin alike are begun by the same tokens and go on by different ones."""
    missing = [(len(term), at) for term, at in zip(wanted, met, strict=True) if at < len(term)]
    return sum(length for length, _ in missing) - max((at for _, at in missing), default=0)


def _shared(going: Sequence[_Live], beams: int) -> list[_Live]:
    """The best of those that lack equally much of the terms, in turn, those that lack least first."""
    banks: dict[int, list[_Live]] = {}
    for one in sorted(going, key=lambda each: -each.total):
        banks.setdefault(one.needed, []).append(one)
    in_turn = zip_longest(*(banks[needed] for needed in sorted(banks)))
    return [one for each in in_turn for one in each if one is not None][:beams]


def _hypothesis(one: _Live, settings: BeamSettings, *, ended: bool) -> Hypothesis:
    tokens = one.tokens[:-1] if ended else one.tokens
    score = settings.score(one.total, len(one.tokens))
    return Hypothesis(tokens, one.log_probabilities, score, ended)
