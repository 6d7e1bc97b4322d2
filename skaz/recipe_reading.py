"""A recipe from presets (`--task`, `--size`), a TOML file (`--recipe`) and overrides (`--set`): later ones win."""

from __future__ import annotations

import functools
import math
import re
import tomllib
from collections.abc import Collection, Iterable, Mapping
from pathlib import Path
from typing import Any, Literal, get_args, get_origin, get_type_hints

import msgspec
import tomli_w

from skaz.arguments import check, check_path, check_text
from skaz.errors import RecipeError, did_you_mean, nearest, one_of_these
from skaz.recipe import BUDGETS, SIZED, SIZES, TASKS, Group, Recipe, Size
from skaz.recipe_checks import check_dot_sizes, check_together

GIVEN = "the settings given"  # by hand, not in a file
_KINDS = {"int": "a whole number", "float": "a number", "str": "text"}
_SIGNS = {">": "above", ">=": "of at least", "<": "below", "<=": "of at most"}


def read_recipe(
    *,
    size: Size | None = None,
    file: str | Path | None = None,
    overrides: Iterable[str] | Mapping[str, Any] = (),
) -> Recipe:
    """The recipe from a size's preset, a TOML file and overrides such as "training.learning_rate=0.002".

    Raises RecipeError that names the setting, and the nearest known one where the name is unknown; RequestError for an
    argument of another kind.
    """
    if file is not None:
        check_path("file", file)
        file = Path(file)
    from_file = _read_toml(file) if file else {}
    if file:
        _converted(from_file, str(file))
    settings = parse_overrides(overrides)
    given = _tree_of(settings)
    _converted(given, GIVEN)
    asked = size or settings.get("size")
    if file and asked:
        _check_size_counts(str(asked), file, from_file)
    chosen = asked or from_file.get("size") or "auto"
    task = settings.get("task") or from_file.get("task") or "write"
    tree = _tree_of({**TASKS.get(str(task), {}), **SIZES.get(str(chosen), {})})
    _merge(tree, from_file)
    if any(settings.get(name) is not None for name in BUDGETS):  # a budget given by hand stands for the file's
        for name in BUDGETS:
            _take(tree, name)
    _merge(tree, given)
    tree["size"] = chosen
    recipe = recipe_from_tree(tree, where=GIVEN)
    check_dot_sizes(recipe, {*settings, *flatten(from_file)})
    return recipe


def _check_size_counts(size: str, file: Path, from_file: Mapping[str, Any]) -> None:
    """That the file, whose settings win over a size's preset, leaves something of it: a bundle's own recipe states
    everything."""
    if size != from_file.get("size") and all(name in flatten(from_file) for name in SIZED):
        raise RecipeError(
            f'{file} states {", ".join(SIZED[:-1])} and {SIZED[-1]} itself, so size = "{size}" would change nothing; '
            "take them out of the file, or leave the size out."
        )


def recipe_from_tree(tree: Mapping[str, Any], *, where: str) -> Recipe:
    """A recipe from nested plain values; raises RecipeError that names `where` and the setting."""
    recipe = _converted(tree, where)
    check_together(recipe)
    return recipe


def _converted(tree: Mapping[str, Any], where: str) -> Recipe:
    """The recipe, each setting of which is one by itself; RecipeError that names `where` and the setting."""
    _check_names(tree, Recipe, "", where)
    try:
        recipe = msgspec.convert(tree, Recipe)
    except msgspec.ValidationError as error:
        raise RecipeError(f"In {where}, {_in_words(plain_error(error))}") from None
    for name, value in flat_settings(recipe).items():
        if isinstance(value, float) and not math.isfinite(value):
            raise RecipeError(f"In {where}, {name} is {value}; give a finite number.")
    return recipe


def given_settings(overrides: Iterable[str] | Mapping[str, Any], file: Path | None) -> dict[str, Any]:
    """The settings that a person gave, in a file or by overrides, by dotted names; their values are not checked."""
    return {**(flatten(_read_toml(file)) if file else {}), **parse_overrides(overrides)}


def stated_settings(overrides: Iterable[str] | Mapping[str, Any], file: Path | None) -> frozenset[str]:
    """The dotted names of the settings that a person gave, in a file or by overrides."""
    return frozenset(given_settings(overrides, file))


def load_recipe(path: Path) -> Recipe:
    """The recipe saved at `path` (TOML); raises RecipeError."""
    return recipe_from_tree(_read_toml(path), where=str(path))


def recipe_to_toml(recipe: Recipe) -> str:
    """TOML text that `load_recipe` reads back to an equal recipe; settings that are None are left out."""
    return tomli_w.dumps(_without_none(msgspec.to_builtins(recipe)))


def with_settings(recipe: Recipe, settings: Mapping[str, Any]) -> Recipe:
    """A copy with dotted settings changed, checked like any other."""
    tree = _without_none(msgspec.to_builtins(recipe))
    _merge(tree, _tree_of(settings))
    return recipe_from_tree(_without_none(tree), where=GIVEN)


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


def flat_settings(recipe: Recipe) -> dict[str, Any]:
    """All settings of a recipe as plain values by their dotted names."""
    return flatten(msgspec.to_builtins(recipe))


def _read_toml(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except FileNotFoundError:
        raise RecipeError(f"There is no recipe file {path}; check the path.") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise RecipeError(f"{path} is not valid TOML: {error}; mend that place and run again.") from None
    except OSError as error:
        raise RecipeError(f"Can't read the recipe {path}: {error.strerror}; name a readable file.") from None


def parse_overrides(overrides: Iterable[str] | Mapping[str, Any]) -> dict[str, Any]:
    """Overrides as dotted names and values; `name=` takes a value away. RecipeError for one that is not name=value,
    RequestError for another kind of argument."""
    wanted = 'a list such as ["training.seed=7"], or a dict'
    check("overrides", overrides, isinstance(overrides, Iterable) and not isinstance(overrides, str), wanted)
    listed = dict(overrides) if isinstance(overrides, Mapping) else list(overrides)
    for each in listed:
        check_text("A setting", each)
    if isinstance(listed, dict):
        return listed
    settings: dict[str, Any] = {}
    for override in listed:
        name, equals, value = override.partition("=")
        if not equals or not name.strip():
            raise RecipeError(f'"{override}" is not a setting; write it as name=value, training.seed=7 say.')
        if not value.strip():
            settings[name.strip()] = None
            continue
        settings[name.strip()] = _parsed(value.strip(), is_text=_is_text(name.strip()))
    return settings


def _parsed(word: str, *, is_text: bool) -> Any:
    """The value that a person wrote. A bare word is a string (text.tokenizer=characters), and where the setting is text
    a number is one too: text.source_column=1."""
    plain = re.sub(r"^([+-]?)\.(?=\d)", r"\g<1>0.", word)  # people write .5, and TOML wants 0.5
    plain = re.sub(r"(?<=\d)\.$", ".0", plain)
    plain = plain.lower() if plain in ("True", "False") else plain
    try:
        value = tomllib.loads(f"value = {plain}")["value"]
    except tomllib.TOMLDecodeError:
        return word
    return word if is_text and not isinstance(value, str) else value


def _is_text(dotted: str) -> bool:
    """Whether a setting is text of any kind; not where it is unknown."""
    kind: Any = Recipe
    for name in dotted.split("."):
        kind = _types(kind).get(name) if isinstance(kind, type) and issubclass(kind, Group) else None
    return str in (kind, *get_args(kind))


def _tree_of(settings: Mapping[str, Any]) -> dict[str, Any]:
    """Dotted names and values, nested."""
    whole: dict[str, Any] = {}
    for dotted, value in settings.items():
        *groups, name = dotted.split(".")
        tree = whole
        for group in groups:
            tree = tree.setdefault(group, {})
            if not isinstance(tree, dict):
                raise RecipeError(f'"{dotted}" is not a setting: {group} is a single value; leave out what follows.')
        tree[name] = value
    return whole


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


def known_settings(group: type = Recipe, prefix: str = "") -> list[str]:
    """Every setting's dotted name."""
    names: list[str] = []
    for name, kind in _types(group).items():
        if isinstance(kind, type) and issubclass(kind, Group):
            names += known_settings(kind, f"{prefix}{name}.")
        else:
            names.append(prefix + name)
    return names


@functools.cache
def _types(group: type) -> Mapping[str, Any]:
    """The settings of a group and their types, which Python reads from their text anew each time."""
    return get_type_hints(group)


def _check_names(tree: Mapping[str, Any], group: type, prefix: str, where: str) -> None:
    types = _types(group)
    for name, value in tree.items():
        if name not in types:
            inner = next(iter(flatten(value)), "") if isinstance(value, Mapping) else ""
            unknown = f"{prefix}{name}.{inner}" if inner else prefix + name
            hint = _near_settings(unknown)
            raise RecipeError(f'In {where}, "{unknown}" is no setting.{hint} docs/recipe.md lists them all.')
        kind = types[name]
        if isinstance(kind, type) and issubclass(kind, Group):
            if not isinstance(value, Mapping):
                raise RecipeError(f'"{prefix}{name}" in {where} is a group of settings; name one of them.')
            _check_names(value, kind, f"{prefix}{name}.", where)


def _near_settings(unknown: str) -> str:
    """' Did you mean "model.dropout"?', the whole names, of every group that has the last part of one."""
    known, last = known_settings(), unknown.rpartition(".")[2]
    last_parts = {name: name.rpartition(".")[2] for name in known}
    if last not in last_parts.values() and (whole := did_you_mean(unknown, known, grouped=True)):
        return whole
    near = nearest(last, last_parts.values())
    return one_of_these(name for name, part in last_parts.items() if part == near)


def plain_error(error: msgspec.ValidationError, group: type = Recipe) -> str:
    """msgspec's message with the setting's name in our spelling, what it is, and the choices."""
    message, _, path = str(error).partition(" - at `$.")
    name = path.rstrip("`") or "the recipe"
    description, choices = _reference(name.partition("[")[0], group)
    about = f" ({description})" if description else ""
    instead = f"; it may be {', '.join(choices)}" if choices else ""
    return f"{name}{about} is wrong: {message[0].lower()}{message[1:]}{instead}".replace("`", "")


def _in_words(told: str) -> str:
    """What `plain_error` tells, as a sentence without the library's words."""
    setting, _, wrong = told.partition(" is wrong: ")
    if choice := re.fullmatch(r"invalid enum value '(.*?)'; it may be (.*)", wrong):
        value, choices = choice.groups()
        return f"{setting} can't be {value}; it may be {choices}.{did_you_mean(value, choices.split(', '))}"
    if kind := re.fullmatch(r"expected (\w+)(?: \| null)?(?: (>=|>|<=|<) (\S+?)(?:\.0)?)?(?:, got \w+)?(; .*)?", wrong):
        name, sign, bound, choices = kind.groups()
        bounds = f" {_SIGNS[sign]} {bound}" if sign else ""
        return f"{setting} is wrong{choices}." if choices else f"{setting} must be {_KINDS.get(name, name)}{bounds}."
    return f"{told}."


def _reference(dotted: str, group: type = Recipe) -> tuple[str, tuple[str, ...]]:
    """A setting's description, and its choices where it has a closed list of them."""
    kind: Any = group
    for name in dotted.split("."):
        kind = get_type_hints(kind, include_extras=True).get(name) if isinstance(kind, type) else None
    metadata = getattr(kind, "__metadata__", ())
    description = next((meta.description for meta in metadata if getattr(meta, "description", None)), "")
    plain = kind.__origin__ if metadata else kind
    if plain is bool:
        return description, ("true", "false")
    literals = [part for part in (plain, *get_args(plain)) if get_origin(part) is Literal]
    return description, tuple(str(choice) for part in literals for choice in get_args(part))


def _without_none(tree: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: _without_none(value) if isinstance(value, Mapping) else value
        for name, value in tree.items()
        if value is not None
    }
