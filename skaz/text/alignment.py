"""From which token of its source each token of a target comes, where targets follow their sources in order.

A pair is read as a walk along the source: at a token of it the walk writes some tokens of the target, none or several,
and then steps on. How likely each of these actions is at a source token, after 0, 1 or more writings there, stands in a
table, which expectation maximisation over all walks learns from pairs (Dempster et al. 1977; the walk is the memoryless
transducer of Ristad and Yianilos 1998, section 2, without insertions that belong to no source token).

Shapes: B pairs, S and T tokens of their sources and targets, N states of a place by what was written there.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Float, Int
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.numpy import load_file, save_file

from skaz.errors import BundleError, RecipeError
from skaz.text.tokenizer import SPECIALS

ALIGNMENT_FILE = "alignment.safetensors"  # in a run's folder and in a bundle

Ids = NDArray[np.integer[Any]] | Sequence[int]
Pair = tuple[Ids, Ids]

_END, _NEXT = SPECIALS.index("<end>"), SPECIALS.index("<next>")
_STATES = 3  # of a place: nothing was written there, one token, several
_ROUNDS = 12
# To learn from: a table of a few thousand numbers is settled by then.
_ENOUGH_PAIRS, _ENOUGH_CELLS = 20_000, 700_000  # cells: of the pairs' lattices
_MOST_OF_A_PAIR = 250_000  # cells: strings of 500 tokens each
_CELLS_AT_ONCE = 250_000  # of the lattices of pairs side by side, the larger of the first and the last for each
# What they fill in memory, each made as long as the longest. A g2p corpus came to 550,000, and is to be parted as ever:
# other blocks are other last bits of the table, and bundles vote together whose tables are the same.
_PADDED_CELLS_AT_ONCE = 1_000_000
_LATE = 1e-9  # nats: of two equal walks, as of one sound from a double letter, always the same is taken
_MOST_ENTRIES = 4_000_000  # source tokens times target tokens: the table must fit into memory
_PRIOR = 0.01  # times that every action is thought to have been seen everywhere

_Cell = tuple[int, int, int]  # of the lattice: a place, a number of tokens written, the place's state


class _Block(NamedTuple):
    """Pairs side by side as rows of the table: their source tokens' numbers, their target tokens', and how many there
    are; and the log-likelihood of stepping on from a place and of writing a token there."""

    sources_BS: Int[np.ndarray, "B S"]
    targets_BT: Int[np.ndarray, "B T"]
    source_lengths_B: Int[np.ndarray, " B"]
    target_lengths_B: Int[np.ndarray, " B"]
    steps_BSN: Float[np.ndarray, "B S N"]
    writings_BSTN: Float[np.ndarray, "B S T N"]


class Alignment:
    """The table, and the likeliest walks by it. Tokens that it was not learnt from count as one that is rare."""

    def __init__(
        self,
        sources: Int[np.ndarray, " S"],
        targets: Int[np.ndarray, " T"],
        table_SNA: Float[np.ndarray, "S N A"],
        explained: float,
    ) -> None:
        """Use `learn` or `load`. `sources`, `targets`: the ids that the table knows, ascending; its actions are to
        write one of the targets, to write another token, and to step on."""
        self._sources, self._targets, self._table_SNA = sources, targets, table_SNA
        #: The part of the targets' information that the table has from their sources, 0 to 1: one less the targets'
        #: nats by all their walks over their nats by the tokens' frequencies alone.
        self.explained = explained

    @classmethod
    def learn(cls, pairs: Iterable[Pair]) -> Alignment:
        """The table of these pairs' sources and targets; of many a first part is looked at, and none that is very long.
        The same pairs give the same table. RecipeError where all are too long, or there are so many different tokens
        that the table would not fit into memory."""
        pairs = _enough(pairs)
        if not pairs:
            raise RecipeError(
                'The strings are too long to be learnt which follows which; set model.attention = "general".'
            )
        sources, targets = _kinds([source for source, _ in pairs]), _kinds([target for _, target in pairs])
        if len(sources) * len(targets) > _MOST_ENTRIES:
            raise RecipeError(
                f"The sources have {len(sources)} different tokens and the targets {len(targets)}, too many to be "
                'learnt which follows which; set model.attention = "general".'
            )
        shape = (len(sources) + 1, _STATES, len(targets) + 2)
        learner = cls(sources, targets, np.full(shape, -math.log(shape[2])), 0.0)
        nats = 0.0
        for _ in range(_ROUNDS):
            counts_SNA, nats = learner._expected(pairs)
            learner._table_SNA = np.log(counts_SNA / counts_SNA.sum(axis=2, keepdims=True))
        learner.explained = max(0.0, 1.0 - nats / _nats_by_frequency([target for _, target in pairs]))
        return learner

    @classmethod
    def load(cls, path: Path) -> Alignment:
        """From what `save` left; BundleError where it is damaged."""
        try:
            parts = load_file(path)
            return cls(parts["sources"], parts["targets"], parts["table"], float(parts["explained"][0]))
        except (SafetensorError, OSError, KeyError, IndexError) as error:
            raise BundleError(f"{path} can't be read ({error}); copy the bundle again.") from None

    def save(self, path: Path) -> None:
        """Into a file."""
        parts = {
            "sources": self._sources,
            "targets": self._targets,
            "table": self._table_SNA,
            "explained": np.array([self.explained]),
        }
        save_file(parts, path)

    def walks(self, pairs: Sequence[Pair]) -> list[list[int]]:
        """Each target with <next> in it wherever the likeliest walk that writes it steps on."""
        found: list[list[int]] = [[] for _ in pairs]
        for numbers, block in self._blocks([(_places(source), target) for source, target in pairs], _LATE):
            best_BSTN = _forward(block, np.maximum)
            for row, number in enumerate(numbers):
                place, length = int(block.source_lengths_B[row]) - 1, int(block.target_lengths_B[row])
                state = int((best_BSTN[row, place, length] + block.steps_BSN[row, place]).argmax())
                end = place, length, state
                found[number] = _traced(best_BSTN[row], block, row, pairs[number][1], end)
        return found

    def beginning(self, source: Ids, target: Ids) -> list[int]:
        """The same of a target that goes on: the walk ends, wherever it is, with the last token given."""
        if not len(target):
            return []
        _, block = next(self._blocks([(_places(source), target)], _LATE))
        best_STN = _forward(block, np.maximum)[0]
        place, state = divmod(int(best_STN[:, len(target), 1:].argmax()), _STATES - 1)
        return _traced(best_STN, block, 0, target, (place, len(target), state + 1))

    def _expected(self, pairs: Sequence[Pair]) -> tuple[Float[np.ndarray, "S N A"], float]:
        """How often each action is taken in the mean over all walks, and the nats of the pairs' targets."""
        counts_SNA = np.full(self._table_SNA.shape, _PRIOR)
        nats = 0.0
        for _, block in self._blocks(pairs):
            after_BSTN = _forward(block, np.logaddexp)
            before_BSTN = _backward(block)
            total_B = before_BSTN[:, 0, 0, 0]
            nats -= float(total_B.sum())
            after_BSTN -= total_B[:, None, None, None]
            stepped_BSTN = after_BSTN + block.steps_BSN[:, :, None] + _past_step(block, before_BSTN)
            np.add.at(counts_SNA[:, :, -1], block.sources_BS, np.exp(stepped_BSTN).sum(axis=2))
            written_BSTN = after_BSTN[:, :, :-1] + block.writings_BSTN + before_BSTN[:, :, 1:, _AFTER_WRITING]
            where = block.sources_BS[:, :, None, None], np.arange(_STATES), block.targets_BT[:, None, :, None]
            np.add.at(counts_SNA, where, np.exp(written_BSTN))
        return counts_SNA, nats

    def _blocks(self, pairs: Sequence[Pair], late: float = 0.0) -> Iterator[tuple[list[int], _Block]]:
        """Pairs of near lengths together, with their numbers. `late`: nats for each place that a token is written after
        the first."""
        order = sorted(range(len(pairs)), key=lambda number: (len(pairs[number][0]), len(pairs[number][1])))
        for numbers in _runs(order, pairs):
            sources_BS, source_lengths_B = _numbered([pairs[number][0] for number in numbers], self._sources)
            targets_BT, target_lengths_B = _numbered([pairs[number][1] for number in numbers], self._targets)
            at_places_BSNA = self._table_SNA[sources_BS]
            steps_BSN = at_places_BSNA[..., -1]
            where = sources_BS[:, :, None, None], np.arange(_STATES), targets_BT[:, None, :, None]
            lengths = source_lengths_B, target_lengths_B
            writings_BSTN = self._table_SNA[where] + late * np.arange(sources_BS.shape[1])[:, None, None]
            yield numbers, _Block(sources_BS, targets_BT, *lengths, steps_BSN, writings_BSTN)


_AFTER_WRITING = [1, 2, 2]  # the state that each becomes when a token is written


def _places(source: Ids) -> Ids:
    """What is walked along: of an empty source its end."""
    return source if len(source) else [_END]


def _cells(pair: Pair) -> int:
    """How large the pair's lattice is."""
    return len(pair[0]) * (len(pair[1]) + 1)


def _enough(pairs: Iterable[Pair]) -> list[Pair]:
    """The first that have enough to learn from, without the longest, as they are walked along."""
    kept: list[Pair] = []
    cells = 0
    for source, target in islice(pairs, _ENOUGH_PAIRS):
        pair = _places(source), target
        if cells >= _ENOUGH_CELLS:
            break
        if _cells(pair) <= _MOST_OF_A_PAIR:
            kept.append(pair)
            cells += _cells(pair)
    return kept


def _runs(order: Sequence[int], pairs: Sequence[Pair]) -> Iterator[list[int]]:
    """The numbers in their order, in which sources grow, as many at once as have not too large a lattice, at least
    one."""
    run: list[int] = []
    longest_target = 0
    for number in order:
        source, target = pairs[number]
        longest_target = max(longest_target, len(target))
        rows, padded_cells = len(run) + 1, len(source) * (longest_target + 1)
        if run and (
            rows * max(_cells(pairs[number]), _cells(pairs[run[0]])) > _CELLS_AT_ONCE
            or rows * padded_cells > _PADDED_CELLS_AT_ONCE
        ):
            yield run
            run, longest_target = [], len(target)
        run.append(number)
    if run:
        yield run


def _kinds(rows: Sequence[Ids]) -> NDArray[np.int64]:
    """The different ids in them, ascending."""
    return np.unique(np.concatenate([np.asarray(row, np.int64) for row in rows]))


def _numbered(rows: Sequence[Ids], known: Int[np.ndarray, " K"]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The ids' places among those known, K for others and behind the end; and the rows' lengths."""
    lengths_B = np.array([len(row) for row in rows], dtype=np.int64)
    numbers_BS = np.full((len(rows), int(lengths_B.max())), len(known), dtype=np.int64)
    for number, row in enumerate(rows):
        place = np.searchsorted(known, row)
        there = known[np.minimum(place, len(known) - 1)] == row
        numbers_BS[number, : len(row)] = np.where(there, place, len(known))
    return numbers_BS, lengths_B


def _forward(block: _Block, plus: np.ufunc) -> Float[np.ndarray, "B S T1 N"]:
    """The log-likelihood of coming to a place, with so many tokens written in all, in a state of the place: summed over
    all ways with logaddexp for `plus`, of the best way with maximum."""
    batch, width, length, _ = block.writings_BSTN.shape
    reached = np.full((batch, width, length + 1, _STATES), -np.inf)
    reached[:, 0, 0, 0] = 0.0
    for place in range(width):
        here, writings = reached[:, place], block.writings_BSTN[:, place]
        if place:
            stepped = reached[:, place - 1] + block.steps_BSN[:, place - 1, None]
            here[..., 0] = plus(plus(stepped[..., 0], stepped[..., 1]), stepped[..., 2])
        here[:, 1:, 1] = here[:, :-1, 0] + writings[..., 0]
        # x_{t+1} = plus(a_t, x_t + w_t) for all t at once: what all x have of the w is taken off, and put back
        written = writings[..., 2].cumsum(axis=1)
        here[:, 1:, 2] = plus.accumulate(here[:, :-1, 1] + writings[..., 1] - written, axis=1) + written
    return reached


def _backward(block: _Block) -> Float[np.ndarray, "B S T1 N"]:
    """The log-likelihood of all that is still to come, summed over all ways; the last step leaves the source."""
    batch, width, length, _ = block.writings_BSTN.shape
    to_come = np.full((batch, width, length + 1, _STATES), -np.inf)
    last = np.arange(batch), block.source_lengths_B - 1
    to_come[(*last, block.target_lengths_B)] = block.steps_BSN[last]
    for place in range(width - 1, -1, -1):
        here, writings = to_come[:, place], block.writings_BSTN[:, place]
        if place + 1 < width:
            stepped = block.steps_BSN[:, place, None] + to_come[:, place + 1, :, :1]
            here[...] = np.logaddexp(here, stepped)
        to_write = np.zeros(here.shape[:2])  # of the likelihood of writing all that is left here
        to_write[:, :-1] = writings[:, ::-1, 2].cumsum(axis=1)[:, ::-1]
        here[..., 2] = np.logaddexp.accumulate((here[..., 2] - to_write)[:, ::-1], axis=1)[:, ::-1] + to_write
        here[:, :-1, 1] = np.logaddexp(here[:, :-1, 1], writings[..., 1] + here[:, 1:, 2])
        here[:, :-1, 0] = np.logaddexp(here[:, :-1, 0], writings[..., 0] + here[:, 1:, 1])
    return to_come


def _past_step(block: _Block, to_come_BSTN: Float[np.ndarray, "B S T1 N"]) -> Float[np.ndarray, "B S T1 1"]:
    """What is to come after stepping on from each place: nothing, surely, after the last step."""
    past = np.full_like(to_come_BSTN[..., :1], -np.inf)
    past[:, :-1, :, 0] = to_come_BSTN[:, 1:, :, 0]
    rows = np.arange(len(past))
    past[rows, block.source_lengths_B - 1, block.target_lengths_B, 0] = 0.0
    return past


def _traced(best_STN: Float[np.ndarray, "S T1 N"], block: _Block, row: int, target: Ids, end: _Cell) -> list[int]:
    """The best way that leads to a cell: its tokens, and <next> at each step."""
    place, written, state = end
    walk: list[int] = []
    while place or written:
        if state == 0:
            place -= 1
            state = int((best_STN[place, written] + block.steps_BSN[row, place]).argmax())
            walk.append(_NEXT)
        else:
            written -= 1
            ways_N = best_STN[place, written] + block.writings_BSTN[row, place, written]
            state = 0 if state == 1 else 1 + int(ways_N[1:].argmax())
            walk.append(int(target[written]))
    return walk[::-1]


def _nats_by_frequency(targets: Sequence[Ids]) -> float:
    """Of the targets, each with an end, by their tokens' frequencies alone."""
    counts = np.bincount(np.concatenate([[*target, _END] for target in targets]))
    return float(-(counts[counts > 0] * np.log(counts[counts > 0] / counts.sum())).sum())
