"""Does a told story keep to its plan? Only the text and the plan's phrases are needed."""

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from skaz.corpus.tales.world.telling import Language
from skaz.corpus.tales.world.vocabulary import Vocabulary, Words, vocabulary, words_of

ROLES = ("hero", "place", "thing", "helper", "hiding")
_SENTENCE_END = re.compile(r"[.!?…]+[\"»”]?\s+|\n+")


@dataclass(frozen=True)
class Check:
    """What a story has of its plan, and what is wrong with it, a sentence for each fault."""

    planned: int
    appeared: int
    missing: tuple[str, ...]
    problems: tuple[str, ...]

    @property
    def consistent(self) -> bool:
        """Whether everything planned is there and nothing is wrong."""
        return not self.problems and not self.missing


def check(text: str, plan: Sequence[str], language: Language) -> Check:
    """Read the world back from the plan's phrases and hold the text against it."""
    known = vocabulary(language)
    story = _Story.read(text)
    sentences = _sentences(text)
    missing = tuple(phrase for phrase in plan if not _appears(phrase, story, known))
    problems = [
        *_strangers(story, plan, known),
        *_repainted(sentences, plan, known),
        *_not_found(sentences, plan, known),
    ]
    return Check(len(plan), len(plan) - len(missing), missing, tuple(problems))


@dataclass(frozen=True)
class _Story:
    words: Sequence[str]
    plain: Sequence[str]

    @staticmethod
    def read(text: str) -> "_Story":
        words = words_of(text)
        return _Story(words, [word.lower() for word in words])


def _sentences(text: str) -> list[list[str]]:
    """The words of every sentence in lower case."""
    split = ([word.lower() for word in words_of(part)] for part in _SENTENCE_END.split(text))
    return [words for words in split if words]


def _appears(phrase: str, story: _Story, known: Vocabulary) -> bool:
    """Whether the phrase is in the story, in any case; of a hero, the name and the kind."""
    wanted = words_of(phrase)
    if any(word in known.names for word in wanted):
        return all(_word_appears(word, story, known) for word in wanted)
    return bool(_positions(phrase, story.plain, known))


def _word_appears(word: str, story: _Story, known: Vocabulary) -> bool:
    if word in known.names:
        return any(known.names.get(told) == known.names[word] for told in story.words)
    return bool(_positions(word, story.plain, known))


def _positions(phrase: str, plain: Sequence[str], known: Vocabulary) -> list[int]:
    """Where the phrase begins: a spot by its written-out forms, anything else word by word."""
    wanted = tuple(word.lower() for word in words_of(phrase))
    for spots in (known.places, known.hidings):
        if wanted in spots:
            return [start for start, key in _spots_told(plain, spots) if key == spots[wanted]]
    starts = range(len(plain) - len(wanted) + 1) if wanted else range(0)
    return [
        start for start in starts if all(_same(one, plain[start + offset], known) for offset, one in enumerate(wanted))
    ]


def _same(wanted: str, told: str, known: Vocabulary) -> bool:
    """Whether two words are forms of one: by the lexicon, and for a word it lacks, by the stem."""
    if wanted == told:
        return True
    for forms in _by_noun(known):
        if wanted in forms:
            return forms[wanted] == forms.get(told)
    stem = wanted[: max(3, len(wanted) - 2)]
    return len(wanted) > 3 and told.startswith(stem) and len(told) <= len(wanted) + 2


def _by_noun(known: Vocabulary) -> tuple[Mapping[str, str], ...]:
    return (known.hero_kinds, known.helpers, known.things, known.thing_adjectives, known.helper_adjectives)


def _spots_told(plain: Sequence[str], spots: Mapping[Words, str]) -> Iterator[tuple[int, str]]:
    for start in range(len(plain)):
        for length in (1, 2, 3):
            key = spots.get(tuple(plain[start : start + length]))
            if key is not None and start + length <= len(plain):
                yield start, key


def _strangers(story: _Story, plan: Sequence[str], known: Vocabulary) -> Iterator[str]:
    """Whoever and whatever the lexicon knows and the plan does not."""
    planned = [word for phrase in plan for word in words_of(phrase)]
    plain = [word.lower() for word in planned]
    yield from _unplanned(story.words, planned, known.names, "{} is named, who is not in the plan.")
    yield from _unplanned(story.plain, plain, known.hero_kinds, "A {} appears, which the plan's hero is not.")
    yield from _unplanned(story.plain, plain, known.helpers, "A {} appears, which the plan's helper is not.")
    yield from _unplanned(story.plain, plain, known.things, "The {} appears, but something else was lost.")
    for spots, fault in (
        (known.hidings, "The {} appears, but the thing was to be found elsewhere."),
        (known.places, "The story goes to the {}, which is not its place."),
    ):
        allowed = {spots.get(tuple(word.lower() for word in words_of(phrase))) for phrase in plan}
        yield from _faults((key for _, key in _spots_told(story.plain, spots)), allowed, fault)


def _unplanned(told: Sequence[str], planned: Sequence[str], forms: Mapping[str, str], fault: str) -> Iterator[str]:
    allowed = {forms[word] for word in planned if word in forms}
    return _faults((forms[word] for word in told if word in forms), allowed, fault)


def _faults(keys: Iterator[str], allowed: Collection[str | None], fault: str) -> Iterator[str]:
    for key in dict.fromkeys(keys):
        if key not in allowed:
            yield fault.format(key)


def _repainted(sentences: Sequence[Sequence[str]], plan: Sequence[str], known: Vocabulary) -> Iterator[str]:
    """The thing or the helper with another adjective than the plan's."""
    for nouns, adjectives in (
        (known.things, known.thing_adjectives),
        (known.helpers, known.helper_adjectives),
    ):
        planned = _adjective_planned(plan, nouns, adjectives)
        if planned is None:
            continue
        pairs = (pair for words in sentences for pair in pairwise(words))
        told = (adjectives[first] for first, second in pairs if second in nouns and first in adjectives)
        yield from _faults(told, {planned}, f"What was {planned} in the plan is {{}} in the story.")


def _adjective_planned(plan: Sequence[str], nouns: Mapping[str, str], adjectives: Mapping[str, str]) -> str | None:
    for phrase in plan:
        words = [word.lower() for word in words_of(phrase)]
        if len(words) > 1 and words[-1] in nouns:
            return adjectives.get(words[0])
    return None


def _not_found(sentences: Sequence[Sequence[str]], plan: Sequence[str], known: Vocabulary) -> Iterator[str]:
    """The finding must be told: once the hiding place is named, the thing again, with a word of finding.

    Both may stand in one sentence, or the word of finding in the one before or after that of the thing.
    """
    if len(plan) != len(ROLES):
        return
    thing, hiding = plan[2], plan[4]
    noun = words_of(thing)[-1] if words_of(thing) else ""
    first = next((index for index, words in enumerate(sentences) if _positions(hiding, words, known)), None)
    if first is None:
        yield f"The story never comes to where the {noun} was to be found."
        return
    for index in range(first, len(sentences)):
        near = sentences[max(first, index - 1) : index + 2]
        named = bool(noun) and bool(_positions(noun, sentences[index], known))
        if named and any(word in known.found for words in near for word in words):
            return
    yield f"The story never tells that the {noun} is found."
