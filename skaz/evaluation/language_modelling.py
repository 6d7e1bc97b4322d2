"""How well a bundle foretells a text: bits per character, comparable across tokenisers."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from skaz.corpus.readers import read_stories
from skaz.corpus.records import Story
from skaz.corpus.sources import Ids, nothing, whole_plan
from skaz.engine.bundle import Bundle
from skaz.engine.torch_engine import load_model
from skaz.errors import RequestError
from skaz.recipe import Split
from skaz.text.plan import encode_plan
from skaz.text.tokenizer import Tokenizer
from skaz.training.precision import Precision, resolve_device
from skaz.training.validation import Measured, hold_out, measure


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
) -> dict[str, Measured]:
    """Summed nats of the stories that `paths` name: "plain", without a source; and "with_plan" where the
    bundle reads plans and every story has one. Each story is read from its beginning to its end with its
    state carried, none is cut, and its end counts. Raises CorpusError for bad files, RequestError for none."""
    stories = EncodedStories(read_stories(list(paths), split=split), bundle.tokenizer)
    if not len(stories):
        raise RequestError("There is no story to evaluate on; name a file with text in it.")
    model = load_model(bundle, resolve_device(device))
    held_out = hold_out(stories, most_characters=None, longest_tokens=None)
    measures = {"plain": measure(model, held_out, nothing, precision)}
    if model.encoder is not None and stories.all_have_plans:
        measures["with_plan"] = measure(model, held_out, whole_plan, precision)
    return measures
