"""Every kind of file gives its stories, and every bad one an error with advice."""

import gzip
import json
import logging
import sys
import types
from pathlib import Path

import pytest

from skaz.corpus.readers import counted, describe, read_stories
from skaz.corpus.records import Story, Tally
from skaz.corpus.tables import delimited_rows
from skaz.errors import CorpusError, DependencyError

TEXT = "Жила-была лиса. " * 20
LINES = [f"{number} {TEXT}".strip() for number in range(5)]


def texts(*paths, **options) -> list[str]:
    return [story.text for story in read_stories(list(paths), **options)]


def fails(match: str, *paths, **options) -> None:
    with pytest.raises(CorpusError, match=match):
        list(read_stories(list(paths), **options))


def test_text_with_every_line_end_and_byte_order_mark(tmp_path) -> None:
    for name, data in {
        "unix.txt": "\n".join(LINES).encode(),
        "dos.md": "\r\n".join(LINES).encode(),
        "bom.txt": "\n".join(LINES).encode("utf-8-sig"),
        "wide.txt": "\n".join(LINES).encode("utf-16"),
        "wider.txt": "\n".join(LINES).encode("utf-32"),
        "~odd.txt": "\n".join(LINES).encode(),
        "packed.txt.gz": gzip.compress("\n".join(LINES).encode()),
    }.items():
        (tmp_path / name).write_bytes(data)
        assert texts(tmp_path / name) == LINES, name
    assert texts(str(tmp_path / "unix.txt")) == [story.text for story in read_stories(tmp_path / "unix.txt")]


def test_a_folder_is_read_in_order_without_hidden_files(tmp_path) -> None:
    (tmp_path / "b").mkdir()
    (tmp_path / ".hidden").mkdir()
    (tmp_path / "a.txt").write_text("first", encoding="utf-8")
    (tmp_path / "b" / "c.jsonl").write_text('{"text": "second"}', encoding="utf-8")
    (tmp_path / "d.md").write_text("third", encoding="utf-8")
    (tmp_path / "e.png").write_bytes(b"\0")
    (tmp_path / "f.txt").write_text("", encoding="utf-8")
    (tmp_path / ".hidden" / "g.txt").write_text("no", encoding="utf-8")
    (tmp_path / ".h.txt").write_text("no", encoding="utf-8")
    for ours in ("teller/bundle.json", "teller.run/asked.toml", "corpus/train/meta.json"):  # kept among the stories
        (tmp_path / ours).parent.mkdir(parents=True)
        (tmp_path / ours).write_text("{}", encoding="utf-8")
        (tmp_path / ours).with_name("card.md").write_text("no story", encoding="utf-8")
    assert texts(tmp_path) == ["first", "second", "third"]
    assert f"1 file of other kinds not read: {tmp_path / 'e.png'}" in describe([tmp_path]).lines()


def test_texts_that_are_not_read_are_named_before_other_files_or_counted_by_kind(tmp_path) -> None:
    for name in ("a.png", "b.jpg", "c.rtf", "d.PDF", "e.db", "f.png"):
        (tmp_path / name).write_bytes(b"x")
    fails(r"has no texts that are read; save c\.rtf, d\.PDF as \.docx or \.txt", tmp_path)
    (tmp_path / "a.txt").write_text(TEXT, encoding="utf-8")
    lines = describe(tmp_path).lines()
    assert lines[1] == f"2 texts not read: {tmp_path / 'c.rtf'}, {tmp_path / 'd.PDF'}; save them as .docx or .txt"
    assert lines[2] == f"4 files of other kinds not read: {tmp_path / 'a.png'}, {tmp_path / 'b.jpg'}, …"
    for number in range(9):
        (tmp_path / f"{number}.doc").write_bytes(b"x")
    assert describe(tmp_path).lines()[1] == "11 texts not read: 9 .doc, 1 .rtf, 1 .pdf; save them as .docx or .txt"


def test_many_small_files_are_a_story_each(tmp_path) -> None:
    for number in range(10):
        (tmp_path / f"{number}.txt").write_text(f"{number}\n***\nscene\n***\n{TEXT}", encoding="utf-8")
    assert len(texts(tmp_path)) == 10
    reading = describe([tmp_path])
    assert reading.split == "file"
    assert "10 files" in reading.reasons[0]
    assert "each is one story" in reading.reasons[0]
    assert len(texts(tmp_path, split="marker")) == 30


def test_json_lines(tmp_path) -> None:
    rows = [
        {"text": "a fox ran", "title": "Fox", "plan": ["fox", None, " river "], "opening": "a fox"},
        {"text": "the end", "plan": "fox; river", "opening": "At first,", "id": 3},
        {"text": None},
        {"text": "half \ud83d"},
    ]
    path = tmp_path / "s.jsonl"
    path.write_text("\n".join(map(json.dumps, rows)) + "\n\n", encoding="utf-8")
    tally = Tally()
    assert list(read_stories([path], tally=tally)) == [
        Story("a fox ran", "Fox", ("fox", "river"), "a fox"),
        Story("At first, the end", None, ("fox", "river"), "At first,"),
        Story("half \ufffd"),
    ]
    assert (tally.stories, tally.without_text, tally.repaired) == (3, 1, 1)
    said = "\n".join(counted(describe([path]), tally).lines())
    assert "columns used: text, title, plan, opening" in said
    assert "3 stories" in said
    assert "1 row without text skipped" in said


def test_rows_without_the_column_are_skipped_where_others_have_it(tmp_path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text('{"title": "first"}\n{"text": "one"}\n{"title": "no text"}\n{"text": "two"}\n', encoding="utf-8")
    tally = Tally()
    assert [story.text for story in read_stories(path, tally=tally)] == ["one", "two"]
    assert "2 rows without text skipped" in counted(describe(path), tally).lines()
    path.write_text('{"story": "one"}\n' * 200 + '{"text": "two"}\n', encoding="utf-8")
    fails('line 1: there is no column "text"; the columns are "story".*Rename', path)


RUSSIAN = [Story("Жил лис.", "Лис", ("лис", "фонарь"), "Жил"), Story("Ёж.")]


def test_columns_may_have_russian_names(tmp_path) -> None:
    (tmp_path / "a.csv").write_text(
        "Заглавие;Текст;План;Зачин\nЛис;Жил лис.;лис, фонарь;Жил\n;Ёж.;;\n", encoding="cp1251"
    )
    (tmp_path / "b.tsv").write_text(
        "текст\tназвание\tначало\tплан\nЖил лис.\tЛис\tЖил\tлис; фонарь\nЁж.\t\t\t\n", encoding="utf-8"
    )
    rows = [{"Текст": "Жил лис.", "название": "Лис", "план": ["лис", "фонарь"], "начало": "Жил"}, {"текст": "Ёж."}]
    (tmp_path / "c.jsonl").write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    for name in ("a.csv", "b.tsv", "c.jsonl"):
        assert list(read_stories(tmp_path / name)) == RUSSIAN
        assert describe(tmp_path / name).columns == ("text", "title", "plan", "opening")
    (tmp_path / "d.csv").write_text("название,title,text,заглавие\nкнига,Ёж,Ёж.,том\n", encoding="utf-8")
    assert list(read_stories(tmp_path / "d.csv")) == [Story("Ёж.", "Ёж")]
    (tmp_path / "e.csv").write_text("текст,Текст\nодин,два\n", encoding="utf-8")
    fails('the column "текст" is there more than once', tmp_path / "e.csv")
    arrow, parquet = pytest.importorskip("pyarrow"), pytest.importorskip("pyarrow.parquet")
    table = arrow.table({"Текст": ["Жил лис.", "Ёж."], "заглавие": ["Лис", None], "год": [1998, 1999]})
    parquet.write_table(table, tmp_path / "f.parquet")
    assert list(read_stories(tmp_path / "f.parquet")) == [Story("Жил лис.", "Лис"), Story("Ёж.")]
    assert describe(tmp_path / "f.parquet").columns == ("text", "title")


def test_csv_with_quotes_long_cells_and_semicolons(tmp_path) -> None:
    long = "слово " * 50_000
    (tmp_path / "a.csv").write_text(
        f'id,Text,title\n1,"he said ""hi"",\nand left",T\n2,{long},\n3,,x\n4\n', encoding="utf-8"
    )
    tally = Tally()
    stories = list(read_stories([tmp_path / "a.csv"], tally=tally))
    assert stories == [Story('he said "hi",\nand left', "T"), Story(long.strip())]
    assert (tally.without_text, tally.odd_rows) == (2, 1)
    (tmp_path / "b.csv").write_text("text;plan\na, b;fox, river\n", encoding="utf-8-sig")
    assert list(read_stories([tmp_path / "b.csv"])) == [Story("a, b", None, ("fox", "river"))]
    assert describe([tmp_path / "b.csv"]).columns == ("text", "plan")
    (tmp_path / "c.csv").write_text("text\nOnce, a fox, lived.\nIt slept\n", encoding="utf-8")  # by hand
    tally = Tally()
    assert [story.text for story in read_stories([tmp_path / "c.csv"], tally=tally)] == [
        "Once, a fox, lived.",
        "It slept",
    ]
    assert tally.odd_rows == 0


def test_tsv_keeps_quotation_marks_of_the_story(tmp_path) -> None:
    (tmp_path / "a.tsv").write_text('text\ttitle\n"Hi," he said.\tA\n"all ""quoted"""\tB\n', encoding="utf-8")
    assert texts(tmp_path / "a.tsv") == ['"Hi," he said.', 'all "quoted"']
    (tmp_path / "b.tsv").write_text('text\ttitle\n"Who is there?"\t\n"""I am."""\t""\n', encoding="utf-8")
    assert list(read_stories([tmp_path / "b.tsv"])) == [Story('"Who is there?"'), Story('"I am."')]


def test_tsv_with_every_cell_in_quotation_marks(tmp_path) -> None:
    (tmp_path / "a.tsv").write_text('"text"\t"title"\n"Who is there?"\t"A"\n"say ""I"""\t""\n', encoding="utf-8")
    assert list(read_stories([tmp_path / "a.tsv"])) == [Story("Who is there?", "A"), Story('say "I"')]


@pytest.mark.parametrize(
    ("table", "line"),
    [
        ('text\na story\n"she said\nand so on\nto the end\n', 3),
        ('text\na story\n"she said', 3),
        ('title,text\n"two\nlines","and, he said,\r\nall was well\n"", then\n', 3),
        ('"text\na\nb\n', 1),
    ],
)
def test_a_quotation_mark_that_is_never_closed_is_named(tmp_path, table: str, line: int) -> None:
    (tmp_path / "a.csv").write_text(table, encoding="utf-8", newline="")
    with pytest.raises(CorpusError, match=rf"a\.csv, line {line}: the quotation mark .* never closed; close it"):
        list(delimited_rows(tmp_path / "a.csv", ["text"], Tally(), tabs=False, has_header=True))


def test_parquet(tmp_path) -> None:
    arrow, parquet = pytest.importorskip("pyarrow"), pytest.importorskip("pyarrow.parquet")
    table = arrow.table({"text": ["one", None, "two"], "plan": [["fox"], None, []], "other": [1, 2, 3]})
    parquet.write_table(table, tmp_path / "a.parquet")
    assert list(read_stories([tmp_path / "a.parquet"])) == [Story("one", None, ("fox",)), Story("two")]
    parquet.write_table(arrow.table({"story": ["one"]}), tmp_path / "b.parquet")
    fails('no column "text".*"story".*Rename', tmp_path / "b.parquet")
    (tmp_path / "c.parquet").write_bytes(b"PAR1 nonsense")
    fails("not a parquet file or is damaged", tmp_path / "c.parquet")


def test_a_column_that_is_there_more_than_once_is_told_where_it_is_read(tmp_path) -> None:
    (tmp_path / "other.csv").write_text("text,note,note\none,x,y\n", encoding="utf-8")
    assert texts(tmp_path / "other.csv") == ["one"]
    (tmp_path / "two.tsv").write_text("Text\ttext\none\ttwo\n", encoding="utf-8")
    fails(r'two\.tsv: the column "text" is there more than once; rename or leave out', tmp_path / "two.tsv")
    (tmp_path / "plans.csv").write_text("plan,text,plan\nfox,one,owl\n", encoding="utf-8")
    fails(r'plans\.csv: the column "plan" is there more than once', tmp_path / "plans.csv")
    arrow, parquet = pytest.importorskip("pyarrow"), pytest.importorskip("pyarrow.parquet")
    table = arrow.Table.from_arrays([arrow.array(["one"]), arrow.array(["two"])], names=["text", "text"])
    parquet.write_table(table, tmp_path / "a.parquet")
    fails(r'a\.parquet: the column "text" is there more than once', tmp_path / "a.parquet")


def test_hugging_face_data_sets_are_streamed(monkeypatch, caplog) -> None:
    asked = []

    def load_dataset(name: str, split: str, streaming: bool):
        asked.append((name, split, streaming))
        if name == "gone":
            logging.getLogger("huggingface_hub.utils").warning("Retrying in 1s")
            raise ValueError("not on the hub.\nMore of it.")
        return iter([{"text": "one"}, {"text": "two"}] if name != "odd" else [{"story": "one"}])

    monkeypatch.setitem(sys.modules, "datasets", types.SimpleNamespace(load_dataset=load_dataset))
    assert texts("hf:someone/tales", "hf:someone/tales:validation") == ["one", "two"] * 2
    assert asked == [("someone/tales", "train", True), ("someone/tales", "validation", True)]
    fails(r"hf:gone \(train\) can't be opened: not on the hub\. Check the name and the network, or download", "hf:gone")
    assert not caplog.records, "the library's own talk is no help to who waits"
    fails('no column "text"', "hf:odd")
    monkeypatch.setitem(sys.modules, "datasets", None)
    with pytest.raises(DependencyError, match="pip install"):
        texts("hf:someone/tales")


def test_built_in_tales(monkeypatch) -> None:
    fake = types.SimpleNamespace(stories=lambda language: iter([Story(f"a tale in {language}")]))
    monkeypatch.setitem(sys.modules, "skaz.corpus.tales", fake)
    assert texts("tales:ru") == ["a tale in ru"]
    assert describe(["tales:ru"]).files == ("tales:ru",)
    fails("tales:en, tales:ru or tales:all", "tales:fr")


def test_reading_a_lone_line_file_describes_itself(tmp_path) -> None:
    (tmp_path / "a.txt").write_text("\n".join(LINES), encoding="utf-8")
    reading = describe([tmp_path / "a.txt"])
    assert reading.split == "line"
    assert "5 lines" in reading.reasons[0]
    (tmp_path / "b.txt").write_text(TEXT, encoding="utf-8")
    assert describe([tmp_path / "a.txt", tmp_path / "b.txt"]).split == "mixed"


@pytest.mark.parametrize(
    ("name", "data", "match"),
    [
        ("empty.txt", b"", "is empty: give a file with stories"),
        ("blank.txt", b" \n\n", "is empty"),
        ("binary.txt", b"ab\0\1\2", "is not text: it has a zero byte at offset 2"),
        ("rich.txt", b"{\\rtf1\\ansi Fox.}", "is not text but RTF.*export it as text"),
        ("book.txt", b"PK\x03\x04rest", "zip archive.*export it as text"),
        ("book.pdf", b"%PDF", 'ending in ".pdf" are not read; save it as .docx or .txt'),
        ("book.DOC", b"\xd0\xcf\x11\xe0", 'ending in ".DOC" are not read; save it as .docx or .txt'),
        ("book.png", b"x", 'ending in ".png" are not read; supported: .txt, .*, tales:en, tales:ru, tales:all'),
        ("bad.txt.gz", b"\x1f\x8b\x08nonsense", "damaged"),
        ("notgz.txt.gz", b"plain", "not a gzip file"),
        ("a.jsonl", b'{"text": "a"}\n{"text": \n', "line 2: this is not JSON.*one object a line"),
        ("b.jsonl", b'{"story": "a"}', 'line 1: there is no column "text"; the columns are "story".*Rename'),
        ("c.jsonl", b"[1]", "line 1: this is no JSON object"),
        ("deep.jsonl", b"[" * 100_000, "line 1: this is not JSON"),
        ("d.jsonl", b'{"text": ""}', "No story at all.*1 rows had no text"),
        ("a.csv", b"id,txet\n1,2\n", 'the columns are "id", "txet". Is it "txet"\\? Rename'),
        ("b.csv", b"text\n", "No story at all was found"),
        ("c.tsv", b"id\tbody\n1\tx\n", 'no column "text"'),
    ],
)
def test_bad_files_are_named_with_advice(tmp_path, name: str, data: bytes, match: str) -> None:
    (tmp_path / name).write_bytes(data)
    fails(f"(?s){match}", tmp_path / name)
    fails(name.split(".", maxsplit=1)[0], tmp_path / name)


def test_a_text_may_begin_far_down(tmp_path) -> None:
    (tmp_path / "a.txt").write_text("\n" * 70_000 + TEXT, encoding="utf-8")
    assert texts(tmp_path / "a.txt") == [TEXT.strip()]
    (tmp_path / "a.txt").write_text("\n" * 70_000, encoding="utf-8")
    fails("is empty: give a file with stories", tmp_path / "a.txt")


def test_files_of_a_folder_with_nothing_in_them_are_passed_over(tmp_path) -> None:
    (tmp_path / "a.txt").write_text(TEXT, encoding="utf-8")
    (tmp_path / "blank.txt").write_text("\n", encoding="utf-8-sig")
    (tmp_path / "blank.jsonl").write_text(" \n" * 50_000, encoding="utf-8")
    (tmp_path / "blank.txt.gz").write_bytes(gzip.compress(b"\n"))
    (tmp_path / "zero.csv").write_bytes(b"")
    assert texts(tmp_path) == [TEXT.strip()]
    (tmp_path / "a.txt").unlink()
    fails("has no files of stories in it", tmp_path)
    (tmp_path / "torn.txt.gz").write_bytes(b"plain")
    fails("torn.txt.gz is not a gzip file", tmp_path)


IN_OLD_ENCODINGS = {
    "Windows-1251": "Жила-была старая лиса, и было у неё три лисёнка. «Холодно!» — сказала она…",
    "KOI8-R": "Жила-была старая лиса, и было у неё три лисёнка, весёлых и рыжих.",
    "Windows-1252": "“Il était une fois une très petite fille”, disait-elle.",
}


@pytest.mark.parametrize("encoding", IN_OLD_ENCODINGS)
@pytest.mark.parametrize("ascii_lines", [0, 20_000])
@pytest.mark.parametrize("name", ["old.txt", "old.txt.gz"])
def test_a_text_in_an_old_encoding_is_read_and_told(tmp_path, encoding: str, ascii_lines: int, name: str) -> None:
    text = "plain line\n" * ascii_lines + IN_OLD_ENCODINGS[encoding]
    path, content = tmp_path / name, text.encode(encoding)
    path.write_bytes(gzip.compress(content) if name.endswith(".gz") else content)
    assert texts(path, split="file") == [text]
    reading = describe([path])
    assert reading.encodings == {str(path): encoding}
    assert f"1 file in an old encoding: {path} ({encoding})" in reading.lines()


def test_only_what_is_not_unicode_is_in_an_old_encoding(tmp_path) -> None:
    for encoding in ("utf-8", "utf-8-sig", "utf-16"):
        (tmp_path / f"{encoding}.txt").write_bytes(TEXT.encode(encoding))
    (tmp_path / "ascii.txt").write_bytes(b"A fox.")
    (tmp_path / "old.jsonl").write_bytes(
        '{"text": "Жила-была старая лиса, и было у неё три лисёнка."}'.encode("koi8-r")
    )
    assert describe([tmp_path]).encodings == {str(tmp_path / "old.jsonl"): "KOI8-R"}
    assert texts(tmp_path / "old.jsonl") == ["Жила-была старая лиса, и было у неё три лисёнка."]


def test_a_byte_that_is_nothing_in_the_encoding_is_named(tmp_path) -> None:
    text = "Жила-была старая лиса.\n" * 9_000
    (tmp_path / "a.txt").write_bytes(text.encode("cp1251") + b"\x98 one more line\n")
    fails(
        rf"a.txt looks like Windows-1251, but byte {len(text)} \(line 9001\) is nothing in that. Save it as UTF-8",
        tmp_path / "a.txt",
    )


@pytest.mark.parametrize(
    ("bad", "told"), [(b"\xff", "is wrong"), (b"\xff\xfe\xfd", "is the first of 3 that are wrong")]
)
def test_of_damaged_utf8_the_place_is_named_and_no_encoding(tmp_path, bad: bytes, told: str) -> None:
    path, before = tmp_path / "damaged.txt", "\n".join(LINES[:3]).encode()
    path.write_bytes(before + bad + TEXT.encode())
    with pytest.raises(CorpusError) as caught:
        list(read_stories([path]))
    assert str(caught.value) == (
        f"{path} is UTF-8 but damaged: byte {len(before)} (line 3) {told}. Mend the text there, or take a copy "
        "that is whole."
    )


@pytest.mark.parametrize("text", ["Ça m’a plu, dit l’ogre à l’été.", "“A fox”, said he.", "狐は寒い川を渡った。"])
def test_one_bad_byte_makes_no_other_encoding_of_utf8(tmp_path, text: str) -> None:
    (tmp_path / "a.txt").write_bytes(b"Begins.\n\x98\n" + text.encode())
    fails("is UTF-8 but damaged", tmp_path / "a.txt")


@pytest.mark.parametrize("encoding", ["windows-1251", "koi8-r", "cp866"])
def test_lines_in_two_encodings_are_not_converted_together(tmp_path, encoding: str) -> None:
    (tmp_path / "a.txt").write_bytes(TEXT.encode(encoding) * 4 + b"\n" + TEXT.encode())
    fails("is UTF-8 but damaged", tmp_path / "a.txt")


def test_what_is_too_little_to_tell_an_encoding_by_is_refused(tmp_path) -> None:
    (tmp_path / "a.txt").write_bytes(b"one line\nan " + "ёж".encode("cp1251"))
    fails(r"byte 12 \(line 2\) is wrong. Save it as UTF-8 with the program that made it\.$", tmp_path / "a.txt")


def refusals(path: Path, places: range) -> int:
    """How often a file is refused with one byte of it spoilt; else it is read."""
    whole, refused = path.read_bytes(), 0
    for at in places:
        path.write_bytes(whole[:at] + bytes([whole[at] ^ 0xFF]) + whole[at + 1 :])
        try:
            texts(path)
        except CorpusError:
            refused += 1
    return refused


def test_a_packed_file_with_any_byte_spoilt_is_read_or_refused(tmp_path) -> None:
    whole = gzip.compress("".join(f"{number * 7919} {TEXT}\n" for number in range(40)).encode())
    (tmp_path / "a.txt.gz").write_bytes(whole)
    assert refusals(tmp_path / "a.txt.gz", range(0, len(whole), 7)) > len(whole) / 14


def test_a_parquet_file_with_any_byte_spoilt_is_read_or_refused(tmp_path) -> None:
    arrow, parquet = pytest.importorskip("pyarrow"), pytest.importorskip("pyarrow.parquet")
    path = tmp_path / "a.parquet"
    parquet.write_table(arrow.table({"text": [f"{number} {TEXT}" for number in range(9)]}), path)
    assert refusals(path, range(4, path.stat().st_size, 11))


@pytest.mark.parametrize("value", [["a"], {"x": 1}, True, float("nan")])
def test_what_is_no_text_is_refused(tmp_path, value: object) -> None:
    rows = [{"text": "a"}, {"text": value}], [{"text": "a"}, {"text": "b", "plan": ["fox", value]}]
    for (first, second), column in zip(rows, ("text", "plan"), strict=True):
        (tmp_path / "a.jsonl").write_text(f"{json.dumps(first)}\n{json.dumps(second)}\n", encoding="utf-8")
        fails(rf'a\.jsonl, line 2: the column "{column}" has something that is no text', tmp_path / "a.jsonl")


def test_markup_under_the_name_of_text_is_counted(tmp_path) -> None:
    (tmp_path / "a.txt").write_text("<html><body>\n<p>A fox.</p>\nI <3 you; 1 < 2.\n</body>\n", encoding="utf-8")
    tally = Tally()
    list(read_stories(tmp_path, tally=tally))
    told = "2 lines look like markup and would be learnt with it; give plain text"
    assert told in counted(describe(tmp_path), tally).lines()


def test_half_a_character_is_replaced_wherever_it_stands(tmp_path) -> None:
    (tmp_path / "a.jsonl").write_text(
        '{"text": "a \\ud83d", "title": "b \\udc00", "plan": ["fox \\ud83d"]}\n{"text": "c", "plan": "d \\ud83d, e"}\n',
        encoding="utf-8",
    )
    tally = Tally()
    stories = list(read_stories([tmp_path / "a.jsonl"], tally=tally))
    assert stories == [Story("a \ufffd", "b \ufffd", ("fox \ufffd",)), Story("c", None, ("d \ufffd", "e"))]
    assert tally.repaired == 4


def test_numbers_and_bytes_are_text(tmp_path) -> None:
    long = "1" * 400  # beyond any float
    (tmp_path / "a.jsonl").write_text(f'{{"text": 12}}\n{{"text": 0.5}}\n{{"text": {long}}}\n', encoding="utf-8")
    assert texts(tmp_path / "a.jsonl") == ["12", "0.5", long]
    arrow, parquet = pytest.importorskip("pyarrow"), pytest.importorskip("pyarrow.parquet")
    parquet.write_table(arrow.table({"text": ["лиса".encode()]}), tmp_path / "a.parquet")
    assert texts(tmp_path / "a.parquet") == ["лиса"]
    parquet.write_table(arrow.table({"text": [b"\xff"]}), tmp_path / "a.parquet")
    fails(r'a\.parquet, row 1: the column "text" has bytes that are not UTF-8', tmp_path / "a.parquet")


def test_a_file_cut_off_inside_a_character_is_told(tmp_path) -> None:
    (tmp_path / "cut.txt").write_bytes("лиса".encode()[:-1])
    fails(r"cut.txt ends inside a character \(byte 7\): it was cut off. Copy it again", tmp_path / "cut.txt")


def test_missing_paths_suggest_the_nearest(tmp_path) -> None:
    (tmp_path / "stories.txt").write_text("a")
    fails('There is no .*Did you mean "stories.txt"', tmp_path / "storys.txt")
    fails("folder .* does not exist", tmp_path / "no" / "a.txt")
    fails("No files of stories were named")
    (tmp_path / "e").mkdir()
    fails("has no files of stories in it", tmp_path / "e")


def test_a_link_to_nothing_is_told_and_in_a_folder_named(tmp_path) -> None:
    (tmp_path / "a.txt").write_text(TEXT, encoding="utf-8")
    try:
        (tmp_path / "broken.txt").symlink_to("nowhere")
        (tmp_path / "loop.txt").symlink_to("loop.txt")
        (tmp_path / "good.txt").symlink_to("a.txt")
    except OSError:
        pytest.skip("no links can be made here")
    fails("broken.txt is a link to nowhere, and that leads nowhere: name the file", tmp_path / "broken.txt")
    fails("loop.txt is a link to loop.txt, and that leads nowhere", tmp_path / "loop.txt")
    assert texts(tmp_path) == [TEXT.strip()] * 2
    named = f"2 links to nothing not read: {tmp_path / 'broken.txt'}, {tmp_path / 'loop.txt'}"
    assert named in describe(tmp_path).lines()


def test_what_is_wrong_at_once_is_said_before_the_first_story(tmp_path) -> None:
    with pytest.raises(CorpusError):
        read_stories([tmp_path / "none.txt"])
