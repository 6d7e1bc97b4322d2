"""How many processor threads an update gets, found out while the run goes on.

Threads wait for one another at every step of an LSTM. Where each has a core to itself, more of them are faster; where
other programs want the cores too, or the network is small, all wait for the one that isn't running, and fewer are.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from typing import NamedTuple

import torch

from skaz.recipe import Recipe, TrainingRecipe
from skaz.training.budget import budget_of

# So many updates tell a speed, if they take so long. The first ones with a number of threads don't count: the
# processor's kernels are made for it.
_COUNTED, _COUNTED_S, _UNCOUNTED = 4, 0.5, 1
_GAIN = 1.15  # times the speed; less may be chance, or sentences of other lengths
_HOPELESS = 0.4  # times the speed: needn't be measured to the end
_OWN_LOAD = 1.0  # what preparing a corpus adds
_LEAST_S = 1e-6  # seconds: a clock may not have moved on in an update
_CHANGED = 1.35  # times faster or slower than it was: another program has begun or ended
# Times what a look took, until the next one, so that looking costs little; sooner where the speed has changed.
_WAIT, _WAIT_IF_CHANGED = 60.0, 20.0


class Took(NamedTuple):
    """What an update did, and the seconds that it took."""

    tokens: int
    seconds: float


_Course = Generator[None, Took]  # is sent what each update took


class Threads:
    """The number of threads, as a run goes on: now and then half as many and twice as many are tried, and what is
    clearly faster stays. It sees what updates took, and no clock."""

    def __init__(self, most: int, use: Callable[[int], None] = torch.set_num_threads) -> None:
        """Stays with `most` from the first measurement on, unless one thread does better by far; `use` sets the number
        for the updates that follow."""
        self.most = self.number = most
        #: Tokens a second with `number` threads, when it was last measured; before the first time 0.
        self.speed = 0.0
        self._use = use
        self._measured_s = 0.0
        self._course = self._follow()
        next(self._course)

    def took(self, tokens: int, seconds: float) -> None:
        """An update of so many tokens is done."""
        if self.most > 1:
            self._course.send(Took(tokens, seconds))

    def _follow(self) -> _Course:
        # One thread needs no other. Where other programs have the cores an update of all may take seconds, and a short
        # run would be over before they were measured.
        of_one = yield from self._measure(1, counted_least=1, counted_s=0.0)
        self.speed = yield from self._measure(self.most, instead_of=of_one)
        most = self.most
        if self.speed < _HOPELESS * of_one:
            self.number, self.speed, most = 1, of_one, max(1, self.most // 2)
        while True:
            yield from self._look(most)
            yield from self._wait(looked_s=self._measured_s)
            self._measured_s, most = 0.0, self.most

    def _look(self, most: int) -> _Course:
        """Goes to fewer threads or to more, for as long as each step is a gain."""
        for half in (True, False):
            before = self.number
            while (number := (self.number + 1) // 2 if half else min(2 * self.number, most)) != self.number:
                speed = yield from self._measure(number, instead_of=self.speed)
                if speed < _GAIN * self.speed:
                    break
                self.number, self.speed = number, speed
            self._use(self.number)
            if self.number != before:
                return

    def _wait(self, looked_s: float) -> _Course:
        """Until the next look."""
        self._measured_s = 0.0
        while True:
            speed = yield from self._measure(self.number, uncounted=0)
            is_other = not self.speed / _CHANGED < speed < self.speed * _CHANGED
            if self._measured_s >= (_WAIT_IF_CHANGED if is_other else _WAIT) * looked_s:
                self.speed = speed
                return

    def _measure(
        self,
        number: int,
        *,
        instead_of: float | None = None,
        uncounted: int = _UNCOUNTED,
        counted_least: int = _COUNTED,
        counted_s: float = _COUNTED_S,
    ) -> Generator[None, Took, float]:
        """The speed of updates with so many threads; less exact where it can't be a gain on `instead_of`."""
        self._use(number)
        all_tokens, all_s, counted, tokens, seconds = 0, 0.0, 0, 0, 0.0
        while counted < counted_least or seconds < counted_s:
            took = yield
            self._measured_s += took.seconds
            all_tokens, all_s = all_tokens + took.tokens, all_s + took.seconds
            if instead_of is not None and all_s > _COUNTED_S and all_tokens < _HOPELESS * instead_of * all_s:
                return all_tokens / all_s
            if uncounted:
                uncounted -= 1
            else:
                counted, tokens, seconds = counted + 1, tokens + took.tokens, seconds + took.seconds
        return tokens / max(seconds, _LEAST_S)


@contextmanager
def threads_kept() -> Iterator[None]:
    """Whatever number of threads is set within, afterwards it is as before."""
    before = torch.get_num_threads()
    try:
        yield
    finally:
        torch.set_num_threads(before)


def threads_of(recipe: Recipe, cores: int, network: int = 1) -> int:
    """How many threads the network of that number begins with: what the recipe states, or its share of the cores."""
    share, left = divmod(cores, recipe.networks)
    return recipe.training.threads or max(1, share + (network <= left))


def threads_to_find(training: TrainingRecipe, device: torch.device) -> Threads | None:
    """For a run on a processor whose recipe leaves the number open; None where it is stated, and where the budget is
    not in minutes: such a run repeats bit for bit, and a sum over other parts would be another in its last one."""
    if training.threads is not None or device.type != "cpu" or budget_of(training).unit != "minutes":
        return None
    return Threads(torch.get_num_threads())


def load_of_others(training: TrainingRecipe, device: torch.device, threads: int) -> float | None:
    """The processes that want a core in the mean, where they are more than there are and a run with several threads
    keeps to these, so that each update may wait for seconds; else None, and where the system doesn't tell."""
    keeps = device.type == "cpu" and threads > 1 and training.threads is None and budget_of(training).unit != "minutes"
    if not keeps or not hasattr(os, "getloadavg"):
        return None
    try:
        load = os.getloadavg()[0]
    except OSError:  # the system may not know
        return None
    return load if load > (os.cpu_count() or 1) + _OWN_LOAD else None
