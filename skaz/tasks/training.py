"""`skaz train`: from a person's files to a bundle."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import msgspec
import torch

from skaz.corpus.aligned import learn_alignment, write_aligned
from skaz.corpus.pairs import describe_pairs
from skaz.corpus.places import find_sources
from skaz.corpus.shards import Shards
from skaz.engine.bundle import ALIGNMENT, SOURCE_TOKENIZER, TOKENIZER
from skaz.engine.torch_engine import source_tokens
from skaz.errors import DependencyError, RecipeError, RequestError, ResourceError
from skaz.files import remove_whole, write_text, write_whole
from skaz.nn.seq2seq import Seq2Seq
from skaz.recipe import BUDGETS, Recipe, TrainingRecipe
from skaz.recipe_reading import flatten, load_recipe, recipe_to_toml, with_settings
from skaz.tasks.bundling import Run, make_bundle
from skaz.tasks.choosing import Situation, choose_recipe
from skaz.tasks.networks import train_networks
from skaz.tasks.preparing import PREPARED_BY, prepare_for, prepare_options, settings_of
from skaz.tasks.run_folder import (
    Places,
    called,
    check_fingerprints,
    check_place,
    is_prepared,
    keep_stated,
    led_to,
    named_places,
    opened_folder,
    run_folder,
    stated_before,
)
from skaz.text.alignment import Alignment
from skaz.text.tokenizer import Tokenizer
from skaz.text.vectors import check_vectors, vectors_for
from skaz.training.budget import Budget, budget_of, check_time_left, warning_of_time
from skaz.training.events import Event, Finished
from skaz.training.loop import train as train_loop
from skaz.training.memory import keep_freed_memory
from skaz.training.precision import resolve_device
from skaz.training.run import CHECKPOINT_NAME, METRICS_NAME, Job
from skaz.training.threads import threads_kept

CORPUS_NAME, ALIGNED_NAME, ASKED_NAME, RECIPE_NAME = "corpus", "aligned", "asked.toml", "recipe.toml"
_DEVICE = "training.device"
_MAY_CHANGE = frozenset({*BUDGETS, _DEVICE})  # by a resume
_OUT_OF_MEMORY = re.compile("not enough memory|can't allocate memory|out of memory", re.IGNORECASE)


@dataclass(frozen=True)
class Said:
    """Something to tell the person, in words."""

    text: str


@dataclass(frozen=True)
class Preparing:
    """A stage of reading the corpus, and how much of it is done, 0 to 1."""

    stage: str
    done: float


@dataclass(frozen=True, eq=False)
class Begun:
    """The network, untrained or resumed, on its device: whoever listens may run it between any two events, and sees
    what it has learnt by then. `tokenizer` is the file of the targets' vocabulary."""

    model: Seq2Seq
    recipe: Recipe
    tokenizer: Path
    source_tokenizer: Path | None
    train: Shards


@dataclass(frozen=True)
class Bundled:
    """The bundle is in its place."""

    path: Path
    run: Finished


TrainEvent = Event | Said | Preparing | Begun | Bundled
Listener = Callable[[TrainEvent], None]


@dataclass(frozen=True)
class TrainRequest:
    """What to train from, where to put it, and how. `stated`: the settings that the person gave (dotted),
    which an automatic size leaves alone. `held_out`: what to measure on, without it a part of the rest. `resume`
    goes on with an unfinished run, `overwrite` throws away what stands at `out`. `names`: what the bundle shall call
    files, by their paths, where they are kept under others than their own names. `spent_s`: seconds of a budget in
    minutes that are gone before."""

    paths: Sequence[str | Path]
    out: Path
    recipe: Recipe
    stated: frozenset[str] = frozenset()
    held_out: Sequence[str | Path] = ()
    resume: bool = False
    overwrite: bool = False
    names: Mapping[str, str] = field(default_factory=dict)
    spent_s: float = 0.0


def train_bundle(
    request: TrainRequest, listener: Listener = lambda event: None, stop: Callable[[], bool] = lambda: False
) -> Finished:
    """Trains and puts the bundle at `request.out`; the run's folder beside it is removed when the run has
    come to its end, and kept for a resume when it was stopped or fails.

    Raises CorpusError, RecipeError, BundleError, RequestError, DependencyError, ResourceError.
    """
    begun = time.monotonic() - request.spent_s
    for package in ("matplotlib", "onnx", "py3langid"):  # wanted at the end: that is no time to miss one
        if find_spec(package) is None:
            raise DependencyError(f'Training needs {package} for the bundle that it makes: pip install "skaz[train]".')
    keep_freed_memory()
    out = led_to(request.out)
    if not request.resume:  # which has its own, unless it states another
        resolve_device(request.recipe.training.device)
        _check_vectors(request.recipe.training)
    check_place(out, resume=request.resume, overwrite=request.overwrite)
    folder = run_folder(out)
    places = named_places(
        request.paths, request.held_out, folder, resume=request.resume, check=_reader_check(request.recipe)
    )
    if is_prepared(places.sources) and places.held_out:
        raise RequestError(
            f"{places.sources[0]} was prepared together with what is held out; leave --held-out out, or give it to "
            "skaz prepare."
        )
    with enough_memory(), threads_kept(), opened_folder(out, places, overwrite=request.overwrite) as undo:
        asked, stated = _asked(request, folder)
        device = resolve_device(asked.training.device)
        keep_stated(folder, stated)  # first: without it asked.toml would not tell what may be chosen
        write_text(folder / ASKED_NAME, recipe_to_toml(asked))
        names = called(folder, request.names)
        corpus = _corpus(places, asked, stated, folder, listener)
        bound = stated if is_prepared(places.sources) else frozenset[str]()
        asked = with_settings(asked, settings_of(corpus, asked, bound))
        vocabulary_size = Tokenizer.load(corpus / TOKENIZER).vocabulary_size
        own = corpus / SOURCE_TOKENIZER
        of_sources = source_tokens(asked, Tokenizer.load(own) if own.exists() else None)
        told = Shards.open(corpus / "train")  # what the bundle tells of
        check_fingerprints(folder, _fingerprints(corpus))
        is_begun = (folder / CHECKPOINT_NAME).exists()
        budget = budget_of(asked.training)
        if not is_begun:
            check_time_left(budget, time.monotonic() - begun)
        if asked.training.threads:
            torch.set_num_threads(asked.training.threads)
        left_s = (budget.seconds or 0.0) - (time.monotonic() - begun)
        alignment = _alignment(told, asked, stated, folder)
        now = Situation(told, vocabulary_size, device, left_s, of_sources, alignment)
        recipe = _final_recipe(asked, stated, folder, now, listener)
        if recipe.training.threads:
            torch.set_num_threads(recipe.training.threads)
        walks = alignment if recipe.model.is_monotonic else None
        learnt = corpus if walks is None else _aligned(corpus, folder, walks)
        train, valid = Shards.open(learnt / "train"), Shards.open(learnt / "valid")
        generator = torch.Generator().manual_seed(recipe.training.seed)
        model = Seq2Seq(recipe.model, vocabulary_size, generator, of_sources)
        if not is_begun:
            _take_vectors(model, recipe, corpus)
            model.expect(torch.from_numpy(train.token_counts(vocabulary_size)))
        model.to(device)
        spent_s = time.monotonic() - begun
        if not is_begun:
            _weigh_time(budget, spent_s, listener)
        undo.pop_all()  # from here on there is something to go on with
        job = Job(recipe, model, train, valid, folder, spent_s=spent_s, stop=stop)
        listener(Begun(model, recipe, corpus / TOKENIZER, own if own.exists() else None, train))
        finished, weights = train_networks(
            job, corpus, lambda first: _trained(first, listener), lambda text: listener(Said(text))
        )
        run = Run(
            recipe=recipe,
            finished=finished,
            train=told,
            valid=valid,
            n_parameters=model.n_parameters() * recipe.networks,
            sources=tuple(names.get(each, each) for each in places.sources),
            weights=weights,
            tokenizer=corpus / TOKENIZER,
            source_tokenizer=own if own.exists() else None,
            alignment=folder / ALIGNMENT if walks is not None else None,
            metrics=folder / METRICS_NAME,
        )
        make_bundle(out, run)
        if finished.reason != "stopped":
            remove_whole(folder)
    listener(Bundled(out, finished))
    return finished


def _check_vectors(training: TrainingRecipe) -> None:
    """CorpusError for pretrained embeddings that can't be read, which else would show once the texts are prepared."""
    for path in (training.embeddings, training.source_embeddings):
        if path is not None:
            check_vectors(path)


def _weigh_time(budget: Budget, spent_s: float, listener: Listener) -> None:
    """Refuses or warns where preparing took all or much of a budget in minutes."""
    check_time_left(budget, spent_s)
    warning = warning_of_time(budget, spent_s)
    if warning is not None:
        listener(Said(warning))


def _alignment(train: Shards, recipe: Recipe, stated: frozenset[str], folder: Path) -> Alignment | None:
    """Which target tokens come from which source tokens, of strings whose attention may walk along their sources; a
    resumed run has learnt it. RecipeError where it must and can't be learnt."""
    if (folder / ALIGNMENT).exists():
        return Alignment.load(folder / ALIGNMENT)
    wanted = recipe.model.is_monotonic
    if not wanted and (recipe.task != "transduce" or "model.attention" in stated):
        return None
    try:
        return learn_alignment(train)
    except RecipeError:
        if wanted:
            raise
        return None


def _aligned(corpus: Path, folder: Path, alignment: Alignment) -> Path:
    """The corpus with targets that say where attention steps on, kept in the run's folder, as the alignment is."""
    aligned = folder / ALIGNED_NAME
    if not aligned.exists():
        write_whole(folder / ALIGNMENT, alignment.save)
        write_aligned(corpus, aligned, alignment)
    return aligned


def _reader_check(recipe: Recipe) -> Callable[[list[str | Path]], object]:
    """What raises CorpusError for places that can't be read."""
    pairs = prepare_options(recipe).pairs
    return find_sources if pairs is None else partial(describe_pairs, columns=pairs)


def _take_vectors(model: Seq2Seq, recipe: Recipe, corpus: Path) -> None:
    """Pretrained embeddings, where the recipe names them."""
    size, training = recipe.model.embedding_size, recipe.training
    if training.embeddings is not None:
        joint = model.source_embedding is None and (corpus / SOURCE_TOKENIZER).exists()
        tokenizer = Tokenizer.load(corpus / (SOURCE_TOKENIZER if joint else TOKENIZER))
        model.take_vectors(vectors_for(tokenizer, training.embeddings, size))
    if training.source_embeddings is not None:
        if model.source_embedding is None:
            raise RecipeError(
                "training.source_embeddings is set and the sources share the targets' vocabulary; set "
                "training.embeddings, or give the sources a text.source_tokenizer."
            )
        vectors = vectors_for(Tokenizer.load(corpus / SOURCE_TOKENIZER), training.source_embeddings, size)
        model.take_vectors(vectors, of_sources=True)


def _trained(job: Job, listener: Listener) -> Finished:
    for event in train_loop(job):
        listener(event)
        if isinstance(event, Finished):
            return event
    raise AssertionError("the loop's last event is Finished")


@contextmanager
def enough_memory() -> Iterator[None]:
    """Turns memory that ran out into a sentence."""
    try:
        yield
    except (MemoryError, RuntimeError) as error:
        if isinstance(error, RuntimeError) and not _OUT_OF_MEMORY.search(str(error)):
            raise
        raise ResourceError(
            "There is not enough memory for this network: choose a smaller --size, or a smaller "
            "--set training.batch_tokens=1024, say."
        ) from error


def _asked(request: TrainRequest, folder: Path) -> tuple[Recipe, frozenset[str]]:
    """The recipe as asked for, and which of its settings were stated; a resumed run keeps its own, save the budget and
    the device, and says so when the two differ."""
    path = folder / ASKED_NAME
    if not (request.resume and path.exists()):
        return request.recipe, request.stated
    before = load_recipe(path)
    old, new = (flatten(msgspec.to_builtins(recipe)) for recipe in (before, request.recipe))
    changed = sorted(name for name in request.stated - _MAY_CHANGE if old[name] != new[name])
    if changed:
        raise RecipeError(
            f"A resumed run keeps its recipe, and {', '.join(changed)} would change it; leave that out, or begin "
            "anew with --overwrite."
        )
    newly = {name: new[name] for name in BUDGETS if request.stated & set(BUDGETS)}
    newly |= {_DEVICE: new[_DEVICE]} if _DEVICE in request.stated else {}
    return with_settings(before, newly), request.stated | stated_before(folder)


def _fingerprints(corpus: Path) -> dict[str, str]:
    """What a prepared corpus is known by: its texts, those held out, and the tokens that they are made of."""
    own = corpus / SOURCE_TOKENIZER
    return {
        "train": Shards.open(corpus / "train").fingerprint,
        "valid": Shards.open(corpus / "valid").fingerprint,
        "tokenizer": Tokenizer.load(corpus / TOKENIZER).fingerprint,
        "source tokenizer": Tokenizer.load(own).fingerprint if own.exists() else "none",
    }


def _corpus(
    places: Places,
    recipe: Recipe,
    stated: frozenset[str],
    folder: Path,
    listener: Listener,
) -> Path:
    """The prepared corpus: one that was named, the run's own, or one made now."""
    if is_prepared(places.sources):
        return Path(places.sources[0])
    corpus = folder / CORPUS_NAME
    if corpus.exists():
        return corpus
    prepared = prepare_for(
        recipe,
        places.sources,
        corpus,
        held_out=places.held_out,
        stated=stated,
        progress=lambda stage, done: listener(Preparing(stage, done)),
    )
    for line in prepared.reading.lines():
        listener(Said(line))
    if recipe.task == "transduce":
        read_by = load_recipe(corpus / PREPARED_BY).text
        of_sources = read_by.source_tokenizer or read_by.tokenizer
        listener(Said(f"sources are read as {of_sources}, targets as {read_by.tokenizer}"))
    return corpus


def _final_recipe(asked: Recipe, stated: frozenset[str], folder: Path, now: Situation, listener: Listener) -> Recipe:
    """The recipe with every automatic choice made, and on disk before the first update; a resumed run's own."""
    path = folder / RECIPE_NAME
    if path.exists():
        return with_settings(load_recipe(path), _settings_of_resume(asked))
    recipe = choose_recipe(asked, stated, now, lambda text: listener(Said(text)))
    write_text(path, recipe_to_toml(recipe))
    return recipe


def _settings_of_resume(asked: Recipe) -> dict[str, Any]:
    """What a resume may have changed."""
    settings = flatten(msgspec.to_builtins(asked))
    return {name: settings[name] for name in _MAY_CHANGE}
