"""What was understood of an upload: how many stories, how long, in which languages, and what looks odd."""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from skaz.corpus.languages import Beginnings, language_shares
from skaz.corpus.layouts import find_layouts
from skaz.corpus.pairs import Columns, describe_pairs, read_pairs
from skaz.corpus.places import find_sources, kind_of
from skaz.corpus.readers import describe, read_stories
from skaz.corpus.records import Reading, Story, Tally
from skaz.corpus.textfiles import looks_like_markup, open_text
from skaz.errors import CorpusError
from skaz.lab.texts import counted
from skaz.recipe import Split, Task
from skaz.server.text_faults import too_little
from skaz.text.words import number_of_words

_BORDERS = (1, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000)  # words
_EXAMPLES, _EXAMPLE_CHARACTERS = 5, 600
_MOST_NAMED = 5  # files
_MOST_ODD, _LONGEST_LINE = 50, 20_000
_LAYOUTS = {
    "line": ("A story a line.", "По истории на строке."),
    "marker": (
        "Lines such as ***, or headings, stand between the stories.",
        "Между историями стоят строки вроде *** или заголовки.",
    ),
    "heading": (
        "Headings, of chapters or with dates, stand over the stories.",
        "Над историями стоят заголовки: главы, даты.",
    ),
    "blank": ("Blank lines stand between the stories.", "Истории разделены пустыми строками."),
    "file": ("Each file is one text.", "Каждый файл — один текст."),
    "mixed": ("The files are laid out in different ways.", "Файлы устроены по-разному."),
}
Bilingual = dict[str, str]


def understood(names: Mapping[str, str], task: Task, split: Split | None) -> dict[str, Any]:
    """The facts, as JSON has them. `names`: what the files are called, by their paths; `split`: how stories lie in text
    files (None: that is found out). CorpusError where nothing can be read."""
    tally, lengths, characters = Tally(), Counter[int](), 0
    beginnings = Beginnings()
    examples: list[str] = []
    places = list(names)
    if task == "write":
        reading, stories = describe(places, split), read_stories(places, split=split, tally=tally)
    else:
        reading, stories = describe_pairs(places, Columns()), read_pairs(places, Columns(), tally)
    for number, story in enumerate(stories):
        characters += len(story.text)
        lengths[_bin(number_of_words(story.text))] += 1
        beginnings.add(story.text)
        if number < _EXAMPLES:
            examples.append(_example(story))
    return {
        "stories": tally.stories,
        "characters": characters,
        "languages": [{"language": name, "share": share} for name, share in language_shares(beginnings.kept).items()],
        "lengths": [{"words": _range(each), "stories": lengths[each]} for each in range(max(lengths) + 1)],
        "layout": _with_encodings(_layout(reading, task), reading.encodings, names),
        "split": reading.split,
        "parts": list(_parts(names, split)) if reading.split == "mixed" else [],
        "too_little": too_little(task, tally.stories, characters),
        "odd_lines": [*_odd(names), *_skipped(tally)],
        "examples": examples,
    }


def _bin(words: int) -> int:
    return sum(words >= border for border in _BORDERS[1:])


def _range(number: int) -> list[int | None]:
    last = _BORDERS[number + 1] - 1 if number + 1 < len(_BORDERS) else None
    return [_BORDERS[number], last]


def _example(story: Story) -> str:
    text = story.text if story.source is None else f"{story.source} → {story.text}"
    return text if len(text) <= _EXAMPLE_CHARACTERS else text[:_EXAMPLE_CHARACTERS].rstrip() + "…"


def _layout(reading: Reading, task: Task) -> Bilingual:
    if reading.columns:
        columns = ", ".join(reading.columns)
        if reading.split is None:
            others = ", ".join(reading.other_columns)
            en, ru = (f"; not read: {others}", f"; не читаются: {others}") if others else ("", "")
            return {"en": f"A table; columns used: {columns}{en}.", "ru": f"Таблица; взяты столбцы: {columns}{ru}."}
        en, ru = _LAYOUTS[reading.split]  # of what is no table
        return {"en": f"{en} Of tables, columns used: {columns}.", "ru": f"{ru} Из таблиц взяты столбцы: {columns}."}
    if task != "write":
        return {"en": "Pairs, a source and a target each.", "ru": "Пары: исходный текст и ответ."}
    en, ru = _LAYOUTS.get(reading.split or "", ("One story a record.", "По истории в записи."))
    return {"en": en, "ru": ru}


def _parts(names: Mapping[str, str], split: Split | None) -> Iterator[dict[str, Any]]:
    """The files that are laid out alike, and how many stories they have, the most first."""
    alike: dict[Split, list[Path]] = {}
    for source, splitting in find_layouts(find_sources(list(names)), split).items():
        alike.setdefault(splitting.kind, []).append(source.path)
    parts = [
        (sum(1 if kind == "file" else _stories_in(path, split) for path in paths), kind, paths)
        for kind, paths in alike.items()
    ]
    for stories, kind, paths in sorted(parts, key=lambda part: part[0], reverse=True):
        en, ru = _LAYOUTS[kind]
        files = [names.get(str(path), path.name) for path in paths]
        yield {"layout": {"en": en, "ru": ru}, "files": files, "stories": stories}


def _stories_in(path: Path, split: Split | None) -> int:
    """Of a file that is several stories: these lie in it in the same way whether it is alone or not."""
    try:
        return sum(1 for _ in read_stories([path], split=split))
    except CorpusError:
        return 0


def _with_encodings(layout: Bilingual, encodings: Mapping[str, str], names: Mapping[str, str]) -> Bilingual:
    """The layout, and which files were in old encodings, so that a wrong one is seen for what it is."""
    if not encodings:
        return layout
    named = [f"{names.get(path, path)} ({encoding})" for path, encoding in encodings.items()]
    told = ", ".join([*named[:_MOST_NAMED], "…"] if len(named) > _MOST_NAMED else named)
    return {"en": f"{layout['en']} In an old encoding: {told}.", "ru": f"{layout['ru']} В старой кодировке: {told}."}


def _odd(names: Mapping[str, str]) -> Iterator[dict[str, Any]]:
    """Lines of text files that no story should have, the first of them."""
    left = _MOST_ODD
    for path, name in names.items():
        if kind_of(Path(path)) != "text":
            continue
        with open_text(Path(path)) as lines:
            for number, line in enumerate(lines, 1):
                why = _fault(line)
                if why is not None:
                    yield {"file": name, "line": number, "why": why}
                    left -= 1
                    if not left:
                        return


def _fault(line: str) -> Bilingual | None:
    if "\ufffd" in line:
        return {"en": "broken characters", "ru": "испорченные символы"}
    if any(
        unicodedata.category(character) == "Cc" and character not in "\t\r\n\f" for character in line[:_LONGEST_LINE]
    ):
        return {"en": "control characters", "ru": "управляющие символы"}
    if looks_like_markup(line):
        return {"en": "looks like markup", "ru": "похоже на разметку"}
    return None


def _skipped(tally: Tally) -> Iterator[dict[str, Any]]:
    """What the readers skipped, by number: rows without text, pairs with one side."""
    facts = (
        (
            tally.without_text,
            ("row without text is skipped", "rows without text are skipped"),
            ("строка без текста пропущена", "строки без текста пропущены", "строк без текста пропущено"),
        ),
        (
            tally.one_sided,
            ("pair with an empty side is skipped", "pairs with an empty side are skipped"),
            ("пара с пустой стороной пропущена", "пары с пустой стороной пропущены", "пар с пустой стороной пропущено"),
        ),
        (
            tally.too_long,
            ("pair is too long and is skipped", "pairs are too long and are skipped"),
            ("слишком длинная пара пропущена", "слишком длинные пары пропущены", "слишком длинных пар пропущено"),
        ),
        (
            tally.odd_rows,
            ("row has more or fewer cells than the header", "rows have more or fewer cells than the header"),
            (
                "строка с лишними или недостающими ячейками",
                "строки с лишними или недостающими ячейками",
                "строк с лишними или недостающими ячейками",
            ),
        ),
        (
            tally.repaired,
            ("text had half a character", "texts had half a character"),
            ("текст с половиной символа", "текста с половиной символа", "текстов с половиной символа"),
        ),
    )
    for count, en, ru in facts:
        if count:
            yield {"file": None, "line": None, "why": asdict(counted(count, en, ru))}
