"""Russian inflection, as much of it as the tales need: nouns written out, adjectives and names by rule."""

from dataclasses import dataclass

from skaz.corpus.tales.world.lexicon import Gender

NOMINATIVE, GENITIVE, DATIVE, ACCUSATIVE, INSTRUMENTAL, PREPOSITIONAL = range(6)


@dataclass(frozen=True)
class Noun:
    """Six cases in the school order, and the form after "в" and "на" where it is its own: в лесу."""

    forms: tuple[str, ...]
    gender: Gender
    animate: bool = False
    locative: str | None = None

    @property
    def nominative(self) -> str:
        return self.forms[NOMINATIVE]


def noun(written: str, gender: Gender, *, animate: bool = False) -> Noun:
    """A noun from its forms in one string; a seventh form is the locative."""
    forms = written.split()
    return Noun(tuple(forms[:6]), gender, animate, forms[6] if len(forms) > 6 else None)


_HARD = {"m": "ый ого ому ый ым ом", "f": "ая ой ой ую ой ой", "n": "ое ого ому ое ым ом"}
_VELAR = {"m": "ий ого ому ий им ом", "f": "ая ой ой ую ой ой", "n": "ое ого ому ое им ом"}
_SIBILANT = {"m": "ий его ему ий им ем", "f": "ая ей ей ую ей ей", "n": "ее его ему ее им ем"}
_SOFT = {"m": "ий его ему ий им ем", "f": "яя ей ей юю ей ей", "n": "ее его ему ее им ем"}


def adjective(masculine: str, gender: Gender, *, animate: bool = False) -> tuple[str, ...]:
    """The six forms of an adjective: синий, синего …; the masculine accusative follows animacy."""
    stem = masculine[:-2]
    endings = _endings(masculine)[gender].split()
    forms = [stem + ending for ending in endings]
    if gender == "m":
        forms[NOMINATIVE] = masculine
        forms[ACCUSATIVE] = forms[GENITIVE] if animate else masculine
    return tuple(forms)


def _endings(masculine: str) -> dict[str, str]:
    last = masculine[-3]
    if last in "гкх":
        return _VELAR
    if masculine.endswith("ий"):
        return _SIBILANT if last in "жшчщ" else _SOFT
    return _HARD


def decline_name(name: str) -> tuple[str, ...]:
    """The six cases of a person's name in -а, -я or a consonant: Рыжка, Зоя, Степан."""
    stem, last = name[:-1], name[-1]
    if last == "я":
        return (name, stem + "и", stem + "е", stem + "ю", stem + "ей", stem + "е")
    if last == "а":
        genitive = stem + ("и" if stem[-1] in "гкхжшчщ" else "ы")
        instrumental = stem + ("ей" if stem[-1] in "жшчщц" else "ой")
        return (name, genitive, stem + "е", stem + "у", instrumental, stem + "е")
    return (name, name + "а", name + "у", name + "а", name + "ом", name + "е")


def phrase(adjective_masculine: str | None, head: Noun, tail: str = "") -> tuple[str, ...]:
    """The six cases of "старая цапля" or "дупло дуба"; the tail does not change."""
    ending = f" {tail}" if tail else ""
    if adjective_masculine is None:
        return tuple(form + ending for form in head.forms)
    adjectives = adjective(adjective_masculine, head.gender, animate=head.animate)
    return tuple(f"{first} {second}{ending}" for first, second in zip(adjectives, head.forms, strict=True))


@dataclass(frozen=True)
class Spot:
    """Somewhere: its phrase in six cases, and where, where to and where from with their prepositions."""

    forms: tuple[str, ...]
    at: str
    to: str
    off: str


def spot(preposition: str, adjective_masculine: str | None, head: Noun, tail: str = "") -> Spot:
    """A spot for "у", "в", "на", "под" or "за": each preposition has its own way there and back."""
    forms = phrase(adjective_masculine, head, tail)
    match preposition:
        case "у":
            return Spot(forms, f"у {forms[GENITIVE]}", f"к {forms[DATIVE]}", f"от {forms[GENITIVE]}")
        case "под" | "за":
            where, whither = f"{preposition} {forms[INSTRUMENTAL]}", f"{preposition} {forms[ACCUSATIVE]}"
            return Spot(forms, where, whither, f"из-{preposition} {forms[GENITIVE]}")
        case _:
            inner = forms[PREPOSITIONAL]
            if head.locative:
                inner = inner.replace(head.forms[PREPOSITIONAL], head.locative)
            whence = "из" if preposition == "в" else "с"
            return Spot(
                forms,
                f"{preposition} {inner}",
                f"{preposition} {forms[ACCUSATIVE]}",
                f"{whence} {forms[GENITIVE]}",
            )
