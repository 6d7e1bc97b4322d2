"""The lab: experiments run, points move, layers come, and the address holds it all."""

from __future__ import annotations

import json
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest
from playwright.sync_api import Page, expect

from .conftest import Studio

QUICK = "lab/boundary?passes=12"
FINDING_MS = 60_000  # the first experiment loads PyTorch


@pytest.fixture
def page(opened) -> Page:
    page = opened(QUICK)
    expect(page.locator(".finding")).to_be_visible(timeout=FINDING_MS)
    return page


def test_an_experiment_runs_and_says_what_came_out(page: Page) -> None:
    expect(page.locator(".finding")).to_contain_text("1 hidden layer")
    expect(page.get_by_role("img", name="The loss falls")).to_be_visible()
    page.get_by_label("Language").select_option("ru")
    expect(page.locator(".finding")).to_contain_text("1 скрытый слой")


def test_layers_are_added_and_the_address_holds_the_state(page: Page) -> None:
    page.get_by_role("button", name="Add a layer").click()
    expect(page.locator(".finding")).to_contain_text("2 hidden layers")
    assert "hidden_layers=6%2C6" in page.url
    page.reload()
    expect(page.locator(".finding")).to_contain_text("2 hidden layers")
    page.get_by_role("button", name="Remove the last layer").click()
    page.get_by_role("button", name="Remove the last layer").click()
    expect(page.locator(".finding")).to_contain_text("can only be a line")


def test_points_are_moved_added_and_taken_away(page: Page) -> None:
    points = page.locator(".handle")
    expect(points).to_have_count(36)
    points.nth(0).press("ArrowUp")
    expect(points.nth(0)).to_have_attribute(
        "aria-label", "Point 1, at 0.60, 0.04; arrows move it, Enter changes its class"
    )
    points.nth(0).press("Delete")
    expect(points).to_have_count(35)
    box = page.locator(".plane canvas").bounding_box()
    assert box is not None
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    expect(points).to_have_count(36)
    handle = points.nth(0).bounding_box()
    assert handle is not None
    page.mouse.move(handle["x"] + 4, handle["y"] + 4)
    page.mouse.down()
    page.mouse.move(box["x"] + 20, box["y"] + 20, steps=3)
    page.mouse.up()
    moved = points.nth(0).bounding_box()
    assert moved is not None
    assert abs(moved["x"] + moved["width"] / 2 - box["x"] - 20) < 3
    expect(page.locator(".finding")).to_contain_text("36 points")


def test_a_lesson_hides_what_is_not_to_be_changed(page: Page) -> None:
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.locator("summary", has_text="A link for a lesson").click()
    lesson = page.locator("details", has_text="A link for a lesson")
    lesson.get_by_label("Learning rate").uncheck()
    lesson.get_by_role("button", name="Copy the link").click()
    expect(page.get_by_text("The link is copied.")).to_be_visible()
    other = page.context.new_page()
    other.goto(page.evaluate("() => navigator.clipboard.readText()"))
    expect(other.locator(".finding")).to_be_visible()
    passes = other.get_by_role("slider", name="Passes over the points")
    expect(passes).to_have_attribute("aria-valuetext", "12")
    expect(other.get_by_label("Learning rate")).to_have_count(0)
    expect(other.get_by_role("navigation", name="Experiments")).to_have_count(0)


SMALL = (
    "perceptron?examples=24&passes=6&hidden_passes=6&gap=0.3",
    "descent?learning_rates=0.01,0.3,1.5&passes=8&examples=20",
    "linear?layers=1,3&units=8",
    "overfitting?examples=20&units=2,6&depths=1,3&passes=8&patience=2",
    "initial-weights?layers=4&units=8",
    "forgetting?cells=rnn,mingru&distances=1,6&updates=3&units=6&rows=4",
    "context?words=4&longest=3&context_size=8&updates=4",
    "length?lengths=1,4&words=5&units=4",
)


@pytest.mark.parametrize("experiment", SMALL)
def test_every_experiment_is_drawn(opened, experiment: str) -> None:
    page = opened(f"lab/{experiment}")
    expect(page.locator(".finding")).to_be_visible(timeout=FINDING_MS)
    expect(page.locator(".panels [role=img]").first).to_be_visible()
    assert "NaN" not in page.locator(".bench").inner_text()


def test_numbers_are_as_the_language_writes_them_and_no_pointer_needs_no_words(opened) -> None:
    page = opened(f"lab/{SMALL[1]}", locale="ru")
    expect(page.locator(".finding")).to_be_visible(timeout=FINDING_MS)
    rates = page.get_by_role("textbox", name="Какие скорости обучения сравнивать")
    expect(rates).to_have_value("0,01; 0,3; 1,5")
    rates.fill("0,02; 0.5")
    page.keyboard.press("Enter")
    expect(page.locator(".finding")).to_contain_text("0,02")
    assert "learning_rates=0.02%2C0.5" in page.url
    assert "--" not in page.locator(".panels").inner_text()
    expect(page.locator(".u-legend tr").first).to_be_hidden()


def test_a_list_that_could_not_be_had_is_asked_for_again(opened) -> None:
    page = opened("train")
    page.route("**/api/lab", lambda route: route.fulfill(status=500, body="{}"), times=1)
    page.get_by_role("link", name="Lab", exact=True).click()
    expect(page.get_by_role("alert")).to_contain_text("That did not work")
    page.get_by_role("button", name="Try again").click()
    expect(page.get_by_role("heading", level=2).first).to_be_visible()


@pytest.mark.parametrize(
    ("name", "values", "status"),
    [("boundary", {"hidden_layers": [99]}, 400), ("nothing", {}, 422), ("boundary", {"seed": {}}, 422)],
)
def test_a_wrong_experiment_is_an_error(studio: Studio, name: str, values: object, status: int) -> None:
    asked = Request(
        f"{studio.address}/api/lab/{name}", json.dumps(values).encode(), {"Content-Type": "application/json"}
    )
    with pytest.raises(HTTPError) as caught:
        urlopen(asked, timeout=30)
    assert caught.value.code == status
    assert json.loads(caught.value.read())["error"]["message"].endswith(".")
    caught.value.close()
