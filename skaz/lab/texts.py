"""Sentences in English and Russian side by side, with a run's numbers in them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

Language = Literal["en", "ru"]

NO_BREAK, THIN = "\u00a0", "\u202f"
_RAISED = str.maketrans("0123456789-", "⁰¹²³⁴⁵⁶⁷⁸⁹⁻")


@dataclass(frozen=True)
class Text:
    """The same in both languages."""

    en: str
    ru: str

    def of(self, language: Language) -> str:
        """It in one of them."""
        return self.en if language == "en" else self.ru


class _Figure:
    """A number that a template's format spec writes as its language does: 98.5 % and 98,5 %, 1,000 and 1 000."""

    def __init__(self, value: float, language: Language) -> None:
        self.value, self.language = value, language

    def __format__(self, spec: str) -> str:
        if not math.isfinite(self.value):
            return "∞" if self.value > 0 else "–∞" if self.value < 0 else "–"
        text = format(self.value, spec or (".15g" if isinstance(self.value, float) else "d"))
        mantissa, e, exponent = text.partition("e")
        if self.language == "ru":
            mantissa = mantissa.replace(",", NO_BREAK).replace(".", ",")
        mantissa = mantissa.replace("-", "−").replace("%", f"{THIN}%")
        return f"{mantissa}·10{str(int(exponent)).translate(_RAISED)}" if e else mantissa


def told(en: str, ru: str, **values: float | str | Text) -> Text:
    """Both templates filled with the same values: numbers by their format spec, a Text by its language."""
    return Text(
        en.format(**{name: _value(value, "en") for name, value in values.items()}),
        ru.format(**{name: _value(value, "ru") for name, value in values.items()}),
    )


def _value(value: float | str | Text, language: Language) -> _Figure | str:
    match value:
        case Text():
            return value.of(language)
        case str():
            return value
        case _:
            return _Figure(value, language)


def counted(n: int, en: tuple[str, str], ru: tuple[str, str, str]) -> Text:
    """A number with its noun: ("pass", "passes"), ("проход", "прохода", "проходов")."""
    return told("{n:,}{space}{noun}", "{n:,}{space}{noun}", n=n, space=NO_BREAK, noun=agreeing(n, en, ru))


def agreeing(n: int, en: tuple[str, str], ru: tuple[str, str, str]) -> Text:
    """The form alone that goes with a number: of a noun that stands apart from it, or a verb."""
    last, last_two = n % 10, n % 100
    if last == 1 and last_two != 11:
        russian = ru[0]
    elif 2 <= last <= 4 and not 12 <= last_two <= 14:
        russian = ru[1]
    else:
        russian = ru[2]
    return Text(en[n != 1], russian)


def times(value: float, spec: str = ".3g") -> Text:
    """How many times, as a format spec has it: 4 times and 4 раза, 12.4 times and 12,4 раза, 1.58·10⁹ times and раз."""
    number = told("{n:" + spec + "}", "{n:" + spec + "}", n=value)
    whole = number.ru.replace(NO_BREAK, "")
    if whole.isdecimal():
        noun = agreeing(int(whole), ("time", "times"), ("раз", "раза", "раз"))
    else:
        is_fraction = "," in number.ru and "·" not in number.ru
        noun = Text("times", "раза" if is_fraction else "раз")
    return told("{number}{space}{noun}", "{number}{space}{noun}", number=number, space=NO_BREAK, noun=noun)


def listed(items: Sequence[Text]) -> Text:
    """a, b and c."""

    def one(parts: Sequence[str], word: str) -> str:
        return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} {word} {parts[-1]}"

    return Text(one([item.en for item in items], "and"), one([item.ru for item in items], "и"))


def joined(sentences: Sequence[Text]) -> Text:
    """Sentences one after the other."""
    return Text(" ".join(each.en for each in sentences), " ".join(each.ru for each in sentences))


def same(text: str) -> Text:
    """What reads alike in both: a name, a formula."""
    return Text(text, text)
