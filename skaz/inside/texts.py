"""Texts to look at a network with: what a person names, or the built-in ones that it was trained on."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import msgspec

from skaz.corpus.even_sample import EvenSample
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
_MOST_READ = 50_000_000  # characters: of a larger corpus the beginning stands for all


def texts_of(bundle: Bundle, paths: Sequence[str | Path] = (), most_characters: int = MOST_CHARACTERS) -> list[Story]:
    """The stories, or of pairs the pairs, that `paths` name, of many some from all over, about so many characters;
    without paths those that the bundle was trained on, where they are built in. Raises CorpusError for bad files,
    RequestError where there are none: a bundle never has its corpus in it."""
    paths = list(paths) or built_in(bundle)
    if not paths:
        raise RequestError(
            f"{bundle.path} does not hold the texts that it was trained on; name them, or others, with --texts."
        )
    kept = _spread(stories_of(bundle, paths), most_characters)
    if not kept:
        raise RequestError("There is no text in what was named; name a file with text in it.")
    return kept


def stories_of(bundle: Bundle, paths: Sequence[str | Path]) -> Iterator[Story]:
    """The stories, or pairs, of these places, read as those were that the bundle was trained on. Raises CorpusError."""
    text = bundle.recipe.text
    if bundle.recipe.task == "write":
        return read_stories(paths, split=text.split)
    return read_pairs(paths, Columns(text.source_column, text.target_column))


def built_in(bundle: Bundle) -> list[str | Path]:
    """The names of the built-in corpora that the bundle was trained on; none where it read anything else."""
    names: Sequence[str] = bundle.facts.corpus.get("names", ())
    if all(is_built_in(name) or name in EXERCISES for name in names):
        return list(names)
    return []


def keep_sample(folder: Path, stories: Iterable[Story]) -> None:
    """Keeps some of the stories, or pairs, in a folder, so that a network can be looked at with what it learnt from.
    ResourceError where the disk is full."""
    lines = [msgspec.json.encode(story).decode() for story in _spread(stories, SAMPLE_CHARACTERS)]
    write_text(folder / SAMPLE, "".join(f"{line}\n" for line in lines))


def kept_sample(folder: Path) -> list[Story]:
    """What `keep_sample` kept there; nothing where it did not."""
    try:
        return [msgspec.json.decode(line, type=Story) for line in (folder / SAMPLE).read_bytes().splitlines()]
    except (OSError, msgspec.DecodeError):
        return []


def _spread(stories: Iterable[Story], most_characters: int) -> list[Story]:
    """Each text once, with its source: two sources may have one target. Where there are more than so many characters,
    some of them, evenly from the first to the last: a corpus may have a part in another language, or from another
    hand."""
    sample, read = EvenSample[Story](most_characters, lambda story: len(story.text)), 0
    met = set[tuple[str | None, str]]()
    for story in stories:
        if read >= _MOST_READ:
            break
        read += len(story.text)
        if (story.source, story.text) not in met:
            met.add((story.source, story.text))
            sample.add(story)
    held = sum(len(story.text) for story in sample.kept)
    share = min(most_characters / max(held, 1), 1.0)
    return [
        story for place, story in enumerate(sample.kept) if not place or int(place * share) > int((place - 1) * share)
    ]
