"""A run's numbers for TensorBoard."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from skaz.errors import DependencyError
from skaz.training.events import Progress, Validated


@contextmanager
def scalars_to(folder: Path) -> Iterator[Callable[[Any], None]]:
    """A listener that writes the run's scalars into `folder`; DependencyError without the extra."""
    try:
        from torch.utils.tensorboard import SummaryWriter
    except ImportError:
        raise DependencyError('--tensorboard needs TensorBoard: pip install "skaz[tensorboard]".') from None
    writer = SummaryWriter(str(folder))

    def hear(event: Any) -> None:
        for name, value in _scalars(event).items():
            writer.add_scalar(name, value, event.step)

    try:
        yield hear
    finally:
        writer.close()


def _scalars(event: Any) -> dict[str, float]:
    match event:
        case Progress():
            return {
                "training/nats_per_token": event.nats_per_token,
                "training/learning_rate": event.learning_rate,
                "training/tokens_per_s": event.tokens_per_s,
            }
        case Validated():
            scalars = {"held_out/bits_per_character": event.plain.bits_per_character}
            if event.with_plan is not None:
                scalars["held_out/bits_per_character_with_plan"] = event.with_plan.bits_per_character
            return scalars
        case _:
            return {}
