"""The stages of a bundle: the network as it was on the way, ready to run as the finished one does."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.numpy import load_file

from skaz.engine.bundle import Bundle, checked_path
from skaz.engine.interface import Engine
from skaz.engine.loading import load_engine
from skaz.engine.onnx_engine import OnnxEngine, has_graphs, is_int8, load_onnx_engine
from skaz.errors import BundleError, DependencyError, RequestError

STAGE_STEPS, STAGE_SECONDS = "stage_steps", "stage_seconds"  # in the manifest, of the run
_ADVICE = "copy the bundle again or train it anew"


@dataclass(frozen=True)
class KeptStage:
    """A stage in a bundle: after how many updates, and after how many seconds of training."""

    step: int
    seconds: float


def stage_name(step: int) -> str:
    """A stage's file in the bundle."""
    return f"stage.{step}.safetensors"


def stages_of(bundle: Bundle) -> tuple[KeptStage, ...]:
    """The bundle's stages, the untrained network first and the finished one last: that one alone where none were
    kept."""
    run = bundle.facts.run
    kept = zip(run.get(STAGE_STEPS, ()), run.get(STAGE_SECONDS, ()), strict=True)
    finished = KeptStage(int(run.get("steps", 0)), float(run.get("seconds", 0.0)))
    return (*(KeptStage(int(step), float(seconds)) for step, seconds in kept), finished)


def stage_weights(bundle: Bundle, number: int) -> dict[str, NDArray[np.float32]]:
    """The weights of a stage, in fp32. Raises RequestError for a stage that there is not, BundleError for a damaged
    one."""
    stages = stages_of(bundle)
    if not 0 <= number < len(stages) - 1:
        raise RequestError(_no_stage(bundle, number, len(stages)))
    path = checked_path(bundle, stage_name(stages[number].step), _ADVICE)
    try:
        return {name: tensor.astype(np.float32) for name, tensor in load_file(path).items()}
    except (SafetensorError, OSError) as error:
        raise BundleError(f"{path} can't be read ({error}); {_ADVICE}.") from None


def load_stage(bundle: Bundle, number: int) -> Engine[Any]:
    """The network at a stage, with graphs made of its weights as those of the bundle are; the last stage is the bundle
    itself, of several networks the first. Raises as `stage_weights` does, and DependencyError without onnx."""
    if number == len(stages_of(bundle)) - 1:
        return load_onnx_engine(bundle) if bundle.recipe.networks > 1 else load_engine(bundle)
    weights = stage_weights(bundle, number)
    try:
        from skaz.engine.onnx_graphs import encoder_graph, step_graph
    except ImportError:
        raise DependencyError('A stage of training needs onnx to run: pip install "skaz[train]".') from None
    recipe, int8 = bundle.recipe.model, not has_graphs(bundle) or is_int8(bundle)
    encoder = encoder_graph(recipe, weights, int8=int8).SerializeToString() if recipe.encoder.layers else None
    return OnnxEngine(recipe, encoder, step_graph(recipe, weights, int8=int8).SerializeToString())


def _no_stage(bundle: Bundle, number: int, count: int) -> str:
    if count == 1:
        return f"{bundle.path} has no stages; train with --set training.stages=10 to keep some."
    return f"{bundle.path} has no stage {number}; its stages are 0 to {count - 1}."
