"""The other networks of an ensemble: while a run trains the first, each of them is trained by a process of its own,
with its share of the cores and the same budget."""

from __future__ import annotations

import json
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from copy import deepcopy
from dataclasses import replace
from pathlib import Path
from typing import Any

from skaz.engine.bundle import WEIGHTS, is_bundle, of_network, open_bundle
from skaz.errors import ResourceError, TrainingError
from skaz.files import make_folders, write_text
from skaz.processes import apart, command_of, environment
from skaz.recipe_reading import recipe_to_toml, with_settings
from skaz.tasks.run_folder import run_folder
from skaz.text.ngrams import JointNgrams
from skaz.training.checkpoint import load_model_tensors
from skaz.training.events import Finished
from skaz.training.measuring import measure_networks, measured_part
from skaz.training.run import Job, weights_path
from skaz.training.tensor_files import read_tensors
from skaz.training.threads import threads_of
from skaz.training.validation import Vote

NETWORKS_NAME = "networks"  # the folder in the run's own where they are
WORKER = command_of("skaz.tasks.network_worker")
_SEEDS = 2**32
_LOOK_S = 0.1
_SOON_S = 10.0  # after the first network another may end without a word


def train_networks(
    job: Job, corpus: Path, cores: int, train_first: Callable[[Job], Finished], say: Callable[[str], None]
) -> tuple[Finished, list[Path]]:
    """Trains all networks of the job's recipe on a prepared corpus and so many cores, the first with `train_first`:
    its run, and the file of each one's weights. A run that leaves one of them with more to learn is a stopped one."""
    with _others(job, corpus, cores, say) as others:
        finished = train_first(replace(job, stop=lambda: job.stop() or others.has_failed()))
        others.wait(lambda: finished.reason == "stopped" or job.stop(), say)
    if any(run_folder(bundle).exists() for bundle in others.bundles):  # one of them has more to learn
        finished = replace(finished, reason="stopped")
    return finished, [weights_path(job.folder, finished.best.step), *(bundle / WEIGHTS for bundle in others.bundles)]


def measured_together(
    job: Job, finished: Finished, weights: Sequence[Path], ngrams: JointNgrams | None, say: Callable[[str], None]
) -> Finished:
    """The run of `train_networks`, measured as its bundle writes: by all networks, and by the n-grams that vote beside
    them. What each network measures alone is told with it. A run whose network writes alone stays as it is."""
    if len(weights) == 1 and ngrams is None:
        return finished
    models = [deepcopy(job.model) for _ in weights]
    for model, path in zip(models, weights, strict=True):
        load_model_tensors(model, read_tensors(path), path)
    vote = Vote(ngrams, job.recipe.model.ngram_weight) if ngrams is not None else None
    plain, with_plan = measure_networks(models, measured_part(job.valid, job.recipe), job.recipe, vote)
    alone = [
        finished.best.plain.bits_per_character,
        *(open_bundle(path.parent).facts.measures["bits_per_character"] for path in weights[1:]),
    ]
    say(_bits_told(alone, plain.bits_per_character, with_ngrams=ngrams is not None))
    return replace(finished, best=replace(finished.best, plain=plain, with_plan=with_plan))


def _bits_told(alone: Sequence[float], together: float, *, with_ngrams: bool) -> str:
    bits = ", ".join(f"{each:.3f}" for each in alone)
    if len(alone) == 1:
        return f"bits per character of the network alone {bits}, with the n-grams beside it {together:.3f}"
    beside = " with the n-grams beside them" if with_ngrams else ""
    return f"bits per character of each network {bits}, of all together{beside} {together:.3f}"


class _Others:
    """The processes at work, and the bundles that they leave, which the bundle of all is made of."""

    def __init__(self, folder: Path, numbers: Sequence[int]) -> None:
        self.bundles = tuple(folder / str(number) for number in numbers)
        self._folder = folder
        self._processes: dict[int, subprocess.Popen[str]] = {}

    def start(self, number: int, order: dict[str, Any]) -> None:
        """Starts the process of a network."""
        with open(self._log(number), "w", encoding="utf-8") as log:
            process = subprocess.Popen(
                WORKER,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                env=environment(),
                text=True,
                encoding="utf-8",
                **apart(),  # Ctrl-C in the terminal is for the run, which tells them
            )
        self._processes[number] = process
        self._tell(process, json.dumps(order))

    def stop(self) -> None:
        """Tells them to save and stop."""
        for process in self._processes.values():
            self._tell(process, "stop")

    def has_failed(self) -> bool:
        """Whether one of them has ended other than well."""
        return any(process.poll() for process in self._processes.values())

    def wait(self, stop: Callable[[], bool], say: Callable[[str], None]) -> None:
        """Until all have come to their end, asking `stop` whether they shall. Raises TrainingError with what one of
        them complained of, ResourceError where one has vanished."""
        begun, told, said = time.monotonic(), False, False
        while any(process.poll() is None for process in self._processes.values()):
            if not told and (self.has_failed() or stop()):
                self.stop()
                told = True
            if not said and time.monotonic() - begun > _SOON_S:
                say("the first network has come to its end, and the others are coming to theirs")
                said = True
            time.sleep(_LOOK_S)
        for number, process in self._processes.items():
            assert process.stdout is not None
            last = process.stdout.read().strip()
            if last:
                answer = json.loads(last)
                first = "Go on with --resume, or" if answer["resume_mends"] else "Go on"
                raise TrainingError(f"Network {number}: {answer['failed']} {first} without it with {_without(number)}.")
            if process.returncode:
                raise ResourceError(
                    f"The process of network {number} has ended ({process.returncode}), and {self._log(number)} may "
                    f"say why; go on with --resume, or without it, where memory is short, with {_without(number)}."
                )

    def abandon(self) -> None:
        """Ends them at once: they see that nobody is there who would tell them to stop."""
        for process in self._processes.values():
            assert process.stdin is not None
            assert process.stdout is not None
            with suppress(OSError):  # it has ended already
                process.stdin.close()
            process.wait()
            process.stdout.close()

    def _log(self, number: int) -> Path:
        return self._folder / f"{number}.log"

    @staticmethod
    def _tell(process: subprocess.Popen[str], line: str) -> None:
        assert process.stdin is not None
        with suppress(OSError):  # it has ended, and `wait` says why
            process.stdin.write(line + "\n")
            process.stdin.flush()


def _without(number: int) -> str:
    return f"--resume --networks {number - 1}"


@contextmanager
def _others(job: Job, corpus: Path, cores: int, say: Callable[[str], None]) -> Iterator[_Others]:
    """The networks of the recipe after its first, at work in the run's folder on the prepared corpus; those that a
    run left unfinished go on, and the finished ones stay as they are. Leaving the block ends what still works."""
    recipe, folder = job.recipe, job.folder / NETWORKS_NAME
    numbers = range(2, recipe.networks + 1)
    if numbers:
        make_folders(folder)
    others = _Others(folder, numbers)
    try:
        for number, out in zip(numbers, others.bundles, strict=True):
            if is_bundle(out) and not run_folder(out).exists():
                say(f"network {number} had come to its end before, and stays as it is")
                continue
            seed = (recipe.training.seed + number - 1) % _SEEDS
            own = {"networks": 1, "training.seed": seed, "training.stages": 0}
            written = folder / of_network("recipe.toml", number)
            write_text(written, recipe_to_toml(with_settings(recipe, own)))
            order = {
                "corpus": str(corpus),
                "number": number,
                "first_run": str(job.folder),
                "out": str(out),
                "recipe": str(written),
                "begun_s": time.time() - job.spent_s,  # of the budget; a process takes its time to start
                "threads": threads_of(recipe, cores, number),
            }
            others.start(number, order)
        yield others
    finally:
        others.abandon()
