"""Parameters against the length of a sentence: none more for a seq2seq network, ever more for a plain one over a padded
sentence."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated

import numpy as np
import torch
from msgspec import Meta

from skaz.corpus.sources import START
from skaz.lab.frames import Frame
from skaz.lab.settings import Settings, about
from skaz.nn.feed_forward import FeedForward
from skaz.nn.seq2seq import Seq2Seq
from skaz.recipe import Cell, DecoderRecipe, EncoderRecipe, ModelRecipe
from skaz.text.tokenizer import SPECIALS


class LengthSettings(Settings, frozen=True):
    """The experiment's parameters."""

    lengths: Annotated[
        tuple[Annotated[int, Meta(ge=1, le=500)], ...],
        about("words of a sentence", "слов в предложении", min_length=2, max_length=12),
    ] = (1, 5, 10, 20, 40, 60, 80, 100)
    words: Annotated[int, about("words of the language", "слов в языке", ge=2, le=5000)] = 1000
    units: Annotated[
        int, about("units of the hidden or recurrent layer", "нейронов в скрытом или рекуррентном слое", ge=1, le=256)
    ] = 64
    cell: Annotated[Cell, about("cell of the seq2seq network", "ячейка сети seq2seq")] = "lstm"


@dataclass(frozen=True)
class Counted:
    """Numbers that training would set, of the networks for sentences of so many words; both were built and run."""

    length: int
    seq2seq: int
    plain: int


@dataclass(frozen=True)
class LengthData:
    """What came out. `same_network`: whether one and the same seq2seq network read and wrote every length."""

    words: int
    units: int
    counts: tuple[Counted, ...]
    same_network: bool


def frames(settings: LengthSettings) -> Iterator[Frame[LengthData]]:
    """The data after each length."""
    lengths = sorted(set(settings.lengths))
    seq2seq = _seq2seq(settings)
    rng = np.random.default_rng(settings.seed)
    counts: list[Counted] = []
    ran = True
    for number, length in enumerate(lengths, 1):
        sentence_S = torch.from_numpy(rng.integers(0, settings.words, length))
        plain = FeedForward([length * settings.words, settings.units, length * settings.words])
        ran = ran and _says(seq2seq, sentence_S) and _says_padded(plain, sentence_S, settings.words)
        counts.append(Counted(length, seq2seq.n_parameters(), sum(each.numel() for each in plain.parameters())))
        yield Frame(number / len(lengths), LengthData(settings.words, settings.units, tuple(counts), ran))


def _seq2seq(settings: LengthSettings) -> Seq2Seq:
    recipe = ModelRecipe(
        embedding_size=settings.units,
        encoder=EncoderRecipe(hidden_size=settings.units, cell=settings.cell),
        decoder=DecoderRecipe(hidden_size=settings.units, cell=settings.cell),
        attention="none",
        tied_embeddings=False,
    )
    return Seq2Seq(recipe, len(SPECIALS) + settings.words, torch.Generator().manual_seed(settings.seed))


@torch.no_grad()
def _says(model: Seq2Seq, sentence_S: torch.Tensor) -> bool:
    """Whether the network reads the sentence and scores a word for each of its places."""
    words_BS = len(SPECIALS) + sentence_S[None]
    inputs_BT = torch.cat([torch.full((1, 1), START), words_BS[:, :-1]], dim=1)
    encoded = model.encode(words_BS, torch.tensor([len(sentence_S)]))
    decoded, _ = model.decode(inputs_BT, encoded.state, encoded.memory)
    return tuple(model.scores(decoded).shape) == (1, len(sentence_S), model.vocabulary_size)


@torch.no_grad()
def _says_padded(network: FeedForward, sentence_S: torch.Tensor, words: int) -> bool:
    """The same of a plain network: every place has a number for each word going in and coming out."""
    inputs_BF = torch.nn.functional.one_hot(sentence_S, words).float().flatten()[None]
    return tuple(network(inputs_BF).shape) == (1, len(sentence_S) * words)
