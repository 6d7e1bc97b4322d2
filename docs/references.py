"""What the scripts that make a reference page share: write the page, or check that it is up to date."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

DOCS = Path(__file__).parent


def page_of(title: str, script: str, sections: list[str]) -> str:
    """The page's Markdown, with a note for the person who opens the file to edit it."""
    note = f"<!-- Made by docs/{script} from the code: change the texts there, then run python docs/{script} -->"
    return "\n\n".join([f"# {title}", note, *sections]) + "\n"


def main(name: str, page: str) -> None:
    """Writes the page into docs/; with --check only says, by the exit code, whether the file is up to date."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--check", action="store_true", help="write nothing; exit with 1 where the page is old")
    path = DOCS / name
    if not parser.parse_args().check:
        path.write_text(page, encoding="utf-8", newline="\n")
    elif not path.is_file() or path.read_text(encoding="utf-8") != page:
        sys.exit(f"docs/{name} is not what the code says; make it anew: python docs/make_{path.stem}.py")
