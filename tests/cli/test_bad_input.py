"""What a person gets wrong: one sentence with what to do, exit code 2, nothing half-written."""

from __future__ import annotations

import json
import shlex
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from skaz.cli.options import BEAMS
from skaz.decoding.beam import MOST_BEAMS
from skaz.engine.bundle import open_bundle, replace_graphs
from skaz.files import sha256_of

Run = Callable[..., "object"]


@pytest.fixture
def fails(command, listed, tiny_flags, stories_file: Path, tmp_path: Path):
    """Trains with more words; the sentence, once nothing was left behind."""

    def run(*words: object, paths: tuple[object, ...] = (stories_file,), out: object = tmp_path / "a" / "out") -> str:
        before = listed()
        sentence = command("train", *paths, "--out", out, *tiny_flags, *words).sentence()
        assert listed() == before
        return sentence

    return run


def test_an_empty_file(fails, tmp_path: Path) -> None:
    (tmp_path / "empty.txt").write_text("  \n")
    assert "empty.txt is empty: give a file with stories in it" in fails(paths=(tmp_path / "empty.txt",))


def test_a_binary_file(fails, tmp_path: Path) -> None:
    (tmp_path / "b.txt").write_bytes(b"Once\0upon\xff")
    assert "b.txt is not text: it has a zero byte at offset 4. Give plain text" in fails(paths=(tmp_path / "b.txt",))


def test_an_encoding_that_is_not_found_names_its_byte(fails, tmp_path: Path) -> None:
    (tmp_path / "old.txt").write_bytes(b"Ann\n\xd8\xc6\n" * 9)
    sentence = fails(paths=(tmp_path / "old.txt",))
    assert "byte 4 (line 2) is wrong" in sentence
    assert "Save it as UTF-8 with the program that made it" in sentence


def test_one_short_story(fails, tmp_path: Path) -> None:
    (tmp_path / "one.txt").write_text("There was a fox.\n")
    assert "only one story, of 16 characters: give at least two" in fails(paths=(tmp_path / "one.txt",))


@pytest.mark.parametrize(
    ("option", "value", "told"), [("--length", "1e3x", "whole number"), ("--min-p", "hot", "number")]
)
def test_what_is_no_number_is_told_in_plain_words(command, option: str, value: str, told: str) -> None:
    assert f"'{option}': {value} is not a {told}. See" in command("write", "x", option, value).sentence()


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (
            ("train", "x", "--out", "y", "--target", "a", "--target=b"),
            "--target takes one value and is given 2 times; ",
        ),
        (
            ("write", "x", "-n", 2, "--number", 3),
            "--number takes one value and is given 2 times; leave out all but one.",
        ),
        (("write", "x", "--plan", "fox", "--plan", "owl"), "put all key words into one, with commas between them."),
        (("evaluate", "x", "y", "--json", "--json"), "There is no bundle x;"),
    ],
)
def test_an_option_of_one_value_is_given_once(command, words: tuple[object, ...], told: str) -> None:
    assert told in command(*words).sentence()


def test_a_search_is_not_wider_than_memory_is(command) -> None:
    assert BEAMS.max == MOST_BEAMS
    for words in (("transduce", "x", "ab"), ("evaluate", "x", "y")):
        assert "1<=x<=1000" in command(*words, "--beam", 100_000).sentence()


@pytest.mark.parametrize(
    "words", [("write", "x", "--plan"), ("write", "x", "--include"), ("transduce", "x"), ("attend", "x"), ("look", "x")]
)
def test_bytes_that_the_terminal_sent_and_are_no_text(command, monkeypatch, words: tuple[str, ...]) -> None:
    escaped = "лиса".encode().decode("ascii", "surrogateescape")
    monkeypatch.setattr("sys.getfilesystemencoding", lambda: "ascii")
    assert "the locale here is not UTF-8 but ascii; set it with export LC_ALL=C.UTF-8" in (
        command(*words, escaped).sentence()
    )
    monkeypatch.setattr("sys.getfilesystemencoding", lambda: "utf-8")
    assert "it has bytes that are not UTF-8; have the terminal send UTF-8" in command(*words, escaped).sentence()


def test_a_file_whose_name_has_no_ending(fails, tmp_path: Path) -> None:
    (tmp_path / "stories").write_text("There was a fox.\n" * 9)
    sentence = fails(paths=(tmp_path / "stories",))
    assert "stories: its name has no ending, and so it is not read; supported: .txt, .md" in sentence


@pytest.mark.parametrize(
    ("lines", "told"),
    [
        (["There was a fox. " * 40], "1 story to train on, the last 5 % of it held out; "),
        (["There was a fox. " * 40] * 9, "9 stories to train on, the last 5 % of each held out; "),
        ([f"{number} foxes." for number in range(9)], "8 stories to train on, 1 held out; "),
    ],
)
def test_what_is_held_out_of_a_prepared_corpus_is_told(command, tmp_path: Path, lines: list[str], told: str) -> None:
    (tmp_path / "a.txt").write_text("\n".join(lines))
    done = command("prepare", tmp_path / "a.txt", "--out", tmp_path / "out", "--split", "line")
    assert told in done.err


def test_a_missing_column_names_those_there(fails, tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("name,story\nAnn,once\nBo,twice\n")
    sentence = fails(paths=(tmp_path / "t.csv",))
    assert '"name", "story"' in sentence
    assert "Rename" in sentence


def test_a_text_shorter_than_a_window_trains(command, tiny_flags, tmp_path: Path) -> None:
    (tmp_path / "two.txt").write_text("A fox.\nA hen.\n")
    out = tmp_path / "мои $сказки"
    done = command("train", tmp_path / "two.txt", "--out", out, *tiny_flags, "--set", "training.steps=2")
    assert done.code == 0
    assert (out / "bundle.json").is_file()
    told = shlex.split(done.err.strip().rpartition("Now: ")[2])
    assert told[:3] == ["skaz", "write", str(out)], "a shell must find the bundle by what is told"


def test_no_path(fails) -> None:
    assert "Name the files, folders or data set to train on" in fails(paths=())


def test_a_path_that_is_not_there(fails, tmp_path: Path) -> None:
    (tmp_path / "stories.txt").write_text("x\n")
    assert 'Did you mean "stories.txt"?' in fails(paths=(tmp_path / "storys.txt",))


@pytest.mark.parametrize("task", ["write", "transduce"])
def test_a_path_with_too_long_a_name_is_told_as_it_was_given(fails, task: str) -> None:
    sentence = fails("--task", task, paths=("a" * 300,))
    assert "a" * 300 in sentence
    assert "meta.json" not in sentence


def test_a_typo_in_the_path_costs_no_unfinished_run(fails, tmp_path: Path) -> None:
    (tmp_path / "out.run").mkdir()
    (tmp_path / "out.run" / "last.safetensors").write_text("hours of work")
    assert "There is no" in fails("--overwrite", paths=(tmp_path / "storys.txt",), out=tmp_path / "out")


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--set", "training.learning_rat=1"], 'Did you mean "training.learning_rate"?'),
        (["--set", "modle.dropout=0.1"], '"modle.dropout" is no setting. Did you mean "model.dropout"?'),
        (["--set", "training.seed"], "write it as name=value"),
        (
            ["--set", "training.batch_tokens=many"],
            "training.batch_tokens (target tokens of one update) must be a whole",
        ),
        (["--set", "model.attention=dott"], "it may be none, dot, general, additive, multi-head"),
        (["--set", "training=5"], "is a group of settings; name one of them"),
        (["--set", "training.learning_rate=nan"], "training.learning_rate"),
        (["--minutes", "0"], "'--minutes': 0.0 is not in the range x>0. See skaz train --help."),
        (["--set", "training.minutes=-1"], "must be above zero, not -1.0; give --minutes 5, say"),
        (["--minutes", "nan"], "'--minutes': nan is not a finite number. See skaz train --help."),
        (["--minutes", "inf"], "inf is not a finite number"),
        (["--epochs", "inf"], "'--epochs': inf is not a finite number"),
        (["--source", "de"], "so --source can't be kept; leave it out"),
        (["--target", "en", "--source-tokenizer", "bpe"], "so --target, --source-tokenizer can't be kept"),
        (["--task", "translate", "--split", "line"], "--task translate reads pairs, not stories, so --split can't"),
        (["--rezume"], "No such option: --rezume. Did you mean --resume? See skaz train --help."),
        (["--size"], "Option '--size' requires an argument. See skaz --help."),
        (["--set", "training.epochs=0"], "give --epochs 5, say"),
        (["--set", "training.steps=0"], "give --set training.steps=500, say"),
        (["--minutes", "1", "--epochs", "1"], "a run has one budget: leave one out"),
        (["--seed", "-1"], "training.seed (start of everything random) must be a whole number of"),
        (["--seed", "99999999999999999999"], "training.seed"),
        (["--seed", "1", "--set", "training.seed=2"], "differ; leave one out"),
        (["--minutes", "1", "--set", "training.minutes=2"], "differ; leave one out"),
        (["--device", "abacus"], 'no device "abacus"'),
        (["--resume", "--overwrite"], "leave one out"),
        (["--set", "model.encoder.layers=0"], 'set model.attention = "none"'),
        (["--set", "model.attention=multi-head", "--set", "model.attention_heads=5"], "choose a model.attention_heads"),
    ],
)
def test_a_wrong_setting(fails, words: list[str], told: str) -> None:
    assert told in fails(*words)


def test_a_refused_run_leaves_no_log_for_tensorboard(fails, bundle: Path, tmp_path: Path) -> None:
    shutil.copytree(bundle, tmp_path / "teller")
    assert "replace it with --overwrite" in fails("--tensorboard", tmp_path / "tb", out=tmp_path / "teller")
    (tmp_path / "file").write_text("mine")
    assert "file is no folder" in fails("--tensorboard", tmp_path / "file" / "tb")


def test_a_network_beyond_all_memory(fails) -> None:
    assert "choose a smaller --size" in fails("--set", "model.decoder.hidden_size=300000000")


def test_missing_vectors_are_told_before_texts_are_read(fails, tmp_path: Path) -> None:
    vectors = f"training.embeddings={tmp_path / 'none.vec'}"
    assert "none.vec can't be read" in fails("--set", vectors, paths=(tmp_path / "none.txt",))


def test_a_wrong_recipe_file(fails, tmp_path: Path) -> None:
    recipe = tmp_path / "r.toml"
    recipe.write_text("[training]\nlearning_rat = 1\n")
    assert 'r.toml, "training.learning_rat" is no setting. Did you mean' in fails("--recipe", recipe)
    recipe.write_text("[training\n")
    assert "r.toml is not valid TOML" in fails("--recipe", recipe)
    recipe.write_bytes(b"\xff\xfe\x00")
    assert "r.toml is not valid TOML" in fails("--recipe", recipe)
    assert "There is no recipe file" in fails("--recipe", tmp_path / "none.toml")
    assert "name a readable file" in fails("--recipe", tmp_path)


def test_a_place_that_is_taken(fails, bundle: Path, tmp_path: Path) -> None:
    (tmp_path / "notes").mkdir()
    (tmp_path / "notes" / "mine.txt").write_text("mine")
    (tmp_path / "file").write_text("mine")
    for words in ((), ("--overwrite",), ("--resume",)):
        assert "is not a bundle; choose another --out" in fails(*words, out=tmp_path / "notes")
        assert "is not a bundle; choose another --out" in fails(*words, out=tmp_path / "file")
    shutil.copytree(bundle, tmp_path / "teller")
    assert "replace it with --overwrite" in fails(out=tmp_path / "teller")
    assert "came to its end" in fails("--resume", out=tmp_path / "teller")
    (tmp_path / "other.run").mkdir()
    assert "left of a run that had saved nothing yet; begin it anew with --over" in fails(out=tmp_path / "other")
    (tmp_path / "other.run" / "last.safetensors").touch()
    assert "go on with --resume" in fails(out=tmp_path / "other")
    assert "is no name for a bundle" in fails(out=Path())
    assert "can't be made" in fails(out=tmp_path / "file" / "teller")


def test_another_process_at_work_on_it(fails, tmp_path: Path) -> None:
    from skaz.files import held_alone

    (tmp_path / "out.run").mkdir()
    (tmp_path / "out.run" / "asked.toml").write_text("")
    with held_alone(tmp_path / "out.run"):
        for words in ((), ("--resume",), ("--overwrite",)):
            assert "Another skaz train is at work" in fails(*words, out=tmp_path / "out")


def test_not_a_number_keeps_what_was_good(command, tiny_flags, stories_file: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    more = ("--set", "training.learning_rate=1e9", "--set", "training.clip_norm=1e9")
    sentence = command(
        "train", stories_file, "--out", out, *tiny_flags, *more, "--set", "training.checkpoint_s=1e-9"
    ).sentence()
    assert "the loss is no longer a number; the last good checkpoint is kept in" in sentence
    assert "--overwrite and a smaller rate" in sentence
    assert (tmp_path / "out.run" / "last.safetensors").is_file()
    assert not out.exists()
    done = command("train", stories_file, "--out", out, *tiny_flags, "--overwrite", "--set", "training.steps=2")
    assert done.code == 0


def test_a_resume_with_changed_settings(command, tiny_flags, bundle, stories_file: Path, tmp_path: Path) -> None:
    folder = tmp_path / "out.run"
    words = ("train", "--out", tmp_path / "out", *tiny_flags, "--set", "training.steps=3")
    from skaz.recipe_reading import load_recipe, recipe_to_toml

    folder.mkdir()
    (folder / "asked.toml").write_text(recipe_to_toml(load_recipe(bundle / "recipe.toml")))
    (folder / "sources.json").write_text(json.dumps({"sources": [str(stories_file)], "held_out": []}))
    changed = command(*words, "--resume", "--set", "model.dropout=0.5").sentence()
    assert "model.dropout would change it; leave that out, or begin anew with --overwrite" in changed
    (tmp_path / "other.txt").write_text("x\ny\n")
    other = command(*words, "--resume", tmp_path / "other.txt").sentence()
    assert "begun with other texts" in other
    kept = (folder / "sources.json").read_text()
    for name, damaged in (("sources.json", "{"), ("sources.json", "{}"), ("names.json", '{"a": 1}')):
        (folder / name).write_text(damaged)
        assert f"{name} is damaged; begin the run anew with --overwrite" in command(*words, "--resume").sentence()
        (folder / name).write_text(kept if name == "sources.json" else "{}")
    assert command(*words, "--resume").code == 0  # the paths, too, are remembered


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["-n", "0"], "'--number': 0 is not in the range x>=1"),
        (["--seed", "-1"], "'--seed': -1 is not in the range x>=0"),
        (["--temperature", "-1"], "'--temperature': -1.0 is not in the range x>=0"),
        (
            ["--temperature", "0,7"],
            "'--temperature': 0,7 is not a number; write 0.7, with a point. See skaz write --help.",
        ),
        (["--temperature", "0,7,1"], "'--temperature': 0,7,1 is not a number. See"),
        (["--temperature", "nan"], "'--temperature': nan is not a finite number"),
        (["--temperature", "inf"], "'--temperature': inf is not a finite number"),
        (["--top-k", "0"], "'--top-k': 0 is not in the range x>=1"),
        (["--top-p", "2"], "'--top-p': 2.0 is not in the range 0<x<=1"),
        (["--dry", "-1"], "'--dry': -1.0 is not in the range x>=0"),
        (["--beam", "0"], "'--beam': 0 is not in the range x>=1"),
        (["--length", "0"], "'--length': 0 is not in the range x>=1"),
        (["--temprature", "1"], "No such option: --temprature. Did you mean --temperature? See skaz write --help."),
        (["--beam", "2", "--length", "9"], "--beam draws nothing, so --length can't be kept"),
        (["--include", ""], "at least one letter"),
        (["--ban", " "], "at least one character"),
        (["--include", "fox", "--ban", "fox"], "drop one of the two"),
        (["--device", "abacus"], 'no device "abacus"'),
    ],
)
def test_a_wrong_wish(command, bundle: Path, words: list[str], told: str) -> None:
    assert told in command("write", bundle, *words).sentence()


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--minutes", "-1"], "'--minutes': -1.0 is not in the range x>0"),
        (["--minutes", "inf"], "'--minutes': inf is not a finite number"),
        (["--seed", "-1"], "'--seed': -1 is not in the range"),
        (["--out", "mine"], "mine exists and is not a bundle; choose another --out"),
        (["--out", "mine/file/x"], "file is no folder"),
        (["--out", "teller"], "holds a bundle of other stories"),
    ],
)
def test_a_demonstration_is_refused_before_it_says_that_it_begins(
    command, bundle: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: list[str], told: str
) -> None:
    monkeypatch.chdir(tmp_path)
    shutil.copytree(bundle, "teller")
    Path("mine").mkdir()
    Path("mine/file").write_text("mine")
    done = command("demo", *words)
    assert told in done.sentence()
    assert "Training" not in done.err


@pytest.fixture
def copy(bundle: Path, tmp_path: Path) -> Path:
    """A bundle to damage."""
    return Path(shutil.copytree(bundle, tmp_path / "copy"))


def _manifest(copy: Path, **changes: object) -> None:
    path = copy / "bundle.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | changes))


def _each(command, copy: Path, stories: Path) -> set[str]:
    """What write, inspect and evaluate say of it: each one sentence."""
    return {command(*words).sentence() for words in (["write", copy], ["inspect", copy], ["evaluate", copy, stories])}


def test_no_bundle(command, stories_file: Path, tmp_path: Path) -> None:
    for path, told in (
        (tmp_path / "none", "There is no bundle"),
        (stories_file, "it is a file"),
        (tmp_path, "missing"),
    ):
        (sentence,) = _each(command, path, stories_file)
        assert told in sentence


def test_a_bundle_from_a_newer_version(command, copy: Path, stories_file: Path) -> None:
    _manifest(copy, format=99, skaz="7.0")
    (sentence,) = _each(command, copy, stories_file)
    assert "of format 99, made by skaz 7.0" in sentence
    assert "install a newer skaz" in sentence


def test_a_recipe_that_only_a_newer_version_knows(command, copy: Path, stories_file: Path) -> None:
    recipe = copy / "recipe.toml"
    recipe.write_text(recipe.read_text("utf-8").replace("[model]", "[model]\nsquash = 2"), "utf-8")
    manifest = json.loads((copy / "bundle.json").read_text())
    _manifest(copy, sha256=manifest["sha256"] | {"recipe.toml": sha256_of(recipe)})
    (sentence,) = _each(command, copy, stories_file)
    assert '"model.squash" is no setting' in sentence
    assert "newer" not in sentence
    _manifest(copy, skaz="7.0")
    (sentence,) = _each(command, copy, stories_file)
    assert "was made by skaz 7.0, and this is" in sentence
    assert "use that version, or a newer one" in sentence


def test_a_bundle_with_files_missing_and_damaged_tells_all_at_once(command, copy: Path, stories_file: Path) -> None:
    (copy / "tokenizer.json").unlink()
    weights = bytearray((copy / "model.safetensors").read_bytes())
    weights[-1] ^= 1
    (copy / "model.safetensors").write_bytes(weights)
    (sentence,) = _each(command, copy, stories_file)
    assert "model.safetensors is damaged, tokenizer.json is missing; copy it again" in sentence


@pytest.mark.parametrize(
    "text",
    ["", "{", "[]", "null", '"format"', "{}", '{"format": 1}', '{"format": 1, "sha256": []}', '{"format": null}', "\0"],
)
def test_a_damaged_manifest(command, copy: Path, stories_file: Path, text: str) -> None:
    (copy / "bundle.json").write_text(text)
    for sentence in _each(command, copy, stories_file):
        assert "damaged" in sentence or "of format None" in sentence


def test_weights_that_do_not_fit_the_recipe(command, copy: Path, stories_file: Path) -> None:
    replace_graphs(open_bundle(copy), {})  # else writing would not look at the weights
    recipe = (copy / "recipe.toml").read_text()
    (copy / "recipe.toml").write_text(recipe.replace("embedding_size = 16", "embedding_size = 20"))
    hashes = json.loads((copy / "bundle.json").read_text())["sha256"]
    _manifest(copy, sha256=hashes | {"recipe.toml": sha256_of(copy / "recipe.toml")})
    for words in (["write", copy], ["evaluate", copy, stories_file]):
        sentence = command(*words).sentence()
        assert "do not fit their recipe" in sentence
        assert ", 16) and should be (" in sentence
        assert "or train anew" in sentence


def test_weights_that_are_none(command, copy: Path, stories_file: Path) -> None:
    replace_graphs(open_bundle(copy), {})
    (copy / "model.safetensors").write_text("nothing")
    hashes = json.loads((copy / "bundle.json").read_text())["sha256"]
    _manifest(copy, sha256=hashes | {"model.safetensors": sha256_of(copy / "model.safetensors")})
    for sentence in _each(command, copy, stories_file):
        assert "model.safetensors can't be read" in sentence


def test_a_plan_for_a_bundle_that_reads_none(command, tiny_flags, stories_file: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    alone = ("--set", "model.encoder.layers=0", "--set", "model.attention=none", "--set", "training.steps=2")
    assert command("train", stories_file, "--out", out, *tiny_flags, *alone).code == 0
    assert "reads no plan; give an opening instead" in command("write", out, "--plan", "fox").sentence()
    refused = command("write", out, "--plan", "fox", "--title", "x", "--opening", "Ann had").sentence()
    assert refused.endswith("reads no plan and no title; leave them out.")
    assert "reads no title; give an opening instead" in command("write", out, "--title", "Fox").sentence()
    assert "reads no plan; leave out --plan" in command("look", out, "Ann had", "--plan", "fox").sentence()
    assert command("write", out, "--opening", "Ann had", "--length", "5").out.startswith("Ann had")


def test_prepare_of_bad_input(command, listed, copy: Path, stories_file: Path, tmp_path: Path) -> None:
    (tmp_path / "notes").mkdir()
    (tmp_path / "notes" / "mine.txt").write_text("mine")
    (tmp_path / "file").write_text("mine")
    before = listed()
    for words, told in (
        ([tmp_path / "none.txt", "--out", tmp_path / "p"], "There is no"),
        ([stories_file, "--out", tmp_path / "notes"], "choose another"),
        ([stories_file, "--out", tmp_path / "file"], "choose another"),
        ([tmp_path / "none.txt", "--out", "~/p"], "would lie in a folder that is called ~"),
        ([stories_file, "--out", copy], "choose another"),  # a bundle has a tokenizer.json as well
        ([stories_file, "--out", tmp_path / "file" / "p"], "file is no folder; choose another place"),
        ([stories_file, "--out", tmp_path / "p", "--task", "translate", "--no-plans"], "so --no-plans can't be kept"),
        (
            [stories_file, "--out", tmp_path / "p", "--held-out", stories_file, "--validation", "0.1"],
            "so --validation can't be kept",
        ),
        ([stories_file, "--out", tmp_path / "p", "--validation", "2"], "'--validation': 2.0 is not in the range"),
        ([stories_file, "--out", tmp_path / "p", "--vocabulary", "3"], "text.vocabulary_size"),
    ):
        assert told in command("prepare", *words).sentence()
    assert listed() == before
