"""How a run of `skaz train` begins: from what was asked to a network, a corpus to teach it and the recipe for that,
with every automatic choice made. A resumed run finds in its folder what it made before."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import torch

from skaz.corpus.learnt import learn_alignment, write_learnt
from skaz.corpus.shards import Shards
from skaz.engine.bundle import ALIGNMENT, SOURCE_TOKENIZER, TOKENIZER, Bundle
from skaz.engine.torch_engine import load_models, source_tokens
from skaz.errors import RecipeError
from skaz.files import expanded, write_text, write_whole
from skaz.nn.seq2seq import Seq2Seq
from skaz.recipe import BUDGETS, Recipe
from skaz.recipe_idle import idle_settings
from skaz.recipe_reading import flat_settings, load_recipe, recipe_to_toml, with_settings
from skaz.tasks.choosing import Situation, choose_recipe
from skaz.tasks.fine_tuning import base_of, take_from, weights_of
from skaz.tasks.preparing import PREPARED_BY, prepare_for, reading_lines, settings_of, token_lines
from skaz.tasks.run_folder import (
    ASKED_NAME,
    OtherNetwork,
    Places,
    check_fingerprints,
    has_asked,
    is_prepared,
    keep_stated,
    stated_before,
)
from skaz.text.alignment import Alignment
from skaz.text.tokenizer import Tokenizer
from skaz.text.vectors import vectors_for
from skaz.training.budget import Budget, budget_of, check_time_left, warning_of_time
from skaz.training.checkpoint import load_model_tensors
from skaz.training.measuring import measure_plainly, measured_part
from skaz.training.precision import resolve_device
from skaz.training.run import CHECKPOINT_NAME
from skaz.training.tensor_files import read_tensors
from skaz.training.threads import load_of_others, threads_of

CORPUS_NAME, LEARNT_NAME, RECIPE_NAME = "corpus", "learnt", "recipe.toml"
_DEVICE = "training.device"
_NETWORKS = "networks"
_MAY_CHANGE = frozenset({*BUDGETS, _DEVICE, _NETWORKS})  # by a resume

Say = Callable[[str], None]


class Asked(NamedTuple):
    """The recipe as asked for, and which of its settings (dotted) were stated, so that no choice changes them."""

    recipe: Recipe
    stated: frozenset[str]


@dataclass(frozen=True, eq=False)
class Start:
    """What a run begins with. `told` is the corpus that the bundle tells of; `train` and `valid` are what is learnt
    and measured, where targets may also say how attention walks along their sources, as `alignment` has it. `cores`:
    threads for all networks together; `spent_s`: seconds of a budget in minutes that are gone."""

    recipe: Recipe
    model: Seq2Seq
    corpus: Path
    told: Shards
    train: Shards
    valid: Shards
    alignment: Path | None
    cores: int
    spent_s: float

    @property
    def tokenizer(self) -> Path:
        """The file of the targets' vocabulary."""
        return self.corpus / TOKENIZER

    @property
    def source_tokenizer(self) -> Path | None:
        """The file of the sources' vocabulary, where they have their own."""
        return _own(self.corpus)


def keep_asked(asked: Asked, folder: Path, *, resume: bool) -> Asked:
    """What was asked for, written into the run's folder; a resumed run keeps its own, save the budget, the device, and
    how many networks there are, which may become fewer. RecipeError where anything else would change, or for a device
    that is not there."""
    path = folder / ASKED_NAME
    if resume and has_asked(folder):
        asked = _resumed(asked, folder)
    resolve_device(asked.recipe.training.device)  # what can't be had is not kept
    keep_stated(folder, asked.stated)  # first: without it asked.toml would not tell what may be chosen
    write_text(path, recipe_to_toml(asked.recipe))
    return asked


def begin_run(
    asked: Asked,
    places: Places,
    folder: Path,
    begun_s: float,
    say: Say,
    progress: Callable[[str, float], None],
    other: OtherNetwork | None = None,
) -> Start:
    """Prepares the corpus and chooses the recipe, or finds both in the folder, and makes the network. `begun_s`: when
    the budget began, by `time.monotonic`; `progress` hears the stages of preparing; `other`: of an ensemble, which
    network this is, if not its first.

    Raises CorpusError, RecipeError, RequestError where no time is left, ResourceError."""
    recipe, stated = asked
    device = resolve_device(recipe.training.device)
    corpus = _corpus(places, asked, folder, say, progress)
    is_begun = (folder / CHECKPOINT_NAME).exists()
    base = None if is_begun else base_of(recipe)
    prepared = is_prepared(places.sources)
    if base is not None:
        take_from(base, corpus, folder, other)
    bound = stated if prepared else frozenset[str]()
    recipe = with_settings(recipe, settings_of(corpus, recipe, bound))
    check_fingerprints(folder, _fingerprints(corpus))
    budget = budget_of(recipe.training)
    if not is_begun:
        check_time_left(budget, time.monotonic() - begun_s, prepared=prepared)
    cores = torch.get_num_threads()
    torch.set_num_threads(threads_of(recipe, cores))  # for what is measured to choose by
    told, own = Shards.open(corpus / "train"), _own(corpus)
    learnt_in = other.first_run if other is not None else folder
    now = Situation(
        train=told,
        vocabulary_size=Tokenizer.load(corpus / TOKENIZER).vocabulary_size,
        device=device,
        left_s=(budget.seconds or 0.0) - (time.monotonic() - begun_s),
        source_tokens=source_tokens(recipe, Tokenizer.load(own) if own else None),
        alignment=_alignment(told, recipe, learnt_in),
    )
    recipe = _final_recipe(recipe, stated, folder, now, say)
    threads = threads_of(recipe, cores)
    torch.set_num_threads(threads)
    if recipe.networks > 1:
        say(f"{recipe.networks} networks, each with {threads} thread{'s' if threads > 1 else ''}")
    if (load := load_of_others(recipe.training, device, threads)) is not None:
        say(f"the processor is busy (load {load:.1f}): with --set training.threads=1 updates may be many times faster")
    walks = now.alignment if recipe.model.is_monotonic else None
    learnt = corpus
    if walks is not None or recipe.text.reverse_targets:
        learnt = _learnt(corpus, learnt_in, recipe, walks)
    train = Shards.open(learnt / "train")
    generator = torch.Generator().manual_seed(recipe.training.seed)
    model = Seq2Seq(recipe.model, now.vocabulary_size, generator, now.source_tokens)
    valid = Shards.open(learnt / "valid")
    model.to(device)
    if base is not None:
        weights = weights_of(base, other)
        load_model_tensors(model, read_tensors(weights), weights)
        if other is None:
            _tell_start(base, valid, recipe, device, say)
    elif not is_begun:
        _take_vectors(model, recipe, corpus)
        model.expect(torch.from_numpy(train.token_counts(now.vocabulary_size)))
    if not is_begun:
        _weigh_time(budget, time.monotonic() - begun_s, say, prepared=prepared)
    return Start(
        recipe=recipe,
        model=model,
        corpus=corpus,
        told=told,
        train=train,
        valid=valid,
        alignment=learnt_in / ALIGNMENT if walks is not None else None,
        cores=cores,
        spent_s=time.monotonic() - begun_s,
    )


def _resumed(asked: Asked, folder: Path) -> Asked:
    before, stated = load_recipe(folder / ASKED_NAME), stated_before(folder)
    chosen = load_recipe(folder / RECIPE_NAME) if (folder / RECIPE_NAME).exists() else before
    old, made, new = (flat_settings(recipe) for recipe in (before, chosen, asked.recipe))
    said_again = {name for name in asked.stated & {*stated, "size"} if new[name] == old[name]}
    changed = sorted(name for name in asked.stated - _MAY_CHANGE - said_again if new[name] != made[name])
    if changed:
        raise RecipeError(
            f"A resumed run keeps its recipe, and {', '.join(changed)} would change it; leave that out, or begin "
            "anew with --overwrite."
        )
    if _NETWORKS in asked.stated and asked.recipe.networks > chosen.networks:
        raise RecipeError(
            f"A resumed run can go on with fewer networks, and not with more than {chosen.networks}; leave --networks "
            "out, or begin anew with --overwrite."
        )
    newly = {name: new[name] for name in BUDGETS if asked.stated & set(BUDGETS)}
    newly |= {_NETWORKS: new[_NETWORKS]} if _NETWORKS in asked.stated else {}
    newly |= {_DEVICE: new[_DEVICE]} if _DEVICE in asked.stated else {}
    return Asked(with_settings(before, newly), asked.stated | stated)


def _own(corpus: Path) -> Path | None:
    path = corpus / SOURCE_TOKENIZER
    return path if path.exists() else None


def _corpus(places: Places, asked: Asked, folder: Path, say: Say, progress: Callable[[str, float], None]) -> Path:
    """The prepared corpus: one that was named, the run's own, or one made now."""
    if is_prepared(places.sources):
        return expanded(places.sources[0])
    corpus = folder / CORPUS_NAME
    if corpus.exists():
        return corpus
    prepared = prepare_for(
        asked.recipe, places.sources, corpus, held_out=places.held_out, stated=asked.stated, progress=progress
    )
    for line in reading_lines(prepared):
        say(line)
    read_by = load_recipe(corpus / PREPARED_BY).text
    if read_by.vocabulary_size < asked.recipe.text.vocabulary_size:
        say(f"vocabulary {read_by.vocabulary_size:,}: texts of so few characters teach no more tokens than that")
    for line in token_lines(corpus):
        say(line)
    return corpus


def _fingerprints(corpus: Path) -> dict[str, str]:
    """What a prepared corpus is known by: its texts, those held out, and the tokens that they are made of."""
    own = _own(corpus)
    return {
        "train": Shards.open(corpus / "train").fingerprint,
        "valid": Shards.open(corpus / "valid").fingerprint,
        "tokenizer": Tokenizer.load(corpus / TOKENIZER).fingerprint,
        "source tokenizer": Tokenizer.load(own).fingerprint if own else "none",
    }


def _alignment(train: Shards, recipe: Recipe, folder: Path) -> Alignment | None:
    """Which target tokens come from which source tokens, of strings whose attention may walk along their sources,
    as `folder` has it from before, or learnt now. RecipeError where it must and can't be learnt."""
    if (folder / ALIGNMENT).exists():
        return Alignment.load(folder / ALIGNMENT)
    wanted = recipe.model.is_monotonic
    if not wanted and recipe.task != "transduce":
        return None
    try:
        return learn_alignment(train, recipe.text)
    except RecipeError:
        if wanted:
            raise
        return None


def _learnt(corpus: Path, folder: Path, recipe: Recipe, alignment: Alignment | None) -> Path:
    """The corpus with targets as the network writes them, kept in that folder, as the alignment is that says where
    attention steps on."""
    learnt = folder / LEARNT_NAME
    if not learnt.exists():
        if alignment is not None:
            write_whole(folder / ALIGNMENT, alignment.save)
        write_learnt(corpus, learnt, recipe.text, alignment)
    return learnt


def _final_recipe(asked: Recipe, stated: frozenset[str], folder: Path, now: Situation, say: Say) -> Recipe:
    """The recipe with every automatic choice made, and on disk before the first update; a resumed run's own."""
    path = folder / RECIPE_NAME
    if path.exists():
        kept = {_NETWORKS} - stated  # they may have been chosen
        settings = flat_settings(asked)
        recipe = with_settings(load_recipe(path), {name: settings[name] for name in _MAY_CHANGE - kept})
    else:
        recipe = choose_recipe(asked, stated, now, say)
        for line in idle_settings(recipe, stated):
            say(line)
    write_text(path, recipe_to_toml(recipe))
    return recipe


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


def _tell_start(base: Bundle, valid: Shards, recipe: Recipe, device: torch.device, say: Say) -> None:
    """Says how well the bundle that a run starts from, with all of its networks, foretells what is held out."""
    measured = measure_plainly(load_models(base, device), measured_part(valid, recipe), recipe)
    say(f"started from {base.path}, which has {measured.bits_per_character:.3f} bits per character here")


def _weigh_time(budget: Budget, spent_s: float, say: Say, *, prepared: bool) -> None:
    """Refuses or warns where preparing took all or much of a budget in minutes."""
    check_time_left(budget, spent_s, prepared=prepared)
    warning = warning_of_time(budget, spent_s)
    if warning is not None:
        say(warning)
