"""The experiments by name, and how one is run: parameters in, frames of data, words and pictures out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import Any

import msgspec

from skaz.errors import DependencyError, RequestError, did_you_mean
from skaz.lab.frames import Frame
from skaz.lab.panels import Panel
from skaz.lab.settings import Parameter, Settings, parameters_of, read_settings
from skaz.lab.texts import Text

# in the order of the course
NAMES = (
    "perceptron",
    "boundary",
    "descent",
    "linear",
    "overfitting",
    "initial-weights",
    "forgetting",
    "context",
    "length",
)


@dataclass(frozen=True)
class Report:
    """What is known at a frame. `data`: plain values; `finding`: None until the experiment is done."""

    experiment: str
    done: float
    settings: Mapping[str, Any]
    data: Mapping[str, Any]
    finding: Text | None
    panels: tuple[Panel, ...]

    def as_object(self) -> dict[str, Any]:
        """All of it as JSON has it; a text is {"en": …, "ru": …}."""
        return msgspec.to_builtins(self)  # type: ignore[no-any-return]


class Experiment:
    """One of NAMES. Its words are there at once; PyTorch is loaded when parameters or data are asked for."""

    def __init__(self, name: str) -> None:
        """RequestError for a name that is none, with the nearest that is one."""
        if name not in NAMES:
            hint = did_you_mean(name, NAMES)
            raise RequestError(f'There is no experiment "{name}".{hint} There are {", ".join(NAMES)}.')
        self.name = name
        self._words: Any = import_module(f"skaz.lab.findings.{self._module}")
        self.title: Text = self._words.TITLE
        self.question: Text = self._words.QUESTION
        self.method: Text = self._words.METHOD

    @property
    def parameters(self) -> tuple[Parameter, ...]:
        """What may be changed."""
        return parameters_of(self._settings)

    def frames(self, values: Mapping[str, Any] | None = None) -> Iterator[Frame[Any]]:
        """Runs it, with these parameters instead of the defaults; the last frame has the whole data, as the
        experiment's own dataclass. The same parameters give the same data. Raises RecipeError at once."""
        settings = read_settings(self._settings, values or {}, self.name)
        return self._computation.frames(settings)  # type: ignore[no-any-return]

    def reports(self, values: Mapping[str, Any] | None = None) -> Iterator[Report]:
        """The same with words and pictures, as a page wants it."""
        return self._reports(read_settings(self._settings, values or {}, self.name))

    def _reports(self, settings: Settings) -> Iterator[Report]:
        plain = msgspec.to_builtins(settings)
        for frame in self._computation.frames(settings):
            finding = self.finding(frame.data) if frame.done >= 1 else None
            data = msgspec.to_builtins(frame.data)
            yield Report(self.name, frame.done, plain, data, finding, self.panels(frame.data))

    def run(self, values: Mapping[str, Any] | None = None) -> Report:
        """The last report alone."""
        return list(self.reports(values))[-1]

    def finding(self, data: Any) -> Text:
        """What the whole data say, in words."""
        return self._words.finding(data)  # type: ignore[no-any-return]

    def panels(self, data: Any) -> tuple[Panel, ...]:
        """The picture of the data so far."""
        return self._words.panels(data)  # type: ignore[no-any-return]

    @property
    def _module(self) -> str:
        return self.name.replace("-", "_")

    @property
    def _computation(self) -> Any:
        try:
            return import_module(f"skaz.lab.{self._module}")
        except ModuleNotFoundError as error:
            if error.name and error.name.startswith("skaz"):
                raise
            raise DependencyError(
                f'An experiment needs {error.name}, which is not installed: pip install "skaz[train,estimators]".'
            ) from None

    @property
    def _settings(self) -> type[Settings]:
        words = "".join(part.title() for part in self.name.split("-"))
        return getattr(self._computation, f"{words}Settings")  # type: ignore[no-any-return]


def catalogue() -> list[dict[str, Any]]:
    """Every experiment with its parameters, as JSON has it: the list that a page is built from."""
    parts = ("name", "title", "question", "method", "parameters")
    return [{part: msgspec.to_builtins(getattr(each, part)) for part in parts} for each in map(Experiment, NAMES)]
