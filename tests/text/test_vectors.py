"""Pretrained vectors are found for the tokens that they are of, and what does not fit is named."""

from __future__ import annotations

import gzip

import numpy as np
import pytest

from skaz.errors import CorpusError, RecipeError
from skaz.text.tokenizer import Tokenizer
from skaz.text.vectors import check_vectors, vectors_for

TOKENIZER = Tokenizer.train([" the Fox saw the fox", " the Fox saw the fox"] * 3, "words", 400)


@pytest.mark.parametrize("header", ["", "3 4\n"])
def test_tokens_go_by_their_text_and_else_by_lower_case(tmp_path, header: str) -> None:
    path = tmp_path / "x.vec"
    path.write_text(f"{header}the 1 2 3 4\nfox 5 6 7 8\nzebra 0 0 0 0\n", encoding="utf-8")
    found = vectors_for(TOKENIZER, path, 4)
    by_text = {TOKENIZER.token_bytes[token].decode().strip(): vector.tolist() for token, vector in found.items()}
    assert by_text == {"the": [1, 2, 3, 4], "fox": [5, 6, 7, 8], "Fox": [5, 6, 7, 8]}


def test_the_exact_word_stands_before_the_lower_case(tmp_path) -> None:
    path = tmp_path / "x.vec"
    path.write_text("Fox 9 9\nfox 1 1\n", encoding="utf-8")
    by_text = {TOKENIZER.token_bytes[token]: vector for token, vector in vectors_for(TOKENIZER, path, 2).items()}
    np.testing.assert_array_equal(by_text[b" Fox"], [9, 9])
    np.testing.assert_array_equal(by_text[b" fox"], [1, 1])


def test_words_with_spaces_in_them_are_passed_over(tmp_path) -> None:
    path = tmp_path / "x.vec"
    path.write_text("fox 5 6\nthe . 7 8\nthe end. . 7 8\nsaw 1 2\n", encoding="utf-8")
    found = {TOKENIZER.token_bytes[token]: vector.tolist() for token, vector in vectors_for(TOKENIZER, path, 2).items()}
    assert found[b" saw"] == [1, 2]
    assert b" the" not in found


def test_what_does_not_fit_is_named(tmp_path) -> None:
    path = tmp_path / "x.vec"
    path.write_text("the 1 2 3\n", encoding="utf-8")
    with pytest.raises(RecipeError, match=r"model\.embedding_size to 3"):
        vectors_for(TOKENIZER, path, 4)
    path.write_text("the 1 x 3\n", encoding="utf-8")
    with pytest.raises(CorpusError, match="line 1: these are no numbers"):
        vectors_for(TOKENIZER, path, 3)
    for number in ("nan", "inf", "1e99"):
        path.write_text(f"zebra 1 2 3\nthe 1 {number} 3\n", encoding="utf-8")
        with pytest.raises(CorpusError, match="line 2: not all of these numbers are finite"):
            vectors_for(TOKENIZER, path, 3)
    path.write_text("zebra 1 2 3\n", encoding="utf-8")
    with pytest.raises(CorpusError, match="no vector for any token"):
        vectors_for(TOKENIZER, path, 3)
    with pytest.raises(CorpusError, match="can't be read"):
        vectors_for(TOKENIZER, tmp_path / "none.vec", 3)


@pytest.mark.parametrize(
    ("text", "line", "numbers", "told"),
    [
        ("2 4\nzebra 1 2 3 4\nthe 1 2\n", 3, "2 numbers", "the header says 4"),
        ("2 4\nzebra 1 2 3 4\nthe\n", 3, "0 numbers", "the header says 4"),
        ("zebra 1 2 3 4\nthe 1\n", 2, "1 number", "line 1 has 4"),
    ],
)
def test_a_line_that_was_cut_is_no_other_size(tmp_path, text: str, line: int, numbers: str, told: str) -> None:
    path = tmp_path / "x.vec"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(CorpusError) as caught:
        vectors_for(TOKENIZER, path, 4)
    assert str(caught.value) == f"{path}, line {line}: {numbers}, where {told}; the file is damaged, copy it again."


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "is empty; give word2vec's or fastText's text format"),
        ("9 128\n", "has a header and no vector; copy it again"),
        ("hello world\n", "line 1: these are no numbers; give word2vec's"),
        ("hello\n", "line 1: these are no numbers; give word2vec's"),
        ("9 128\n\0\1 \2\n", "line 2: these are no numbers; give word2vec's"),
    ],
)
def test_what_has_no_vectors_is_told_before_the_work(tmp_path, text: str, said: str) -> None:
    path = tmp_path / "x.vec"
    path.write_text(text, encoding="utf-8")
    for read in (check_vectors, lambda path: vectors_for(TOKENIZER, path, 128)):
        with pytest.raises(CorpusError, match=said):
            read(path)


def test_a_header_is_one_after_a_byte_order_mark_too(tmp_path) -> None:
    path = tmp_path / "x.vec"
    path.write_text("\ufeff1 2 \nthe 1 2\n", encoding="utf-8")
    check_vectors(path)
    assert [vector.tolist() for vector in vectors_for(TOKENIZER, path, 2).values()] == [[1, 2]]


def test_vectors_may_be_gzipped(tmp_path) -> None:
    path = tmp_path / "x.vec.gz"
    packed = gzip.compress(b"2 3\nthe 1 2 3\nfox 4 5 6\n")
    path.write_bytes(packed)
    found = vectors_for(TOKENIZER, path, 3).values()
    assert {tuple(vector) for vector in found} == {(1, 2, 3), (4, 5, 6)}
    for damaged in (packed[:-9], b"the 1 2 3\n"):
        path.write_bytes(damaged)
        with pytest.raises(CorpusError, match=r"x\.vec\.gz are a damaged gzip file"):
            vectors_for(TOKENIZER, path, 3)
