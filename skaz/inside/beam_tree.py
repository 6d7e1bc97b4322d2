"""A beam search as a tree, beside samples: what was kept at each step, what was dropped, what was found."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from skaz.corpus.sources import END, NEXT, START
from skaz.decoding.beam import BeamSettings, Hypothesis, beam_search
from skaz.decoding.beam_steps import BeamStep
from skaz.decoding.request import Request
from skaz.decoding.sampling import generate
from skaz.decoding.settings import SamplingSettings
from skaz.decoding.stopping import Stopping
from skaz.inside.subject import Piece, Subject, Told, text_of, token_name
from skaz.text.units import tokens_inside

Fate = Literal["kept", "dropped", "ended"]


@dataclass(frozen=True)
class Node:
    """A token that the search weighed. `parent`: the node that it goes on from, -1 for the first ones.
    `log_probability`: of the token, in nats; `total`: of all from the beginning on; `rank`: among those of its step,
    0 the best."""

    parent: int
    text: str
    token: int
    depth: int
    log_probability: float
    total: float
    rank: int
    fate: Fate


@dataclass(frozen=True)
class Found:
    """A target, found or drawn. `log_probability` in nats, of the end too where it `ended`; `score`: what the search
    ordered by, its length reckoned in; None of one that was drawn. `nodes`: its way through the tree."""

    tokens: tuple[Piece, ...]
    log_probability: float
    score: float | None
    ended: bool
    nodes: tuple[int, ...] = ()

    @property
    def text(self) -> str:
        """The target."""
        return text_of(self.tokens)


@dataclass(frozen=True)
class BeamTree:
    """A search, its nodes in the order in which they were weighed, so that a parent stands before its children; what
    it found, the best first; and what was drawn beside it."""

    nodes: tuple[Node, ...]
    found: tuple[Found, ...]
    samples: tuple[Found, ...]


def beam_tree(
    subject: Subject,
    told: Told | None = None,
    *,
    opening: str = "",
    beams: int = 4,
    steps: int = 24,
    samples: int = 3,
    seed: int = 0,
    temperature: float = 1.0,
) -> BeamTree:
    """Searches `beams` wide for at most `steps` tokens behind the opening, and draws samples of the same length from
    the network's own distribution, or a bolder or safer one. Raises RequestError for what the bundle isn't told, and
    for numbers out of range."""
    source_ids = subject.source_ids(told or Told())
    prefix = subject.target_ids(opening, told, goes_on=True) if opening.strip() else []
    watched: list[BeamStep] = []
    found = beam_search(
        subject.engine,
        [source_ids],
        BeamSettings(beams, max_tokens=steps),
        start_id=START,
        end_id=END,
        never=sorted(subject.vocabulary.special_ids),
        prefix=prefix,
        inside=tokens_inside(subject.bundle.tokenizer),
        silent=[NEXT],
        watch=watched.append,
    )[0]
    nodes = _nodes(subject, watched)
    request = Request(
        prefix=tuple(prefix),
        settings=SamplingSettings(temperature=temperature, top_p=None),
        stopping=Stopping(max_tokens=steps),
        seed=seed,
    )
    return BeamTree(
        nodes=nodes,
        found=tuple(_found(subject, nodes, one) for one in found),
        samples=_samples(subject, source_ids, request, samples),
    )


def _nodes(subject: Subject, steps: Sequence[BeamStep]) -> tuple[Node, ...]:
    nodes: list[Node] = []
    live: dict[int, int] = {}  # beam: its last node
    for step in steps:
        before, live = live, {}
        each = zip(step.parents_J, step.tokens_J, step.sums_J, step.ended_J, step.beams_J, strict=True)
        for rank, (beam, token, total, ended, becomes) in enumerate(each):
            parent = before.get(int(beam), -1)
            if becomes >= 0:
                live[int(becomes)] = len(nodes)
            fate: Fate = "ended" if ended else "kept" if becomes >= 0 else "dropped"
            own = float(total) - (nodes[parent].total if parent >= 0 else 0.0)
            text = token_name(subject.bundle.tokenizer, int(token))
            nodes.append(Node(parent, text, int(token), step.length, own, float(total), rank, fate))
    return tuple(nodes)


def _found(subject: Subject, nodes: Sequence[Node], one: Hypothesis) -> Found:
    way: list[int] = []
    for token in (*one.tokens, *([END] if one.ended else [])):
        above = way[-1] if way else -1
        way.append(next(n for n, node in enumerate(nodes) if node.parent == above and node.token == token))
    return Found(subject.target_pieces(one.tokens), one.log_probability, one.score, one.ended, tuple(way))


def _samples(subject: Subject, source_ids: list[int], request: Request, count: int) -> tuple[Found, ...]:
    if count < 1:
        return ()
    tokens: list[list[int]] = [[] for _ in range(count)]
    sums, ended = [0.0] * count, [False] * count
    for step in generate(subject.engine, subject.vocabulary, [source_ids] * count, request):
        for emitted in step.emitted:
            tokens[emitted.row] += [written.token for written in emitted.tokens]
            sums[emitted.row] += sum(written.log_probability for written in emitted.tokens)
        for finished in step.finished:
            ended[finished.row] = finished.reason == "end"
            sums[finished.row] += finished.end_log_probability
    drawn = zip(tokens, sums, ended, strict=True)
    return tuple(Found(subject.target_pieces(ids), total, None, is_ended) for ids, total, is_ended in drawn)
