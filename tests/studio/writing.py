"""What a writer does on the page, in words."""

from __future__ import annotations

from playwright.sync_api import Locator, Page, expect


def text_of(page: Page) -> str:
    """The story as it stands."""
    return field_of(page).input_value()


def field_of(page: Page) -> Locator:
    return page.locator("textarea.text")


def type_text(page: Page, text: str) -> None:
    field_of(page).focus()
    page.keyboard.type(text)


def let_write(page: Page, keys: str = "Control+Enter") -> str:
    """Has the model go on, and gives the story when it has."""
    before = text_of(page)
    page.keyboard.press(keys)
    expect(field_of(page)).not_to_have_value(before)
    return written(page)


def written(page: Page) -> str:
    """The story once nothing is being written."""
    expect(page.get_by_role("button", name="Continue", exact=True)).to_be_visible()
    return text_of(page)


def ask_four_ways(page: Page) -> None:
    """Has cards shown; where the model would rather end than go on, behind one more word."""
    for _ in range(6):
        page.keyboard.press("Alt+W")
        try:
            expect(page.locator(".card").first).to_be_visible(timeout=5_000)
        except AssertionError:
            type_text(page, " and")
        else:
            return
    raise AssertionError("the model always ends")


def click_at(page: Page, place: int) -> None:
    """Clicks the letter of the story at a place."""
    box = page.evaluate(
        """(place) => {
          const range = document.createRange();
          let left = place;
          for (const span of document.querySelectorAll(".backdrop span")) {
            const length = span.textContent.length;
            if (left < length) {
              range.setStart(span.firstChild, left);
              range.setEnd(span.firstChild, left + 1);
              break;
            }
            left -= length;
          }
          const { x, y, width, height } = range.getBoundingClientRect();
          return { x: x + width / 4, y: y + height / 2 };
        }""",
        place,
    )
    page.mouse.click(box["x"], box["y"])


def shorten(page: Page) -> None:
    """A passage at a time, so that tests are short: the few words that the settings offer."""
    page.locator("summary", has_text="How it draws").click()
    page.get_by_label("How much at a time").select_option("words")


def versions(page: Page) -> Locator:
    return page.get_by_role("treeitem")


def saved(page: Page) -> None:
    """Waits until the server has the story."""
    expect(page.locator(".status")).to_contain_text("Saved")
