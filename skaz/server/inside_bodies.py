"""What the routes of "Look inside" are sent."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from skaz.inside.subject import Told
from skaz.server.bodies import Body, Name, Phrase

Text = Annotated[str, Field(max_length=1000)]
PartName = Annotated[str, Field(min_length=1, max_length=100, description="As /read names them: layer 1 h.")]


class OfBundle(Body):
    """What every request names."""

    bundle: Name


class Telling(OfBundle):
    """What the encoder is told: of stories a plan and a title, of pairs the source."""

    plan: Annotated[list[Phrase], Field(max_length=40, default_factory=list)]
    title: Phrase | None = None
    source: Text | None = None

    @property
    def told(self) -> Told:
        """The same for the functions that look inside."""
        return Told(plan=tuple(self.plan), title=self.title or None, source=self.source)


class ReadBody(Telling):
    """A text to be read token by token."""

    text: Text


class LookBackBody(ReadBody):
    """The tokens of a word, from `first` to `end`, exclusive; without `end` one token."""

    first: Annotated[int, Field(ge=0)]
    end: Annotated[int, Field(ge=1)] | None = None


class CompareBody(Body):
    """The same text for several networks."""

    bundles: Annotated[list[Name], Field(min_length=1, max_length=8)]
    text: Text
    plan: Annotated[list[Phrase], Field(max_length=40, default_factory=list)]
    title: Phrase | None = None
    source: Text | None = None


class BeamBody(Telling):
    """A search behind an opening, and samples beside it."""

    opening: Text = ""
    beams: Annotated[int, Field(ge=1, le=16)] = 4
    steps: Annotated[int, Field(ge=1, le=64)] = 16
    samples: Annotated[int, Field(ge=0, le=8)] = 3
    seed: Annotated[int, Field(ge=0, lt=2**32)] = 0
    temperature: Annotated[float, Field(ge=0, le=5)] = 1.0


class UnitBody(OfBundle):
    """A unit of a state or a gate."""

    part: PartName
    unit: Annotated[int, Field(ge=0)]
    count: Annotated[int, Field(ge=1, le=40)] = 8


class UnitsBody(OfBundle):
    """The units that go with a property of places."""

    part: PartName
    place: Annotated[str, Field(max_length=100)] | None = None
    count: Annotated[int, Field(ge=1, le=100)] = 12


class NearestBody(OfBundle):
    """The training sentences nearest to a text."""

    text: Text
    count: Annotated[int, Field(ge=1, le=50)] = 10


class StageBody(Telling):
    """A text of one seed, as a stage of training writes it."""

    stage: Annotated[int, Field(ge=0)]
    source: Annotated[str, Field(max_length=300)] | None = None
    opening: Text = ""
    seed: Annotated[int, Field(ge=0, lt=2**32)] = 1
    length: Annotated[int, Field(ge=1, le=300)] = 60
    temperature: Annotated[float, Field(ge=0, le=5)] | None = None
