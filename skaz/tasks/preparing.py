"""`skaz prepare`: what a recipe says of reading a corpus. Loads no PyTorch."""

from __future__ import annotations

from skaz.corpus.pairs import Columns
from skaz.corpus.prepare import PrepareOptions
from skaz.recipe import Recipe


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
    )
