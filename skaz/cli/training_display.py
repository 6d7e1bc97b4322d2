"""The live line of a training run, and how Ctrl-C and SIGTERM stop it."""

from __future__ import annotations

import json
import signal
from collections.abc import Callable
from contextlib import AbstractContextManager, ExitStack
from importlib.util import find_spec
from pathlib import Path
from types import FrameType, TracebackType
from typing import Self

from rich.console import Console
from rich.text import Text

from skaz.cli.live_line import LiveLine, stage_told
from skaz.errors import DependencyError
from skaz.recipe import Task
from skaz.tasks.run_folder import has_asked, led_to, run_folder
from skaz.tasks.training import Begun, Bundled, Listener, Preparing, Said, TrainEvent, TrainRequest, train_bundle
from skaz.training.events import Finished, Progress, Validated
from skaz.training.run import CHECKPOINT_NAME

_BAR = 24


def train_with_display(request: TrainRequest, tensorboard: Path | None = None) -> Finished:
    """Trains, telling on stderr how it goes: a live line on a terminal, a line a measurement elsewhere."""
    with ExitStack() as stack:
        display = stack.enter_context(TrainingDisplay(Console(stderr=True, highlight=False), request.recipe.task))
        listeners: list[Callable[[TrainEvent], None]] = [display.hear]
        if request.resume:
            listeners.insert(0, resume_teller(request.out, display.hear))
        if tensorboard is not None:
            listeners.append(_scalars_once_begun(tensorboard, stack))
        stop = stack.enter_context(Stopper())

        def hear(event: TrainEvent) -> None:
            for listener in listeners:
                listener(event)

        try:
            return train_bundle(request, hear, stop)
        except KeyboardInterrupt:
            kept = request.out.name and run_folder(led_to(request.out)).exists()
            display.hear(
                Said("Stopped; go on with --resume." if kept else "Stopped before there was anything to keep.")
            )
            raise


def resume_teller(out: Path, tell: Listener) -> Listener:
    """A listener that tells, once at the first event, what --resume has found: by then it is sure that it may."""
    told = False
    folder = run_folder(led_to(out))
    was_begun = has_asked(folder)

    def hear(event: TrainEvent) -> None:
        nonlocal told
        if told:
            return
        told = True
        at = checkpoint_step(folder / CHECKPOINT_NAME)
        nothing = f"The run of {out} had saved nothing yet" if was_begun else f"No run of {out} to go on with"
        anew = f"{nothing}: it begins anew."
        tell(Said(anew if at is None else f"The run goes on at update {at:,}."))

    return hear


def checkpoint_step(path: Path) -> int | None:
    """After which update a checkpoint was written; None where there is none that can be read."""
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(path, framework="numpy") as file:
            return int(json.loads((file.metadata() or {})["position"])["step"])
    except (SafetensorError, OSError, KeyError, ValueError):  # the run itself says what is wrong with it
        return None


def _scalars_once_begun(folder: Path, stack: ExitStack) -> Listener:
    """A listener that writes for TensorBoard from the run's beginning on: what is refused before leaves nothing.
    DependencyError at once where TensorBoard is missing."""
    from skaz.tasks.tensorboard import scalars_to

    if find_spec("tensorboard") is None:
        raise DependencyError('--tensorboard needs TensorBoard: pip install "skaz[tensorboard]".')
    listeners: list[Listener] = []

    def hear(event: TrainEvent) -> None:
        if isinstance(event, Begun):
            listeners.append(stack.enter_context(scalars_to(folder)))
        for listener in listeners:
            listener(event)

    return hear


class Stopper(AbstractContextManager["Stopper"]):
    """Ctrl-C and SIGTERM: once the loop asks, the first of them lets it save and stop; before, and the
    second time, it ends at once."""

    def __init__(self) -> None:
        self._asked = self._stopped = False
        self._before: dict[int, object] = {}

    def __call__(self) -> bool:
        self._asked = True
        return self._stopped

    def __enter__(self) -> Self:
        for number in (signal.SIGINT, signal.SIGTERM):
            self._before[number] = signal.signal(number, self._hear)
        return self

    def __exit__(self, *_: object) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)  # type: ignore[arg-type]

    def _hear(self, number: int, frame: FrameType | None) -> None:
        if self._stopped or not self._asked:
            raise KeyboardInterrupt
        self._stopped = True


class TrainingDisplay(AbstractContextManager["TrainingDisplay"]):
    """Shows the events of a run on a console."""

    def __init__(self, console: Console, task: Task = "write") -> None:
        self._console = console
        self._of_pairs = task != "write"
        self._has_ngrams = self._steps_along = self._of_several = False
        self._line = LiveLine(console)
        self._held_out = ""

    def __enter__(self) -> Self:
        self._line.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._line.__exit__(kind, error, trace)

    def hear(self, event: TrainEvent) -> None:
        """Shows one event."""
        match event:
            case Said(text):
                self._print(text)
            case Begun(recipe=recipe):  # a resumed run's own task need not be told again
                self._of_pairs = recipe.task != "write"
                self._has_ngrams, self._steps_along = bool(recipe.model.ngram_weight), recipe.model.is_monotonic
                self._of_several = recipe.networks > 1
            case Preparing(stage, done):
                self._line.show(stage_told(stage, done))
            case Progress():
                self._line.show(self._progress(event))
            case Validated():
                self._held_out = self._validated(event)
                if not self._line.is_seen:
                    self._print(f"{event.trained_s:6.0f} s  update {event.step:,}  {self._held_out}")
            case Bundled(path, run):
                lines = _summary(path, run, of_pairs=self._of_pairs, has_ngrams=self._has_ngrams)
                if run.best.step != run.step and not self._of_several:  # of several each network has its own
                    lines.insert(1, _kept_told(run, of_pairs=self._of_pairs))
                self._print("\n".join(lines))
            case _:
                pass

    def _print(self, text: str) -> None:
        self._console.print(Text(text), soft_wrap=not self._console.is_terminal)

    def _validated(self, at: Validated) -> str:
        """What a measurement found, which is of the network, whatever votes beside it in the end."""
        alone = " by the network alone" if self._has_ngrams else ""
        told = f"held out {at.plain.bits_per_character:.3f} bits/char{alone}"
        if not self._of_pairs:
            return told
        tokens = "tokens and steps along the source" if self._steps_along else "tokens"
        return f"{told}, {at.plain.accuracy:.1%} of {tokens} right"

    def _progress(self, at: Progress) -> str:
        full = round(at.fraction * _BAR)
        parts = [
            f"{'━' * full}{'╌' * (_BAR - full)} {clock(at.left_s)} left",
            f"loss {at.nats_per_token:.3f}" if at.nats_per_token else "",
            self._held_out,
            f"{at.tokens_per_s:,.0f} tokens/s",
            f"{at.epochs:.1f} epochs",
        ]
        return "  ".join(part for part in parts if part)


def _summary(path: Path, run: Finished, *, of_pairs: bool, has_ngrams: bool) -> list[str]:
    best = run.best
    texts = "pairs" if of_pairs else "stories"
    how = {"budget": "Done", "no gain": "Nothing was gained any more", "stopped": "Stopped"}[run.reason]
    lines = [
        f"{how}: {run.step:,} updates, {run.epochs:.1f} passes over the {texts} in {clock(run.trained_s)}; "
        f"{best.plain.bits_per_character:.3f} bits per character on held-out {texts}"
        + (", the n-grams' vote included" if has_ngrams else "")
        + (f", {best.with_plan.bits_per_character:.3f} with their plans" if best.with_plan is not None else "")
        + ".",
        f"The bundle is {path}, its loss plot {path / 'loss.png'} and {path / 'loss.svg'}.",
    ]
    if run.reason == "stopped":
        lines.append("Go on where it stopped with the same command and --resume.")
    return lines


def _kept_told(run: Finished, *, of_pairs: bool) -> str:
    """Which weights the figures are of, where those are not the last."""
    why = "most tokens right" if of_pairs else "fewest bits"
    return f"Kept are the weights of update {run.best.step:,}, which had the {why} of all that were measured."


def clock(seconds: float) -> str:
    """Minutes and seconds: 2:07; hours where there are some."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
