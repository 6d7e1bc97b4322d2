"""What holds in every room: both languages, light and dark, a phone, a screen reader, a server that goes away."""

from __future__ import annotations

import gzip
import re
import shutil
from pathlib import Path
from urllib.request import urlopen

import pytest
from playwright.sync_api import Page, expect

from .axe import AXE, serious_faults, with_axe
from .conftest import Studio
from .writing import field_of, type_text

ROOMS = ("write?new=1", "train", "inside", "lab")


def test_the_pages_are_small_and_hold_no_script_of_their_own(studio: Studio) -> None:
    """300 kB compressed in all; and with a script inside, the Content-Security-Policy would stop it."""
    with urlopen(studio.address, timeout=30) as answer:
        index = answer.read().decode()
        policy = answer.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    names = re.findall(r'(?:src|href)="(/[^"]+)"', index)
    assert {Path(name).suffix for name in names} == {".js", ".css", ".svg"}
    sizes = [len(gzip.compress(index.encode()))]
    for name in names:
        with urlopen(f"{studio.address}{name}", timeout=30) as answer:
            sizes.append(len(gzip.compress(answer.read())))
    assert sum(sizes) < 300_000
    assert not re.search(r"<script(?![^>]* src=)|<style| style=| on\w+=", index)


def ready(page: Page) -> None:
    """The room is there, with what it has asked for."""
    page.wait_for_load_state("networkidle")


@with_axe
@pytest.mark.parametrize("room", ROOMS)
def test_axe_finds_nothing_serious(opened, room: str) -> None:
    page = opened(room, script=AXE)
    ready(page)
    for panel in page.locator("main details > summary").all():
        panel.click()
    assert serious_faults(page) == []


@pytest.mark.parametrize("room", ROOMS)
def test_a_phone_shows_it_without_scrolling_sideways(opened, room: str) -> None:
    page = opened(room, viewport={"width": 360, "height": 740})
    ready(page)
    assert page.evaluate("() => document.documentElement.scrollWidth") == 360


def test_the_language_is_the_browsers_until_one_chooses(opened) -> None:
    page = opened("train", locale="ru-RU")
    expect(page.get_by_role("link", name="Писать")).to_be_visible()
    page.get_by_label("Язык").select_option("en")
    expect(page.get_by_role("link", name="Look inside")).to_be_visible()
    assert page.evaluate("() => document.documentElement.lang") == "en"
    page.reload()
    expect(page.get_by_role("link", name="Look inside")).to_be_visible()


def test_colours_follow_the_person(opened) -> None:
    page = opened("train", color_scheme="light")
    paper = "() => getComputedStyle(document.body).backgroundColor"
    light = page.evaluate(paper)
    page.get_by_label("Colours").select_option("dark")
    assert page.evaluate(paper) != light
    page.reload()
    assert page.evaluate(paper) != light


def test_keys_lead_through_the_rooms_and_are_told(opened) -> None:
    page = opened()
    expect(field_of(page)).to_be_visible()
    page.keyboard.press("Alt+2")
    expect(page.get_by_role("main", name="Train")).to_be_focused()
    page.keyboard.press("?")
    expect(page.get_by_role("dialog")).to_contain_text("Alt+2")
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    page.go_back()
    expect(field_of(page)).to_be_visible()
    field_of(page).blur()
    page.keyboard.press("?")
    expect(page.get_by_role("dialog")).to_be_visible()
    page.keyboard.press("Escape")  # which stops the model, in this room, but not now
    expect(page.get_by_role("dialog")).to_have_count(0)


def test_a_server_that_goes_away_loses_nothing(opened, bundle: Path, started, tmp_path: Path) -> None:
    shutil.copytree(bundle, tmp_path / "teller")
    own = Studio(tmp_path, started).start()
    page = opened(at=own)
    type_text(page, "It rained.")
    expect(page.locator(".status")).to_contain_text("Saved")
    own.stop()
    type_text(page, " Then it")
    expect(page.get_by_role("alert")).to_contain_text("The server does not answer")
    page.close()  # and what was typed is in this browser alone
    own.start()
    again = page.context.new_page()
    again.goto(f"{own.address}/#/write")
    expect(field_of(again)).to_have_value("It rained. Then it")
    own.stop()
    type_text(again, " snowed.")
    expect(again.get_by_role("alert")).to_be_visible()
    own.start()
    expect(again.get_by_role("alert")).to_have_count(0)
    expect(again.locator(".status")).to_contain_text("Saved")
