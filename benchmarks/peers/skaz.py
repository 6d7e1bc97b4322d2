"""skaz itself, for benchmarks/training_speed.py: trains on the prepared corpus, prints target tokens a second last."""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

from benchmarks.peers.shape import WARM_UP
from benchmarks.training_speed import OURS
from skaz.recipe_reading import parse_overrides, read_recipe, stated_settings
from skaz.tasks.training import TrainEvent, TrainRequest, train_bundle
from skaz.training.events import Progress


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--seconds", type=float, required=True)
    parser.add_argument("--threads", type=int, required=True)
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--set", action="append", default=[])
    arguments = parser.parse_args()
    settings = {**OURS, "training.minutes": 60, "training.threads": arguments.threads}
    settings["training.device"] = arguments.device
    settings |= parse_overrides(arguments.set)
    heard: list[tuple[float, float]] = []

    def hear(event: TrainEvent) -> None:
        if isinstance(event, Progress):
            heard.append((event.trained_s, event.tokens_per_s * event.trained_s))

    def over() -> bool:
        return bool(heard) and heard[-1][0] >= arguments.seconds

    with tempfile.TemporaryDirectory() as made:
        request = TrainRequest(
            [arguments.folder / "corpus"],
            Path(made) / "bundle",
            read_recipe(overrides=settings),
            stated_settings(settings, None),
        )
        train_bundle(request, hear, over)
    first_s, first = next(point for point in heard if point[0] >= WARM_UP * arguments.seconds)
    last_s, last = heard[-1]
    print((last - first) / (last_s - first_s))


if __name__ == "__main__":
    main()
