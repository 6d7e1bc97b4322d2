"""Fine-tuning: a run that begins with what a bundle has learnt: its shape, its vocabulary and its weights. How it
learns is its own."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from skaz.engine.bundle import ALIGNMENT, SOURCE_TOKENIZER, TOKENIZER, Bundle, open_bundle
from skaz.errors import BundleError, RecipeError, RequestError
from skaz.files import expanded, write_whole
from skaz.recipe import Recipe, Size
from skaz.recipe_reading import flat_settings, given_settings, parse_overrides, read_recipe, with_settings
from skaz.tasks.run_folder import Origin, OtherNetwork, has_asked, keep_origin, kept_origin, led_to, run_folder
from skaz.text.file_names import shown_name
from skaz.text.tokenizer import Tokenizer

_START_FROM = "training.start_from"

# Of the model's settings those that only say how it learns, and of the others those that make the tokens.
_OF_LEARNING = frozenset(
    {
        *("model.dropout", "model.embedding_dropout", "model.weight_dropout", "model.variational_dropout"),
        *("model.initialiser", "model.recurrent_initialiser", "model.forget_bias", "model.ngram_weight"),
    }
)
_OF_TOKENS = (
    *("text.tokenizer", "text.source_tokenizer", "text.vocabulary_size"),
    *("text.reverse_sources", "text.reverse_targets"),
)


def base_of(recipe: Recipe) -> Bundle | None:
    """The bundle that the recipe has a run start from; BundleError where it is missing or damaged."""
    return None if recipe.training.start_from is None else open_bundle(expanded(recipe.training.start_from))


def read_on_base(
    *,
    size: Size | None = None,
    file: Path | None = None,
    overrides: Iterable[str] | Mapping[str, Any] = (),
    resumed: Path | None = None,
) -> tuple[Recipe, frozenset[str]]:
    """The recipe as `read_recipe` reads it, and the settings that are stated. Where one of them is the bundle to start
    from, its shape and its tokens stand under the others and count as stated, and its path is made absolute: a run may
    be resumed from another folder. `resumed`: where the bundle goes of a run that is to be resumed; one that has begun
    did all this at its beginning.

    BundleError where the bundle is missing or damaged; RecipeError where a stated setting would make another network or
    other tokens, and as `read_recipe`."""
    given = given_settings(overrides, file)
    if given.get(_START_FROM) is None:
        return read_recipe(size=size, file=file, overrides=overrides), frozenset(given)
    settings = {**parse_overrides(overrides), _START_FROM: os.path.abspath(expanded(str(given[_START_FROM])))}
    if resumed is not None and has_asked(run_folder(led_to(resumed))):
        return read_recipe(size=size, file=file, overrides=settings), frozenset(given)
    base = open_bundle(Path(settings[_START_FROM]))
    shape = _shape(base.recipe)
    _check_shape({**given, "size": size or given.get("size")}, {**shape, "size": base.recipe.size}, base)
    if base.recipe.networks > 1:
        shape["networks"] = given.get("networks", base.recipe.networks)
    if not base.recipe.model.encoder.layers:  # nothing reads what stands before a text
        read = {name: value for name, value in flat_settings(base.recipe).items() if name.startswith("sources.")}
        settings = {**{name: value for name, value in read.items() if name not in given}, **settings}
    settings.pop("size", None)  # what it would settle is settled
    recipe = read_recipe(file=file, overrides={**settings, **shape})
    return with_settings(recipe, {"size": base.recipe.size}), frozenset(given) | shape.keys()


def _check_shape(given: Mapping[str, Any], shape: Mapping[str, Any], base: Bundle) -> None:
    differ = [name for name in sorted(shape) if name in given and given[name] != shape[name]]
    if given["size"] in (None, "auto"):
        differ = [name for name in differ if name != "size"]
    if differ:
        raise RecipeError(
            f"{', '.join(differ)} would make another network than {base.path.name}, which the training starts from, or "
            "other tokens; leave that out, or start from nothing."
        )


def take_from(base: Bundle, corpus: Path, folder: Path, other: OtherNetwork | None) -> None:
    """What a run takes from its bundle before there is a network: a note of it, into the run's folder, and how
    attention walks. BundleError where it has become another since the run began, or since the first network did;
    RequestError where the corpus is not written in its tokens."""
    origin = origin_of(base)
    before = kept_origin(folder if other is None else other.first_run)
    if before is not None and before != origin:
        raise BundleError(
            f"{base.path} is not what it was when the training began; put it back, or begin anew with --overwrite."
        )
    _check_tokens(corpus, base)
    keep_origin(folder, origin)
    if base.alignment is not None and other is None:
        write_whole(folder / ALIGNMENT, base.alignment.save)


def _check_tokens(corpus: Path, base: Bundle) -> None:
    for name, of_base in ((TOKENIZER, base.tokenizer), (SOURCE_TOKENIZER, base.source_tokenizer)):
        path = corpus / name
        found = Tokenizer.load(path).fingerprint if path.exists() else None
        if found != (of_base.fingerprint if of_base is not None else None):
            raise RequestError(
                f"{corpus} was prepared with other tokens than those of {base.path}; name the texts themselves, or "
                "prepare them with --start-from."
            )


def weights_of(base: Bundle, other: OtherNetwork | None) -> Path:
    """The weights that a network starts from; an ensemble may have more networks than the bundle, which then serve
    again."""
    number = other.number if other is not None else 1
    return base.weights_paths[(number - 1) % len(base.weights_paths)]


def origin_of(base: Bundle) -> Origin:
    """What a run that starts from the bundle notes of it."""
    corpus = base.facts.corpus
    texts = ", ".join(corpus.get("names", ()))
    taken = {TOKENIZER, SOURCE_TOKENIZER, ALIGNMENT, *(path.name for path in base.weights_paths)}
    hashes = {name: base.hashes[name] for name in sorted(taken & base.hashes.keys())}
    return Origin(f"{shown_name(base.path.resolve().name)} ({texts})", corpus.get("fingerprint", ""), hashes)


def _shape(recipe: Recipe) -> dict[str, Any]:
    settings = flat_settings(recipe)
    model = {name: value for name, value in settings.items() if name.startswith("model.") and name not in _OF_LEARNING}
    return {"task": recipe.task, **model, **{name: settings[name] for name in _OF_TOKENS}}
