"""Samples of a network while it trains: the same beginning each time, so that one sees what is learnt."""

from __future__ import annotations

from typing import Any

from skaz.corpus.sources import compose_source, pair_source
from skaz.decoding.request import Request
from skaz.decoding.sampling import generate
from skaz.decoding.settings import SamplingSettings
from skaz.decoding.stopping import Stopping
from skaz.engine.torch_engine import TorchEngine
from skaz.server.overlap import MOST_PLANS
from skaz.tasks.training import Begun
from skaz.tasks.vocabularies import vocabulary_of
from skaz.text.plan import decode_plan
from skaz.text.sides import decode_side
from skaz.text.tokenizer import Tokenizer

_FIRST_S, _GROWTH, _LONGEST_S = 2.0, 1.4, 60.0  # between samples: less and less is new
_TOKENS, _SEED = 80, 1


class Samples:
    """Writes with the network that is being trained, now and then."""

    def __init__(self, begun: Begun) -> None:
        self._engine = TorchEngine(begun.model)
        self._tokenizer = Tokenizer.load(begun.tokenizer)
        self._vocabulary = vocabulary_of(self._tokenizer, steps=begun.recipe.model.is_monotonic)
        self._of_pairs = begun.recipe.task != "write"
        self._from_the_end = begun.recipe.text.reverse_targets
        self._told: dict[str, Any] = {}
        self._source = self._source_of(begun)
        self._every_s, self._next_s = _FIRST_S, 0.0

    def due(self, trained_s: float) -> dict[str, Any] | None:
        """A sample, where it is time for one."""
        if trained_s < self._next_s:
            return None
        self._every_s = min(self._every_s * _GROWTH, _LONGEST_S)
        self._next_s = trained_s + self._every_s
        planned = "plan" in self._told
        settings = SamplingSettings(temperature=0.0) if self._of_pairs else SamplingSettings.usual(planned=planned)
        request = Request(settings=settings, stopping=Stopping(max_tokens=_TOKENS), seed=_SEED)
        written = [
            each.token
            for step in generate(self._engine, self._vocabulary, [self._source], request)
            for emitted in step.emitted
            for each in emitted.tokens
        ]
        if self._of_pairs:
            text = decode_side(self._tokenizer, written, reverse=self._from_the_end)
        else:
            text = self._tokenizer.decode(written).strip()
        return {"text": text, **self._told}

    def plans(self, begun: Begun) -> list[list[str]]:
        """Some plans of the stories that it learns from."""
        if self._of_pairs:
            return []
        every = max(len(begun.train) // MOST_PLANS, 1)
        each = (begun.train.plan(index) for index in range(0, len(begun.train), every))
        return [decode_plan(self._tokenizer, [int(token) for token in ids]) for ids in each if len(ids)]

    def _source_of(self, begun: Begun) -> list[int]:
        """The source of the first pair, the plan of the first story, or nothing."""
        train, recipe = begun.train, begun.recipe
        if self._of_pairs:
            ids = train.source(0)
            own = begun.source_tokenizer
            told_by = Tokenizer.load(own) if own is not None else self._tokenizer
            self._told["source"] = decode_side(told_by, ids.tolist())
            source = pair_source(ids, reverse=recipe.text.reverse_sources)
        elif recipe.model.encoder.layers and recipe.sources.plan and len(train.plan(0)):
            plan = [int(token) for token in train.plan(0)]
            self._told["plan"] = decode_plan(self._tokenizer, plan)
            source = compose_source(plan=plan)
        else:
            source = compose_source()
        return [int(token) for token in source]
