"""The words of headings, in English and Russian: chapters, parts, numbers, dates."""

from __future__ import annotations

import re

_ROMAN = r"(?=[IVXLC])C{0,3}(?:X[CL]|L?X{0,3})(?:I[XV]|V?I{0,3})"
_VALUES = {"I": 1, "V": 5, "X": 10, "L": 50, "C": 100}
_LOOK_ALIKE = str.maketrans("ІХС", "IXC")  # Cyrillic letters that are typed for numerals

_ONES = "one|two|three|four|five|six|seven|eight|nine|first|second|third|fourth|fifth|sixth|seventh|eighth|ninth|last"
_TENS = "twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety"
_TEENS = "ten|eleven|twelve|thirteen|fourteen|fifteen|sixteen|seventeen|eighteen|nineteen|tenth|eleventh|twelfth"
_RUSSIAN = (
    r"(?:(?:двадцать|тридцать|сорок|пятьдесят)\s)?(?:перв|втор|трет|четв[её]рт|пят|шест|седьм|восьм|девят|последн|"
    r"[а-яё]{2,8}надцат|десят|двадцат|тридцат|сороков|пятидесят)(?:ая|ья|яя|ый|ий|ой|ое|ье)"
)
_COUNT = (
    rf"(?:\d{{1,3}}|[IVXLCІХС]{{1,8}}|{_RUSSIAN}"
    rf"|(?:the )?(?:(?:{_TENS})(?:[- ](?:{_ONES}))?|{_ONES}|(?:{_TEENS})(?:th)?))"
)
# Behind the number: nothing, or a title, which begins as a name does: "Часть первая была готова" is a sentence.
_TITLE = r"(?P<title>\s*[.:)—–-]+\s*(?:[^\sa-zа-яё].*)?|\s+[A-ZА-ЯЁ«“\"„].*)?"


def _numbered(words: str) -> re.Pattern[str]:
    return re.compile(rf"(?i:(?:{words})\s+№?\s?{_COUNT}){_TITLE}")


CHAPTER = _numbered("chapter|letter|canto|глава|письмо|песнь|chapitre|kapitel|розділ|раздел")
PART = _numbered("part|book|volume|act|часть|книга|том|действие|частина")
FRONT = re.compile(
    r"(?:prologue|epilogue|interlude|introduction|preface|foreword|afterword|conclusion|пролог|эпилог|интермедия|"
    r"предисловие|послесловие|введение|вступление|заключение|вместо предисловия|вместо эпилога)\.?",
    re.IGNORECASE,
)
NUMBER = re.compile(rf"(?:(?P<bare>\d{{1,3}}|{_ROMAN})[.)]?|(?P<titled>{_ROMAN})\.\s+(?P<title>[A-ZА-ЯЁ«“\"„].+))")

_DAY = r"\d{1,2}(?:st|nd|rd|th|-?е|-?го)?"
_YEAR = r"(?:,?\s+\d{4}(?:\s?(?:г|года|year)\b\.?)?)?"
_MONTH = (
    r"(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?|"
    r"nov(?:ember)?|dec(?:ember)?|января|февраля|марта|апреля|мая|июня|июля|августа|сентября|октября|ноября|декабря)\.?"
)
_WEEKDAY = (
    r"(?:(?:mon|tues|wednes|thurs|fri|satur|sun)day|mon|tue|wed|thu|fri|sat|sun|понедельник|вторник|среда|четверг|пятница|"
    r"суббота|воскресенье|пн|вт|ср|чт|пт|сб|вс)\.?"
)
DATE = re.compile(
    rf"(?:{_WEEKDAY},?\s+)?(?:{_DAY}\s+(?:of\s+)?{_MONTH}{_YEAR}|{_MONTH}\s+{_DAY}{_YEAR}|"
    r"\d{4}[-./]\d{1,2}[-./]\d{1,2}|\d{1,2}[./-]\d{1,2}[./-](?:\d{4}|\d{2})(?:\s?(?:г|года)\b\.?)?)"
    rf"(?:,?\s+\(?{_WEEKDAY}\)?)?(?:,?\s+\d{{1,2}}[:.]\d\d)?[.:]?",
    re.IGNORECASE,
)


def number_of(numeral: str) -> int:
    """The value of a number, in figures or in Roman numerals."""
    if numeral.isdecimal():
        return int(numeral)
    values = [_VALUES[letter] for letter in numeral]
    return sum(-here if here < max(values[place:]) else here for place, here in enumerate(values))


def with_latin_numerals(text: str) -> str:
    """A text with numerals that are typed in Cyrillic letters in Latin ones."""
    return text.translate(_LOOK_ALIKE)
