"""The storyline of a text: a few key words, in the order in which the story meets them.

A word is worth what tf-idf says (often here, seldom elsewhere), a little more where it comes early, is long
or is a name. No language is known: forms of one word are put together by their common beginning, and a word
is a name if it has its capital inside sentences.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from operator import attrgetter

import numpy as np

from skaz.text.pieces import PieceTable, batches, distinct
from skaz.text.tokenizer import Tokenizer
from skaz.text.words import PieceWords, names_of, same_word, words_of

_BORDER = re.compile(
    r"\s*(?:[,;\n，、；،؛→]|->)\s*"
)  # commas and semicolons of any script, arrows; web/text.js has it too

SHORTEST = 3  # letters
LARGEST_SHARE = 0.25  # of the stories: a commoner word tells nothing about any one of them
RAREST_SHARE = 1 / 2000  # rarer words are all worth the same, or misprints would win
NAME_BONUS = 1.25
LAST_WEIGHT = 0.6  # of a word that first comes at the very end, against 1 at the beginning
_BATCH_CHARACTERS = 500_000


class DocumentFrequency(Mapping[str, int]):
    """In how many texts each word occurs.

    The keys are words in lower case. A word with its capital is a key of its own, that counts the texts where
    it is written so inside a sentence. Memory is bounded: above `most_entries` the rarest are forgotten.
    """

    def __init__(self, most_entries: int = 1_000_000) -> None:
        self._counts: Counter[str] = Counter()
        self._most_entries = most_entries
        self.n_documents = 0

    def add(self, text: str) -> None:
        """Counts one more text."""
        self._counts.update({*words_of(text), *names_of(text)})
        self.n_documents += 1
        self._forget_rarest()

    def update(self, texts: Iterable[str]) -> None:
        """Counts more texts: what `add` does for each, many at a time."""
        table = PieceTable()
        known = PieceWords(table)
        for batch in batches(texts, _BATCH_CHARACTERS, len):
            pieces = table.cut(batch)
            words, names = known.words(pieces), known.names(pieces)
            numbers = np.concatenate([words.values, names.values])
            rows = np.concatenate([words.row_of_each, names.row_of_each])
            in_texts = np.bincount(distinct(rows * len(known.spelt) + numbers) % len(known.spelt))
            spelt = known.spelt.since(0)
            met = np.flatnonzero(in_texts)
            self._counts.update(dict(zip(map(spelt.__getitem__, met.tolist()), in_texts[met].tolist(), strict=True)))
            self.n_documents += len(batch)
            self._forget_rarest()
            if table.is_full:
                table = PieceTable()
                known = PieceWords(table)

    def _forget_rarest(self) -> None:
        floor = 1
        while len(self._counts) > self._most_entries:
            self._counts = Counter({word: count for word, count in self._counts.items() if count > floor})
            floor += 1

    def commonest(self, most: int) -> dict[str, int]:
        """Up to `most` of the words that occur in two texts or more: all that `extract_plan` needs."""
        return {word: count for word, count in self._counts.most_common(most) if count > 1}

    def __getitem__(self, word: str) -> int:
        if word not in self._counts:
            raise KeyError(word)
        return self._counts[word]

    def __iter__(self) -> Iterator[str]:
        return iter(self._counts)

    def __len__(self) -> int:
        return len(self._counts)


@dataclass(slots=True)
class _Candidate:
    """The forms of one word in a text, under the first of them in the order of the alphabet."""

    form: str
    count: int
    first: int  # place of the earliest among the words of the text
    documents: int
    worth: float = 0.0  # without the bonus of a name


_worth = attrgetter("worth")


def extract_plan(text: str, document_frequency: Mapping[str, int], n_documents: int, *, items: int = 5) -> list[str]:
    """The `items` words that tell most about a text, or fewer, in the order in which it meets them.

    `document_frequency` says in how many of the `n_documents` texts a word occurs; a word that it does not
    hold counts as occurring in one. Names keep their capital, other words are in lower case.
    """
    words = words_of(text)
    names = names_of(text)

    def is_name(word: str) -> bool:
        capitalised = word.capitalize()
        elsewhere = document_frequency.get(capitalised, 0)
        return capitalised in names or elsewhere * 2 > document_frequency.get(word, 1)

    def worth(candidate: _Candidate) -> float:
        return candidate.worth * (NAME_BONUS if is_name(candidate.form) else 1.0)

    largest = max(n_documents * LARGEST_SHARE, 2)
    rarest = max(n_documents * RAREST_SHARE, 1.0)
    candidates = [each for each in _candidates(words, document_frequency) if each.documents <= largest]
    for each in candidates:
        rarity = math.log1p(n_documents / max(each.documents, rarest))
        place = 1 - (1 - LAST_WEIGHT) * each.first / len(words)
        length = 0.5 + min(len(each.form), 7) / 14
        each.worth = (1 + math.log(each.count)) * rarity * place * length
    candidates.sort(key=_worth, reverse=True)
    best = sorted(candidates[: 4 * items], key=worth, reverse=True)  # the bonus lifts none from below that

    chosen: list[_Candidate] = []
    for candidate in best:
        if len(chosen) == items:
            break
        if not any(same_word(candidate.form, other.form) for other in chosen):
            chosen.append(candidate)
    met = (words[candidate.first] for candidate in sorted(chosen, key=lambda each: each.first))
    return [word.capitalize() if is_name(word) else word for word in met]


def parse_plan(text: str) -> list[str]:
    """The items of a plan that a person wrote, between commas, semicolons, line ends or arrows (->)."""
    return [item.strip() for item in _BORDER.split(text) if item.strip()]


def encode_plan(tokenizer: Tokenizer, items: Sequence[str]) -> list[int]:
    """The ids of a plan: its items with <next> between them, spelt as they are inside a story; empty ones are
    dropped."""
    between = tokenizer.special("<next>")
    ids: list[int] = []
    for encoded in tokenizer.encode_batch([inside_story(tokenizer, item) for item in items if item.strip()]):
        ids += [between, *encoded] if ids else encoded
    return ids


def inside_story(tokenizer: Tokenizer, item: str) -> str:
    """An item as its tokens are those that it has in a story."""
    return (" " if tokenizer.joins_spaces else "") + item.strip()


def decode_plan(tokenizer: Tokenizer, ids: Sequence[int]) -> list[str]:
    """The items of a plan from its ids; empty ones are dropped."""
    between = tokenizer.special("<next>")
    borders = [-1, *(place for place, token in enumerate(ids) if token == between), len(ids)]
    items = [tokenizer.decode(ids[a + 1 : b]).strip() for a, b in pairwise(borders)]
    return [item for item in items if item]


def _candidates(words: Sequence[str], document_frequency: Mapping[str, int]) -> list[_Candidate]:
    """The words of a text, those with the same beginning together: лиса, лисой, лису."""
    counts = Counter(words)
    first = dict(zip(reversed(words), range(len(words) - 1, -1, -1), strict=True))
    groups: list[_Candidate] = []
    group, beginning = _Candidate("", 0, 0, 0), ""
    for word in sorted(counts):
        if len(word) < SHORTEST:
            continue
        documents = document_frequency.get(word, 1)
        if word[:3] != beginning or not same_word(group.form, word):  # most words begin unlike the one before
            group, beginning = _Candidate(word, counts[word], first[word], documents), word[:3]
            groups.append(group)
            continue
        group.count += counts[word]
        group.first = min(group.first, first[word])
        group.documents = max(group.documents, documents)
    return groups
