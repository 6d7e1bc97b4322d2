"""How well a bundle foretells a text: bits per character, comparable across tokenisers."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from skaz.corpus.batches import SourceOf
from skaz.corpus.readers import read_stories
from skaz.corpus.records import Story
from skaz.corpus.sources import END, START, Ids, Stories, nothing, whole_plan
from skaz.decoding.numerics import log_softmax_rows
from skaz.engine.bundle import Bundle
from skaz.engine.interface import Engine
from skaz.engine.onnx_engine import has_graphs, load_onnx_engine
from skaz.engine.torch_engine import load_model
from skaz.errors import RequestError
from skaz.recipe import Split
from skaz.text.plan import encode_plan
from skaz.text.tokenizer import Tokenizer
from skaz.training.precision import Precision, resolve_device
from skaz.training.validation import Measured, hold_out, measure

ROWS = 64  # stories that are read side by side


class EncodedStories:
    """Stories as token ids in memory, for measuring."""

    def __init__(self, stories: Iterable[Story], tokenizer: Tokenizer) -> None:
        kept = list(stories)
        self._targets = [np.array(ids, dtype=np.int64) for ids in tokenizer.encode_batch([s.text for s in kept])]
        self._plans = [np.array(encode_plan(tokenizer, s.plan) if s.plan else [], dtype=np.int64) for s in kept]
        self._characters = [len(story.text) for story in kept]

    def __len__(self) -> int:
        return len(self._targets)

    @property
    def lengths(self) -> NDArray[np.int64]:
        return np.array([len(target) for target in self._targets], dtype=np.int64)

    def target(self, index: int) -> Ids:
        return self._targets[index]

    def plan(self, index: int) -> Ids:
        return self._plans[index]

    def title(self, index: int) -> Ids:
        return self._targets[index][:0]

    def opening_length(self, index: int) -> int:
        return 0

    def characters(self, index: int) -> int:
        return self._characters[index]

    @property
    def all_have_plans(self) -> bool:
        return all(len(plan) for plan in self._plans)


def evaluate_bundle(
    bundle: Bundle,
    paths: Sequence[str | Path],
    *,
    split: Split | None = None,
    precision: Precision = "fp32",
    device: str = "cpu",
    graphs: bool = False,
) -> dict[str, Measured]:
    """Summed nats of the stories that `paths` name: "plain", without a source; and "with_plan" where the
    bundle reads plans and every story has one. Each story is read from its beginning to its end with its
    state carried, none is cut, and its end counts. With `graphs` the ONNX graphs are measured as they write, a token
    at a time, else the weights. Raises CorpusError for bad files, RequestError for no story and for no graphs."""
    if graphs and not has_graphs(bundle):
        raise RequestError(f"{bundle.path} has no graphs; make them with skaz export {bundle.path}.")
    if graphs and device != "cpu":
        raise RequestError(f"The graphs run on the processor, not on {device}; leave out --device or --graphs.")
    stories = EncodedStories(read_stories(list(paths), split=split), bundle.tokenizer)
    if not len(stories):
        raise RequestError("There is no story to evaluate on; name a file with text in it.")
    with_plan = bundle.recipe.model.encoder.layers > 0 and stories.all_have_plans
    readings = {"plain": nothing, **({"with_plan": whole_plan} if with_plan else {})}
    if graphs:
        engine = load_onnx_engine(bundle)
        return {name: stepped(engine, stories, source_of) for name, source_of in readings.items()}
    model = load_model(bundle, resolve_device(device))
    held_out = hold_out(stories, most_characters=None, longest_tokens=None)
    return {name: measure(model, held_out, source_of, precision) for name, source_of in readings.items()}


def stepped(engine: Engine[Any], stories: Stories, source_of: SourceOf) -> Measured:
    """The stories' nats under an engine, which is fed one token of each after another."""
    nats, tokens = 0.0, 0
    by_length = np.argsort(-stories.lengths, kind="stable")
    for start in range(0, len(by_length), ROWS):
        chosen = by_length[start : start + ROWS]
        targets = [np.append(stories.target(int(index)), END) for index in chosen]
        state = engine.start([source_of(stories, int(index)).ids.tolist() for index in chosen])
        fed_B = np.full(len(targets), START)
        for place in range(len(targets[0])):
            live = sum(place < len(target) for target in targets)  # the longest stand first
            if live < len(fed_B):
                state, fed_B = engine.gather(state, np.arange(live)), fed_B[:live]
            logits_BV, state = engine.step(fed_B, state)
            fed_B = np.array([target[place] for target in targets[:live]])
            nats -= float(log_softmax_rows(logits_BV)[np.arange(live), fed_B].sum())
        tokens += sum(map(len, targets))
    return Measured(nats, tokens, sum(stories.characters(index) for index in range(len(stories))))
