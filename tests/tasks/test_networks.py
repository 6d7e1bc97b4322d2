"""Several networks in one bundle: each learns by itself, and they write together."""

from __future__ import annotations

import os
import shutil
import signal
import sys
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.numpy import load_file

import skaz
from skaz.corpus.shards import Shards
from skaz.corpus.sources import nothing
from skaz.engine.bundle import of_network, open_bundle
from skaz.engine.loading import load_engine
from skaz.engine.onnx_engine import load_onnx_engine
from skaz.engine.torch_engine import TorchEngine, load_model
from skaz.errors import BundleError, RecipeError, ResourceError, TrainingError
from skaz.evaluation.language_modelling import evaluate_bundle
from skaz.recipe_reading import load_recipe, read_recipe, stated_settings
from skaz.tasks import networks
from skaz.tasks.exporting import export_bundle
from skaz.tasks.inspecting import inspect_bundle
from skaz.tasks.preparing import prepare_for
from skaz.tasks.training import Said, TrainRequest, train_bundle
from skaz.training.events import Finished, Progress
from skaz.training.measuring import measured_part
from skaz.training.order import training_source
from skaz.training.validation import measure, measure_together
from tests.conftest import SMALL_PAIRS, TINY, Pairs

SETTINGS = {**TINY, "text.split": "line", "training.steps": 12, "training.validations": 2, "model.dropout": 0.1}


@pytest.fixture(scope="module")
def corpus(stories_file: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("prepared") / "corpus"
    prepare_for(read_recipe(overrides=SETTINGS), [stories_file], folder, stated=SETTINGS)
    return folder


def trained(corpus: Path, out: Path, *, stop: Any = lambda: False, resume: bool = False, **more: Any) -> Finished:
    settings = {**SETTINGS, **{name.replace("__", "."): value for name, value in more.items()}}
    request = TrainRequest(
        [] if resume else [corpus],
        out,
        read_recipe(overrides={} if resume else settings),
        stated_settings({} if resume else settings, None),
        resume=resume,
    )
    return train_bundle(request, stop=stop)


@pytest.fixture(scope="module")
def two(corpus: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("two") / "two"
    trained(corpus, out, networks=2)
    return out


def weights(bundle: Path, number: int = 1) -> bytes:
    return (bundle / of_network("model.safetensors", number)).read_bytes()


def test_each_network_is_what_it_would_be_alone(two: Path, corpus: Path, tmp_path: Path) -> None:
    for number in (1, 2):
        trained(corpus, tmp_path / str(number), training__seed=number)
        assert weights(two, number) == weights(tmp_path / str(number))
    assert weights(two, 1) != weights(two, 2)
    assert [path.name for path in two.parent.iterdir()] == ["two"]


@pytest.mark.parametrize("device", ["cpu", "torch"])
def test_what_they_foretell_is_the_mean_of_their_probabilities(two: Path, device: str) -> None:
    bundle = open_bundle(two)
    if device == "cpu":
        engine = load_engine(bundle)
        alone: list[Any] = [load_onnx_engine(bundle, network=number) for number in (1, 2)]
    else:
        alone = [TorchEngine(load_model(bundle, network=number)) for number in (1, 2)]
        engine = load_engine(bundle, "cpu:0")
    found = []
    for each in (engine, *alone):
        logits_BV, _ = each.step(np.array([1, 1]), each.start([[5], [6, 7]]))
        found.append(torch.from_numpy(logits_BV).double().softmax(-1).numpy())
    assert np.abs(found[0] - (found[1] + found[2]) / 2).max() < 1e-6
    assert np.abs(found[1] - found[2]).max() > 1e-4


def test_the_bundle_tells_how_good_all_are_together(two: Path, stories_file: Path) -> None:
    bundle = open_bundle(two)
    export_bundle(two, int8=False)
    measured = skaz.evaluate(two, stories_file)["plain"].bits_per_character
    by_graphs = evaluate_bundle(bundle, [stories_file], graphs=True)["plain"].bits_per_character
    assert by_graphs == pytest.approx(measured, rel=1e-4)
    assert abs(bundle.facts.measures["bits_per_character"] / measured - 1) < 0.2  # of other stories
    assert bundle.facts.run["networks"] == 2
    assert inspect_bundle(two).parameters == bundle.facts.run["parameters"]
    assert "of 2 networks" in (two / "card.md").read_text(encoding="utf-8")
    assert skaz.load(two).write(seed=1, length=8).text


@pytest.mark.parametrize("of", ["bundle", "transducer", "in_order", "translator"])
def test_twice_the_same_network_measures_as_it_does_alone(
    of: str, request: pytest.FixtureRequest, corpus: Path, tmp_path: Path
) -> None:
    made: Path | Pairs = request.getfixturevalue(of)
    if isinstance(made, Path):
        bundle, valid = open_bundle(made), Shards.open(corpus / "valid")
        reading: Any = nothing
    else:
        bundle = open_bundle(made.bundle)
        prepare_for(bundle.recipe, [made.table], tmp_path / "corpus", stated=())
        valid, reading = Shards.open(tmp_path / "corpus" / "valid"), training_source(bundle.recipe, 0)
    model, held_out = load_model(bundle), measured_part(valid, bundle.recipe)
    once, twice = measure(model, held_out, reading, "fp32"), measure_together([model] * 2, held_out, reading, "fp32")
    assert twice.nats == pytest.approx(once.nats, rel=1e-5)
    assert (twice.tokens, twice.characters, twice.right) == (once.tokens, once.characters, once.right)


def test_a_stopped_run_goes_on_bit_for_bit_wherever_it_lies(two: Path, stories_file: Path, tmp_path: Path) -> None:
    settings = {**SETTINGS, "networks": 2}
    begun = TrainRequest([stories_file], tmp_path / "a" / "out", read_recipe(overrides=settings), frozenset(settings))
    asked = iter(range(10_000))
    finished = train_bundle(begun, stop=lambda: next(asked) >= 5)
    assert (finished.reason, finished.step) == ("stopped", 5)
    assert skaz.load(tmp_path / "a" / "out").write(seed=1, length=8).text
    (tmp_path / "a").rename(tmp_path / "b")
    trained(tmp_path, tmp_path / "b" / "out", resume=True)
    assert [weights(tmp_path / "b" / "out", number) for number in (1, 2)] == [weights(two, number) for number in (1, 2)]
    assert [path.name for path in (tmp_path / "b").iterdir()] == ["out"]


def _worker(monkeypatch: pytest.MonkeyPatch, program: str) -> None:
    monkeypatch.setattr(networks, "WORKER", (sys.executable, "-S", "-c", program))


def test_a_process_that_vanishes_is_told_and_nothing_is_lost(
    corpus: Path, two: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as broken:
        _worker(broken, "import os; os._exit(9)")
        with pytest.raises(ResourceError, match=r"process of network 2 has ended \(9\).*--resume"):
            trained(corpus, tmp_path / "out", networks=2)
    trained(corpus, tmp_path / "out", resume=True)
    assert weights(tmp_path / "out", 2) == weights(two, 2)


def test_a_run_goes_on_without_a_network_that_fails(
    corpus: Path, two: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _worker(monkeypatch, "import os; os._exit(9)")
    with pytest.raises(ResourceError, match=r"--resume --networks 1"):
        trained(corpus, tmp_path / "out", networks=2)

    def resumed(**settings: Any) -> Finished:
        named = frozenset(settings)
        return train_bundle(
            TrainRequest([], tmp_path / "out", read_recipe(overrides=settings), named, resume=True), stop=lambda: True
        )

    with pytest.raises(RecipeError, match=r"not with more than 2"):
        resumed(networks=3)
    assert resumed(networks=1).reason == "stopped"
    with pytest.raises(RecipeError, match=r"not with more than 1"):
        resumed(networks=2)
    trained(corpus, tmp_path / "out", resume=True)
    assert open_bundle(tmp_path / "out").recipe.networks == 1
    assert weights(tmp_path / "out") == weights(two)


WORKS = "import runpy; runpy.run_module('skaz.tasks.network_worker', run_name='__main__')"


def test_a_stop_while_the_others_come_to_their_end_leaves_them_to_be_gone_on_with(
    corpus: Path, two: Path, tmp_path: Path
) -> None:
    heard: list[object] = []
    settings = {**SETTINGS, "networks": 2}
    request = TrainRequest([corpus], tmp_path / "out", read_recipe(overrides=settings), frozenset(settings))
    with pytest.MonkeyPatch.context() as late:
        late.setattr(networks, "WORKER", (sys.executable, "-c", f"import time; time.sleep(1); {WORKS}"))
        finished = train_bundle(request, heard.append, lambda: isinstance(heard[-1], Finished))
    assert finished.reason == "stopped"
    assert weights(tmp_path / "out", 1) == weights(two, 1)
    part = tmp_path / "out.run" / "networks" / "2"
    assert part.is_dir() or part.with_name("2.run").is_dir()
    assert not {path.suffix for path in part.glob("*")} & {".onnx", ".png", ".svg"}  # nobody looks at a part
    assert trained(corpus, tmp_path / "out", resume=True).reason != "stopped"
    assert [weights(tmp_path / "out", number) for number in (1, 2)] == [weights(two, number) for number in (1, 2)]


def test_pairs_are_aligned_once_for_all_networks(
    in_order: Pairs, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The others find what the first has learnt, at first and after a stop, and are what each would be alone."""
    settings = {**SMALL_PAIRS, "task": "transduce", "training.batch_tokens": 256, "training.steps": 12}
    prepare_for(read_recipe(overrides=settings), [in_order.table], tmp_path / "corpus", stated=settings)

    def run(out: Path, *, stop: Any = lambda: False, **more: int) -> Finished:
        asked = settings | {name.replace("__", "."): value for name, value in more.items()}
        stated, resume = stated_settings(asked, None), out.with_name("out.run").exists()
        request = TrainRequest([tmp_path / "corpus"], out, read_recipe(overrides=asked), stated, resume=resume)
        return train_bundle(request, stop=stop)

    for number in (1, 2):
        run(tmp_path / str(number), training__seed=SMALL_PAIRS["training.seed"] + number - 1)
    broken = "import skaz.tasks.run_start as start; start.learn_alignment = start.write_learnt = None"
    monkeypatch.setattr(networks, "WORKER", (sys.executable, "-c", f"{broken}; {WORKS}"))
    asked = iter(range(10_000))
    assert run(tmp_path / "a" / "out", networks=2, stop=lambda: next(asked) >= 5).reason == "stopped"
    (tmp_path / "a").rename(tmp_path / "b")
    run(tmp_path / "b" / "out", networks=2)
    for number in (1, 2):
        assert weights(tmp_path / "b" / "out", number) == weights(tmp_path / str(number))
    assert open_bundle(tmp_path / "b" / "out").recipe.model.is_monotonic


def test_a_process_that_is_told_to_end_saves(corpus: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As where a whole group of processes is told to: the run waits for what the network has learnt."""
    pid = tmp_path / "pid"
    program = f"import os, pathlib; pathlib.Path({str(pid)!r}).write_text(str(os.getpid())); {WORKS}"
    monkeypatch.setattr(networks, "WORKER", (sys.executable, "-c", program))
    settings = {**SETTINGS, "networks": 2, "training.steps": 100_000}
    request = TrainRequest([corpus], tmp_path / "out", read_recipe(overrides=settings), frozenset(settings))
    told: list[int] = []

    def hear(event: object) -> None:
        if isinstance(event, Progress) and not told and (tmp_path / "out.run/networks/2.run").exists():
            told.append(int(pid.read_text()))
            os.kill(told[0], signal.SIGTERM)

    assert train_bundle(request, hear, lambda: bool(told)).reason == "stopped"
    assert open_bundle(tmp_path / "out").recipe.networks == 2


@pytest.mark.soak
@pytest.mark.skipif(sys.platform != "linux", reason="other systems have no such names")
def test_networks_are_trained_in_a_folder_whose_name_is_not_utf_8(corpus: Path, tmp_path: Path) -> None:
    out = tmp_path / os.fsdecode(b"t\xff")
    trained(corpus, out, networks=2, training__steps=2)
    assert open_bundle(out).recipe.networks == 2


def test_the_last_seed_has_one_after_it(corpus: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _worker(monkeypatch, "import os; os._exit(9)")
    with pytest.raises(ResourceError):
        trained(corpus, tmp_path / "out", networks=2, training__seed=2**32 - 1)
    assert load_recipe(tmp_path / "out.run" / "networks" / "recipe.2.toml").training.seed == 0


def test_what_a_network_complains_of_is_passed_on(
    corpus: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _worker(
        monkeypatch,
        """print('{"failed": "The loss is no longer a number.", "resume_mends": false}'); raise SystemExit(1)""",
    )
    without = "--resume --networks 1"
    told = rf"^Network 2: The loss is no longer a number\. Go on without it with {without}\.$"
    with pytest.raises(TrainingError, match=told):
        trained(corpus, tmp_path / "out", networks=2)


def test_what_a_resume_mends_is_to_be_resumed_first_of_all(
    corpus: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As where no time was left to a network, which will have it once all is prepared."""
    early = SimpleNamespace(monotonic=time.monotonic, sleep=time.sleep, time=lambda: time.time() - 1000)
    monkeypatch.setattr(networks, "time", early)
    told = (
        r"^Network 2: Preparing took 1\d\d\d\.\d s .* --minutes \d\d, say\. "
        r"Go on with --resume, or without it with --resume --networks 1\.$"
    )
    with pytest.raises(TrainingError, match=told):
        trained(corpus, tmp_path / "out", networks=2, training__minutes=1.0, training__steps=None)


def test_where_the_run_breaks_off_the_other_networks_end(corpus: Path, tmp_path: Path) -> None:
    class BrokenOffError(Exception):
        pass

    def hear(event: object) -> None:
        if isinstance(event, Progress):
            raise BrokenOffError

    settings = {**SETTINGS, "networks": 2, "training.steps": 100_000}
    request = TrainRequest([corpus], tmp_path / "out", read_recipe(overrides=settings), stated_settings(settings, None))
    with pytest.raises(BrokenOffError):
        train_bundle(request, hear)
    assert not (tmp_path / "out").exists()


def test_a_budget_in_minutes_is_kept_by_all(corpus: Path, tmp_path: Path) -> None:
    said: list[str] = []
    settings = {name: value for name, value in SETTINGS.items() if name not in ("training.steps", "training.threads")}
    settings |= {"networks": 2, "training.minutes": 0.2}
    request = TrainRequest([corpus], tmp_path / "out", read_recipe(overrides=settings), frozenset(settings))
    train_bundle(request, lambda event: said.append(event.text) if isinstance(event, Said) else None)
    assert any(line.startswith("2 networks, each with ") for line in said)
    assert open_bundle(tmp_path / "out").recipe.training.threads is None  # the share is this machine's
    assert said[-1].startswith("bits per character of each network ")
    assert (
        load_file(tmp_path / "out" / "model.2.safetensors").keys()
        == load_file(tmp_path / "out" / "model.safetensors").keys()
    )


def test_a_missing_network_is_named(two: Path, tmp_path: Path) -> None:
    copy = Path(shutil.copytree(two, tmp_path / "copy"))
    (copy / "model.2.safetensors").unlink()
    with pytest.raises(BundleError, match=r"model\.2\.safetensors is missing"):
        open_bundle(copy)
