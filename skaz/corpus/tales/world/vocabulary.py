"""The lexicons turned round, for a checker: from a written form to the key of what it names."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache

from skaz.corpus.tales.world import lexicon, russian_lexicon
from skaz.corpus.tales.world.russian_grammar import Spot, adjective
from skaz.corpus.tales.world.telling import Language

Words = tuple[str, ...]
_GENDERS: tuple[lexicon.Gender, ...] = ("m", "f", "n")
_WORD = re.compile(r"[^\W\d_]+(?:-[^\W\d_]+)*")


@dataclass(frozen=True)
class Vocabulary:
    """Every form in lower case with "е" for "ё", but for names, which are told by their capital."""

    names: Mapping[str, str]
    hero_kinds: Mapping[str, str]
    helpers: Mapping[str, str]
    things: Mapping[str, str]
    thing_adjectives: Mapping[str, str]
    helper_adjectives: Mapping[str, str]
    places: Mapping[Words, str]
    hidings: Mapping[Words, str]
    found: frozenset[str]


def words_of(text: str) -> list[str]:
    """The words of a text in order, capitals kept, "ё" as "е"."""
    return _WORD.findall(text.replace("ё", "е").replace("Ё", "Е"))


@cache
def vocabulary(language: Language) -> Vocabulary:
    """The vocabulary of a language, built once."""
    return _english() if language == "en" else _russian()


_ENGLISH_FOUND = "found finds lay lies hung waited waiting pulled gleamed glinted shone there"
_RUSSIAN_FOUND = (
    "нашел нашла нашли нашелся нашлась нашлось отыскал отыскала отыскался отыскалась отыскалось "
    "лежал лежала лежало лежит ждал ждала ждало висел висела висело блестел блестела блестело "
    "торчал торчала торчало виднелся виднелась виднелось достал достала вытащил вытащила "
    "вынул вынула оказался оказалась оказалось увидел увидела"
)


def _english() -> Vocabulary:
    return Vocabulary(
        names={name: name for names in lexicon.NAMES.values() for name in names},
        hero_kinds=_plurals(lexicon.HERO_KINDS),
        helpers=_plurals(lexicon.HELPERS),
        things=_plurals(lexicon.THINGS),
        thing_adjectives={word: word for thing in lexicon.THINGS.values() for word in thing.adjectives},
        helper_adjectives={word: word for word in lexicon.HELPER_ADJECTIVES},
        places={tuple(key.split()): key for key in lexicon.PLACES},
        hidings={tuple(key.split()): key for key in lexicon.HIDINGS},
        found=frozenset(_ENGLISH_FOUND.split()),
    )


def _plurals(keys: Iterable[str]) -> dict[str, str]:
    return {form: key for key in keys for form in (key, key + "s")}


def _russian() -> Vocabulary:
    kinds = {key: noun.forms for key, noun in russian_lexicon.KINDS.items()}
    return Vocabulary(
        names={words_of(form)[0]: key for key, forms in russian_lexicon.NAME_FORMS.items() for form in forms},
        hero_kinds=_inverted({key: kinds[key] for key in lexicon.HERO_KINDS}),
        helpers=_inverted({key: kinds[key] for key in lexicon.HELPERS}),
        things=_inverted({key: noun.forms for key, noun in russian_lexicon.THINGS.items()}),
        thing_adjectives=_inverted(_adjectives(russian_lexicon.THING_ADJECTIVES)),
        helper_adjectives=_inverted(_adjectives(russian_lexicon.HELPER_ADJECTIVES)),
        places=_spots(russian_lexicon.PLACES),
        hidings=_spots(russian_lexicon.HIDINGS),
        found=frozenset(_RUSSIAN_FOUND.split()),
    )


def _plain(form: str) -> str:
    return form.lower().replace("ё", "е")


def _inverted(forms_by_key: Mapping[str, Iterable[str]]) -> dict[str, str]:
    return {_plain(form): key for key, forms in forms_by_key.items() for form in forms}


def _adjectives(masculine_by_key: Mapping[str, str]) -> dict[str, list[str]]:
    return {
        key: [form for gender in _GENDERS for form in adjective(masculine, gender, animate=gender == "m")]
        for key, masculine in masculine_by_key.items()
    }


def _spots(spots: Mapping[str, Spot]) -> dict[Words, str]:
    """Every case, and the locative that stands behind a preposition: (в) яблоневом саду."""
    found: dict[Words, str] = {}
    for key, spot in spots.items():
        for form in (*spot.forms, spot.at.split(maxsplit=1)[1]):
            found[tuple(_plain(form).split())] = key
    return found
