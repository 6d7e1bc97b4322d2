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

from wakepy import keep

from skaz.corpus.pairs import describe_pairs
from skaz.corpus.places import find_sources
from skaz.corpus.shards import Shards
from skaz.errors import DependencyError, RequestError, ResourceError
from skaz.files import remove_whole
from skaz.nn.seq2seq import Seq2Seq
from skaz.recipe import Recipe
from skaz.tasks.bundling import Run, make_bundle, make_part, ngrams_of
from skaz.tasks.networks import measured_together, train_networks
from skaz.tasks.preparing import prepare_options
from skaz.tasks.run_folder import (
    OtherNetwork,
    Places,
    called,
    check_place,
    is_prepared,
    kept_origin,
    led_to,
    named_places,
    opened_folder,
    run_folder,
)
from skaz.tasks.run_start import Asked, begin_run, keep_asked
from skaz.text.vectors import check_vectors
from skaz.training.events import Event, Finished
from skaz.training.loop import train as train_loop
from skaz.training.memory import keep_freed_memory
from skaz.training.precision import resolve_device
from skaz.training.run import METRICS_NAME, Job
from skaz.training.threads import threads_kept

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
    """What to train from, where to put it, and how. The recipe of one that starts from a bundle is what `read_on_base`
    gave. `stated`: the settings that the person gave (dotted),
    which an automatic size leaves alone. `held_out`: what to measure on, without it a part of the rest. `resume`
    goes on with an unfinished run, `overwrite` throws away what stands at `out`. `names`: what the bundle shall call
    files, by their paths, where they are kept under others than their own names. `spent_s`: seconds of a budget in
    minutes that are gone before. `other`: of an ensemble, which network this is, if not its first."""

    paths: Sequence[str | Path]
    out: Path
    recipe: Recipe
    stated: frozenset[str] = frozenset()
    held_out: Sequence[str | Path] = ()
    resume: bool = False
    overwrite: bool = False
    names: Mapping[str, str] = field(default_factory=dict)
    spent_s: float = 0.0
    other: OtherNetwork | None = None


def train_bundle(
    request: TrainRequest, listener: Listener = lambda event: None, stop: Callable[[], bool] = lambda: False
) -> Finished:
    """Trains and puts the bundle at `request.out`; the run's folder beside it is removed when the run has
    come to its end, and kept for a resume when it was stopped or fails.

    Raises CorpusError, RecipeError, BundleError, RequestError, DependencyError, ResourceError.
    """
    begun_s = time.monotonic() - request.spent_s

    def say(text: str) -> None:
        listener(Said(text))

    _check_packages()
    keep_freed_memory()
    out = led_to(request.out)
    places, folder = _checked_places(request, out), run_folder(out)
    awake = keep.running(on_fail="pass")  # a laptop that nobody touches; where that can't be had, it may fall asleep
    with enough_memory(), threads_kept(), awake, opened_folder(out, places, overwrite=request.overwrite) as undo:
        asked = keep_asked(Asked(request.recipe, request.stated), folder, resume=request.resume)
        names = called(folder, request.names)
        start = begin_run(
            asked,
            places,
            folder,
            begun_s,
            say,
            lambda stage, done: listener(Preparing(stage, done)),
            request.other,
        )
        undo.pop_all()  # from here on there is something to go on with
        job = Job(start.recipe, start.model, start.train, start.valid, folder, start.spent_s, stop)
        listener(Begun(start.model, start.recipe, start.tokenizer, start.source_tokenizer, start.train))
        finished, weights = train_networks(job, start.corpus, start.cores, lambda first: _trained(first, listener), say)
        # the n-grams of all networks are those of the bundle of all
        ngrams = None if request.other else ngrams_of(start.recipe, start.train, start.model.vocabulary_size)
        finished = measured_together(job, finished, weights, ngrams, say)
        run = Run(
            recipe=start.recipe,
            finished=finished,
            train=start.told,
            valid=start.valid,
            n_parameters=start.model.n_parameters() * start.recipe.networks,
            sources=tuple(names.get(each, each) for each in places.sources),
            weights=weights,
            tokenizer=start.tokenizer,
            source_tokenizer=start.source_tokenizer,
            alignment=start.alignment,
            metrics=folder / METRICS_NAME,
            ngrams=ngrams,
            origin=kept_origin(folder),
        )
        (make_bundle if request.other is None else make_part)(out, run)
        if finished.reason != "stopped":
            try:
                remove_whole(folder)
            except OSError as error:  # the bundle is there all the same
                say(f"{folder} is no longer needed, and can't be removed ({error.strerror}): delete it")
    listener(Bundled(out, finished))
    return finished


def _check_packages() -> None:
    """DependencyError for what is wanted at the end: that is no time to miss a package."""
    for package in ("matplotlib", "onnx", "py3langid"):
        if find_spec(package) is None:
            raise DependencyError(f'Training needs {package} for the bundle that it makes: pip install "skaz[train]".')


def _checked_places(request: TrainRequest, out: Path) -> Places:
    """Where the run reads, after all that can be refused before anything is read or written."""
    if not request.resume:  # which has its own, unless it states another
        resolve_device(request.recipe.training.device)
        for path in (request.recipe.training.embeddings, request.recipe.training.source_embeddings):
            if path is not None:
                check_vectors(path)
    check_place(out, resume=request.resume, overwrite=request.overwrite)
    check = _reader_check(request.recipe)
    places = named_places(request.paths, request.held_out, run_folder(out), resume=request.resume, check=check)
    if is_prepared(places.sources) and places.held_out:
        raise RequestError(
            f"{places.sources[0]} was prepared together with what is held out; leave --held-out out, or give it to "
            "skaz prepare."
        )
    return places


def _reader_check(recipe: Recipe) -> Callable[[list[str | Path]], object]:
    """What raises CorpusError for places that can't be read."""
    pairs = prepare_options(recipe).pairs
    return find_sources if pairs is None else partial(describe_pairs, columns=pairs)


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
