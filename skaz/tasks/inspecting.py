"""`skaz inspect`: what is in a bundle. Loads no PyTorch."""

from __future__ import annotations

from dataclasses import dataclass
from math import prod
from pathlib import Path
from typing import Any, Literal

import msgspec
from safetensors import SafetensorError, safe_open

from skaz.engine.bundle import Bundle, open_bundle
from skaz.engine.onnx_engine import has_graphs, is_int8
from skaz.errors import BundleError
from skaz.recipe_reading import flat_settings


@dataclass(frozen=True)
class Part:
    """A part of the network and the numbers that training has set in it."""

    name: str
    parameters: int


@dataclass(frozen=True)
class Inspection:
    """A bundle's contents, to print or to hand on. `graphs`: the type of their weights; None where there are none."""

    bundle: Bundle
    files: dict[str, int]
    parts: tuple[Part, ...]
    graphs: Literal["int8", "fp32"] | None

    @property
    def parameters(self) -> int:
        return sum(part.parameters for part in self.parts)

    def as_object(self) -> dict[str, Any]:
        """Plain values."""
        facts, own = self.bundle.facts, self.bundle.source_tokenizer
        return {
            "path": str(self.bundle.path),
            "skaz": facts.skaz_version,
            "measures": dict(facts.measures),
            "corpus": dict(facts.corpus),
            "run": dict(facts.run),
            "parameters": self.parameters,
            "parts": {part.name: part.parameters for part in self.parts},
            "vocabulary": self.bundle.tokenizer.vocabulary_size,
            "source_vocabulary": own.vocabulary_size if own is not None else None,
            "files": self.files,
            "graphs": self.graphs,
            "recipe": msgspec.to_builtins(self.bundle.recipe),
        }

    def lines(self) -> list[str]:
        """For a person: a section a fact."""
        facts, own = self.bundle.facts, self.bundle.source_tokenizer
        of_sources = f", {own.vocabulary_size:,} of sources" if own is not None else ""
        texts = "stories" if self.bundle.recipe.task == "write" else "pairs"
        sections: list[tuple[str, dict[str, Any]]] = [
            (f"measures on held-out {texts}", {name: f"{value:.4f}" for name, value in facts.measures.items()}),
            ("corpus", {name.replace("stories", texts): _plain(value) for name, value in facts.corpus.items()}),
            ("run", {name: _plain(value) for name, value in facts.run.items()}),
            (
                f"{_networks(self.bundle.recipe.networks)}: {self.parameters:,} parameters, "
                f"{self.bundle.tokenizer.vocabulary_size:,} tokens" + of_sources,
                {part.name: f"{part.parameters:>12,}" for part in self.parts},
            ),
            (
                f"files, the graphs in {self.graphs}" if self.graphs else "files",
                {name: _size(size) for name, size in self.files.items()},
            ),
            ("recipe", {k: v for k, v in flat_settings(self.bundle.recipe).items() if v is not None}),
        ]
        lines = [f"{self.bundle.path}, made by skaz {facts.skaz_version}"]
        for title, rows in sections:
            lines += ["", title]
            width = max(map(len, rows), default=0)
            lines += [f"  {name:<{width}}  {value}" for name, value in rows.items()]
        return lines


def inspect_bundle(path: str | Path) -> Inspection:
    """What is in the bundle at `path`; BundleError where it is missing, damaged or too new."""
    bundle = open_bundle(path)
    counts: dict[str, int] = {}
    for weights in bundle.weights_paths:
        try:
            with safe_open(weights, framework="numpy") as file:
                for name in file.keys():  # noqa: SIM118
                    part = name.partition(".")[0].removesuffix("_V").removesuffix("_VE")
                    counts[part] = counts.get(part, 0) + prod(file.get_slice(name).get_shape())
        except (SafetensorError, OSError) as error:
            raise BundleError(f"{weights} can't be read ({error}); copy the bundle again.") from None
    files = {file.name: file.stat().st_size for file in sorted(bundle.path.iterdir()) if file.is_file()}
    return Inspection(bundle, files, tuple(Part(name, count) for name, count in counts.items()), _graphs(bundle))


def _graphs(bundle: Bundle) -> Literal["int8", "fp32"] | None:
    """The type of the weights in the graphs; None where there are none to run."""
    try:
        return None if not has_graphs(bundle) else "int8" if is_int8(bundle) else "fp32"
    except BundleError:
        return None


def _networks(number: int) -> str:
    return "network" if number == 1 else f"{number} networks"


def _size(size: int) -> str:
    return f"{size / 1e6:.2f} MB" if size >= 1e6 else f"{size / 1e3:.1f} kB"


def _plain(value: Any) -> str:
    if isinstance(value, dict):  # shares of the whole
        return ", ".join(f"{name} {share:.0%}" for name, share in value.items())
    if isinstance(value, list):
        return ", ".join(map(str, value))
    return f"{value:,}" if isinstance(value, int | float) else str(value)
