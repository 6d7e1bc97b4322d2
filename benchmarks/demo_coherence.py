"""Do the demonstration's stories keep to their plans?

    python -m benchmarks.demo_coherence [BUNDLE] [--samples docs/samples.md]

Without a BUNDLE it first trains one exactly as `skaz demo` does, on its three minutes. Then it writes 100 English and
100 Russian stories with the default settings, each from a plan of the tale world that no training story has, and
checks each: do all planned things appear, does the hero keep name and kind, is what is found what was lost …
"""

from __future__ import annotations

import argparse
import tempfile
from collections import Counter
from pathlib import Path

from benchmarks.harness import print_json, print_table
from skaz.cli.demo import demo_request
from skaz.corpus.tales.world import Language
from skaz.evaluation.stories import coherence, held_out_plans
from skaz.tasks.demonstration import MINUTES
from skaz.tasks.training import train_bundle
from skaz.tasks.writing import Storyteller, load

LANGUAGES: tuple[Language, ...] = ("en", "ru")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("bundle", type=Path, nargs="?")
    parser.add_argument("--stories", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--minutes", type=float, default=MINUTES)
    parser.add_argument("--samples", type=Path, help="write ten stories, seeds 0 to 9, into this file")
    parser.add_argument("--faults", action="store_true", help="print what the check found wrong")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as made:
        bundle = arguments.bundle
        if bundle is None:
            bundle = Path(made) / "tales"
            train_bundle(demo_request(bundle, arguments.minutes, arguments.seed))
        teller = load(bundle)
    rows, totals, faults = [], Counter[str](), Counter[str]()
    for language in LANGUAGES:
        plans = held_out_plans(arguments.stories // len(LANGUAGES), language, arguments.seed)
        texts = [teller.write(plan, seed=number).text for number, plan in enumerate(plans)]
        found = coherence(texts, plans, language)
        rows.append([language, len(plans), f"{found.appeared:.1%}", f"{found.consistent:.1%}"])
        for each in found.checks:
            totals.update(planned=each.planned, appeared=each.appeared, stories=1, consistent=each.consistent)
            faults.update([*each.problems, *(f"missing: {item}" for item in each.missing)])
    print_table(["language", "stories", "planned things that appear", "pass the whole check"], rows)
    if arguments.faults:
        print("\n".join(f"{count:4} {fault}" for fault, count in faults.most_common(40)))
    if arguments.samples:
        arguments.samples.write_text(samples(teller), encoding="utf-8")
    print_json(
        {
            "benchmark": "demo_coherence",
            "stories": totals["stories"],
            "appeared": totals["appeared"] / totals["planned"],
            "consistent": totals["consistent"] / totals["stories"],
            "run": dict(teller.bundle.facts.run),
            "measures": dict(teller.bundle.facts.measures),
        }
    )


def samples(teller: Storyteller) -> str:
    """Ten stories, unselected: seeds 0 to 9, five in each language, with their plans."""
    run = teller.bundle.facts.run
    parts = [
        "# Ten stories, unselected\n",
        f"Written by the bundle that `make demo` trains ({run['seconds']:.0f} seconds on two cores), with the "
        "default settings, seeds 0 to 9, each from a plan that no training story has. Nothing is chosen or mended. "
        "Made by `python -m benchmarks.demo_coherence --samples docs/samples.md`.\n",
    ]
    for seed in range(10):
        language = LANGUAGES[seed % 2]
        plan = held_out_plans(1, language, seed)[0]
        story = teller.write(plan, seed=seed)
        parts.append(f"## Seed {seed}\n\n*{', '.join(plan)}*\n")
        parts.append("\n".join(f"> {line}\n>" for line in story.text.split("\n")).removesuffix("\n>") + "\n")
    return "\n".join(parts)


if __name__ == "__main__":
    main()
