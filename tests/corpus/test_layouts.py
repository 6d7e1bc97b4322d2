"""Of many small files each is one story, save those that are clearly several, and what was decided is told truly."""

from __future__ import annotations

from pathlib import Path

import pytest

from skaz.corpus.readers import describe, read_stories

TALE = "Жила-была лиса, и нашла она фонарь.\n— Чей он? — сказала лиса.\nНикто не ответил. " * 5


def tale(number: int, times: int = 1) -> str:
    return f"{number}. {TALE * times}".strip()


def folder_of(folder: Path, singles: int, **files: str) -> Path:
    for number in range(singles):
        (folder / f"{number:02}.txt").write_text(tale(number), encoding="utf-8")
    for name, text in files.items():
        (folder / f"{name}.txt").write_text(text, encoding="utf-8")
    return folder


def n_stories(folder: Path, **options) -> int:
    return len(list(read_stories(folder, **options)))


def test_a_collection_among_files_of_one_tale_each_is_parted(tmp_path) -> None:
    collections = {
        "бабушка": "\n\n***\n\n".join(map(tale, range(40))),
        "дед": "\n\n\n".join(map(tale, range(12))),
        "край": "<|endoftext|>".join(map(tale, range(3))),
    }
    folder_of(tmp_path, 31, **collections)
    (tmp_path / "книга.md").write_text(f"# Раз\n\n{TALE}\n\n# Два\n\n{TALE}", encoding="utf-8")
    assert n_stories(tmp_path) == 31 + 40 + 12 + 3 + 2
    reading = describe(tmp_path)
    assert reading.split == "mixed"
    size = len(tale(10).encode())
    assert reading.reasons == (
        f"31 files, a median of {size:,} bytes: each is one story; tell --split if that's wrong",
        "бабушка.txt: 39 marker lines (***, --- and the like): stories lie between; tell --split if that's wrong",
        "дед.txt: 12 blocks, a median of 402 characters, two empty lines or more between: a story each; "
        "tell --split if that's wrong",
        "книга.md: 2 headings: a story under each, with that title; --split file takes all for one text",
        "край.txt: 2 times <|endoftext|>: stories lie between",
    )


@pytest.mark.parametrize(
    "scenes",
    [
        "\n***\n".join(map(tale, range(3))),  # a long story
        "\n***\n".join(f"{number}. Лиса." for number in range(30)),  # short scenes
        "\n\n\n".join(tale(number)[:230] for number in range(5)),
        f"{tale(0, 9)}\n***\n{tale(1)}",
    ],
)
def test_a_story_in_scenes_stays_one_and_that_is_told(tmp_path, scenes: str) -> None:
    folder_of(tmp_path, 10, сцены=scenes)
    assert n_stories(tmp_path) == 11
    has_markers = "***" in scenes
    told = describe(tmp_path).reasons
    assert len(told) == 1 + has_markers
    assert not has_markers or told[1].startswith(
        "1 file with marker lines (***, --- and the like) between scenes, a median of "
    )
    assert all("each is one story; tell --split" in reason for reason in told)


def test_where_every_file_has_markers_they_part_scenes(tmp_path) -> None:
    for number in range(10):
        scenes = "\n***\n".join(map(tale, range(1 + number)))
        (tmp_path / f"{number}.txt").write_text(scenes, encoding="utf-8")
    assert n_stories(tmp_path) == 10
    assert n_stories(tmp_path, split="marker") == 55


def test_few_files_go_by_what_is_in_them(tmp_path) -> None:
    folder_of(tmp_path, 3, сборник="\n***\n".join(map(tale, range(3))))
    assert n_stories(tmp_path) == 6


def test_files_that_are_cut_alike_are_told_together_and_many_ways_are_counted(tmp_path) -> None:
    folder_of(tmp_path, 3, сборник="\n***\n".join(map(tale, range(3))))
    assert describe(tmp_path, "marker").reasons == (
        "00.txt and 2 more files: as told: --split marker, but no line is a marker (***, --- and the like): one story",
        "сборник.txt: as told: --split marker",
    )
    (tmp_path / "02.txt").unlink()
    assert describe(tmp_path, "marker").reasons[0].startswith("00.txt and 01.txt: as told")
    collections = {f"с{number}": "\n***\n".join(map(tale, range(20 + number))) for number in range(12)}
    reasons = describe(folder_of(tmp_path, 30, **collections)).reasons
    assert len(reasons) == 10
    assert reasons[-1] == "and 5 more files: 4 between marker lines or under headings, 1 one story each"
