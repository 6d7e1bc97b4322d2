"""The room to train in: files come in, a network learns, a bundle comes out."""

from __future__ import annotations

import re
import zipfile
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from .conftest import Studio
from .writing import field_of, shorten

STARTS_MS = 90_000  # PyTorch is loaded in a process of its own


@pytest.fixture
def marked(stories_file: Path, tmp_path: Path) -> Path:
    """The stories with *** between them: a layout that no one can take for another."""
    path = tmp_path / "marked.txt"
    path.write_text("\n***\n".join(stories_file.read_text(encoding="utf-8").splitlines()), encoding="utf-8")
    return path


def drop(page: Page, *paths: Path) -> None:
    page.locator("input[type=file]").set_input_files(paths)


def test_files_are_understood(opened, marked: Path) -> None:
    page = opened("train")
    drop(page, marked)
    expect(page.locator("strong")).to_have_text("160 stories")
    expect(page.get_by_text("Lines such as ***, or headings, stand between the stories.")).to_be_visible()
    page.locator("summary", has_text="Some of the stories").click()
    expect(page.locator(".example").first).to_contain_text("One day the")


def test_files_that_are_laid_out_differently_are_told_apart(opened, marked: Path, tmp_path: Path) -> None:
    page = opened("train")
    (tmp_path / "tale.txt").write_text("Once there was a fox. It had a kite and a drum.", encoding="utf-8")
    drop(page, tmp_path / "tale.txt", marked)
    expect(page.locator("strong")).to_have_text("161 stories")
    expect(page.locator(".parts li")).to_have_text(
        [re.compile("^marked.txt: 160 stories. Lines such as"), "tale.txt: 1 story. Each file is one text."]
    )
    page.get_by_label("Language").select_option("ru")
    expect(page.locator(".parts li").last).to_have_text("tale.txt: 1 история. Каждый файл — один текст.")


def test_files_that_are_replaced_are_let_go_of(opened, studio: Studio, marked: Path) -> None:
    page = opened("train")
    with page.expect_response("**/api/uploads") as first:
        drop(page, marked)
    expect(page.locator("strong")).to_have_text("160 stories")
    with page.expect_response(lambda answer: answer.request.method == "DELETE") as gone:
        drop(page, marked)
    assert gone.value.status == 204
    assert gone.value.url.endswith(first.value.json()["upload"])
    expect(page.locator("strong")).to_have_text("160 stories")
    assert not (studio.folder / ".studio" / "uploads" / first.value.json()["upload"]).exists()


def test_how_stories_lie_in_a_file_can_be_said_and_a_wrong_task_taken_back(opened, stories_file: Path) -> None:
    page = opened("train")
    drop(page, stories_file)  # lines so short may be verses of one text
    expect(page.locator("strong")).to_have_text("1 story")
    page.get_by_label("The network is to learn").select_option("translate")
    expect(page.get_by_text("That did not work: ")).to_be_visible()
    page.get_by_label("The network is to learn").select_option("write")
    page.get_by_label("How the stories lie in the files").select_option("line")
    expect(page.locator("strong")).to_have_text("160 stories")
    expect(page.get_by_text("A story a line.")).to_be_visible()
    with page.expect_request("**/api/jobs") as asked:
        page.route("**/api/jobs", lambda route: route.abort())
        page.get_by_role("button", name="Start").click()
    assert asked.value.post_data_json["settings"] == {"text.split": "line"}


def test_a_training_starts_from_a_model_whose_size_it_has(opened, marked: Path) -> None:
    page = opened("train")
    drop(page, marked)
    page.get_by_label("Size of the network").select_option("tiny")
    page.get_by_label("Start from").select_option("teller")
    expect(page.get_by_label("Size of the network")).to_be_disabled()
    expect(page.get_by_text("As teller has it.")).to_be_visible()
    with page.expect_request("**/api/jobs") as asked:
        page.route("**/api/jobs", lambda route: route.abort())
        page.get_by_role("button", name="Start", exact=True).click()
    assert asked.value.post_data_json["start_from"] == "teller"
    assert asked.value.post_data_json["size"] is None


def test_a_training_that_failed_says_why_and_can_be_tried_again_where_that_may_help(
    opened, studio: Studio, tmp_path: Path
) -> None:
    page = opened("train")
    (tmp_path / "short.txt").write_text("Once.\n", encoding="utf-8")
    with page.expect_response("**/api/uploads") as sent:
        drop(page, tmp_path / "short.txt")
    expect(page.get_by_role("alert")).to_contain_text("Too little to learn from: there is only one story")
    expect(page.get_by_role("button", name="Start")).to_have_count(0)
    asked = {"data": {"upload": sent.value.json()["upload"]}, "name": "short", "minutes": 1, "task": "write"}
    job = page.request.post(f"{studio.address}/api/jobs", data=asked).json()["job"]  # as another client may
    page.goto(f"{studio.address}/#/train/{job}")
    page.reload()
    expect(page.locator(".facts")).to_contain_text("failed", timeout=STARTS_MS)
    expect(page.get_by_role("alert")).to_contain_text("That did not work: There is only one story")
    expect(page.get_by_role("button", name="Go on")).to_have_count(0)
    expect(page.get_by_text("The first figures come in a moment.")).to_have_count(0)
    page.get_by_label("Language").select_option("ru")
    expect(page.get_by_role("alert")).to_have_text(re.compile("Не получилось: история всего одна, и в ней 5 знаков"))
    page.get_by_label("Язык").select_option("en")
    page.route("**/api/jobs", lambda route: route.fulfill(json=_all_can_go_on(route.fetch().json())))
    page.reload()
    page.get_by_role("button", name="Go on").click()
    expect(page.locator(".facts")).to_contain_text(re.compile("waiting|learning"))
    expect(page.locator(".facts")).to_contain_text("failed", timeout=STARTS_MS)


def _all_can_go_on(told: dict[str, list[dict[str, object]]]) -> dict[str, list[dict[str, object]]]:
    return {"jobs": [{**job, "can_go_on": job["state"] == "failed"} for job in told["jobs"]]}


def test_files_that_cannot_be_read_are_left_out_and_named(opened, marked: Path, tmp_path: Path) -> None:
    page = opened("train")
    (tmp_path / "nothing.txt").write_text(" \n", encoding="utf-8")
    (tmp_path / "cover.png").write_bytes(b"\x89PNG")
    drop(page, tmp_path / "nothing.txt", marked, tmp_path / "cover.png")
    expect(page.locator("strong")).to_have_text("160 stories")
    left_out = "Left out: nothing.txt (empty), cover.png (of a kind that is not read)."
    expect(page.get_by_text(left_out)).to_be_visible()


def test_why_nothing_can_be_read_stays_there(opened, tmp_path: Path) -> None:
    page = opened("train")
    page.clock.install()
    (tmp_path / "nothing.txt").write_text(" \n", encoding="utf-8")
    drop(page, tmp_path / "nothing.txt")
    expect(page.get_by_role("alert")).to_contain_text("That did not work: nothing.txt is empty.")
    expect(page.get_by_role("button", name="Start")).to_have_count(0)
    page.clock.fast_forward(60_000)
    page.get_by_label("Language").select_option("ru")
    expect(page.get_by_role("alert")).to_contain_text("Не получилось: файл «nothing.txt» пуст.")
    page.get_by_role("button", name="Закрыть").click()
    expect(page.get_by_role("alert")).to_have_count(0)


def test_a_name_that_no_folder_may_have_is_not_sent(opened, marked: Path) -> None:
    page = opened("train")
    drop(page, marked)
    name = page.get_by_label("Name of the model")
    for given, fits in (
        ("a/b", False),
        ("-a", False),
        (" Мой котик 2 ", True),
        ("é_", True),
        ("a" * 65, False),
        ("", True),
    ):
        name.fill(given)
        assert name.evaluate("input => input.validity.valid") == fits, given


def test_a_network_learns_pauses_goes_on_and_writes(opened, marked: Path, tmp_path: Path) -> None:
    page = opened("train")
    drop(page, marked)
    page.get_by_label("Minutes").fill("1")
    page.get_by_label("Size of the network").select_option("tiny")
    page.get_by_label("Name of the model").fill("little")
    page.get_by_role("button", name="Start").click()
    expect(page.get_by_role("region", name="little")).to_be_focused()
    expect(page.get_by_role("heading", name="little")).to_be_in_viewport()
    expect(page.locator(".sample").first).to_be_visible(timeout=STARTS_MS)
    expect(page.get_by_role("img", name="What it has yet to learn")).to_be_visible()
    page.get_by_role("button", name="Pause").click()
    expect(page.get_by_role("button", name="Pausing…")).to_be_disabled()
    expect(page.locator(".facts")).to_contain_text("paused", timeout=STARTS_MS)
    page.get_by_role("button", name="Go on").click()
    expect(page.locator(".facts")).to_contain_text("learning")
    page.get_by_role("button", name="Stop").click()
    expect(page.locator(".facts")).to_contain_text("stopped", timeout=STARTS_MS)
    with page.expect_download() as found:
        page.get_by_role("link", name="Download").click()
    found.value.save_as(tmp_path / "bundle.zip")
    with zipfile.ZipFile(tmp_path / "bundle.zip") as packed:
        assert any(name.endswith("bundle.json") for name in packed.namelist())
    page.reload()
    expect(page.locator(".sample").first).to_be_visible()
    page.get_by_role("link", name="Write with it").click()
    page.locator("summary", has_text="Model").click()
    expect(page.get_by_label("Model", exact=True)).to_have_value("little")
    shorten(page)
    field_of(page).focus()
    assert any(writes(page) for _ in range(5))


def writes(page: Page) -> bool:
    """Whether the model writes something when asked once: so young a one may take a story for over as it begins."""
    page.keyboard.press("Control+Enter")
    try:
        expect(field_of(page)).not_to_have_value("", timeout=4_000)
    except AssertionError:
        return False
    return True
