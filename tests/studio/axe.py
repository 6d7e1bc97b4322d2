"""What axe-core, which knows the rules for accessible pages, says of a page in light and in dark."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Page

AXE = Path(__file__).parents[2] / "studio" / "node_modules" / "axe-core" / "axe.min.js"
SERIOUS = ("serious", "critical")

with_axe = pytest.mark.skipif(not AXE.is_file(), reason="axe comes with npm: make pages")


def serious_faults(page: Page) -> list[tuple[str, str, list[str]]]:
    """The colours in which the page has a serious fault, the rule, and what it is found in. In dark, which changes
    nothing but colours, only contrasts are looked at (and no colour is on its way to another: reduced motion). The page
    was opened with the script AXE."""
    faults = []
    for scheme, rules in (("light", "{}"), ("dark", "{runOnly: ['color-contrast']}")):
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")  # type: ignore[arg-type]
        found = page.evaluate(f"async () => (await axe.run(document, {rules})).violations")
        serious = [fault for fault in found if fault["impact"] in SERIOUS]
        faults += [(scheme, fault["id"], [node["html"] for node in fault["nodes"]]) for fault in serious]
    return faults
