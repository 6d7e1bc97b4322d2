"""The same text through several networks: an RNN beside an LSTM, with attention and without."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from skaz.errors import RequestError
from skaz.inside.reading import Reading, read
from skaz.inside.subject import Subject, Told

MOST = 8


@dataclass(frozen=True)
class Side:
    """One network and how it read the text."""

    subject: Subject
    reading: Reading

    @property
    def name(self) -> str:
        """The bundle's folder."""
        return self.subject.bundle.path.name

    @property
    def kind(self) -> str:
        """What it is, in words: "2 layers of 256 lstm, attention multi-head"."""
        model = self.subject.bundle.recipe.model
        decoder = model.decoder
        layers = f"{decoder.layers} layers of " if decoder.layers > 1 else ""
        return f"{layers}{decoder.hidden_size} {decoder.cell}, attention {model.attention}"


def compare(subjects: Sequence[Subject], text: str, told: Told | None = None) -> tuple[Side, ...]:
    """Each network's reading of the text, in the order given. Places in their texts may be compared, tokens only where
    the vocabularies are one. Raises RequestError for no network or more than eight, and what `read` raises."""
    if not 1 <= len(subjects) <= MOST:
        raise RequestError(f"{len(subjects)} networks can't be compared; name 1 to {MOST}.")
    return tuple(Side(subject, read(subject, text, told)) for subject in subjects)
