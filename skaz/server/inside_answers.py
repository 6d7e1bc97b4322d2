"""What the routes of "Look inside" answer, and how it is made of what the views give."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from pydantic import BaseModel

from skaz.inside.beam_tree import BeamTree, Found
from skaz.inside.comparing import Side
from skaz.inside.reading import Reading
from skaz.inside.subject import Piece
from skaz.inside.units import Firing

if TYPE_CHECKING:
    from skaz.inside.looking_back import LookBack  # it loads PyTorch

_LARGEST = 127  # of a signed byte


class PieceAnswer(BaseModel):
    """A token: the characters that it completes and where they stand, in code points."""

    text: str
    token: int
    start: int
    end: int


class Matrix(BaseModel):
    """Numbers as signed bytes in base64, row by row: value = byte / 127 × scale."""

    rows: int
    columns: int
    scale: float
    values: str


class Part(BaseModel):
    """A state or a gate of a layer over the tokens, a row a token."""

    name: str
    layer: int
    kind: str
    gate: bool
    matrix: Matrix


class GuessAnswer(BaseModel):
    """A token that could have come; nats."""

    text: str
    token: int
    log_probability: float


class ReadAnswer(BaseModel):
    """A text as the network read it."""

    source: list[PieceAnswer]
    tokens: list[PieceAnswer]
    log_probabilities: list[float]
    expected: list[list[GuessAnswer]]
    bits_per_character: float
    parts: list[Part]
    attention: Matrix | None


class SideAnswer(ReadAnswer):
    """One of several networks."""

    bundle: str


class CompareAnswer(BaseModel):
    """Networks side by side."""

    sides: list[SideAnswer]


class LookBackAnswer(BaseModel):
    """The gradient's norm at each token of the source and of the text."""

    source: list[PieceAnswer]
    source_norms: list[float]
    tokens: list[PieceAnswer]
    norms: list[float]
    first: int
    end: int
    half_within: int


class NodeAnswer(BaseModel):
    """A token that a search weighed."""

    parent: int
    text: str
    token: int
    depth: int
    log_probability: float
    total: float
    rank: int
    fate: Literal["kept", "dropped", "ended"]


class FoundAnswer(BaseModel):
    """A target that was found, or drawn (no score)."""

    text: str
    log_probability: float
    score: float | None
    ended: bool
    nodes: list[int]


class BeamAnswer(BaseModel):
    """A search as a tree, beside samples."""

    nodes: list[NodeAnswer]
    found: list[FoundAnswer]
    samples: list[FoundAnswer]


class SnippetAnswer(BaseModel):
    """A stretch of a text and the unit's value after each token."""

    texts: list[str]
    values: list[float]
    peak: int


class NamedNumber(BaseModel):
    """A name and its number: a mean, a correlation."""

    name: str
    value: float


class UnitAnswer(BaseModel):
    """What a unit does across the corpus."""

    highest: list[SnippetAnswer]
    lowest: list[SnippetAnswer]
    tokens_high: list[NamedNumber]
    tokens_low: list[NamedNumber]
    goes_with: list[NamedNumber]
    histogram: list[int]
    edges: list[float]


class UnitCorrelation(BaseModel):
    """A unit and how it goes with a property."""

    unit: int
    correlation: float


class UnitsAnswer(BaseModel):
    """The properties of places that are known, and the units that go with the one asked for."""

    places: list[str]
    units: list[UnitCorrelation]


class SentenceAnswer(BaseModel):
    """A sentence and the cosine of its state and that of the text."""

    text: str
    cosine: float


class NearestAnswer(BaseModel):
    """Sentences, the nearest first."""

    sentences: list[SentenceAnswer]


class StageAnswer(BaseModel):
    """A stage of training."""

    step: int
    seconds: float


class StagesAnswer(BaseModel):
    """The stages of a bundle; the finished network is the last."""

    stages: list[StageAnswer]


class StageTextAnswer(StageAnswer):
    """What a stage wrote."""

    text: str


def matrix(values: np.ndarray) -> Matrix:
    """A matrix as bytes; not a number becomes nought."""
    values = np.nan_to_num(np.asarray(values, np.float32))
    scale = float(np.abs(values).max(initial=0.0)) or 1.0
    rounded = np.round(values / scale * _LARGEST).astype(np.int8)
    encoded = base64.b64encode(rounded.tobytes()).decode("ascii")
    return Matrix(rows=values.shape[0], columns=values.shape[1], scale=scale, values=encoded)


def pieces(tokens: Sequence[Piece]) -> list[PieceAnswer]:
    """Tokens as they are sent."""
    return [PieceAnswer(text=each.text, token=each.token, start=each.start, end=each.end) for each in tokens]


def read_answer(reading: Reading) -> ReadAnswer:
    """A reading with all its parts."""
    return ReadAnswer(**_read_fields(reading), parts=_parts(reading))


def side_answer(side: Side) -> SideAnswer:
    """A reading with the top layer's h alone, which every network has."""
    top = [part for part in _parts(side.reading) if part.kind == "h"][-1:]
    return SideAnswer(**_read_fields(side.reading), parts=top, bundle=side.name)


def _read_fields(reading: Reading) -> dict[str, Any]:
    return {
        "source": pieces(reading.source),
        "tokens": pieces(reading.tokens),
        "log_probabilities": reading.log_probabilities_T.tolist(),
        "expected": [[GuessAnswer(**asdict(guess)) for guess in guesses] for guesses in reading.expected],
        "bits_per_character": reading.bits_per_character,
        "attention": None if reading.attention_TS is None else matrix(reading.attention_TS),
    }


def _parts(reading: Reading) -> list[Part]:
    named = [*((name, part, False) for name, part in reading.states.items())]
    named += [(name, part, True) for name, part in reading.gates.items()]
    return [
        Part(name=name, layer=int(name.split()[1]), kind=name.split()[2], gate=gate, matrix=matrix(part))
        for name, part, gate in named
    ]


def look_back_answer(back: LookBack) -> LookBackAnswer:
    """Norms as they are sent."""
    return LookBackAnswer(
        source=pieces(back.source),
        source_norms=back.source_norms_S.tolist(),
        tokens=pieces(back.tokens),
        norms=back.norms_T.tolist(),
        first=back.first,
        end=back.end,
        half_within=back.half_within,
    )


def beam_answer(tree: BeamTree) -> BeamAnswer:
    """A tree as it is sent."""
    return BeamAnswer(
        nodes=[NodeAnswer(**asdict(node)) for node in tree.nodes],
        found=[_found(found) for found in tree.found],
        samples=[_found(found) for found in tree.samples],
    )


def _found(found: Found) -> FoundAnswer:
    return FoundAnswer(
        text=found.text,
        log_probability=found.log_probability,
        score=found.score,
        ended=found.ended,
        nodes=list(found.nodes),
    )


def unit_answer(firing: Firing) -> UnitAnswer:
    """A unit's doings as they are sent."""
    high, low = (
        [
            SnippetAnswer(texts=[piece.text for piece in each.tokens], values=list(each.values), peak=each.peak)
            for each in snippets
        ]
        for snippets in (firing.highest, firing.lowest)
    )
    named = (
        [NamedNumber(name=name, value=value) for name, value in pairs]
        for pairs in (firing.tokens_high, firing.tokens_low, firing.goes_with)
    )
    tokens_high, tokens_low, goes_with = named
    return UnitAnswer(
        highest=high,
        lowest=low,
        tokens_high=tokens_high,
        tokens_low=tokens_low,
        goes_with=goes_with,
        histogram=list(firing.histogram),
        edges=list(firing.edges),
    )
