"""A corpus prepared once: found, parted, its vocabulary learnt, its stories stored as ids.

Two passes over the stories, neither of which keeps them: one to count, hash and sample, one to encode.
"""

from __future__ import annotations

import os
from array import array
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

from skaz.corpus.encoding import PlanExtraction, StoryEncoder, encode_by_workers, encode_here
from skaz.corpus.partition import Part, Partition, TextSample, find_partition, story_key
from skaz.corpus.places import find_sources
from skaz.corpus.readers import Paths, counted, describe, read_stories
from skaz.corpus.records import Reading, Story, Tally
from skaz.corpus.shards import ShardWriter
from skaz.errors import CorpusError, RecipeError
from skaz.files import new_folder
from skaz.recipe import Split, TextRecipe, TokenizerKind, TrainingRecipe
from skaz.text.plan import DocumentFrequency
from skaz.text.tokenizer import Tokenizer

Progress = Callable[[str, float], None]

_SAMPLE_CHARACTERS = 50_000_000
_PLAN_WORDS = 300_000  # the words whose frequency every worker knows
_BATCH_CHARACTERS = 500_000
_WORTH_WORKERS = 4_000_000  # characters; starting a process takes as long as encoding a million


@dataclass(frozen=True)
class PrepareOptions:
    """How to prepare. `split`: how stories lie in text files (None: found out). `workers`: processes (None: a
    core each). `plans`: extract a plan for each story that has none; not for one long text."""

    split: Split | None = None
    tokenizer_kind: TokenizerKind = "bpe"
    vocabulary_size: int = TextRecipe().vocabulary_size
    validation_fraction: float = TextRecipe().validation_fraction
    seed: int = TrainingRecipe().seed
    workers: int | None = None
    plans: bool = True

    def __post_init__(self) -> None:
        if not 0 < self.validation_fraction <= 0.5:
            raise RecipeError(f"validation_fraction is {self.validation_fraction}: give more than 0, at most 0.5.")
        if self.workers is not None and self.workers < 1:
            raise RecipeError(f"workers is {self.workers}: give 1 or more, or leave it out for a core each.")


@dataclass(frozen=True)
class PartCounts:
    """How much there is in one part."""

    stories: int
    tokens: int
    characters: int


@dataclass(frozen=True)
class Prepared:
    """A prepared corpus: the folder holds tokenizer.json, train/ and valid/."""

    path: Path
    reading: Reading
    tokenizer: Tokenizer
    partition: Partition
    train: PartCounts
    valid: PartCounts


@dataclass
class _Survey:
    """What the first pass gathers: eight bytes a story, and the sample."""

    tally: Tally = field(default_factory=Tally)
    keys: array[int] = field(default_factory=lambda: array("Q"))
    characters: int = 0
    sample: TextSample = field(default_factory=lambda: TextSample(_SAMPLE_CHARACTERS))


def prepare(
    paths: Paths,
    out: str | Path,
    options: PrepareOptions | None = None,
    *,
    tokenizer: Tokenizer | None = None,
    progress: Progress | None = None,
) -> Prepared:
    """Reads the stories that `paths` name and writes them, as ids, into the folder `out`.

    `tokenizer`: one to use again, instead of learning one. `progress` is told the stage and how much of it
    is done, 0 to 1. Raises CorpusError for bad input, ResourceError where the disk is full; `out` is then as
    it was before.
    """
    options = options or PrepareOptions()
    tell: Progress = progress or (lambda stage, done: None)
    reading = describe(paths, options.split)
    survey = _survey(paths, options, tell)
    partition = find_partition(survey.keys, survey.characters, options.validation_fraction)
    sample = survey.sample.texts(partition)
    if tokenizer is None:
        tell("learning the vocabulary", 0.0)
        tokenizer = Tokenizer.train(sample, options.tokenizer_kind, options.vocabulary_size)
        tell("learning the vocabulary", 1.0)
    # One text, or a few long ones: there are no other stories to tell common words from telling ones.
    with_plans = options.plans and partition.validation_from == "story"
    encoder = StoryEncoder(tokenizer, _plan_extraction(sample) if with_plans else None)
    del sample
    survey.sample = TextSample(0)  # up to 200 MB that are no longer needed
    path = Path(out)
    with new_folder(path, known_by="train/meta.json") as folder:
        tokenizer.save(folder / "tokenizer.json")
        train, valid = _write(paths, folder, encoder, partition, options, survey, tell)
    return Prepared(path, counted(reading, survey.tally), tokenizer, partition, train, valid)


def _survey(paths: Paths, options: PrepareOptions, tell: Progress) -> _Survey:
    """The first pass."""
    survey = _Survey()
    size = sum(source.path.stat().st_size for source in find_sources(paths) if source.path.is_file())
    n_bytes = told = 0
    for story in read_stories(paths, split=options.split, tally=survey.tally):
        text = story.text.encode("utf-8")
        key = story_key(options.seed, text)
        survey.keys.append(key)
        survey.characters += len(story.text)
        survey.sample.add(key, story.text)
        n_bytes += len(text)
        if n_bytes - told > 2_000_000:
            told = n_bytes
            tell("reading", min(n_bytes / size, 1.0) if size else 0.0)
    tell("reading", 1.0)
    return survey


def _plan_extraction(sample: list[str]) -> PlanExtraction:
    frequency = DocumentFrequency()
    frequency.update(sample)
    return PlanExtraction(frequency.commonest(_PLAN_WORDS), frequency.n_documents)


def _write(
    paths: Paths,
    folder: Path,
    encoder: StoryEncoder,
    partition: Partition,
    options: PrepareOptions,
    survey: _Survey,
    tell: Progress,
) -> tuple[PartCounts, PartCounts]:
    """The second pass: everything encoded, each story into its part."""
    parts: list[Part] = []  # of the stories on their way, in order

    def parted() -> Iterator[Story]:
        for story in read_stories(paths, split=options.split):
            key = story_key(options.seed, story.text.encode("utf-8"))
            for part, piece in partition.part(story, key):
                parts.append(part)
                yield piece

    workers = options.workers or _cores()
    alone = workers == 1 or survey.characters < _WORTH_WORKERS
    batches = _batches(parted())
    encoded = encode_here(encoder, batches) if alone else encode_by_workers(encoder, batches, workers)
    with ExitStack() as stack:
        writers = {
            part: stack.enter_context(ShardWriter(folder / part, encoder.tokenizer)) for part in ("train", "valid")
        }
        for stories, ids in encoded:
            for part, story, story_ids in zip(parts, stories, ids, strict=False):
                writers[part].write(story_ids, story.text.encode("utf-8"))
            del parts[: len(stories)]
            done = sum(writer.characters for writer in writers.values())
            tell("encoding", min(done / survey.characters, 1.0))
        if sum(writer.characters for writer in writers.values()) != survey.characters:
            raise CorpusError("The files were changed while they were read: prepare the corpus again.")
    train, valid = (PartCounts(each.stories, each.tokens, each.characters) for each in writers.values())
    return train, valid


def _batches(stories: Iterator[Story]) -> Iterator[list[Story]]:
    batch: list[Story] = []
    characters = 0
    for story in stories:
        batch.append(story)
        characters += len(story.text)
        if characters >= _BATCH_CHARACTERS:
            yield batch
            batch, characters = [], 0
    if batch:
        yield batch


def _cores() -> int:
    """Those that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
