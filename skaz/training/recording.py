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


class Repeated(Generic[Result]):
    """Work on a GPU that is done again and again, on the same tensors with other numbers in them. The first time it is
    done as ever, so that whatever is made ready once is ready; the second time it is recorded. Its results are
    the same tensors each time."""

    def __init__(
        self, work: Callable[[], Result], pool: Any = None, generators: Sequence[torch.Generator] = ()
    ) -> None:
        """`pool`: recorded works that share memory for what they drop again; `generators`: what they draw from."""
        self._work, self._pool, self._generators = work, pool, generators
        self._calls = 0
        self._graph: torch.cuda.CUDAGraph | None = None
        self._result: Result | None = None

    def __call__(self) -> Result:
        self._calls += 1
        if self._calls == 2:
            self._record()
        if self._graph is None or self._result is None:
            return self._work()
        self._graph.replay()
        return self._result

    @property
    def is_recorded(self) -> bool:
        return self._graph is not None

    def _record(self) -> None:
        graph = torch.cuda.CUDAGraph()
        for generator in self._generators:
            graph.register_generator_state(generator)
        try:
            with torch.cuda.graph(graph, pool=self._pool, capture_error_mode="thread_local"):
                result = self._work()
        except RuntimeError:  # it has worked before: what can't be recorded here goes on as it was
            return
        self._graph, self._result = graph, result


class RepeatedUpdates(Generic[Result]):
    """What an update computes of a batch, repeated by the batch's shape."""

    def __init__(self, device: torch.device) -> None:
        self._device = device
        self._pool = torch.cuda.graph_pool_handle()
        self._generator = torch.Generator(device=device)
        self._by_shape: dict[Any, tuple[Repeated[Result], Tokens, State | None]] = {}

    def __call__(
        self,
        work: Callable[[Tokens, State | None, Noise | None], Result],
        batch: Batch,
        carried: State | None,
        noise: Noise | None,
    ) -> Result:
        """The work's result, which stands until the next call. `work` and the noise's rates must be the same each time.
        `carried`: the state that rows go on from, of as many rows."""
        shape = (batch.sources_BS.shape, batch.inputs_BT.shape, carried and tuple(part.shape for part in carried))
        if shape not in self._by_shape:
            if len(self._by_shape) >= MOST_SHAPES:
                return work(Tokens.of(batch, self._device), carried, noise)
            self._by_shape[shape] = self._new(work, batch, carried, noise)
        repeated, tokens, state = self._by_shape[shape]
        tokens.take(batch)
        if state is not None and carried is not None:
            for kept, part in zip(state, carried, strict=True):
                kept.copy_(part)
        if noise is not None:
            self._generator.manual_seed(noise.generator.initial_seed())
        return repeated()

    @property
    def recorded(self) -> int:
        """How many shapes are recorded."""
        return sum(repeated.is_recorded for repeated, _, _ in self._by_shape.values())

    def _new(
        self,
        work: Callable[[Tokens, State | None, Noise | None], Result],
        batch: Batch,
        carried: State | None,
        noise: Noise | None,
    ) -> tuple[Repeated[Result], Tokens, State | None]:
        tokens = Tokens.of(batch, self._device)
        state = State(*(torch.empty_like(part) for part in carried)) if carried is not None else None
        own = replace(noise, generator=self._generator) if noise is not None else None
        repeated = Repeated(lambda: work(tokens, state, own), self._pool, [self._generator])
        return repeated, tokens, state
