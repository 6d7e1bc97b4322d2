"""Names of files, to be shown."""

from __future__ import annotations

import pytest

from skaz.text.file_names import shown_name


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("stories.txt", "stories.txt"),
        ("/home/ann/мои рассказы.md", "мои рассказы.md"),
        ("../../etc/stories/", "stories"),
        ("C:\\Users\\Ann\\stories.txt", "stories.txt"),
        ("a\u202etxt.b", "a txt.b"),
        ("\x1b[31mred\n.txt", "[31mred .txt"),
        ("..//", ".."),
        ("", ""),
        ("x" * 300 + ".txt", "x" * 255),
    ],
)
def test_only_what_can_be_seen_is_shown(path: str, name: str) -> None:
    assert shown_name(path) == name
