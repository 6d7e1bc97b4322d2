"""Names of files, to be shown and never opened."""

from __future__ import annotations

_LONGEST = 255  # characters; no file system has longer names


def shown_name(path: str) -> str:
    """The last part of a path as any system writes it, without characters that can't be seen, such as those that turn
    the direction of writing or command a terminal. Empty where nothing is left."""
    last = path.replace("\\", "/").rstrip("/").rpartition("/")[2]
    return " ".join("".join(each if each.isprintable() else " " for each in last).split())[:_LONGEST]
