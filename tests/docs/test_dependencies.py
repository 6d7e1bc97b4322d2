"""docs/dependencies.md has a line for each direct dependency, and for no other."""

from __future__ import annotations

import json
import re
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_each_dependency_has_its_line() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = project["optional-dependencies"]
    named = [*project["dependencies"], *(requirement for extra in extras.values() for requirement in extra)]
    packages = {match[0] for requirement in named if (match := re.match(r"[\w-]+", requirement))}
    packages.discard("skaz")  # an extra may name others of skaz's own
    for of_npm in (ROOT / "skaz" / "web", ROOT / "studio"):
        listed = json.loads((of_npm / "package.json").read_text(encoding="utf-8"))
        packages |= listed["dependencies"].keys() | listed.get("devDependencies", {}).keys()
    page = (ROOT / "docs" / "dependencies.md").read_text(encoding="utf-8")
    assert sorted(re.findall(r"^\| `([\w@/-]+)` \|", page, flags=re.MULTILINE)) == sorted(packages)
