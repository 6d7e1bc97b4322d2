"""The network that everybody trains, and the corpus as everybody gets it."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from skaz.corpus.shards import Shards

EMBEDDING, ENCODER, DECODER = 256, 256, 512  # the encoder's is for a direction
BATCH_TOKENS = 4096  # of the target
WARM_UP = 0.25  # of the time: what the kernels compile at first is not counted


INSTALLED = Path(__file__).resolve().parents[2] / ".peers"  # by `make peers`


def interpreter(name: str) -> str | None:
    """The one that has a peer, where `make peers` has installed it."""
    python = INSTALLED / name / "bin" / "python"
    return str(python) if python.exists() else None


@dataclass(frozen=True)
class Data:
    """In `folder`: the prepared corpus, and `train.source`, `train.target`, `valid.…` with a word for each token.
    Types are the words that come up in training; `written`: the tokens that skaz has targets made of."""

    folder: Path
    vocabulary_size: int
    written: int
    source_types: int
    target_types: int
    sources_per_target: float
    mean_source: float
    mean_target: float

    @classmethod
    def write(cls, parts: Mapping[str, Shards], written: int, vocabulary_size: int, folder: Path) -> Data:
        """The corpus for everybody; lengths count the end of each sentence."""
        types = {"source": np.zeros(vocabulary_size, dtype=bool), "target": np.zeros(vocabulary_size, dtype=bool)}
        for name, shards in parts.items():
            for side, occurs in types.items():
                rows = [getattr(shards, side)(index) for index in range(len(shards))]
                lines = (" ".join(f"t{token}" for token in row) for row in rows)
                (folder / f"{name}.{side}").write_text("\n".join(lines) + "\n", encoding="ascii")
                if name == "train":
                    occurs[np.concatenate(rows)] = True
                    words = "".join(f"t{token}\n" for token in np.flatnonzero(occurs))
                    (folder / f"{side}.words").write_text(words, encoding="ascii")
        both = np.flatnonzero(types["source"] | types["target"])
        (folder / "joint.words").write_text("".join(f"t{token}\n" for token in both), encoding="ascii")
        train = parts["train"]
        sources, targets = (train.source_lengths + 1).sum(), (train.lengths + 1).sum()
        return cls(
            folder,
            vocabulary_size,
            written,
            int(types["source"].sum()),
            int(types["target"].sum()),
            float(sources / targets),
            float(sources / len(train)),
            float(targets / len(train)),
        )


@dataclass(frozen=True)
class Peer:
    """Another toolkit: the command that trains with it, what reads target tokens a second from its log, and how many
    words its output layer tells apart."""

    name: str
    package: str
    command: Callable[[str, Data, int, float], Sequence[str]]
    tokens_per_s: Callable[[str], float]
    types: Callable[[Data], int]

    def version(self, python: str) -> str:
        """The installed one's."""
        asked = f"from importlib.metadata import version; print(version({self.package!r}))"
        return subprocess.run([python, "-c", asked], capture_output=True, text=True, check=True).stdout.strip()
