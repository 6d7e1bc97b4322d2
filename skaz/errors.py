"""The exceptions a user may see. Each message is one sentence or two: what is wrong, where, what to do.

SkazError              the command line prints the message and exits with 2; no traceback
├── CorpusError        the files of stories: missing, empty, not text, the wrong columns
├── RecipeError        a setting: unknown, out of range, at odds with another
├── BundleError        a trained model on disk: missing, damaged, of another version
├── RequestError       a wrong request to a trained model
├── DependencyError    an optional extra is not installed
├── ResourceError      the machine: the disk is full, a folder may not be written, memory ran out
└── TrainingError      a run that can't go on: its loss is no longer a number
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable


class SkazError(Exception):
    """Base of every error that a user can put right."""


class CorpusError(SkazError):
    """Something is wrong with the files of stories."""


class RecipeError(SkazError):
    """A setting is unknown, out of range, or does not go with another."""


class BundleError(SkazError):
    """A trained model on disk is missing, damaged or of another version."""


class RequestError(SkazError):
    """A trained model was asked for something that it cannot do."""


class DependencyError(SkazError):
    """An optional extra is not installed; the message names the command that installs it."""


class ResourceError(SkazError):
    """The machine does not give what is needed: disk, leave to write, memory, file handles."""


class TrainingError(SkazError):
    """A run can't go on; its last good checkpoint is kept."""


def did_you_mean(word: str, known: Iterable[str], *, grouped: bool = False) -> str:
    """' Did you mean "hidden"?' where a known word is near `word`, else ''; to be appended to a message. `grouped`: the
    words are names in groups, "model.attention", which are not near because their groups are."""
    best = nearest(word, known, grouped=grouped)
    return one_of_these([best] if best is not None else [])


def one_of_these(names: Iterable[str]) -> str:
    """' Did you mean "one" or "other"?', '' of none; to be appended to a message."""
    quoted = " or ".join(f'"{name}"' for name in names)
    return f" Did you mean {quoted}?" if quoted else ""


def nearest(word: str, known: Iterable[str], *, grouped: bool = False) -> str | None:
    """The known word that is nearest to `word`, None where none is near; `grouped` as in `did_you_mean`."""
    by_lower_case = {candidate.lower(): candidate for candidate in known}
    near = difflib.get_close_matches(word.lower(), list(by_lower_case), n=5, cutoff=0.6)
    return next((by_lower_case[each] for each in near if not grouped or _ends_alike(word.lower(), each)), None)


def _ends_alike(word: str, other: str) -> bool:
    """Whether what stands behind the groups is near as well."""
    last, other_last = word.rpartition(".")[2], other.rpartition(".")[2]
    return difflib.SequenceMatcher(None, last, other_last).ratio() >= 0.5
