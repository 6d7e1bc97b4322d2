"""Drawn many at once, plans are those that are drawn one by one."""

from itertools import pairwise

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from skaz.text import DocumentFrequency, Tokenizer, extract_plan, plan
from skaz.text.pieces import PieceTable, Rows
from skaz.text.plan import encode_plan, inside_story
from skaz.text.plans import PlanExtractor, join_items

# Few words in many forms, so that texts share them and forms of one word meet.
RUSSIAN = "лис лиса лису лисой лисица лисами фонарь фонаря фонарём фонариком вера Вера ВЕРА Веру верить"
ENGLISH = "fox foxes Fox lantern lanterns lantern-light Lily Lily's didn't the The and ﬁx Fix 𝐀bc"
word = st.sampled_from([*RUSSIAN.split(), *ENGLISH.split()])
sign = st.sampled_from([" ", " ", " ", ", ", ". ", "! ", "\n", "; ", "  "])
text = st.lists(st.tuples(word, sign), max_size=40).map(lambda told: "".join(word + sign for word, sign in told))


@given(st.lists(text, max_size=8), st.lists(text, max_size=3), st.integers(0, 6))
@example(["лисой лиса. Вера, Вера", "", "the"], [], 5)
@settings(max_examples=300, deadline=None)
def test_plans_are_those_of_each_text(texts: list[str], more: list[str], items: int) -> None:
    known = DocumentFrequency()
    known.update(texts)
    table = PieceTable()
    extractor = PlanExtractor(table, known, known.n_documents, items=items)
    for batch in (texts, more, texts):
        drawn = extractor.plans(table.cut(batch))
        assert drawn == [extract_plan(text, known, known.n_documents, items=items) for text in batch]


@given(st.lists(st.text(max_size=60), max_size=5))
@settings(max_examples=100, deadline=None)
def test_plans_of_any_texts(texts: list[str]) -> None:
    table = PieceTable()
    assert PlanExtractor(table, {}, 0).plans(table.cut(texts)) == [extract_plan(text, {}, 0) for text in texts]


@given(st.lists(text, max_size=8))
@settings(max_examples=200, deadline=None)
def test_many_texts_are_counted_as_one_by_one(texts: list[str]) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(plan, "_BATCH_CHARACTERS", 100)
        together = DocumentFrequency()
        together.update(texts)
    one_by_one = DocumentFrequency()
    for each in texts:
        one_by_one.add(each)
    assert dict(together) == dict(one_by_one)
    assert together.n_documents == one_by_one.n_documents == len(texts)


@pytest.mark.parametrize("kind", ["bpe", "characters"])
@settings(deadline=None)
@given(plans=st.lists(st.lists(st.sampled_from(["fox", " the old fox ", "лиса"]), max_size=4), max_size=4))
def test_joined_items_are_encoded_plans(kind, plans: list[list[str]]) -> None:
    tokenizer = Tokenizer.train(["the old fox saw the fox"] * 5, kind, 300)
    items = [inside_story(tokenizer, item) for items in plans for item in items]
    joined = join_items(Rows.of(tokenizer.encode_batch(items)), plans, tokenizer.special("<next>"))
    rows = [joined.values[start:end].tolist() for start, end in pairwise(joined.starts.tolist())]
    assert rows == [encode_plan(tokenizer, items) for items in plans]
