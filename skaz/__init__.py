"""skaz: small recurrent networks that write stories, and translate, trained on your own texts, on your own machine."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from skaz.api import evaluate, train
    from skaz.corpus.pairs import Columns
    from skaz.corpus.records import Story
    from skaz.decoding.beam import BeamSettings
    from skaz.decoding.filters import Dry
    from skaz.decoding.settings import SamplingSettings
    from skaz.errors import SkazError
    from skaz.recipe import Recipe
    from skaz.recipe_reading import read_recipe
    from skaz.tasks.evaluating import evaluate_pairs
    from skaz.tasks.translating import Translation, Translator, load_translator
    from skaz.tasks.writing import Storyteller, StoryToken, Wish, WrittenStory, load

__version__ = "0.1.0"

# Where each public name lives. They are imported when first asked for: `import skaz` is quick, and only
# what trains or measures a network loads PyTorch.
_HOMES = {
    "BeamSettings": "skaz.decoding.beam",
    "Columns": "skaz.corpus.pairs",
    "Dry": "skaz.decoding.filters",
    "Recipe": "skaz.recipe",
    "SamplingSettings": "skaz.decoding.settings",
    "SkazError": "skaz.errors",
    "Story": "skaz.corpus.records",
    "StoryToken": "skaz.tasks.writing",
    "Storyteller": "skaz.tasks.writing",
    "Translation": "skaz.tasks.translating",
    "Translator": "skaz.tasks.translating",
    "Wish": "skaz.tasks.writing",
    "WrittenStory": "skaz.tasks.writing",
    "evaluate": "skaz.api",
    "evaluate_pairs": "skaz.tasks.evaluating",
    "load_translator": "skaz.tasks.translating",
    "load": "skaz.tasks.writing",
    "read_recipe": "skaz.recipe_reading",
    "train": "skaz.api",
}

__all__ = [
    "BeamSettings",
    "Columns",
    "Dry",
    "Recipe",
    "SamplingSettings",
    "SkazError",
    "Story",
    "StoryToken",
    "Storyteller",
    "Translation",
    "Translator",
    "Wish",
    "WrittenStory",
    "__version__",
    "evaluate",
    "evaluate_pairs",
    "load",
    "load_translator",
    "read_recipe",
    "train",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'skaz' has no attribute {name!r}")
    from importlib import import_module

    try:
        home = import_module(_HOMES[name])
    except ModuleNotFoundError as error:
        from skaz.extras import told

        raise (told(error) or error) from None
    return getattr(home, name)


def __dir__() -> list[str]:
    return __all__
