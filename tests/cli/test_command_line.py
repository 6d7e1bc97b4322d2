"""The commands as a person uses them."""

from __future__ import annotations

import json
import re
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest

from skaz.engine.bundle import open_bundle, replace_graphs

COMMANDS = ("train", "write", "demo", "prepare", "inspect", "evaluate", "export", "completion")


def test_help_names_every_command(command) -> None:
    shown = command("--help")
    assert shown.code == 0
    assert all(f"\n  {name} " in shown.out for name in COMMANDS)
    assert command().out == shown.out or "Usage" in command().err  # the bare command tells what there is


@pytest.mark.parametrize("name", COMMANDS)
def test_each_command_has_help(command, name: str) -> None:
    from skaz.cli.root import COMMANDS as KNOWN

    shown = command(name, "--help")
    assert shown.code == 0
    assert shown.out.startswith(f"Usage: skaz {name} ")
    assert name in KNOWN


def test_version(command) -> None:
    import skaz

    assert skaz.__version__ in command("--version").out


@pytest.mark.parametrize(("wrong", "right"), [("writ", "write"), ("trian", "train"), ("eval", "evaluate")])
def test_a_wrong_command_suggests_the_right_one(command, wrong: str, right: str) -> None:
    done = command(wrong)
    assert done.code == 2
    assert f'There is no command "{wrong}". Did you mean "{right}"?' in done.err


def test_a_wrong_option_suggests_the_right_one(command, bundle: Path) -> None:
    done = command("write", bundle, "--lenght", "5")
    assert done.code == 2
    assert "--length" in done.err


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_prints_a_script(command, shell: str) -> None:
    done = command("completion", shell)
    assert done.code == 0
    assert "_SKAZ_COMPLETE" in done.out


def test_the_whole_road(command, tiny_flags, stories_file: Path, tmp_path: Path) -> None:
    out, prepared = tmp_path / "teller", tmp_path / "prepared"
    trained = command("train", stories_file, "--out", out, *tiny_flags, "--set", "training.steps=3")
    assert (trained.code, trained.out) == (0, "")  # all talk is on stderr
    assert "160 stories" in trained.err
    assert f"The bundle is {out}, its loss plot {out / 'loss.png'} and {out / 'loss.svg'}." in trained.err
    assert sorted(path.name for path in tmp_path.iterdir()) == ["teller"]
    for name in ("bundle.json", "card.md", "loss.png", "loss.svg", "metrics.jsonl", "recipe.toml"):
        assert (out / name).stat().st_size

    story = command("write", out, "--seed", "1")
    assert (story.code, story.err) == (0, "")
    assert story.out.strip()

    shown = command("inspect", out, "--json")
    found = json.loads(shown.out)
    assert found["run"]["steps"] == 3
    assert found["parameters"] == sum(found["parts"].values()) == found["run"]["parameters"]
    assert max(found["corpus"]["languages"], key=found["corpus"]["languages"].get) == "en"
    assert re.search(r"languages +en \d+%", command("inspect", out).out)
    assert "bits_per_character" in command("inspect", out).out
    assert json.loads(shown.out)["graphs"] == "int8"
    assert "files, the graphs in int8\n" in command("inspect", out).out

    measured = json.loads(command("evaluate", out, stories_file, "--split", "line", "--json").out)
    assert measured["plain"]["characters"] == sum(map(len, stories_file.read_text("utf-8").splitlines()))
    assert (
        f"{measured['plain']['bits_per_character']:.4f} bits per character"
        in command("evaluate", out, stories_file, "--split", "line").out
    )

    made = command("prepare", stories_file, "--out", prepared, "--split", "line", "--vocabulary", "400")
    assert (made.code, made.out) == (0, f"{prepared}\n")
    twice = command("prepare", stories_file, "--out", prepared, "--split", "line", "--vocabulary", "400")
    assert (twice.code, "--overwrite" in twice.err) == (2, True)
    over = command("prepare", stories_file, "--out", prepared, "--split", "line", "--vocabulary", "400", "--overwrite")
    assert over.code == 0
    other = ("--set", "text.vocabulary_size=300")
    settled = command("train", prepared, "--out", tmp_path / "again", *other, "--set", "training.steps=3")
    assert settled.code == 2
    assert "is prepared already" in settled.err
    pairs = zip(tiny_flags[::2], tiny_flags[1::2], strict=True)
    of_training = [part for pair in pairs if not pair[1].startswith("text.") for part in pair]
    again = command("train", prepared, "--out", tmp_path / "again", *of_training, "--set", "training.steps=3")
    assert again.code == 0
    for name in ("model.safetensors", "metrics.jsonl", "tokenizer.json"):
        assert (tmp_path / "again" / name).read_bytes() == (out / name).read_bytes()


def test_what_evaluation_leaves_out_and_what_was_trained_on_is_told(
    command, bundle: Path, stories_file: Path, tmp_path: Path
) -> None:
    trained = command("evaluate", bundle, stories_file, "--split", "line")
    assert f"as the texts that {bundle} was trained on; if they are those" in trained.err
    some = tmp_path / "some.jsonl"
    stories = [{"text": "Ann had a kite.", "plan": "Ann, kite"}, {"text": "Bo had a drum."}]
    some.write_text("".join(f"{json.dumps(story)}\n" for story in stories))
    told = command("evaluate", bundle, some, "--graphs")
    assert told.err.count("1 of 2 stories have a plan, and what plans bring is measured where all have one") == 1
    assert "with plan" not in told.out
    assert "was trained on; if" not in told.err
    some.write_text(f"{json.dumps(stories[0])}\n")
    assert "with plan" in command("evaluate", bundle, some).out


def test_graphs_are_measured_beside_the_network(command, bundle: Path, stories_file: Path, monkeypatch) -> None:
    words = ("evaluate", bundle, stories_file, "--split", "line", "--graphs")
    found = json.loads(command(*words, "--json").out)["plain"]
    cost = found["graphs"]["difference_percent"]
    assert cost == pytest.approx(100 * (found["graphs"]["bits_per_character"] / found["bits_per_character"] - 1))
    lines = command(*words).out.splitlines()
    assert [line.split("  ")[0] for line in lines] == ["plain", "plain, graphs"]
    said = f", {abs(cost):.2f} % {'more' if cost >= 0 else 'fewer'} bits than the network itself"
    assert lines[1].endswith(said)
    monkeypatch.setitem(sys.modules, "torch", None)
    alone = command(*words)
    assert alone.out.splitlines() == [lines[1].removesuffix(said)]
    assert "these are its graphs alone" in alone.err


def test_a_pipe_gets_plain_text(process, bundle: Path) -> None:
    done = process("write", bundle, "--seed", "2", env={"TERM": "xterm-256color", "PYTHONIOENCODING": "latin-1"})
    assert (done.code, done.err) == (0, "")
    assert "\x1b" not in done.out
    assert "\r" not in done.out
    assert done.out.endswith("\n")


def test_what_the_network_never_saw_is_told(command, tiny_flags, stories_file: Path, tmp_path: Path) -> None:
    never = ("--set", "sources.title=0", "--set", "sources.plan=0", "--set", "training.steps=1")
    command("train", stories_file, "--out", tmp_path / "t", *tiny_flags, *never)
    told = command("write", tmp_path / "t", "--title", "Kite", "--seed", 1)
    assert told.code == 0
    assert "has never seen a title: --title will hardly be heeded" in told.err
    assert "has never seen a plan" in command("write", tmp_path / "t", "--plan", "kite", "--length", 5).err
    assert command("write", tmp_path / "t", "--seed", 1).err == ""


def test_alternatives_are_parted_by_stars(command, bundle: Path) -> None:
    one = command("write", bundle, "--seed", "3").out
    three = command("write", bundle, "--seed", "3", "-n", "3").out
    parts = three.removesuffix("\n").split("\n***\n")
    assert len(parts) == 3
    assert parts[0] + "\n" == one
    assert len(set(parts)) == 3


def test_plan_words_that_training_never_met_are_told_where_none_is_copied(
    command, tiny_flags, bundle: Path, stories_file: Path, tmp_path: Path
) -> None:
    plan = ("--plan", "spaceship, kite, Jupiter", "--length", 5)
    assert command("write", bundle, *plan).err == ""
    without = tmp_path / "without"
    flags = ("--set", "model.copy=false", "--set", "training.steps=1")
    command("train", stories_file, "--out", without, *tiny_flags, *flags)
    told = command("write", without, *plan)
    assert told.err == f"{without} has met in no plan, and will hardly heed: spaceship, Jupiter.\n"
    assert told.out
    assert command("write", without, "--plan", "Kites", "--length", 5).err == ""


@pytest.mark.parametrize(("with_plan", "advised"), [(1.9, True), (2.0, False), (None, True)])
def test_plans_that_brought_nothing_are_not_advised(
    command, bundle: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, with_plan: float | None, advised: bool
) -> None:
    measures = {"bits_per_character": 2.0} | ({"bits_per_character_with_plan": with_plan} if with_plan else {})
    made = open_bundle(bundle)
    made = replace(made, facts=replace(made.facts, measures=measures))
    monkeypatch.setattr("skaz.engine.bundle.open_bundle", lambda path: made)
    monkeypatch.setattr("skaz.cli.training_display.train_with_display", lambda *given: None)
    done = command("train", "tales:en", "--out", tmp_path / "teller")
    assert (done.code, ("--plan" in done.err)) == (0, advised)


def test_json_has_tokens_whose_texts_joined_are_the_text(command, bundle: Path) -> None:
    done = command("write", bundle, "--seed", "4", "-n", "2", "--json", "--plan", "Ann, kite", "--length", "12")
    stories = [json.loads(line) for line in done.out.splitlines()]
    assert len(stories) == 2
    for story in stories:
        assert "".join(token["text"] for token in story["tokens"]) == story["text"]
        assert all(token["log_probability"] <= 0 for token in story["tokens"])
        assert story["plan"] == ["Ann", "kite"]
        assert story["seed"] == 4
    assert (
        stories[0]["text"] + "\n"
        == command("write", bundle, "--seed", "4", "--plan", "Ann, kite", "--length", "12").out
    )


def test_the_seed_makes_the_story(command, bundle: Path) -> None:
    first, same, other = (command("write", bundle, "--seed", seed).out for seed in (5, 5, 6))
    assert first == same != other
    assert len({command("write", bundle).out for _ in range(3)}) > 1


def test_the_opening_is_how_it_begins(command, bundle: Path) -> None:
    for opening in ("Ann had a", "Мила", "Ein Käse, 7 ☃"):
        text = command("write", bundle, "--opening", opening, "--seed", "1").out
        assert text.startswith(opening)
        assert len(text) > len(opening) + 1


def test_words_that_must_and_must_not_appear(command, bundle: Path) -> None:
    for seed in range(3):
        text = command("write", bundle, "--include", "walrus", "--include", "bell", "--ban", "was", "--seed", seed).out
        words = "".join(letter if letter.isalpha() else " " for letter in text).split()
        assert {"walrus", "bell"} <= {word.lower() for word in words}
        assert "was" not in words


def test_the_same_story_is_not_written_twice(command, bundle: Path) -> None:
    said = command("write", bundle, "--temperature", "0", "-n", "2").sentence()
    assert said.startswith("--temperature 0 always takes the likeliest token, so 2 stories would be one and the same;")
    assert command("write", bundle, "--temperature", "0", "--length", 5).code == 0


def test_a_manuscript_is_not_written_over(command, bundle: Path, tmp_path: Path) -> None:
    out = tmp_path / "story.txt"
    wanted = ("write", bundle, "--seed", 3, "--length", 10)
    story = command(*wanted).out
    out.write_text("")  # there is nothing to lose
    assert command(*wanted, "--out", out).code == 0
    assert out.read_text("utf-8") == story
    said = command("write", bundle, "--seed", 4, "--out", out).sentence()
    assert said == f"{out} exists already; choose another --out, or replace it with --overwrite."
    assert out.read_text("utf-8") == story
    assert command("write", bundle, "--seed", 4, "--length", 10, "--out", out, "--overwrite").code == 0
    assert out.read_text("utf-8") != story


def test_a_story_that_comes_to_no_end_is_told(command, bundle: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("skaz.tasks.writing.most_tokens", lambda corpus, length: 3)
    told = "stopped at its longest, 3 tokens; --length says how long it shall be\n"
    assert command("write", bundle, "--seed", 1).err.endswith(told)
    assert command("write", bundle, "--seed", 1, "--json").err.endswith(told)
    assert command("write", bundle, "-n", 2, "--length", 60).err.endswith(
        "2 of 2 stories stopped at their longest, 3 tokens\n"
    )


def test_the_length_is_near_what_was_asked(command, bundle: Path) -> None:
    for wanted in (10, 60):
        words = len(command("write", bundle, "--length", wanted, "--seed", "1").out.split())
        assert 0.5 * wanted <= words <= 1.6 * wanted


def test_a_reader_that_leaves_early(bundle: Path) -> None:
    words = [sys.executable, "-m", "skaz", "write", str(bundle), "--length", "400", "-n", "3"]
    with subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as writing:
        assert writing.stdout is not None
        assert writing.stderr is not None
        writing.stdout.read(1)
        writing.stdout.close()
        assert writing.stderr.read() == b""


def test_ctrl_c_keeps_what_is_written(started, bundle: Path) -> None:
    writing = started("write", bundle, "--length", "100000", "--seed", "1")
    read = writing.stdout.read(40)
    writing.send_signal(signal.SIGINT)
    rest, err = writing.communicate(timeout=30)
    assert writing.returncode == 130
    assert b"Traceback" not in err
    assert (read + rest).endswith(b"\n")
    assert len(read + rest) > 40


def test_ctrl_c_keeps_alternatives_and_json(command, bundle: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from skaz.tasks.writing import Telling

    def broken_off(telling: Telling, at=Telling.__next__):
        if sum(map(len, telling._tokens)) > 20:
            raise KeyboardInterrupt
        return at(telling)

    monkeypatch.setattr(Telling, "__next__", broken_off)
    plain = command("write", bundle, "-n", "2", "--length", "90")
    assert plain.code == 130
    assert plain.out.count("\n***\n") == 1
    as_json = command("write", bundle, "-n", "2", "--length", "90", "--json")
    assert as_json.code == 130
    assert all(json.loads(line)["tokens"] for line in as_json.out.splitlines())


def _start_training(started, stories: Path, out: Path, flags: list[str], *more: str) -> subprocess.Popen[bytes]:
    """A run that has begun to train."""
    run = started("train", stories, "--out", out, *flags, "--set", "training.checkpoint_s=0.1", *more)
    checkpoint = out.with_name(out.name + ".run") / "last.safetensors"
    deadline = time.monotonic() + 60
    while not checkpoint.exists() and time.monotonic() < deadline:
        assert run.poll() is None, run.stderr.read()
        time.sleep(0.02)
    return run


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_stopped_run_saves_leaves_a_bundle_and_goes_on(
    command, started, tiny_flags, stories_file: Path, tmp_path: Path, number: int
) -> None:
    out = tmp_path / "out"
    flags = [*tiny_flags, "--set", "training.steps=4000"]
    run = _start_training(started, stories_file, out, flags)
    begun = time.monotonic()
    run.send_signal(number)
    _, err = run.communicate(timeout=30)
    assert time.monotonic() - begun < 10
    assert run.returncode == 0, err
    assert b"Traceback" not in err
    assert b"the same command and --resume" in err
    assert command("write", out, "--seed", "1").code == 0
    stopped = json.loads((out / "bundle.json").read_text())["run"]
    assert stopped["ended"] == "stopped"
    done = command("train", "--out", out, *tiny_flags, "--set", f"training.steps={stopped['steps'] + 5}", "--resume")
    assert done.code == 0
    assert json.loads((out / "bundle.json").read_text())["run"]["steps"] == stopped["steps"] + 5
    assert not (tmp_path / "out.run").exists()
    assert "came to its end" in command("train", stories_file, "--out", out, "--resume").sentence()


def test_ctrl_c_before_the_first_update_leaves_nothing(
    command, listed, tiny_flags, stories_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import skaz.tasks.run_start

    def interrupted(*_: object, **__: object) -> None:
        signal.raise_signal(signal.SIGINT)

    monkeypatch.setattr(skaz.tasks.run_start, "prepare_for", interrupted)
    done = command("train", stories_file, "--out", tmp_path / "out", *tiny_flags)
    assert done.code == 130
    assert "Traceback" not in done.err
    assert listed() == []


def test_ctrl_c_before_the_first_checkpoint_leaves_nothing(
    command, listed, tiny_flags, stories_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import skaz.tasks.training

    def interrupted(*_: object) -> None:
        signal.raise_signal(signal.SIGINT)

    monkeypatch.setattr(skaz.tasks.training, "train_loop", interrupted)
    for words in ((), ("--overwrite",)):  # and the same command is not refused for what is left of the first
        done = command("train", stories_file, "--out", tmp_path / "a" / "out", *tiny_flags, *words)
        assert (done.code, "Stopped before there was anything to keep." in done.err) == (130, True)
        assert listed() == []
    (tmp_path / "out.run").mkdir()
    done = command("train", stories_file, "--out", tmp_path / "out", *tiny_flags, "--overwrite")
    assert (done.code, "Stopped; go on with --resume." in done.err) == (130, True)
    assert (tmp_path / "out.run").is_dir()


def test_a_resume_of_nothing_says_that_it_begins(command, tiny_flags, stories_file: Path, tmp_path: Path) -> None:
    out, log = tmp_path / "typo", tmp_path / "tb"
    words = ("--resume", "--set", "training.steps=1", "--tensorboard", log)
    done = command("train", stories_file, "--out", out, *tiny_flags, *words)
    assert done.code == 0
    assert done.err.startswith(f"No run of {out} to go on with: it begins anew.\n")
    assert list(log.iterdir())


def test_a_resume_of_what_was_killed_early_says_so(command, tiny_flags, stories_file: Path, tmp_path: Path) -> None:
    out, words = tmp_path / "out", ("--set", "training.steps=1")
    assert command("train", stories_file, "--out", out, *tiny_flags, *words).code == 0
    (tmp_path / "out.run").mkdir()
    (out / "recipe.toml").rename(tmp_path / "out.run" / "asked.toml")
    shutil.rmtree(out)
    done = command("train", stories_file, "--out", out, "--resume")
    assert done.err.startswith(f"The run of {out} had saved nothing yet: it begins anew.\n")


def test_a_person_sees_that_it_measures(command, bundle: Path, stories_file: Path, monkeypatch) -> None:
    monkeypatch.setattr("rich.console.Console.is_terminal", True)
    assert "measuring" in command("evaluate", bundle, stories_file, "--split", "line").err


def test_overwrite_replaces_a_bundle(command, bundle, tiny_flags, stories_file: Path, tmp_path: Path) -> None:
    out = tmp_path / "teller"
    shutil.copytree(bundle, out)
    done = command("train", stories_file, "--out", out, *tiny_flags, "--set", "training.steps=2", "--overwrite")
    assert done.code == 0
    assert json.loads((out / "bundle.json").read_text())["run"]["steps"] == 2
    assert [path.name for path in tmp_path.iterdir()] == ["teller"]


def _without(package: str, *words: object) -> subprocess.CompletedProcess[str]:
    """A command where a package is not installed."""
    blocked = f"import sys; sys.modules['{package}'] = None; sys.argv[0] = 'skaz'; import skaz.cli; skaz.cli.main()"
    return subprocess.run(
        [sys.executable, "-c", blocked, *map(str, words)], check=False, capture_output=True, text=True
    )


def test_a_bundle_writes_without_pytorch(bundle: Path) -> None:
    done = _without("torch", "write", bundle, "--seed", 3, "--plan", "kite")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.strip()


@pytest.mark.parametrize(
    ("package", "name", "words"),
    [("torch", "PyTorch", ["evaluate", "BUNDLE", "BUNDLE/card.md"]), ("onnx", "onnx", ["export", "BUNDLE"])],
)
def test_a_missing_extra_is_named(bundle: Path, package: str, name: str, words: list[str]) -> None:
    done = _without(package, *(word.replace("BUNDLE", str(bundle)) for word in words))
    assert done.returncode == 2
    assert done.stderr == f'skaz: This needs {name}: pip install "skaz[train]".\n'


def test_a_bundle_of_weights_alone_writes_with_pytorch_and_says_what_it_lacks(
    command, bundle: Path, tmp_path: Path
) -> None:
    copy = Path(shutil.copytree(bundle, tmp_path / "copy"))
    replace_graphs(open_bundle(copy), {})
    assert command("write", copy, "--seed", 3).code == 0
    done = _without("torch", "write", copy)
    assert done.returncode == 2
    assert "run skaz export where it was trained" in done.stderr
    done = _without("torch", "write", bundle, "--device", "cuda")
    assert (done.returncode, "--device cuda needs PyTorch: leave it out" in done.stderr) == (2, True)
    assert _without("torch", "write", bundle, "--device", "auto").returncode == 0


def test_export_makes_the_graphs_anew(command, bundle: Path, tmp_path: Path) -> None:
    copy = Path(shutil.copytree(bundle, tmp_path / "copy"))
    (copy / "notes").mkdir()
    (copy / "notes" / "mine.txt").write_text("mine")
    small = (copy / "step.onnx").stat().st_size
    done = command("export", copy, "--fp32")
    assert done.code == 0
    assert "step.onnx" in done.out
    assert (copy / "step.onnx").stat().st_size > 2 * small
    assert (copy / "notes" / "mine.txt").read_text() == "mine"
    assert command("write", copy, "--seed", 3).code == 0
    assert command("export", copy).code == 0
    assert (copy / "step.onnx").read_bytes() == (bundle / "step.onnx").read_bytes()

    def no_graph() -> None:
        (copy / "step.onnx").write_bytes(b"no graph")

    advice = "make the graphs again: skaz export"
    for harm, told in ((no_graph, "step.onnx is damaged"), ((copy / "encoder.onnx").unlink, "encoder.onnx is missing")):
        harm()
        done = command("write", copy)
        assert (done.code, f"{told}; {advice}" in done.err) == (2, True)
        assert command("inspect", copy).code == 0
        assert command("export", copy).code == 0
        assert command("write", copy, "--seed", 3).code == 0


def test_a_bundle_is_exported_where_it_lies(command, bundle: Path, tmp_path: Path, monkeypatch) -> None:
    copy = Path(shutil.copytree(bundle, tmp_path / "copy"))
    (copy / "model.safetensors").chmod(0o600)
    (tmp_path / "link").symlink_to(copy)
    assert command("export", tmp_path / "link", "--fp32").code == 0
    assert (tmp_path / "link").is_symlink()
    monkeypatch.chdir(copy)
    assert command("export", ".").code == 0
    assert (copy / "model.safetensors").stat().st_mode & 0o777 == 0o600
    assert {path.name for path in copy.iterdir()} == {path.name for path in bundle.iterdir()}


def test_a_graph_that_the_manifest_does_not_name_is_not_run(command, bundle: Path, tmp_path: Path) -> None:
    copy = Path(shutil.copytree(bundle, tmp_path / "copy"))
    replace_graphs(open_bundle(copy), {})
    (copy / "step.onnx").write_bytes(b"someone's")
    assert command("write", copy, "--seed", 3).code == 0


def test_the_likeliest_story_is_searched_for(command, bundle: Path) -> None:
    done = command("write", bundle, "--plan", "Ann, kite", "--beam", 3, "-n", 2)
    assert (done.code, done.err) == (0, "")
    first, second = done.out.split("\n***\n")
    told = command("write", bundle, "--plan", "Ann, kite", "--beam", 3, "-n", 2, "--json")
    assert [json.loads(line)["text"] for line in told.out.splitlines()] == [first, second.removesuffix("\n")]
    refused = command("write", bundle, "--beam", 3, "--seed", 1, "--top-k", 5, "--ban", "kite")
    assert (refused.code, "--seed, --ban, --top-k" in refused.err) == (2, True)
    assert command("write", bundle, "--beam", 3, "-n", 0).code == 2
    assert command("write", bundle, "--beam", 0).code == 2
