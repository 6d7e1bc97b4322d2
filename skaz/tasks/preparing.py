"""`skaz prepare`: a corpus read as a recipe says. Loads no PyTorch."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import Any

from skaz.corpus.pairs import Columns, read_pairs
from skaz.corpus.prepare import Prepared, PrepareOptions, Progress, prepare
from skaz.errors import RequestError
from skaz.recipe import Recipe
from skaz.recipe_reading import load_recipe, recipe_to_toml, with_settings
from skaz.tasks.fine_tuning import base_of
from skaz.text.symbols import has_symbols, want_spelling

PREPARED_BY = "recipe.toml"  # in a prepared folder: the recipe that it was read by
_OF_PIECES = ("bpe", "unigram")
_DIRECTIONS = ("text.reverse_sources", "text.reverse_targets")  # of reading and writing the tokens that are there
_LOOKED_AT = 500  # pairs, for what their sides are
_MOST_SPELT = 10_000  # pairs, and whether their symbols are spelt goes by how often each is met; of more none are
_MOST_HANGUL = 0.5  # of the texts have a syllable of it, where it is their script


def prepare_for(
    recipe: Recipe,
    paths: Sequence[str | Path],
    out: str | Path,
    *,
    held_out: Sequence[str | Path] = (),
    stated: Collection[str] = (),
    progress: Progress | None = None,
) -> Prepared:
    """Reads and tokenises a corpus as the recipe says, and leaves with it how it was read. A recipe that starts from a
    bundle, whose tokens are taken then, is what `read_on_base` gave. Raises as `prepare` and `base_of` do."""
    base = base_of(recipe)
    recipe = with_settings(recipe, string_settings(recipe, paths, stated))
    options = prepare_options(recipe)
    if recipe.task == "write" and recipe.text.tokenizer in _OF_PIECES and "text.vocabulary_size" not in stated:
        options = replace(options, vocabulary_size=None)
    return prepare(
        list(paths),
        out,
        options,
        held_out=list(held_out),
        tokenizer=base.tokenizer if base is not None else None,
        source_tokenizer=base.source_tokenizer if base is not None else None,
        notes=lambda size: {PREPARED_BY: recipe_to_toml(with_settings(recipe, {"text.vocabulary_size": size}))},
        progress=progress,
    )


def reading_lines(prepared: Prepared) -> list[str]:
    """What was read and how, a fact a line, that of the files to be held out too."""
    held_out = prepared.held_out.lines() if prepared.held_out is not None else []
    return [*prepared.reading.lines(), *(f"held out: {line}" for line in held_out)]


def token_lines(prepared: Path) -> list[str]:
    """What a token of each side is in a prepared folder of strings; nothing of other texts, which have it stated."""
    read_by = load_recipe(prepared / PREPARED_BY)
    if read_by.task != "transduce":
        return []
    text = read_by.text
    return [f"sources are read as {text.source_tokenizer or text.tokenizer}, targets as {text.tokenizer}"]


def string_settings(recipe: Recipe, paths: Sequence[str | Path], stated: Collection[str]) -> Mapping[str, Any]:
    """For string transduction: how the sides that were not `stated` are read, by the look of the first pairs. Symbols
    stand between spaces, and are spelt in targets where each is seldom met and marks tell many apart, as in phonetic
    writing; the syllables of Hangul are taken apart in sources."""
    settings = {"text.source_tokenizer": "source", "text.tokenizer": "text"}
    open_sides = [name for name in settings if name not in stated]
    if recipe.task != "transduce" or not open_sides:
        return {}
    pairs = list(islice(read_pairs(paths, Columns(recipe.text.source_column, recipe.text.target_column)), _MOST_SPELT))
    found: dict[str, Any] = {}
    for name in open_sides:
        texts = [getattr(pair, settings[name]) for pair in pairs]
        some, of_targets = texts[:_LOOKED_AT], name == "text.tokenizer"
        if has_symbols(some):
            are_spelt = of_targets and len(pairs) < _MOST_SPELT and want_spelling(texts)
            found[name] = "spelt-symbols" if are_spelt else "symbols"
        elif not of_targets and sum(map(_has_hangul, some)) > _MOST_HANGUL * len(some):
            found[name] = "letters"
    return found


def settings_of(prepared: Path, recipe: Recipe, stated: Collection[str]) -> Mapping[str, Any]:
    """What a prepared folder has settled: the task and how text becomes tokens. RequestError where the recipe is for
    another task, or would read the text in another way; only in which direction may still be stated."""
    if not (prepared / PREPARED_BY).is_file():
        return {}
    before = load_recipe(prepared / PREPARED_BY)
    if before.task != recipe.task:
        raise RequestError(f"{prepared} was prepared to {before.task}; say so with --task {before.task}.")
    names = {f"text.{name}": getattr(before.text, name) for name in before.text.__struct_fields__}
    names = {name: value for name, value in names.items() if name not in _DIRECTIONS or name not in stated}
    asked = {name: getattr(recipe.text, name.removeprefix("text.")) for name in names}
    differ = sorted(name for name in names if name in stated and names[name] != asked[name])
    if differ:
        raise RequestError(
            f"{prepared} is prepared already, and {', '.join(differ)} can't change it; leave that out, or name the "
            "texts themselves."
        )
    return names


def _has_hangul(text: str) -> bool:
    return any("가" <= character <= "힣" for character in text)


def prepare_options(recipe: Recipe) -> PrepareOptions:
    """How the recipe has a corpus read."""
    return PrepareOptions(
        split=recipe.text.split,
        tokenizer_kind=recipe.text.tokenizer,
        vocabulary_size=recipe.text.vocabulary_size,
        validation_fraction=recipe.text.validation_fraction,
        seed=recipe.training.seed,
        plans=recipe.sources.plan > 0,
        pairs=Columns(recipe.text.source_column, recipe.text.target_column) if recipe.task != "write" else None,
        source_tokenizer_kind=recipe.text.source_tokenizer,
        cut_targets=not recipe.model.copy,  # what is copied must be a token of both
    )
