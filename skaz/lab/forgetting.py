"""What a recurrent network still knows of a symbol that it met k steps ago, and what of the gradient comes back so far.

A sequence is the symbol, k - 1 steps of noise and a question; the network is to answer with the symbol. Each cell is
taught twice: at each distance anew, and one network from the nearest distance to the farthest, either way in so many
updates at a distance. What it doesn't learn the first way and does the second it has room for: what came back of the
gradient was too little to teach it so soon.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, Literal

import numpy as np
import torch
from msgspec import Meta
from torch import Tensor

from skaz.corpus.batches import NO_TARGET, Batch
from skaz.corpus.sources import NONE
from skaz.lab.frames import Frame
from skaz.lab.settings import Settings, about
from skaz.nn.cells import State
from skaz.nn.seq2seq import Seq2Seq
from skaz.recipe import Cell, DecoderRecipe, EncoderRecipe, ModelRecipe, TrainingRecipe
from skaz.text.tokenizer import SPECIALS
from skaz.training.optimiser import Optimiser
from skaz.training.update import batch_loss, update

Teaching = Literal["anew", "growing"]
TESTED = 256
LEARNT_NATS = 0.05  # a batch's mean loss below this, so many times in a row, is learnt
LEARNT_TIMES = 5


class ForgettingSettings(Settings, frozen=True):
    """The experiment's parameters."""

    cells: Annotated[
        tuple[Cell, ...], about("cells to compare", "какие ячейки сравнивать", min_length=1, max_length=5)
    ] = ("rnn", "gru", "lstm", "mingru")
    distances: Annotated[
        tuple[Annotated[int, Meta(ge=1, le=1000)], ...],
        about("steps between the symbol and the question", "шагов от символа до вопроса", min_length=1, max_length=12),
    ] = (5, 10, 20, 50, 100, 200, 500)
    symbols: Annotated[int, about("symbols to tell apart", "сколько символов различать", ge=2, le=50)] = 8
    units: Annotated[int, about("units of the recurrent layer", "нейронов в рекуррентном слое", ge=4, le=256)] = 32
    updates: Annotated[
        int, about("updates at each distance, at most", "не больше стольких обновлений на расстояние", ge=1, le=5000)
    ] = 200
    rows: Annotated[int, about("sequences of an update", "последовательностей в обновлении", ge=1, le=256)] = 32
    learning_rate: Annotated[float, about("learning rate", "скорость обучения", ge=1e-5, le=1.0)] = 0.01
    forget_bias: Annotated[
        float,
        about(
            "how far gates begin by keeping (LSTM, minGRU, minLSTM)",
            "насколько вентили вначале удерживают (LSTM, minGRU, minLSTM)",
            ge=-10.0,
            le=10.0,
        ),
    ] = 1.0


@dataclass(frozen=True)
class Recalled:
    """The share of new sequences whose symbol a network names, after so many updates at this distance."""

    cell: Cell
    teaching: Teaching
    distance: int
    share: float
    updates: int


@dataclass(frozen=True)
class BackThroughTime:
    """The loss's gradient by the state so many steps before the question (the place in `norms`), its length as a part
    of that by the state which the question meets (1, at place 0)."""

    cell: Cell
    trained: bool
    norms: tuple[float, ...]


@dataclass(frozen=True)
class ForgettingData:
    """What came out. `updates`: the most at each distance. `chance`: the share that guessing gets."""

    cells: tuple[Cell, ...]
    distances: tuple[int, ...]
    updates: int
    chance: float
    recalled: tuple[Recalled, ...]
    gradients: tuple[BackThroughTime, ...]

    def share(self, cell: Cell, teaching: Teaching, distance: int) -> float | None:
        """The share recalled; None where it is not measured yet."""
        found = [
            each.share
            for each in self.recalled
            if (each.cell, each.teaching, each.distance) == (cell, teaching, distance)
        ]
        return found[0] if found else None


@dataclass
class _Pupil:
    """A network in training."""

    model: Seq2Seq
    optimiser: Optimiser


def frames(settings: ForgettingSettings) -> Iterator[Frame[ForgettingData]]:
    """The data after each cell and distance, then with the gradients."""
    cells, distances = tuple(dict.fromkeys(settings.cells)), tuple(sorted(set(settings.distances)))
    recalled: list[Recalled] = []
    growing = {cell: _pupil(cell, settings) for cell in cells}
    teachings: tuple[Teaching, ...] = ("anew", "growing")
    whole, gone = 2 * len(cells) * sum(distances) + len(cells), 0

    def data(gradients: tuple[BackThroughTime, ...] = ()) -> ForgettingData:
        return ForgettingData(cells, distances, settings.updates, 1 / settings.symbols, tuple(recalled), gradients)

    for distance in distances:
        for cell in cells:
            for teaching in teachings:
                pupil = growing[cell] if teaching == "growing" else _pupil(cell, settings)
                updates = _teach(pupil, distance, settings)
                recalled.append(Recalled(cell, teaching, distance, _tested(pupil.model, distance, settings), updates))
                gone += distance
                yield Frame(gone / whole, data())
    gradients = [
        BackThroughTime(cell, trained, _norms(pupil.model, distances[-1], settings))
        for cell in cells
        for trained, pupil in ((False, _pupil(cell, settings)), (True, growing[cell]))
    ]
    yield Frame(1.0, data(tuple(gradients)))


def _pupil(cell: Cell, settings: ForgettingSettings) -> _Pupil:
    """A network that has learnt nothing: a decoder by itself, which reads and foretells."""
    recipe = ModelRecipe(
        embedding_size=16,
        encoder=EncoderRecipe(layers=0),
        decoder=DecoderRecipe(hidden_size=settings.units, cell=cell),
        attention="none",
        tied_embeddings=False,
        forget_bias=settings.forget_bias,
    )
    generator = torch.Generator().manual_seed(settings.seed)
    model = Seq2Seq(recipe, len(SPECIALS) + 2 * settings.symbols + 1, generator)
    return _Pupil(model, Optimiser(model, _training(settings)))


def _training(settings: ForgettingSettings) -> TrainingRecipe:
    return TrainingRecipe(
        batch_tokens=settings.rows, optimiser="adamw", learning_rate=settings.learning_rate, precision="fp32"
    )


def _teach(pupil: _Pupil, distance: int, settings: ForgettingSettings) -> int:
    """Updates until it has learnt or may learn no more; how many there were."""
    training, rng = _training(settings), np.random.default_rng((settings.seed, distance))
    in_a_row = 0
    number = 0
    while number < settings.updates and in_a_row < LEARNT_TIMES:
        number += 1
        batch = sequences(distance, settings.rows, settings.symbols, rng)
        done = update(pupil.model, pupil.optimiser, batch, None, noise=None, training=training)
        in_a_row = in_a_row + 1 if float(done.nats) / settings.rows < LEARNT_NATS else 0
    return number


def sequences(distance: int, rows: int, symbols: int, rng: np.random.Generator) -> Batch:
    """Rows of symbol, noise, question; the one target is the symbol, at the question."""
    first = len(SPECIALS)
    asked_B = rng.integers(0, symbols, rows)
    noise_BT = rng.integers(0, symbols, (rows, distance - 1))
    question_B1 = np.full((rows, 1), first + 2 * symbols)
    inputs_BT = np.concatenate([first + asked_B[:, None], first + symbols + noise_BT, question_B1], axis=1)
    targets_BT = np.full_like(inputs_BT, NO_TARGET)
    targets_BT[:, -1] = first + asked_B
    sources_BS, lengths_B = np.full((rows, 1), NONE, dtype=np.int64), np.ones(rows, dtype=np.int64)
    return Batch(sources_BS, lengths_B, inputs_BT, targets_BT, np.ones(rows, dtype=np.bool_))


@torch.no_grad()
def _tested(model: Seq2Seq, distance: int, settings: ForgettingSettings) -> float:
    batch = sequences(distance, TESTED, settings.symbols, _test_rng(settings))
    return float(batch_loss(model, batch, None).right) / TESTED


def _norms(model: Seq2Seq, distance: int, settings: ForgettingSettings) -> tuple[float, ...]:
    """The gradient's length at each state, from the one that the question meets back; all rows, h and c together."""
    batch = sequences(distance, settings.rows, settings.symbols, _test_rng(settings))
    inputs_BT, targets_B = torch.from_numpy(batch.inputs_BT), torch.from_numpy(batch.targets_BT[:, -1])
    state = model.decoder.zero_state(settings.rows, model.device)
    states: list[State] = []
    for inputs_B1 in torch.split(inputs_BT, 1, dim=1):
        decoded, state = model.decode(inputs_B1, state, None)
        for part in (state.h_LBH, state.c_LBH):
            if part.requires_grad:
                part.retain_grad()
        states.append(state)
    loss = torch.nn.functional.cross_entropy(model.scores(decoded)[:, -1], targets_B)
    loss.backward()  # type: ignore[no-untyped-call]
    lengths = [_length([state.h_LBH.grad, state.c_LBH.grad]) for state in reversed(states[:-1])]
    model.zero_grad(set_to_none=True)
    return tuple(length / lengths[0] if lengths[0] else 0.0 for length in lengths)


def _length(gradients: list[Tensor | None]) -> float:
    return math.sqrt(sum(float(each.double().square().sum()) for each in gradients if each is not None))


def _test_rng(settings: ForgettingSettings) -> np.random.Generator:
    return np.random.default_rng((settings.seed, 0))
