"""Uploads and trainings: understood, watched, paused, resumed."""

from __future__ import annotations

import errno
import gzip
import io
import json
import os
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pypandoc
import pytest

from skaz.errors import ResourceError
from skaz.recipe import SIZES
from skaz.recipe_reading import read_recipe
from skaz.server import job as job_files
from skaz.server import jobs
from skaz.server.job import Asked, Job, Standing, read_job
from skaz.server.settings import ServerSettings
from skaz.server.training_choices import PARAMETERS
from tests.server.conftest import read_events


@pytest.fixture
def upload(live: Any, stories_file: Path) -> str:
    files = {"files": ("../../my stories.txt", stories_file.read_bytes())}
    answer = live.client.post("/api/uploads", files=files)
    assert answer.status_code == 201
    assert answer.json()["files"][0]["name"] == "my stories.txt"
    return str(answer.json()["upload"])


def test_what_was_understood(live: Any, upload: str) -> None:
    facts = live.client.post(f"/api/uploads/{upload}/understand").json()
    assert facts["characters"] > 10_000
    assert sum(each["stories"] for each in facts["lengths"]) == facts["stories"]
    assert facts["languages"][0]["language"] == "en"
    assert set(facts["layout"]) == {"en", "ru"}
    assert (facts["split"], facts["stories"]) == ("file", 1)  # lines so short may be verses
    told = live.client.post(f"/api/uploads/{upload}/understand", json={"split": "line"}).json()
    assert (told["split"], told["stories"]) == ("line", 160)
    assert told["too_little"] is None


def test_a_document_is_understood(live: Any) -> None:
    written = "# Лис\n\nЖил лис.\n\n# Фонарь\n\nГорел фонарь.\n".encode()
    command = [pypandoc.get_pandoc_path(), "--from", "markdown", "--to", "docx", "--output", "-"]
    book = subprocess.run(command, input=written, check=True, capture_output=True).stdout
    upload = live.client.post("/api/uploads", files={"files": ("Книга.DOCX", book)}).json()["upload"]
    facts = live.client.post(f"/api/uploads/{upload}/understand").json()
    assert (facts["split"], facts["stories"], facts["examples"]) == ("marker", 2, ["Жил лис.", "Горел фонарь."])


@pytest.mark.parametrize(
    ("count", "en", "ru"),
    [
        (1, "1 row without text is skipped", "1 строка без текста пропущена"),
        (3, "3 rows without text are skipped", "3 строки без текста пропущены"),
        (11, "11 rows without text are skipped", "11 строк без текста пропущено"),
        (21, "21 rows without text are skipped", "21 строка без текста пропущена"),
    ],
)
def test_what_was_skipped_is_counted_in_the_words_of_each_language(live: Any, count: int, en: str, ru: str) -> None:
    rows = ['{"text": "One day a fox came."}', *(['{"text": ""}'] * count)]
    files = {"files": ("a.jsonl", "\n".join(rows).encode())}
    upload = live.client.post("/api/uploads", files=files).json()["upload"]
    told = live.client.post(f"/api/uploads/{upload}/understand").json()["odd_lines"]
    assert [{name: why.replace("\u00a0", " ") for name, why in each["why"].items()} for each in told] == [
        {"en": en, "ru": ru}
    ]


def test_a_fault_is_told_of_the_file_that_has_it_by_its_own_name(live: Any) -> None:
    def told(*files: tuple[str, bytes]) -> str:
        upload = live.client.post("/api/uploads", files=[("files", each) for each in files]).json()["upload"]
        return str(live.client.post(f"/api/uploads/{upload}/understand").json()["error"]["message"])

    assert told(("0002.txt", b"%PDF"), ("0001.txt", b"One day.")).startswith("0002.txt is not text")
    assert told(("0002.txt", b"One day."), ("0001.txt", b"%PDF")).startswith("0001.txt is not text")
    assert told(("0003.txt", b""), ("0001.txt", b"One day."), ("0002.txt", b"%PDF")).startswith("0002.txt is")
    assert told(("0002.TXT.gz", b"no gzip"), ("0001.md", b"One day.")).startswith("0002.TXT.gz is")
    assert told(("Моя книга.docx", b"PK\x03\x04")).startswith("Моя книга.docx can't be read as .docx (")
    assert told(("Книга.FB2.zip", b"PK")).startswith("Книга.FB2.zip can't be read as .fb2.zip (")


def test_what_can_t_be_read_is_left_out_and_named(live: Any) -> None:
    given = [("пустой.txt", b" \n"), ("обложка.png", b"\x89PNG"), ("мои/Сказки.txt", b"One day.\n***\nTwo.\n***\nTen.")]
    answer = live.client.post("/api/uploads", files=[("files", each) for each in given]).json()
    assert answer["files"] == [{"name": "Сказки.txt", "bytes": 26}]
    assert answer["left_out"] == [{"name": "пустой.txt", "why": "empty"}, {"name": "обложка.png", "why": "kind"}]
    assert live.client.post(f"/api/uploads/{answer['upload']}/understand").json()["stories"] == 3
    refused = live.client.post("/api/uploads", files=[("files", each) for each in given[:2]])
    error = refused.json()["error"]
    assert (refused.status_code, error["code"]) == (400, "texts_unusable")
    assert error["message"].startswith("пустой.txt is empty; обложка.png is of a kind that is not read. Give files")
    assert (error["about"]["reason"], error["about"]["left_out"]) == ("nothing_to_read", answer["left_out"])


@pytest.mark.parametrize(
    ("name", "content", "about"),
    [
        (
            "таблица.csv",
            "Рассказ;год\nЖил;1901\n".encode(),
            {"reason": "no_column", "columns": ["Рассказ", "год"]},
        ),
        ("a.jsonl", b'{"story": "One day."}\n', {"reason": "no_column", "columns": ["story"]}),
        ("a.txt", b"%PDF-1.7", {"reason": "no_text"}),
        ("a.txt", "Жил-был лис. ".encode() * 40 + b"\xd0", {"reason": "no_text"}),
        ("a.docx", b"PK\x03\x04", {"reason": "damaged"}),
        ("a.jsonl", b"{", None),  # the sentence tells it
    ],
)
def test_common_faults_of_texts_have_names(live: Any, name: str, content: bytes, about: dict[str, Any] | None) -> None:
    upload = live.client.post("/api/uploads", files={"files": (name, content)}).json()["upload"]
    error = live.client.post(f"/api/uploads/{upload}/understand").json()["error"]
    assert error.get("about") == (None if about is None else {**about, "file": name})


def test_one_short_story_is_known_for_too_little_and_a_run_with_it_has_no_hope(live: Any) -> None:
    told = "Жил-был лис, и был у него фонарь."
    upload = live.client.post("/api/uploads", files={"files": ("a.txt", told.encode())}).json()["upload"]
    too_little = {"reason": "one_story", "characters": len(told), "least": 200}
    assert live.client.post(f"/api/uploads/{upload}/understand").json()["too_little"] == too_little
    asked = {"data": {"upload": upload}, "name": "hopeless", "size": "tiny", "minutes": 1}
    job = live.client.post("/api/jobs", json=asked).json()["job"]
    with live.client.stream("GET", f"/api/jobs/{job}/events") as answer:
        (failure,) = [data for name, data in read_events(answer) if name == "failed"]
    assert failure["message"].startswith("There is only one story")
    standing = live.client.get(f"/api/jobs/{job}").json()
    for each in (failure, standing):
        assert (each["code"], each["about"]) == ("texts_unusable", too_little)
    assert (standing["state"], standing["can_go_on"]) == ("failed", False)


def test_a_table_among_texts_makes_no_table_of_them(live: Any) -> None:
    given = [("a.txt", b"One day a fox came."), ("b.jsonl", b'{"text": "Two.", "title": "T"}\n')]
    upload = live.client.post("/api/uploads", files=[("files", each) for each in given]).json()["upload"]
    layout = live.client.post(f"/api/uploads/{upload}/understand").json()["layout"]
    assert layout["en"] == "Each file is one text. Of tables, columns used: text, title."
    assert layout["ru"] == "Каждый файл — один текст. Из таблиц взяты столбцы: text, title."


def test_files_in_old_encodings_are_named_as_they_came(live: Any) -> None:
    text = "Жила-была старая лиса, и было у неё три лисёнка.".encode("cp1251")
    files = [("files", ("Мои сказки.txt", text)), ("files", ("b.txt.gz", gzip.compress(text)))]
    upload = live.client.post("/api/uploads", files=files).json()["upload"]
    layout = live.client.post(f"/api/uploads/{upload}/understand").json()["layout"]
    named = "Мои сказки.txt (Windows-1251), b.txt.gz (Windows-1251)"
    assert layout["en"].endswith(f" In an old encoding: {named}.")
    assert layout["ru"].endswith(f" В старой кодировке: {named}.")


def test_a_training_is_watched_paused_and_goes_on(live: Any, upload: str, tiny: dict[str, Any]) -> None:
    settings = {name: value for name, value in tiny.items() if name not in ("size", "training.threads")}
    asked = {"data": {"upload": upload}, "name": "learnt", "minutes": 0.2, "size": "tiny", "settings": settings}
    job = live.client.post("/api/jobs", json=asked).json()["job"]
    assert live.client.post("/api/jobs", json=asked).json()["error"]["code"] == "name_taken"
    seen: list[str] = []
    with live.client.stream("GET", f"/api/jobs/{job}/events") as answer:
        for name, _ in read_events(answer):
            seen.append(name)
            if name == "sample":
                break
    live.client.post(f"/api/jobs/{job}/pause")
    with live.client.stream("GET", f"/api/jobs/{job}/events", headers={"Last-Event-ID": str(len(seen))}) as answer:
        rest = [name for name, _ in read_events(answer)]
    assert rest[-1] == "state"
    if live.client.get(f"/api/jobs/{job}").json()["state"] == "paused":
        assert live.client.post(f"/api/jobs/{job}/resume").json()["state"] in ("waiting", "running")
    with live.client.stream("GET", f"/api/jobs/{job}/events") as answer:
        whole = [name for name, _ in read_events(answer)]
    assert whole[: len(seen)] == seen
    assert {"progress", "validated", "saved", "finished"} <= set(whole)
    assert live.client.get(f"/api/jobs/{job}").json()["state"] == "finished"
    packed = live.client.get(f"/api/jobs/{job}/bundle")
    with zipfile.ZipFile(io.BytesIO(packed.content)) as bundle:
        assert json.loads(bundle.read("learnt/bundle.json"))["corpus"]["names"] == ["my stories.txt"]
        assert bundle.read("learnt/card.md").startswith(b"# my stories.txt\n")
    runs = live.client.post(
        "/api/overlap", json={"bundle": "learnt", "text": "Ann had a lantern. One day the lantern sang."}
    )
    assert runs.json()["runs"][0]["words"] >= 7
    assert runs.json()["texts"] == ["my stories.txt"]
    assert len(live.client.post("/api/plan", json={"bundle": "learnt", "seed": 1}).json()["plan"]) == 5


def test_a_training_starts_from_a_bundle_that_is_served_and_does_what_that_does(
    serve: Callable[..., Any], transducer: Any, tmp_path: Path
) -> None:
    shutil.copytree(transducer.bundle, tmp_path / "studio" / "spelt")
    with serve(ServerSettings(folder=tmp_path / "studio")) as live:
        files = {"files": ("pairs.tsv", transducer.table.read_bytes())}
        upload = live.client.post("/api/uploads", files=files).json()["upload"]
        asked = {"data": {"upload": upload}, "name": "further", "minutes": 0.1, "start_from": "spelt"}
        refused = live.client.post("/api/jobs", json={**asked, "task": "write"}).json()["error"]
        assert "task would make another network than spelt" in refused["message"]
        job = live.client.post("/api/jobs", json=asked).json()["job"]
        with live.client.stream("GET", f"/api/jobs/{job}/events") as answer:
            events = list(read_events(answer))
        assert events[-1] == ("state", {"state": "finished", "message": None}), events
        assert any(name == "said" and data["text"].startswith("started from") for name, data in events)
        assert str(tmp_path) not in json.dumps(events)
        assert live.client.get(f"/api/jobs/{job}").json()["task"] == "transduce"
        packed = live.client.get(f"/api/jobs/{job}/bundle")
    with zipfile.ZipFile(io.BytesIO(packed.content)) as bundle:
        assert json.loads(bundle.read("further/bundle.json"))["run"]["started_from"].startswith("spelt (")
        assert b"start_from" not in bundle.read("further/recipe.toml")  # where it lies here is no one's business


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"name": "../x"}, "invalid_body"),
        ({"start_from": "nobody"}, "no_bundle"),
        ({"settings": {"training.start_from": "/etc"}}, "setting_unusable"),
        ({"name": "𝒳" * 62}, "invalid_body"),  # 248 bytes
        ({"settings": {"training.embeddings": "/etc/passwd"}}, "setting_unusable"),
        ({"settings": {"model.cell": 1}}, "setting_unusable"),
        ({"data": {"exercise": "sums"}}, "no_exercise"),
        ({"data": {"upload": "0" * 16}}, "no_upload"),
    ],
)
def test_what_can_t_be_trained_is_said(live: Any, change: dict[str, Any], code: str) -> None:
    body = {"data": {"tales": "en"}, "name": "x", "minutes": 1, **change}
    assert live.client.post("/api/jobs", json=body).json()["error"]["code"] == code


EXERCISE = {"data": {"exercise": "words:en"}, "size": "tiny"}


def test_a_job_is_not_named_like_a_bundle_that_is_served_from_elsewhere(
    bundle: Path, serve: Callable[..., Any], tmp_path: Path
) -> None:
    with serve(ServerSettings(bundles=(bundle,), folder=tmp_path)) as stranger:
        answer = stranger.client.post("/api/jobs", json={**EXERCISE, "name": "teller"})
        assert (answer.status_code, answer.json()["error"]["code"]) == (409, "name_taken")
        assert "choose another name" in answer.json()["error"]["message"]


@pytest.mark.parametrize("name", ["Con", "lpt1", "x" * 65, "a/b"])
def test_a_name_that_no_folder_can_have_everywhere_is_refused(live: Any, name: str) -> None:
    before = live.client.get("/api/jobs").json()
    assert live.client.post("/api/jobs", json={**EXERCISE, "name": name}).status_code == 422
    assert live.client.get("/api/jobs").json() == before


@pytest.fixture
def done_by_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    """The process of a training ends at once, without a word."""
    monkeypatch.setattr(jobs, "WORKER", (sys.executable, "-S", "-c", ""))


@pytest.mark.usefixtures("done_by_nobody")
def test_the_name_of_a_failed_job_is_free_unless_it_can_go_on(serve: Callable[..., Any], tmp_path: Path) -> None:
    with serve(ServerSettings(folder=tmp_path)) as served:

        def begin() -> Any:
            return served.client.post("/api/jobs", json={**EXERCISE, "name": "n"})

        def go_on(job: str) -> Any:
            return served.client.post(f"/api/jobs/{job}/resume")

        first = begin().json()["job"]
        _until_failed(served, first)
        assert go_on(first).status_code == 200
        _until_failed(served, first)
        second = begin().json()["job"]
        _until_failed(served, second)
        assert go_on(first).json()["error"]["code"] == "name_taken"  # else it would go on with the second one's run
        (tmp_path / "n.run").mkdir()
        refused = begin()
        assert (refused.status_code, refused.json()["error"]["code"]) == (409, "name_taken")
        assert "go on with it" in refused.json()["error"]["message"]
        assert go_on(second).status_code == 200


def _until_failed(served: Any, job: str) -> None:
    with served.client.stream("GET", f"/api/jobs/{job}/events") as answer:
        assert list(read_events(answer))
    assert served.client.get(f"/api/jobs/{job}").json()["state"] == "failed"


@pytest.mark.usefixtures("done_by_nobody")
def test_a_job_s_bundle_is_its_own_and_of_a_killed_server_it_knows_how_long_it_took(
    bundle: Path, serve: Callable[..., Any], tmp_path: Path
) -> None:
    """A folder as a server left it that was killed, served beside another bundle of the job's name."""
    folder = tmp_path / ".studio" / "jobs" / ("0" * 16)
    asked = Asked("teller", ["words:en"], "transduce", "tiny", 1.0, {})
    job = Job(folder.name, folder, Standing(asked, "running", "2026-01-01", bundle="teller"), [])
    job.save()
    job.tell("progress", {"seconds": 6.5, "left_s": 53.5})
    shutil.copytree(bundle, tmp_path / "teller")
    (tmp_path / "teller" / "mine.txt").write_text("own", encoding="utf-8")
    with serve(ServerSettings(bundles=(bundle,), folder=tmp_path)) as served:
        told = served.client.get(f"/api/jobs/{folder.name}").json()
        assert (told["state"], told["seconds"], told["left_s"]) == ("paused", 6.5, 53.5)
        packed = served.client.get(f"/api/jobs/{folder.name}/bundle")
        with zipfile.ZipFile(io.BytesIO(packed.content)) as unpacked:
            assert unpacked.read("teller/mine.txt") == b"own"


@pytest.mark.usefixtures("done_by_nobody")
@pytest.mark.parametrize("has_begun", [True, False])
def test_a_job_whose_process_ended_with_its_bundle_made_is_finished(
    bundle: Path, serve: Callable[..., Any], tmp_path: Path, has_begun: bool
) -> None:
    folder = tmp_path / ".studio" / "jobs" / ("0" * 16)
    asked = Asked("told", ["words:en"], "transduce", "tiny", 1.0, {})
    job = Job(folder.name, folder, Standing(asked, "failed", "2026-01-01"), [])
    job.save()
    job.tell("begun" if has_begun else "preparing", {})
    shutil.copytree(bundle, tmp_path / "told")
    with serve(ServerSettings(folder=tmp_path)) as served:
        assert served.client.post(f"/api/jobs/{folder.name}/resume").status_code == 200
        with served.client.stream("GET", f"/api/jobs/{folder.name}/events") as answer:
            list(read_events(answer))
        told = served.client.get(f"/api/jobs/{folder.name}").json()
        assert told["state"] == ("finished" if has_begun else "failed")


@pytest.mark.parametrize("cut", [1, 8, 30])
def test_a_line_that_was_cut_off_costs_no_training_and_no_other_line(tmp_path: Path, cut: int) -> None:
    """As a power failure or a full disk leaves the events: within a letter, a word, the line's beginning."""
    folder = tmp_path / ("0" * 16)
    job = Job(folder.name, folder, Standing(Asked("n", [], "write", None, 1.0, {}), "running", "2026-01-01"), [])
    job.save()
    job.tell("progress", {"seconds": 6.5})
    job.tell("sample", {"text": "ёж"})
    events = folder / "events.jsonl"
    whole = events.read_bytes()
    events.write_bytes(whole[: len(whole) - len('ж"}}\n'.encode()) + 2 - cut])
    once = read_job(folder)
    assert once is not None
    assert [name for name, _ in once.events] == ["progress", "state"]
    assert (once.standing.state, once.standing.seconds) == ("paused", 6.5)
    once.tell("sample", {"text": "ёж"})
    again = read_job(folder)
    assert again is not None
    assert again.events == once.events


@pytest.mark.usefixtures("done_by_nobody")
def test_where_nothing_can_be_written_a_job_begins_or_ends_all_the_same(
    monkeypatch: pytest.MonkeyPatch, serve: Callable[..., Any], tmp_path: Path
) -> None:
    def refuse(path: Path, text: str) -> None:
        raise ResourceError("The disk is full.")

    with serve(ServerSettings(folder=tmp_path)) as served:
        kept = served.client.post("/api/jobs", json={**EXERCISE, "name": "n"}).json()["job"]
        _until_failed(served, kept)
        assert "nothing was saved" in served.client.get(f"/api/jobs/{kept}").json()["message"]
        with monkeypatch.context() as full:
            full.setattr(job_files, "write_text", refuse)
            answer = served.client.post("/api/jobs", json={**EXERCISE, "name": "other"})
            assert (answer.status_code, answer.json()["error"]["code"]) == (507, "no_room")
            assert [each["job"] for each in served.client.get("/api/jobs").json()["jobs"]] == [kept]
            assert served.client.post(f"/api/jobs/{kept}/resume").status_code == 200
            _until_failed(served, kept)


def test_what_the_disk_had_no_room_for_is_written_when_it_has(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    folder = tmp_path / ("0" * 16)
    telling = Job(folder.name, folder, Standing(Asked("n", [], "write", None, 1.0, {}), "failed", "2026-01-01"), [])
    telling.save()
    telling.tell("begun", {})

    def refuse(path: Path, mode: str) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as full:
        full.setattr(Path, "open", refuse)
        telling.tell("saved", {})
    telling.tell("failed", {"message": "m"})
    again = read_job(folder)
    assert again is not None
    assert again.events == [("begun", {}), ("saved", {}), ("failed", {"message": "m"})]


def test_what_a_process_told_of_its_fault_can_be_read(
    monkeypatch: pytest.MonkeyPatch, serve: Callable[..., Any], tmp_path: Path
) -> None:
    fault = """print('{"event": "saved", "data": {}}', flush=True); 1 / 0"""
    monkeypatch.setattr(jobs, "WORKER", (sys.executable, "-S", "-c", fault))
    with serve(ServerSettings(folder=tmp_path)) as served:
        failed = served.client.post("/api/jobs", json={**EXERCISE, "name": "n"}).json()["job"]
        _until_failed(served, failed)
        message = served.client.get(f"/api/jobs/{failed}").json()["message"]
    assert "(code 1); it can go on from its last save." in message
    place = message.rpartition(" stands in ")[2].removesuffix(".")
    assert "ZeroDivisionError" in (tmp_path / place).read_text(encoding="utf-8")


@pytest.mark.usefixtures("done_by_nobody")
def test_an_upload_goes_when_no_training_may_read_it(serve: Callable[..., Any], tmp_path: Path) -> None:
    uploads = tmp_path / ".studio" / "uploads"

    def kept(served: Any) -> str:
        files = {"files": ("a.txt", b"One day a fox came.")}
        return str(served.client.post("/api/uploads", files=files).json()["upload"])

    with serve(ServerSettings(folder=tmp_path)) as served:
        unused, left, recent, learnt = (kept(served) for _ in range(4))
        job = served.client.post("/api/jobs", json={"data": {"upload": learnt}, "name": "n", "size": "tiny"}).json()[
            "job"
        ]
        _until_failed(served, job)
        refused = served.client.delete(f"/api/uploads/{learnt}")
        assert (refused.status_code, refused.json()["error"]["code"]) == (409, "upload_in_use")
        assert served.client.delete(f"/api/uploads/{unused}").status_code == 204
        assert served.client.delete(f"/api/uploads/{unused}").json()["error"]["code"] == "no_upload"
    assert {each.name for each in uploads.iterdir()} == {left, recent, learnt}
    for old in (left, learnt):
        os.utime(uploads / old, (0, 0))
    job_file = tmp_path / ".studio" / "jobs" / job / "job.json"
    whole = job_file.read_bytes()
    for content, there in ((b"{}", {left, recent, learnt}), (whole, {recent, learnt})):
        job_file.write_bytes(content)
        with serve(ServerSettings(folder=tmp_path)):
            assert {each.name for each in uploads.iterdir()} == there


def test_the_sizes_are_what_they_are_said_to_be() -> None:
    import torch

    from skaz.nn.seq2seq import Seq2Seq

    assert set(PARAMETERS) == set(SIZES)
    for name, parameters in PARAMETERS.items():
        model = Seq2Seq(read_recipe(size=name).model, 4000, torch.Generator(), None)  # type: ignore[arg-type]
        assert model.n_parameters() == parameters


def test_the_texts_of_a_bundle_that_was_trained_elsewhere_can_be_given(
    bundle: Path, serve: Callable[..., Any], tmp_path: Path, stories_file: Path
) -> None:
    told = stories_file.read_bytes()
    with serve(ServerSettings(bundles=(bundle,), folder=tmp_path)) as stranger:

        def give(content: bytes) -> Any:
            files = {"files": ("told.txt", content)}
            upload = stranger.client.post("/api/uploads", files=files).json()["upload"]
            return stranger.client.post("/api/texts", json={"bundle": "teller", "upload": upload})

        others = give(told[: len(told) // 2])
        assert (others.status_code, others.json()["error"]["code"]) == (400, "other_texts")
        assert give(told).json()["stories"] == 160
        text = f"Well. {told.decode().splitlines()[0]}"
        runs = stranger.client.post("/api/overlap", json={"bundle": "teller", "text": text}).json()["runs"]
        assert runs[0]["words"] >= 15
        assert list((tmp_path / ".studio" / "texts").glob("*/sample.jsonl"))
