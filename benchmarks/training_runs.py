"""A network trained by skaz's own loop on a clock of one's choice: what benchmarks that compare recipes share."""

from __future__ import annotations

import tempfile
import time
from pathlib import Path
from typing import NamedTuple

import torch

from skaz.corpus.shards import Shards
from skaz.nn.seq2seq import Seq2Seq
from skaz.recipe import Recipe
from skaz.text.tokenizer import Tokenizer
from skaz.training.events import Finished, Validated
from skaz.training.loop import train
from skaz.training.run import Job


class Trained(NamedTuple):
    """A run at its end: its last event, the network's parameters, and (seconds, nats per character) on the way."""

    finished: Finished
    parameters: int
    curve: tuple[tuple[float, float], ...]


def trained(shards: Path, recipe: Recipe) -> Trained:
    """Trains on a prepared corpus. Seconds are the processor's, so that what else the machine does counts less; on a
    GPU the wall's."""
    vocabulary_size = Tokenizer.load(shards).vocabulary_size
    parts = Shards.open(shards / "train"), Shards.open(shards / "valid")
    model = Seq2Seq(recipe.model, vocabulary_size, torch.Generator().manual_seed(recipe.training.seed))
    model.expect(torch.from_numpy(parts[0].token_counts(vocabulary_size)))
    clock = time.process_time if recipe.training.device == "cpu" else time.monotonic
    curve: list[tuple[float, float]] = []
    with tempfile.TemporaryDirectory() as made:
        job = Job(recipe, model.to(recipe.training.device), *parts, Path(made), clock=clock)
        for event in train(job):
            if isinstance(event, Validated):
                curve.append((round(event.trained_s, 1), event.plain.nats_per_character))
            if isinstance(event, Finished):
                return Trained(event, model.n_parameters(), tuple(curve))
    raise AssertionError("the loop's last event is Finished")
