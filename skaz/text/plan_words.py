"""The words that plans of a corpus have, so that a person's plan is read whatever its capitals.

Plans that are drawn from stories have names with their capital and other words in lower case; to a network "Fox" is
another word than "fox", and one that it has perhaps never read.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from functools import cached_property
from pathlib import Path

from skaz.text.words import same_word, words_of

PLAN_WORDS_FILE = "plan_words.txt"  # in a bundle: a word a line, the commonest first
MOST_WORDS = 20_000
_SHORTEST = 3  # letters of a word that has other forms


class PlanWords:
    """The words as the plans spell them."""

    def __init__(self, words: Sequence[str] = ()) -> None:
        """`words`: the commonest first."""
        self.words = tuple(words)

    @cached_property
    def _known(self) -> frozenset[str]:
        return frozenset(self.words)

    @cached_property
    def _spelt(self) -> dict[str, str]:
        return {word.lower(): word for word in reversed(self.words)}

    @classmethod
    def of(cls, items: Iterable[tuple[str, int]]) -> PlanWords:
        """The words of the items of plans, each item with how often it is there; the commonest `MOST_WORDS`."""
        counts: Counter[str] = Counter()
        for item, times in items:
            for word in item.split():
                counts[word] += times
        ranked = sorted(counts.items(), key=lambda each: (-each[1], each[0]))
        return cls([word for word, _ in ranked[:MOST_WORDS]])

    @classmethod
    def load(cls, path: Path) -> PlanWords:
        """What `save` wrote."""
        return cls(path.read_text(encoding="utf-8").split("\n")[:-1])

    def save(self, path: Path) -> None:
        """Writes them as text."""
        path.write_text("".join(f"{word}\n" for word in self.words), encoding="utf-8", newline="\n")

    def spell(self, item: str) -> str:
        """An item of a plan with its words in the capitals that they have in plans: "Old FOX" as "old fox". A word
        that no plan has stays as it is, and so does one that plans have just so."""
        return " ".join(word if word in self._known else self._spelt.get(word.lower(), word) for word in item.split())

    def unmet(self, items: Iterable[str]) -> list[str]:
        """The items that have words, and none that a plan has in any form; none where not all words of plans are
        kept."""
        if not 0 < len(self.words) < MOST_WORDS:
            return []
        return [item for item in items if (words := words_of(item)) and not any(map(self._has, words))]

    def _has(self, word: str) -> bool:
        """Whether a plan has the word in some form; `same_word` knows none of words so short as fox and foxes."""
        if word in self._parts:
            return True
        longer = (known for known in self._parts if min(len(word), len(known)) >= _SHORTEST)
        return any(same_word(word, known) or known.startswith(word) or word.startswith(known) for known in longer)

    @cached_property
    def _parts(self) -> frozenset[str]:
        """What is a word of itself in those that plans have between spaces, in lower case."""
        return frozenset(part for word in self.words for part in words_of(word))
