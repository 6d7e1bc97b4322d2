"""From a finished run to a bundle: facts, card, plot and graphs."""

from __future__ import annotations

import re
import tempfile
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

from skaz.corpus.languages import MOST_CHARACTERS, MOST_TEXTS, language_shares
from skaz.corpus.shards import Shards
from skaz.corpus.sources import pair_source
from skaz.engine.bundle import (
    ALIGNMENT,
    METRICS,
    NGRAMS,
    PLAN_WORDS,
    SOURCE_TOKENIZER,
    TOKENIZER,
    WEIGHTS,
    Facts,
    of_network,
    write_bundle,
)
from skaz.engine.stages import STAGE_SECONDS, STAGE_STEPS, stage_name
from skaz.files import disk_errors
from skaz.recipe import Recipe, Task
from skaz.recipe_reading import with_settings
from skaz.tasks.exporting import write_graphs
from skaz.tasks.plots import plot_loss
from skaz.tasks.run_folder import Origin
from skaz.text.file_names import shown_name
from skaz.text.ngrams import JointNgrams
from skaz.text.plan import decode_plan
from skaz.text.plan_words import PlanWords
from skaz.text.tokenizer import Tokenizer
from skaz.training.events import Finished
from skaz.training.log import read_log
from skaz.training.run import stage_path

# what the card says of a model by its task: what it does, and how it is used
_MANNERS: Mapping[Task, tuple[str, str]] = {
    "write": (
        "It writes in the manner of the texts it was trained on, true or not; what\nit writes is not checked, and may "
        "come close to its texts.",
        "Write with it: `skaz write BUNDLE`.",
    ),
    "translate": (
        "It translates as the pairs it was trained on do; what it writes is not\nchecked, and of texts unlike them it "
        "may be far from true.",
        "Translate with it: `skaz translate BUNDLE --in in.txt --out out.txt`.",
    ),
    "transduce": (
        "It turns strings into strings as the pairs it was trained on do; what it\nwrites is not checked.",
        "Use it: `skaz transduce BUNDLE WORD...`.",
    ),
}

_MOST_PLANS = 100_000  # that are looked at for their words: more would hardly tell of others
_MARKDOWN = re.compile(r"[\\`*<>&\[\]]")  # what would be more than a letter in the card


@dataclass(frozen=True)
class Run:
    """A finished run, measured as its bundle writes, and where its files are. `train` is the corpus as the bundle tells
    of it; `ngrams`: what votes beside its networks, None where nothing does."""

    recipe: Recipe
    finished: Finished
    train: Shards
    valid: Shards
    n_parameters: int
    sources: tuple[str, ...]
    weights: Sequence[Path]
    tokenizer: Path
    source_tokenizer: Path | None
    alignment: Path | None
    metrics: Path
    ngrams: JointNgrams | None = None
    origin: Origin | None = None


def make_bundle(out: Path, run: Run) -> None:
    """Writes the bundle in one move; ResourceError where the disk is full."""
    facts = facts_of(run, _languages(run))
    beside = run.metrics.parent  # the same disk, whose being full is told in words
    with disk_errors(beside), tempfile.TemporaryDirectory(prefix="made.", dir=beside) as made:
        # steps along a source are tokens, and no characters
        of_characters = run.recipe.text.tokenizer == "characters" and not run.recipe.model.is_monotonic
        plots = plot_loss(read_log(run.metrics), Path(made), of_characters=of_characters)
        files = _learnt_files(run)
        if run.ngrams is not None:
            files[NGRAMS] = Path(made) / NGRAMS
            run.ngrams.save(files[NGRAMS])
        if run.recipe.task == "write" and run.recipe.model.encoder.layers and run.recipe.sources.plan:
            files[PLAN_WORDS] = Path(made) / PLAN_WORDS
            _plan_words_of(run).save(files[PLAN_WORDS])
        files |= {plot.name: plot for plot in plots}
        files |= {stage_name(each.step): stage_path(beside, each.step) for each in run.finished.stages}
        files |= write_graphs(run.recipe.model, run.weights, Path(made))
        write_bundle(out, recipe=_told_recipe(run), facts=facts, card=card_of(run, facts), files=files)


def make_part(out: Path, run: Run) -> None:
    """`make_bundle` for one network of several, whose weights and measures go into the bundle of all: without pictures,
    graphs, and what is found out of the texts, for nobody looks at those."""
    facts = facts_of(run, {})
    write_bundle(out, recipe=_told_recipe(run), facts=facts, card=card_of(run, facts), files=_learnt_files(run))


def _learnt_files(run: Run) -> dict[str, Path]:
    """What the run has learnt, by the names that it has in a bundle."""
    files = {of_network(WEIGHTS, number): path for number, path in enumerate(run.weights, start=1)}
    files |= {TOKENIZER: run.tokenizer, METRICS: run.metrics}
    if run.source_tokenizer is not None:
        files[SOURCE_TOKENIZER] = run.source_tokenizer
    if run.alignment is not None:
        files[ALIGNMENT] = run.alignment
    return files


def _told_recipe(run: Run) -> Recipe:
    """What it started from is told by the bundle's facts; where that lay is no one's business."""
    return with_settings(run.recipe, {"training.start_from": None})


def ngrams_of(recipe: Recipe, learnt: Shards, vocabulary_size: int) -> JointNgrams | None:
    """What votes beside a bundle's networks, of the pairs as they were learnt; None where the recipe wants none."""
    if not recipe.model.ngram_weight:
        return None
    pairs = range(len(learnt))
    sources = [pair_source(learnt.source(index), reverse=recipe.text.reverse_sources) for index in pairs]
    return JointNgrams.learn(sources, [learnt.target(index) for index in pairs], vocabulary_size)


def _plan_words_of(run: Run) -> PlanWords:
    tokenizer = Tokenizer.load(run.tokenizer)
    stories = range(0, len(run.train), max(1, len(run.train) // _MOST_PLANS))
    counts: Counter[str] = Counter()
    for plan, times in Counter(run.train.plan(index).tobytes() for index in stories).items():
        for item in decode_plan(tokenizer, np.frombuffer(plan, run.train.plan(0).dtype).tolist()):
            counts[item] += times
    return PlanWords.of(counts.items())


def facts_of(run: Run, languages: dict[str, dict[str, float]]) -> Facts:
    """What the manifest tells."""
    best = run.finished.best
    measures = {"bits_per_character": best.plain.bits_per_character, "perplexity": best.plain.perplexity}
    if run.recipe.task != "write":
        measures["token_accuracy"] = best.plain.accuracy
    if best.with_plan is not None:
        measures["bits_per_character_with_plan"] = best.with_plan.bits_per_character
    return Facts(
        measures=measures,
        corpus={
            "names": [shown_name(source) or source for source in run.sources],
            **languages,
            "stories": len(run.train),
            "characters": run.train.n_characters,
            "tokens": run.train.n_tokens,
            "longest_target_tokens": int(run.train.lengths.max(initial=0)),
            **_ascii_of_pairs(run),
            "held_out_stories": len(run.valid),
            "held_out_characters": run.valid.n_characters,
            "measured_characters": best.plain.characters,
            "fingerprint": run.train.fingerprint,
        },
        run={
            "parameters": run.n_parameters,
            **({"networks": run.recipe.networks} if run.recipe.networks > 1 else {}),
            "steps": run.finished.step,
            "epochs": round(run.finished.epochs, 3),
            "tokens": run.finished.tokens,
            "seconds": round(run.finished.trained_s, 1),
            "ended": run.finished.reason,
            **({"started_from": run.origin.called} if run.origin is not None else {}),
            **_stages(run.finished),
        },
        skaz_version=version("skaz"),
    )


def _languages(run: Run) -> dict[str, dict[str, float]]:
    """The languages of the texts, of pairs those of the targets; nothing for strings, which are in none."""
    if run.recipe.task == "transduce":
        return {}
    tokenizer = Tokenizer.load(run.tokenizer)
    every = max(len(run.train) // MOST_TEXTS, 1)
    beginnings = (run.train.target(index)[:MOST_CHARACTERS] for index in range(0, len(run.train), every))
    return {"languages": language_shares(tokenizer.decode(ids.tolist()) for ids in beginnings)}


def _ascii_of_pairs(run: Run) -> dict[str, str]:
    """The letters, digits and signs that sources and targets have, of those that every vocabulary has; nothing where
    the network came with a bundle that had met others."""
    if run.recipe.task == "write" or run.origin is not None:
        return {}
    of_targets = Tokenizer.load(run.tokenizer)
    of_sources = Tokenizer.load(run.source_tokenizer) if run.source_tokenizer else of_targets
    target_kinds = run.train.token_counts(of_targets.vocabulary_size).nonzero()[0]
    return {
        "ascii_of_sources": _ascii_in(of_sources, run.train.source_kinds.tolist()),
        "ascii_of_targets": _ascii_in(of_targets, target_kinds.tolist()),
    }


def _ascii_in(tokenizer: Tokenizer, tokens: Sequence[int]) -> str:
    spelt = tokenizer.token_bytes
    return "".join(chr(byte) for byte in sorted({*b"".join(spelt[token] for token in tokens)}) if 32 < byte < 127)


def _stages(finished: Finished) -> dict[str, list[Any]]:
    """The stages that are in the bundle; nothing where there are none."""
    if not finished.stages:
        return {}
    steps, seconds = zip(*((stage.step, round(stage.trained_s, 1)) for stage in finished.stages), strict=True)
    return {STAGE_STEPS: list(steps), STAGE_SECONDS: list(seconds)}


def card_of(run: Run, facts: Facts) -> str:
    """card.md: what it was trained on, how long, how good, in words."""
    best, model, finished = run.finished.best, run.recipe.model, run.finished
    ended = {
        "budget": "until its budget was used up",
        "no gain": "until nothing was gained any more",
        "stopped": "until it was stopped",
    }[run.finished.reason]
    with_plan = (
        f" When it reads a story's plan first, {best.with_plan.bits_per_character:.3f}."
        if best.with_plan is not None
        else ""
    )
    reads = (
        f"an encoder ({model.encoder.cell}, {model.encoder.hidden_size} units"
        f"{' in each of two directions' if model.encoder.bidirectional else ''}), attention {model.attention}, and "
        if model.encoder.layers
        else "no encoder, and "
    )
    texts = "stories" if run.recipe.task == "write" else "pairs"
    count = run.recipe.networks
    ensemble = f" of {count} networks, whose probabilities are averaged; each" if count > 1 else ""
    ngrams = "\n  Beside it n-grams of its pairs vote, which the bundle keeps." if run.ngrams is not None else ""
    voted = " with the\n  n-grams' vote" if run.ngrams is not None else ""
    tokens: str = run.recipe.text.tokenizer
    if run.recipe.text.source_tokenizer is not None:
        tokens = f"{run.recipe.text.source_tokenizer} of sources, {tokens} of targets"
    manner, how = _MANNERS[run.recipe.task]
    origin = ""
    if run.origin is not None:
        origin = f"\n- **Started from** {_plain(run.origin.called)}, fingerprint {run.origin.fingerprint[:16]}."
    return f"""# {_plain(", ".join(facts.corpus["names"]))}

A model made by skaz {facts.skaz_version}. {manner}

- **Trained on** {facts.corpus["stories"]:,} {texts} ({facts.corpus["characters"]:,} characters, fingerprint
  {facts.corpus["fingerprint"][:16]}); {facts.corpus["held_out_stories"]:,} more were held out to measure on.{origin}
- **How long**: {finished.trained_s / 60:.1f} minutes, {finished.step:,} updates, {finished.epochs:.2f} passes over the
  {texts}, {ended}.
- **How good**: {best.plain.bits_per_character:.3f} bits per character (fewer is better), measured on
  {best.plain.characters:,} characters of held-out {texts}{voted}.{with_plan}
- **What it is**: {run.n_parameters:,} parameters{ensemble}: {reads}a decoder
  ({model.decoder.cell}, {model.decoder.hidden_size} units, layers: {model.decoder.layers});
  tokens: {tokens}.{ngrams}

{how} See all of it: `skaz inspect BUNDLE`.
"""


def _plain(text: str) -> str:
    """The text for the card, in which none of it is more than a letter."""
    return _MARKDOWN.sub(r"\\\g<0>", text)
