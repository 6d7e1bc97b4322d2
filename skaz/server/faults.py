"""What is wrong with a body, in a sentence: which key, what was wanted, and what came."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException

UNREADABLE = "There was an error parsing the body"  # what FastAPI says, whatever was the matter

_WANTED = {
    "string_type": "text",
    "int_type": "a whole number",
    "int_from_float": "a whole number",
    "float_type": "a number",
    "finite_number": "a finite number",
    "bool_type": "true or false",
    "list_type": "a list",
    "dict_type": "an object",
    "model_type": "an object",
    "model_attributes_type": "an object",
}
# by the kind of limit: where pydantic has it, and what it bounds
_LIMITS = {
    "greater_than_equal": ("ge", "at least"),
    "greater_than": ("gt", "more than"),
    "less_than_equal": ("le", "at most"),
    "less_than": ("lt", "less than"),
}


class _Fault(NamedTuple):
    """One of pydantic's, at the keys that the body has. `whole`: one of several kinds that a key may be of does not
    fit at all, so that it tells little if another fits in part."""

    keys: tuple[str | int, ...]
    whole: bool
    error: Mapping[str, Any]


def sentence_of(error: RequestValidationError, content_type: str | None) -> str:
    """The first fault of a body, by its place; what was sent is not repeated."""
    first = error.errors()[0]
    place = first["loc"][1:] if first["loc"][:1] == ("body",) else first["loc"]
    if first["type"] == "json_invalid":
        what = str(first["ctx"]["error"])
        return f"The body is not JSON: {what[:1].lower()}{what[1:]} at character {int(place[0]) + 1}."
    if not place:
        return _of_whole(first, error.body, content_type)
    return _told(_fault_of(error))


def unreadable(error: HTTPException) -> str:
    """Why a body could not even be looked at."""
    if isinstance(error.__cause__, RecursionError):
        return "The body can't be read: it is nested too deep; send JSON that is nested a few levels deep."
    return "The body can't be read: it is not UTF-8; send JSON in UTF-8."


def _of_whole(first: Mapping[str, Any], body: Any, content_type: str | None) -> str:
    if first["type"] == "missing":
        return "There is no body; send a JSON object."
    if isinstance(body, bytes | str) and "json" not in (content_type or ""):
        return "The body is not taken for JSON; send it with the header Content-Type: application/json."
    return f"The body must be {_WANTED.get(first['type'], 'an object')}; send a JSON object."


def _fault_of(error: RequestValidationError) -> _Fault:
    """The first one; where a key may be of several kinds, that of the kind which fits best, or of all kinds at once."""
    faults = [_placed(each, error.body) for each in error.errors()]
    first = faults[0]
    if not first.whole:
        return first
    same = [each for each in faults if each.keys[: len(first.keys)] == first.keys]
    better = next((each for each in same if not each.whole), None)
    if better is not None:
        return better
    wanted = list(dict.fromkeys(_WANTED.get(str(each.error["type"]), "") for each in same))
    if not all(wanted):
        return first
    return first._replace(error={"type": "several", "msg": f"it must be {' or '.join(wanted)}"})


def _placed(error: Mapping[str, Any], body: Any) -> _Fault:
    """Without what pydantic puts between the keys: names of the kinds that it has tried there."""
    keys: list[str | int] = []
    value, tried = body, False
    parts: Sequence[str | int] = error["loc"]
    for part in parts[1:] if parts[:1] == ("body",) else parts:
        tried = False
        if isinstance(value, dict) and part in value:
            value = value[part]
        elif isinstance(value, list) and isinstance(part, int):
            value = value[part] if part < len(value) else None
        elif error["type"] != "missing" and parts[:1] == ("body",) and isinstance(body, dict | list):
            tried = True
            continue
        keys.append(part)
    return _Fault(tuple(keys), tried and error["type"] in _WANTED, error)


def _told(fault: _Fault) -> str:
    error, place = fault.error, ".".join(map(str, fault.keys))
    kind, bounds = str(error["type"]), error.get("ctx", {})
    if kind == "extra_forbidden":
        return f'There is no key "{place}" here; /openapi.json tells which there are.'
    if kind == "missing":
        return f'The key "{place}" is missing.'
    if kind in _WANTED:
        what = f"it must be {_WANTED[kind]}"
    elif kind in _LIMITS and _LIMITS[kind][0] in bounds:
        name, bound = _LIMITS[kind]
        limit = bounds[name]
        what = f"it must be {bound} {f'{limit:g}' if isinstance(limit, float) else f'{limit:,}'}"
    elif kind in ("string_too_long", "too_long") and "max_length" in bounds:
        items = "characters" if kind == "string_too_long" else "items"
        what = f"it has {len(error['input']):,} {items}, and may have {bounds['max_length']:,}; send less"
    elif kind in ("string_too_short", "too_short") and "min_length" in bounds:
        items = "characters" if kind == "string_too_short" else "items"
        what = f"it has {len(error['input']):,} {items}, and must have {bounds['min_length']:,} or more"
    elif kind == "literal_error" and "expected" in bounds:
        what = f"it must be {bounds['expected']}"
    elif kind == "string_pattern_mismatch" and "pattern" in bounds:
        what = f"it must be of the form {bounds['pattern']}"
    elif kind == "string_unicode":
        what = "it must be text, and has half a character (a lone surrogate)"
    else:
        what = str(error["msg"]).removeprefix("Value error, ").rstrip(".")
    return f"{place or 'The body'}: {what}."
