"""Fine-tuning: a run begins with a bundle's weights, vocabulary and shape, and with nothing else of it."""

from __future__ import annotations

import itertools
import json
import shutil
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.numpy import load_file

import skaz
from skaz.engine.bundle import Bundle, of_network, open_bundle
from skaz.errors import BundleError, RecipeError, RequestError
from skaz.recipe_reading import read_recipe
from skaz.tasks.fine_tuning import read_on_base, weights_of
from skaz.tasks.inspecting import inspect_bundle
from skaz.tasks.preparing import prepare_for
from skaz.tasks.run_folder import OtherNetwork
from skaz.tasks.training import Begun, Said, TrainRequest, train_bundle
from skaz.training.events import Finished

# so small a rate changes no weight that one could see
STILL = {"training.steps": 1, "training.learning_rate": 1e-12, "training.threads": 1}


@pytest.fixture(scope="module")
def others(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Stories of another kind, with letters that the bundle has not met."""
    path = tmp_path_factory.mktemp("others") / "others.txt"
    path.write_text("".join(f"Ёжик Ňuf № {number} спал. Он видел сон.\n" for number in range(60)), "utf-8")
    return path


def tuned(paths: list[Path], out: Path, base: Path, told: list[str] | None = None, **more: Any) -> Bundle:
    settings = {
        "training.start_from": str(base),
        **STILL,
        **{name.replace("__", "."): each for name, each in more.items()},
    }
    request = TrainRequest(paths, out, *read_on_base(overrides=settings))
    train_bundle(
        request, lambda event: told.append(event.text) if told is not None and isinstance(event, Said) else None
    )
    return open_bundle(out)


def same_weights(one: Path, other: Path, number: int = 1, other_number: int = 1) -> bool:
    mine, theirs = (
        load_file(one / of_network("model.safetensors", number)),
        load_file(other / of_network("model.safetensors", other_number)),
    )
    return all(
        torch.allclose(torch.from_numpy(mine[name]), torch.from_numpy(theirs[name]), atol=1e-6) for name in theirs
    )


def test_it_begins_with_what_the_bundle_has_learnt(bundle: Path, others: Path, tmp_path: Path) -> None:
    told: list[str] = []
    made, base = tuned([others], tmp_path / "out", bundle, told), open_bundle(bundle)
    assert same_weights(made.path, bundle)
    assert made.tokenizer.fingerprint == base.tokenizer.fingerprint
    assert made.recipe.model.decoder == base.recipe.model.decoder
    assert made.recipe.text.vocabulary_size == base.recipe.text.vocabulary_size
    assert made.facts.corpus["fingerprint"] != base.facts.corpus["fingerprint"]
    (line,) = [line for line in told if line.startswith("started from")]
    bits = float(line.split("which has ")[1].split()[0])
    assert bits == pytest.approx(made.facts.measures["bits_per_character"], rel=1e-3)  # hardly anything was changed


def test_a_bundle_tells_what_it_started_from(bundle: Path, others: Path, tmp_path: Path) -> None:
    made, base = tuned([others], tmp_path / "out", bundle), open_bundle(bundle)
    assert made.facts.run["started_from"] == "teller (stories.txt)"
    fingerprint = base.facts.corpus["fingerprint"][:16]
    card = (made.path / "card.md").read_text("utf-8")
    assert f"**Started from** teller (stories.txt), fingerprint {fingerprint}." in card
    assert any("teller (stories.txt)" in line for line in inspect_bundle(made.path).lines())


def test_it_learns_sooner_than_from_nothing(bundle: Path, stories_file: Path, tmp_path: Path, tiny: Any) -> None:
    measured = {}
    for name, start in {"anew": tiny, "on": {"training.start_from": str(bundle)}}.items():
        settings = {**start, "text.split": "line", "training.steps": 6, "training.threads": 1}
        skaz.train(stories_file, tmp_path / name, settings=settings)
        measured[name] = open_bundle(tmp_path / name).facts.measures["bits_per_character"]
    assert measured["on"] < measured["anew"] - 0.1


def test_letters_that_the_bundle_has_not_met_are_read(bundle: Path, others: Path, tmp_path: Path) -> None:
    tuned([others], tmp_path / "out", bundle)
    story = skaz.load(tmp_path / "out").write(opening="Ёжик Ňuf № 7", seed=1, length=3)
    assert story.text.startswith("Ёжик Ňuf № 7")


def test_a_recipe_of_it_is_checked_on_its_shape(transducer) -> None:
    """What only pairs may have is not refused, as it would be of stories."""
    settings = {"training.start_from": str(transducer.bundle), "training.scheduled_sampling": 0.1}
    recipe, stated = read_on_base(overrides=settings)
    assert recipe.task == "transduce"
    base = open_bundle(transducer.bundle).recipe.model
    assert (recipe.model.encoder, recipe.model.attention) == (base.encoder, base.attention)
    assert {"task", "model.attention", "text.vocabulary_size"} <= stated
    assert "model.dropout" not in stated


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("model.decoder.hidden_size", 36),
        ("model.attention", "additive"),
        ("text.vocabulary_size", 999),
        ("text.tokenizer", "characters"),
        ("task", "translate"),
        ("size", "base"),
    ],
)
def test_what_would_make_another_network_is_refused(
    bundle: Path, others: Path, tmp_path: Path, setting: str, value: object
) -> None:
    with pytest.raises(
        RecipeError, match=rf"{setting} would make another network than teller, .* or start from nothing"
    ):
        tuned([others], tmp_path / "out", bundle, **{setting.replace(".", "__"): value})
    assert not list(tmp_path.iterdir())


def test_a_bundle_s_own_recipe_goes_with_it(bundle: Path) -> None:
    settings = {"training.start_from": str(bundle), "size": "auto"}
    recipe, _ = read_on_base(file=bundle / "recipe.toml", overrides=settings)
    assert recipe.size == open_bundle(bundle).recipe.size
    assert recipe.training.steps == 40  # as the file has it


def test_embeddings_come_from_one_place(bundle: Path, others: Path, tmp_path: Path) -> None:
    with pytest.raises(RecipeError, match="brings a bundle's embeddings"):
        tuned([others], tmp_path / "out", bundle, training__embeddings="some.vec")


def test_a_bundle_that_is_not_there_is_told_of(others: Path, tmp_path: Path) -> None:
    with pytest.raises(BundleError, match="There is no bundle"):
        tuned([others], tmp_path / "out", tmp_path / "nothing")
    assert not list(tmp_path.iterdir())


def test_a_corpus_prepared_in_other_tokens_is_refused_and_one_in_its_tokens_read(
    bundle: Path, others: Path, tmp_path: Path
) -> None:
    settings = {"training.start_from": str(bundle)}
    recipe, stated = read_on_base(overrides=settings)
    prepare_for(read_recipe(), [others], tmp_path / "own")
    prepare_for(recipe, [others], tmp_path / "its", stated=stated)
    with pytest.raises(RequestError, match=r"own was prepared with other tokens .* name the texts themselves"):
        tuned([tmp_path / "own"], tmp_path / "out", bundle)
    assert not (tmp_path / "out.run").exists()
    assert same_weights(tuned([tmp_path / "its"], tmp_path / "out", bundle).path, bundle)


def test_a_stopped_run_goes_on_without_the_bundle_bit_for_bit(bundle: Path, others: Path, tmp_path: Path) -> None:
    def run(out: Path, base: Path, *, updates: int = 99, resume: bool = False) -> Finished:
        settings = {"training.start_from": str(base), "training.steps": 8, "training.threads": 1}
        asked = itertools.count()
        recipe, stated = read_on_base(overrides={} if resume else settings)
        request = TrainRequest([] if resume else [others], out, recipe, stated, resume=resume)
        return train_bundle(request, stop=lambda: next(asked) >= updates)

    run(tmp_path / "straight", bundle)
    copied = tmp_path / "teller"
    shutil.copytree(bundle, copied)
    assert run(tmp_path / "broken", copied, updates=4).reason == "stopped"
    shutil.rmtree(copied)
    assert run(tmp_path / "broken", copied, resume=True).reason == "budget"
    one, other = (tmp_path / name / "model.safetensors" for name in ("straight", "broken"))
    assert one.read_bytes() == other.read_bytes()
    assert open_bundle(tmp_path / "broken").facts.run["started_from"].startswith("teller ")


def _killed_at_its_beginning(out: Path, base: Path | str, others: Path) -> None:
    """A run that ends before it has saved anything, with an OSError."""

    def kill(event: object) -> None:
        if isinstance(event, Begun):
            raise OSError

    recipe, stated = read_on_base(overrides={"training.start_from": str(base), **STILL})
    train_bundle(TrainRequest([others], out, recipe, stated), kill)


def _resumed(out: Path) -> Finished:
    return train_bundle(TrainRequest([], out, *read_on_base(), resume=True))


def test_a_killed_run_finds_its_bundle_from_another_folder(
    bundle: Path, others: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(bundle.parent)
    with pytest.raises(OSError):  # noqa: PT011 - the test's own
        _killed_at_its_beginning(tmp_path / "out", "teller", others)
    monkeypatch.chdir(tmp_path)
    assert _resumed(tmp_path / "out").reason == "budget"
    assert same_weights(tmp_path / "out", bundle)


def test_a_killed_run_does_not_go_on_with_another_bundle(
    bundle: Path, others: Path, stories_file: Path, tmp_path: Path, tiny: dict[str, object]
) -> None:
    shutil.copytree(bundle, tmp_path / "base")
    with pytest.raises(OSError):  # noqa: PT011 - the test's own
        _killed_at_its_beginning(tmp_path / "out", tmp_path / "base", others)
    skaz.train(stories_file, tmp_path / "base", settings={**tiny, "training.steps": 1}, overwrite=True)
    with pytest.raises(BundleError, match="base is not what it was when the training began; put it back"):
        _resumed(tmp_path / "out")
    shutil.rmtree(tmp_path / "base")
    shutil.copytree(bundle, tmp_path / "base")
    assert _resumed(tmp_path / "out").reason == "budget"


def test_each_network_of_several_starts_from_one_of_the_bundle(
    others: Path, stories_file: Path, tmp_path: Path, tiny: dict[str, object]
) -> None:
    skaz.train(stories_file, tmp_path / "two", settings={**tiny, "networks": 2, "training.steps": 30})
    told: list[str] = []
    kept = tuned([others], tmp_path / "kept", tmp_path / "two", told)
    assert kept.recipe.networks == 2
    assert all(same_weights(kept.path, tmp_path / "two", number, number) for number in (1, 2))
    assert not same_weights(kept.path, tmp_path / "two", 1, 2)
    (line,) = [line for line in told if line.startswith("started from")]  # what both foretell together
    bits = float(line.split("which has ")[1].split()[0])
    assert bits == pytest.approx(kept.facts.measures["bits_per_character"], rel=1e-3)
    alone = tuned([others], tmp_path / "alone", tmp_path / "two", networks=1)
    assert same_weights(alone.path, tmp_path / "two")
    base = open_bundle(tmp_path / "two")
    third = OtherNetwork(3, tmp_path)  # there are but two to start from
    assert weights_of(base, third) == weights_of(base, None) != weights_of(base, OtherNetwork(2, tmp_path))


def test_strings_in_order_step_along_as_the_bundle_has_learnt(tmp_path: Path) -> None:
    words = ["".join(word) for word in itertools.product("abcd", repeat=3)]
    (tmp_path / "pairs.tsv").write_text("".join(f"{word}\t{' '.join(word.upper())}\n" for word in words), "utf-8")
    (tmp_path / "few.tsv").write_text("ab\tA B\nzd\tZ D\nca\tC A\nda\tD A\n", "utf-8")
    small = {"model.embedding_size": 8, "model.encoder.hidden_size": 8, "model.decoder.hidden_size": 8}
    skaz.train(tmp_path / "pairs.tsv", tmp_path / "base", task="transduce", settings={**small, "training.steps": 12})
    base = open_bundle(tmp_path / "base")
    assert base.recipe.model.is_monotonic
    made = tuned([tmp_path / "few.tsv"], tmp_path / "out", tmp_path / "base")
    assert made.recipe.task == "transduce"
    assert made.hashes["alignment.safetensors"] == base.hashes["alignment.safetensors"]
    assert same_weights(made.path, base.path)


def test_the_rate_is_smaller_unless_it_is_stated(bundle: Path, others: Path, tmp_path: Path) -> None:
    start = {"training.start_from": str(bundle), "training.steps": 1}
    skaz.train(others, tmp_path / "chosen", settings=start)
    usual = read_recipe().training.learning_rate
    assert 0 < open_bundle(tmp_path / "chosen").recipe.training.learning_rate < usual
    skaz.train(others, tmp_path / "stated", settings={**start, "training.learning_rate": usual})
    assert open_bundle(tmp_path / "stated").recipe.training.learning_rate == usual


def test_the_commands_take_it(command, bundle: Path, others: Path, transducer, tmp_path: Path) -> None:
    flags = [part for name, value in STILL.items() for part in ("--set", f"{name}={value}")]
    done = command("train", others, "--start-from", bundle, "--out", tmp_path / "out", *flags)
    assert done.code == 0, done.err
    assert same_weights(tmp_path / "out", bundle)
    pairs = command("train", transducer.table, "--start-from", transducer.bundle, "--out", tmp_path / "pairs", *flags)
    assert pairs.code == 0, pairs.err
    made = open_bundle(tmp_path / "pairs").recipe  # the task is the bundle's, and how it learns is that task's
    assert (made.task, made.training.label_smoothing) == ("transduce", 0.1)
    prepared = command("prepare", others, "--start-from", bundle, "--out", tmp_path / "prepared")
    assert prepared.code == 0, prepared.err
    tokens = json.loads((tmp_path / "prepared" / "train" / "meta.json").read_text("utf-8"))["tokenizer"]
    assert tokens == open_bundle(bundle).tokenizer.fingerprint
    refused = command("train", others, "--start-from", bundle, "--out", tmp_path / "no", "--size", "base")
    assert refused.code == 2
    assert refused.err.count("\n") == 1
    assert not (tmp_path / "no.run").exists()


def test_the_python_function_takes_a_path(bundle: Path, others: Path, tmp_path: Path) -> None:
    skaz.train(others, tmp_path / "out", start_from=bundle, settings=STILL)
    assert same_weights(tmp_path / "out", bundle)
    with pytest.raises(RequestError, match="start_from"):
        skaz.train(others, tmp_path / "other", start_from=3, settings=STILL)  # type: ignore[call-overload]
