"""The plans of many texts at once: what `extract_plan` and `encode_plan` give for each of them, by numpy.

Everything that depends on a word alone is found when the word is first met. A group is one word's forms in one text.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from skaz.text.pieces import Numbers, PieceTable, Rows, distinct, starts_of
from skaz.text.plan import LARGEST_SHARE, LAST_WEIGHT, NAME_BONUS, RAREST_SHARE, SHORTEST
from skaz.text.words import PieceWords, same_word

Worths = NDArray[np.float64]
_NONE = np.zeros(0, dtype=np.int64)
_STEMS = 3  # of a word: its own, and those that forms one and two letters shorter would have


class PlanExtractor:
    """Plans for the texts that a table has cut, by the frequency of words among `n_documents` texts."""

    def __init__(
        self, table: PieceTable, document_frequency: Mapping[str, int], n_documents: int, *, items: int = 5
    ) -> None:
        self._pieces = PieceWords(table)
        self._words = _Words(document_frequency)
        self._items = items
        self._largest = max(n_documents * LARGEST_SHARE, 2)
        rarest = max(n_documents * RAREST_SHARE, 1.0)
        documents = range(int(self._largest) + 1)
        self._rarity = np.array([math.log1p(n_documents / max(number, rarest)) for number in documents])
        self._frequency = np.array([math.nan])  # what a word is worth that occurs so often in the text

    def plans(self, pieces: Rows) -> list[list[str]]:
        """The plan of each text."""
        words, names = self._pieces.words(pieces), self._pieces.names(pieces)
        self._words.learn(self._pieces.spelt.since(len(self._words.spelt)))
        best = self._best(words)
        is_name = _Names(self._words, names)
        worth = best.worth * np.where(is_name(best.text, best.form), NAME_BONUS, 1.0)
        order = np.lexsort((-worth, best.text))
        met = words.values[best.first]
        spelt = self._spelt(met, is_name(best.text, met))
        return self._chosen(best, order, spelt, len(pieces))

    def _best(self, words: Rows) -> _Groups:
        """The groups that can still be among the chosen: the bonus of a name lifts none from below these."""
        groups = _groups(words, self._words)
        groups = groups.of(groups.documents <= self._largest)
        place = 1 - (1 - LAST_WEIGHT) * (groups.first - words.starts[groups.text]) / words.lengths[groups.text]
        length = 0.5 + np.minimum(self._words.letters[groups.form], 7) / 14
        worth = self._by_count(groups.count) * self._rarity[groups.documents] * place * length
        groups.worth = worth
        groups = groups.of(np.lexsort((-worth, groups.text)))
        return groups.of(_places_in(groups.text) < 4 * self._items)

    def _by_count(self, counts: Numbers) -> Worths:
        most = int(counts.max(initial=0))
        if most >= len(self._frequency):
            more = [1 + math.log(count) for count in range(len(self._frequency), most + 1)]
            self._frequency = np.concatenate([self._frequency, np.array(more)])
        return self._frequency[counts]

    def _spelt(self, words: Numbers, is_name: NDArray[np.bool_]) -> list[str]:
        spelt = self._words.spelt
        return [
            spelt[word].capitalize() if name else spelt[word]
            for word, name in zip(words.tolist(), is_name.tolist(), strict=True)
        ]

    def _chosen(self, best: _Groups, order: Numbers, spelt: Sequence[str], n_texts: int) -> list[list[str]]:
        """Of each text the best groups that differ, in the order in which it meets them."""
        forms = [self._words.spelt[form] for form in best.form.tolist()]
        texts, first = best.text.tolist(), best.first.tolist()
        chosen: list[list[int]] = [[] for _ in range(n_texts)]
        for group in order.tolist():
            taken = chosen[texts[group]]
            if len(taken) < self._items and not any(same_word(forms[group], forms[other]) for other in taken):
                taken.append(group)
        return [[spelt[group] for group in sorted(taken, key=first.__getitem__)] for taken in chosen]


def join_items(items: Rows, plans: Sequence[Sequence[str]], between: int) -> Rows:
    """The ids of each plan, from those of all their items, end to end: with `between` between two items."""
    first_items = starts_of(np.fromiter(map(len, plans), np.int64, len(plans)))
    follows = items.starts[:-1] > np.repeat(items.starts[first_items[:-1]], np.diff(first_items))
    starts = items.starts + starts_of(follows.astype(np.int64))
    return Rows(np.insert(items.values, items.starts[:-1][follows], between), starts[first_items])


class _Words:
    """What there is to know of each word, whatever the text. Spellings are kept as Python's hashes of them, which take
    a tenth of the memory and are compared all at once."""

    def __init__(self, document_frequency: Mapping[str, int]) -> None:
        self._document_frequency = document_frequency
        self._in_order: list[int] = []
        self.spelt: list[str] = []
        self.rank = _NONE  # in the order of the alphabet
        self.letters = _NONE
        self.documents = _NONE
        self.is_name = np.zeros(0, dtype=np.bool_)  # by what other texts say
        self.spelling = _NONE
        self.capitalised = _NONE
        self.beginning = _NONE
        self.stems = np.zeros((0, _STEMS), dtype=np.int64)

    def learn(self, new: list[str]) -> None:
        """Adds words, which follow those that are known."""
        if not new:
            return
        known, documents = len(self.spelt), self._document_frequency.get
        self.spelt += new
        # What was sorted is one run for Python's sort, so that it costs little more than the new ones do.
        self._in_order = sorted([*self._in_order, *range(known, len(self.spelt))], key=self.spelt.__getitem__)
        self.rank = np.empty(len(self.spelt), dtype=np.int64)
        self.rank[self._in_order] = np.arange(len(self.spelt))
        capitalised = [word.capitalize() for word in new]
        is_name = [documents(name, 0) * 2 > documents(word, 1) for name, word in zip(capitalised, new, strict=True)]
        self.letters = _followed(self.letters, [len(word) for word in new])
        self.documents = _followed(self.documents, [documents(word, 1) for word in new])
        self.is_name = _followed(self.is_name, is_name)
        self.spelling = _followed(self.spelling, [hash(word) for word in new])
        self.capitalised = _followed(self.capitalised, [hash(name) for name in capitalised])
        self.beginning = _followed(self.beginning, [hash(word[:SHORTEST]) for word in new])
        self.stems = _followed(self.stems, [_stems(word) for word in new])

    def are_same(self, first: Numbers, second: Numbers) -> NDArray[np.bool_]:
        """`same_word` of each pair."""
        swapped = self.letters[first] > self.letters[second]
        shorter, longer = np.where(swapped, second, first), np.where(swapped, first, second)
        difference = self.letters[longer] - self.letters[shorter]
        near = (difference < _STEMS) & (self.letters[shorter] > SHORTEST)
        same: NDArray[np.bool_] = self.stems[shorter, 0] == self.stems[longer, np.minimum(difference, _STEMS - 1)]
        return near & same


@dataclass
class _Groups:
    """Groups of the forms of a word, text by text."""

    text: Numbers
    form: Numbers  # the first in the order of the alphabet
    count: Numbers
    first: Numbers  # place among the words of all the texts
    documents: Numbers
    worth: Worths  # without the bonus of a name

    def of(self, which: NDArray[np.bool_] | Numbers) -> _Groups:
        return _Groups(
            self.text[which],
            self.form[which],
            self.count[which],
            self.first[which],
            self.documents[which],
            self.worth[which],
        )


class _Names:
    """Which words are names in which texts."""

    def __init__(self, words: _Words, names: Rows) -> None:
        self._words = words
        spelling = words.spelling[names.values]
        self._different = distinct(spelling)
        self._in_texts = distinct(self._keys(names.row_of_each, spelling))

    def __call__(self, texts: Numbers, words: Numbers) -> NDArray[np.bool_]:
        capitalised = self._words.capitalised[words]
        here = np.isin(capitalised, self._different) & np.isin(self._keys(texts, capitalised), self._in_texts)
        return here | self._words.is_name[words]

    def _keys(self, texts: Numbers, spelling: Numbers) -> Numbers:
        return texts * (len(self._different) + 1) + np.searchsorted(self._different, spelling)


def _groups(words: Rows, known: _Words) -> _Groups:
    """The words of each text, those with the same beginning together: лиса, лисой, лису."""
    places = np.flatnonzero(known.letters[words.values] >= SHORTEST)
    texts, ranks = words.row_of_each[places], known.rank[words.values[places]]
    _, index, counts = np.unique(texts * len(known.spelt) + ranks, return_index=True, return_counts=True)
    text, first, form = texts[index], places[index], words.values[places[index]]
    begins = np.flatnonzero(_leaders(text, form, known) == np.arange(len(form)))
    return _Groups(
        text=text[begins],
        form=form[begins],
        count=np.add.reduceat(counts, begins),
        first=np.minimum.reduceat(first, begins),
        documents=np.maximum.reduceat(known.documents[form], begins),
        worth=np.zeros(len(begins)),
    )


def _leaders(text: Numbers, form: Numbers, known: _Words) -> Numbers:
    """For each word of a text, in the order of the alphabet, where the first form of its group stands.

    A word joins the group of the word before it or begins one, so they are gone through one by one; but only those
    with the same first letters, and of all such runs at once.
    """
    leaders = np.arange(len(form))
    goes_on = np.zeros(len(form), dtype=np.bool_)
    beginning = known.beginning[form]
    goes_on[1:] = (text[1:] == text[:-1]) & (beginning[1:] == beginning[:-1])
    run_begins = np.maximum.accumulate(np.where(goes_on, 0, leaders))
    places = np.flatnonzero(goes_on)
    steps = places - run_begins[places]  # from the beginning of the run
    by_step = places[np.argsort(steps, kind="stable")]
    ends = np.cumsum(np.bincount(steps))
    for rows in np.split(by_step, ends[:-1]):
        before = leaders[rows - 1]
        leaders[rows] = np.where(known.are_same(form[before], form[rows]), before, rows)
    return leaders


def _stems(word: str) -> list[int]:
    """Hashes of what `same_word` compares."""
    return [hash(word[: length - (1 if length < 6 else 2)]) for length in range(len(word), len(word) - _STEMS, -1)]


def _places_in(texts: Numbers) -> Numbers:
    """The place of each row among those of its text; the texts are in order."""
    return np.arange(len(texts)) - np.searchsorted(texts, texts)


def _followed(column: NDArray[Any], more: list[Any]) -> NDArray[Any]:
    return np.concatenate([column, np.array(more, dtype=column.dtype)])
