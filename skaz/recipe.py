"""Every setting of a run: one frozen, validated tree, saved with the model.

A recipe is read from a preset (`--size`), a TOML file (`--recipe`) and overrides (`--set`), in that order;
later ones win. Each field's description below is its help text and its reference (docs/recipe.md is made
from it).
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Collection, Iterable, Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, get_args, get_origin, get_type_hints

import msgspec
import tomli_w
from msgspec import Meta

from skaz.errors import RecipeError, did_you_mean

Cell = Literal["rnn", "gru", "lstm", "mingru", "minlstm"]
Attention = Literal["none", "dot", "general", "additive", "multi-head"]
Initialiser = Literal["xavier", "he", "orthogonal", "uniform"]
Size = Literal["auto", "tiny", "small", "base"]
Split = Literal["line", "marker", "blank", "file"]
TokenizerKind = Literal["bpe", "unigram", "words", "characters", "bytes"]

Positive = Annotated[int, Meta(gt=0)]
Fraction = Annotated[float, Meta(ge=0.0, lt=1.0)]


class _Group(msgspec.Struct, forbid_unknown_fields=True, kw_only=True, frozen=True):
    """A frozen group of settings; an unknown name is an error."""


class TextRecipe(_Group, frozen=True):
    """How characters become tokens, and how stories lie in a file."""

    tokenizer: Annotated[TokenizerKind, Meta(description="what a token is")] = "bpe"
    vocabulary_size: Annotated[int, Meta(ge=270, le=1_000_000, description="tokens to learn (bpe, unigram, words)")] = (
        4000
    )
    split: Annotated[Split | None, Meta(description="how stories lie in a text file; without it skaz finds out")] = None
    validation_fraction: Annotated[
        float, Meta(gt=0.0, le=0.5, description="part of the stories held out to measure on")
    ] = 0.05


class SourcesRecipe(_Group, frozen=True):
    """What the encoder reads before a story: each part is there with its own probability, drawn anew each
    epoch, so that one model learns to write from a plan, a title, an opening, or nothing."""

    plan: Annotated[float, Meta(ge=0, le=1, description="how often the plan is shown")] = 0.5
    title: Annotated[float, Meta(ge=0, le=1, description="how often the title is shown")] = 0.25
    opening: Annotated[float, Meta(ge=0, le=1, description="how often the first sentence is shown")] = 0.1
    whole_plan: Annotated[
        float, Meta(ge=0, le=1, description="how often a shown plan is whole; else a part of it is shown")
    ] = 0.7


class EncoderRecipe(_Group, frozen=True):
    """The recurrent stack that reads the source."""

    layers: Annotated[
        int, Meta(ge=0, le=16, description="recurrent layers; 0: no encoder, the model reads no source")
    ] = 1
    hidden_size: Annotated[Positive, Meta(description="units of a layer, a direction")] = 192
    cell: Annotated[Cell, Meta(description="what a layer repeats")] = "lstm"
    bidirectional: Annotated[bool, Meta(description="read the source from both ends")] = True
    embeddings_in_memory: Annotated[
        bool,
        Meta(description="attention sees each source token's embedding beside what the layers made of it"),
    ] = True

    @property
    def context_size(self) -> int:
        """C, the numbers of the context: a layer's last output in each direction."""
        return self.hidden_size * (2 if self.bidirectional else 1)


class DecoderRecipe(_Group, frozen=True):
    """The recurrent stack that writes the target."""

    layers: Annotated[int, Meta(ge=1, le=16, description="recurrent layers")] = 1
    hidden_size: Annotated[Positive, Meta(description="units of a layer")] = 512
    cell: Annotated[Cell, Meta(description="what a layer repeats")] = "lstm"


class ModelRecipe(_Group, frozen=True):
    """The network."""

    embedding_size: Annotated[Positive, Meta(description="numbers that stand for a token")] = 256
    encoder: EncoderRecipe = EncoderRecipe()
    decoder: DecoderRecipe = DecoderRecipe()
    attention: Annotated[
        Attention, Meta(description="how the decoder looks back at the source; none: only C passes")
    ] = "multi-head"
    attention_heads: Annotated[Positive, Meta(description="heads of multi-head attention")] = 4
    tied_embeddings: Annotated[bool, Meta(description="one matrix for the embedding and the output layer")] = True
    nonlinearity: Annotated[Literal["tanh", "relu"], Meta(description="activation of the rnn cell")] = "tanh"
    dropout: Annotated[Fraction, Meta(description="part of the units dropped between layers and before the output")] = (
        0.0
    )
    variational_dropout: Annotated[
        bool, Meta(description="drop the same units at every time step (Gal and Ghahramani 2016)")
    ] = True
    initialiser: Annotated[Initialiser, Meta(description="initial weights of matrices")] = "xavier"
    recurrent_initialiser: Annotated[Initialiser, Meta(description="initial hidden-to-hidden weights")] = "uniform"
    forget_bias: Annotated[
        float, Meta(description="initial bias towards keeping: of the forget gate; taken from MinGRU's update gate")
    ] = 1.0

    @property
    def memory_size(self) -> int:
        """M, the numbers that attention reads at a source position."""
        return self.encoder.context_size + (self.embedding_size if self.encoder.embeddings_in_memory else 0)


class TrainingRecipe(_Group, frozen=True):
    """The run."""

    minutes: Annotated[float | None, Meta(description="budget of wall time; the learning rate follows the clock")] = (
        None
    )
    epochs: Annotated[float | None, Meta(description="budget in passes over the corpus")] = None
    steps: Annotated[int | None, Meta(description="budget in updates")] = None
    batch_tokens: Annotated[Positive, Meta(description="target tokens of one update")] = 2048
    window: Annotated[Positive, Meta(description="tokens that the gradient goes back; the state goes on")] = 64
    learning_rate: Annotated[float, Meta(gt=0, description="highest learning rate")] = 7e-3
    warmup: Annotated[Fraction, Meta(description="part of the budget in which the rate rises")] = 0.02
    final_rate: Annotated[float, Meta(ge=0, le=1, description="the cosine's end, as a part of the highest rate")] = 0.01
    optimiser: Annotated[
        Literal["muon", "adamw"],
        Meta(description="muon: Muon for the matrices between layers, AdamW for the rest; adamw: AdamW for all"),
    ] = "muon"
    muon_rate: Annotated[float, Meta(gt=0, description="Muon's rate, as a multiple of the learning rate")] = 0.8
    muon_iterations: Annotated[
        Positive, Meta(description="Newton–Schulz iterations that make Muon's step orthogonal")
    ] = 3
    momentum: Annotated[Fraction, Meta(description="Muon's memory of the gradient")] = 0.9
    weight_decay: Annotated[
        Annotated[float, Meta(ge=0)] | None,
        Meta(description="decay of matrices, as a multiple of the rate; without it 0.2 with muon, 0.01 with adamw"),
    ] = None
    beta1: Annotated[Fraction, Meta(description="AdamW's memory of the gradient")] = 0.9
    beta2: Annotated[Fraction, Meta(description="AdamW's memory of its square")] = 0.99
    epsilon: Annotated[
        float, Meta(gt=0, description="AdamW's floor under a gradient's size: rare tokens' small ones move less")
    ] = 1e-5
    clip_norm: Annotated[float, Meta(gt=0, description="longest gradient allowed")] = 1.0
    label_smoothing: Annotated[Fraction, Meta(description="probability spread over all tokens")] = 0.0
    precision: Annotated[Literal["auto", "bf16", "fp32"], Meta(description="auto: bf16 where the processor has it")] = (
        "auto"
    )
    validations: Annotated[int, Meta(ge=1, description="measurements on held-out stories over the run")] = 10
    validation_characters: Annotated[
        Positive, Meta(description="held-out characters that a measurement during the run reads at most")
    ] = 50_000
    patience: Annotated[Positive | None, Meta(description="stop after so many measurements without a gain")] = None
    checkpoint_s: Annotated[float, Meta(gt=0, description="seconds between checkpoints")] = 30.0
    seed: Annotated[int, Meta(ge=0, lt=2**32, description="start of everything random")] = 1
    device: Annotated[str, Meta(description="auto, cpu, cuda, cuda:1 …")] = "auto"
    threads: Annotated[Positive | None, Meta(description="processor threads; all without it")] = None

    @property
    def decay(self) -> float:
        """The weight decay that is meant, the best of each optimiser where none is given."""
        if self.weight_decay is not None:
            return self.weight_decay
        return 0.2 if self.optimiser == "muon" else 0.01


class Recipe(_Group, frozen=True):
    """A whole recipe. `size = "auto"` lets skaz choose the model's size by budget and corpus."""

    size: Annotated[Size, Meta(description="preset of the model's size")] = "auto"
    text: TextRecipe = TextRecipe()
    sources: SourcesRecipe = SourcesRecipe()
    model: ModelRecipe = ModelRecipe()
    training: TrainingRecipe = TrainingRecipe()


BUDGETS = ("training.minutes", "training.epochs", "training.steps")  # a run has one of them

SIZES: Mapping[str, Mapping[str, Any]] = {
    "tiny": {
        "model.embedding_size": 128,
        "model.encoder.hidden_size": 96,
        "model.decoder.hidden_size": 256,
    },
    "small": {},
    "base": {
        "model.embedding_size": 320,
        "model.encoder.hidden_size": 256,
        "model.decoder.hidden_size": 1024,
    },
}


def read_recipe(
    *,
    size: Size | None = None,
    file: Path | None = None,
    overrides: Iterable[str] | Mapping[str, Any] = (),
) -> Recipe:
    """The recipe from a size's preset, a TOML file and overrides such as "training.learning_rate=0.002".

    Raises RecipeError that names the setting, and the nearest known one where the name is unknown.
    """
    from_file = _read_toml(file) if file else {}
    settings = parse_overrides(overrides)
    chosen = size or settings.get("size") or from_file.get("size") or "auto"
    tree: dict[str, Any] = {}
    for dotted, value in SIZES.get(str(chosen), {}).items():
        _put(tree, dotted, value)
    _merge(tree, from_file)
    if any(settings.get(name) is not None for name in BUDGETS):  # a budget given by hand stands for the file's
        for name in BUDGETS:
            _take(tree, name)
    for dotted, value in settings.items():
        _put(tree, dotted, value)
    tree["size"] = chosen
    return recipe_from_tree(tree, where=str(file) if file else "the recipe")


def recipe_from_tree(tree: Mapping[str, Any], *, where: str) -> Recipe:
    """A recipe from nested plain values; raises RecipeError that names `where` and the setting."""
    _check_names(tree, Recipe, "", where)
    try:
        recipe = msgspec.convert(tree, Recipe)
    except msgspec.ValidationError as error:
        raise RecipeError(f"In {where}, {_plain(error)}.") from None
    _check_together(recipe)
    return recipe


def stated_settings(overrides: Iterable[str] | Mapping[str, Any], file: Path | None) -> frozenset[str]:
    """The dotted names of the settings that a person gave, in a file or by overrides."""
    return frozenset({*parse_overrides(overrides), *(flatten(_read_toml(file)) if file else ())})


def load_recipe(path: Path) -> Recipe:
    """The recipe saved at `path` (TOML); raises RecipeError."""
    return recipe_from_tree(_read_toml(path), where=str(path))


def recipe_to_toml(recipe: Recipe) -> str:
    """TOML text that `load_recipe` reads back to an equal recipe; settings that are None are left out."""
    return tomli_w.dumps(_without_none(msgspec.to_builtins(recipe)))


def with_settings(recipe: Recipe, settings: Mapping[str, Any]) -> Recipe:
    """A copy with dotted settings changed, checked like any other."""
    tree = _without_none(msgspec.to_builtins(recipe))
    for dotted, value in settings.items():
        _put(tree, dotted, value)
    return recipe_from_tree(_without_none(tree), where="the recipe")


def sized(recipe: Recipe, size: Literal["tiny", "small", "base"], fixed: Collection[str]) -> Recipe:
    """The recipe at a given size; settings named in `fixed` (dotted) stay."""
    settings = {name: value for name, value in SIZES[size].items() if name not in fixed}
    return with_settings(recipe, {"size": size, **settings})


def flatten(tree: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    """Nested values as one dict with dotted names."""
    flat: dict[str, Any] = {}
    for name, value in tree.items():
        if isinstance(value, Mapping):
            flat.update(flatten(value, f"{prefix}{name}."))
        else:
            flat[f"{prefix}{name}"] = value
    return flat


def _read_toml(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise RecipeError(f"There is no recipe file {path}; check the path.") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise RecipeError(f"{path} is not valid TOML: {error}; mend that place and run again.") from None
    except OSError as error:
        raise RecipeError(f"Can't read the recipe {path}: {error.strerror}; name a readable file.") from None


def parse_overrides(overrides: Iterable[str] | Mapping[str, Any]) -> dict[str, Any]:
    """Overrides as dotted names and values; RecipeError for one that is not name=value."""
    if isinstance(overrides, Mapping):
        return dict(overrides)
    settings: dict[str, Any] = {}
    for override in overrides:
        name, equals, value = override.partition("=")
        if not equals or not name.strip():
            raise RecipeError(f'"{override}" is not a setting; write it as name=value, training.seed=7 say.')
        value = re.sub(r"^([+-]?)\.(?=\d)", r"\g<1>0.", value.strip())  # people write .5, and TOML wants 0.5
        try:
            settings[name.strip()] = tomllib.loads(f"value = {value}")["value"]
        except tomllib.TOMLDecodeError:
            settings[name.strip()] = value  # a bare word is a string: text.tokenizer=characters
    return settings


def _put(tree: dict[str, Any], dotted: str, value: Any) -> None:
    *groups, name = dotted.split(".")
    for group in groups:
        tree = tree.setdefault(group, {})
        if not isinstance(tree, dict):
            raise RecipeError(f'"{dotted}" is not a setting: {group} is a single value; leave out what follows.')
    tree[name] = value


def _take(tree: dict[str, Any], dotted: str) -> None:
    group, _, name = dotted.partition(".")
    if isinstance(tree.get(group), dict):
        tree[group].pop(name, None)


def _merge(tree: dict[str, Any], other: Mapping[str, Any]) -> None:
    for name, value in other.items():
        if isinstance(value, Mapping) and isinstance(tree.get(name), dict):
            _merge(tree[name], value)
        else:
            tree[name] = dict(value) if isinstance(value, Mapping) else value


def _group_types(group: type) -> dict[str, Any]:
    return get_type_hints(group)


def known_settings(group: type = Recipe, prefix: str = "") -> list[str]:
    """Every setting's dotted name."""
    names: list[str] = []
    for name, kind in _group_types(group).items():
        if isinstance(kind, type) and issubclass(kind, _Group):
            names += known_settings(kind, f"{prefix}{name}.")
        else:
            names.append(prefix + name)
    return names


def _check_names(tree: Mapping[str, Any], group: type, prefix: str, where: str) -> None:
    types = _group_types(group)
    for name, value in tree.items():
        if name not in types:
            inner = next(iter(flatten(value)), "") if isinstance(value, Mapping) else ""
            unknown = f"{prefix}{name}.{inner}" if inner else prefix + name
            hint = did_you_mean(unknown, known_settings()) or did_you_mean(
                name, [known.rpartition(".")[2] for known in known_settings()]
            )
            raise RecipeError(f'{where} has no setting "{unknown}".{hint} docs/recipe.md lists them all.')
        kind = types[name]
        if isinstance(kind, type) and issubclass(kind, _Group):
            if not isinstance(value, Mapping):
                raise RecipeError(f'"{prefix}{name}" in {where} is a group of settings; name one of them.')
            _check_names(value, kind, f"{prefix}{name}.", where)


def _check_together(recipe: Recipe) -> None:
    """Checks across fields; each names the setting to change."""
    budgets = {
        "training.minutes": recipe.training.minutes,
        "training.epochs": recipe.training.epochs,
        "training.steps": recipe.training.steps,
    }
    given = [name for name, value in budgets.items() if value is not None]
    for name in given:
        if not (budgets[name] or 0) > 0:
            give = {"training.steps": "--set training.steps=500"}.get(name, f"--{name.rpartition('.')[2]} 5")
            raise RecipeError(f"The budget {name} must be above zero, not {budgets[name]}; give {give}, say.")
    if len(given) > 1:
        raise RecipeError(f"{' and '.join(given)} are both set; a run has one budget: leave one out.")
    if recipe.model.encoder.layers == 0 and recipe.model.attention != "none":
        raise RecipeError(
            'Without an encoder there is nothing to attend to; set model.attention = "none" or '
            "model.encoder.layers = 1."
        )
    memory = recipe.model.memory_size
    if recipe.model.attention == "dot" and memory != recipe.model.decoder.hidden_size:
        raise RecipeError(
            f"Dot attention compares vectors of one size, and the decoder has {recipe.model.decoder.hidden_size} "
            f"units where the memory has {memory}; set model.decoder.hidden_size = {memory}, or "
            'model.attention = "general".'
        )
    heads, units = recipe.model.attention_heads, recipe.model.decoder.hidden_size
    if recipe.model.attention == "multi-head" and units % heads:
        raise RecipeError(
            f"model.decoder.hidden_size = {units} can't be shared by {heads} heads; "
            "choose a model.attention_heads that divides it."
        )


def _plain(error: msgspec.ValidationError) -> str:
    """msgspec's message with the setting's name in our spelling, what it is, and the choices."""
    message, _, path = str(error).partition(" - at `$.")
    name = path.rstrip("`") or "the recipe"
    description, choices = _reference(name)
    about = f" ({description})" if description else ""
    instead = f"; it may be {', '.join(choices)}" if choices else ""
    return f"{name}{about} is wrong: {message[0].lower()}{message[1:]}{instead}".replace("`", "")


def _reference(dotted: str) -> tuple[str, tuple[str, ...]]:
    """A setting's description, and its choices where it has a closed list of them."""
    kind: Any = Recipe
    for name in dotted.split("."):
        kind = get_type_hints(kind, include_extras=True).get(name) if isinstance(kind, type) else None
    metadata = getattr(kind, "__metadata__", ())
    description = next((meta.description for meta in metadata if getattr(meta, "description", None)), "")
    plain = kind.__origin__ if metadata else kind
    literals = [part for part in (plain, *get_args(plain)) if get_origin(part) is Literal]
    return description, tuple(str(choice) for part in literals for choice in get_args(part))


def _without_none(tree: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: _without_none(value) if isinstance(value, Mapping) else value
        for name, value in tree.items()
        if value is not None
    }


SIZE_NAMES: tuple[str, ...] = get_args(Size)
