"""Takes the pictures of docs/studio/: each room, light and dark, of a studio that runs on a folder of bundles.

python -m docs.make_screenshots FOLDER: the folder's first bundle writes, so it should be one worth showing (skaz demo
makes one), and the studio's newest run in it is what the room Train shows. The letters are those of the machine: PT
Serif, of Debian's fonts-paratype, in the pictures that are here.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable
from io import BytesIO
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, Page, expect

from benchmarks.browser import chromium, studio_on

OUT = Path(__file__).parent / "studio"
WIDE, NARROW = {"width": 1280, "height": 840}, {"width": 360, "height": 740}
SCALE = 1.5
OPENING = {"en": "Once a year Olive the girl went to the clover meadow.", "ru": "Раз в году девочка Оля ходила на луг."}
PLAN = {"en": "girl Olive, clover meadow, blue pencil, stork", "ru": "девочка Оля, луг, синий карандаш, аист"}


def main() -> None:
    OUT.mkdir(exist_ok=True)
    with studio_on(Path(sys.argv[1])) as address, chromium() as browser:
        for scheme in ("light", "dark"):
            for room, act in ROOMS.items():
                take(browser, address, room, scheme, act)
        take(browser, address, "write?new=1", "light", write, name="write-ru", language="ru")
        take(browser, address, "write?new=1", "light", write, name="write-phone", view=NARROW)
        take(browser, address, "inside/search", "light", search, name="inside-ru", language="ru")
        take(browser, address, "inside/compare", "dark", compare, name="inside-compare")


def take(
    browser: Browser,
    address: str,
    place: str,
    scheme: str,
    act: Callable[[Page, str], None],
    *,
    name: str | None = None,
    language: str = "en",
    view: dict[str, int] = WIDE,
) -> None:
    """One picture, after what a person would have done there."""
    context = browser.new_context(color_scheme=scheme, locale=language, viewport=view, device_scale_factor=SCALE)  # type: ignore[arg-type]
    page = context.new_page()
    page.goto(f"{address}/#/{place}")
    act(page, language)
    page.wait_for_timeout(500)
    picture = Image.open(BytesIO(page.screenshot()))
    room = re.split(r"[?/]", place, maxsplit=1)[0]
    picture.save(OUT / f"{name or f'{room}-{scheme}'}.webp", quality=60, method=6)
    context.close()


def write(page: Page, language: str) -> None:
    """A story with a plan goes on; one of its words is looked at."""
    page.locator(".adding input").fill(PLAN[language])
    page.locator(".adding input").press("Enter")
    field = page.locator("textarea.text")
    page.locator("input.title").fill({"en": "The Blue Pencil", "ru": "Синий карандаш"}[language])
    field.focus()
    page.keyboard.type(OPENING[language])
    page.keyboard.press("Control+Enter")
    _written(page)
    if page.viewport_size == WIDE:
        page.locator(".side.right summary").nth(1).click()
        page.locator(".side.right input[type=number]").last.fill("4")
        page.locator(".side.right summary").nth(1).click()
    page.keyboard.press("Alt+R")
    _written(page)
    page.wait_for_timeout(7000)  # what was told in passing is gone
    if page.viewport_size != WIDE:
        return
    page.locator(".menu summary").first.click()
    page.locator(".menu-list input[type=radio]").nth(1).check()
    page.locator(".menu summary").first.click()
    story = field.input_value()
    place = story.index(".", len(OPENING[language])) + 3  # where a sentence begins there is much to choose from
    field.focus()
    field.evaluate("(field, place) => field.setSelectionRange(place, place)", place)
    page.keyboard.press("Alt+L")
    expect(page.locator(".bars li").first).to_be_visible()


def _written(page: Page) -> None:
    page.wait_for_timeout(300)
    expect(page.locator(".bar-foot .main")).to_have_attribute("data-busy", "false", timeout=60_000)


def train(page: Page, language: str) -> None:
    """The newest run, with its curves and stories."""
    page.locator(".shelf a").first.click()
    expect(page.locator(".sample").first).to_be_visible()
    page.wait_for_timeout(1500)


def look_inside(page: Page, language: str) -> None:
    """The text that is there, read."""
    expect(page.locator(".heat canvas").first).to_be_visible(timeout=60_000)


def search(page: Page, language: str) -> None:
    """A search as a tree."""
    expect(page.locator(".inside-tree g").first).to_be_visible(timeout=60_000)


def compare(page: Page, language: str) -> None:
    """All networks of the folder, and what a word looked back at in each."""
    boxes = page.locator(".inside-choice input:enabled")
    expect(boxes.first).to_be_visible()
    for box in boxes.all():
        box.check()
    expect(page.get_by_role("article").last.get_by_role("option").first).to_be_visible(timeout=60_000)
    first = page.get_by_role("article").first.get_by_role("option")
    first.nth(first.count() * 3 // 4).hover()
    expect(page.locator(".inside-token.chosen").first).to_be_visible(timeout=60_000)
    page.wait_for_timeout(1500)


def experiment(page: Page, language: str) -> None:
    """The boundary when it has been learned."""
    expect(page.locator(".finding")).to_be_visible(timeout=60_000)


ROOMS: dict[str, Callable[[Page, str], None]] = {
    "write?new=1": write,
    "train": train,
    "inside": look_inside,
    "lab/boundary": experiment,
}

if __name__ == "__main__":
    main()
