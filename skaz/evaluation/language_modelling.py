"""How well a bundle foretells a text: bits per character, comparable across tokenisers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Literal, get_args

from skaz.corpus.readers import read_stories
from skaz.corpus.sources import nothing, whole_plan
from skaz.engine.bundle import Bundle
from skaz.engine.loading import load_graphs
from skaz.engine.onnx_engine import has_graphs
from skaz.errors import RequestError, did_you_mean
from skaz.evaluation.stepping import EncodedStories, stepped
from skaz.files import for_shell
from skaz.recipe import Split
from skaz.training.measured import Measured


def evaluate_bundle(
    bundle: Bundle,
    paths: Sequence[str | Path],
    *,
    split: Split | None = None,
    precision: Literal["auto", "bf16", "fp32"] = "fp32",
    device: str = "cpu",
    graphs: bool = False,
    say: Callable[[str], None] = lambda _: None,
) -> dict[str, Measured]:
    """Summed nats of the stories that `paths` name: "plain", without a source; and "with_plan" where the
    bundle reads plans and every story has one. Each story is read from its beginning to its end with its
    state carried, none is cut, and its end counts. With `graphs` the ONNX graphs are measured as they write, a token
    at a time, else the weights. `say` hears why nothing is measured with plans where some
    stories have one. Raises CorpusError for bad files, RequestError for no story and for no graphs."""
    if bundle.recipe.task != "write":
        raise RequestError(
            f"{bundle.path} was trained on pairs: measure it with skaz evaluate, or skaz.evaluate_pairs."
        )
    if split not in (None, *get_args(Split)):
        known = ", ".join(get_args(Split))
        raise RequestError(f'There is no split "{split}": {known}.{did_you_mean(str(split), get_args(Split))}')
    if graphs and not has_graphs(bundle):
        raise RequestError(f"{bundle.path} has no graphs; make them with skaz export {for_shell(bundle.path)}")
    if graphs and device != "cpu":
        raise RequestError(f"The graphs run on the processor, not on {device}; leave out --device or --graphs.")
    split = split or bundle.recipe.text.split
    stories = EncodedStories(read_stories(list(paths), split=split), bundle.tokenizer)
    if not len(stories):
        raise RequestError("There is no story to evaluate on; name a file with text in it.")
    reads_plans = bundle.recipe.model.encoder.layers > 0
    with_plan = reads_plans and stories.n_plans == len(stories)
    if reads_plans and 0 < stories.n_plans < len(stories):
        say(
            f"{stories.n_plans:,} of {len(stories):,} stories have a plan, and what plans bring is measured where all "
            "have one: give the others one too, or leave them out."
        )
    readings = {"plain": nothing, **({"with_plan": whole_plan} if with_plan else {})}
    if graphs:
        engine = load_graphs(bundle)
        return {name: stepped(engine, stories, source_of) for name, source_of in readings.items()}
    from skaz.engine.torch_engine import load_models
    from skaz.training.precision import resolve_device
    from skaz.training.validation import hold_out, measure_together

    models = load_models(bundle, resolve_device(device))
    held_out = hold_out(stories, most_characters=None, longest_tokens=None)
    return {name: measure_together(models, held_out, source_of, precision) for name, source_of in readings.items()}
