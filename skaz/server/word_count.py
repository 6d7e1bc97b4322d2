"""What a person counts as words."""

from __future__ import annotations

import re

_HAS_LETTER = re.compile(r"[^\W_]").search


def count_words(text: str) -> int:
    """How many there are between blanks with a letter or a digit in them: a dash is none. The studio's page counts them
    the same way (`studio/src/write/splice.ts`)."""
    return sum(_HAS_LETTER(piece) is not None for piece in text.split())
