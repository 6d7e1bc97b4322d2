"""How many words of their plans stories have.

    python -m benchmarks.plans_kept BUNDLE [BUNDLE…] --texts train.txt --held-out valid.txt

From each of the first `--stories` held-out stories a plan of `--items` words is drawn as `skaz prepare` draws them, by
how seldom words are in the texts; each bundle writes a story from it, with the default settings and the plan's number
for a seed. A word counts as kept where the story has it in some form.
"""

from __future__ import annotations

import argparse
from itertools import islice
from pathlib import Path
from typing import Any

from benchmarks.harness import print_json, print_table
from skaz.corpus.readers import read_stories
from skaz.tasks.writing import Storyteller, load
from skaz.text.plan import DocumentFrequency, extract_plan
from skaz.text.words import same_word, words_of

MOST_TEXTS = 4_000  # to know by which words are seldom


def plans_of(held_out: Path, texts: Path, stories: int, items: int) -> list[list[str]]:
    """Plans of the first held-out stories."""
    frequency = DocumentFrequency()
    frequency.update(story.text for story in islice(read_stories(texts), MOST_TEXTS))
    told = islice(read_stories(held_out), stories)
    return [extract_plan(story.text, frequency, frequency.n_documents, items=items) for story in told]


def kept(teller: Storyteller, plans: list[list[str]]) -> dict[str, Any]:
    """The shares of words that are in the stories, and of plans all of whose words are."""
    words = whole = there = 0
    for number, plan in enumerate(plans):
        written = words_of(teller.write(plan, seed=number).text)
        has = [any(same_word(word, each) or word == each for each in written) for word in words_of(" ".join(plan))]
        words, there, whole = words + len(has), there + sum(has), whole + all(has)
    measures = teller.bundle.facts.measures
    return {
        "bundle": teller.bundle.path.name,
        "words": there / words,
        "whole_plans": whole / len(plans),
        "bits_per_character": measures.get("bits_per_character"),
        "with_plan": measures.get("bits_per_character_with_plan"),
        "updates": teller.bundle.facts.run.get("steps"),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("bundles", type=Path, nargs="+", metavar="BUNDLE")
    parser.add_argument("--texts", type=Path, required=True)
    parser.add_argument("--held-out", type=Path, required=True)
    parser.add_argument("--stories", type=int, default=100)
    parser.add_argument("--items", type=int, default=3)
    arguments = parser.parse_args()
    plans = plans_of(arguments.held_out, arguments.texts, arguments.stories, arguments.items)
    results = [kept(load(bundle), plans) for bundle in arguments.bundles]
    print_table(
        ["bundle", "words kept", "whole plans", "bits/char", "with plans"],
        [
            [each["bundle"], f"{each['words']:.1%}", f"{each['whole_plans']:.0%}"]
            + [f"{each[name]:.3f}" if each[name] else "–" for name in ("bits_per_character", "with_plan")]
            for each in results
        ],
    )
    print_json({"benchmark": "plans_kept", "stories": len(plans), "items": arguments.items, "bundles": results})


if __name__ == "__main__":
    main()
