"""Makes docs/recipe.md, the reference of every setting, from the descriptions in skaz/recipe.py."""

from __future__ import annotations

import inspect
from collections.abc import Iterator, Mapping
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, NamedTuple, Union, get_args, get_origin, get_type_hints

import msgspec
from references import main, page_of

from skaz.recipe import SIZES, TASKS, Recipe
from skaz.recipe_reading import flat_settings
from skaz.tasks.choosing import (
    FEW_TOKENS,
    FOR_FEW_TOKENS,
    FOR_LONG_WINDOWS,
    FOR_STRINGS_IN_ORDER,
    LONG_WINDOW,
    LONG_WINDOW_ON_GPU,
    RATE_TO_FINE_TUNE,
)

INTRODUCTION = """\
A recipe is every setting of a run. It is read in four layers, and later ones win: the defaults below, a preset of
the model's size (`--size`), a TOML file (`--recipe FILE.toml`), and single settings (`--set NAME=VALUE`, or the
options that stand for one, such as `--minutes`). The finished recipe is saved in the bundle as `recipe.toml`, so a
bundle's own recipe can be trained again: `skaz train stories/ --out again --recipe teller/recipe.toml`. Such a file
states all that a size sets, so that `--size` beside it is refused.

A file has the groups as tables:

```toml
size = "small"

[text]
tokenizer = "characters"

[model.decoder]
hidden_size = 384

[training]
minutes = 20
seed = 7
```

On the command line the same is `--size small --set text.tokenizer=characters --set model.decoder.hidden_size=384
--minutes 20 --seed 7`; `--set NAME=` takes away a value that a preset or a file has given. From Python:
`skaz.train(…, settings={"text.tokenizer": "characters"})`. A name that is not known is an error, and the message tells
the nearest one that is."""

TOGETHER = """\
## What must go together

- A run has one budget, above zero: `training.minutes`, `training.epochs` or `training.steps`. Without any it is ten
  minutes.
- `model.encoder.layers = 0` asks for `model.attention = "none"`: there is nothing to look back at.
- With `model.attention = "multi-head"` the heads share `model.decoder.hidden_size` evenly.
- `model.attention = "dot"` compares the decoder's output with the memory directly, so the two have one size:
  `model.decoder.hidden_size` is `model.encoder.hidden_size`, twice that where the encoder is bidirectional, and
  `model.embedding_size` more with `model.encoder.embeddings_in_memory`. For stories state all three: skaz chooses by
  the corpus what is not stated.
- `model.input_feeding` and `model.coverage` are for pairs (`task`); they and `model.copy` need attention.
- `model.copy` wants sources and targets of one vocabulary: no `text.source_tokenizer`.
- `training.coverage_loss` wants `model.coverage`.
- `training.start_from` settles `task`, `size`, how texts become tokens, and all of `model` but dropout and what is only
  for a new network; with it there is no `training.embeddings`."""

CHOSEN = """\
## What skaz chooses by itself

What you state, in a file or on the command line, is left as you stated it. The rest skaz fits to the texts, the machine
and the budget, and says so. Of stories:

- Where the texts are long (novels, not stories), a plain language model: `model.encoder.layers = 0`, no attention, no
  `sources`. If you state one of these yourself, and not as off, the others stay too.
- Where no story has a plan, `sources.plan = 0`, and where none has a title, `sources.title = 0`.
- Where stories are read after plans or titles with attention, `model.copy = true`.
- Where `training.window` is {long_window:,} or more (on a GPU {long_window_on_gpu:,}): {for_long_windows}.
- Where there are few tokens ({few_tokens:,} or fewer, as with characters): {for_few_tokens}.
- With `size = "auto"`, the size, by how fast this machine trains.
- `model.dropout`, by how often the budget lets the texts be read, and `model.weight_dropout`, by that and by how many
  numbers the network has for each of their tokens.

Of pairs:

- Strings that follow their sources in order, as sounds follow letters: {for_strings_in_order}.
- Dropout, by how often the budget lets the pairs be read.

Of a run that starts from a bundle `training.learning_rate`, {rate_to_fine_tune:g} of what it would be."""


def chosen_section() -> str:
    """The choices with the values that the code has."""
    return CHOSEN.format(
        long_window=LONG_WINDOW,
        long_window_on_gpu=LONG_WINDOW_ON_GPU,
        few_tokens=FEW_TOKENS,
        rate_to_fine_tune=RATE_TO_FINE_TUNE,
        for_long_windows=_settings(FOR_LONG_WINDOWS),
        for_few_tokens=_settings(FOR_FEW_TOKENS),
        for_strings_in_order=_settings(FOR_STRINGS_IN_ORDER),
    )


def _settings(settings: Mapping[str, Any]) -> str:
    """A setting each, as --set takes it."""
    return ", ".join(f"`{name} = {as_toml(value)}`" for name, value in settings.items())


class Facts(NamedTuple):
    """What a setting may be."""

    kind: str
    allowed: str
    description: str


def settings_of(group: type, prefix: str = "") -> Iterator[tuple[str, type, list[str]]]:
    """Each group of settings with its dotted name and its rows, outer groups first."""
    rows: list[str] = []
    inner: list[tuple[str, type]] = []
    hints = get_type_hints(group, include_extras=True)
    for field in msgspec.structs.fields(group):
        annotation = hints[field.name]
        if isinstance(annotation, type) and issubclass(annotation, msgspec.Struct):
            inner.append((f"{prefix}{field.name}", annotation))
        else:
            facts = facts_of(annotation)
            default = "–" if field.default is None else f"`{as_toml(field.default)}`"
            name = f"`{prefix}{field.name}`"
            rows.append(f"| {name} | {facts.kind} | {default} | {facts.allowed} | {facts.description} |")
    yield prefix.rstrip("."), group, rows
    for name, kind in inner:
        yield from settings_of(kind, f"{name}.")


def facts_of(annotation: Any) -> Facts:
    """The type, the range and the description that an annotation holds, however deep."""
    origin = get_origin(annotation)
    if origin is Annotated:
        inner, *metas = get_args(annotation)
        kind, allowed, description = facts_of(inner)
        for meta in metas:
            allowed = range_of(meta) or allowed
            description = meta.description or description
        return Facts(kind, allowed, description)
    if origin in (Union, UnionType):
        (inner,) = (part for part in get_args(annotation) if part is not NoneType)
        return facts_of(inner)
    if origin is Literal:
        return Facts("one of", ", ".join(f"`{value}`" for value in get_args(annotation)), "")
    return Facts({int: "whole number", float: "number", bool: "yes or no", str: "text"}[annotation], "", "")


def range_of(meta: msgspec.Meta) -> str:
    """The bounds in words: "above 0, at most 0.5"."""
    bounds = (("above", meta.gt), ("at least", meta.ge), ("below", meta.lt), ("at most", meta.le))
    return ", ".join(f"{word} {bound:,.10g}" for word, bound in bounds if bound is not None)


def as_toml(value: Any) -> str:
    """The value as it stands in a recipe file."""
    if isinstance(value, bool):
        return str(value).lower()
    return f'"{value}"' if isinstance(value, str) else str(value)


def group_section(name: str, group: type, rows: list[str]) -> str:
    title = f"## `{name}`" if name else "## The recipe itself"
    head = "| setting | type | default | allowed | what it is |\n| --- | --- | --- | --- | --- |"
    table = "\n".join([head, *rows]) if rows else ""
    return "\n\n".join(part for part in (title, inspect.getdoc(group), table) if part)


def presets_section(title: str, words: str, presets: Mapping[str, Mapping[str, Any]]) -> str:
    """What each of some presets sets."""
    names = sorted({name for preset in presets.values() for name in preset})
    defaults = flat_settings(Recipe())
    rows = [
        f"| `{name}` | " + " | ".join(_shown(preset.get(name, defaults[name])) for preset in presets.values()) + " |"
        for name in names
    ]
    head = "| setting | " + " | ".join(f"`{name}`" for name in presets) + " |\n" + "| --- " * (len(presets) + 1) + "|"
    return "\n\n".join([f"## {title}", words, "\n".join([head, *rows])])


def _shown(value: Any) -> str:
    return "–" if value is None else str(value)


TASKS_WORDS = """`--task` sets these; a size, or a setting that you state, wins over it."""
SIZES_WORDS = (
    "`--size` sets these and nothing else; a setting that you state wins over it. `small` sets nothing: it is the\n"
    "task's own size, here that of stories. For stories `auto` measures how fast this machine trains, and takes the\n"
    "preset that fits the budget and the corpus; it says which, and why. For pairs it is the task's own."
)


def recipe_page() -> str:
    sections = [group_section(*each) for each in settings_of(Recipe)]
    presets = [presets_section("Tasks", TASKS_WORDS, TASKS), presets_section("Sizes", SIZES_WORDS, SIZES)]
    return page_of(
        "The recipe: every setting", "make_recipe.py", [INTRODUCTION, *presets, *sections, TOGETHER, chosen_section()]
    )


if __name__ == "__main__":
    main("recipe.md", recipe_page())
