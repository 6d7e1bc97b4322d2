"""What can be trained from the page without a file, and how large a network may be."""

from __future__ import annotations

from typing import Any

from skaz.corpus.exercises import EXERCISES
from skaz.tasks.demonstration import SETTINGS

# parameters of a network that writes, with a vocabulary of 4,000 tokens; a test counts them
PARAMETERS = {"tiny": 1_568_800, "small": 5_230_752, "base": 13_230_304}

TALES = ("en", "ru")
_LANGUAGES = {"en": ("English", "английский"), "ru": ("Russian", "русский")}
_SHORT_MINUTES = 6.0  # up to here the demonstration's settings learn the tales best

STAGES = 8  # of each training, to be looked at: two bytes a parameter each, so that a small network's take 84 MB

# what a client may set: the network and how it learns, and nothing that names a file or a device
_OPEN = ("model.", "text.", "sources.", "training.", "networks")
_CLOSED = frozenset(
    {
        *("training.start_from", "training.embeddings", "training.source_embeddings"),
        *("training.device", "training.threads"),
        *("training.minutes", "training.epochs", "training.steps"),
    }
)


def may_be_set(name: str) -> bool:
    """Whether a request may give this setting of the recipe."""
    return name.startswith(_OPEN) and name not in _CLOSED


def settings_for_tales(minutes: float, size: str | None) -> dict[str, Any]:
    """Settings that suit the built-in tales; none where the person chose a size, or has more time."""
    return dict(SETTINGS) if minutes <= _SHORT_MINUTES and size is None else {}


def choices() -> dict[str, Any]:
    """As /api/training tells them."""
    return {
        "sizes": [{"name": name, "parameters": number} for name, number in PARAMETERS.items()],
        "tales": list(TALES),
        "exercises": [{"name": name, "title": _title(name)} for name in EXERCISES],
    }


def _title(name: str) -> dict[str, str]:
    kind, _, languages = name.partition(":")
    source, _, target = languages.partition("-")
    (en, ru), (en_target, ru_target) = _LANGUAGES[source], _LANGUAGES[target or source]
    match kind:
        case "numbers":
            return {"en": f"Numbers in {en} words", "ru": f"Числа словами ({ru})"}
        case "words":
            return {"en": f"{en} words to numbers", "ru": f"Слова в числа ({ru})"}
        case _ if target:
            return {"en": f"Dates, {en} to {en_target}", "ru": f"Даты: {ru} → {ru_target}"}
        case _:
            return {"en": f"{en} dates in the usual form", "ru": f"Даты в обычный вид ({ru})"}
