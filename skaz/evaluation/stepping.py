"""Measuring a model through its engine, a token at a time. Loads no PyTorch."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from jaxtyping import Float
from numpy.typing import NDArray

from skaz.corpus.batches import SourceOf
from skaz.corpus.records import Story
from skaz.corpus.sources import END, START, Ids, Stories
from skaz.decoding.numerics import log_softmax_rows
from skaz.engine.interface import Engine
from skaz.recipe import TextRecipe
from skaz.text.alignment import Alignment
from skaz.text.plan import encode_plan
from skaz.text.sides import encode_sides
from skaz.text.tokenizer import Tokenizer
from skaz.training.measured import Measured

ROWS = 64  # stories that are read side by side


class EncodedStories:
    """Stories, or pairs, as token ids in memory, for measuring."""

    def __init__(
        self,
        stories: Iterable[Story],
        tokenizer: Tokenizer,
        source_tokenizer: Tokenizer | None = None,
        alignment: Alignment | None = None,
        text: TextRecipe | None = None,
    ) -> None:
        """`source_tokenizer`: of pairs whose sources have tokens that targets have not; `alignment`: of pairs whose
        targets say where they step on along their sources; `text`: in which direction pairs are read and written."""
        text = text or TextRecipe()
        kept = list(stories)
        texts = [story.text for story in kept]
        sources = [story.source for story in kept if story.source is not None]
        targets = (
            encode_sides(tokenizer, texts, reverse=text.reverse_targets) if sources else tokenizer.encode_batch(texts)
        )
        source_ids = encode_sides(source_tokenizer or tokenizer, sources)
        if alignment is not None:
            read = [ids[::-1] if text.reverse_sources else ids for ids in source_ids]
            targets = alignment.walks(list(zip(read, targets, strict=True)))
        self._targets = [np.array(ids, dtype=np.int64) for ids in targets]
        self._sources = [np.array(ids, dtype=np.int64) for ids in source_ids]
        self._plans = [np.array(encode_plan(tokenizer, s.plan) if s.plan else [], dtype=np.int64) for s in kept]
        self._characters = [len(story.text) for story in kept]

    def __len__(self) -> int:
        return len(self._targets)

    @property
    def lengths(self) -> NDArray[np.int64]:
        return np.array([len(target) for target in self._targets], dtype=np.int64)

    @property
    def source_lengths(self) -> NDArray[np.int64]:
        return np.array([len(source) for source in self._sources] or [0] * len(self), dtype=np.int64)

    def target(self, index: int) -> Ids:
        return self._targets[index]

    def plan(self, index: int) -> Ids:
        return self._plans[index]

    def title(self, index: int) -> Ids:
        return self._targets[index][:0]

    def source(self, index: int) -> Ids:
        return self._sources[index] if self._sources else self._targets[index][:0]

    def opening_length(self, index: int) -> int:
        return 0

    def characters(self, index: int) -> int:
        return self._characters[index]

    @property
    def n_plans(self) -> int:
        """How many of them have a plan."""
        return sum(len(plan) > 0 for plan in self._plans)


def stepped(engine: Engine[Any], stories: Stories, source_of: SourceOf) -> Measured:
    """The stories' nats under an engine, which is fed one token of each after another."""
    nats, tokens = 0.0, 0
    by_length = np.argsort(-stories.lengths, kind="stable")
    for start in range(0, len(by_length), ROWS):
        chosen = [int(index) for index in by_length[start : start + ROWS]]
        sources = [source_of(stories, index).ids.tolist() for index in chosen]
        told = told_log_probabilities(engine, sources, [stories.target(index) for index in chosen])
        nats -= float(sum(each.sum() for each in told))
        tokens += sum(map(len, told))
    return Measured(nats, tokens, sum(stories.characters(index) for index in range(len(stories))))


def told_log_probabilities(
    engine: Engine[Any], sources: Sequence[Sequence[int]], targets: Sequence[Sequence[int] | Ids]
) -> list[Float[np.ndarray, " T"]]:
    """What an engine thinks of each target, (T,) log-probabilities in nats of its tokens and of its end."""
    found: list[Float[np.ndarray, " T"]] = [np.empty(len(target) + 1) for target in targets]
    by_length = sorted(range(len(targets)), key=lambda number: -len(targets[number]))
    for start in range(0, len(by_length), ROWS):
        chosen = by_length[start : start + ROWS]
        ended = [np.append(targets[number], END).astype(np.int64) for number in chosen]
        state = engine.start([sources[number] for number in chosen])
        fed_B = np.full(len(chosen), START)
        for place in range(len(ended[0])):
            live = sum(place < len(target) for target in ended)  # the longest stand first
            if live < len(fed_B):
                state, fed_B = engine.gather(state, np.arange(live)), fed_B[:live]
            logits_BV, state = engine.step(fed_B, state)
            fed_B = np.array([target[place] for target in ended[:live]])
            told_B = log_softmax_rows(logits_BV)[np.arange(live), fed_B]
            for number, each in zip(chosen, told_B, strict=False):
                found[number][place] = each
    return found
