"""The bodies of requests about writing. An unknown key is an error."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator

from skaz.decoding.filters import Dry
from skaz.decoding.settings import SamplingSettings

MOST_CHARACTERS = 100_000  # of a text
MOST_WORDS = 10_000  # of a wanted length

Name = Annotated[str, Field(min_length=1, max_length=255, description="A bundle, by its folder's name.")]
Phrase = Annotated[str, Field(min_length=1, max_length=500)]
Text = Annotated[str, Field(max_length=MOST_CHARACTERS)]
Seed = Annotated[int, Field(ge=0, lt=2**63)]
Share = Annotated[float, Field(gt=0, le=1)]


class Body(BaseModel):
    """What all bodies have: a misspelt key is told, not swallowed, and true is no number."""

    model_config = ConfigDict(extra="forbid", strict=True, allow_inf_nan=False)


class Settings(Body):
    """How tokens are drawn; what is left out is as usual, null is off."""

    temperature: Annotated[float | None, Field(ge=0, le=100)] = None
    top_k: Annotated[int | None, Field(ge=1, le=1_000_000)] = None
    top_p: Share | None = None
    min_p: Annotated[float | None, Field(ge=0, le=1)] = None
    typical: Share | None = None
    repetition_penalty: Annotated[float | None, Field(ge=1, le=1000)] = None
    repetition_window: Annotated[int | None, Field(ge=1, le=1_000_000)] = None
    no_repeat_ngram: Annotated[int | None, Field(ge=1, le=1000)] = None
    dry: Annotated[float | None, Field(ge=0, le=100, description="Strength of the DRY penalty, in nats.")] = None

    def sampling(self, *, planned: bool) -> SamplingSettings:
        """The settings that were stated and the usual ones of the others."""
        stated: dict[str, Any] = self.model_dump(exclude_unset=True)
        strength = stated.pop("dry", None)
        if stated.get("temperature", 0) is None:  # there is no drawing without one
            del stated["temperature"]
        penalty = {"dry": Dry(multiplier=strength)} if strength else {}
        return SamplingSettings.usual(planned=planned, **stated, **penalty)


class From(Body):
    """A place in a generation whose states were kept."""

    generation: Annotated[str, Field(max_length=64)]
    row: Annotated[int, Field(ge=0, le=7)] = 0
    index: Annotated[int, Field(ge=0, le=1_000_000, description="The token before which the story goes on.")]
    token: Annotated[int | None, Field(ge=0, le=10_000_000, description="Taken there, instead of drawing one.")] = None


class WriteBody(Body):
    """A story, or several."""

    model_config = ConfigDict(extra="forbid", allow_inf_nan=False, populate_by_name=True)

    bundle: Name
    plan: Annotated[list[Phrase], Field(max_length=64)] = []
    title: Annotated[str | None, Field(max_length=1000)] = None
    opening: Annotated[Text | None, Field(description="Stands before the story; it is read, not told again.")] = None
    include: Annotated[list[Phrase], Field(max_length=16, description="Words that must be in it.")] = []
    ban: Annotated[list[Phrase], Field(max_length=100, description="Words that must not be in it.")] = []
    length: Annotated[int | None, Field(ge=1, le=MOST_WORDS, description="About how many words.")] = None
    max_tokens: Annotated[int | None, Field(ge=0, description="0 reads the opening and writes nothing.")] = None
    n: Annotated[int, Field(ge=1, le=8)] = 1
    seed: Seed | None = None
    stop: Annotated[list[Phrase], Field(max_length=16, description="It ends before one of these.")] = []
    keep: Annotated[bool, Field(description="Keep the state at every token, to go on from with `from`.")] = False
    alternatives: Annotated[int, Field(ge=0, le=50, description="Of each token, the likeliest others.")] = 0
    settings: Settings = Settings()
    stream: bool = True
    from_: Annotated[From | None, Field(alias="from")] = None
    user: Annotated[str | None, Field(max_length=200, description="Whose request it is: places are shared fairly.")] = (
        None
    )


class AlternativesBody(Body):
    """A place in a kept generation."""

    generation: Annotated[str, Field(max_length=64)]
    row: Annotated[int, Field(ge=0, le=7)] = 0
    index: Annotated[int, Field(ge=0, le=1_000_000)]
    settings: Settings | None = None
    count: Annotated[int, Field(ge=1, le=200)] = 20


class ScoreBody(Body):
    """A text that somebody wrote."""

    bundle: Name
    text: Text
    plan: Annotated[list[Phrase], Field(max_length=64)] = []
    title: Annotated[str | None, Field(max_length=1000)] = None


class Locked(Body):
    """A phrase of a plan that stays where it is."""

    position: Annotated[int, Field(ge=0, le=63)]
    text: Phrase


class PlanBody(Body):
    """A plan to be drawn."""

    bundle: Name
    count: Annotated[int, Field(ge=1, le=16, description="How many phrases; more where one is locked behind.")] = 5
    seed: Seed | None = None
    keep: Annotated[list[Locked], Field(max_length=16)] = []

    @field_validator("keep")
    @classmethod
    def _one_at_a_place(cls, keep: list[Locked]) -> list[Locked]:
        if len({locked.position for locked in keep}) < len(keep):
            raise ValueError("two phrases are locked at one position; give each its own")
        return keep


class OverlapBody(Body):
    """A text to be looked up in the training texts."""

    bundle: Name
    text: Text
    least_words: Annotated[int, Field(ge=4, le=1000)] = 5


class SearchBody(Body):
    """Sources to translate or to transduce."""

    bundle: Name
    text: (
        Annotated[str, Field(max_length=10_000)]
        | Annotated[list[Annotated[str, Field(max_length=10_000)]], Field(max_length=256)]
    )
    beam: Annotated[int, Field(ge=1, le=64)] = 5
    n_best: Annotated[int, Field(ge=1, le=64)] = 1
    alignments: bool = False


class AttendBody(Body):
    """A source, and a target (without one: the bundle's own)."""

    bundle: Name
    source: Annotated[str, Field(max_length=10_000)]
    target: Annotated[str | None, Field(max_length=10_000)] = None


Format = Literal["txt", "md", "epub", "json"]
