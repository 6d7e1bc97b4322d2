"""Old encodings, told by a text's bytes."""

from __future__ import annotations

import codecs
import io
import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from skaz.corpus.encodings import old_encoding

RUSSIAN = "Жила-была старая лиса, и было у неё три лисёнка, весёлых и рыжих. Однажды лисёнок нашёл в лесу фонарь."
UKRAINIAN = "Жив собі дід та баба. Пішов дід у ліс по гриби, а баба лишилася вдома. Була в них курочка ряба."
BELARUSIAN = "Жылі-былі дзед ды баба. І была ў іх курачка рабка. Знесла яна яечка, не простае, а залатое."
FRENCH = "Il était une fois une très petite fille à qui sa mère avait donné un chaperon. «\xa0Où vas-tu ?\xa0» dit-il."
GERMAN = "Es war einmal ein süßes Mädchen, das wohnte „über den Bergen“ in einer schönen großen Hütte."
ENGLISH = "“Well,” said the fox, “it’s cold—very cold.” The café was closed… He paid £5 and went home again. " * 3


def found(content: bytes) -> str | None:
    return old_encoding(lambda: io.BytesIO(content))


@pytest.mark.parametrize("encoding", ["Windows-1251", "KOI8-R", "IBM866", "ISO-8859-5"])
@pytest.mark.parametrize(
    "text", [RUSSIAN, "ГЛАВА ПЕРВАЯ\n\n" + RUSSIAN, ENGLISH.encode("ascii", "ignore").decode() * 200 + RUSSIAN]
)
def test_russian_is_known_in_each_of_its_encodings(encoding: str, text: str) -> None:
    assert found(text.encode(encoding)) == encoding


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        (UKRAINIAN, "Windows-1251"),
        (UKRAINIAN, "KOI8-U"),
        (BELARUSIAN, "Windows-1251"),
        (FRENCH, "Windows-1252"),
        (GERMAN, "Windows-1252"),
        (ENGLISH, "Windows-1252"),
        ("He sat in the café", "Windows-1252"),
    ],
)
def test_its_neighbours_and_the_west_are_known(text: str, encoding: str) -> None:
    assert found(text.encode(encoding)) == encoding


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        ("Był sobie raz stary lis, który mieszkał w lesie z dziećmi i żoną, aż przyszła zima.", "cp1250"),
        ("Příliš žluťoučký kůň úpěl ďábelské ódy, a v lese žila stará liška.", "cp1250"),
        ("Μια φορά κι έναν καιρό ήταν μια γριά αλεπού στο δάσος.", "cp1253"),
        ("Bir varmış bir yokmuş, ormanda yaşlı bir tilki yaşarmış, üç yavrusu varmış, açmış.", "cp1254"),
        ("היה היה פעם שועל זקן שגר ביער עם שלושת גוריו הקטנים.", "cp1255"),
        ("从前有一只老狐狸，住在森林里。冬天很冷，它没有吃的东西。", "gb18030"),
        ("今日は天気がいいから、散歩しましょう。彼は山に行きました。", "cp932"),
        ("옛날 옛적에 숲 속에 늙은 여우 한 마리가 살았습니다.", "euc_kr"),
        (ENGLISH, "mac-roman"),
        (RUSSIAN, "mac-cyrillic"),
        (GERMAN, "cp850"),
        ('"He sat in the café. A cliché", said her fiancé.', "cp437"),
        ('"It was cold—very cold, and then… nothing at all," he said.', "mac-roman"),
        ("It was cold — very cold, and then nothing at all, he said.", "mac-roman"),
    ],
)
def test_what_is_not_guessed_is_told_by_nobody(text: str, encoding: str) -> None:
    assert found(text.encode(encoding, "ignore")) is None


@pytest.mark.parametrize(
    "content",
    [
        "ёж".encode("cp1251"),
        "КОТ\nДОМ\nЛИСА\nОКНО\nМОРЕ\nНЕБО\nТРАВА\nВЕТЕР\n".encode("cp1251"),
        RUSSIAN.upper().encode("cp1251"),
        RUSSIAN.upper().encode("koi8-r"),
        codecs.BOM_UTF8 + RUSSIAN.encode("cp1251"),  # what it says and what it is are two
        b"a tale.\n\x98 x",
        b"\xc3",
    ],
)
def test_too_little_to_go_by_tells_nothing(content: bytes) -> None:
    assert found(content) is None


@pytest.mark.parametrize("encodings", [*itertools.permutations(["Windows-1251", "KOI8-R", "IBM866", "UTF-8"], 2)])
@pytest.mark.parametrize(("times", "more"), [(4, 4), (2_000, 2_000), (4_000, 100)])
def test_files_of_two_encodings_put_together_tell_nothing(encodings: tuple[str, str], times: int, more: int) -> None:
    first, second = encodings
    assert found((RUSSIAN * times).encode(first) + b"\n" + (RUSSIAN * more).encode(second)) is None


def test_nor_do_western_lines_and_russian_ones() -> None:
    assert found((FRENCH * 2_000).encode("cp1252") + b"\n" + (RUSSIAN * 20).encode("cp1251")) is None


@given(st.text(max_size=200))
def test_utf8_is_in_no_old_encoding(text: str) -> None:
    assert found(text.encode("utf-8", "ignore")) is None


@pytest.mark.parametrize("text", [RUSSIAN, "狐は寒い川を渡った。", ENGLISH])
def test_nor_is_utf8_of_which_a_part_is_looked_at(text: str) -> None:
    for shift in range(3):  # so that what is looked at ends inside a character
        assert found(b"a" * shift + (text * 3_000).encode()) is None


@given(st.integers(0, 200), st.sampled_from([RUSSIAN, FRENCH, ENGLISH, "狐は寒い川を渡った。" * 3]))
def test_nor_is_utf8_with_a_bad_byte(place: int, text: str) -> None:
    content = text.encode()
    assert found(content[:place] + b"\x98" + content[place:]) is None
