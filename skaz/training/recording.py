"""On a GPU an update is some five hundred small operations, whose starts take several times as long as they do. As a
CUDA graph they are recorded once and then played, all of them with one start."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, Generic, TypeVar

import torch

from skaz.corpus.batches import Batch
from skaz.nn.cells import State
from skaz.nn.dropout import Noise
from skaz.training.tokens import Tokens

MOST_SHAPES = 256  # recorded in a run; each holds its inputs and its list of operations

Result = TypeVar("Result")


class NotRecordedError(Exception):
    """The GPU could not record some work: memory was missing, or it reads a number while it is recorded, or the like.
    Nothing of it was done."""


class Repeated(Generic[Result]):
    """Work on a GPU that is done again and again, on the same tensors with other numbers in them. The first call runs
    it as usual, so that libraries set themselves up; the second records it, and from then on its results are the same
    tensors each time."""

    def __init__(
        self,
        work: Callable[[], Result],
        stream: torch.cuda.Stream,
        pool: Any = None,
        generators: Sequence[torch.Generator] = (),
    ) -> None:
        """`stream`: of the work's device, to record on. `pool`: recorded works of one stream that share memory for what
        they drop again. `generators`: what they draw from."""
        self._work, self._stream, self._pool, self._generators = work, stream, pool, generators
        self._calls = 0
        self._recorded: tuple[torch.cuda.CUDAGraph, Result] | None = None

    def __call__(self) -> Result:
        """The work's result. Raises NotRecordedError, and what the work raises."""
        self._calls += 1
        if self._recorded is None and self._calls > 1:
            self._recorded = self._record()
        if self._recorded is None:
            return self._work()
        graph, result = self._recorded
        graph.replay()
        return result

    @property
    def is_recorded(self) -> bool:
        return self._recorded is not None

    def _record(self) -> tuple[torch.cuda.CUDAGraph, Result]:
        graph = torch.cuda.CUDAGraph()
        for generator in self._generators:
            graph.register_generator_state(generator)
        try:
            # the stream says which GPU; other threads may be at work on it
            with torch.cuda.graph(graph, pool=self._pool, stream=self._stream, capture_error_mode="thread_local"):
                result = self._work()
        except RuntimeError as error:
            raise NotRecordedError from error
        return graph, result


class RepeatedUpdates(Generic[Result]):
    """What an update computes of a batch, repeated by the batch's shape. What recorded works share is memory for one of
    them, which nothing else can have; where it is missed, or something can't be recorded, everything is done as usual
    from then on."""

    def __init__(self, device: torch.device) -> None:
        self._device = device
        self._stream = torch.cuda.Stream(device)  # type: ignore[no-untyped-call]
        self._pool = torch.cuda.graph_pool_handle()
        self._generator = torch.Generator(device=device)
        self._by_shape: dict[Any, tuple[Repeated[Result], Tokens, State | None]] = {}
        self._most = MOST_SHAPES

    def __call__(
        self,
        work: Callable[[Tokens, State | None, Noise | None], Result],
        batch: Batch,
        carried: State | None,
        noise: Noise | None,
    ) -> Result:
        """The work's result, which stands until the next call. `work` and the noise's rates must be the same each time,
        and the noise's generator newly seeded. `carried`: the state that rows go on from, of as many rows."""
        shape = (batch.sources_BS.shape, batch.inputs_BT.shape, carried and tuple(part.shape for part in carried))
        if shape in self._by_shape or len(self._by_shape) < self._most:
            try:
                return self._repeat(shape, work, batch, carried, noise)
            except (torch.OutOfMemoryError, NotRecordedError):
                self._most = 0
            # only here is what the failed work held let go
            self._by_shape.clear()
            torch.cuda.empty_cache()
        return work(Tokens.of(batch, self._device), carried, noise)

    @property
    def recorded(self) -> int:
        """How many shapes are recorded."""
        return sum(repeated.is_recorded for repeated, _, _ in self._by_shape.values())

    def _repeat(
        self,
        shape: Any,
        work: Callable[[Tokens, State | None, Noise | None], Result],
        batch: Batch,
        carried: State | None,
        noise: Noise | None,
    ) -> Result:
        if shape not in self._by_shape:
            self._by_shape[shape] = self._new(work, batch, carried, noise)
        repeated, tokens, state = self._by_shape[shape]
        tokens.take(batch)
        if state is not None and carried is not None:
            for kept, part in zip(state, carried, strict=True):
                kept.copy_(part)
        if noise is not None:
            self._generator.manual_seed(noise.generator.initial_seed())
        return repeated()

    def _new(
        self,
        work: Callable[[Tokens, State | None, Noise | None], Result],
        batch: Batch,
        carried: State | None,
        noise: Noise | None,
    ) -> tuple[Repeated[Result], Tokens, State | None]:
        tokens = Tokens.of(batch, self._device)
        state = State(*(torch.empty_like(part) for part in carried)) if carried is not None else None
        reseeded = replace(noise, generator=self._generator) if noise is not None else None
        repeated = Repeated(lambda: work(tokens, state, reseeded), self._stream, self._pool, [self._generator])
        return repeated, tokens, state
