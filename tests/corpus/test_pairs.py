"""Pairs from tables, from two files line by line, and from the exercises; what is wrong is named."""

from __future__ import annotations

import csv
import gzip
import json
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from skaz.corpus import tables
from skaz.corpus.pairs import Columns, describe_pairs, read_pairs
from skaz.corpus.places import find_sources
from skaz.corpus.readers import counted
from skaz.corpus.records import LONGEST_SIDE, Tally
from skaz.errors import CorpusError

PAIRS = [("der Hund", "the dog"), ("die Katze", "the cat"), ("дом", "the house")]
USUAL = Columns()


def written(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8")
    return path


def sides(paths, columns: Columns = USUAL, **said) -> list[tuple[str | None, str]]:
    return [(pair.source, pair.text) for pair in read_pairs(paths, columns, **said)]


def test_a_table_without_a_header_has_sources_first(tmp_path) -> None:
    path = written(tmp_path / "pairs.tsv", "".join(f"{a}\t{b}\n" for a, b in PAIRS))
    assert sides([path]) == PAIRS
    assert sides([path], Columns("2", "1")) == [(b, a) for a, b in PAIRS]
    for missing in ("3", "0"):
        with pytest.raises(CorpusError, match=f'no column "{missing}"; the columns are "1", "2"'):
            sides([path], Columns("1", missing))
    years = written(tmp_path / "years.tsv", "1900\t2000\n" + "".join(f"{a}\t{b}\n" for a, b in PAIRS))
    assert sides([years], Columns("1900", "2000")) == PAIRS


@pytest.mark.parametrize("ending", [".train", ".txt", ""])
def test_tabs_make_a_table_of_any_file(tmp_path, ending: str) -> None:
    assert sides([written(tmp_path / f"pairs{ending}", "".join(f"{a}\t{b}\n" for a, b in PAIRS))]) == PAIRS


def test_columns_go_by_name(tmp_path) -> None:
    rows = "".join(f"{b}\tx\t{a}\n" for a, b in PAIRS)
    path = written(tmp_path / "pairs.tsv", f"en\tnote\tde\n{rows}")
    assert sides([path], Columns("de", "en")) == PAIRS
    with pytest.raises(CorpusError, match=r'no column "ger"; the columns are "en", "note", "de"'):
        sides([path], Columns("ger", "en"))


def test_a_header_of_other_names_is_seen_by_the_first_pair(tmp_path) -> None:
    header = written(tmp_path / "a.tsv", f"misspelling\tcorrection\tnote\n{'x' * 90}\ty\tz\nteh\tthe\n")
    said = describe_pairs([header], USUAL).lines()
    assert said[1:] == ["columns used: 1 → 2", "columns not read: 3", "first pair: misspelling → correction"]
    assert describe_pairs([header], Columns("2", "1")).first_pair == "correction → misspelling"
    named = describe_pairs([header], Columns("misspelling", "correction"))
    assert (named.first_pair, named.other_columns) == (None, ("note",))
    long = describe_pairs([written(tmp_path / "b.tsv", f"{'x' * 90}\ty\n")], USUAL)
    assert long.first_pair == f"{'x' * 60}… → y"
    tally = Tally()
    list(read_pairs([header], USUAL, tally))
    said = counted(describe_pairs([header], USUAL), tally).lines()
    assert any(line.startswith("1 row with more or fewer cells than the first row, first ") for line in said)


def test_an_array_of_json_is_sent_to_json_lines(tmp_path) -> None:
    path = written(tmp_path / "pairs.json", json.dumps([{"source": "a", "target": "b"}]))
    with pytest.raises(CorpusError, match=r"JSON is read from \.jsonl files, one object a line, such as"):
        sides([path])


def test_usual_names_need_not_be_told(tmp_path) -> None:
    path = written(tmp_path / "a.csv", "target,source\n" + "".join(f"{b},{a}\n" for a, b in PAIRS))
    assert sides([path]) == PAIRS
    lines = "".join(json.dumps({"output": b, "input": a}, ensure_ascii=False) + "\n" for a, b in PAIRS)
    assert sides([written(tmp_path / "a.jsonl", lines)]) == PAIRS
    inner = "".join(json.dumps({"translation": {"de": a, "en": b}}) + "\n" for a, b in PAIRS)
    assert sides([written(tmp_path / "b.jsonl", inner)], Columns("de", "en")) == PAIRS


def test_columns_go_by_number_though_a_number_stands_in_the_first_row(tmp_path: Path) -> None:
    path = tmp_path / "numbers.tsv"
    path.write_text("1\tone\n2\ttwo\n", encoding="utf-8")
    assert sides([path], Columns("1", "2")) == [("1", "one"), ("2", "two")]


@pytest.mark.parametrize("names", ["source\ttarget", "Target\tSource", "src\ttgt"])
def test_a_header_of_usual_names_is_no_pair_though_columns_go_by_number(tmp_path, names: str) -> None:
    path = written(tmp_path / "a.tsv", f"{names}\n" + "".join(f"{a}\t{b}\n" for a, b in PAIRS))
    assert sides([path], Columns("1", "2")) == PAIRS
    assert sides([path], Columns("2", "1")) == [(b, a) for a, b in PAIRS]
    assert sides([path], Columns(target="2")) == PAIRS


@pytest.mark.parametrize("names", [("ID", "Source", "Target"), ("Note", "Input", "Output")])
def test_usual_names_may_be_written_large(tmp_path, names: tuple[str, str, str]) -> None:
    table = "\t".join(names) + "\n" + "".join(f"7\t{a}\t{b}\n" for a, b in PAIRS)
    assert sides([written(tmp_path / "a.tsv", table)]) == PAIRS
    lines = "".join(json.dumps(dict(zip(names, (7, a, b), strict=True))) + "\n" for a, b in PAIRS)
    assert sides([written(tmp_path / "a.jsonl", lines)]) == PAIRS


def test_one_column_may_be_told_and_the_other_is_the_other(tmp_path) -> None:
    usual = written(tmp_path / "a.tsv", "source\ttarget\n" + "".join(f"{a}\t{b}\n" for a, b in PAIRS))
    turned = [(b, a) for a, b in PAIRS]
    assert sides([usual], Columns(target="source")) == sides([usual], Columns(source="target")) == turned
    assert sides([usual], Columns(source="source")) == sides([usual], Columns(target="target")) == PAIRS
    other = written(tmp_path / "b.tsv", "de\ten\n" + "".join(f"{a}\t{b}\n" for a, b in PAIRS))
    assert sides([other], Columns(target="de")) == turned
    with pytest.raises(CorpusError, match='both name the column "source"'):
        sides([usual], Columns("source", "source"))


INFLECTION = [("walk", "walked", "V;PST"), ("fox", "foxes", "N;PL"), ("sheep", "sheep", "")]
JOINED = [("walk V;PST", "walked"), ("fox N;PL", "foxes"), ("sheep", "sheep")]


def inflection(folder: Path, kind: str, names: Sequence[str]) -> Path:
    """A table of lemmas, forms and features."""
    path = folder / f"table.{kind}"
    if kind == "jsonl":
        rows = (dict(zip(names, row, strict=True)) for row in INFLECTION)
        return written(path, "".join(json.dumps(row) + "\n" for row in rows))
    if kind == "parquet":
        arrow, parquet = pytest.importorskip("pyarrow"), pytest.importorskip("pyarrow.parquet")
        parquet.write_table(arrow.table(dict(zip(names, map(list, zip(*INFLECTION, strict=True)), strict=True))), path)
        return path
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, delimiter="\t" if kind == "tsv" else ",").writerows([names, *INFLECTION])
    return path


@pytest.mark.parametrize("kind", ["tsv", "csv", "jsonl", "parquet"])
def test_a_source_may_be_made_of_several_columns(tmp_path, kind: str) -> None:
    path = inflection(tmp_path, kind, ("lemma", "form", "features"))
    named = Columns("lemma,features", "form")
    assert sides([path], named) == sides([path], Columns("lemma, features", "form")) == JOINED
    assert sides([path], Columns("lemma,features")) == JOINED  # the one that is left holds the targets
    assert sides([path], Columns("features,lemma", "form"))[0] == ("V;PST walk", "walked")
    assert "columns used: lemma + features → form" in describe_pairs([path], named).lines()
    for wrong, said in (
        ("lemma,tags", 'no column "tags"'),
        ("lemma,form", 'both name the column "form"'),
        ("lemma,lemma", 'names the column "lemma" of .* more than once'),
    ):
        with pytest.raises(CorpusError, match=said):
            sides([path], Columns(wrong, "form"))


@pytest.mark.parametrize("kind", ["tsv", "csv", "jsonl"])
def test_a_column_may_have_a_comma_in_its_name(tmp_path, kind: str) -> None:
    path = inflection(tmp_path, kind, ("lemma", "form", "case, number"))
    assert sides([path], Columns("case, number", "form"))[:2] == [("V;PST", "walked"), ("N;PL", "foxes")]
    assert sides([path], Columns("lemma,case, number", "form")) == JOINED
    assert sides([path], Columns("case, number,lemma", "form"))[0] == ("V;PST walk", "walked")


def test_several_columns_go_by_number_where_there_is_no_header(tmp_path) -> None:
    path = written(tmp_path / "a.tsv", "".join("\t".join(row) + "\n" for row in INFLECTION))
    assert sides([path], Columns("1,3", "2")) == JOINED
    assert describe_pairs([path], Columns("1,3", "2")).lines()[1:] == [
        "columns used: 1 + 3 → 2",
        "first pair: walk V;PST → walked",
    ]


def test_a_row_of_json_may_lack_a_side_wherever_it_stands(tmp_path) -> None:
    rows = ['{"de": "a"}', *['{"en": "x"}'] * 150, '{"de": "b", "en": "y"}', '{"de": "c", "en": "z", "ru": "w"}']
    path, tally = written(tmp_path / "a.jsonl", "\n".join(rows)), Tally()
    assert sides([path], Columns("de", "en"), tally=tally) == [("b", "y"), ("c", "z")]
    assert tally.one_sided == 151
    assert str(tally.skipped[0]) == f"{path}, line 1"
    assert sides([path], Columns("ru", "de")) == [("w", "c")]
    assert describe_pairs([path], Columns("ru", "de")).columns == ("ru → de",)
    with pytest.raises(CorpusError) as caught:
        sides([path], Columns("de", "fr"))
    assert str(caught.value) == (
        f'{path}: there is no column "fr"; the columns are "de", "en", "ru". Give --source and --target two of them.'
    )


def test_one_row_of_a_data_set_tells_its_columns(monkeypatch) -> None:
    def rows(name: str) -> Iterator[dict[str, str]]:
        yield {"de": "a", "en": "x"}
        pytest.fail("a stream of any length was read on")

    monkeypatch.setattr(tables, "hub_rows", rows)
    with pytest.raises(CorpusError, match='no column "fr"; the columns are "de", "en"'):
        sides(["hf:some/pairs.jsonl"], Columns("de", "fr"))


def test_the_order_of_unnamed_keys_is_that_of_a_row_that_has_them_all(tmp_path) -> None:
    assert sides([written(tmp_path / "a.jsonl", '{"en": "x"}\n{"de": "b", "en": "y"}\n')]) == [("b", "y")]
    usual = '{"note": "x"}\n{"target": "b", "source": "a"}\n'
    assert sides([written(tmp_path / "b.jsonl", usual)]) == [("a", "b")]
    with pytest.raises(CorpusError, match='has one column, "de"'):
        sides([written(tmp_path / "c.jsonl", '{"de": "x"}\n{"de": "y"}\n')])


def test_a_column_that_is_there_twice_is_told_where_it_is_read(tmp_path) -> None:
    rows = "".join(f"{a},{b},x,y\n" for a, b in PAIRS)
    other = written(tmp_path / "other.csv", f"de,en,note,note\n{rows}")
    assert sides([other], Columns("de", "en")) == PAIRS
    twice = written(tmp_path / "twice.csv", f"de,en,en,note\n{rows}")
    said = r'twice\.csv: the column "en" is there more than once; rename or leave out all but one'
    for columns in (Columns("de", "en"), Columns("en", "de"), Columns("de"), Columns(target="en")):
        with pytest.raises(CorpusError, match=said):
            sides([twice], columns)
    assert sides([twice], Columns("1", "2"))[1:] == PAIRS
    usual = written(tmp_path / "usual.csv", f"source,target,source,note\n{rows}")
    with pytest.raises(CorpusError, match='the column "source" is there more than once'):
        sides([usual])


def test_cells_may_hold_what_elsewhere_divides(tmp_path) -> None:
    path = written(tmp_path / "a.csv", '"Hi; you; there","Salut; toi, la"\n"a","b"\n')
    assert sides([path]) == [("Hi; you; there", "Salut; toi, la"), ("a", "b")]
    semicolons = written(tmp_path / "b.csv", '"a, b, c";x\nd;y\n')
    assert sides([semicolons]) == [("a, b, c", "x"), ("d", "y")]
    separators = written(tmp_path / "a.tsv", "\na\u2028b\tc\u0085d\ne\tf\n")
    assert sides([separators]) == [("a\u2028b", "c\u0085d"), ("e", "f")]
    lines = written(tmp_path / "c.csv", 'source,target\n"a\nb","c\nd"\n')
    assert sides([lines]) == [("a b", "c d")]


def test_half_a_character_is_replaced_and_counted(tmp_path) -> None:
    tally = Tally()
    path = written(tmp_path / "a.jsonl", r'{"source": "bad \ud83d", "target": "x"}' + "\n")
    assert sides([path], tally=tally) == [("bad \ufffd", "x")]
    assert tally.repaired == 1


def test_packed_files_go_by_the_endings_of_what_is_in_them(tmp_path) -> None:
    for ending, side in (("de", 0), ("en", 1)):
        with gzip.open(tmp_path / f"train.{ending}.gz", "wt", encoding="utf-8") as file:
            file.write("".join(f"{pair[side]}\n" for pair in PAIRS))
    assert sides([tmp_path / "train.en.gz", tmp_path / "train.de.gz"], Columns("de", "en")) == PAIRS


def test_two_files_go_line_by_line(tmp_path) -> None:
    first = written(tmp_path / "train.de", "".join(f"{a}\n" for a, _ in PAIRS))
    second = written(tmp_path / "train.en", "".join(f"{b}\n" for _, b in PAIRS))
    assert sides([first, second]) == PAIRS
    assert sides([second, first], Columns("de", "en")) == PAIRS
    assert "train.de (sources)" in describe_pairs([second, first], Columns("de", "en")).lines()[0]
    with pytest.raises(CorpusError, match="--source fr"):
        sides([first, second], Columns("fr", "en"))


def test_lines_of_two_files_end_where_those_end_that_are_translated(tmp_path) -> None:
    first, second = tmp_path / "x.de", tmp_path / "x.en"
    first.write_bytes(b"a\rb\r\nc\x0bd\n\re\r\n")
    second.write_bytes("\ufeffx\ny\u2028z\nw\r\n".encode())
    assert sides([first, second]) == [("a\rb", "x"), ("c\x0bd", "y\u2028z"), ("e", "w")]
    first.write_bytes(b"a\rb\nc\n")
    with pytest.raises(CorpusError, match=r"x\.de has 2 lines and .*x\.en has 3"):
        sides([first, second])


@pytest.mark.parametrize("old", ["x.de", "x.en"])
def test_lines_that_old_macs_have_ended_are_told_of(tmp_path, old: str) -> None:
    paths = [tmp_path / "x.de", tmp_path / "x.en"]
    for path in paths:
        path.write_bytes(b"a\rb\rc\r" if path.name == old else b"a\nb\nc\n")
    with pytest.raises(CorpusError) as caught:
        sides(paths)
    assert str(caught.value) == (
        f"{tmp_path / old} ends its lines with carriage returns alone, as old Macs did; make them \\n, with "
        "tr '\\r' '\\n' say."
    )


@pytest.mark.parametrize(("missing", "said"), [(0, r"2 lines and .*en has 3"), (1, r"3 lines and .*en has 2")])
def test_files_of_different_length_say_both_counts(tmp_path, missing: int, said: str) -> None:
    columns = [[a for a, _ in PAIRS], [b for _, b in PAIRS]]
    columns[missing].pop()
    paths = [
        written(tmp_path / name, "".join(f"{line}\n" for line in lines))
        for name, lines in zip(("x.de", "x.en"), columns, strict=True)
    ]
    with pytest.raises(CorpusError, match=said):
        sides(paths)


def test_what_is_skipped_is_counted_and_named(tmp_path) -> None:
    path = written(tmp_path / "pairs.tsv", f"a\tb\nc\t \n{'x' * (LONGEST_SIDE + 1)}\ty\nd\te\n")
    tally = Tally()
    assert sides([path], tally=tally) == [("a", "b"), ("d", "e")]
    assert (tally.stories, tally.one_sided, tally.too_long) == (2, 1, 1)
    assert [str(place) for place in tally.skipped] == [f"{path}, line 2", f"{path}, line 3"]


@pytest.mark.parametrize("kind", ["tsv", "csv"])
def test_places_are_the_lines_of_an_editor_and_a_file_is_named_once(tmp_path, kind: str) -> None:
    cells = "\t" if kind == "tsv" else ","
    lines = ["source,target", "", "a,b", "c,", "", "d,", '"x",""' if kind == "csv" else "x,", "e,f,g", "h", "i,j"]
    path = written(tmp_path / f"odd.{kind}", "".join(f"{line.replace(',', cells)}\n" for line in lines))
    tally = Tally()
    assert sides([path], tally=tally) == [("a", "b"), ("e", "f"), ("i", "j")]
    said = counted(describe_pairs([path], USUAL), tally).lines()
    assert f"skipped first: {path}, lines 4, 6, 7 and 9" in said
    assert (
        f"2 rows with more or fewer cells than the first row, first {path}, lines 8 and 9: cells beyond are not read, "
        "missing ones are empty" in said
    )


def test_a_cell_of_several_lines_is_where_it_begins(tmp_path) -> None:
    path = written(tmp_path / "a.csv", 'source,target\n"a\nb",c\n"d\ne",\nf,g\nh,\n')
    tally = Tally()
    assert sides([path], tally=tally) == [("a b", "c"), ("f", "g")]
    assert [place.number for place in tally.skipped] == [4, 7]


def test_a_comment_in_the_first_line_is_told(tmp_path) -> None:
    with pytest.raises(CorpusError, match="line 1 looks like a comment; delete it"):
        sides([written(tmp_path / "a.tsv", "# CMUdict, cut\ncat\tK AE T\n")])


def test_bad_places_are_named(tmp_path) -> None:
    with pytest.raises(CorpusError, match=r"no tab in the first line"):
        sides([written(tmp_path / "a.tsv", "no pair here\n")])
    with pytest.raises(CorpusError, match="Did you mean"):
        sides(["number:en"])
    written(tmp_path / "b.txt", "x\n")
    with pytest.raises(CorpusError, match="is a folder"):
        sides([tmp_path])
    bad = tmp_path / "bad.tsv"
    bad.write_bytes("a\tb\nc\tд\n".encode("cp1251"))
    with pytest.raises(CorpusError, match="line 2"):
        sides([bad])
    with pytest.raises(CorpusError, match="No pair at all"):
        sides([written(tmp_path / "c.tsv", "a\t\n")])
    lists = '{"source": "a", "target": "b"}\n\n{"source": "a", "target": ["b"]}\n'
    with pytest.raises(CorpusError, match=r'd\.jsonl, line 3: the column "target" has something that is no text'):
        sides([written(tmp_path / "d.jsonl", lists)])


def test_of_an_empty_file_pairs_are_asked_for(tmp_path) -> None:
    full = written(tmp_path / "x.en", "a\n")
    for name in ("a.tsv", "a.jsonl", "a.parquet", "x.de"):
        empty = written(tmp_path / name, " \n" if name == "a.tsv" else "")
        for paths in ([empty], [empty, full], [full, empty]):
            for read in (sides, describe_pairs):
                with pytest.raises(CorpusError) as caught:
                    read(paths, USUAL)
                assert str(caught.value) == f"{empty} is empty: give pairs, in a table or in two files line by line."


def test_quotation_marks_of_the_text_stay(tmp_path) -> None:
    path = written(tmp_path / "a.tsv", '"Ja!"\t"Yes!"\n"""Nein."""\t"""No."""\n')
    assert sides([path]) == [('"Ja!"', '"Yes!"'), ('"Nein."', '"No."')]


def test_stories_and_pairs_are_told_apart() -> None:
    with pytest.raises(CorpusError, match="are stories and no pairs: leave --task out"):
        sides(["tales:en"])
    with pytest.raises(CorpusError, match="are pairs and no stories: say --task transduce"):
        find_sources(["numbers:en"])


def test_exercises_have_a_part_to_learn_from_and_one_to_test_on() -> None:
    train, test = set(sides(["dates:en"])), set(sides(["dates:en"], part="test"))
    assert len(train) == 40_000
    assert len(test) == 5_000
    assert not {source for source, _ in train} & {source for source, _ in test}
