"""Words that a story must and must not have.

A word is whole: no letter, mark, digit or underscore stands at either side of it, save in scripts without spaces, where
it may stand amid others. A phrase is a word too: each space in it stands for one to eight characters of white space.
Cyrillic е and ё are one letter, as most Russian is written.
How the two promises are kept is told in `row.py` (ban) and `placement.py` (include).
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TypeVar

from skaz.decoding.vocabulary import PART_OF_CHARACTER, Vocabulary
from skaz.decoding.words import SENTENCE_ENDS, after_word, before_word, decomposed
from skaz.errors import RequestError

Edges = TypeVar("Edges", bound=tuple[str, ...])

_SPACES = r"\s{1,8}"
_APOSTROPHES = "['’]"
_DOTS = "\u0308"
_DOTTED = re.compile(f"(?<=[еЕ]){_DOTS}")
_NEAR = 24
"""Characters before a word that can matter to whether it is a word, or one at the start of a sentence."""


@dataclass(frozen=True)
class RequiredWord:
    """A word that the story must have, as written here, or in any case at the start of a sentence."""

    word: str
    forms: tuple[tuple[int, ...], ...]
    """Tokens that spell it: with and without a space before it, with and without a capital."""

    @cached_property
    def _accepted(self) -> str:
        word = "".join(_units(self.word))
        return rf"(?:{before_word(self.word[0])}{word}|(?:\A|[{SENTENCE_ENDS}\n])\W{{0,8}}(?i:{word}))"

    @cached_property
    def _complete(self) -> re.Pattern[str]:
        return re.compile(self._accepted + after_word(self.word[-1], at_end=False))

    @cached_property
    def _at_end(self) -> re.Pattern[str]:
        return re.compile(self._accepted + r"\Z")

    def is_in(self, text: str, beginning: int = 0) -> bool:
        """Whether the text has the word, with something after it that makes it whole."""
        return self._stands_in(self._complete, text.rstrip(PART_OF_CHARACTER), beginning)

    def ends(self, text: str) -> bool:
        """Whether the text ends in the word."""
        return self._stands_in(self._at_end, text, len(text))

    def _stands_in(self, pattern: re.Pattern[str], text: str, beginning: int) -> bool:
        start = max(0, beginning - 8 * len(decomposed(self.word)) - _NEAR)
        # amid a text its first character is no beginning
        return pattern.search(decomposed(text[start:]), min(start, 1)) is not None

    @property
    def cost_tokens(self) -> int:
        """Tokens that always suffice to write it: something that separates, then the longest form."""
        return 1 + max(map(len, self.forms))


@dataclass(frozen=True)
class Constraints:
    """What a story must have, and must not have."""

    include: tuple[RequiredWord, ...] = ()
    """These words appear. `max_tokens` must have room for them."""
    ban: tuple[str, ...] = ()
    """These words and phrases do not appear, in any case and however they are spelled in tokens."""

    def __post_init__(self) -> None:
        for word in self.ban:
            if not word.strip():
                raise RequestError("a word to ban is empty; give at least one character")
        bans = Bans(self.ban) if self.ban else None
        for required in self.include:
            if bans is not None and bans.at_end(required.word):
                raise RequestError(f"{required.word!r} must appear, but a banned word is in it; drop one of the two")


def required_word(word: str, encode: Callable[[str], Sequence[int]], vocabulary: Vocabulary) -> RequiredWord:
    """The word with every form that this vocabulary spells: with and without a space, and with a capital for the
    beginning of a sentence, save a word like "iPhone", which has its own.

    A tokenizer that knows only another case of the word (all lower, say) decides the case that is looked for.
    """
    word = " ".join(word.split())
    if not re.search(r"\w", word):
        raise RequestError(f"the word to include is {word!r}; it needs at least one letter or digit")
    forms: dict[tuple[int, ...], str] = {}
    for shape in (word,) if word[1:] != word[1:].lower() else (word, word[:1].upper() + word[1:]):
        for lead in (" ", ""):
            tokens = tuple(encode(lead + shape))
            spelled = vocabulary.text(tokens).strip()
            known = not any(vocabulary.never_V[token] or token == vocabulary.end_id for token in tokens)
            if tokens and known and spelled.lower() == shape.lower():
                forms[tokens] = spelled
    if not forms:
        raise RequestError(f"{word!r} cannot be written: the model's vocabulary has no spelling of it")
    exact = [form for form, spelled in forms.items() if spelled == word]
    shown = word if exact else next(iter(forms.values()))
    accepted = [form for form, spelled in forms.items() if spelled[1:] == shown[1:]]
    required = RequiredWord(shown, tuple(accepted))
    if not vocabulary.separators and not any(_starts_apart(vocabulary, form) for form in required.forms):
        raise RequestError(f"{word!r} cannot be included: the vocabulary has nothing that separates words")
    return required


class Bans:
    """The banned words as patterns over a growing text. Words that end at or before `floor` are let be."""

    def __init__(self, words: Sequence[str]) -> None:
        spelled = sorted((decomposed(" ".join(word.split())) for word in words), key=len, reverse=True)
        self._reach = 8 * len(spelled[0]) + 1
        self._complete = _whole(spelled, at_end=False)
        self._at_end = _whole(spelled, at_end=True)
        self._begun = [
            re.compile(rf"{before}(?:{'|'.join(map(_begun, alike))})\Z", re.IGNORECASE)
            for (before,), alike in _by_edges(spelled, lambda word: (before_word(word[0]),)).items()
        ]

    def complete(self, text: str, floor: int = 0) -> bool:
        """Whether a banned word stands in the text with something after it that makes it whole."""
        return self._found(self._complete, text.rstrip(PART_OF_CHARACTER), floor)

    def at_end(self, text: str, floor: int = 0) -> bool:
        """Whether a banned word would stand in the text if it ended here."""
        return self._found(self._at_end, text, floor)

    def begun(self, text: str) -> bool:
        """Whether the text ends in the beginning of a banned word, or in all of it."""
        text = text.rstrip(PART_OF_CHARACTER)
        ending = decomposed(text[max(0, len(text) - self._reach) :])
        return any(pattern.search(ending) for pattern in self._begun)

    def _found(self, patterns: Sequence[re.Pattern[str]], text: str, floor: int) -> bool:
        start = max(0, floor - self._reach)
        above, window = len(decomposed(text[start:floor])), decomposed(text[start:])
        return any(match.end(1) > above for pattern in patterns for match in pattern.finditer(window))


def _whole(words: Sequence[str], *, at_end: bool) -> list[re.Pattern[str]]:
    """Patterns for the words where they are no part of longer ones, one for those whose edges are alike. The longest
    stand first, so that none hides behind a shorter one; they have no width, so that they may overlap."""

    def edges(word: str) -> tuple[str, str]:
        return before_word(word[0]), after_word(word[-1], at_end=at_end)

    return [
        re.compile(f"{before}(?=({'|'.join(''.join(units) for units in alike)}){after})", re.IGNORECASE)
        for (before, after), alike in _by_edges(words, edges).items()
    ]


def _by_edges(words: Sequence[str], edges: Callable[[str], Edges]) -> dict[Edges, list[list[str]]]:
    """The words, as their units, by what is asked of their edges, in their order."""
    groups: dict[Edges, list[list[str]]] = {}
    for word in words:
        groups.setdefault(edges(word), []).append(_units(word))
    return groups


def _units(word: str) -> list[str]:
    """A pattern for each character of the word, accents by themselves, but the dots of a Cyrillic ё, which need not be
    there, with their letter."""
    named = {" ": _SPACES, "'": _APOSTROPHES, "’": _APOSTROPHES, "е": f"е{_DOTS}?", "Е": f"Е{_DOTS}?"}
    return [named.get(character, re.escape(character)) for character in _DOTTED.sub("", decomposed(word))]


def _begun(units: Sequence[str]) -> str:
    """A pattern for the word or any beginning of it: a(?:b(?:c)?)?"""
    return "(?:".join(units) + ")?" * (len(units) - 1)


def _starts_apart(vocabulary: Vocabulary, form: Sequence[int]) -> bool:
    return not vocabulary.opens_word_V[form[0]]
