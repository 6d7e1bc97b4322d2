"""What is written is read back; a part-written folder never stays; a damaged one is told."""

import errno
import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from skaz.corpus.shards import EncodedStory, Shards, ShardWriter
from skaz.corpus.sources import END
from skaz.errors import CorpusError, ResourceError
from skaz.text import Tokenizer

TOKENIZER = Tokenizer.train([], "bytes", 264)
ids = st.lists(st.integers(0, 65_535), max_size=12)
encoded = st.builds(EncodedStory, ids, ids, ids, st.integers(0, 70_000), st.integers(0, 2**32 - 1))


def write(path, stories) -> None:
    with ShardWriter(path, TOKENIZER) as writer:
        for story in stories:
            writer.write(story, b"text")


@given(stories=st.lists(encoded, max_size=8))
@settings(max_examples=40, deadline=None)
def test_what_was_written_is_read(tmp_path_factory, stories) -> None:
    path = tmp_path_factory.mktemp("shards") / "train"
    write(path, stories)
    shards = Shards.open(path)
    assert len(shards) == len(stories)
    assert shards.n_tokens == sum(len(story.target) for story in stories)
    assert shards.n_characters == sum(story.characters for story in stories)
    assert shards.lengths.tolist() == [len(story.target) for story in stories]
    for index, story in enumerate(stories):
        assert shards.target(index).tolist() == story.target
        assert shards.plan(index).tolist() == story.plan
        assert shards.title(index).tolist() == story.title
        assert shards.opening_length(index) == min(story.opening_length, 65_535)
        assert shards.characters(index) == story.characters


@pytest.mark.parametrize("at_once", [2, 1000])
def test_tokens_are_counted_and_every_end(tmp_path, monkeypatch, at_once) -> None:
    monkeypatch.setattr("skaz.corpus.shards._COUNTED_AT_ONCE", at_once)
    write(tmp_path / "a", [EncodedStory(target, [], [], 0, 1) for target in ([8, 9, 9], [], [10])])
    counts = Shards.open(tmp_path / "a").token_counts(12)
    assert {token: int(count) for token, count in enumerate(counts) if count} == {END: 3, 8: 1, 9: 2, 10: 1}


def test_views_are_read_only_and_not_copies(tmp_path) -> None:
    write(tmp_path / "a", [EncodedStory([1, 2, 3], [], [], 1, 3)])
    shards = Shards.open(tmp_path / "a")
    assert shards.target(0).dtype == np.uint16
    assert shards.target(0).base is not None
    with pytest.raises(ValueError, match=r"read-only"):
        shards.target(0)[0] = 5


def test_the_fingerprint_is_of_the_texts(tmp_path) -> None:
    for name, cut in (("a", (b"ab", b"c")), ("b", (b"ab", b"c")), ("c", (b"a", b"bc"))):
        with ShardWriter(tmp_path / name, TOKENIZER) as writer:
            for text in cut:
                writer.write(EncodedStory([1], [], [], 0, 1), text)
    a, b, c = (Shards.open(tmp_path / name) for name in "abc")
    assert a.fingerprint == b.fingerprint != c.fingerprint
    assert a.tokenizer_fingerprint == TOKENIZER.fingerprint


def test_a_failed_writer_leaves_what_was_there(tmp_path) -> None:
    write(tmp_path / "a", [EncodedStory([1], [], [], 0, 1)])
    with pytest.raises(AttributeError):
        write(tmp_path / "a", [EncodedStory([2], [], [], 0, 1), None])
    assert [path.name for path in tmp_path.iterdir()] == ["a"]
    assert Shards.open(tmp_path / "a").target(0).tolist() == [1]
    write(tmp_path / "a", [EncodedStory([3], [], [], 0, 1)])
    assert Shards.open(tmp_path / "a").target(0).tolist() == [3]
    assert [path.name for path in tmp_path.iterdir()] == ["a"]


def test_other_files_of_the_user_are_never_replaced(tmp_path) -> None:
    (tmp_path / "photos").mkdir()
    (tmp_path / "photos" / "cat.png").write_bytes(b"x")
    with pytest.raises(ResourceError, match=r"is something else: choose another name"):
        write(tmp_path / "photos", [])
    assert (tmp_path / "photos" / "cat.png").exists()


def test_a_full_disk_is_told_and_cleaned_up(tmp_path) -> None:
    with (
        pytest.raises(ResourceError, match=r"disk is full.*free some space"),
        ShardWriter(tmp_path / "a", TOKENIZER),
    ):
        raise OSError(errno.ENOSPC, "No space left on device")
    assert not list(tmp_path.iterdir())


def test_damage_is_told(tmp_path) -> None:
    with pytest.raises(CorpusError, match=r"run skaz prepare"):
        Shards.open(tmp_path)
    for name, spoil, match in (
        ("targets.bin", lambda data: data[:-2], "damaged: prepare the corpus again"),
        ("targets.bin", lambda data: data[:-1], "damaged"),
        ("characters.bin", lambda data: data + b"1234", "different lengths"),
        ("meta.json", lambda data: b"{", "damaged"),
        (
            "meta.json",
            lambda data: json.dumps({**json.loads(data), "format": 9}).encode(),
            "format 9, this skaz reads 2",
        ),
    ):
        write(tmp_path / "a", [EncodedStory([1, 2], [3], [], 1, 2)])
        file = tmp_path / "a" / name
        file.write_bytes(spoil(file.read_bytes()))
        with pytest.raises(CorpusError, match=match):
            Shards.open(tmp_path / "a")
        write_again = tmp_path / "a" / "meta.json"
        write_again.touch()
    (tmp_path / "a" / "plans.idx").unlink()
    write(tmp_path / "b", [])
    (tmp_path / "b" / "plans.idx").unlink()
    with pytest.raises(CorpusError, match=r"plans.idx is missing"):
        Shards.open(tmp_path / "b")
