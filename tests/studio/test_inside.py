"""The room "Look inside" in Chromium: each view of a network shows what the server found in it."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from skaz.corpus.readers import read_stories
from skaz.engine.bundle import open_bundle
from skaz.inside.looking_back import Lens, tokens_of_word
from skaz.inside.subject import Told, open_subject
from skaz.inside.texts import keep_sample
from skaz.server.overlap import index_folder
from skaz.server.settings import ServerSettings

from .axe import AXE, serious_faults, with_axe
from .conftest import Studio
from .test_pages import ready

TEXT = "Ann had a kite. One day the kite was gone."
VIEWS = ("reading", "back", "compare", "attention", "search", "unit", "nearest", "stages")


@pytest.fixture(scope="module")
def staged(tmp_path_factory: pytest.TempPathFactory, stories_file: Path, tiny, started) -> Studio:
    """A studio of two networks of letters, an LSTM with attention and stages and an RNN, whose texts are known."""
    import skaz

    folder = tmp_path_factory.mktemp("inside")
    steps = {"training.steps": 24, "training.validations": 1, "text.tokenizer": "characters"}
    skaz.train(stories_file, folder / "lstm", settings={**tiny, **steps, "training.stages": 4})
    plain = {"model.decoder.cell": "rnn", "model.attention": "none"}
    skaz.train(stories_file, folder / "rnn", settings={**tiny, **steps, **plain})
    state = ServerSettings(folder=folder, pages=True).state_folder
    assert state is not None
    fingerprint = str(open_bundle(folder / "lstm").facts.corpus["fingerprint"])
    keep_sample(index_folder(state, fingerprint), read_stories([stories_file], split="line"))
    return Studio(folder, started).start()


@pytest.fixture
def room(opened, staged: Studio) -> Callable[..., Page]:
    """The room at one of its views, with the text read."""

    def open_(view: str, query: str = "", **wishes: object) -> Page:
        return opened(f"inside/{view}?bundle=lstm&text={TEXT}&plan=kite{query}", at=staged, **wishes)

    return open_


def test_a_sentence_is_read_and_its_units_are_shown(room) -> None:
    page = room("reading")
    page.get_by_label("Text", exact=True).fill("Bo had a drum.")
    page.get_by_role("button", name="Read", exact=True).click()
    text = page.get_by_role("listbox", name="The text, token by token")
    expect(text).to_have_text("Bo had a drum.")
    expect(page.locator(".heat-columns li")).to_have_text([*"Bo␣had␣a␣drum."])
    width = "canvas => canvas.getBoundingClientRect().width"
    assert page.locator("canvas").evaluate(width) == 14 * len("Bo had a drum.")
    assert "text=Bo" in page.url
    expect(page.get_by_text("bits per character")).to_be_visible()
    text.get_by_role("option").first.click()
    page.keyboard.press("ArrowRight")
    expect(text.get_by_role("option", selected=True)).to_have_text("o")
    expect(page.get_by_text("expected:")).to_be_visible()
    page.get_by_role("button", name="Read it slowly").click()
    expect(page.get_by_role("button", name="Pause")).to_be_visible()
    expect(page.get_by_role("button", name="Read it slowly")).to_be_visible()  # it has come to the end
    expect(text.get_by_role("option", selected=True)).to_have_text(".")
    canvas = page.get_by_role("img", name="layer 1, state h, over the text")
    before = canvas.evaluate("canvas => canvas.toDataURL()")
    page.get_by_label("Order of units").select_option("slow")
    expect(canvas).to_be_visible()
    page.wait_for_function("before => document.querySelector('canvas').toDataURL() !== before", arg=before)
    page.get_by_label("Which numbers").select_option("layer 1 forget")
    expect(page.get_by_role("img", name="layer 1, forget gate, over the text")).to_be_visible()
    page.get_by_role("img", name="layer 1, forget gate, over the text").click(position={"x": 5, "y": 5})
    expect(page.get_by_role("tab", name="A unit", selected=True)).to_be_visible()
    page.go_back()
    expect(page.get_by_role("tab", name="States and gates", selected=True)).to_be_visible()


def test_a_word_shows_what_it_looked_back_at(room, staged: Studio) -> None:
    page = room("back")
    subject = open_subject(staged.folder / "lstm")
    first, end = tokens_of_word(subject, TEXT, "day")
    norms_T = Lens(subject).look_back(TEXT, first, end, Told(plan=("kite",))).norms_T
    text = page.get_by_role("listbox", name="The text, token by token")
    text.get_by_role("option").nth(first + 1).hover()
    expect(page.get_by_role("heading", name="What “day” looked back at")).to_be_visible()
    expect(page.get_by_text("Half of what it looked back at")).to_be_visible()
    shades = "spans => spans.map(span => parseInt(span.style.getPropertyValue('--shade')))"
    page.wait_for_function(f"() => ({shades})([...document.querySelectorAll('[role=option]')])[{first - 1}] > 0")
    shown = text.get_by_role("option").evaluate_all(shades)
    assert shown[first:] == [0] * (len(shown) - first)
    assert shown.index(max(shown)) == int(norms_T.argmax())
    text.get_by_role("option").nth(first).focus()
    page.keyboard.press("Home")
    expect(page.get_by_role("heading", name="What “Ann” looked back at")).to_be_visible()
    expect(page.get_by_text("Nothing stands before it.")).to_be_visible()


def test_a_view_that_lost_the_server_asks_again_when_it_is_back(room) -> None:
    page = room("reading")
    expect(page.get_by_text("bits per character")).to_be_visible()
    page.route("**/api/inside/read", lambda route: route.abort(), times=1)
    page.get_by_label("Text", exact=True).fill("Bo had a drum.")
    page.get_by_role("button", name="Read", exact=True).click()
    text = page.get_by_role("listbox", name="The text, token by token")
    expect(text).to_have_text("Bo had a drum.")


def test_a_unit_can_be_chosen_without_a_text(opened, staged: Studio) -> None:
    page = opened("inside/unit?bundle=lstm&text=", at=staged)
    expect(page.locator(".inside-snippet").first).to_be_visible()
    unit = page.get_by_label("Unit", exact=True)
    unit.fill("5")
    unit.blur()
    expect(unit).to_have_value("5")
    assert "unit=5" in page.url


def test_networks_stand_side_by_side(room) -> None:
    page = room("compare")
    page.get_by_label("rnn").check()
    expect(page.get_by_role("article")).to_have_count(2)
    expect(page.get_by_text("24 units, rnn, attention: none")).to_be_visible()
    page.get_by_role("listbox", name="The text, token by token: lstm").get_by_role("option").nth(30).hover()
    expect(page.get_by_text("Half of what it looked back at")).to_have_count(2)
    page.reload()
    expect(page.get_by_role("article")).to_have_count(2)  # the address knows


def test_colours_have_a_scale_and_special_tokens_one_name(room) -> None:
    page = room("attention")
    expect(page.locator(".heat-columns li")).to_have_text(["<plan>", *"kite"])
    expect(page.locator(".heat-scale")).to_have_text(re.compile(r"^0 +0\.\d+$|^0 +1$"))
    page = room("back")
    expect(page.locator(".inside-tokens").first).to_contain_text("<plan>")
    page = room("reading")
    low, high = page.locator(".heat-scale").inner_text().split()
    assert low == f"-{high}"


def test_a_search_is_a_tree_beside_samples(room) -> None:
    page = room("search")
    tree = page.get_by_role("img", name="The search as a tree")
    expect(tree).to_be_visible()
    tokens = tree.locator("g")
    with_dropped = tokens.count()
    expect(tree.locator("g.dropped").first).to_be_visible()
    page.get_by_label("Show what was dropped").uncheck()
    expect(tree.locator("g.dropped")).to_have_count(0)
    assert tokens.count() < with_dropped
    drawn = page.locator("section", has=page.get_by_role("heading", name="Drawn")).last.get_by_role("listitem")
    expect(drawn).to_have_count(4)
    before = drawn.all_inner_texts()
    page.get_by_role("button", name="Draw others").click()
    expect(drawn.first).not_to_have_text(before[0])


def test_a_unit_and_the_nearest_sentences(room) -> None:
    page = room("unit", "&part=layer 1 c&unit=3")
    expect(page.get_by_role("heading", name="Where it is highest")).to_be_visible()
    assert page.locator(".inside-snippet").count() >= 4
    with page.expect_response("**/units") as answer:
        page.get_by_label("Find units that go with").select_option("capital")
    best = answer.value.json()["units"][0]["unit"]
    found = page.get_by_role("button", name=f"unit {best} ")
    found.click()
    expect(found).to_have_attribute("aria-pressed", "true")
    page.get_by_role("tab", name="A unit").press("ArrowRight")
    expect(page.get_by_role("tab", name="Nearest sentences", selected=True)).to_be_focused()
    expect(page.locator(".inside-nearest li")).to_have_count(12)


def test_a_slider_goes_through_the_stages(room) -> None:
    page = room("stages")
    story = page.locator(".inside-stage")
    slider = page.get_by_role("slider", name="Stage")
    expect(slider).to_have_value("4")
    expect(story).not_to_be_empty()
    finished = story.inner_text()
    slider.press("Home")
    expect(slider).to_have_attribute("aria-valuetext", "after 0 updates, 0 s of training")
    expect(story).not_to_have_text(finished)
    slider.press("End")
    expect(story).to_have_text(finished)
    page.get_by_role("button", name="Play").click()
    expect(slider).to_have_value("4", timeout=30_000)


def test_a_network_without_stages_says_how_to_keep_some(opened, staged: Studio) -> None:
    page = opened("inside/stages?bundle=rnn", at=staged)
    expect(page.get_by_text("training.stages=12")).to_be_visible()


def test_what_is_wrong_is_said(opened, staged: Studio) -> None:
    page = opened("inside/unit?bundle=lstm&part=layer 7 h", at=staged)
    expect(page.get_by_text('The network has no "layer 7 h"')).to_be_visible()


@with_axe
@pytest.mark.parametrize("view", VIEWS)
def test_axe_finds_nothing_serious_in_any_view(room, view: str) -> None:
    page = room(view, "&beside=rnn", script=AXE)
    ready(page)
    assert serious_faults(page) == []


@pytest.mark.parametrize("view", VIEWS)
def test_every_view_fits_a_phone_in_russian(room, view: str) -> None:
    page = room(view, "&beside=rnn", viewport={"width": 360, "height": 740}, locale="ru-RU")
    ready(page)
    expect(page.get_by_role("button", name="Прочесть")).to_be_visible()
    assert page.evaluate("() => document.documentElement.scrollWidth") == 360
