"""Texts to look at a network with: what a person names, or the built-in ones that it was trained on."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import msgspec

from skaz.corpus.exercises import EXERCISES
from skaz.corpus.pairs import Columns, read_pairs
from skaz.corpus.places import is_built_in
from skaz.corpus.readers import read_stories
from skaz.corpus.records import Story
from skaz.engine.bundle import Bundle
from skaz.errors import RequestError
from skaz.files import write_text

MOST_CHARACTERS = 200_000
SAMPLE, SAMPLE_CHARACTERS = "sample.jsonl", 60_000  # some seconds to read, token by token


def texts_of(bundle: Bundle, paths: Sequence[str | Path] = (), most_characters: int = MOST_CHARACTERS) -> list[Story]:
    """The stories, or of pairs the pairs, that `paths` name, up to so many characters; without paths those that the
    bundle was trained on, where they are built in. Raises CorpusError for bad files, RequestError where there are
    none: a bundle never has its corpus in it."""
    paths = list(paths) or built_in(bundle)
    if not paths:
        raise RequestError(
            f"{bundle.path} does not hold the texts that it was trained on; name them, or others, with --texts."
        )
    text = bundle.recipe.text
    if bundle.recipe.task == "write":
        found: Iterable[Story] = read_stories(paths, split=text.split)
    else:
        found = read_pairs(paths, Columns(text.source_column, text.target_column))
    kept = list(_first(found, most_characters))
    if not kept:
        raise RequestError("There is no text in what was named; name a file with text in it.")
    return kept


def built_in(bundle: Bundle) -> list[str | Path]:
    """The names of the built-in corpora that the bundle was trained on; none where it read anything else."""
    names: Sequence[str] = bundle.facts.corpus.get("names", ())
    if all(is_built_in(name) or name in EXERCISES for name in names):
        return list(names)
    return []


def keep_sample(folder: Path, stories: Iterable[Story]) -> None:
    """Keeps the first of the stories, or pairs, in a folder, so that a network can be looked at with what it learnt
    from. ResourceError where the disk is full."""
    lines = [msgspec.json.encode(story).decode() for story in _first(stories, SAMPLE_CHARACTERS)]
    write_text(folder / SAMPLE, "".join(f"{line}\n" for line in lines))


def kept_sample(folder: Path) -> list[Story]:
    """What `keep_sample` kept there; nothing where it did not."""
    try:
        return [msgspec.json.decode(line, type=Story) for line in (folder / SAMPLE).read_bytes().splitlines()]
    except (OSError, msgspec.DecodeError):
        return []


def _first(stories: Iterable[Story], most_characters: int) -> Iterator[Story]:
    """Each text once."""
    read, seen = 0, set[str]()
    for story in stories:
        if read >= most_characters:
            return
        if story.text not in seen:
            seen.add(story.text)
            read += len(story.text)
            yield story
