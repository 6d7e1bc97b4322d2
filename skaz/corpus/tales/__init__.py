"""The built-in tales: stories written for this project, and stories told of the tale world. All are CC0."""

from __future__ import annotations

import json
from collections.abc import Iterator
from importlib import resources
from itertools import islice
from typing import cast

from skaz.corpus.records import Story
from skaz.corpus.tales.world import Language, tales
from skaz.errors import CorpusError, did_you_mean

# Together about twice what three minutes on two cores read. Russian has more: its words change with their case,
# so that there is more to learn.
WORLD_TALES: dict[Language, int] = {"en": 7_500, "ru": 10_500}
WORLD_SEED = 1
WRITTEN_REPEATS = 3  # so that the written stories' wider words are met more than once

_LANGUAGES: dict[str, tuple[Language, ...]] = {"en": ("en",), "ru": ("ru",), "all": ("en", "ru")}


def stories(name: str) -> Iterator[Story]:
    """The built-in corpus of that name: "en", "ru" or "all". The same stories in the same order each time.
    Raises CorpusError for another name."""
    if name not in _LANGUAGES:
        raise CorpusError(
            f'There are no built-in tales "{name}";{did_you_mean(name, list(_LANGUAGES))} use tales:en, tales:ru '
            "or tales:all."
        )
    for language in _LANGUAGES[name]:
        written = list(written_stories(language))
        for _ in range(WRITTEN_REPEATS):
            yield from written
        for tale in islice(tales(WORLD_SEED, language=language), WORLD_TALES[language]):
            yield Story(tale.text, title=tale.title, plan=tale.plan)


def written_stories(language: Language) -> Iterator[Story]:
    """The stories that people wrote for skaz, each with its title and plan."""
    folder = resources.files("skaz.corpus.tales") / "written"
    for file in sorted(folder.iterdir(), key=lambda file: file.name):
        if file.name.startswith(f"{language}_") and file.name.endswith(".jsonl"):
            for line in file.read_text(encoding="utf-8").splitlines():
                record = cast("dict[str, str | list[str]]", json.loads(line))
                plan = cast("list[str]", record["plan"])
                yield Story(str(record["text"]), title=str(record["title"]), plan=tuple(plan))
