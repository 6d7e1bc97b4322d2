"""What training has met of a text's characters or symbols, and which of Unicode's forms it has met them in."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

from skaz.text.sides import encode_sides
from skaz.text.tokenizer import SMALLEST_VOCABULARY, Tokenizer

_WORDS = re.compile(r"\s+|\S+")
_REMEMBERED = 100_000  # characters of which it is known whether training met them


class Met:
    """One side of the pairs that a bundle was trained on. `ascii_met`: the ASCII characters of that side, which every
    tokenizer spells; None where nobody knows. What training may have met, for all that is known, is taken for met."""

    def __init__(self, tokenizer: Tokenizer, ascii_met: str | None, *, of_bytes: bool) -> None:
        self._tokenizer, self._ascii_met, self._of_bytes = tokenizer, ascii_met, of_bytes
        self._of_symbols = tokenizer.cuts_symbols and not tokenizer.spells_symbols
        self._is_known = lru_cache(_REMEMBERED)(self._is_met)

    def unknown_in(self, text: str) -> str:
        """What training met seldom or never, each once: characters, or where tokens are symbols, those, with spaces
        between them."""
        if self._of_symbols:
            symbols = list(dict.fromkeys(text.split()))
            encoded = encode_sides(self._tokenizer, symbols)
            return " ".join(each for each, ids in zip(symbols, encoded, strict=True) if ids[1:])
        others = dict.fromkeys(character for character in text if not character.isspace())
        return "".join(character for character in others if not self._is_known(character))

    def in_known_form(self, text: str) -> str:
        """The text, each word (or symbol) of which training met not all in that of Unicode's forms (NFC, NFD) that
        leaves less of it unknown, and nothing that was known; as it is given where none does."""
        if text.isascii() or not self.unknown_in(text):
            return text
        return "".join(map(self._known_form_of, _WORDS.findall(text)))

    def _known_form_of(self, word: str) -> str:
        unknown = set(self.unknown_in(word))
        if word.isascii() or not unknown:
            return word
        forms = (unicodedata.normalize(form, word) for form in ("NFC", "NFD"))
        return next((form for form in forms if self._leaves_less(form, unknown)), word)

    def _leaves_less(self, form: str, unknown: set[str]) -> bool:
        return set(self.unknown_in(form)) < unknown

    def _is_met(self, character: str) -> bool:
        if ord(character) < 128:
            return self._ascii_met is None or character in self._ascii_met
        if self._of_bytes:
            return True
        encoded = self._tokenizer.encode_batch([character, " " + character])  # spelt symbols begin with a space
        return any(all(token >= SMALLEST_VOCABULARY for token in ids) for ids in encoded)
