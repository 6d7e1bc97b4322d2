"""What fits into the context C: sentences of growing length said again from C alone, and with attention.

The sentences are random words: nothing in them can be guessed, all has to pass from the encoder to the decoder. Two
networks are equal but for attention, and learn from the same sentences.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, Literal

import numpy as np
import torch

from skaz.corpus.batches import Batch
from skaz.corpus.sources import END, START
from skaz.decoding.greedy import greedy
from skaz.decoding.vocabulary import Vocabulary
from skaz.engine.torch_engine import TorchEngine
from skaz.evaluation.transduction import levenshtein
from skaz.lab.frames import Frame
from skaz.lab.settings import Settings, about
from skaz.nn.seq2seq import Seq2Seq
from skaz.recipe import Cell, DecoderRecipe, EncoderRecipe, ModelRecipe, TrainingRecipe
from skaz.text.tokenizer import SPECIALS
from skaz.training.optimiser import Optimiser
from skaz.training.schedule import learning_rate
from skaz.training.update import update

POINTS = 8  # lengths that are tested
TESTED = 100  # sentences of each length
BATCH_TOKENS = 768
FRAMES = 5  # measurements of a network on its way
# attention over the whole memory; monotonic attention is at one place of it, and learns another task
ContextAttention = Literal["none", "dot", "general", "additive", "multi-head"]


class ContextSettings(Settings, frozen=True):
    """The experiment's parameters."""

    words: Annotated[int, about("words of the language", "слов в языке", ge=2, le=1000)] = 20
    longest: Annotated[int, about("words of the longest sentence", "слов в самом длинном предложении", ge=2, le=60)] = (
        20
    )
    context_size: Annotated[int, about("numbers in C", "чисел в C", ge=4, le=1024, multiple_of=2)] = 64
    cell: Annotated[Cell, about("cell of encoder and decoder", "ячейка кодировщика и декодировщика")] = "lstm"
    attention: Annotated[ContextAttention, about("attention of the second network", "внимание второй сети")] = "general"
    updates: Annotated[int, about("updates of each network", "обновлений каждой сети", ge=1, le=20_000)] = 1600
    learning_rate: Annotated[float, about("highest learning rate", "наибольшая скорость обучения", ge=1e-5, le=1.0)] = (
        7e-3
    )


@dataclass(frozen=True)
class Curve:
    """A network's share of wrong words at each length (`ContextData.lengths`), after so many updates (None: a run that
    was measured by the clock)."""

    attention: ContextAttention
    updates: int | None
    wrong: tuple[float, ...]


@dataclass(frozen=True)
class ContextData:
    """What came out. `bits_per_word`: what a word of a sentence tells, log2 of how many there are."""

    words: int
    context_size: int
    bits_per_word: float
    lengths: tuple[int, ...]
    curves: tuple[Curve, ...]


def frames(settings: ContextSettings) -> Iterator[Frame[ContextData]]:
    """The data at each measurement: first the network with C alone, then the one with attention."""
    lengths = lengths_up_to(settings.longest)
    attentions: tuple[ContextAttention, ...] = tuple(dict.fromkeys(("none", settings.attention)))
    finished: list[Curve] = []
    for number, attention in enumerate(attentions):
        for done, curve in _trained(attention, lengths, settings):
            data = ContextData(
                settings.words, settings.context_size, float(np.log2(settings.words)), lengths, (*finished, curve)
            )
            yield Frame((number + done) / len(attentions), data)
        finished.append(curve)


def lengths_up_to(longest: int) -> tuple[int, ...]:
    """1, the longest, and some between."""
    return tuple(sorted({round(each) for each in np.linspace(1, longest, min(POINTS, longest))}))


def _trained(
    attention: ContextAttention, lengths: tuple[int, ...], settings: ContextSettings
) -> Iterator[tuple[float, Curve]]:
    """Trains a network; the part that is done and its errors, a few times on the way and at the end."""
    generator = torch.Generator().manual_seed(settings.seed)
    model = Seq2Seq(recipe_of(attention, settings), len(SPECIALS) + settings.words, generator)
    training = TrainingRecipe(batch_tokens=BATCH_TOKENS, learning_rate=settings.learning_rate, precision="fp32")
    optimiser = Optimiser(model, training)
    rng = np.random.default_rng(settings.seed)
    measured = {max(1, settings.updates * part // FRAMES) for part in range(1, FRAMES + 1)}
    for number in range(1, settings.updates + 1):
        optimiser.learning_rate = learning_rate((number - 1) / settings.updates, training)
        length = int(rng.integers(1, settings.longest + 1))
        batch = sentences(length, max(1, BATCH_TOKENS // (length + 1)), settings.words, rng)
        update(model, optimiser, batch, None, noise=None, training=training)
        if number in measured:
            yield number / settings.updates, Curve(attention, number, _wrong(model, lengths, settings))


def recipe_of(attention: ContextAttention, settings: ContextSettings) -> ModelRecipe:
    """Of a network with an attention, of the sizes that both networks have."""
    size = settings.context_size
    is_dot = settings.attention == "dot"  # which compares state and memory as they are
    return ModelRecipe(
        embedding_size=64,
        encoder=EncoderRecipe(hidden_size=size // 2, cell=settings.cell, embeddings_in_memory=not is_dot),
        decoder=DecoderRecipe(hidden_size=size if is_dot else 2 * size, cell=settings.cell),
        attention=attention,
    )


def sentences(length: int, rows: int, words: int, rng: np.random.Generator) -> Batch:
    """Random sentences of one length; the target is the source."""
    sources_BS = len(SPECIALS) + rng.integers(0, words, (rows, length))
    inputs_BT = np.concatenate([np.full((rows, 1), START), sources_BS], axis=1)
    targets_BT = np.concatenate([sources_BS, np.full((rows, 1), END)], axis=1)
    return Batch(sources_BS, np.full(rows, length), inputs_BT, targets_BT, np.ones(rows, dtype=np.bool_))


def _wrong(model: Seq2Seq, lengths: tuple[int, ...], settings: ContextSettings) -> tuple[float, ...]:
    """Edits from what the network says to what it should, over the words that it should say, at each length; in
    sentences of a generator of their own."""
    rng = np.random.default_rng((settings.seed, 1))
    vocabulary = Vocabulary(("",) * model.vocabulary_size, START, END, frozenset(range(len(SPECIALS))) - {END})
    distance = levenshtein()
    wrong = []
    for length in lengths:
        asked = sentences(length, TESTED, settings.words, rng).sources_BS.tolist()
        said = greedy(TorchEngine(model), vocabulary, asked, 2 * length)
        edits = sum(distance(_spelt(one), _spelt(other)) for one, other in zip(said, asked, strict=True))
        wrong.append(edits / (length * TESTED))
    return tuple(wrong)


def _spelt(words: list[int]) -> list[str]:
    return [str(word) for word in words]
