"""An experiment's parameters: a frozen group with ranges and with words in both languages."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any

import msgspec
from msgspec import Meta, inspect

from skaz.errors import RecipeError, did_you_mean
from skaz.lab.texts import Text
from skaz.recipe import Group
from skaz.recipe_reading import plain_error


def about(en: str, ru: str, **bounds: Any) -> Meta:
    """What a parameter is, in both languages, and its bounds as `msgspec.Meta` has them."""
    return Meta(description=en, extra={"ru": ru}, **bounds)


class Settings(Group, frozen=True):
    """What every experiment has."""

    seed: Annotated[int, about("start of everything random", "начало всего случайного", ge=0, le=2**32 - 1)] = 1


_KINDS = {"int": ("a whole number", "whole numbers"), "float": ("a number", "numbers")}


@dataclass(frozen=True)
class Parameter:
    """A parameter as a form may show it. `kind`: integer, number, choice, or integers, numbers, choices for a list, or
    points for a list of [x, y, class]; `range`: the least and the greatest value (of an item, of a coordinate), or the
    choices; `items`: how many a list may have."""

    name: str
    kind: str
    range: tuple[Any, ...]
    default: Any
    help: Text
    items: tuple[int, int] | None = None


def parameters_of(group: type[Settings]) -> tuple[Parameter, ...]:
    """Every parameter of an experiment, its own first and the seed last."""
    kind = inspect.type_info(group)
    assert isinstance(kind, inspect.StructType)
    found = [_parameter(each) for each in kind.fields]
    return (*found[1:], found[0])


def read_settings(group: type[Settings], values: Mapping[str, Any], experiment: str) -> Settings:
    """The settings from plain values; a list may also come as one value, or as text with commas ("5,10,20").

    Raises RecipeError that names the parameter, and the nearest known one where the name is unknown."""
    known = {each.name: each for each in parameters_of(group)}
    for name in values:
        if name not in known:
            hint = did_you_mean(name, known)
            raise RecipeError(
                f'The experiment {experiment} has no parameter "{name}".{hint} It has {", ".join(known)}.'
            )
    given = {name: _items(value) if known[name].items else value for name, value in values.items() if value is not None}
    try:
        return msgspec.convert(given, group)
    except msgspec.ValidationError as error:
        points = next((name for name in given if known[name].kind == "points" and f"$.{name}" in str(error)), None)
        form = f"; write {points}=[[0.6,0,0],[-1.6,0,1]], say: x, y and class of each" if points else ""
        told = plain_error(error, group)
        raise RecipeError(f"In the experiment {experiment}, {told + form if points else _plainly(told)}.") from None


def written(value: Any) -> str:
    """A parameter's value as `read_settings` takes it as text: 1,2,3 or, of points and where there is nothing, a list
    in brackets."""
    if not isinstance(value, list | tuple):
        return str(value)
    if not value or isinstance(value[0], list | tuple):
        return json.dumps(value, separators=(",", ":"))
    return ",".join(map(str, value))


def _parameter(field: inspect.Field) -> Parameter:
    kind, extra, items = field.type, {}, None
    bounds: tuple[Any, ...]
    if isinstance(kind, inspect.Metadata):
        extra = {"en": (kind.extra_json_schema or {}).get("description", ""), **(kind.extra or {})}
        kind = kind.type
    name = ""
    if isinstance(kind, inspect.VarTupleType):
        name, items = "s", (kind.min_length or 0, kind.max_length or 100)
        kind = kind.item_type
    match kind:
        case inspect.TupleType(item_types=(inspect.FloatType() as coordinate, *_)):
            name, bounds = "points", (coordinate.ge, coordinate.le)
        case inspect.LiteralType():
            name, bounds = f"choice{name}", tuple(kind.values)
        case inspect.IntType() | inspect.FloatType():
            name = f"{'integer' if isinstance(kind, inspect.IntType) else 'number'}{name}"
            bounds = (kind.ge if kind.ge is not None else kind.gt, kind.le)
        case _:
            raise TypeError(f"{field.name}: no form for {kind}")
    return Parameter(field.name, name, bounds, field.default, Text(extra.get("en", ""), extra.get("ru", "")), items)


def _plainly(told: str) -> str:
    """The message with the kind of value that was expected in words; of a list, of all its items."""
    wrong = re.fullmatch(r"(\w+)(\[\d+\])?( \(.*\))? is wrong: expected (int|float), got \w+", told)
    if wrong is None:
        return told
    name, item, about, kind = wrong.groups()
    return f"{name}{about or ''} must be {_KINDS[kind][item is not None]}"


def _items(value: Any) -> list[Any]:
    if isinstance(value, str):
        return [_plain(part.strip()) for part in value.split(",") if part.strip()]
    return list(value) if isinstance(value, list | tuple) else [value]


def _plain(word: str) -> int | float | str:
    for kind in (int, float):
        try:
            return kind(word)
        except ValueError:
            continue
    return word
