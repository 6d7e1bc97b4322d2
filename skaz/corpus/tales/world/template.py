"""A wording with slots: `{T}` is looked up, `{h:he/she}` is chosen by a gender, `{^T}` is capitalised."""

import re
from collections.abc import Mapping
from functools import cache

from skaz.corpus.tales.world.lexicon import Gender

_SLOT = re.compile(r"\{([^{}]+)\}")
_GENDER_INDEX: dict[Gender, int] = {"m": 0, "f": 1, "n": 2}


def fill(template: str, slots: Mapping[str, str], genders: Mapping[str, Gender]) -> str:
    """The wording with its slots filled and its first letter a capital one."""
    parts = list(_parts(template))
    for index in range(1, len(parts), 2):
        parts[index] = _value(parts[index], slots, genders)
    return capitalised("".join(parts))


def capitalised(text: str) -> str:
    """The text with its first letter a capital one, also behind an opening quote or dash."""
    for index, letter in enumerate(text):
        if letter.isalpha():
            return text[:index] + letter.upper() + text[index + 1 :]
    return text


@cache
def _parts(template: str) -> tuple[str, ...]:
    """Literal text and slots in turn, literal text first."""
    return tuple(_SLOT.split(template))


def _value(slot: str, slots: Mapping[str, str], genders: Mapping[str, Gender]) -> str:
    if slot[0] == "^":
        return capitalised(_value(slot[1:], slots, genders))
    if slot[1:2] == ":":
        return slot[2:].split("/")[_GENDER_INDEX[genders[slot[0]]]]
    return slots[slot]
