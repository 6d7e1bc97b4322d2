"""What fits into C: sentences of growing length said again from the context alone, and with attention.

    python -m benchmarks.context_bottleneck --minutes 5 --plot docs/context_bottleneck.svg

The sentences are random words of a small vocabulary, of 1 to 40 words: nothing in them can be guessed, all has to pass
from the encoder to the decoder. Two networks are equal but for attention, `none` and skaz's own choice, and are trained
on the same pairs for the same time. The figure is the share of words that are wrong, in sentences not learnt from.

`skaz lab context` is the same question asked of smaller networks in a minute; here the networks are trained as a person
trains them, by the whole of `skaz train`, and words and picture are the lab's.
"""

from __future__ import annotations

import argparse
import math
import tempfile
from pathlib import Path

import numpy as np

from benchmarks.harness import print_json, print_table
from skaz.decoding.beam import BeamSettings
from skaz.evaluation.transduction import transduction_scores
from skaz.lab.context import ContextAttention, ContextData, Curve
from skaz.lab.drawing import save
from skaz.lab.findings.context import finding, panels
from skaz.recipe_reading import parse_overrides, read_recipe, stated_settings
from skaz.tasks.training import TrainRequest, train_bundle
from skaz.tasks.translating import load_translator

WORDS = 100
LONGEST = 40
PAIRS = 40_000
LENGTHS = (2, 5, 10, 15, 20, 25, 30, 35, 40)
TESTED = 100  # sentences of each length


def sentence(length: int, rng: np.random.Generator) -> str:
    """So many words, each as likely as any other."""
    return " ".join(f"w{word}" for word in rng.integers(0, WORDS, length))


def wrong_words(attention: ContextAttention, minutes: float, overrides: list[str]) -> list[float]:
    """Trains a network; the per cent of words that are wrong at each of LENGTHS."""
    rng = np.random.default_rng(1)
    learnt = [sentence(int(length), rng) for length in rng.integers(1, LONGEST + 1, PAIRS)]
    settings = {
        "task": "transduce",
        "text.tokenizer": "symbols",
        "text.source_tokenizer": "symbols",
        "model.attention": attention,
        "model.dropout": 0,
        "model.embedding_dropout": 0,
        "training.minutes": minutes,
        **parse_overrides(overrides),
    }
    with tempfile.TemporaryDirectory() as made:
        table, out = Path(made) / "pairs.tsv", Path(made) / "bundle"
        table.write_text("".join(f"{each}\t{each}\n" for each in learnt), encoding="utf-8")
        train_bundle(TrainRequest([table], out, read_recipe(overrides=settings), stated_settings(settings, None)))
        translator = load_translator(out)
        wrong = []
        for length in LENGTHS:
            asked = [sentence(length, rng) for _ in range(TESTED)]
            outputs = [found[0].text for found in translator.search(asked, BeamSettings(1))]
            scores = transduction_scores(outputs, [[each] for each in asked], symbols=True)
            wrong.append(next(score.value for score in scores if score.name == "symbol error rate"))
    return wrong


def main(argv: list[str] | None = None) -> None:
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=5, help="for each of the two networks")
    parser.add_argument("--set", action="append", default=[], metavar="NAME=VALUE")
    parser.add_argument("--plot", type=Path, help="draw the curves there (.svg or .png)")
    arguments = parser.parse_args(argv)
    recipe = read_recipe(overrides={"task": "transduce", **parse_overrides(arguments.set)})
    if recipe.model.attention == "monotonic":
        parser.error("monotonic attention is at one place of the memory and learns another task: choose another")
    attentions: tuple[ContextAttention, ...] = ("none", recipe.model.attention)
    results = {each: wrong_words(each, arguments.minutes, arguments.set) for each in attentions}
    curves = tuple(Curve(each, None, tuple(share / 100 for share in wrong)) for each, wrong in results.items())
    data = ContextData(WORDS, recipe.model.encoder.context_size, math.log2(WORDS), LENGTHS, curves)
    if arguments.plot:
        save(panels(data), "en", [arguments.plot])
    rows = [[length, *(f"{wrong[place]:.1f} %" for wrong in results.values())] for place, length in enumerate(LENGTHS)]
    print_table(["words", *("C alone" if name == "none" else f"{name} attention" for name in results)], rows)
    print(f"\n{finding(data).en}\n")
    print_json({"lengths": LENGTHS, "words_wrong": results, "minutes": arguments.minutes})


if __name__ == "__main__":
    main()
