"""The room to write in, driven as a writer does."""

from __future__ import annotations

import json
import re
import shutil
import zipfile
from pathlib import Path

import pytest
from playwright.sync_api import Page, Route, expect

from .axe import AXE, serious_faults, with_axe
from .conftest import Studio
from .writing import ask_four_ways, click_at, field_of, let_write, saved, shorten, text_of, type_text, versions, written

OPENING = "Ann had a kite, and one day"  # amid a sentence, where no model comes to its end


@pytest.fixture
def page(opened) -> Page:
    """A new story that has begun."""
    page = opened()
    shorten(page)
    type_text(page, OPENING)
    return page


def test_a_story_goes_on_in_place_and_is_there_when_the_browser_comes_back(page: Page) -> None:
    story = let_write(page)
    assert story.startswith(OPENING)
    page.get_by_label("Title of the story").fill("The Kite")
    page.get_by_label("Name of this version").fill("first try")
    page.get_by_label("Name of this version").press("Tab")
    saved(page)
    page.reload()
    expect(field_of(page)).to_have_value(story)
    expect(page.get_by_label("Title of the story")).to_have_value("The Kite")
    expect(page.get_by_role("treeitem", selected=True)).to_have_text("first try")
    page.goto(page.url.split("#")[0])
    expect(field_of(page)).to_have_value(story)


def test_a_long_story_is_opened_at_its_end_and_a_stop_while_it_is_read_is_no_end(opened) -> None:
    page = opened()
    field_of(page).fill("Ann had a kite.\n" * 60 + "One day")
    saved(page)
    page.reload()
    expect(page.locator(".backdrop .end")).to_be_in_viewport()
    expect(page.get_by_label("Title of the story")).not_to_be_in_viewport()
    page.route("**/api/write", lambda _: None)  # it is never answered
    page.get_by_role("button", name="Continue", exact=True).click()
    expect(page.locator(".status")).to_contain_text("Model: teller")
    expect(page.locator(".status")).to_contain_text("Reading the story…")
    page.get_by_role("button", name="Stop", exact=True).click()
    written(page)
    expect(page.get_by_text("nothing to add")).to_have_count(0)
    expect(page.locator(".status")).not_to_contain_text("over")


def test_a_new_paragraph_that_was_begun_goes_on_as_one(page: Page) -> None:
    page.keyboard.press("Enter")
    assert let_write(page).startswith(OPENING + "\n")


def test_a_story_that_is_over_can_go_on(opened) -> None:
    page = opened()
    shorten(page)
    page.get_by_label("Length of the whole story, in words").fill("1")
    type_text(page, "Ann had a kite. The end.")

    def say_nothing(route: Route) -> None:
        route.continue_(post_data=json.dumps(route.request.post_data_json | {"max_tokens": 0}))

    page.route("**/api/write", say_nothing)  # as a model that takes the story for over
    page.keyboard.press("Alt+W")
    expect(page.locator(".status")).to_contain_text("The model thinks that the story is over. Put the caret before")
    page.unroute("**/api/write")
    over = text_of(page)
    page.get_by_role("button", name="have the story go on to 100 words.").click()
    expect(field_of(page)).not_to_have_value(over)
    expect(page.get_by_label("Length of the whole story, in words")).to_have_value("100")


def test_undo_and_redo_walk_the_tree_and_retry_makes_a_brother(page: Page) -> None:
    first = let_write(page)
    page.keyboard.press("Alt+R")
    expect(page.locator(".details")).to_contain_text("2 of 2")  # though it may say the same once more
    second = written(page)
    assert second.startswith(OPENING)
    page.keyboard.press("Control+Z")
    expect(field_of(page)).to_have_value(OPENING)
    page.keyboard.press("Control+Shift+Z")
    expect(field_of(page)).to_have_value(second)
    versions(page).nth(2).click()
    expect(field_of(page)).to_have_value(first)
    page.keyboard.press("ArrowDown")
    expect(field_of(page)).to_have_value(second)


def test_undo_in_another_field_is_the_fields_own(page: Page) -> None:
    title = page.get_by_label("Title of the story")
    title.focus()
    page.keyboard.type("The Kite")
    page.keyboard.press("Control+Z")
    expect(title).not_to_have_value("The Kite")
    assert text_of(page) == OPENING


def test_stop_keeps_what_came_and_typing_stops_too(opened) -> None:
    page = opened()
    type_text(page, OPENING)
    page.keyboard.press("Control+Enter")
    expect(field_of(page)).not_to_have_value(OPENING)
    page.keyboard.press("Escape")
    story = written(page)
    assert story.startswith(OPENING)
    field_of(page).press("End")
    type_text(page, " Then")  # where the model had come to its end it has something to go on from
    page.keyboard.press("Control+Enter")
    page.keyboard.type("!")
    assert "!" in written(page)


def test_another_word_is_chosen_and_the_story_goes_on_from_it(page: Page) -> None:
    story = let_write(page)
    place = re.compile(r"\w+").search(story, len(OPENING)).start()  # type: ignore[union-attr]
    click_at(page, place)
    bars = page.locator(".bars button")
    expect(bars.first).to_be_visible()
    expect(page.get_by_text("It had a probability of")).to_be_visible()
    chosen = bars.filter(has_not_text=re.compile("blank|new line|end of the story")).nth(1)
    word = chosen.locator(".bar-word").inner_text()
    chosen.click()
    expect(versions(page)).to_have_count(4)
    story_from_it = written(page)[place - 1 :].lstrip()
    assert story_from_it.startswith(word)  # a token may hold the blank before it
    begun = page.locator(".looked-word").inner_text()  # the panel is about the new word now, and its own probability
    assert story_from_it.startswith(begun)
    current = page.locator(".bars [aria-current=true]")
    expect(current.locator(".bar-word")).to_have_text(word)
    share = current.locator(".hidden").inner_text().partition(" ")[0]
    expect(page.get_by_text(f"It had a probability of {share}.")).to_be_visible()
    page.keyboard.press("Control+Z")
    expect(field_of(page)).to_have_value(story)


def test_bars_tell_of_typed_words_too_and_sliders_move_them(page: Page) -> None:
    click_at(page, 0)
    expect(page.get_by_text("You typed this word")).to_be_visible()
    page.locator(".side.right").evaluate("side => side.scrollTo(0, side.scrollHeight)")
    expect(page.locator(".looked-word")).not_to_be_in_viewport()
    click_at(page, 4)
    expect(page.locator(".looked-word")).to_be_in_viewport()
    chosen = page.locator(".bars .value")
    expect(chosen.first).to_be_visible()
    before = chosen.first.inner_text()
    temperature = page.get_by_label("Temperature", exact=True)
    temperature.fill("0")
    expect(chosen.first).to_have_text("100%")
    assert before != "100%"


def test_four_ways_are_seen_in_place_before_one_is_taken(page: Page) -> None:
    page.keyboard.press("Alt+W")
    cards = page.locator(".card")
    expect(cards).to_have_count(4)
    expect(cards.nth(3).get_by_role("button", name="Take it")).to_be_enabled()
    written(page)
    assert text_of(page) == OPENING
    text = cards.nth(1).locator("p").inner_text()
    cards.nth(1).hover()
    expect(page.locator(".ghost")).to_contain_text(text.strip())
    page.mouse.move(0, 0)
    cards.nth(2).locator("p").focus()
    expect(page.locator(".ghost")).to_have_count(1)
    field_of(page).focus()
    expect(page.locator(".ghost")).to_have_count(0)
    cards.nth(1).get_by_role("button", name="Take it").click()
    expect(cards).to_have_count(0)
    assert "".join(text_of(page).split()) == "".join((OPENING + text).split())  # a card's first blank may be none
    expect(versions(page)).to_have_count(6)


def test_two_models_go_on_side_by_side(page: Page) -> None:
    page.locator("summary", has_text=re.compile("^Model$")).click()
    page.get_by_label("Second model").select_option("другая")
    page.get_by_role("button", name="Both models").click()
    for name in ("teller", "другая"):
        expect(page.get_by_role("article", name=name)).to_be_visible()


def test_a_plan_is_edited_moved_locked_and_drawn_again(page: Page) -> None:
    adding = page.get_by_label("Add to the plan")
    adding.fill("drum, river, barn")
    adding.press("Enter")
    chips = page.locator(".chip:not(.adding) input")
    expect(chips).to_have_count(3)
    chips.nth(0).press("Alt+ArrowRight")
    expect(chips.nth(1)).to_have_value("drum")
    page.get_by_role("button", name="Lock: stays when the plan is drawn again: drum").click()
    with page.expect_response("**/api/plan") as drawn:
        page.get_by_role("button", name="Draw again").click()
    plan = drawn.value.json()["plan"]
    assert plan[1] == "drum"
    for place, phrase in enumerate(plan):
        expect(chips.nth(place)).to_have_value(phrase)
    expect(page.locator(".chip.strange")).to_have_count(0)
    page.locator("summary", has_text=re.compile("^Model$")).click()
    page.get_by_label("Model", exact=True).select_option("другая")
    expect(page.locator(".chip.strange")).to_have_count(len(plan) - 1)  # not the one that is locked
    expect(page.get_by_text("In italics: drawn by teller, another model.")).to_be_visible()
    page.get_by_role("button", name="Remove drum").click()
    expect(page.locator(".chip.locked")).to_have_count(0)


def test_a_name_in_the_story_brings_its_phrase_to_the_plan(page: Page) -> None:
    page.locator("summary", has_text="Notebook").click()
    page.get_by_role("button", name="New entry").click()
    page.get_by_label("Name", exact=True).fill("Kit")
    page.get_by_label("Phrase for the plan").fill("brass bell")
    joined = page.locator(".chip.joined")
    expect(joined).to_have_count(0)
    field_of(page).focus()
    page.keyboard.press("Control+End")
    type_text(page, " Kit came.")
    expect(joined).to_contain_text("brass bell")
    with page.expect_request("**/api/write") as asked:
        let_write(page)
    assert asked.value.post_data_json["plan"] == ["brass bell"]


def test_words_are_banned_and_settings_and_seed_are_kept_with_the_version(page: Page) -> None:
    page.locator("summary", has_text=re.compile("^Words$")).click()
    page.get_by_label("Words to ban").fill("lantern,")
    page.get_by_label("Words to ban").press("Enter")
    page.get_by_label("Seed").fill("7")
    page.get_by_label("Seed").press("Tab")
    field_of(page).focus()
    story = let_write(page)
    expect(page.locator(".details")).to_contain_text("teller, seed 7")
    page.get_by_role("button", name="Make again").click()
    expect(page.get_by_text("the same, word for word")).to_be_visible()
    assert text_of(page) == story


def test_text_is_coloured_by_where_it_comes_from(page: Page) -> None:
    let_write(page)
    field_of(page).press("Control+End")
    page.keyboard.type(" Mine.")
    page.locator("summary", has_text="Show").click()
    page.get_by_label("Where it comes from").check()
    found = page.locator(".backdrop .from-prompt, .backdrop .from-model, .backdrop .from-typed")
    expect(found).to_have_count(3)
    expect(found.nth(2)).to_have_text(" Mine.")
    page.get_by_label("How likely it was").check()
    expect(page.locator(".backdrop [class^=s]").first).to_be_visible()


def test_what_stands_in_the_training_texts_is_underlined(opened, stories_file: Path) -> None:
    page = opened()
    line = stories_file.read_text(encoding="utf-8").splitlines()[0]
    field_of(page).fill(f"Well, well, well. {line}")
    page.locator("summary", has_text="Show").click()
    page.get_by_label("What stands in the training texts").check()
    expect(page.locator(".copied")).to_have_text(line.rstrip("."))
    expect(page.locator(".status")).to_contain_text("stands word for word in the training texts")


def test_training_texts_that_are_not_known_can_be_given(
    opened, bundle: Path, stories_file: Path, started, tmp_path: Path
) -> None:
    shutil.copytree(bundle, tmp_path / "studio" / "teller")
    stranger = Studio(tmp_path / "studio", started).start()
    page = opened(at=stranger)
    line = stories_file.read_text(encoding="utf-8").splitlines()[0]
    field_of(page).fill(line)
    page.locator("summary", has_text="Show").click()
    page.get_by_label("What stands in the training texts").check()
    expect(page.locator(".status")).to_contain_text("it was trained elsewhere")
    with page.expect_file_chooser() as chooser:
        page.get_by_role("button", name="Choose them").click()
    chooser.value.set_files(stories_file)
    expect(page.locator(".copied")).to_have_text(line.rstrip("."))
    page.goto(f"{stranger.address}/#/inside/nearest?bundle=teller&text={line}")
    expect(page.locator(".inside-nearest li").first).to_be_visible()


@pytest.mark.parametrize("format_", ["txt", "md", "epub", "json"])
def test_a_story_is_exported(page: Page, format_: str, tmp_path: Path) -> None:
    page.get_by_label("Title of the story").fill("The Kite")
    page.locator("summary", has_text="Show").click()
    page.locator("summary", has_text="Export").click()
    expect(page.locator(".menu[open]")).to_have_count(1)
    with page.expect_download() as found:
        page.get_by_role("link", name="JSON, with the whole tree" if format_ == "json" else f".{format_}").click()
    path = tmp_path / found.value.suggested_filename
    found.value.save_as(path)
    assert path.suffix == f".{format_}"
    if format_ == "epub":
        with zipfile.ZipFile(path) as book:
            assert any(OPENING.encode() in book.read(name) for name in book.namelist())
        return
    content = path.read_text(encoding="utf-8")
    assert OPENING in content
    if format_ == "json":
        assert len(json.loads(content)["tree"]["nodes"]) == 2


def test_escape_closes_a_drawer_and_a_fresh_browser_has_the_newest_model(opened) -> None:
    def made_later(route: Route) -> None:
        bundles = [
            {**each, "trained": "2031" if each["name"] == "другая" else "2030"}
            for each in route.fetch().json()["bundles"]
        ]
        route.fulfill(json={"bundles": sorted(bundles, key=lambda each: each["trained"])})

    page = opened("lab", viewport={"width": 360, "height": 740})
    page.route("**/api/bundles", made_later)
    page.goto(page.url.split("#")[0] + "#/write?new=1")
    page.reload()
    expect(page.locator(".status")).to_contain_text("Model: другая")
    page.get_by_role("button", name="Versions").click()
    expect(page.get_by_role("tree")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("tree")).not_to_be_visible()


def test_a_story_is_deleted_when_one_says_so(page: Page) -> None:
    page.get_by_label("Title of the story").fill("To be deleted")
    saved(page)
    page.on("dialog", lambda dialog: dialog.accept())
    page.locator("summary", has_text="Stories").click()
    page.get_by_role("button", name="Delete: To be deleted").click()
    expect(page.get_by_role("link", name="To be deleted")).to_have_count(0)
    expect(field_of(page)).to_have_value("")


@with_axe
def test_axe_finds_nothing_serious_while_one_writes(opened) -> None:
    page = opened(script=AXE)
    shorten(page)
    type_text(page, OPENING)
    story = let_write(page)
    page.locator("summary", has_text="Show").click()
    page.get_by_label("Where it comes from").check()
    click_at(page, next(at for at in range(len(OPENING), len(story)) if story[at].isalpha()))  # no bars for a full stop
    expect(page.locator(".bars button").first).to_be_visible()
    field_of(page).press("End")
    type_text(page, " Then")  # where the model had come to its end it has something to go on from
    ask_four_ways(page)
    written(page)
    page.locator(".card").first.hover()
    assert serious_faults(page) == []
