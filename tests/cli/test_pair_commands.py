"""`skaz translate`, `transduce`, `attend`, `evaluate` of pairs; bad input ends in a sentence."""

from __future__ import annotations

import io
import itertools
import json
import os
import shlex
import shutil
import subprocess
import sys
import unicodedata
from pathlib import Path

import pytest

import skaz
from skaz.cli.lines import printed_to
from skaz.cli.searching import Wanted, print_targets
from skaz.errors import RequestError
from skaz.tasks.translating import Translator, load_translator
from tests.conftest import words_of


@pytest.fixture
def fed(monkeypatch: pytest.MonkeyPatch):
    """Puts bytes on standard input."""

    def feed(text: bytes | str) -> None:
        raw = text.encode() if isinstance(text, str) else text
        monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(raw)))

    return feed


def test_words_are_transduced_as_learnt(command, transducer) -> None:
    done = command("transduce", transducer.bundle, "abca", "db", "cc")
    assert done.code == 0, done.err
    assert done.out.splitlines() == ["A C B A", "B D", "C C"]


def test_lines_stay_in_their_places(command, fed, transducer) -> None:
    fed("ab\n\n  \ndcb\n")
    assert command("transduce", transducer.bundle).out.splitlines() == ["B A", "", "", "B C D"]


def test_every_form_of_output(command, fed, transducer) -> None:
    fed("ab\ncd\n")
    lines = command("transduce", transducer.bundle, "--n-best", 3, "--scores").out.splitlines()
    assert [line.split("\t")[0] for line in lines] == ["1"] * 3 + ["2"] * 3
    scores = [float(line.split("\t")[2]) for line in lines[:3]]
    assert scores == sorted(scores, reverse=True)
    fed("ab\n")
    aligned = command("transduce", transducer.bundle, "--alignments").out.split("\t")[1]
    assert aligned.split() == ["1-0", "0-1"]  # turned round: letters, counted from 0
    fed("ab\n\n")
    objects = [json.loads(line) for line in command("transduce", transducer.bundle, "--json").out.splitlines()]
    assert [each["source"] for each in objects] == ["ab", ""]
    best = objects[0]["targets"][0]
    assert best["log_probability"] == pytest.approx(sum(token["log_probability"] for token in best["tokens"]), abs=0.5)


def test_groups_give_as_many_targets_as_are_asked_for_or_tell(command, transducer) -> None:
    """What two groups find is one target, and the search goes on for others."""
    words = ("transduce", transducer.bundle, "abca", "dbc", "--beam", 6, "--n-best", 6, "--groups", 3)
    done = command(*words, "--diversity", 0)
    lines = done.out.splitlines()
    assert len({*lines}) == len(lines) == 12
    assert "different targets" not in done.err


def test_fewer_targets_than_were_asked_for_are_told_once(transducer, capsys) -> None:
    class Poor(Translator):
        def search(self, texts, settings=None, **said):
            return [found[:2] for found in super().search(texts, settings, **said)]

    loaded = load_translator(transducer.bundle)
    wanted = Wanted(
        beam=5,
        length_penalty=1.0,
        coverage_penalty=0.0,
        groups=1,
        diversity=0.5,
        n_best=3,
        scores=False,
        alignments=False,
        as_json=False,
        constrain=(),
        prefix="",
        batch_tokens=2048,
    )
    print_targets(Poor(loaded.bundle, loaded.engine), wanted, [["", "ab"], ["cd"]])
    assert capsys.readouterr().err.count("Line 2 has 2 different targets, not 3") == 1


def test_a_prefix_of_symbols_that_training_never_met_is_told(command, transducer) -> None:
    told = command("transduce", transducer.bundle, "ab", "--prefix", "QQ B zz").err
    assert "--prefix has symbols that training met seldom or never in targets: QQ zz\n" in told
    assert "--prefix has" not in command("transduce", transducer.bundle, "ab", "--prefix", "D D").err


def test_what_was_broken_off_is_told(transducer, tmp_path: Path, capsys) -> None:
    out = tmp_path / "out.txt"

    def write() -> None:
        with printed_to(out, overwrite=False):
            print("one\ntwo")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write()
    assert capsys.readouterr().err == f"Broken off: 2 lines written; {out} holds what there is.\n"
    assert out.read_text(encoding="utf-8") == "one\ntwo\n"


def test_a_prefix_is_kept_and_terms_are_in_it(command, transducer) -> None:
    assert command("transduce", transducer.bundle, "ab", "--prefix", "D D").out.startswith("D D")
    assert " C A" in " " + command("transduce", transducer.bundle, "bbb", "--constrain", "C A").out


def test_an_ensemble_of_one_model_twice_is_that_model(command, transducer) -> None:
    alone = command("transduce", transducer.bundle, "abcd", "--scores").out
    assert command("transduce", transducer.bundle, "abcd", "--scores", "--ensemble", transducer.bundle).out == alone


@pytest.mark.parametrize(
    ("shell", "code", "out", "told"),
    [
        (r"(printf 'ab\n\377\n'; sleep 2) | {skaz}", 2, "B A\n", "Line 2 of the input is not UTF-8"),
        (r"(printf 'ab\n'; sleep 2) | {skaz} --constrain ' '", 2, "", "A term that must be there is empty"),
        (r"(printf 'ab\n'; sleep 2) | {skaz} >/dev/full", 2, "", "Standard output: No space left on device"),
        (r"(echo ab; sleep 1; echo cd; sleep 1; echo ab; sleep 1) | {skaz} | head -1", 0, "B A\n", ""),
        (r"printf 'ab\ncd' | {skaz}", 0, "B A\nD C\n", ""),
        (r"{skaz} <&-", 2, "", "Standard input is closed; give the lines there"),
        (r"{skaz} 0>/dev/null", 2, "", "The lines can't be read (Bad file descriptor)"),
        (r"{skaz} ab >&-", 2, "", "Standard output is closed; leave it open"),
        (r"{skaz} ab --beam 0 2>&-", 2, "", ""),
    ],
)
def test_streams_that_are_open_full_or_closed(transducer, shell: str, code: int, out: str, told: str) -> None:
    words = shlex.join(words_of("transduce", transducer.bundle))
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"}
    line = ["sh", "-c", shell.format(skaz=words)]
    done = subprocess.run(line, check=False, capture_output=True, text=True, env=environment)
    assert (done.returncode, done.stdout) == (code, out), done.stderr
    assert done.stderr.count("\n") == bool(told)
    assert told in done.stderr


def test_a_file_of_lines_is_named_with_in(command, translator) -> None:
    said = command("translate", translator.bundle, "in.txt").sentence()
    assert said.endswith(f"skaz translate {translator.bundle} --in in.txt")


@pytest.mark.parametrize("name", ["translate", "transduce"])
def test_files_are_what_goes_by_standard_streams(command, process, request, tmp_path: Path, name: str) -> None:
    bundle = request.getfixturevalue({"translate": "translator", "transduce": "transducer"}[name]).bundle
    lines, out = tmp_path / "in.txt", tmp_path / "out.txt"
    lines.write_bytes("one red cat\n\nтри\n".encode())
    out.write_text("of before")
    done = command(name, bundle, "--in", lines, "--out", out, "--overwrite")
    assert (done.code, done.out) == (0, "")
    piped = process(name, bundle, input=lines.read_bytes())
    assert out.read_bytes() == piped.out.encode()
    assert piped.out.count("\n") == 3


def test_lines_of_powershell_are_read_from_a_file(command, translator, tmp_path: Path) -> None:
    lines, wrong = tmp_path / "in.txt", tmp_path / "wrong.txt"
    lines.write_text("one red cat\n", encoding="utf-8")
    told = command("translate", translator.bundle, "--in", lines).out
    for encoding, mark in (("utf-16-le", b"\xff\xfe"), ("utf-16-be", b"\xfe\xff")):
        lines.write_bytes(mark + "one red cat\r\n".encode(encoding))
        assert command("translate", translator.bundle, "--in", lines).out == told
    wrong.write_bytes(b"\xff\xfe\x00")
    assert "looks like UTF-16 but is damaged" in command("translate", translator.bundle, "--in", wrong).sentence()


def test_lines_in_an_old_encoding_are_read_from_a_file(command, translator, tmp_path: Path) -> None:
    lines = tmp_path / "in.txt"
    lines.write_text("der Hund läuft über die Straße\n", encoding="utf-8")
    told = command("translate", translator.bundle, "--in", lines)
    assert "encoding" not in told.err
    lines.write_text("der Hund läuft über die Straße\n", encoding="windows-1252")
    done = command("translate", translator.bundle, "--in", lines)
    assert done.out == told.out
    assert f"{lines} is in an old encoding (Windows-1252)" in done.err


def test_no_file_is_lost_to_a_name(command, translator, tmp_path: Path) -> None:
    lines, out = tmp_path / "in.txt", tmp_path / "out.txt"
    lines.write_text("one red cat\n")
    out.write_text("of before")
    weights = translator.bundle / "model.safetensors"
    before = weights.read_bytes()
    for words, told in (
        (("--in", tmp_path / "missing.txt"), "missing.txt can't be read (No such file or directory)"),
        (("--in", lines, "--out", lines), "would be written over"),
        (("--in", lines, "--out", weights), "would be written over"),
        (("--in", lines, "--out", lines / "out.txt"), "can't be made"),
        (("--in", lines, "--out", out), f"{out} exists already; choose another --out, or replace it with --overwrite."),
        (("--in", lines, "--out", weights, "--overwrite"), "would be written over"),
        (("--in", lines, "--overwrite"), "none is named; leave it out"),
    ):
        assert told in command("translate", translator.bundle, *words).sentence()
    other = tmp_path / "other"
    shutil.copytree(translator.bundle, other)
    voting = ("--ensemble", other, "--in", lines, "--out", other / "model.safetensors")
    assert "would be written over" in command("translate", translator.bundle, *voting).sentence()
    assert (other / "model.safetensors").read_bytes() == before
    said = command("transduce", translator.bundle, "cat", "--in", lines).sentence()
    assert said == f"There are words and the file {lines}; leave one or the other out."
    command("translate", tmp_path / "no bundle", "--in", lines, "--out", out).sentence()
    assert (lines.read_text(), out.read_text(), weights.read_bytes()) == ("one red cat\n", "of before", before)


def test_lines_come_out_as_they_come_in(transducer) -> None:
    words = words_of("transduce", transducer.bundle)
    with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        for source, target in ((b"ab\n", b"B A\n"), (b"dd\n", b"D D\n")):
            process.stdin.write(source)
            process.stdin.flush()
            assert process.stdout.readline() == target  # while the pipe is open
        process.stdin.close()


def test_what_came_before_bad_input_is_written(command, fed, transducer) -> None:
    fed(b"ab\ncd\n\xff\xfe\nab\n")
    done = command("transduce", transducer.bundle)
    assert done.code == 2
    assert done.out.splitlines() == ["B A", "D C"]
    assert "Line 3 of the input is not UTF-8" in done.err


def test_strange_input_is_told_and_answered(command, fed, transducer) -> None:
    fed(f"aщbX# X\n{'a' * 20_000}\nab\n")
    done = command("transduce", transducer.bundle)
    assert done.code == 0
    assert len(done.out.splitlines()) == 3
    assert "Line 1 has characters that training met seldom or never: щX#" in done.err
    assert "Line 2 has 20,000 characters" in done.err
    fed("\ufeffab\r\nba\n".encode())  # as some editors begin a file
    done = command("transduce", transducer.bundle)
    assert "seldom or never" not in done.err
    assert len(done.out.splitlines()) == 2


def test_too_little_memory_is_told_in_a_sentence(command, transducer, monkeypatch: pytest.MonkeyPatch) -> None:
    def starved(*_: object, **__: object) -> None:
        raise MemoryError

    monkeypatch.setattr("skaz.tasks.translating.Translator.search", starved)
    said = command("transduce", transducer.bundle, "ab").sentence()
    assert said.startswith("There is not enough memory for this: lower --beam")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--n-best", "6"], "--n-best 6 asks for more targets than --beam 5"),
        (["--length-penalty", "-1"], "'--length-penalty': -1.0 is not in the range 0<=x<=10"),
        (["--coverage-penalty", "nan"], "'--coverage-penalty': nan is not a finite number"),
        (["--beam", "1000000000000"], "'--beam': 1000000000000 is not in the range 1<=x<=1000"),
    ],
)
def test_what_makes_no_sense_is_refused(command, transducer, words: list[str], said: str) -> None:
    done = command("transduce", transducer.bundle, "ab", *words)
    assert done.code == 2
    assert said in done.err
    assert "Traceback" not in done.err


def test_threads_are_those_of_pytorch_as_well(command, transducer, tmp_path: Path) -> None:
    import torch

    bundle = Path(shutil.copytree(transducer.bundle, tmp_path / "without_graphs"))
    for graph in bundle.glob("*.onnx"):
        graph.unlink()
    torch.set_num_threads(2)
    assert command("transduce", bundle, "ab", "--threads", 1).code == 0
    assert torch.get_num_threads() == 1


def test_bundles_do_what_they_learnt(command, bundle: Path, transducer, translator) -> None:
    assert "use skaz write" in command("translate", bundle).sentence()
    assert "use skaz transduce" in command("write", transducer.bundle).sentence()
    assert "learnt to transduce: use skaz transduce" in command("translate", transducer.bundle).sentence()
    assert "learnt to translate: use skaz translate" in command("transduce", translator.bundle, "ab").sentence()
    both = command("transduce", transducer.bundle, "ab", "--ensemble", translator.bundle).sentence()
    assert "learnt to translate, the other to transduce" in both


def test_a_translator_is_measured_with_signatures(command, translator, tmp_path: Path) -> None:
    words = ("evaluate", translator.bundle, translator.table, "--worst", 2, "--outputs", tmp_path / "out.txt")
    done = command(*words)
    assert done.code == 0, done.err
    assert "tok:13a" in done.out
    assert done.out.count("reference") == 2
    assert len((tmp_path / "out.txt").read_text(encoding="utf-8").splitlines()) == 80
    found = json.loads(command(*words, "--json", "--overwrite").out)
    assert [score["name"] for score in found["scores"]] == ["BLEU", "chrF2", "TER"]
    assert all(score["low"] <= score["high"] for score in found["scores"])
    assert found["foretold"]["tokens"] > 0


def test_outputs_go_over_nothing_that_is_read(command, listed, transducer, tmp_path: Path, monkeypatch) -> None:
    import skaz.tasks.evaluating

    table, link, bundle = tmp_path / "t.tsv", tmp_path / "link.tsv", tmp_path / "bundle"
    table.write_bytes(transducer.table.read_bytes())
    link.symlink_to(table)
    shutil.copytree(transducer.bundle, bundle)
    before = listed()
    monkeypatch.setattr(skaz.tasks.evaluating, "evaluate_pairs", None)  # it is refused before
    for place, told in (
        (table, f"{table} would be written over {table}, which is read"),
        (link, f"{link} would be written over {table}"),
        (bundle / "card.md", f"would be written over {bundle}, which is read"),
        (bundle, f"{bundle} is a folder or a device"),
        (os.devnull, "is a folder or a device"),
        (table / "x", f"{table / 'x'} can't be made, for {table} is no folder"),
    ):
        assert told in command("evaluate", bundle, table, "--outputs", place).sentence()
    monkeypatch.setattr(os, "access", lambda place, mode: mode == os.R_OK)
    forbidden = command("evaluate", bundle, table, "--outputs", tmp_path / "o.txt").sentence()
    assert f"{tmp_path / 'o.txt'} can't be made, for {tmp_path} may not be written" in forbidden
    assert table.read_bytes() == transducer.table.read_bytes()
    assert listed() == before


def test_outputs_are_kept_unless_they_may_be_replaced(command, transducer, tmp_path: Path) -> None:
    outputs, words = tmp_path / "out.txt", ("evaluate", transducer.bundle, transducer.table)
    outputs.write_text("of before")
    said = command(*words, "--outputs", outputs).sentence()
    assert said == f"{outputs} exists already; choose another --outputs, or replace it with --overwrite."
    assert outputs.read_text() == "of before"
    assert "at --outputs, and none is named" in command(*words, "--overwrite").sentence()
    assert command(*words, "--outputs", outputs, "--overwrite").code == 0
    assert outputs.read_text(encoding="utf-8").startswith("A A\n")


def test_each_source_is_told_with_all_that_was_found(command, transducer, tmp_path: Path) -> None:
    table, outputs = tmp_path / "few.tsv", tmp_path / "out.jsonl"
    table.write_text("abc\tC B A\nabd\tD D D\nabc\tX\n", encoding="utf-8")
    found = json.loads(command("evaluate", transducer.bundle, table, "--outputs", outputs, "--json").out)
    items = [json.loads(line) for line in outputs.read_text(encoding="utf-8").splitlines()]
    assert [(each["source"], each["references"], each["output"], each["right"]) for each in items] == [
        ("abc", ["C B A", "X"], "C B A", True),
        ("abd", ["D D D"], "D B A", False),
    ]
    assert all(each["log_probability"] < 0 for each in items)
    assert found["scores"][0]["value"] == 50.0


@pytest.fixture
def accented(tmp_path: Path):
    """A transducer of words with and without accents, in Unicode's composed form, and where its pairs are."""
    from skaz.recipe_reading import read_recipe, stated_settings
    from skaz.tasks.training import TrainRequest, train_bundle
    from tests.conftest import SMALL_PAIRS

    table = tmp_path / "pairs.tsv"
    words = ["".join(word) for length in (2, 3) for word in itertools.product("aéeöo", repeat=length)]
    table.write_text("".join(f"{word}\t{word[::-1]}\n" for word in words), encoding="utf-8")
    settings = {**SMALL_PAIRS, "task": "transduce", "text.tokenizer": "characters", "training.batch_tokens": 256}
    settings |= {"training.steps": 60, "model.ngram_weight": 0, "model.attention": "general"}
    recipe = read_recipe(overrides=settings)
    train_bundle(TrainRequest([table], tmp_path / "bundle", recipe, stated_settings(settings, None)))
    return tmp_path / "bundle", table


def test_pairs_measure_the_same_in_either_of_unicodes_forms(command, accented, tmp_path: Path) -> None:
    bundle, table = accented
    apart, sources = tmp_path / "apart.tsv", tmp_path / "sources.txt"
    apart.write_text(unicodedata.normalize("NFD", table.read_text(encoding="utf-8")), encoding="utf-8")
    composed, taken_apart = command("evaluate", bundle, table, "--json"), command("evaluate", bundle, apart, "--json")
    assert "seldom or never" not in composed.err + taken_apart.err
    found, again = json.loads(composed.out), json.loads(taken_apart.out)
    assert again["scores"] == found["scores"]
    assert again["foretold"] == found["foretold"]
    sources.write_text(unicodedata.normalize("NFD", "éo\nöa\n"), encoding="utf-8")
    done = command("transduce", bundle, "--in", sources)
    assert done.out == command("transduce", bundle, "éo", "öa").out
    assert "seldom or never" not in done.err


def test_what_training_never_met_in_sources_is_told(command, transducer, tmp_path: Path) -> None:
    table = tmp_path / "t.tsv"
    table.write_text("abc\tC B A\nщb\tB\nab\tB A\ny\u0335\tA\n", encoding="utf-8")
    told = command("evaluate", transducer.bundle, table).err
    assert "2 of 4 sources (50%) have what training met seldom or never: щ y U+0335; the text is decomposed" in told
    assert "exchanged" not in told
    targets = ("C B A", "B A", "A B", "C A", "B C")
    table.write_text("".join(f"{target}\tab\n" for target in targets), encoding="utf-8")
    told = command("evaluate", transducer.bundle, table).err
    assert "5 of 5 sources (100%) have what training met seldom or never: C B A; are the columns exchanged?" in told


def test_what_a_measure_is_of_is_told(command, in_order, in_characters) -> None:
    """Steps along the source among the tokens, and which bundle where they vote on whole targets."""
    alone = command("evaluate", in_order.bundle, in_order.table, "--worst", 0).out
    assert " tokens and steps along the source, perplexity" in alone
    assert "first bundle" not in alone
    words = ("evaluate", in_order.bundle, in_order.table, "--ensemble", in_characters.bundle)
    assert "of the first bundle alone (and of those that vote with it on each token)" in command(*words).out
    assert json.loads(command(*words, "--json").out)["foretold"]["by_first_alone"]


def test_options_of_the_other_kind_are_refused(command, bundle: Path, transducer, stories_file: Path) -> None:
    words = ("--beam", 5, "--tokenised", "--outputs", "x", "--ensemble", bundle)
    said = command("evaluate", bundle, stories_file, *words).sentence()
    assert "writes stories, so --beam, --tokenised, --outputs, --ensemble can't be kept; leave them out" in said
    said = command("evaluate", transducer.bundle, transducer.table, "--split", "line", "--graphs").sentence()
    assert "was trained on pairs, so --split, --graphs can't be kept" in said
    said = command("evaluate", transducer.bundle, transducer.table, "--tokenised").sentence()
    assert "is no translator, and of others BLEU is not told, so --tokenised can't be kept; leave it out." in said
    with pytest.raises(RequestError, match="leave tokenised out"):
        skaz.evaluate_pairs(str(transducer.bundle), str(transducer.table), tokenised=True)


def test_a_transducer_is_measured(command, transducer) -> None:
    found = json.loads(command("evaluate", transducer.bundle, transducer.table, "--json").out)
    scores = {score["name"]: score["value"] for score in found["scores"]}
    assert scores["exact match"] > 90
    assert scores["word error rate"] == pytest.approx(100 - scores["exact match"])
    assert all(judged["output"] not in judged["references"] for judged in found["worst"])


def test_what_is_right_is_not_called_worst(command, transducer, tmp_path: Path) -> None:
    table = tmp_path / "few.tsv"
    table.write_text("abc\tC B A\nabd\tD D D\nab\tB B A\n", encoding="utf-8")
    shown = command("evaluate", transducer.bundle, table).out
    assert "\n\nThe 2 worst outputs, the worst first:\n\n  source     abd\n  output     D B A\n" in shown
    assert "C B A" not in shown
    assert (
        "\n\nThe worst output:\n\n  source     abd\n" in command("evaluate", transducer.bundle, table, "--worst", 1).out
    )
    assert "worst" not in command("evaluate", transducer.bundle, table, "--worst", 0).out
    table.write_text("abc\tC B A\n", encoding="utf-8")
    assert command("evaluate", transducer.bundle, table).out.endswith("\n\nEvery output equals a reference.\n")
    words = ("abc", "abd", "bca", "dab", "cab", "dba", "acd", "bd")
    table.write_text("".join(f"{word} {n}\tX\n" for word in words for n in "abcd"), encoding="utf-8")
    assert "\nThe 30 worst outputs" in command("evaluate", transducer.bundle, table, "--worst", 30).out


def test_what_is_not_measured_is_told(command, transducer, tmp_path: Path) -> None:
    table, outputs = tmp_path / "t.tsv", tmp_path / "out.txt"
    table.write_text(f"abc\tC B A\nab\t\n{'a' * 3_000}\tA\nabc\tX\nba\tA B\n", encoding="utf-8")
    done = command("evaluate", transducer.bundle, table, "--outputs", outputs)
    assert "1 pair with an empty side skipped" in done.err
    assert "1 pair longer than 2,000 characters skipped" in done.err
    assert outputs.read_text(encoding="utf-8").splitlines() == ["C B A", "C B A", "A B"]  # a line for each pair


def test_attention_is_shown_and_drawn(command, transducer, tmp_path: Path) -> None:
    made = tmp_path / "made"
    done = command("attend", transducer.bundle, "abcd", "--out", made / "a.png", "--out", tmp_path / "a.svg")
    assert done.code == 0, done.err
    assert "D" in done.out
    assert (made / "a.png").read_bytes().startswith(b"\x89PNG")
    assert "<svg" in (tmp_path / "a.svg").read_text(encoding="utf-8")
    assert "neither .png nor .svg" in command("attend", transducer.bundle, "ab", "--out", tmp_path / "a.jpg").sentence()


def test_boxes_in_a_picture_are_told_of_in_a_sentence(process, transducer, tmp_path: Path) -> None:
    done = process("attend", transducer.bundle, "ab猫", "--out", tmp_path / "a.png")
    assert done.code == 0
    assert done.err == (
        "The picture has boxes for 猫, which its font lacks; name one that has it in Matplotlib's settings "
        "(font.family).\n"
    )


def test_two_files_of_pairs_train_and_their_lengths_must_agree(command, tmp_path: Path) -> None:
    (tmp_path / "x.de").write_text("eins\nzwei\ndrei\n" * 10, encoding="utf-8")
    (tmp_path / "x.en").write_text("one\ntwo\nthree\n" * 10 + "four\n", encoding="utf-8")
    words = ("train", tmp_path / "x.de", tmp_path / "x.en", "--task", "translate", "--out", tmp_path / "out")
    said = command(*words).sentence()
    assert "30 lines" in said
    assert "31" in said
    assert not (tmp_path / "out.run").exists()


def test_the_road_from_a_prepared_corpus(command, tmp_path: Path) -> None:
    (tmp_path / "p.tsv").write_text("".join(f"w{n}\ta{n % 7} b{n % 5}\n" for n in range(60)), encoding="utf-8")
    (tmp_path / "dev.tsv").write_text("w1\ta1 b1\n", encoding="utf-8")
    corpus = tmp_path / "corpus"
    done = command(
        "prepare", tmp_path / "p.tsv", "--task", "transduce", "--held-out", tmp_path / "dev.tsv", "--out", corpus
    )
    assert "60 pairs to train on, 1 held out" in done.err
    assert "sources are read as characters, targets as symbols" in done.err
    assert "held out, their source trained on as well: 1 pair, so that what is measured is too good" in done.err
    small = [word for name in ("encoder", "decoder") for word in ("--set", f"model.{name}.hidden_size=8")]
    words = ("train", corpus, "--out", tmp_path / "out", "--set", "training.steps=2", *small)
    assert "--task transduce" in command(*words).sentence()
    done = command(*words, "--task", "transduce")
    assert done.code == 0, done.err
    assert "skaz transduce" in done.err
    assert command("inspect", tmp_path / "out").out.count("symbols") >= 1


def test_pairs_in_the_place_of_stories_are_told(command, bundle: Path, transducer, tmp_path: Path) -> None:
    refused = command("train", transducer.table, "--out", tmp_path / "out").sentence()
    assert refused.endswith("If these are pairs, train with --task translate or --task transduce.")
    assert command("evaluate", bundle, transducer.table).sentence().startswith(f"{bundle} writes stories, and ")


def test_a_bundle_keeps_the_columns_that_its_sources_are_made_of(command, tmp_path: Path) -> None:
    table, out = tmp_path / "forms.tsv", tmp_path / "out"
    rows = [f"w{n}\tw{n}s\tN;{'PL' if n % 2 else 'SG'}\n" for n in range(60)]
    table.write_text("lemma\tform\tfeatures\n" + "".join(rows), encoding="utf-8")
    settings = ("training.steps=2", "training.threads=1", "model.encoder.hidden_size=8", "model.decoder.hidden_size=8")
    named = ("--source", "lemma", "--source", "features", "--target", "form")
    words = ("--task", "transduce", *named, "--out", out, *(word for each in settings for word in ("--set", each)))
    done = command("train", table, *words)
    assert done.code == 0, done.err
    assert "columns used: lemma + features → form\n" in done.err
    measured = command("evaluate", out, table, "--json", "--worst", 1)
    assert "columns used: lemma + features → form\n" in measured.err
    assert json.loads(measured.out)["worst"][0]["source"].split()[1] in ("N;PL", "N;SG")
    turned = command("evaluate", out, table, "--source", "features,lemma", "--target", "form")
    assert "columns used: features + lemma → form\n" in turned.err
    prepared = command("prepare", table, "--task", "transduce", *named, "--out", tmp_path / "corpus")
    assert "columns used: lemma + features → form\n" in prepared.err


def test_a_stopped_run_of_pairs_goes_on_with_what_it_began_with(command, transducer, tmp_path: Path) -> None:
    from skaz.recipe_reading import read_recipe, stated_settings
    from skaz.tasks.training import TrainRequest, train_bundle

    (tmp_path / "dev.tsv").write_text("ab\tB A\n", encoding="utf-8")
    settings = {"task": "transduce", "training.steps": 6, "model.decoder.hidden_size": 16, "training.threads": 1}
    stops = iter([False] * 3)
    request = TrainRequest(
        [transducer.table],
        tmp_path / "out",
        read_recipe(overrides=settings),
        stated_settings(settings, None),
        held_out=[tmp_path / "dev.tsv"],
    )
    assert train_bundle(request, stop=lambda: next(stops, True)).reason == "stopped"
    done = command("train", "--out", tmp_path / "out", "--resume")
    assert done.code == 0, done.err
    assert done.err.startswith("The run goes on at update 3.\n")
    assert "6 updates" in done.err
    assert "passes over the pairs" in done.err
    facts = json.loads((tmp_path / "out" / "bundle.json").read_text(encoding="utf-8"))
    assert facts["corpus"]["held_out_stories"] == 1
    assert not (tmp_path / "out.run").exists()


def test_pretrained_vectors_begin_the_embedding(command, transducer, tmp_path: Path) -> None:
    (tmp_path / "x.vec").write_text("A 1 0 0 0 0 0 0 0\nB 0 1 0 0 0 0 0 0\n", encoding="utf-8")
    words = ["train", transducer.table, "--task", "transduce", "--out", tmp_path / "out"]
    for setting in ("training.steps=1", "model.embedding_size=8", "model.decoder.hidden_size=16"):
        words += ["--set", setting]
    done = command(*words, "--set", f"training.embeddings={tmp_path / 'x.vec'}")
    assert done.code == 0, done.err
    said = command(*words, "--overwrite", "--set", f"training.embeddings={tmp_path / 'no.vec'}").sentence()
    assert "no.vec can't be read" in said


def test_a_page_is_for_bundles_that_write(command, transducer, tmp_path: Path) -> None:
    said = command("export", transducer.bundle, "--to", "web", "--out", tmp_path / "page").sentence()
    assert "writes no stories" in said
    assert not (tmp_path / "page").exists()


def test_settings_of_pairs_are_refused_for_stories(command, stories_file: Path, tmp_path: Path) -> None:
    words = ("train", stories_file, "--out", tmp_path / "out", "--set", "training.steps=1")
    said = command(*words, "--set", "model.coverage=true").sentence()
    assert "model.coverage is for pairs" in said
    said = command(*words, "--task", "transduce", "--set", "model.copy=true").sentence()
    assert "text.source_tokenizer" in said


def test_pairs_are_translated_and_measured_without_pytorch(transducer) -> None:
    script = (
        "import sys, skaz; from skaz.tasks.evaluating import evaluate_pairs; "
        f"translator = skaz.load_translator({str(transducer.bundle)!r}); "
        f"evaluate_pairs(translator, [{str(transducer.table)!r}]); print('torch' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", script], check=True, capture_output=True, text=True)
    assert done.stdout == "False\n"
