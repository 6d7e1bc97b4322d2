"""How soon the studio's page answers: from a click on another word to the first new word in the page, and from undo to
the text before, measured in the browser.

    python -m benchmarks.studio_clicks FOLDER

The folder's first bundle writes. The clock is the page's own, from the click's event to the frame in which the new text
is drawn.
"""

from __future__ import annotations

import argparse
import statistics
from pathlib import Path

from playwright.sync_api import Page, expect

from benchmarks.browser import chromium, studio_on
from benchmarks.harness import print_json, print_table

CLICKS = 30
CLICK = """(bar) => new Promise((resolve) => {
  const field = document.querySelector("textarea.text");
  const start = performance.now();
  const before = field.value;
  bar.click();
  const look = () => {
    const text = field.value;
    const words = text.length > 0 && text !== before;
    if (words) requestAnimationFrame(() => resolve(performance.now() - start));
    else setTimeout(look, 0);
  };
  look();
})"""
UNDO = """() => new Promise((resolve) => {
  const field = document.querySelector("textarea.text");
  const start = performance.now();
  const before = field.value;
  document.querySelector(".bar-foot .icon").click();
  const done = () => resolve(performance.now() - start);
  const look = () => (field.value === before ? setTimeout(look, 0) : requestAnimationFrame(done));
  look();
})"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    with studio_on(parser.parse_args().folder) as address, chromium() as browser:
        page = browser.new_page(viewport={"width": 1280, "height": 840}, locale="en")
        page.goto(f"{address}/#/write?new=1")
        words, undos = measured(page)
    found = {
        name: (statistics.median(values), sorted(values)[round(0.95 * (len(values) - 1))])
        for name, values in (("another word", words), ("undo", undos))
    }
    print_table(
        ["", "median, ms", "95 % within, ms"],
        [[name, f"{median:.0f}", f"{slow:.0f}"] for name, (median, slow) in found.items()],
    )
    milliseconds = {name: {"median_ms": median, "p95_ms": slow} for name, (median, slow) in found.items()}
    print_json({"benchmark": "studio_clicks", "clicks": CLICKS, **milliseconds})


def measured(page: Page) -> tuple[list[float], list[float]]:
    """Milliseconds of each click: on another word in the midst of a story, and on undo after it."""
    field = page.locator("textarea.text")
    field.focus()
    page.keyboard.type("Once a year Olive the girl went to the clover meadow.")
    page.keyboard.press("Control+Enter")
    idle(page)
    words, undos = [], []
    for number in range(CLICKS):
        story = field.input_value()
        place = story.index(" ", 60 + 3 * number) + 2
        field.evaluate("(field, place) => field.setSelectionRange(place, place)", place)
        page.keyboard.press("Alt+L")
        bar = page.locator(".bars button").nth(1)
        expect(bar).to_be_visible()
        page.wait_for_timeout(100)
        words.append(bar.evaluate(CLICK))
        idle(page)
        undos.append(page.evaluate(UNDO))
        field.focus()
    return words, undos


def idle(page: Page) -> None:
    """Nothing is being written."""
    page.wait_for_timeout(200)
    expect(page.locator(".bar-foot .main")).to_have_attribute("data-busy", "false", timeout=60_000)


if __name__ == "__main__":
    main()
