"""Banned words never appear and required words always do, whatever the model wants."""

import re
import unicodedata
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from skaz.decoding.constraints import Bans, Constraints, required_word
from skaz.decoding.sampling import Request, generate
from skaz.decoding.settings import SamplingSettings
from skaz.decoding.stopping import RUN_ON_CHARACTERS, Stopping, stop_at
from skaz.decoding.transcript import Transcript
from skaz.decoding.vocabulary import Vocabulary
from skaz.errors import RequestError

words = st.text("abcAB", min_size=1, max_size=4)
pieces = st.text("abcA .", min_size=1, max_size=4)


def words_in(text: str) -> list[str]:
    return re.findall(r"\w+", text)


def has_word(word: str, text: str) -> bool:
    """The word as given, or in any case at the start of a sentence."""
    for match in re.finditer(r"\w+", text):
        opening = re.sub(r"\W*\Z", "", text[: match.start()])
        skipped = text[len(opening) : match.start()]
        starts = not opening or re.search(r"[.!?…\n]", skipped)
        if match[0] == word or (starts and match[0].lower() == word.lower()):
            return True
    return False


def longest_first(vocabulary: Vocabulary):
    """An encoder that takes the longest piece that fits, as a tokenizer would; 0 where none does."""

    def encode(text: str) -> list[int]:
        tokens = []
        while text:
            fitting = [i for i, piece in enumerate(vocabulary.pieces) if piece and text.startswith(piece)]
            tokens.append(max(fitting, key=lambda i: len(vocabulary.pieces[i]), default=0))
            text = text[len(vocabulary.pieces[tokens[-1]]) or 1 :]
        return tokens

    return encode


@given(st.data(), st.integers(0, 999), st.sampled_from([0.0, 0.8, 2.0]))
@settings(deadline=None, max_examples=60)
def test_promises_hold_for_any_vocabulary(
    fake: SimpleNamespace, data: st.DataObject, seed: int, temperature: float
) -> None:
    extra = data.draw(st.lists(pieces, max_size=12, unique=True))
    base = data.draw(st.sampled_from(["abcAB .", "abcABC ", "abcAB."]))
    vocabulary = fake.vocabulary(list(dict.fromkeys([*base, *extra])))
    banned = data.draw(st.lists(words, max_size=4))
    included = data.draw(
        st.lists(words.filter(lambda w: w.lower() not in map(str.lower, banned)), max_size=3, unique=True)
    )
    required = tuple(required_word(word, longest_first(vocabulary), vocabulary) for word in included)
    room = sum(word.cost_tokens for word in required)
    max_tokens = max(1, room) + data.draw(st.integers(0, 40))
    prefix = tuple(data.draw(st.lists(st.integers(3, vocabulary.size - 1), max_size=4)))
    length = data.draw(st.none() | st.integers(1, 12))
    request = Request(
        prefix,
        SamplingSettings(temperature),
        Stopping(max_tokens, length),
        Constraints(required, tuple(banned)),
        seed,
    )
    engine = fake.Engine(vocabulary.size, seed, end_logit=data.draw(st.sampled_from([-4.0, 0.0, 6.0])))
    shown: list[list[int]] = [[], []]
    for step in generate(engine, vocabulary, [[1], [2]], request):
        for emitted in step.emitted:
            shown[emitted.row].extend(w.token for w in emitted.tokens)
    for tokens in shown:
        opening, text = vocabulary.text(prefix), vocabulary.text([*prefix, *tokens])
        assert len(tokens) <= max_tokens
        inside = [m[0].lower() for m in re.finditer(r"\w+", text) if m.end() > len(opening)]
        assert not set(inside) & {word.lower() for word in banned}, text
        for word in included:
            assert has_word(word, text), (word, text)


@given(st.integers(0, 999), st.integers(3, 12))
@settings(deadline=None, max_examples=60)
def test_a_required_word_stands_apart_and_its_sentence_is_ended(fake: SimpleNamespace, seed: int, length: int) -> None:
    vocabulary = fake.vocabulary(["moon", " moon", " a", " fox", " ran", ",", "."])
    required = required_word("moon", longest_first(vocabulary), vocabulary)

    class Unwilling(fake.Engine):
        """Never writes the word by itself, and if it must, without a space."""

        def _logits(self, row: np.ndarray) -> np.ndarray:
            logits_V = super()._logits(row)
            logits_V[3:5] = -20, -24
            return logits_V

    engine = Unwilling(vocabulary.size, seed, sharpness=1.0, end_logit=-9.0)
    drawn = SamplingSettings(temperature=1.0, top_p=None)
    request = Request((), drawn, Stopping(400, length), Constraints((required,)), seed)
    (story,) = fake.write(engine, vocabulary, [[1]], request)
    text = vocabulary.text(story)
    assert re.search(r"\bmoon\b", text)
    assert not re.search(r"[.,]moon", text)
    assert text.endswith(".") or len(text.rpartition(".")[2]) > RUN_ON_CHARACTERS


@given(
    st.integers(0, 500),
    st.lists(st.sampled_from(["a b", "b c", "a  b c", "b", "c a a"]), min_size=1, max_size=3),
)
@settings(deadline=None, max_examples=25)
def test_banned_phrases_never_appear(fake: SimpleNamespace, seed: int, banned: list[str]) -> None:
    vocabulary = fake.vocabulary([*"abc .", " a", " b", "b c", "\n", "A"])
    engine = fake.Engine(vocabulary.size, seed, end_logit=-2)
    request = Request(stopping=Stopping(60), constraints=Constraints(ban=tuple(banned)), seed=seed)
    for tokens in fake.write(engine, vocabulary, [[1], [2], [3]], request):
        text = vocabulary.text(tokens).lower()
        for phrase in banned:
            assert not re.search(r"(?<!\w)" + r"\s+".join(phrase.split()) + r"(?!\w)", re.sub(r"\s{9,}", "#", text))


@given(st.integers(0, 500))
@settings(deadline=None, max_examples=25)
def test_bytes_that_make_letters(fake: SimpleNamespace, seed: int) -> None:
    """A byte-level tokenizer: the pieces of a Cyrillic letter are not text by themselves."""
    raw = [bytes([b]) for b in sorted({*"котик Кы.".encode()})]

    def decode(tokens: list[int]) -> str:
        return b"".join(raw[token - 3] for token in tokens).decode(errors="replace")

    shown = tuple(b.decode(errors="replace") for b in raw)
    vocabulary = Vocabulary(("", "", "", *shown), 1, 2, frozenset({0, 1}), decode)
    required = required_word("кот", lambda text: [3 + raw.index(bytes([b])) for b in text.encode()], vocabulary)
    constraints = Constraints((required,), ("котик", "к", "кы"))
    request = Request(stopping=Stopping(90), constraints=constraints, seed=seed)
    engine = fake.Engine(vocabulary.size, seed, end_logit=1)
    for tokens in fake.write(engine, vocabulary, [[1], [2]], request):
        found = words_in(decode(tokens))
        assert has_word("кот", decode(tokens))
        assert not {"котик", "к", "кы"} & {word.lower() for word in found}


def test_a_word_that_the_model_loves_is_kept_out_and_nothing_shown_is_taken_back(
    fake: SimpleNamespace,
) -> None:
    vocabulary = fake.vocabulary([" cat", " c", "at", " dog", "s", "."])

    class Lover(fake.Engine):
        def _logits(self, row: np.ndarray) -> np.ndarray:
            wanted = {4: 5, 3: 8, 5: 8}.get(int(row[-1]), 3 if self.seed else 4)
            return np.where(np.arange(self.vocabulary_size) == wanted, 9.0, super()._logits(row))

    for seed in (0, 1):
        engine = Lover(vocabulary.size, seed, sharpness=0.5, end_logit=-3)
        request = Request(stopping=Stopping(20), constraints=Constraints(ban=("cat",)), seed=seed)
        tokens = fake.write(engine, vocabulary, [[1]], request)[0]
        assert len(tokens) == 20
        assert "cat" not in words_in(vocabulary.text(tokens))


def test_a_word_with_a_capital_of_its_own_gets_no_other(fake: SimpleNamespace) -> None:
    vocabulary = fake.vocabulary([*"iIPpad ", "."])

    def spelt(word: str) -> set[str]:
        forms = required_word(word, longest_first(vocabulary), vocabulary).forms
        return {vocabulary.text(form).strip() for form in forms}

    assert spelt("iPad") == {"iPad"}
    assert spelt("pad") == {"pad", "Pad"}


def test_required_words_come_in_over_the_whole_story(fake: SimpleNamespace) -> None:
    texts = [*"abcdefghijklmnopqrstuvwxyz", " ", "."]
    vocabulary = fake.vocabulary(texts)
    required = tuple(required_word(w, longest_first(vocabulary), vocabulary) for w in ("dragon", "key", "hill"))
    places = []
    for seed in range(12):
        engine = fake.Engine(vocabulary.size, seed, sharpness=0.5, end_logit=-9)
        request = Request(stopping=Stopping(300), constraints=Constraints(required), seed=seed)
        text = vocabulary.text(fake.write(engine, vocabulary, [[1]], request)[0])
        places += [text.index(word.word) / len(text) for word in required]
    assert min(places) < 0.7  # not all crowded at the end


def test_required_words_do_not_run_together(fake: SimpleNamespace) -> None:
    vocabulary = fake.vocabulary([*"abcABC "])
    required = tuple(required_word(word, longest_first(vocabulary), vocabulary) for word in ("A", "AA", "AAA"))
    room = sum(word.cost_tokens for word in required)
    request = Request((), SamplingSettings(0.0), Stopping(room + 1), Constraints(required))
    for tokens in fake.write(fake.Engine(vocabulary.size, 0, end_logit=-4.0), vocabulary, [[1], [2]], request):
        assert {"A", "AA", "AAA"} <= set(words_in(vocabulary.text(tokens)))


def test_a_stop_waits_for_the_missing_words(fake: SimpleNamespace) -> None:
    vocabulary = fake.vocabulary([*"abc", " ", "."])
    required = (required_word("cab", longest_first(vocabulary), vocabulary),)
    request = Request(stopping=Stopping(80, stop=stop_at("a")), constraints=Constraints(required), seed=1)
    steps = list(generate(fake.Engine(vocabulary.size, 1, end_logit=-9), vocabulary, [[1]], request))
    assert has_word("cab", vocabulary.text(fake.stories(steps, 1)[0]))
    assert steps[-1].finished[0].reason == "stopped"


def test_forms_of_a_word(fake: SimpleNamespace) -> None:
    vocabulary = fake.vocabulary([*"catCAT", " ", " cat", "Cat"])
    encode = longest_first(vocabulary)
    forms = {vocabulary.text(form) for form in required_word("cat", encode, vocabulary).forms}
    assert forms == {"cat", " cat", "Cat", " Cat"}
    lower = fake.vocabulary([*"cat", " "])
    assert required_word("CAT", lambda text: longest_first(lower)(text.lower()), lower).word == "cat"


def test_errors_say_what_to_do(fake: SimpleNamespace) -> None:
    vocabulary = fake.vocabulary([*"cat "])
    encode = longest_first(vocabulary)
    with pytest.raises(RequestError, match="no spelling"):
        required_word("dog", encode, vocabulary)
    with pytest.raises(RequestError, match="at least one letter"):
        required_word(" - ", encode, vocabulary)
    bare = fake.vocabulary([*"cat"])
    with pytest.raises(RequestError, match="nothing that separates"):
        required_word("cat", longest_first(bare), bare)
    cat = required_word("cat", encode, vocabulary)
    with pytest.raises(RequestError, match="drop one of the two"):
        Constraints((cat,), ("CAT",))
    with pytest.raises(RequestError, match="is empty"):
        Constraints(ban=(" ",))
    with pytest.raises(RequestError, match="raise it to at least that"):
        Request(stopping=Stopping(3), constraints=Constraints((cat,)))


CHINESE = [*"月亮灯笼老人很", "月亮", "灯笼", "。", "，"]


@given(st.integers(0, 500), st.booleans(), st.none() | st.integers(4, 20))
@settings(deadline=None, max_examples=40)
def test_words_of_scripts_without_spaces_are_met_and_kept_out_amid_others(
    fake: SimpleNamespace, seed: int, greedy: bool, length: int | None
) -> None:
    vocabulary = fake.vocabulary([*CHINESE, " "])
    required = required_word("灯笼", longest_first(vocabulary), vocabulary)
    request = Request(
        settings=SamplingSettings(0.0 if greedy else 1.0, top_p=None),
        stopping=Stopping(40, length),
        constraints=Constraints((required,), ("月亮", "老人")),
        seed=seed,
    )
    engine = fake.Engine(vocabulary.size, seed, sharpness=1.0, end_logit=-1.0)
    for story in fake.write(engine, vocabulary, [[1], [2]], request):
        text = vocabulary.text(story)
        assert "灯笼" in text
        assert "月亮" not in text
        assert "老人" not in text


def test_a_required_word_without_spaces_may_be_followed_by_any_letter(fake: SimpleNamespace) -> None:
    vocabulary = fake.vocabulary(["灯笼", "很", "亮", "。"])
    required = required_word("灯笼", longest_first(vocabulary), vocabulary)
    engine = fake.Engine(vocabulary.size, 0, sharpness=0.1, end_logit=-9)
    after = set()
    for seed in range(20):
        request = Request((), SamplingSettings(1.0, top_p=None), Stopping(12), Constraints((required,)), seed)
        text = vocabulary.text(fake.write(engine, vocabulary, [[1]], request)[0])
        after.add(text.partition("灯笼")[2][:1])
    assert {"很", "亮"} <= after


@pytest.mark.parametrize("length", [6, 15, 40])
def test_a_length_is_kept_to_where_sentences_end_otherwise(fake: SimpleNamespace, length: int) -> None:
    for texts in ([*"月亮灯笼", "。", "，"], [" क्या", " है", " हम", "।"], [" یہ", " ہے", "۔"]):
        vocabulary = fake.vocabulary(texts)
        engine = fake.Engine(vocabulary.size, 1, sharpness=0.3, end_logit=-2.0)
        request = Request((), SamplingSettings(1.0, top_p=None), Stopping(500, length), seed=length)
        for step in generate(engine, vocabulary, [[1], [2], [3]], request):
            assert all(finished.reason != "length" for finished in step.finished)


@given(st.integers(0, 300), st.sampled_from(["NFC", "NFD"]), st.sampled_from(["NFC", "NFD"]))
@settings(deadline=None, max_examples=40)
def test_a_banned_word_is_kept_out_however_its_accents_are_written(
    fake: SimpleNamespace, seed: int, asked: str, written: str
) -> None:
    vocabulary = fake.vocabulary([*"cafe", "é", "\u0301", "\u0302", " ", "."])
    ban = unicodedata.normalize(asked, "é"), unicodedata.normalize(asked, "café")
    request = Request(
        settings=SamplingSettings(1.0, top_p=None), stopping=Stopping(40), constraints=Constraints(ban=ban), seed=seed
    )
    for story in fake.write(fake.Engine(vocabulary.size, seed), vocabulary, [[1], [2]], request):
        text = unicodedata.normalize(written, vocabulary.text(story))
        found = re.findall(r"[\w\u0301\u0302]+", unicodedata.normalize("NFD", text))
        assert not {unicodedata.normalize("NFD", word) for word in ban} & set(found)


def test_marks_belong_to_the_letter_before_them() -> None:
    assert not Bans(["क"]).complete("कि है ")
    assert Bans(["कि"]).complete("कि है ")
    assert not Bans(["cafe"]).complete("cafe\u0301 ")
    assert Bans(["café"]).complete("cafe\u0301 ")
    assert Bans(["ệ"]).at_end("ê\u0323")
    assert Bans(["café"]).begun("cafe")
    assert not Bans(["か"]).complete("いが ")


def test_signs_may_be_banned() -> None:
    assert Bans(["."]).complete("He ran.")
    assert Bans(["!?"]).complete("What!? No")
    assert Bans(["C++"]).complete("in C++20 ")
    assert not Bans(["C++"]).complete("in AC++20 ")


def test_a_word_ends_where_another_script_begins() -> None:
    assert Bans(["OK"]).complete("他说OK了")
    assert not Bans(["OK"]).complete("他说OKs了")


@pytest.mark.parametrize("banned", ["ежик", "ёжик", "Ёжик"])
@pytest.mark.parametrize("met", ["Вот ежик.", "Вот ёжик.", "ЁЖИК!", "Вот е\u0308жик "])
def test_a_cyrillic_letter_with_dots_is_the_one_without(banned: str, met: str) -> None:
    assert Bans([banned]).complete(met)
    assert all(map(Bans([banned]).begun, ("Вот ёж", "Вот еж")))
    assert not Bans([banned]).complete("Вот ёжики.")
    assert Bans(["мое"]).complete("Всё моё.")
    assert not Bans(["мои"]).complete("Пой мой.")  # of й the mark counts


def test_a_required_word_may_have_its_dots_or_not(fake: SimpleNamespace) -> None:
    vocabulary = fake.vocabulary([*"ежёикЕЁ ."])
    required = required_word("ежик", longest_first(vocabulary), vocabulary)
    assert all(map(required.is_in, ("Вот ёжик.", "Ёжик спит.")))
    assert all(map(required.ends, ("Вот ежик", "Вот ёжик")))
    assert required_word("ёжик", longest_first(vocabulary), vocabulary).is_in("Вот ежик.")


def test_bans_by_hand() -> None:
    bans = Bans(["cat", "the  king", "don't"])
    assert bans.complete("a CAT.")
    assert bans.complete("The\n king ")
    assert bans.complete("I don’t ")
    assert not bans.complete("a cat")
    assert not bans.complete("cats concat cat_ ")
    assert bans.at_end("a cat")
    assert not bans.at_end("a cat", floor=5)
    assert bans.begun("the kin")
    assert bans.begun("see the ")
    assert not bans.begun("see them")


@given(
    st.lists(st.binary(min_size=1, max_size=3) | st.sampled_from([b"\xd0", b"\xba", b"\xf0\x9f"]), max_size=40),
    st.integers(0, 40),
)
@example([b"\xd0", b"\xba", *[b"\xd0"] * 12, b"a"], 1)
def test_the_transcript_equals_decoding_all(chunks: list[bytes], back: int) -> None:
    joined = "кот ёж — ok".encode()
    chunks = chunks or [joined[i : i + 1] for i in range(len(joined))]
    vocabulary = Vocabulary(
        tuple("" for _ in chunks),
        0,
        0,
        decode=lambda tokens: b"".join(chunks[t] for t in tokens).decode(errors="replace"),
    )
    transcript = Transcript(vocabulary)
    for token in range(len(chunks)):
        assert transcript.peek([token]) == vocabulary.text(range(token + 1))
        transcript.append(token)
        assert transcript.text == vocabulary.text(range(token + 1))
    transcript.rewind(min(back, len(chunks)))
    assert transcript.text == (vocabulary.text(transcript.tokens) if transcript.tokens else "")
