"""A training, in a process of its own: `python -m skaz.server.worker`.

It is told what to train as `tasks/orders.py` says; where the server is gone, the run saves and stops as when it is
told to. Its answers are what happens. PyTorch is loaded before standard input is waited at: on Windows a library that
looks there as it loads would wait for ever.
"""

from __future__ import annotations

import math
import os
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from skaz.errors import CorpusError, SkazError
from skaz.tasks.fine_tuning import read_on_base
from skaz.tasks.orders import take_order
from skaz.tasks.training import Begun, Preparing, Said, TrainRequest, train_bundle
from skaz.training.events import Progress, Saved, Validated

_NICENESS = 5  # writing goes before training
_OFTEN_S, _SELDOM_S, _OFTEN_FOR_S = 1.0, 5.0, 600.0  # between two tellings of progress, and how long the first holds


def main() -> None:
    """Trains what standard input says."""
    order = take_order(when_alone=threading.Event.set)
    if hasattr(os, "nice"):
        os.nice(_NICENESS)

    def tell(name: str, data: dict[str, Any]) -> None:
        order.answer({"event": name, "data": data})

    try:
        _train(order.asked, tell, order.stopping)
    except SkazError as error:
        tell("failed", {"message": str(error), **_fault(error, order.asked)})


def _train(asked: dict[str, Any], tell: Callable[[str, dict[str, Any]], None], stopping: threading.Event) -> None:
    stated = dict(asked["settings"])
    out = Path(asked["out"])
    resumed = out if asked["resume"] else None
    recipe, all_stated = read_on_base(size=asked["size"], overrides=stated, resumed=resumed)
    request = TrainRequest(
        paths=asked["paths"],
        out=out,
        recipe=recipe,
        stated=all_stated,
        resume=asked["resume"],
        names=asked["names"],
    )
    listener = _Listener(tell)
    finished = train_bundle(request, listener.hear, stopping.is_set)
    if asked["texts"]:
        try:
            _keep_texts(asked, Path(asked["texts"]), listener.plans)
        except SkazError as error:  # the bundle is there all the same
            tell("said", {"text": str(error)})
    tell("finished", {"bundle": request.out.name, "reason": finished.reason})


def _fault(error: SkazError, asked: dict[str, Any]) -> dict[str, Any]:
    """The error for programs, as the routes tell it."""
    from skaz.server.errors import code_of
    from skaz.server.text_faults import fault_of

    is_of_texts = isinstance(error, CorpusError)
    settings = asked["settings"]
    about = fault_of(asked["names"], settings["task"], settings.get("text.split")) if is_of_texts else None
    return {"code": code_of(error), "about": about}


def _keep_texts(asked: dict[str, Any], folder: Path, plans: list[list[str]]) -> None:
    """What the studio shows of the training texts: of stories an index that tells what stands there word for word, and
    some of them, or of the pairs, to look at the network with."""
    from skaz.corpus.readers import read_stories
    from skaz.engine.bundle import open_bundle
    from skaz.inside.texts import SAMPLE_CHARACTERS, keep_sample, texts_of
    from skaz.server.overlap import index_folder, keep_texts

    bundle = open_bundle(asked["out"])
    target = index_folder(folder, str(bundle.facts.corpus["fingerprint"]))
    if bundle.recipe.task == "write":
        stories = read_stories(asked["paths"], split=bundle.recipe.text.split)
        keep_texts(target, (story.text for story in stories), plans)
    keep_sample(target, texts_of(bundle, asked["paths"], SAMPLE_CHARACTERS))


class _Listener:
    """Turns what a run tells into what a page wants to hear."""

    def __init__(self, tell: Callable[[str, dict[str, Any]], None]) -> None:
        self._tell = tell
        self._told_s = -math.inf
        self._tokens_per_character = 1.0
        self._samples: Any = None
        self.plans: list[list[str]] = []

    def hear(self, event: Any) -> None:
        """One event of `train_bundle`."""
        from skaz.server.samples import Samples

        match event:
            case Said(text):
                self._tell("said", {"text": text})
            case Preparing(stage, done):
                if self._due(1.0) or done >= 1:
                    self._tell("preparing", {"stage": stage, "done": round(done, 3)})
            case Begun():
                train = event.train
                self._tokens_per_character = (train.n_tokens + len(train)) / max(train.n_characters, 1)
                self._samples = Samples(event)
                self.plans = self._samples.plans(event)
                self._told_s = -math.inf
                parameters = event.model.n_parameters() * event.recipe.networks
                self._tell("begun", {"parameters": parameters, "stories": len(train)})
            case Progress():
                self._progress(event)
            case Validated():
                self._tell("validated", _validated(event))
            case Saved():
                self._tell("saved", {"updates": event.step})

    def _progress(self, event: Any) -> None:
        if self._due(_OFTEN_S if event.trained_s < _OFTEN_FOR_S else _SELDOM_S):
            nats = event.nats_per_token * self._tokens_per_character
            told = {
                "seconds": round(event.trained_s, 2),
                "updates": event.step,
                "nats_per_character": round(nats, 4) if nats else None,
                "rate": event.learning_rate,
                "tokens_per_s": round(event.tokens_per_s),
                "done": round(event.fraction, 4),
                "left_s": round(event.left_s, 1),
            }
            self._tell("progress", told)
        sample = self._samples.due(event.trained_s) if self._samples is not None else None
        if sample is not None:
            self._tell("sample", {"seconds": round(event.trained_s, 2), **sample})

    def _due(self, every_s: float) -> bool:
        now = time.monotonic()
        if now - self._told_s < every_s:
            return False
        self._told_s = now
        return True


def _validated(event: Any) -> dict[str, Any]:
    bits = event.plain.bits_per_character
    told = {
        "seconds": round(event.trained_s, 2),
        "updates": event.step,
        "bits_per_character": round(bits, 4),
        "nats_per_character": round(bits * math.log(2), 4),
        "token_accuracy": round(event.plain.accuracy, 4),
        "best": event.best,
    }
    if event.with_plan is not None:
        told["bits_per_character_with_plan"] = round(event.with_plan.bits_per_character, 4)
    return told


if __name__ == "__main__":
    main()
