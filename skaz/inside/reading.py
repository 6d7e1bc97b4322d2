"""A text read token by token: what the network expected, and its states and gates after each token."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from skaz.decoding.numerics import log_softmax_rows
from skaz.engine.onnx_engine import OnnxState, Trace
from skaz.inside.subject import Piece, Subject, Told, fed_ids, text_of, token_name
from skaz.recipe import Cell
from skaz.text.sides import together

EXPECTED = 5  # of the likeliest tokens at each place

# the gates in the order of the graphs; an rnn has none
GATES: Mapping[Cell, tuple[str, ...]] = {
    "lstm": ("input", "forget", "cell", "output"),
    "gru": ("reset", "update", "new"),
    "mingru": ("update", "new"),
    "minlstm": ("forget", "input", "new"),
    "rnn": (),
}


@dataclass(frozen=True)
class Guess:
    """A token that could have come, and its log-probability in nats."""

    text: str
    token: int
    log_probability: float


@dataclass(frozen=True)
class Reading:
    """A text as the network read it. T tokens, S of the source, H units.

    `states` by name ("layer 1 h", and "layer 1 c" of an LSTM) and `gates` ("layer 1 forget"), each (T, H): after the
    token was read. `log_probabilities_T` in nats and `expected`, the likeliest tokens: before it was. `attention_TS`:
    where the network looked in the source to foretell it; None without attention. `characters`: how many were foretold;
    a space that a vocabulary of words put before the text is none.
    """

    source: tuple[Piece, ...]
    tokens: tuple[Piece, ...]
    log_probabilities_T: Float[np.ndarray, " T"]
    expected: tuple[tuple[Guess, ...], ...]
    states: Mapping[str, Float[np.ndarray, "T H"]]
    gates: Mapping[str, Float[np.ndarray, "T H"]]
    attention_TS: Float[np.ndarray, "T S"] | None
    characters: int

    @property
    def text(self) -> str:
        """What was read, as its pieces have it."""
        return text_of(self.tokens)

    @property
    def bits_per_character(self) -> float:
        """How hard the text was to foretell, without its end."""
        return float(-self.log_probabilities_T.sum() / math.log(2) / max(self.characters, 1))


def read(subject: Subject, text: str, told: Told | None = None) -> Reading:
    """Reads the text a token at a time. Raises RequestError for an empty text, and for what the bundle isn't told."""
    source_ids = subject.source_ids(told or Told())
    target_ids = subject.target_ids(text, told)
    tokens = subject.target_pieces(target_ids)
    state = subject.engine.start([source_ids])
    states: list[OnnxState] = []
    traces: list[Trace] = []
    logits: list[np.ndarray] = []
    for token in [*fed_ids(target_ids), target_ids[-1]]:
        logits_BV, state, trace = subject.engine.traced_step(np.array([token]), state)
        states.append(state)
        traces.append(trace)
        logits.append(logits_BV[0])
    order = subject.source_order(source_ids)
    logp_TV = log_softmax_rows(np.stack(logits[:-1]))
    attended = [trace.attention_BS[0] for trace in traces[:-1] if trace.attention_BS is not None]
    return Reading(
        source=subject.source_pieces(source_ids),
        tokens=tokens,
        log_probabilities_T=logp_TV[np.arange(len(target_ids)), target_ids],
        expected=tuple(_likeliest(subject, logp_V) for logp_V in logp_TV),
        states=_named_states(states[1:]),
        gates=named_gates(subject.bundle.recipe.model.decoder.cell, np.stack([t.gates_LBG[:, 0] for t in traces[1:]])),
        attention_TS=np.stack(attended)[:, order] if attended else None,
        characters=len(together(subject.bundle.tokenizer, text_of(tokens)).removeprefix("" if subject.writes else " ")),
    )


def _likeliest(subject: Subject, logp_V: Float[np.ndarray, " V"]) -> tuple[Guess, ...]:
    best = np.argsort(-logp_V, kind="stable")[:EXPECTED].tolist()
    return tuple(Guess(token_name(subject.bundle.tokenizer, token), token, float(logp_V[token])) for token in best)


def _named_states(states: list[OnnxState]) -> dict[str, np.ndarray]:
    """(T, H) each, the layers' h first."""
    named: dict[str, np.ndarray] = {}
    for name in states[0].of_cells:
        values_TLH = np.stack([each.of_cells[name][:, 0] for each in states])
        named |= {f"layer {layer + 1} {name[0]}": values_TLH[:, layer] for layer in range(values_TLH.shape[1])}
    return named


def named_gates(cell: Cell, gates_TLG: Float[np.ndarray, "T L G"]) -> dict[str, np.ndarray]:
    """Each layer's gates by name, (T, H) each."""
    names = GATES[cell]
    if not names:
        return {}
    return {
        f"layer {layer + 1} {name}": part_TH
        for layer in range(gates_TLG.shape[1])
        for name, part_TH in zip(names, np.split(gates_TLG[:, layer], len(names), axis=1), strict=True)
    }
