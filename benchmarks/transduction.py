"""Transducers of strings, one and an ensemble, on test parts that are read once, at the end.

    python -m benchmarks.transduction NAME_train.tsv NAME_dev.tsv NAME_test.tsv --epochs 30 --models 5 --at-once 2
    python -m benchmarks.transduction TRAIN.tsv TEST.tsv --hold-out 2500 --epochs 8

    python -m benchmarks.transduction TRAIN.tsv DEV.tsv TEST.tsv --epochs 20 --models 5 --from-the-end 3
    python -m benchmarks.transduction TRAIN.tsv DEV.tsv --folds 8 --epochs 160 --models 5 --at-once 2

The files have a source and a target in each line; several answers to a source stand in lines of their own, and the
nearest counts. Where there is no dev part, sources of the training part in equal distances make one (`--hold-out`). The
models differ in their seed alone, but that the last of them read and write from the end (`--from-the-end` so many), and
all together then vote on whole targets; `--at-once` so many are trained side by side, a core each. Settings are skaz's
own (`--set` changes them). Where the test part is small, `--folds` tells more: the sources of the training part make so
many parts, each of which is left out of a training in turn and then measured.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from statistics import mean, median
from typing import Any

from benchmarks.harness import print_json, print_table
from skaz.recipe_reading import parse_overrides, read_recipe, stated_settings
from skaz.tasks.evaluating import evaluate_pairs
from skaz.tasks.preparing import prepare_for
from skaz.tasks.training import TrainRequest, train_bundle
from skaz.tasks.translating import load_translator

THREADS = 2
FROM_THE_END = {"text.reverse_sources": True, "text.reverse_targets": True}


def run(arguments: argparse.Namespace) -> dict[str, Any]:
    """Trains the models, then measures each and all of them together, with `--folds` once for each part left out."""
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        if arguments.folds:
            train, dev = arguments.files
            return _all_folds(
                [
                    _measured(arguments, learnt, {"dev": dev, "left out": left}, folder / f"of_{left.name}")
                    for learnt, left in folds(train, folder, arguments.folds)
                ]
            )
        if len(arguments.files) == 2:
            train, dev = parted(arguments.files[0], folder, arguments.hold_out)
            test = arguments.files[1]
        else:
            train, dev, test = arguments.files
        return _measured(arguments, train, {"dev": dev, "test": test}, folder)


def _measured(arguments: argparse.Namespace, train: Path, parts: Mapping[str, Path], folder: Path) -> dict[str, Any]:
    """The models of these pairs, chosen by the part `dev`, and their rates on each part."""
    bundles, minutes = _trained(arguments, train, parts["dev"], folder)
    result: dict[str, Any] = {"minutes": round(median(minutes), 2), "models": arguments.models}
    for part, path in parts.items():
        each = [_rates([bundle], path) for bundle in bundles]
        result[part] = {
            "each": [{name: round(value, 2) for name, value in rates.items()} for rates in each],
            "one": {name: round(median(rates[name] for rates in each), 2) for name in each[0]},
            "all": {name: round(value, 2) for name, value in _rates(bundles, path).items()},
        }
    return result


def _trained(arguments: argparse.Namespace, train: Path, dev: Path, folder: Path) -> tuple[list[Path], list[float]]:
    """A bundle for each model, in the folder, and the minutes that each took."""
    unit = "epochs" if arguments.epochs else "minutes"
    settings = {
        "task": "transduce",
        f"training.{unit}": arguments.epochs or arguments.minutes or 10,
        **({"training.threads": 1} if arguments.at_once > 1 else {}),
        **parse_overrides(arguments.set),
    }
    # each prepared once: models of one vocabulary can vote together
    ways = {"corpus": settings, "turned": {**settings, **FROM_THE_END}}
    for name, given in ways.items():
        if name == "corpus" or arguments.from_the_end:
            recipe = read_recipe(overrides=given)
            prepare_for(recipe, [train], folder / name, held_out=[dev], stated=given)
    seeds = range(1, arguments.models + 1)
    bundles = [folder / f"model{seed}" for seed in seeds]
    names = ["turned" if seed > arguments.models - arguments.from_the_end else "corpus" for seed in seeds]
    requests = [
        _request(folder / name, out, ways[name], seed) for name, out, seed in zip(names, bundles, seeds, strict=True)
    ]
    if arguments.at_once == 1:
        return bundles, [_minutes(request) for request in requests]
    with ProcessPoolExecutor(arguments.at_once, mp_context=get_context("spawn")) as processes:
        return bundles, list(processes.map(_minutes, requests))


def _all_folds(each: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """The means over the folds, and what each came to."""
    parts = {
        part: {
            who: {name: round(mean(fold[part][who][name] for fold in each), 2) for name in each[0][part][who]}
            for who in ("one", "all")
        }
        for part in ("dev", "left out")
    }
    return {"minutes": median(fold["minutes"] for fold in each), **parts, "folds": each}


def _request(corpus: Path, out: Path, settings: dict[str, Any], seed: int) -> TrainRequest:
    seeded = {**settings, "training.seed": seed}
    return TrainRequest([corpus], out, read_recipe(overrides=seeded), stated_settings(seeded, None))


def _minutes(request: TrainRequest) -> float:
    """Trains a model; the minutes that it took."""
    return train_bundle(request).trained_s / 60


def parted(path: Path, folder: Path, held_out: int) -> tuple[Path, Path]:
    """The lines of a file as two in the folder: those of the other sources, and those of so many in equal distances."""
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    sources = list(dict.fromkeys(line.partition("\t")[0] for line in lines))
    chosen = {sources[number * len(sources) // held_out] for number in range(held_out)}
    train, dev = folder / f"train_{path.name}.tsv", folder / f"dev_{path.name}.tsv"
    for part, is_dev in ((train, False), (dev, True)):
        kept = [line for line in lines if (line.partition("\t")[0] in chosen) == is_dev]
        part.write_text("".join(kept), encoding="utf-8")
    return train, dev


def folds(path: Path, folder: Path, number: int) -> list[tuple[Path, Path]]:
    """For each of so many parts of the sources two files in the folder: the others' lines, and those of the part."""
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    sources = dict.fromkeys(line.partition("\t")[0] for line in lines)
    part_of = {source: at % number for at, source in enumerate(sources)}
    pairs = []
    for part in range(number):
        pair = folder / f"others{part}.tsv", folder / f"part{part}.tsv"
        for file, is_left in zip(pair, (False, True), strict=True):
            kept = [line for line in lines if (part_of[line.partition("\t")[0]] == part) == is_left]
            file.write_text("".join(kept), encoding="utf-8")
        pairs.append(pair)
    return pairs


def _rates(bundles: list[Path], path: Path) -> dict[str, float]:
    found = evaluate_pairs(load_translator(*bundles, threads=THREADS), [path])
    return {score.name: score.value for score in found.scores}


def main(argv: list[str] | None = None) -> None:
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("files", type=Path, nargs="+", metavar="FILE", help="TRAIN DEV TEST, TRAIN TEST; or TRAIN DEV")
    parser.add_argument("--hold-out", type=int, default=2500, help="sources to choose by, without a DEV")
    parser.add_argument("--folds", type=int, default=0, metavar="K", help="of TRAIN DEV, parts to leave out")
    parser.add_argument("--epochs", type=float)
    parser.add_argument("--minutes", type=float)
    parser.add_argument("--models", type=int, default=1)
    parser.add_argument("--at-once", type=int, default=1, help="models trained side by side, a core each")
    parser.add_argument("--from-the-end", type=int, default=0, metavar="N", help="of the models, that write from it")
    parser.add_argument("--set", action="append", default=[], metavar="NAME=VALUE")
    arguments = parser.parse_args(argv)
    if len(arguments.files) not in ((2,) if arguments.folds else (2, 3)):
        parser.error("give TRAIN DEV TEST, or TRAIN TEST; with --folds TRAIN DEV")
    result = run(arguments)
    parts = ("dev", "left out" if arguments.folds else "test")
    rows = [
        [part, who, *(f"{value:.2f}" for value in result[part][who].values())]
        for part in parts
        for who in ("one", "all")
    ]
    print_table(["part", "models", *result["dev"]["one"]], rows)
    print_json({"corpus": arguments.files[0].name, **result})


if __name__ == "__main__":
    main()
