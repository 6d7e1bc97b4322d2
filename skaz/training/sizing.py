"""How fast this machine trains a recipe, and what size fits a budget and a corpus."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import cycle, islice
from typing import Literal

import torch

from skaz.corpus.batches import Batch, make_batch
from skaz.corpus.shards import Shards
from skaz.nn.seq2seq import Seq2Seq, SourceTokens
from skaz.recipe import Recipe
from skaz.training.ahead import Ahead
from skaz.training.budget import Budget
from skaz.training.optimiser import Optimiser
from skaz.training.order import training_source, training_steps
from skaz.training.threads import Threads, Took, threads_kept, threads_to_find
from skaz.training.update import update, updates_to_repeat

SizeName = Literal["tiny", "small", "base"]

MEASURED_STEPS = 50  # gone through again and again
# Of the time that measuring has, so much for a single thread: beside a busy program all threads together may need
# seconds for an update, and this one needs no other.
ONE_THREAD = 1 / 3
LOOKED_AT_ONE = 2  # updates that `Threads` begins with, which are one thread's too

# A small network overtakes a tiny one once it has read so many tokens for each of its numbers. At equal time the tiny
# one was 10 % ahead after 0.13 of them and 3.5 % after 0.42; at about 0.6 that line ends (benchmarks/sizes.py).
TOKENS_PER_NUMBER = 0.6
# Rules of thumb: what a larger network would learn by heart, and what a base one needs to be ahead of a small one.
TINY_BELOW_CORPUS_TOKENS = 100_000
BASE_ABOVE_TOKENS = 40_000_000
BASE_ABOVE_CORPUS_TOKENS = 4_000_000


@dataclass(frozen=True)
class Speed:
    """How fast a network trains, and how many numbers it has."""

    tokens_per_s: float
    parameters: int


@dataclass(frozen=True)
class Choice:
    """A size, and why, in words."""

    size: SizeName
    reason: str
    epochs: float


def measure_speed(
    recipe: Recipe,
    train: Shards,
    vocabulary_size: int,
    source_tokens: SourceTokens | None = None,
    *,
    device: torch.device,
    seconds: float,
) -> Speed:
    """Target tokens a second of real updates on a network that is thrown away, with the number of threads that is found
    to be the fastest where the run will look for it. The first updates do not count: they warm caches, and on a GPU
    each shape of a batch is met twice before it is recorded."""
    training = recipe.training
    generator = torch.Generator().manual_seed(training.seed)
    model = Seq2Seq(recipe.model, vocabulary_size, generator, source_tokens).to(device)
    optimiser, repeated = Optimiser(model, training), updates_to_repeat(model, recipe)
    source_of = training_source(recipe, 0)
    steps = list(islice(training_steps(recipe, train, 0), MEASURED_STEPS))
    batches = Ahead(make_batch(step, train, source_of) for step in cycle(steps))

    def timed(batch: Batch) -> Took:
        before = time.perf_counter()
        done = update(
            model, optimiser, batch, None, noise=None, training=training, repeated=repeated, meanwhile=batches.make
        )
        return Took(done.n_targets, time.perf_counter() - before)

    updates = (timed(batch) for batch in batches)
    with threads_kept():
        if training.threads:
            torch.set_num_threads(training.threads)
        threads = threads_to_find(training, device)  # which begins with one
        if threads is None:
            found = _measured(updates, seconds, uncounted=2 if repeated is None else 2 * len(steps))
        else:
            of_one = _measured(updates, ONE_THREAD * seconds, uncounted=1)
            of_all = _measured(updates, (1 - ONE_THREAD) * seconds, uncounted=LOOKED_AT_ONE + 1, threads=threads)
            found = max(of_one, of_all, threads.speed)
    return Speed(found, model.n_parameters())


def _measured(updates: Iterator[Took], seconds: float, *, uncounted: int, threads: Threads | None = None) -> float:
    """Tokens a second of the updates of so many seconds, of one at least; `threads` are told of each."""
    spent_s, counted = 0.0, Took(0, 0.0)
    for number, took in enumerate(updates):
        spent_s += took.seconds
        if threads is not None:
            threads.took(*took)
        if number >= uncounted or spent_s >= seconds:
            counted = Took(counted.tokens + took.tokens, counted.seconds + took.seconds)
        if spent_s >= seconds:
            break
    return counted.tokens / max(counted.seconds, 1e-6)


def tokens_of_budget(
    budget: Budget, *, tokens_per_s: float, left_s: float, corpus_tokens: int, step_tokens: int
) -> float:
    """The target tokens that a budget lets a run read; `tokens_per_s` and `left_s` count where it is in minutes,
    `step_tokens`, of an update, where it is in updates."""
    match budget.unit:
        case "minutes":
            return tokens_per_s * left_s
        case "epochs":
            return budget.amount * corpus_tokens
        case "steps":
            return budget.amount * step_tokens


def choose_size(small: Speed, tokens: float, corpus_tokens: int) -> Choice:
    """The size for the tokens that the budget allows at the small size's speed."""
    epochs = tokens / max(corpus_tokens, 1)
    seen = (
        f"a small network would read about {tokens / 1e6:.1f} M tokens in the budget, {epochs:.1f} times the "
        f"corpus, at {small.tokens_per_s:,.0f} tokens/s"
    )
    if tokens < TOKENS_PER_NUMBER * small.parameters or corpus_tokens < TINY_BELOW_CORPUS_TOKENS:
        return Choice("tiny", f"{seen}: too little for a larger network", epochs)
    if tokens > BASE_ABOVE_TOKENS and corpus_tokens > BASE_ABOVE_CORPUS_TOKENS:
        return Choice("base", f"{seen}: enough for a large network", epochs)
    return Choice("small", seen, epochs)
