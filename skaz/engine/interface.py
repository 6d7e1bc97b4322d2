"""What decoding needs of a trained model: to start, to take a token, to keep some rows, to put rows together.

The state is the model's whole past, of fixed size, one row per sequence. It is opaque to every caller and is
never changed in place: an old state may be stepped again, which is how decoding undoes and branches.
"""

from collections.abc import Sequence
from typing import Protocol, TypeVar, runtime_checkable

import numpy as np
from jaxtyping import Float32, Int

State = TypeVar("State")


@runtime_checkable
class Engine(Protocol[State]):
    """A bundle that runs. The rows of a state never influence one another."""

    @property
    def vocabulary_size(self) -> int:
        """V, the width of the logits."""
        ...

    def start(self, sources: Sequence[Sequence[int]]) -> State:
        """The state after reading each source; a row per source."""
        ...

    def step(self, tokens_B: Int[np.ndarray, " B"], state: State) -> tuple[Float32[np.ndarray, "B V"], State]:
        """Feeds one token to each row: the logits of the token after it, and the new state."""
        ...

    def attended_step(
        self, tokens_B: Int[np.ndarray, " B"], state: State
    ) -> tuple[Float32[np.ndarray, "B V"], State, Float32[np.ndarray, "B S"] | None]:
        """A step that also tells the shares of attention over the source; None where there is no attention."""
        ...

    def gather(self, state: State, rows: Int[np.ndarray, " R"]) -> State:
        """The state of these rows, in this order; a row may come more than once (branching) or not at all."""
        ...

    def join(self, states: Sequence[State]) -> State:
        """The rows of all these states as one state, in their order. Memories are made equally long: as long as the
        longest that is in them, not longer."""
        ...

    def alone(self, state: State, row: int, earlier: State | None = None) -> State:
        """One row as a state by itself, which keeps no other row's numbers alive. What no step changes (the memory) it
        shares with `earlier`, where that is such a state of the same sequence."""
        ...


STATE_NAMES = ("h_LBH", "c_LBH")  # what a stack's cells keep, c where they have one, by the graphs' names


def paired(rows_R: Int[np.ndarray, " R"]) -> Int[np.ndarray, " E"]:
    """The rows, the last of an odd number twice: an engine computes in pairs, and who gives it pairs spares it a
    copy at each step."""
    return np.concatenate((rows_R, rows_R[-1:])) if len(rows_R) % 2 else rows_R
