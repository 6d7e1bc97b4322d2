"""Every text comes back as it was, whatever the kind; the vocabulary is what the kind promises."""

import subprocess
import sys
import unicodedata
from typing import get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from skaz.errors import BundleError, RecipeError, RequestError
from skaz.recipe import TokenizerKind
from skaz.text import SPECIALS, TextStream, Tokenizer
from skaz.text import tokenizer as tokenizer_module
from skaz.text.pieces import parts as cut_parts
from tests.hard_texts import HARD, TEXTS

KINDS = get_args(TokenizerKind)
TOKENIZERS = {kind: Tokenizer.train(TEXTS, kind, 400) for kind in KINDS}
any_text = st.one_of(
    st.text(),
    st.lists(
        st.sampled_from([" ", "  ", "\n", "\r\n", "'", "'s", "лис", "fox", "7", "<pad>", "👩‍👧", "\x1c", "—"])
    ).map("".join),
)


@pytest.mark.parametrize("kind", KINDS)
@given(text=any_text)
@settings(max_examples=150, deadline=None)
def test_a_text_comes_back_exactly(kind: TokenizerKind, text: str) -> None:
    tokenizer = TOKENIZERS[kind]
    ids = tokenizer.encode(text)
    assert tokenizer.decode(ids) == text
    assert all(token >= len(SPECIALS) for token in ids), "a special token was read in plain text"


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("text", HARD)
def test_hard_texts_come_back_exactly(kind: TokenizerKind, text: str) -> None:
    assert TOKENIZERS[kind].decode(TOKENIZERS[kind].encode(text)) == text


@pytest.mark.parametrize("kind", KINDS)
@given(text=any_text)
@settings(max_examples=100, deadline=None)
def test_the_dictionary_of_words_changes_nothing(kind: TokenizerKind, text: str) -> None:
    tokenizer = TOKENIZERS[kind]
    assert tokenizer.encode(text) == tokenizer._encode_by_library([text])[0]


@pytest.mark.parametrize("kind", KINDS)
@given(text=any_text)
@settings(max_examples=60, deadline=None)
def test_a_long_text_in_parts_is_the_text_in_one(kind: TokenizerKind, text: str) -> None:
    parts = list(cut_parts(text, 5))
    assert "".join(parts) == text
    tokenizer = TOKENIZERS[kind]
    assert [token for part in parts for token in tokenizer.encode(part)] == tokenizer.encode(text)


@pytest.mark.parametrize("kind", KINDS)
@given(ids=st.lists(st.integers(0, 263) | st.integers(0, 399), max_size=60))
@settings(max_examples=150, deadline=None)
def test_streamed_pieces_join_to_the_decoding_of_all(kind: TokenizerKind, ids: list[int]) -> None:
    tokenizer = TOKENIZERS[kind]
    ids = [token % tokenizer.vocabulary_size for token in ids]
    stream = TextStream(tokenizer)
    pieces = [stream.push(token) for token in ids]
    assert "".join(pieces) + stream.finish() == tokenizer.decode(ids)


@pytest.mark.parametrize("kind", KINDS)
@given(text=any_text)
@settings(max_examples=60, deadline=None)
def test_a_stream_never_shows_half_a_character(kind: TokenizerKind, text: str) -> None:
    stream = TextStream(TOKENIZERS[kind])
    shown = ""
    for token in TOKENIZERS[kind].encode(text):
        shown += stream.push(token)
        assert text.startswith(shown)
    assert shown == text
    assert stream.finish() == ""


def test_a_stream_is_ready_for_a_new_text_after_finish() -> None:
    tokenizer = TOKENIZERS["bytes"]
    stream = TextStream(tokenizer)
    stream.push(tokenizer.encode("л")[0])
    assert stream.finish() == "\ufffd"
    assert stream.push(tokenizer.encode("a")[0]) == "a"


@pytest.mark.parametrize("kind", KINDS)
def test_specials_and_bytes_have_fixed_ids(kind: TokenizerKind) -> None:
    tokenizer = TOKENIZERS[kind]
    assert [tokenizer.special(name) for name in SPECIALS] == list(range(8))
    assert tokenizer.special("next") == 6
    assert [tokenizer.token_bytes[8 + byte] for byte in range(256)] == [bytes([byte]) for byte in range(256)]
    assert tokenizer.decode([1, *tokenizer.encode("лиса"), 2, 0]) == "лиса"


@pytest.mark.parametrize("kind", KINDS)
def test_the_size_is_a_limit_and_a_small_corpus_gives_less(kind: TokenizerKind) -> None:
    assert TOKENIZERS[kind].vocabulary_size <= 400
    tiny = Tokenizer.train(["лис"], kind, 5_000)
    assert tiny.vocabulary_size < 300
    assert tiny.decode(tiny.encode("лиса fox")) == "лиса fox"
    assert Tokenizer.train([], kind, 264).vocabulary_size == 264


def test_frequent_words_with_their_space_are_one_token() -> None:
    stories = ["Жила лиса, и лиса ждала. И лиса ушла, а лиса жила. Here a fox, and a fox waited."] * 50
    for kind in ("bpe", "unigram", "words"):
        tokenizer = Tokenizer.train(stories, kind, 500)
        spelt = [tokenizer.decode([token]) for token in tokenizer.encode("а лиса, a fox 42!")]
        assert {" лиса", " fox"} <= set(spelt), kind
        assert spelt[-3:] == [" 4", "2", "!"] or spelt[-4:] == [" ", "4", "2", "!"], kind
        assert "," in spelt, kind


def test_no_learnt_bpe_token_holds_half_a_letter() -> None:
    tokenizer = Tokenizer.train(["Лиса и фонарь, волк и река. " * 20], "bpe", 400)
    learnt = tokenizer.token_bytes[264:]
    assert learnt
    assert all(spelt.decode("utf-8") for spelt in learnt)


def test_characters_are_tokens_and_others_fall_back_to_bytes() -> None:
    tokenizer = Tokenizer.train(["лиса 狐"], "characters", 1_000)
    assert len(tokenizer.encode("狐лиса")) == 5
    assert len(tokenizer.encode("я")) == 2
    assert not tokenizer.joins_spaces


def test_bytes_are_bytes() -> None:
    assert TOKENIZERS["bytes"].encode("лf") == [8 + byte for byte in "лf".encode()]


def test_what_is_common_takes_few_tokens() -> None:
    for kind in ("bpe", "unigram", "words"):
        assert len(TOKENIZERS[kind].encode("Лиса увидела фонарь")) < 12, kind


def test_the_same_texts_give_the_same_file_in_another_process() -> None:
    code = (
        "from skaz.text import Tokenizer\n"
        "import random\n"
        "dice = random.Random(5)\n"
        "words = [''.join(dice.choices('абвгдеж', k=dice.randint(1, 6))) for _ in range(400)]\n"
        "texts = [' '.join(dice.choices(words, k=60)) for _ in range(60)]\n"
        "kinds = ('bpe', 'unigram', 'words', 'characters')\n"
        "print([Tokenizer.train(texts, kind, 420).fingerprint for kind in kinds])"
    )
    runs = {
        subprocess.run([sys.executable, "-c", code], check=False, capture_output=True, text=True).stdout
        for _ in range(2)
    }
    assert len(runs) == 1
    assert runs.pop().startswith("['")


@pytest.mark.parametrize("kind", KINDS)
def test_save_and_load(kind: TokenizerKind, tmp_path) -> None:
    TOKENIZERS[kind].save(tmp_path)
    for path in (tmp_path, tmp_path / "tokenizer.json"):
        loaded = Tokenizer.load(path)
        assert loaded.encode(TEXTS[2]) == TOKENIZERS[kind].encode(TEXTS[2])
        assert loaded.fingerprint == TOKENIZERS[kind].fingerprint


def test_errors_say_what_to_do(tmp_path) -> None:
    with pytest.raises(BundleError, match=r"name a prepared corpus"):
        Tokenizer.load(tmp_path / "none.json")
    (tmp_path / "tokenizer.json").write_text('{"model": 3}')
    with pytest.raises(BundleError, match=r"damaged"):
        Tokenizer.load(tmp_path)
    with pytest.raises(RecipeError, match=r"too small.*264"):
        Tokenizer.train(TEXTS, "bpe", 100)
    with pytest.raises(RecipeError, match='Did you mean "unigram"'):
        Tokenizer.train(TEXTS, "unigramm", 400)  # type: ignore[arg-type]
    with pytest.raises(RequestError, match='Did you mean "<next>"'):
        TOKENIZERS["bpe"].special("nxt")
    with pytest.raises(RequestError, match=r"half a character"):
        TOKENIZERS["bpe"].encode("a \ud800")


def test_many_new_words_do_not_grow_memory_without_bound(monkeypatch) -> None:
    monkeypatch.setattr(tokenizer_module, "_MOST_KNOWN_IDS", 50)
    tokenizer = Tokenizer.train(TEXTS, "bpe", 300)
    for number in range(30):
        text = " ".join(f"w{number}x{other}" for other in range(10))
        assert tokenizer.decode(tokenizer.encode(text)) == text
        assert len(tokenizer._known) <= 50


def test_letters_take_syllables_and_accents_apart() -> None:
    tokenizer = Tokenizer.train(["가감 각 été"], "letters", 400)
    ids = tokenizer.encode("각 é 감")
    spelt = [tokenizer.decode([token]) for token in ids]
    assert spelt == list(unicodedata.normalize("NFD", "각 é 감"))
    assert tokenizer.decode(ids) == "".join(spelt)
    assert Tokenizer.from_json(tokenizer.to_json()).encode("각 é 감") == ids
    assert tokenizer.encode(unicodedata.normalize("NFD", "각 é 감")) == ids
