"""A corpus prepared once: found, parted, its vocabulary learnt, its stories stored as ids.

Two passes over the stories, neither of which keeps them: one to count, hash and sample, one to encode.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import get_args

import numpy as np

from skaz.corpus.encoding import PlanExtraction, StoryEncoder, encode_by_workers, encode_here
from skaz.corpus.pairs import Columns, describe_pairs, read_pairs
from skaz.corpus.partition import ALL_TRAIN, Part, Partition, TextSample, find_partition, story_key
from skaz.corpus.places import find_sources
from skaz.corpus.readers import Paths, as_list, counted, describe, read_stories
from skaz.corpus.records import Reading, Story, Tally
from skaz.corpus.shards import ShardWriter
from skaz.errors import CorpusError, RecipeError
from skaz.files import expanded, new_folder
from skaz.processes import cores
from skaz.recipe import SourceTokenizerKind, Split, TextRecipe, TokenizerKind, TrainingRecipe
from skaz.text.pieces import batches
from skaz.text.plan import DocumentFrequency
from skaz.text.sides import apart
from skaz.text.target_vocabulary import targets_first
from skaz.text.tokenizer import SOURCE_TOKENIZER_FILE, TOKENIZER_FILE, Tokenizer
from skaz.text.words import number_of_words

Progress = Callable[[str, float], None]

_SAMPLE_CHARACTERS = 10_000_000  # a vocabulary of thousands is settled long before
_PLAN_WORDS = 300_000  # the words whose frequency every worker knows
_BATCH_CHARACTERS = 500_000
_WORTH_WORKERS = 4_000_000  # characters; starting a process takes as long as encoding a million


# Measured at 90 seconds on two cores (docs/benchmarks.md): of 100,000 characters 500 tokens were ahead by 14 %, and
# above some 700,000 the usual 4,000 are.
_CHARACTERS_PER_TOKEN, _FEWEST_TOKENS, _USUAL_TOKENS = 200, 500, TextRecipe().vocabulary_size


def vocabulary_size_for(characters: int) -> int:
    """How many tokens stories of so many characters teach: of few texts, those of a large vocabulary would each be met
    too seldom."""
    return min(max(characters // _CHARACTERS_PER_TOKEN, _FEWEST_TOKENS), _USUAL_TOKENS)


@dataclass(frozen=True)
class PrepareOptions:
    """How to prepare. `split`: how stories lie in text files (None: found out). `vocabulary_size`: tokens to learn at
    most (None: as many as stories of so many characters teach). `workers`: processes (None: a core each). `plans`:
    extract a plan for each story that has none; not for one long text. `pairs`: read pairs, and where their sides lie;
    `source_tokenizer_kind`: a vocabulary of the sources' own (None: one for both sides); `cut_targets`: of one for
    both, targets are written with the tokens alone that occur in targets."""

    split: Split | None = None
    tokenizer_kind: TokenizerKind = "bpe"
    vocabulary_size: int | None = TextRecipe().vocabulary_size
    validation_fraction: float = TextRecipe().validation_fraction
    seed: int = TrainingRecipe().seed
    workers: int | None = None
    plans: bool = True
    pairs: Columns | None = None
    source_tokenizer_kind: SourceTokenizerKind | None = None
    cut_targets: bool = True

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
    """A prepared corpus: the folder holds tokenizer.json, train/ and valid/, and source_tokenizer.json where sources
    have tokens that targets have not. `held_out`: how the files were read that were given to be held out."""

    path: Path
    reading: Reading
    held_out: Reading | None
    tokenizer: Tokenizer
    partition: Partition
    train: PartCounts
    valid: PartCounts


@dataclass
class _Survey:
    """What the first pass gathers: twenty bytes a story, and the sample."""

    tally: Tally = field(default_factory=Tally)
    keys: array[int] = field(default_factory=lambda: array("Q"))
    held_out_keys: array[int] = field(default_factory=lambda: array("Q"))
    lengths: array[int] = field(default_factory=lambda: array("Q"))
    words: array[int] = field(default_factory=lambda: array("I"))
    characters: int = 0
    held_out_tally: Tally = field(default_factory=Tally)
    sample: TextSample = field(default_factory=lambda: TextSample(_SAMPLE_CHARACTERS))
    source_sample: TextSample = field(default_factory=lambda: TextSample(_SAMPLE_CHARACTERS))

    def words_in_stories(self) -> tuple[int, int, int] | None:
        """Of the shortest, the median and the longest; None where there are no two stories."""
        if len(self.words) < 2:
            return None
        return min(self.words), round(np.median(self.words)), max(self.words)

    def also_trained_on(self) -> int:
        """How many of the stories that are held out elsewhere are among those to train on; of pairs, by sources."""
        return int(np.isin(self.held_out_keys, self.keys).sum())


def prepare(
    paths: Paths,
    out: str | Path,
    options: PrepareOptions | None = None,
    *,
    held_out: Paths = (),
    tokenizer: Tokenizer | None = None,
    source_tokenizer: Tokenizer | None = None,
    notes: Callable[[int], Mapping[str, str]] = lambda vocabulary_size: {},
    progress: Progress | None = None,
) -> Prepared:
    """Reads the stories that `paths` name and writes them, as ids, into the folder `out`.

    `held_out`: what to measure on, instead of a part of the stories. `tokenizer`: one to use again, instead of learning
    one; `source_tokenizer`: with it, that of sources which have their own. `notes`: texts to leave in the folder, by
    their files' names, once the size of the vocabulary is known. `progress` is told the stage and how much of it is
    done, 0 to 1. Raises CorpusError for bad input, ResourceError where the disk is full; `out` is then as it was
    before.
    """
    options = options or PrepareOptions()
    tell: Progress = progress or (lambda stage, done: None)
    corpus = _Corpus(paths, held_out, options)
    reading = corpus.describe()
    survey = _survey(corpus, options, tell)
    partition = ALL_TRAIN
    if not corpus.has_held_out:
        partition = find_partition(
            survey.keys, survey.lengths, options.validation_fraction, of_pairs=options.pairs is not None
        )
    tell("learning the vocabulary", 0.0)
    size = options.vocabulary_size or vocabulary_size_for(survey.characters)
    encoder = _encoder(survey, partition, options, size, tokenizer, source_tokenizer)
    tell("learning the vocabulary", 1.0)
    survey.sample = survey.source_sample = TextSample(0)  # up to 40 MB that are no longer needed
    path = Path(out)
    with new_folder(path, known_by="train/meta.json") as folder:
        encoder.tokenizer.save(folder / TOKENIZER_FILE)
        if encoder.source_tokenizer is not None:
            encoder.source_tokenizer.save(folder / SOURCE_TOKENIZER_FILE)
        for name, note in notes(size).items():
            (folder / name).write_text(note, encoding="utf-8")
        train, valid = _write(corpus, folder, encoder, partition, options, survey, tell)
    read = replace(
        counted(reading, survey.tally), also_trained_on=survey.also_trained_on(), words=survey.words_in_stories()
    )
    held_out_read = counted(corpus.describe_held_out(), survey.held_out_tally) if corpus.has_held_out else None
    return Prepared(path, read, held_out_read, encoder.tokenizer, partition, train, valid)


class _Corpus:
    """What is read: the stories or the pairs of some places, and those of others that are held out."""

    def __init__(self, paths: Paths, held_out: Paths, options: PrepareOptions) -> None:
        self._paths, self._held_out = as_list(paths), as_list(held_out)
        self._pairs, self._split = options.pairs, options.split
        self._held_out_split = options.split

    @property
    def has_held_out(self) -> bool:
        return bool(self._held_out)

    @property
    def n_bytes(self) -> int:
        """Of the files to train from; 0 for what has none."""
        files = [expanded(path) for path in self._paths]
        if self._pairs is None:
            files = [source.path for source in find_sources(self._paths)]
        return sum(file.stat().st_size for file in files if file.is_file())

    def describe(self) -> Reading:
        """How the stories to train on are read, and those that are held out as well where that is not said."""
        if self._pairs is not None:
            return describe_pairs(self._paths, self._pairs)
        reading = describe(self._paths, self._split)
        self._held_out_split = next((split for split in get_args(Split) if split == reading.split), self._split)
        return reading

    def describe_held_out(self) -> Reading:
        if self._pairs is not None:
            return describe_pairs(self._held_out, self._pairs)
        return describe(self._held_out, self._held_out_split)

    def stories(self, tally: Tally | None = None) -> Iterator[Story]:
        return self._read(self._paths, self._split, tally)

    def held_out_stories(self, tally: Tally) -> Iterator[Story]:
        return self._read(self._held_out, self._held_out_split, tally) if self._held_out else iter(())

    def _read(self, paths: list[str | Path], split: Split | None, tally: Tally | None) -> Iterator[Story]:
        if self._pairs is not None:
            return read_pairs(paths, self._pairs, tally)
        return read_stories(paths, split=split, tally=tally)


def _encoder(
    survey: _Survey,
    partition: Partition,
    options: PrepareOptions,
    size: int,
    tokenizer: Tokenizer | None,
    source_tokenizer: Tokenizer | None,
) -> StoryEncoder:
    """Everything that turns stories into ids, learnt from the sample; a vocabulary has `size` tokens at most."""
    sample, sources = survey.sample.texts(partition), survey.source_sample.texts(partition)
    if options.pairs is not None:
        sample = _as_read(sample, options.tokenizer_kind)
        sources = _as_read(sources, options.source_tokenizer_kind or options.tokenizer_kind)
    if source_tokenizer is None and sources and options.source_tokenizer_kind is not None:
        source_tokenizer = Tokenizer.train(sources, options.source_tokenizer_kind, size)
        sources = []
    if tokenizer is None:
        # what is told of sides: with the space before it the first word is the same token as elsewhere
        tokenizer = Tokenizer.train([*sample, *sources], options.tokenizer_kind, size)
        if sources and options.cut_targets:
            of_targets, joint = targets_first(tokenizer, sample)
            if of_targets.vocabulary_size < joint.vocabulary_size:
                tokenizer, source_tokenizer = of_targets, joint
    # One text, or a few long ones: there are no other stories to tell common words from telling ones.
    with_plans = options.plans and options.pairs is None and partition.validation_from == "story"
    return StoryEncoder(tokenizer, _plan_extraction(sample) if with_plans else None, source_tokenizer)


def _as_read(sides: list[str], kind: SourceTokenizerKind) -> list[str]:
    """Sides of pairs as they will be read by a vocabulary of the kind."""
    return [apart(text) for text in sides] if kind == "spelt-symbols" else sides


def _survey(corpus: _Corpus, options: PrepareOptions, tell: Progress) -> _Survey:
    """The first pass."""
    survey = _Survey()
    size = corpus.n_bytes
    n_bytes = told = 0
    for story in corpus.stories(survey.tally):
        key = _key(story, options)
        survey.keys.append(key)
        survey.lengths.append(len(story.text))
        survey.characters += len(story.text)
        if story.source is None:
            survey.words.append(number_of_words(story.text))
            survey.sample.add(key, story.text)
        else:  # sides are encoded with a space before them
            survey.sample.add(key, " " + story.text)
            survey.source_sample.add(key, " " + story.source)
        n_bytes += len(story.text.encode("utf-8"))
        if n_bytes - told > 2_000_000:
            told = n_bytes
            tell("reading", min(n_bytes / size, 1.0) if size else 0.0)
    tell("reading", 1.0)
    return survey


def _key(story: Story, options: PrepareOptions) -> int:
    """By which a story is parted; pairs of one source stay together."""
    told_by = story.text if story.source is None else story.source
    return story_key(options.seed, told_by.encode("utf-8"))


def _plan_extraction(sample: list[str]) -> PlanExtraction:
    frequency = DocumentFrequency()
    frequency.update(sample)
    return PlanExtraction(frequency.commonest(_PLAN_WORDS), frequency.n_documents)


def _write(
    corpus: _Corpus,
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
        keys = iter(survey.keys)
        for story in corpus.stories():
            key = next(keys, 0)  # there are too few where the files were changed, which shows in the end
            for part, piece in partition.part(story, key):
                parts.append(part)
                yield piece
        for story in corpus.held_out_stories(survey.held_out_tally):
            parts.append("valid")
            survey.held_out_keys.append(_key(story, options))
            yield story

    workers = options.workers or cores()
    alone = workers == 1 or survey.characters < _WORTH_WORKERS
    together = batches(parted(), _BATCH_CHARACTERS, lambda story: len(story.text))
    encoded = encode_here(encoder, together) if alone else encode_by_workers(encoder, together, workers)
    source_vocabulary = encoder.source_tokenizer.vocabulary_size if encoder.source_tokenizer else 0
    with ExitStack() as stack:
        writers = {
            part: stack.enter_context(ShardWriter(folder / part, encoder.tokenizer, source_vocabulary))
            for part in ("train", "valid")
        }
        for stories, ids in encoded:
            for part, story, story_ids in zip(parts, stories, ids, strict=False):
                writers[part].write(story_ids, _fingerprinted(story))
            del parts[: len(stories)]
            done = sum(writer.characters for writer in writers.values())
            tell("encoding", min(done / survey.characters, 1.0))
        told = (
            sum(writer.characters for writer in writers.values())
            if not corpus.has_held_out
            else (writers["train"].characters)
        )
        if told != survey.characters:
            raise CorpusError("The files were changed while they were read: prepare the corpus again.")
    train, valid = (PartCounts(each.stories, each.tokens, each.characters) for each in writers.values())
    return train, valid


def _fingerprinted(story: Story) -> bytes:
    return (story.text if story.source is None else f"{story.source}\t{story.text}").encode("utf-8")
