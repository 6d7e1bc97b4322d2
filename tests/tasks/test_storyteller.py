"""The Python API: training, writing, streaming, measuring."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import skaz
from skaz.corpus.sources import START, compose_source
from skaz.decoding.numerics import log_softmax
from skaz.errors import BundleError, RecipeError, RequestError
from skaz.inside.texts import built_in
from skaz.tasks import writing
from skaz.tasks.training import Begun, Bundled, Preparing, Said
from skaz.tasks.web_export import page_facts
from skaz.tasks.writing import Storyteller, Wish, beginning_of, load
from skaz.training.events import Finished, Progress, Saved, Validated


@pytest.fixture(scope="module")
def teller(bundle: Path) -> Storyteller:
    return skaz.load(bundle)


def test_training_tells_what_happens_and_gives_a_storyteller(tiny, stories_file: Path, tmp_path: Path) -> None:
    heard: list[object] = []
    settings = {**tiny, "training.steps": 6, "training.validations": 2, "training.checkpoint_s": 1e-9}
    teller = skaz.train(stories_file, tmp_path / "t", settings=settings, on_event=heard.append)
    assert {type(event) for event in heard} == {
        Said,
        Preparing,
        Begun,
        Progress,
        Validated,
        Saved,
        Finished,
        Bundled,
    }
    assert isinstance(heard[-1], Bundled)
    assert isinstance(heard[-2], Finished)
    assert sum(isinstance(event, Validated) for event in heard) == 2
    assert teller.write(seed=1) == skaz.load(tmp_path / "t").write(seed=1)
    assert str(tmp_path / "t") == str(teller.bundle.path)


def test_a_file_s_name_is_a_label_and_no_more(tiny, stories_file: Path, tmp_path: Path) -> None:
    texts = tmp_path / "tales:en <b>.txt"
    texts.write_bytes(stories_file.read_bytes())
    bundle = skaz.train(texts, tmp_path / "t", settings={**tiny, "training.steps": 1}).bundle
    assert bundle.facts.corpus["names"] == [texts.name]
    assert (bundle.path / "card.md").read_text("utf-8").startswith("# tales:en \\<b\\>.txt\n")
    assert built_in(bundle) == []


def test_training_refuses_like_the_command(tiny, stories_file: Path, bundle: Path) -> None:
    with pytest.raises(RequestError, match="holds a bundle already"):
        skaz.train(stories_file, bundle, settings=tiny)
    with pytest.raises(RecipeError, match="Did you mean"):
        skaz.train(stories_file, bundle, settings={"training.step": 3})
    with pytest.raises(RecipeError, match="both set"):
        skaz.train(stories_file, bundle, minutes=1, settings={"training.steps": 3})
    with pytest.raises(BundleError, match="There is no bundle"):
        skaz.load(bundle / "none")


def test_the_same_run_twice_is_the_same_bundle(tiny, stories_file: Path, bundle: Path, tmp_path: Path) -> None:
    skaz.train(stories_file, tmp_path / "t", settings={**tiny, "training.steps": 40})
    for name in ("model.safetensors", "tokenizer.json", "metrics.jsonl"):
        assert (tmp_path / "t" / name).read_bytes() == (bundle / name).read_bytes()


def test_a_story_is_its_stream_joined(teller: Storyteller) -> None:
    for wish in ({}, {"plan": "Ann, kite"}, {"opening": "Мила had"}, {"include": ["walrus"], "ban": ["was"]}):
        story = teller.write(seed=3, length=15, **wish)
        telling = teller.stream(seed=3, length=15, **wish)
        tokens = list(telling)
        assert telling.opening + "".join(token.text for token in tokens) == story.text == str(story)
        assert tuple(tokens) == story.tokens
        assert telling.stories() == [story]
        assert story.log_probabilities == tuple(token.log_probability for token in tokens)
        assert story.text == teller.bundle.tokenizer.decode(
            [*teller.bundle.tokenizer.encode(wish.get("opening", "")), *(token.token for token in tokens)]
        )


def test_two_interleaved_streams_are_two_separate_ones(teller: Storyteller) -> None:
    def streams():
        return teller.stream("Ann, kite", seed=1, length=30), teller.stream(opening="Bo had", seed=2, length=50)

    separate = [list(stream) for stream in streams()]
    one, two = streams()
    interleaved: list[list] = [[], []]
    turns = [one, two, two]
    while any(len(got) < len(want) for got, want in zip(interleaved, separate, strict=True)):
        for stream in turns:
            token = next(stream, None)
            if token is not None:
                interleaved[stream is two].append(token)
    assert interleaved == separate


def test_alternatives_begin_with_the_single_one(teller: Storyteller) -> None:
    wish = Wish(plan=["Ann", "kite"], length=20)
    single = teller.write("Ann, kite", length=20, seed=9)
    several = teller.write_several(wish, 4, seed=9)
    assert several[0].text == single.text
    assert several[0].finish == single.finish
    np.testing.assert_allclose(several[0].log_probabilities, single.log_probabilities, atol=1e-4)
    assert len({story.text for story in several}) == 4
    assert [story.text for story in teller.write_several(wish, 2, seed=9)] == [story.text for story in several[:2]]


def test_of_many_stories_some_are_written_side_by_side(teller: Storyteller, monkeypatch: pytest.MonkeyPatch) -> None:
    wish, rows = Wish(plan=["Ann"], length=10), []
    together = teller.write_several(wish, 5, seed=9)
    monkeypatch.setattr(writing, "MOST_ROWS", 2)
    start = teller.engine.start
    monkeypatch.setattr(teller.engine, "start", lambda sources: rows.append(len(sources)) or start(sources))
    assert teller.write_several(wish, 5, seed=9) == together
    assert rows == [2, 2, 2]  # of an odd number one is there twice
    telling = teller.tell(wish, 5, seed=9)
    for token in telling:
        if token.story == 2:
            break
    assert len(telling.stories()) == 4
    assert telling.stories()[:2] == together[:2]


def test_a_seed_is_drawn_and_told(teller: Storyteller) -> None:
    drawn = teller.write(length=10)
    assert teller.write(length=10, seed=drawn.seed) == drawn
    assert teller.write(length=10).seed != drawn.seed


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ({"plan": None}, "plan is None; it must be a list of texts, or one text."),
        ({"plan": ["key", 3]}, "plan[1] is 3; it must be text."),
        ({"title": 3}, "title is 3; it must be text."),
        ({"opening": b"Ann"}, "opening is b'Ann'; it must be text."),
        ({"include": 3}, "include is 3; it must be a list of texts, or one text."),
        ({"ban": [3]}, "ban[0] is 3; it must be text."),
        ({"length": "5"}, "length is '5'; it must be 1 or more, a whole number, or None for no wanted length."),
        ({"sampling": {}}, "sampling is {}; it must be SamplingSettings, or None."),
    ],
)
def test_what_is_of_another_kind_is_named_in_a_sentence(teller: Storyteller, asked: Any, told: str) -> None:
    with pytest.raises(RequestError, match=rf"^{re.escape(told)}$"):
        teller.write(**asked)


@pytest.mark.parametrize("seed", [-1, 1.5, "a"])
def test_a_seed_is_a_whole_number(teller: Storyteller, seed) -> None:
    with pytest.raises(RequestError, match="must be a whole number, 0 or more"):
        teller.write(length=5, seed=seed)


@pytest.mark.parametrize(("split", "has_an_end"), [("line", True), ("file", False)])
def test_what_knows_no_end_is_what_was_trained_on_one_long_text(
    tiny, stories_file: Path, tmp_path: Path, split: str, has_an_end: bool
) -> None:
    bare = {"model.encoder.layers": 0, "model.attention": "none", "text.split": split, "training.steps": 2}
    teller = skaz.train(stories_file, tmp_path / "t", settings={**tiny, **bare})
    assert (teller.request(Wish(), 1).stopping.length is None) == has_an_end
    assert (page_facts(teller.bundle)["rules"]["usual_length"] is None) == has_an_end
    if has_an_end:
        assert teller.likeliest(opening="Ann had", beams=2)
    else:
        with pytest.raises(RequestError, match="which has no end to search for"):
            teller.likeliest(opening="Ann had", beams=2)
    with pytest.raises(RequestError, match="has no encoder" if has_an_end else "one long text"):
        teller.write("kite")


@pytest.mark.parametrize(
    ("opening", "beginning"),
    [
        ("Ann had ", "Ann had"),
        ("Ann had\t\u00a0", "Ann had"),
        ("Ann had.\n", "Ann had.\n"),
        ("Ann had. \n\n  ", "Ann had. \n\n"),
        ("Ann.\nBo ", "Ann.\nBo"),
        (" \n ", ""),
        ("", ""),
    ],
)
def test_a_story_goes_on_in_the_paragraph_where_its_opening_ends(
    teller: Storyteller, opening: str, beginning: str
) -> None:
    assert beginning_of(opening) == beginning
    encode = teller.bundle.tokenizer.encode
    assert teller.request(Wish(opening=opening), 1).prefix == tuple(encode(beginning))
    told = [teller.write(opening=opening, seed=1), *teller.likeliest(opening=opening, beams=2)]
    for story in told:
        assert story.text == beginning + "".join(token.text for token in story.tokens)


@pytest.mark.parametrize(
    ("opening", "shown"),
    [
        ("  Ann had a kite. It flew. ", "Ann had a kite."),
        ("Ann had", "Ann had"),
        ("Ann had a kite. " * 2_000, "Ann had a kite."),
        ("and the kite flew on " * 40, "and the kite flew on " * 5 + "and the kite"),
    ],
)
def test_the_encoder_reads_of_an_opening_what_it_was_shown_in_training(
    teller: Storyteller, opening: str, shown: str
) -> None:
    encode = teller.bundle.tokenizer.encode
    assert teller.source(Wish(opening=opening)) == compose_source(opening=encode(shown)).tolist()
    assert teller.request(Wish(opening=opening), 1).prefix == tuple(encode(beginning_of(opening)))


@pytest.mark.parametrize("wish", [Wish(length=15), Wish(["Ann", "kite"]), Wish(opening="Мила had", include=["walrus"])])
def test_log_probabilities_are_those_of_teacher_forcing(teller: Storyteller, wish: Wish) -> None:
    engine, tokenizer = teller.engine, teller.bundle.tokenizer
    for story in teller.write_several(wish, 2, seed=4):
        state = engine.start([teller.source(wish)])
        ids = [START, *tokenizer.encode(wish.opening or ""), *(token.token for token in story.tokens)]
        scored = []
        for token in ids[:-1]:
            logits_BV, state = engine.step(np.array([token]), state)
            scored.append(log_softmax(logits_BV[0].astype(np.float64)))
        expected = [row[token] for row, token in zip(scored, ids[1:], strict=True)][-len(story.tokens) :]
        np.testing.assert_allclose(story.log_probabilities, expected, atol=1e-4)
        assert max(story.log_probabilities) <= 0


def test_temperature_nought_is_greedy(teller: Storyteller) -> None:
    cold = skaz.SamplingSettings(temperature=0.0)
    assert teller.write(length=20, seed=1, sampling=cold).text == teller.write(length=20, seed=2, sampling=cold).text


@pytest.mark.parametrize("asked", [{}, {"plan": ["Ann", "kite"]}, {"opening": "Мила had"}])
def test_the_likeliest_story_is_searched_for_and_with_one_beam_is_the_greedy_one(teller: Storyteller, asked) -> None:
    first, second = teller.likeliest(**asked, beams=3, count=2)
    assert [first, second] == teller.likeliest(**asked, beams=3, count=2)
    (greedy,) = teller.likeliest(**asked, beams=1)
    assert greedy.text == teller.write(**asked, sampling=skaz.SamplingSettings(temperature=0.0), seed=1).text
    for story in (first, second):
        opening = asked.get("opening", "")
        assert story.text == opening + "".join(token.text for token in story.tokens)
        assert (story.seed, max(story.log_probabilities) <= 0) == (None, True)


@pytest.mark.parametrize("count", [-1, 0, 3, "2"])
def test_so_many_beams_give_so_many_stories(teller: Storyteller, count: Any) -> None:
    with pytest.raises(RequestError, match="2 beams give 1 to 2 stories"):
        teller.likeliest(beams=2, count=count)


def test_a_stream_broken_off_has_what_was_written(teller: Storyteller) -> None:
    telling = teller.stream(opening="Ann had", seed=1, length=60)
    tokens = [next(telling) for _ in range(5)]
    (story,) = telling.stories()
    assert story.tokens == tuple(tokens)
    assert story.text == "Ann had" + "".join(token.text for token in tokens)


def test_a_plan_is_words_or_a_list(teller: Storyteller) -> None:
    assert teller.write("Ann, kite", seed=5) == teller.write(["Ann", "kite"], seed=5)
    assert teller.write("Ann, kite", seed=5) != teller.write(seed=5)


def test_words_to_include_have_room_however_short_the_story(teller: Storyteller) -> None:
    words = [f"walrus{number}" for number in range(12)]
    story = teller.write(include=words, length=2, seed=3)
    assert all(word in story.text for word in words)
    with pytest.raises(RequestError, match="max_tokens is 8"):  # which was asked for
        teller.request(Wish(include=words, most_tokens=8), seed=3)


def test_a_word_to_include_or_to_ban_may_stand_by_itself(teller: Storyteller) -> None:
    one, several = (
        teller.write(include="walrus", ban="was", seed=3),
        teller.write(include=["walrus"], ban=["was"], seed=3),
    )
    assert one == several


@pytest.mark.parametrize(
    ("given", "meant"),
    [
        (Wish(plan="Ann -> kite"), Wish(plan=["Ann", "kite"])),
        (Wish(include="walrus", ban="was", stop="."), Wish(include=["walrus"], ban=["was"], stop=["."])),
        (Wish(plan=["", "Ann", "  "]), Wish(plan=["Ann"])),
        (Wish(plan=["  "]), Wish()),
    ],
)
def test_a_string_is_one_thing_and_an_empty_item_none(teller: Storyteller, given: Wish, meant: Wish) -> None:
    assert given == meant
    assert teller.source(given) == teller.source(meant)
    assert teller.request(given, 1).settings == teller.request(meant, 1).settings
    assert teller.request(given, 1).constraints == teller.request(meant, 1).constraints


def test_evaluate(bundle: Path, stories_file: Path) -> None:
    measures = skaz.evaluate(bundle, stories_file, split="line")
    assert measures.keys() == {"plain"}  # a text file has no plans
    assert skaz.evaluate(bundle, [stories_file], split="line") == measures
    assert 0.5 < measures["plain"].bits_per_character < 3
    with pytest.raises(RequestError, match=r'There is no split "lines".*Did you mean "line"'):
        skaz.evaluate(bundle, stories_file, split="lines")


def test_a_plan_is_read_whatever_its_capitals(bundle: Path) -> None:
    teller = load(bundle)
    assert {"lantern", "river"} <= set(teller.bundle.plan_words.words)
    as_read = teller.source(Wish(plan=["lantern", "river", "Zorblax"]))
    assert teller.source(Wish(plan=["Lantern", "RIVER", "Zorblax"])) == as_read
    assert teller.source(Wish(plan=["lantern", "river", "zorblax"])) != as_read  # nobody's name stays as it is typed


def test_stories_that_are_over_are_told_of_at_once(bundle: Path) -> None:
    telling = load(bundle).tell(Wish(length=10), count=writing.MOST_ROWS + 3, seed=1)
    told: list[str] = []
    seen = set()
    for token in telling:
        told += [telling.story(number).text for number in range(len(told), telling.n_over)]
        seen.add((token.story >= writing.MOST_ROWS, len(told)))
    assert (True, writing.MOST_ROWS) in seen  # of a second round the first is told already
    assert told == [story.text for story in telling.stories()][: len(told)]
    assert telling.n_over == writing.MOST_ROWS + 3


def test_any_number_of_stories_may_be_begun(bundle: Path) -> None:
    telling = load(bundle).tell(Wish(length=10), count=10**9, seed=1)
    assert next(telling).text
