"""A fitted estimator on disk: a folder that a person can read, with nothing in it that is ever executed.

estimator.json     format number, class, parameters, what the fit learned beside the weights, SHA-256 of the other file
model.safetensors  the weights, and those of each pass where they were recorded
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import fields, is_dataclass
from importlib.metadata import version
from numbers import Integral
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors import SafetensorError
from safetensors.numpy import load_file, save_file
from sklearn.base import BaseEstimator
from sklearn.utils.validation import check_is_fitted

from skaz import estimators
from skaz.errors import BundleError
from skaz.estimators.base import NetworkEstimator
from skaz.estimators.forecast_examples import ForecastTargets
from skaz.estimators.sequence_inputs import Alphabet, Scaling
from skaz.estimators.series import SeriesShape, Windowing
from skaz.estimators.targets import ClassTargets, NumberTargets
from skaz.estimators.time_axis import TimeAxis
from skaz.files import new_folder, sha256_of

FORMAT = 1
MANIFEST, WEIGHTS = "estimator.json", "model.safetensors"
_PARTS = {
    each.__name__: each
    for each in (Alphabet, ClassTargets, ForecastTargets, NumberTargets, Scaling, SeriesShape, TimeAxis, Windowing)
}
_NOT_KEPT = ("network_", "_optimiser", "weight_history_")  # the first and the last are in the weights' file


def save(estimator: NetworkEstimator, path: Path) -> None:
    """Writes the estimator's folder in one move, over one that was there. Raises ValueError where a parameter or class
    is nothing that JSON can hold, ResourceError where the disk is full; then nothing is changed."""
    check_is_fitted(estimator, "network_")
    parameters = dict(estimator.get_params(deep=False))
    if not isinstance(parameters.get("random_state"), (Integral, type(None))):  # Integral: of NumPy too
        parameters["random_state"] = None  # a generator under way is for fits to come, not for what is fitted
    fitted = {name: value for name, value in vars(estimator).items() if _is_learned(name) and name not in _NOT_KEPT}
    manifest = {
        "format": FORMAT,
        "skaz": version("skaz"),
        "estimator": type(estimator).__name__,
        "parameters": _encode(parameters),
        "fitted": _encode(fitted),
        "passes_recorded": len(estimator.weight_history_),
    }
    tensors = {name: _short(value.numpy()) for name, value in estimator.network_.state_dict().items()}
    for number, weights in enumerate(estimator.weight_history_):
        tensors |= {f"pass.{number}.{name}": value for name, value in weights.items()}
    with new_folder(path, known_by=MANIFEST) as folder:
        save_file({name: np.ascontiguousarray(value) for name, value in tensors.items()}, folder / WEIGHTS)
        manifest["sha256"] = {WEIGHTS: sha256_of(folder / WEIGHTS)}
        text = json.dumps(manifest, indent=2, ensure_ascii=False, allow_nan=False)
        (folder / MANIFEST).write_text(text + "\n", encoding="utf-8")


def load(path: str | Path) -> BaseEstimator:
    """The fitted estimator in a folder. Raises BundleError where it is missing, damaged or of a newer format."""
    path = Path(path)
    manifest = _manifest(path)
    try:
        if sha256_of(path / WEIGHTS) != manifest["sha256"][WEIGHTS]:
            raise BundleError(f"{path / WEIGHTS} is damaged; copy the folder again or fit anew.")
        tensors = load_file(path / WEIGHTS)
        estimator = _make(manifest, tensors)
    except FileNotFoundError:
        raise BundleError(f"{path / WEIGHTS} is missing; copy the folder again or fit anew.") from None
    except (KeyError, TypeError, ValueError, AttributeError, RuntimeError, SafetensorError) as error:
        raise BundleError(f"{path} is damaged ({error}); copy the folder again or fit anew.") from None
    return estimator


def _make(manifest: dict[str, Any], tensors: dict[str, np.ndarray]) -> NetworkEstimator:
    name = manifest["estimator"]
    if name not in estimators.__all__:
        raise KeyError(f"no estimator {name}")
    estimator: NetworkEstimator = getattr(estimators, name)(**_decode(manifest["parameters"]))
    for attribute, value in _decode(manifest["fitted"]).items():
        if not _is_learned(attribute):
            raise KeyError(attribute)
        setattr(estimator, attribute, value)
    estimator.network_ = estimator._make_network(estimator._targets.outputs, torch.Generator())
    recorded = [f"pass.{number}." for number in range(manifest["passes_recorded"])]
    estimator.weight_history_ = [
        {key.removeprefix(prefix): value for key, value in tensors.items() if key.startswith(prefix)}
        for prefix in recorded
    ]
    last = {key: torch.from_numpy(value) for key, value in tensors.items() if not key.startswith("pass.")}
    estimator.network_.double().load_state_dict(last)
    return estimator


def _short(weights: np.ndarray) -> np.ndarray:
    """In single precision where they were learned in it, which loses nothing."""
    single = weights.astype(np.float32)
    return single if np.array_equal(single, weights) else weights


def _manifest(path: Path) -> dict[str, Any]:
    try:
        manifest = json.loads((path / MANIFEST).read_text(encoding="utf-8"))
        found = manifest["format"]
    except (FileNotFoundError, NotADirectoryError):
        raise BundleError(f"There is no saved estimator in {path}: {MANIFEST} is missing; check the path.") from None
    except (ValueError, KeyError, TypeError):
        raise BundleError(f"{path / MANIFEST} is damaged; copy the folder again or fit anew.") from None
    if not isinstance(found, int) or found > FORMAT:
        raise BundleError(
            f"{path} is of format {found}; this skaz reads up to {FORMAT}: install a newer skaz "
            "(pip install --upgrade skaz)."
        )
    return manifest  # type: ignore[no-any-return]


def _is_learned(name: str) -> bool:
    return name.startswith("_") != name.endswith("_") and not name.startswith("__")


def _encode(value: Any) -> Any:
    """A value as JSON; what JSON has no word for is an object of one key, its kind."""
    match value:
        case None | bool() | int() | float() | str():
            return value
        case np.generic():
            return _encode(value.item())
        case list():
            return [_encode(each) for each in value]
        case tuple():
            return {"tuple": [_encode(each) for each in value]}
        case dict():
            return {"dict": [[key, _encode(each)] for key, each in value.items()]}
        case np.ndarray() if value.dtype != object or all(isinstance(each, str) for each in value.flat):
            return {"array": [value.dtype.str, _encode(value.tolist())]}
    if is_dataclass(value) and type(value).__name__ in _PARTS:
        return {
            "part": [type(value).__name__, {each.name: _encode(getattr(value, each.name)) for each in fields(value)}]
        }
    raise ValueError(f"a {type(value).__name__} can't be saved: {value!r}")


def _decode(value: Any) -> Any:
    if isinstance(value, list):
        return [_decode(each) for each in value]
    if not isinstance(value, dict):
        return value
    ((kind, content),) = value.items()
    read: dict[str, Callable[[], Any]] = {
        "tuple": lambda: tuple(_decode(content)),
        "dict": lambda: {key: _decode(each) for key, each in content},
        "array": lambda: np.array(_decode(content[1]), dtype=content[0]),
        "part": lambda: _PARTS[content[0]](**{name: _decode(each) for name, each in content[1].items()}),
    }
    return read[kind]()
