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
from itertools import chain, pairwise
from operator import attrgetter

from skaz.text.tokenizer import Tokenizer

# Letters of any script, with combining marks and those Indic and Thai signs that Python's \w leaves out; the
# possessive quantifiers keep a word of a megabyte linear. "well-known" is a word, of "Lily's" it is "Lily".
_LETTERS = r"(?:[^\W\d_]++[\u0300-\u036f\u0900-\u0dff\u0e31-\u0e4e]*+)++"
_WORD_PATTERN = rf"{_LETTERS}(?:-{_LETTERS})*+"
_WORD = re.compile(_WORD_PATTERN)
_WORD_INSIDE_SENTENCE = re.compile(rf" (?<=[\w,;] )(?![a-zа-яё])({_WORD_PATTERN})")
_NOT = re.compile(r"n['’]t\b")  # of "didn't" the word is "did"
_BORDER = re.compile(r"\s*(?:[,;\n]|->)\s*")

_SHORTEST = 3  # letters
_LARGEST_SHARE = 0.25  # of the stories: a commoner word tells nothing about any one of them
_RAREST_SHARE = 1 / 2000  # rarer words are all worth the same, or misprints would win
_NAME_BONUS = 1.25
_LAST_WEIGHT = 0.6  # of a word that first comes at the very end, against 1 at the beginning


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
        self._counts.update({*_words(text), *_names(text)})
        self.n_documents += 1
        floor = 1
        while len(self._counts) > self._most_entries:
            self._counts = Counter({word: count for word, count in self._counts.items() if count > floor})
            floor += 1

    def update(self, texts: Iterable[str]) -> None:
        """Counts more texts."""
        for text in texts:
            self.add(text)

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
    words = _words(text)
    names = _names(text)

    def is_name(word: str) -> bool:
        capitalised = word.capitalize()
        elsewhere = document_frequency.get(capitalised, 0)
        return capitalised in names or elsewhere * 2 > document_frequency.get(word, 1)

    def worth(candidate: _Candidate) -> float:
        return candidate.worth * (_NAME_BONUS if is_name(candidate.form) else 1.0)

    largest = max(n_documents * _LARGEST_SHARE, 2)
    rarest = max(n_documents * _RAREST_SHARE, 1.0)
    candidates = [each for each in _candidates(words, document_frequency) if each.documents <= largest]
    for each in candidates:
        rarity = math.log1p(n_documents / max(each.documents, rarest))
        place = 1 - (1 - _LAST_WEIGHT) * each.first / len(words)
        length = 0.5 + min(len(each.form), 7) / 14
        each.worth = (1 + math.log(each.count)) * rarity * place * length
    candidates.sort(key=_worth, reverse=True)
    best = sorted(candidates[: 4 * items], key=worth, reverse=True)  # the bonus lifts none from below that

    chosen: list[_Candidate] = []
    for candidate in best:
        if len(chosen) == items:
            break
        if not any(_same_word(candidate.form, other.form) for other in chosen):
            chosen.append(candidate)
    met = (words[candidate.first] for candidate in sorted(chosen, key=lambda each: each.first))
    return [word.capitalize() if is_name(word) else word for word in met]


def parse_plan(text: str) -> list[str]:
    """The items of a plan that a person wrote, between commas, semicolons, line ends or arrows (->)."""
    return [item.strip() for item in _BORDER.split(text) if item.strip()]


def encode_plan(tokenizer: Tokenizer, items: Sequence[str]) -> list[int]:
    """The ids of a plan: its items with <next> between them, spelt as they are inside a story."""
    return encode_plans(tokenizer, [items])[0]


def encode_plans(tokenizer: Tokenizer, plans: Sequence[Sequence[str]]) -> list[list[int]]:
    """The ids of each plan, all at once."""
    space = " " if tokenizer.joins_spaces else ""
    between = tokenizer.special("<next>")
    encoded = iter(tokenizer.encode_batch([space + item.strip() for item in chain.from_iterable(plans)]))
    together: list[list[int]] = []
    for items in plans:
        ids: list[int] = []
        for _ in items:
            ids += [between, *next(encoded)] if ids else next(encoded)
        together.append(ids)
    return together


def decode_plan(tokenizer: Tokenizer, ids: Sequence[int]) -> list[str]:
    """The items of a plan from its ids; empty ones are dropped."""
    between = tokenizer.special("<next>")
    borders = [-1, *(place for place, token in enumerate(ids) if token == between), len(ids)]
    items = [tokenizer.decode(ids[a + 1 : b]).strip() for a, b in pairwise(borders)]
    return [item for item in items if item]


def _words(text: str) -> list[str]:
    return _WORD.findall(_NOT.sub(" ", text.lower()))


def _names(text: str) -> set[str]:
    """Words with a capital that are neither first in a sentence nor all in capitals."""
    return {
        word
        for word in _WORD_INSIDE_SENTENCE.findall(text)
        if word[0].isupper() and not (word.isupper() and len(word) > 1)
    }


def _candidates(words: Sequence[str], document_frequency: Mapping[str, int]) -> list[_Candidate]:
    """The words of a text, those with the same beginning together: лиса, лисой, лису."""
    counts = Counter(words)
    first = dict(zip(reversed(words), range(len(words) - 1, -1, -1), strict=True))
    groups: list[_Candidate] = []
    group, beginning = _Candidate("", 0, 0, 0), ""
    for word in sorted(counts):
        if len(word) < _SHORTEST:
            continue
        documents = document_frequency.get(word, 1)
        if word[:3] != beginning or not _same_word(group.form, word):  # most words begin unlike the one before
            group, beginning = _Candidate(word, counts[word], first[word], documents), word[:3]
            groups.append(group)
            continue
        group.count += counts[word]
        group.first = min(group.first, first[word])
        group.documents = max(group.documents, documents)
    return groups


def _same_word(one: str, other: str) -> bool:
    """Whether two words differ only in an ending: at most 2 letters off the shorter, 4 off the longer."""
    if one[:3] != other[:3]:
        return False
    shorter, longer = (one, other) if len(one) <= len(other) else (other, one)
    ending = 1 if len(shorter) < 6 else 2
    stem = len(shorter) - ending
    return stem >= 3 and len(longer) - stem <= ending + 2 and longer[:stem] == shorter[:stem]
