"""A corpus read by a network, with what every unit was at every token: what the view of a unit is taken from."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int

from skaz.corpus.records import Story
from skaz.corpus.sources import START
from skaz.engine.onnx_engine import OnnxState, Trace
from skaz.errors import RequestError
from skaz.inside.reading import GATES, named_gates
from skaz.inside.subject import Piece, Subject, Told
from skaz.recipe import Cell

ROWS = 32  # texts that are read side by side
MOST_NUMBERS = 40_000_000  # of all parts together, two bytes each


@dataclass(frozen=True)
class Scan:
    """N tokens of several texts, one text after another. `parts`: every state and gate by name, (N, H), after each
    token; `starts`: where each text begins, and N behind the last."""

    tokens: tuple[Piece, ...]
    starts: tuple[int, ...]
    parts: Mapping[str, Float[np.ndarray, "N H"]]

    @property
    def text_of_N(self) -> Int[np.ndarray, " N"]:
        """The number of the text that each token is of."""
        return np.repeat(np.arange(len(self.starts) - 1), np.diff(self.starts))


def scan(subject: Subject, stories: Sequence[Story]) -> Scan:
    """Reads the stories, each with its plan where the bundle reads plans, or the pairs: as many of them, from the first
    on, as memory allows, of a long one its beginning. Raises RequestError where there is none."""
    if not stories:
        raise RequestError("There is no text to read; name a file with text in it.")
    sources, targets = [], []
    room = _most_tokens(subject)
    for story in stories:
        told = told_of(subject, story)
        sources.append(subject.source_ids(told))
        targets.append(subject.target_ids(story.text, told)[:room])
        room -= len(targets[-1])
        if not room:
            break
    read: dict[int, dict[str, np.ndarray]] = {}
    by_length = sorted(range(len(targets)), key=lambda number: -len(targets[number]))
    for group in (by_length[first : first + ROWS] for first in range(0, len(by_length), ROWS)):
        for number, parts in _read([sources[n] for n in group], [targets[n] for n in group], subject):
            read[group[number]] = parts
    return Scan(
        tokens=tuple(piece for target in targets for piece in subject.target_pieces(target)),
        starts=(0, *np.cumsum([len(target) for target in targets]).tolist()),
        parts={name: np.concatenate([read[number][name] for number in range(len(targets))]) for name in read[0]},
    )


def _most_tokens(subject: Subject) -> int:
    decoder = subject.bundle.recipe.model.decoder
    parts = decoder.layers * (len(GATES[decoder.cell]) + (2 if decoder.cell == "lstm" else 1))
    return max(1, MOST_NUMBERS // (parts * decoder.hidden_size))


def told_of(subject: Subject, story: Story) -> Told:
    """What the encoder is told of a story that it has learnt from."""
    if not subject.writes:
        return Told(source=story.source)
    return Told(plan=story.plan) if subject.bundle.recipe.model.encoder.layers and story.plan else Told()


def _read(
    sources: Sequence[Sequence[int]], targets: Sequence[Sequence[int]], subject: Subject
) -> Iterator[tuple[int, dict[str, np.ndarray]]]:
    """The parts of each row; the longest rows stand first."""
    engine, cell = subject.engine, subject.bundle.recipe.model.decoder.cell
    state = engine.start(sources)
    _, state, _ = engine.traced_step(np.full(len(targets), START), state)
    steps: list[dict[str, np.ndarray]] = []
    for place in range(len(targets[0])):
        live = sum(place < len(target) for target in targets)
        state = engine.gather(state, np.arange(live))
        _, state, trace = engine.traced_step(np.array([target[place] for target in targets[:live]]), state)
        steps.append(_parts(cell, state, trace))
    for number, target in enumerate(targets):
        own = steps[: len(target)]
        yield number, {name: np.stack([step[name][number] for step in own]) for name in steps[0]}


def _parts(cell: Cell, state: OnnxState, trace: Trace) -> dict[str, np.ndarray]:
    """Every state and gate of a step, (B, H) in half precision."""
    parts = {
        f"layer {layer + 1} {name[0]}": value_LBH[layer]
        for name, value_LBH in state.of_cells.items()
        for layer in range(len(value_LBH))
    }
    parts |= named_gates(cell, trace.gates_LBG.transpose(1, 0, 2))
    return {name: part.astype(np.float16) for name, part in parts.items()}
