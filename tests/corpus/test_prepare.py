"""From files to shards: what is stored is what was told."""

import dataclasses
import errno
import os
import pickle
import random
import subprocess
import sys
from pathlib import Path

import pytest

from skaz.corpus import encoding
from skaz.corpus import prepare as prepare_module
from skaz.corpus.pairs import Columns
from skaz.corpus.prepare import PrepareOptions, prepare, vocabulary_size_for
from skaz.corpus.records import Story
from skaz.corpus.shards import Shards, ShardWriter
from skaz.errors import CorpusError, RecipeError, ResourceError
from skaz.processes import command_of, environment
from skaz.text import Tokenizer
from skaz.text.plan import decode_plan
from skaz.text.sides import encode_sides

WORDS = [
    "лиса",
    "волк",
    "река",
    "фонарь",
    "замок",
    "дорога",
    "девочка",
    "ночью",
    "шла",
    "нашла",
    "потом",
    "увидела",
    "старый",
    "большой",
    "тихо",
]
OPTIONS = PrepareOptions(vocabulary_size=500, workers=1)


def corpus(path: Path, stories: int = 60, seed: int = 1) -> list[str]:
    dice = random.Random(seed)
    texts = [f"Жила-была {dice.choice(WORDS)}. {' '.join(dice.choices(WORDS, k=50))} {n}." for n in range(stories)]
    path.write_text("\n".join(texts), encoding="utf-8")
    return texts


def stored(folder: Path) -> list[str]:
    tokenizer = Tokenizer.load(folder)
    parts = [Shards.open(folder / part) for part in ("train", "valid")]
    return [tokenizer.decode(shards.target(index)) for shards in parts for index in range(len(shards))]


def test_every_story_is_stored_once_exactly(tmp_path) -> None:
    texts = corpus(tmp_path / "a.txt")
    told: list[tuple[str, float]] = []
    prepared = prepare([tmp_path / "a.txt"], tmp_path / "out", OPTIONS, progress=lambda *each: told.append(each))
    assert sorted(stored(tmp_path / "out")) == sorted(texts)
    assert (prepared.train.stories, prepared.valid.stories) == (57, 3)
    assert prepared.train.characters + prepared.valid.characters == sum(map(len, texts))
    assert prepared.reading.stories == 60
    assert prepared.reading.split == "line"
    assert Shards.open(tmp_path / "out" / "train").n_tokens == prepared.train.tokens
    assert {stage for stage, _ in told} == {"reading", "learning the vocabulary", "encoding"}
    assert told[-1] == ("encoding", 1.0)
    assert all(0 <= done <= 1 for _, done in told)
    assert {path.name for path in tmp_path.iterdir()} == {"a.txt", "out"}


def test_openings_titles_and_plans(tmp_path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text(
        '{"text": "Жила-была лиса. Она спала.", "title": "Лиса", "plan": ["лиса", "сон"]}\n'
        '{"text": "Волк шёл по дороге. Дорога вела к фонарю.", "opening": "Волк шёл"}\n'
        '{"text": "Once there was a lantern. It shone."}\n' * 1,
        encoding="utf-8",
    )
    prepared = prepare([path], tmp_path / "out", OPTIONS)
    tokenizer = prepared.tokenizer
    told = {}
    for part in ("train", "valid"):
        shards = Shards.open(tmp_path / "out" / part)
        for index in range(len(shards)):
            opening = tokenizer.decode(shards.target(index)[: shards.opening_length(index)])
            plan = decode_plan(tokenizer, shards.plan(index).tolist())
            told[opening] = (tokenizer.decode(shards.title(index)), plan)
    assert told["Жила-была лиса."] == ("Лиса", ["лиса", "сон"])
    assert told["Волк шёл"][0] == ""
    assert "дороге" in told["Волк шёл"][1]
    assert "lantern" in told["Once there was a lantern."][1]


def test_without_extraction_a_story_without_a_plan_has_none(tmp_path) -> None:
    corpus(tmp_path / "a.txt")
    prepare([tmp_path / "a.txt"], tmp_path / "out", PrepareOptions(vocabulary_size=400, plans=False))
    shards = Shards.open(tmp_path / "out" / "train")
    assert not any(len(shards.plan(index)) for index in range(len(shards)))


def test_twice_the_same(tmp_path) -> None:
    corpus(tmp_path / "a.txt")
    for out in ("one", "two"):
        prepare([tmp_path / "a.txt"], tmp_path / out, OPTIONS)
    files = [path.relative_to(tmp_path / "one") for path in (tmp_path / "one").rglob("*.*")]
    assert len(files) == 23
    for file in files:
        assert (tmp_path / "one" / file).read_bytes() == (tmp_path / "two" / file).read_bytes(), file


def test_workers_write_what_one_process_writes(tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(prepare_module, "_WORTH_WORKERS", 0)
    monkeypatch.setattr(prepare_module, "_BATCH_CHARACTERS", 2_000)
    corpus(tmp_path / "a.txt", stories=80)
    prepare([tmp_path / "a.txt"], tmp_path / "one", PrepareOptions(vocabulary_size=400, workers=1))
    prepare([tmp_path / "a.txt"], tmp_path / "two", PrepareOptions(vocabulary_size=400, workers=2))
    for file in ("train/targets.bin", "train/plans.bin", "valid/targets.idx", "train/meta.json"):
        assert (tmp_path / "one" / file).read_bytes() == (tmp_path / "two" / file).read_bytes(), file


def test_a_worker_that_dies_is_told(monkeypatch) -> None:
    monkeypatch.setattr(sys, "executable", "/bin/false")
    encoder = encoding.StoryEncoder(Tokenizer.train([], "bytes", 264))
    with pytest.raises(ResourceError, match=r"has died.*--workers 1"):
        list(encoding.encode_by_workers(encoder, [[Story("a" * 100_000)]] * 3, 1))


@pytest.mark.parametrize(("sent", "hears"), [(0.0, True), (0.2, True), (0.9, True), (1.0, True), (1.0, False)])
def test_a_worker_whose_parent_is_killed_ends_without_a_word(sent: float, hears: bool) -> None:
    needed = pickle.dumps((Tokenizer.train([], "bytes", 264).to_json(), None, None))
    messages = needed + pickle.dumps([Story("a" * 2 * len(needed))])
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    with subprocess.Popen(command_of("skaz.corpus.worker"), env=environment(), **pipes) as worker:
        if not hears:
            worker.stdout.close()
        worker.stdin.write(messages[: int(sent * len(messages))])
        worker.stdin.close()
        assert worker.stderr.read() == b""


@pytest.mark.skipif(sys.platform == "win32", reason="no groups of processes there")
def test_ctrl_c_is_for_the_parent_and_not_for_its_workers() -> None:
    with encoding._start_worker() as worker:
        try:
            assert os.getpgid(worker.pid) != os.getpgid(0)
        finally:
            encoding._end(worker)


def test_a_script_without_a_main_guard_runs_once(tmp_path) -> None:
    corpus(tmp_path / "a.txt")
    script = tmp_path / "script.py"
    script.write_text(
        "print('ran')\n"
        "from skaz.corpus import prepare as module\n"
        "module._WORTH_WORKERS = 0\n"
        f"corpus, out = {str(tmp_path / 'a.txt')!r}, {str(tmp_path / 'out')!r}\n"
        "module.prepare([corpus], out, module.PrepareOptions(workers=2))\n"
    )
    root = Path(prepare_module.__file__).parents[2]
    ran = subprocess.run(
        [sys.executable, str(script)],
        check=False,
        capture_output=True,
        text=True,
        env={"PYTHONPATH": str(root)},
    )
    assert (ran.returncode, ran.stdout.split()) == (0, ["ran"]), ran.stderr


def test_one_long_text_is_cut_and_nothing_lost(tmp_path) -> None:
    text = "\n".join(f"{n} " + " ".join(random.Random(n).choices(WORDS, k=6)) for n in range(300))
    (tmp_path / "play.txt").write_text(text, encoding="utf-8")
    prepared = prepare([tmp_path / "play.txt"], tmp_path / "out", OPTIONS)
    assert prepared.partition.validation_from == "end"
    assert "".join(stored(tmp_path / "out")) == text
    assert not len(Shards.open(tmp_path / "out" / "train").plan(0))


def test_few_characters_teach_few_tokens(tmp_path: Path) -> None:
    sizes = [vocabulary_size_for(characters) for characters in (0, 100_000, 200_000, 500_000, 800_000, 10**9)]
    assert sizes == [500, 500, 1_000, 2_500, 4_000, 4_000]
    corpus(tmp_path / "a.txt", stories=600)
    options = PrepareOptions(vocabulary_size=None, workers=1)
    noted: list[int] = []

    def notes(size: int) -> dict[str, str]:
        noted.append(size)
        return {"size.txt": str(size)}

    prepared = prepare([tmp_path / "a.txt"], tmp_path / "out", options, notes=notes)
    assert noted == [vocabulary_size_for(prepared.train.characters + prepared.valid.characters)]
    assert 264 < prepared.tokenizer.vocabulary_size <= noted[0]
    assert (tmp_path / "out" / "size.txt").read_text() == str(noted[0])


def test_what_is_held_out_is_read_as_the_rest_is(tmp_path: Path) -> None:
    corpus(tmp_path / "a.txt")
    (tmp_path / "held.txt").write_text("Жила-была лиса. Она спала.\nЖил-был волк. Он шёл.\n", encoding="utf-8")
    prepared = prepare([tmp_path / "a.txt"], tmp_path / "out", OPTIONS, held_out=[tmp_path / "held.txt"])
    assert prepared.valid.stories == 2
    assert prepared.held_out is not None
    assert prepared.held_out.stories == 2


def test_a_given_tokenizer_is_used_again(tmp_path) -> None:
    corpus(tmp_path / "a.txt")
    tokenizer = Tokenizer.train(["abc"], "bytes", 264)
    prepared = prepare([tmp_path / "a.txt"], tmp_path / "out", OPTIONS, tokenizer=tokenizer)
    assert prepared.tokenizer is tokenizer
    assert Tokenizer.load(tmp_path / "out").fingerprint == tokenizer.fingerprint


def test_a_full_disk_leaves_nothing(tmp_path, monkeypatch) -> None:
    corpus(tmp_path / "a.txt")

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(ShardWriter, "write", full)
    with pytest.raises(ResourceError, match=r"disk is full"):
        prepare([tmp_path / "a.txt"], tmp_path / "out", OPTIONS)
    assert [path.name for path in tmp_path.iterdir()] == ["a.txt"]


def test_errors_come_before_the_work(tmp_path) -> None:
    with pytest.raises(RecipeError, match=r"validation_fraction is 0.9: give"):
        PrepareOptions(validation_fraction=0.9)
    with pytest.raises(RecipeError, match=r"workers is 0: give 1 or more"):
        PrepareOptions(workers=0)
    (tmp_path / "a.txt").write_text("One short story.")
    with pytest.raises(CorpusError, match=r"only one story, of 16 characters"):
        prepare([tmp_path / "a.txt"], tmp_path / "out", OPTIONS)
    assert not (tmp_path / "out").exists()


def test_of_a_joint_vocabulary_targets_have_the_part_that_is_theirs(tmp_path: Path) -> None:
    pairs = tmp_path / "pairs.tsv"
    lines = [f"word{number} lighthouse\tслово{number} маяк" for number in range(40)]
    pairs.write_text("\n".join(lines) + "\n", encoding="utf-8")
    options = PrepareOptions(vocabulary_size=400, pairs=Columns())
    prepared = prepare(pairs, tmp_path / "cut", options)
    sources = Tokenizer.load(tmp_path / "cut" / "source_tokenizer.json")
    assert prepared.tokenizer.vocabulary_size < sources.vocabulary_size
    train = Shards.open(tmp_path / "cut" / "train")
    assert sources.decode(train.source(0)).strip().endswith("lighthouse")
    assert prepared.tokenizer.decode(train.target(0)).strip().endswith("маяк")
    prepare(pairs, tmp_path / "whole", dataclasses.replace(options, cut_targets=False))
    assert not (tmp_path / "whole" / "source_tokenizer.json").exists()


def test_how_many_words_stories_have_is_told(tmp_path) -> None:
    lines = dataclasses.replace(OPTIONS, split="line")
    (tmp_path / "a.txt").write_text("\n".join("лиса " * number for number in (3, 1, 2000, 4)), encoding="utf-8")
    said = prepare(tmp_path / "a.txt", tmp_path / "out", lines).reading.lines()
    assert "words in a story: 1 in the shortest, 4 in the median, 2,000 in the longest" in said
    said = prepare(tmp_path / "a.txt", tmp_path / "out", dataclasses.replace(OPTIONS, split="file")).reading.lines()
    assert not any("words in a story" in line for line in said)
    (tmp_path / "pairs.tsv").write_text("лиса\tfox\nёж\thedgehog\n", encoding="utf-8")
    said = prepare(
        tmp_path / "pairs.tsv", tmp_path / "out", dataclasses.replace(OPTIONS, pairs=Columns())
    ).reading.lines()
    assert not any("words in a story" in line for line in said)


def test_what_is_held_out_and_trained_on_as_well_is_told(tmp_path) -> None:
    texts = corpus(tmp_path / "a.txt")
    (tmp_path / "dev.txt").write_text("\n".join([*texts[:3], *(f"{text} Иначе." for text in texts[:5])]), "utf-8")
    lines = dataclasses.replace(OPTIONS, split="line")
    said = prepare([tmp_path / "a.txt"], tmp_path / "out", lines, held_out=[tmp_path / "dev.txt"]).reading.lines()
    assert "held out and trained on as well: 3 stories, so that what is measured is too good" in said
    (tmp_path / "dev.txt").write_text("\n".join(f"{text} Иначе." for text in texts), encoding="utf-8")
    said = prepare([tmp_path / "a.txt"], tmp_path / "out", lines, held_out=[tmp_path / "dev.txt"]).reading.lines()
    assert not any("held out" in line for line in said)


@pytest.mark.parametrize("source_kind", [None, "characters"])
def test_spelt_symbols_are_learnt_as_they_are_read(tmp_path: Path, source_kind: str | None) -> None:
    path = tmp_path / "pairs.tsv"
    path.write_text("".join(f"ā{letter}\tā tʰ {letter}\n" for letter in "bcdefgh"), encoding="utf-8")
    options = PrepareOptions(
        tokenizer_kind="spelt-symbols",
        source_tokenizer_kind=source_kind,  # type: ignore[arg-type]
        pairs=Columns(None, None),
    )
    tokenizer = prepare(path, tmp_path / "out", options).tokenizer
    spelt = [tokenizer.token_bytes[token].decode() for token in encode_sides(tokenizer, ["ā tʰ"])[0]]
    assert spelt == [" a", "\u0304", " t", "ʰ"]
    assert " ā".encode() not in tokenizer.token_bytes
