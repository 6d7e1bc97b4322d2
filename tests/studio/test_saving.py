"""Nothing that a writer wrote is lost: while answers tarry, in two windows, and in another room."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import Page, Route, expect

from .writing import field_of, saved, type_text, written

OPENING = "Ann had a kite. One day"


def begun(opened: Callable[..., Page], text: str = OPENING) -> Page:
    """A new story."""
    page = opened()
    type_text(page, text)
    return page


def held(page: Page, method: str, name: str) -> list[Route]:
    """Holds back the next request with this method: it will lie in the list."""
    waiting: list[Route] = []

    def hold(route: Route) -> None:
        if route.request.method == method and not waiting:
            waiting.append(route)
        else:
            route.continue_()

    page.route(f"**/api/{name}", hold)
    return waiting


def shelf(page: Page) -> None:
    page.locator("summary", has_text="Stories").click()


def entitled(page: Page, title: str) -> None:
    page.get_by_label("Title of the story").fill(title)
    saved(page)


def new_story_beside(opened, title: str) -> Page:
    """A new story on the page, and on the open shelf another, "Other.", of that title."""
    page = begun(opened, "Other.")
    entitled(page, title)
    shelf(page)
    page.get_by_role("button", name="New story").click()
    expect(field_of(page)).to_have_value("")
    return page


def test_a_story_that_is_left_while_it_is_first_saved_takes_no_other_with_it(opened) -> None:
    page = new_story_beside(opened, "The Other")
    waiting = held(page, "POST", "documents")
    with page.expect_request(lambda request: request.method == "POST"):
        type_text(page, "Mine.")
    page.get_by_role("link", name="The Other").first.click()
    waiting[0].continue_()
    expect(field_of(page)).to_have_value("Other.")
    type_text(page, " More.")
    saved(page)
    page.get_by_role("link", name="Mine.").first.click()
    expect(field_of(page)).to_have_value("Mine.")


def test_what_is_typed_while_it_is_saved_is_saved_too_when_one_leaves(opened) -> None:
    page = new_story_beside(opened, "Behind")
    type_text(page, "One.")
    entitled(page, "Before")
    waiting = held(page, "PUT", "documents/*")
    with page.expect_request(lambda request: request.method == "PUT"):
        type_text(page, " Two.")
    type_text(page, " Three.")
    page.get_by_role("link", name="Behind").first.click()
    waiting[0].continue_()
    expect(field_of(page)).to_have_value("Other.")
    page.get_by_role("link", name="Before").first.click()
    expect(field_of(page)).to_have_value("One. Two. Three.")


def test_what_the_model_writes_while_one_is_in_another_room_is_saved(opened) -> None:
    page = opened()
    type_text(page, OPENING)
    page.keyboard.press("Control+Enter")
    expect(field_of(page)).not_to_have_value(OPENING)
    page.get_by_role("link", name="Train", exact=True).click()
    expect(page.get_by_role("main", name="Train")).to_be_visible()
    page.get_by_role("link", name="Write", exact=True).click()
    whole = written(page)
    saved(page)
    page.reload()
    expect(field_of(page)).to_have_value(whole)


def test_a_story_that_two_windows_change_is_not_lost_in_either(opened) -> None:
    page = begun(opened)
    saved(page)
    other = page.context.new_page()
    other.goto(page.url)
    expect(field_of(other)).to_have_value(OPENING)
    other.get_by_label("Title of the story").fill("Theirs")
    saved(other)
    page.get_by_label("Title of the story").fill("Mine")
    expect(page.get_by_role("alert")).to_contain_text("changed in another window")
    page.get_by_role("button", name="Keep this one as a copy").click()
    saved(page)
    page.locator("summary", has_text="Stories").click()
    for title in ("Mine", "Theirs"):
        expect(page.get_by_role("link", name=title).first).to_be_visible()


def test_what_could_not_be_saved_is_there_when_the_page_is_opened_anew(opened) -> None:
    page = begun(opened)
    saved(page)
    other = page.context.new_page()
    other.goto(page.url)
    expect(field_of(other)).to_have_value(OPENING)
    entitled(other, "Theirs")
    type_text(page, " mine")
    expect(page.get_by_role("alert")).to_contain_text("changed in another window")
    entitled(other, "Theirs, and more")
    page.reload()
    expect(page.get_by_role("alert")).to_contain_text("changed in another window")
    expect(field_of(page)).to_have_value(OPENING + " mine")
    page.get_by_role("button", name="Open the other").click()
    expect(field_of(page)).to_have_value(OPENING)


def test_a_story_that_another_window_deletes_can_be_kept(opened) -> None:
    page = begun(opened)
    entitled(page, "Twice")
    other = page.context.new_page()
    other.goto(page.url)
    other.on("dialog", lambda dialog: dialog.accept())
    shelf(other)
    other.get_by_role("button", name="Delete: Twice").click()
    expect(field_of(other)).to_have_value("")
    type_text(page, " mine")
    expect(page.get_by_role("alert")).to_contain_text("deleted in another window")
    page.reload()
    expect(page.get_by_role("alert")).to_contain_text("deleted in another window")
    page.get_by_role("button", name="Keep this one as a copy").click()
    saved(page)
    page.reload()
    expect(field_of(page)).to_have_value(OPENING + " mine")


def test_what_has_room_nowhere_is_told_of_and_can_be_exported(opened, tmp_path) -> None:
    page = begun(opened)
    saved(page)
    page.evaluate("() => { Storage.prototype.setItem = () => { throw new Error('full'); }; }")
    page.route("**/api/documents/*", lambda route: route.abort())
    type_text(page, " more")
    alert = page.get_by_role("alert").filter(has_text="What you wrote is not saved")
    expect(alert).to_be_visible()
    with page.expect_download() as found:
        alert.get_by_role("button", name=".txt").click()
    found.value.save_as(tmp_path / "story.txt")
    assert (tmp_path / "story.txt").read_text(encoding="utf-8") == OPENING + " more"
    page.locator("summary", has_text="Export").click()
    page.get_by_role("link", name=".md").click()  # the server has an older state
    expect(page.locator(".notice")).to_contain_text("this story is not saved yet")


def test_a_plan_that_is_drawn_goes_to_the_story_that_asked(opened) -> None:
    page = begun(opened)
    saved(page)
    waiting = held(page, "POST", "plan")
    page.get_by_role("button", name="Draw a plan").click()
    shelf(page)
    page.get_by_role("button", name="New story").click()
    expect(field_of(page)).to_have_value("")
    with page.expect_response("**/api/plan"):
        waiting[0].continue_()
    type_text(page, "Other.")
    saved(page)
    expect(page.locator(".chip:not(.adding)")).to_have_count(0)
