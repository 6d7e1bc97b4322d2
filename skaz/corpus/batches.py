"""Stories to batches, in an order that is a pure function of (seed, epoch, step).

A story is read in windows, and its state goes on from window to window (truncated back-propagation through
time). Rows of a batch are lanes: when a lane's story ends, the next batch has the beginning of another in
that row. Stories in one pool have near window widths, so that little is padding; lanes are at different
places of their stories, so that an update sees beginnings, middles and ends.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from skaz.corpus.sources import END, PAD, START, Source, Stories

IntArray = NDArray[np.int64]

SourceOf = Callable[[Stories, int], Source]

NO_TARGET = -1
# Few different shapes: the processor's kernels are compiled, and kept, for each that they meet.
SOURCE_MULTIPLE = 8
ROWS_MULTIPLE = 4
PAIR_ROWS_MULTIPLE = 8
_SOURCES = 16  # times a batch's target tokens: its source tokens are no more, long as the sources may be
# Windows that a lane has at least in a pool. Many: lanes end near together, few batches have few rows. Few: the
# pool's stories are nearer in width, less is padding. A corpus is cut into POOLS where it is large enough.
POOL_WINDOWS = (4, 24)
POOLS = 16
PIECES_A_LANE = 4  # of the longest; the more there are, the more evenly lanes end


@dataclass(frozen=True)
class Order:
    """What the order of batches depends on. `longest_tokens`: a longer story is cut into pieces that are
    read side by side, each from a fresh state; None: never cut."""

    batch_tokens: int
    window: int
    seed: int
    longest_tokens: int | None = None


@dataclass(frozen=True)
class Step:
    """The rows of one batch: input positions `starts_B` to `stops_B` of `stories_B` (position 0 is <start>).
    Where `fresh_B` is false, row b goes on from row b of the step before; a lane that has ended is an empty row,
    or no row any more."""

    stories_B: IntArray
    starts_B: IntArray
    stops_B: IntArray
    fresh_B: NDArray[np.bool_]

    @property
    def n_targets(self) -> int:
        return int((self.stops_B - self.starts_B).sum())

    @property
    def width(self) -> int:
        return int((self.stops_B - self.starts_B).max())


@dataclass(frozen=True)
class Pieces:
    """Parts of stories: input positions starts to stops of each."""

    stories: IntArray
    starts: IntArray
    stops: IntArray

    @property
    def lengths(self) -> IntArray:
        return self.stops - self.starts

    def take(self, index: IntArray) -> Pieces:
        return Pieces(self.stories[index], self.starts[index], self.stops[index])


def epoch_steps(lengths: IntArray, order: Order, epoch: int) -> Iterator[Step]:
    """The batches of one epoch over stories of `lengths` input positions (tokens and <start>); every
    position comes exactly once."""
    rng = np.random.default_rng((order.seed, epoch))
    pieces = cut(np.asarray(lengths, dtype=np.int64), order, rng)
    pieces = pieces.take(rng.permutation(len(pieces.stories)))
    pools = _pools(pieces, order)
    for number in rng.permutation(len(pools)):
        pool = pieces.take(pools[number])
        yield from _pool_steps(pool, order)


def plain_steps(pieces: Pieces, order: Order) -> Iterator[Step]:
    """All their positions once, in an order without chance: for measuring."""
    for pool in _pools(pieces, order):
        yield from _pool_steps(pieces.take(pool), order)


def pair_steps(lengths: IntArray, source_lengths: IntArray, order: Order, epoch: int | None) -> Iterator[Step]:
    """The batches of one epoch over pairs, each whole: sources of near lengths together, and among those targets of
    near lengths, so that little is padding on either side; batches in an order of chance. Without an epoch the same
    without chance: for measuring."""
    rng = np.random.default_rng((order.seed, epoch)) if epoch is not None else None
    pairs = np.arange(len(lengths)) if rng is None else rng.permutation(len(lengths))  # equal lengths are mixed anew
    bucket = -(-source_lengths[pairs] // SOURCE_MULTIPLE)
    by_length = np.lexsort((lengths[pairs], bucket))
    pairs, bucket = pairs[by_length], bucket[by_length]
    runs = [
        (int(bounds[0]) + first, int(bounds[0]) + last)
        for bounds in _equal_runs(bucket)
        for first, last in _within_budget(
            lengths[pairs[slice(*bounds)]],
            order.batch_tokens,
            most_rows=_SOURCES * order.batch_tokens // max(int(bucket[bounds[0]]) * SOURCE_MULTIPLE, 1),
        )
    ]
    for number in range(len(runs)) if rng is None else rng.permutation(len(runs)):
        rows = pairs[slice(*runs[number])]
        yield Step(rows, np.zeros_like(rows), lengths[rows], np.ones(len(rows), dtype=np.bool_))


def _equal_runs(sorted_values: IntArray) -> list[tuple[int, int]]:
    """Where runs of one value begin and end."""
    borders = np.flatnonzero(np.diff(sorted_values)) + 1
    return list(pairwise([0, *borders.tolist(), len(sorted_values)]))


def _within_budget(lengths: IntArray, batch_tokens: int, most_rows: int) -> list[tuple[int, int]]:
    """Cuts ascending lengths into runs whose rows, padded to the longest, stay within the budget; at least one row.
    Full ones have a multiple of PAIR_ROWS_MULTIPLE rows, so that batches of a width have one shape."""
    runs: list[tuple[int, int]] = []
    first = 0
    while first < len(lengths):
        last = first + 1
        while (
            last < len(lengths) and (last + 1 - first) * int(lengths[last]) <= batch_tokens and last - first < most_rows
        ):
            last += 1
        if last < len(lengths) and last - first > PAIR_ROWS_MULTIPLE:
            last -= (last - first) % PAIR_ROWS_MULTIPLE
        runs.append((first, last))
        first = last
    return runs


def cut(lengths: IntArray, order: Order, rng: np.random.Generator | None = None) -> Pieces:
    """Whole stories of so many input positions, and the pieces of those longer than the longest allowed. In training
    (`rng`) the pieces are from half as long to as long as allowed, drawn anew each epoch: lanes that began together
    would else end together, all read a beginning at once, and cut at the same places again."""
    stories = np.arange(len(lengths))
    longest = order.longest_tokens
    if longest is None or not (lengths > longest).any():
        return Pieces(stories, np.zeros_like(lengths), lengths)
    whole = lengths <= longest
    parts = [(stories[whole], np.zeros(int(whole.sum()), dtype=np.int64), lengths[whole])]
    for story in stories[~whole]:
        most = -(-2 * lengths[story] // longest) + 1
        sizes = np.full(most, longest) if rng is None else rng.integers(-(-longest // 2), longest + 1, most)
        cuts = np.cumsum(sizes)
        cuts = cuts[cuts < lengths[story]]
        starts = np.concatenate(([0], cuts))
        stops = np.concatenate((cuts, [lengths[story]]))
        parts.append((np.full(len(starts), story), starts, stops))
    return Pieces(*(np.concatenate(column) for column in zip(*parts, strict=True)))


def _pools(pieces: Pieces, order: Order) -> list[IntArray]:
    """Groups of pieces with near window widths, each large enough to keep its lanes evenly busy."""
    windows = -(-pieces.lengths // order.window)
    widths = -(-pieces.lengths // windows)
    by_width = np.argsort(widths, kind="stable")
    share = int(windows.sum()) // (POOLS * _lanes(order, order.window))
    least = min(max(share, POOL_WINDOWS[0]), POOL_WINDOWS[1])
    pools: list[IntArray] = []
    first = total = longest = 0
    for position, piece in enumerate(by_width):
        total += int(windows[piece])
        longest = max(longest, int(windows[piece]))
        if total >= max(least, PIECES_A_LANE * longest) * _lanes(order, int(widths[piece])):
            pools.append(by_width[first : position + 1])
            first, total, longest = position + 1, 0, 0
    if first < len(by_width):
        rest = by_width[first:]
        # a small rest would be a batch of few rows: it joins the pool before it, near in width
        if pools and total < _lanes(order, int(widths[rest[-1]])):
            pools[-1] = np.concatenate((pools[-1], rest))
        else:
            pools.append(rest)
    return pools


def _lanes(order: Order, width: int) -> int:
    lanes = max(1, order.batch_tokens // width)
    return lanes - lanes % ROWS_MULTIPLE if lanes > ROWS_MULTIPLE else lanes


def _pool_steps(pool: Pieces, order: Order) -> Iterator[Step]:
    windows = -(-pool.lengths // order.window)
    width = int((-(-pool.lengths // windows)).max())
    windows = -(-pool.lengths // width)
    n_lanes = min(_lanes(order, width), len(pool.lengths))
    lanes = _share(windows, n_lanes)
    # the longest lane first: when lanes run out, the rows left are the first ones, each still in its place
    lanes.sort(key=lambda lane: -sum(windows[piece] for piece in lane))
    rows = [[(piece, window) for piece in lane for window in range(windows[piece])] for lane in lanes]
    counts = np.array([len(row) for row in rows], dtype=np.int64)
    for number in range(counts.max()):
        live = int((counts > number).sum())
        # a few lanes that have ended stay as empty rows: fewer shapes for the kernels to be compiled for
        kept = min(-(-live // ROWS_MULTIPLE) * ROWS_MULTIPLE, len(rows))
        piece_B, window_B = np.array([row[min(number, len(row) - 1)] for row in rows[:kept]]).T
        ended_B = np.arange(kept) >= live
        starts_B = pool.starts[piece_B] + window_B * width
        stops_B = np.minimum(starts_B + width, pool.stops[piece_B])
        starts_B = np.where(ended_B, stops_B, starts_B)
        yield Step(pool.stories[piece_B], starts_B, stops_B, (window_B == 0) & ~ended_B)


def _share(windows: IntArray, n_lanes: int) -> list[list[int]]:
    """Pieces to lanes, the longest first, each to the lane that has least (Graham 1969)."""
    lanes: list[list[int]] = [[] for _ in range(n_lanes)]
    heap = [(0, lane) for lane in range(n_lanes)]
    for piece in np.argsort(-windows, kind="stable"):
        busy, lane = heapq.heappop(heap)
        lanes[lane].append(int(piece))
        heapq.heappush(heap, (busy + int(windows[piece]), lane))
    # mixed inside a lane: else every lane would tell its long stories first
    return [lane[len(lane) // 2 :] + lane[: len(lane) // 2] for lane in lanes]


def pad_rows(rows: Sequence[NDArray[np.integer]], fill: int, multiple: int = 1) -> tuple[IntArray, IntArray]:
    """Rows side by side, padded behind with `fill` to a common width that is a multiple of `multiple`, and
    their lengths."""
    lengths_B = np.array([len(row) for row in rows], dtype=np.int64)
    width = max(1, int(lengths_B.max(initial=0)))
    padded_BS = np.full((len(rows), -(-width // multiple) * multiple), fill, dtype=np.int64)
    for number, row in enumerate(rows):
        padded_BS[number, : len(row)] = row
    return padded_BS, lengths_B


@dataclass(frozen=True)
class Batch:
    """A batch as arrays. `targets_BT` is NO_TARGET where nothing is to be learned: padding, and tokens that
    the source gives away. Rows whose `fresh_B` is false go on from the same rows' state."""

    sources_BS: IntArray
    source_lengths_B: IntArray
    inputs_BT: IntArray
    targets_BT: IntArray
    fresh_B: NDArray[np.bool_]

    @property
    def n_targets(self) -> int:
        return int((self.targets_BT != NO_TARGET).sum())


def make_batch(step: Step, stories: Stories, source_of: SourceOf) -> Batch:
    """The step's tokens: inputs <start> w_1 … w_n, targets w_1 … w_n <end>."""
    lengths_B = step.stops_B - step.starts_B
    # <start> w_1 … w_n <end>, or a part of that: a row's inputs, and moved by one its targets
    line_BT = np.full((len(lengths_B), step.width + 1), PAD, dtype=np.int64)
    line_BT[:, 0] = START
    given_B = np.zeros_like(lengths_B)  # of the row's targets
    sources: list[NDArray[np.integer]] = []
    parts = zip(step.stories_B.tolist(), step.starts_B.tolist(), step.stops_B.tolist(), strict=True)
    for row, (story, start, stop) in enumerate(parts):
        source, target = source_of(stories, story), stories.target(story)
        sources.append(source.ids)
        given_B[row] = source.given_tokens - start
        words, first = target[max(start - 1, 0) : stop], int(start == 0)
        line_BT[row, first : first + len(words)] = words
        if stop > len(target):
            line_BT[row, stop - start] = END
    places_T = np.arange(step.width)
    real_BT = places_T < lengths_B[:, None]
    inputs_BT = np.where(real_BT, line_BT[:, :-1], PAD)
    targets_BT = np.where(real_BT & (places_T >= given_B[:, None]), line_BT[:, 1:], NO_TARGET)
    sources_BS, source_lengths_B = pad_rows(sources, PAD, SOURCE_MULTIPLE)
    return Batch(sources_BS, source_lengths_B, inputs_BT, targets_BT, step.fresh_B)
