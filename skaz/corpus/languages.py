"""Which languages texts are in."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from skaz.corpus.even_sample import EvenSample

MOST_TEXTS, MOST_CHARACTERS = 200, 1000  # of a corpus, and of each text: more would tell no more
_LEAST_SHARE = 0.02  # less is a quotation, or a guess that went wrong


class Beginnings(EvenSample[str]):
    """The beginnings of texts that come one by one: of some of them, spread evenly over all that came."""

    def __init__(self) -> None:
        super().__init__(MOST_TEXTS)

    def add(self, item: str) -> None:
        """One more text."""
        super().add(item[:MOST_CHARACTERS])


def language_shares(texts: Iterable[str]) -> dict[str, float]:
    """The share of each language in the texts by their characters, the commonest first, under ISO 639-1 codes. Of each
    text the beginning is read, and taken for one language. Needs py3langid."""
    from py3langid import classify  # its model takes a moment to load

    characters = Counter[str]()
    for text in texts:
        beginning = text[:MOST_CHARACTERS]
        characters[str(classify(beginning)[0])] += len(beginning)
    total = max(characters.total(), 1)
    shares = {language: count / total for language, count in characters.most_common()}
    return {language: round(share, 3) for language, share in shares.items() if share >= _LEAST_SHARE}
