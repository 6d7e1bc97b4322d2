"""The translator: no result depends on what else is asked, and what the Python face promises."""

from __future__ import annotations

import io
import json
import re
import shutil
import unicodedata
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.console import Console

from skaz.cli.training_display import TrainingDisplay
from skaz.corpus.sources import NEXT, START
from skaz.decoding.beam import BeamSettings
from skaz.engine.loading import load_engine
from skaz.errors import BundleError, RequestError
from skaz.recipe_reading import read_recipe, stated_settings
from skaz.tasks import preparing
from skaz.tasks.aligning import string_alignment, word_alignment
from skaz.tasks.evaluating import evaluate_pairs
from skaz.tasks.preparing import string_settings
from skaz.tasks.training import Bundled, TrainRequest, train_bundle
from skaz.tasks.translating import Attended, Translator, load_translator
from skaz.training.events import Finished, Validated
from skaz.training.measured import Measured
from tests.conftest import SMALL_PAIRS

SOURCES = st.lists(st.text("abcdx щ", max_size=9), min_size=1, max_size=6)


@pytest.fixture(scope="module")
def loaded(transducer):
    return load_translator(transducer.bundle, threads=1)


@pytest.fixture(scope="module")
def monotonic(in_order):
    return load_translator(in_order.bundle, threads=1)


@pytest.fixture(scope="module")
def spelt(marked):
    return load_translator(marked.bundle, threads=1)


@given(st.booleans(), SOURCES, st.integers(1, 4), st.integers(1, 60))
@settings(deadline=None, max_examples=25)
def test_no_result_depends_on_its_batch(
    loaded, monotonic, in_order: bool, sources: list[str], beams: int, batch_tokens: int
) -> None:
    loaded, search = monotonic if in_order else loaded, BeamSettings(beams)
    together = loaded.search(sources, search, batch_tokens=batch_tokens)
    for source, found in zip(sources, together, strict=True):
        alone = loaded.search([source], search)[0]
        assert [each.text for each in found] == [each.text for each in alone]
        np.testing.assert_allclose([each.score for each in found], [each.score for each in alone], atol=1e-4)


def test_one_source_by_itself_is_no_list_of_letters(loaded, transducer) -> None:
    with pytest.raises(RequestError, match="put it into a list, or translate it"):
        loaded.search("abc")
    assert evaluate_pairs(loaded, str(transducer.table)).scores == evaluate_pairs(loaded, [transducer.table]).scores


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        (lambda t: t.translate(None), "text is None; it must be text."),
        (lambda t: t.translate(b"x"), "text is b'x'; it must be text."),
        (lambda t: t.search(["a", 1]), "texts[1] is 1; it must be text."),
        (lambda t: t.search(None), "texts is None; it must be a list of texts."),
        (lambda t: t.search(["a"], prefix=None), "prefix is None; it must be text."),
        (lambda t: t.search(["a"], include=[3]), "include[0] is 3; it must be text."),
        (lambda t: t.search(["a"], include=b"x"), "include is b'x'; it must be a list of texts, or one text."),
        (lambda t: t.search(["a"], 5), "settings is 5; it must be BeamSettings, or None."),
        (lambda t: t.search(["a"], batch_tokens=0), "batch_tokens is 0; it must be a whole number, 1 or more."),
        (lambda t: t.attend(None), "source is None; it must be text."),
        (lambda t: t.attend("a", 3), "target is 3; it must be text."),
        (
            lambda t: evaluate_pairs(t, "pairs.tsv", columns=("1", "2")),
            "columns is ('1', '2'); it must be Columns(\"source\", \"target\"), or None.",
        ),
        (
            lambda t: evaluate_pairs(None, "pairs.tsv"),
            "translator is None; it must be a Translator, or a bundle's path.",
        ),
    ],
)
def test_what_is_of_another_kind_is_named_in_a_sentence(loaded, asked, told: str) -> None:
    with pytest.raises(RequestError, match=rf"^{re.escape(told)}$"):
        asked(loaded)


def test_what_can_not_be_loaded_is_told_in_a_sentence(transducer) -> None:
    with pytest.raises(RequestError, match="There is no bundle to load"):
        load_translator()
    with pytest.raises(RequestError, match="not in a list"):
        load_translator([transducer.bundle])
    for threads in (0, -1, "2"):
        with pytest.raises(RequestError, match="must be 1 or more, or None"):
            load_translator(transducer.bundle, threads=threads)


def test_a_bundle_is_evaluated_by_its_path(loaded, transducer) -> None:
    assert evaluate_pairs(transducer.bundle, transducer.table).scores == evaluate_pairs(loaded, transducer.table).scores


def test_an_empty_source_has_an_empty_target(loaded) -> None:
    assert [each[0].text for each in loaded.search(["ab", "", "  "])] == ["B A", "", ""]


def test_attention_has_a_row_a_token_and_a_column_a_letter(loaded) -> None:
    attended = loaded.attend("abcd")
    assert attended.source == ("a", "b", "c", "d", "<end>")
    assert [piece.strip() for piece in attended.target] == ["D", "C", "B", "A", "<end>"]
    assert attended.weights_TS.shape == (5, 5)
    np.testing.assert_allclose(attended.weights_TS.sum(axis=1), 1, atol=1e-5)
    assert loaded.attend("abcd", "A A").weights_TS.shape == (3, 5)
    with pytest.raises(RequestError, match="nothing to attend to"):
        loaded.attend(" ")


def test_of_an_empty_target_there_is_its_end_alone(loaded, monotonic) -> None:
    for each in (loaded, monotonic):
        for empty in ("", "  "):
            attended = each.attend("abcd", empty)
            assert attended.target == ("<end>",)
            assert attended.weights_TS.shape == (1, 5)


def test_attention_is_told_as_a_person_reads_the_source(from_the_end) -> None:
    """Though the network reads it from its end."""
    translator = load_translator(from_the_end.bundle, threads=1)
    attended = translator.attend("abcd", "D")
    assert attended.source == ("a", "b", "c", "d", "<end>")
    (source,) = translator.source_ids(["abcd"])
    _, _, raw_BS = translator.engine.attended_step(np.array([START]), translator.engine.start([source]))
    np.testing.assert_array_equal(attended.weights_TS[0], raw_BS[0, [3, 2, 1, 0, 4]])


def test_what_is_written_from_the_end_is_told_from_the_beginning(written_from_the_end, in_order) -> None:
    translator = load_translator(written_from_the_end.bundle, threads=1)
    assert translator.bundle.recipe.model.is_monotonic
    outputs = {source: translator.translate(source).text for source in ("abdc", "dbad", "ca")}
    assert outputs == {"abdc": "A B1 B2 C", "dbad": "B1 B2 A", "ca": "C A"}
    found = translator.translate("abdc")
    assert "".join(piece for piece, _ in found.tokens).split() == ["A", "B1", "B2", "C"]
    for target in (found, "A B1 B2 C"):
        attended = translator.attend("abdc", target)
        assert attended.source == ("a", "b", "d", "c", "<end>")
        assert [piece.strip() for piece in attended.target] == ["A", "B1", "B2", "C", "<end>"]
        assert attended.weights_TS[:-1].argmax(axis=1).tolist() == [0, 1, 1, 3]
    evaluated = evaluate_pairs(translator, [in_order.table])
    assert evaluated.foretold.perplexity < 1.2
    assert {score.name: score.value for score in evaluated.scores}["exact match"] > 90


def test_what_is_written_from_the_end_has_no_forced_beginning(written_from_the_end) -> None:
    with pytest.raises(RequestError, match="writes a target from its end and comes to its beginning last"):
        load_translator(written_from_the_end.bundle).search(["ab"], prefix="A")


def test_terms_are_there_though_they_begin_alike_or_stand_in_the_prefix(loaded) -> None:
    for beams in (1, 2, 5):
        for source in ("bcd", "aad", "cab"):
            found = loaded.search([source], BeamSettings(beams), include=["A B", "A C"])[0]
            assert all("A B" in each.text and "A C" in each.text for each in found)
            assert found[0].ended
    assert loaded.search(["bcd"], include="A B") == loaded.search(["bcd"], include=["A B"])
    assert loaded.search(["abcd"], prefix="D C", include=["D"])[0][0].text == "D C B A"
    assert loaded.search(["abcd"], prefix="D", include=["D C"])[0][0].text == "D C B A"
    with pytest.raises(RequestError, match="nothing but spaces"):
        loaded.search(["ab"], prefix="  ")
    with pytest.raises(RequestError, match="is empty"):
        loaded.search(["ab"], include=["A", " "])


def test_words_are_aligned_by_their_pieces() -> None:
    weights = np.array([[0.7, 0.2, 0.1, 0.0], [0.1, 0.2, 0.6, 0.1], [0.4, 0.5, 0.1, 0.0], [0.0, 0.0, 0.0, 1.0]])
    attended = Attended((" der", " Hu", "nd", "<end>"), (" the", " do", "g", "<end>"), weights)
    assert word_alignment(attended) == [(0, 0), (1, 1)]
    assert string_alignment(attended, (False, False)) == [(0, 0), (2, 1), (1, 2)]


def test_the_bytes_of_a_character_are_one_symbol_and_part_no_word() -> None:
    """Of a character that is spelt in three bytes, the last of its pieces has it."""
    source = ("a", "", "", "€", "b", "<end>")
    weights = np.zeros((5, 6))
    for place, looked in enumerate((0, 2, 3, 4, 5)):
        weights[place, looked] = 1.0
    attended = Attended(source, ("A", "", "E", "B", "<end>"), weights)
    assert string_alignment(attended, (False, False)) == [(0, 0), (1, 1), (2, 2)]
    assert word_alignment(attended) == [(0, 0)]


def test_letters_have_their_places_in_the_string_and_symbols_their_numbers() -> None:
    attended = Attended(("3", " ", "a", "m", "<end>"), (" t", " ", "h", "r", "<end>"), np.eye(5))
    assert string_alignment(attended, (False, False)) == [(0, 0), (2, 2), (3, 3)]
    assert string_alignment(attended, (False, True)) == [(0, 0), (2, 1)]  # "hr" is a symbol that training never met


def test_what_it_looked_at_is_what_it_looked_at_when_it_wrote(monotonic) -> None:
    """A walk along the source is the network's own, and not the likeliest by the pairs that it learnt from."""
    found = monotonic.translate("abcd")
    first = found.ids.index(NEXT)
    later = replace(found, ids=(*found.ids[:first], NEXT, *found.ids[first:]))
    seen, seen_later = monotonic.attend("abcd", found), monotonic.attend("abcd", later)
    assert seen.target == seen_later.target
    assert np.array_equal(seen.weights_TS, monotonic.attend("abcd").weights_TS)
    assert not np.array_equal(seen.weights_TS, seen_later.weights_TS)


@pytest.mark.parametrize(
    ("rows", "wanted"),
    [
        (["cat\tK AE T", "dog\tD AO G"], {"text.tokenizer": "symbols"}),
        (["k æ t\tcat", "d ɔ g\tdog"], {"text.source_tokenizer": "symbols"}),
        (
            ["가감\tk a̠ ɡ a̠ m", "nano\tn a n o", "ㄴ가\tn k a̠"],
            {"text.tokenizer": "symbols", "text.source_tokenizer": "letters"},
        ),
        (["ab\ta bʰ", "ba\tbʰ aː", "cd\tb bː", "dc\tbʰː a aː aʰ"], {"text.tokenizer": "spelt-symbols"}),
        (["12\ttwelve", "140\tone hundred and forty"], {}),
        ([f"{n}\ttwo hundred and {'one' if n % 2 else 'two'}" for n in range(60)], {"text.tokenizer": "symbols"}),
    ],
)
def test_symbols_between_spaces_are_seen(tmp_path, rows: list[str], wanted: dict[str, str]) -> None:
    path = tmp_path / "pairs.tsv"
    path.write_text("".join(f"{row}\n" for row in rows), encoding="utf-8")
    recipe = read_recipe(overrides={"task": "transduce"})
    assert string_settings(recipe, [path], ()) == wanted
    assert string_settings(recipe, [path], ("text.tokenizer", "text.source_tokenizer")) == {}


def test_symbols_of_many_pairs_are_not_spelt(tmp_path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "pairs.tsv"
    path.write_text("ab\ta bʰ aː\nba\tbʰ aː\ncd\tb bː\ndc\tbʰː a aː aʰ\n", encoding="utf-8")
    recipe = read_recipe(overrides={"task": "transduce"})
    for most, wanted in ((5, "spelt-symbols"), (4, "symbols")):
        monkeypatch.setattr(preparing, "_MOST_SPELT", most)
        assert string_settings(recipe, [path], ())["text.tokenizer"] == wanted


def test_strings_in_order_get_monotonic_attention(monotonic, loaded) -> None:
    assert monotonic.bundle.recipe.model.attention == "monotonic"
    assert loaded.bundle.recipe.model.attention == "general"  # its targets are turned round
    outputs = {source: monotonic.translate(source).text for source in ("abdc", "dbad", "ca")}
    assert outputs == {"abdc": "A B1 B2 C", "dbad": "B1 B2 A", "ca": "C A"}


def test_monotonic_attention_looks_at_one_place_and_never_back(monotonic) -> None:
    attended = monotonic.attend("abdc")
    assert [piece.strip() for piece in attended.target] == ["A", "B1", "B2", "C", "<end>"]
    assert attended.weights_TS[:-1].argmax(axis=1).tolist() == [0, 1, 1, 3]
    assert np.isin(attended.weights_TS, (0, 1)).all()
    given_target = monotonic.attend("abdc", "A B1 C")
    assert (np.diff(given_target.weights_TS.argmax(axis=1)) >= 0).all()


def test_steps_along_the_source_are_no_part_of_what_is_told(monotonic) -> None:
    found = monotonic.search(["abdc"], BeamSettings(5))[0]
    assert len({each.text for each in found}) == len(found) > 1
    for each in found:
        assert "".join(piece for piece, _ in each.tokens).strip() == each.text
        assert sum(nats for _, nats in each.tokens) >= each.log_probability - 1e-6


def test_spelt_symbols_are_told_whole(spelt) -> None:
    assert spelt.bundle.recipe.text.tokenizer == "spelt-symbols"
    assert spelt.translate("abcd").text == "ā tʰ kʰ a"
    found = spelt.search(["abhf"])[0][0]
    assert [piece.strip() for piece, _ in found.tokens] == ["ā", "tʰ", "k", "e"]
    assert sum(nats for _, nats in found.tokens) >= found.log_probability - 1e-6
    seen = spelt.attend("abhf", found)
    assert [piece.strip() for piece in seen.target] == ["ā", "tʰ", "k", "e", "<end>"]
    np.testing.assert_allclose(seen.weights_TS.sum(axis=1), 1.0, rtol=1e-5)
    assert string_alignment(seen, (False, True)) == [(0, 0), (1, 1), (2, 2), (3, 3)]


@pytest.mark.parametrize("prefix", ["a", "ā", "t", "k e", "ŋ", "e tʰ"])
@pytest.mark.parametrize("source", ["abhf", "ehe", "h"])
def test_a_forced_beginning_gets_no_mark(spelt, prefix: str, source: str) -> None:
    for found in spelt.search([source], BeamSettings(3), prefix=prefix)[0]:
        assert f"{found.text} ".startswith(f"{prefix} ")
        assert "".join(piece for piece, _ in found.tokens) == found.text.removeprefix(prefix)


def test_of_spelt_symbols_no_terms_can_be_asked_for(spelt) -> None:
    free = Translator(replace(spelt.bundle, alignment=None), spelt.engine)
    with pytest.raises(RequestError, match=r'spells symbols.+text\.tokenizer = "symbols"'):
        free.search(["ab"], include="a")


def test_errors_of_spelt_symbols_are_counted_by_symbols(spelt, tmp_path) -> None:
    (tmp_path / "test.tsv").write_text("abhf\tā tʰ k eː\nba\ttʰ ā\n", encoding="utf-8")
    found = evaluate_pairs(spelt, [tmp_path / "test.tsv"])
    exact, symbols, _ = found.scores
    assert (exact.value, symbols.value) == (50, pytest.approx(100 / 6))
    apart = unicodedata.normalize("NFD", (tmp_path / "test.tsv").read_text(encoding="utf-8"))
    (tmp_path / "apart.tsv").write_text(apart, encoding="utf-8")
    same = evaluate_pairs(spelt, [tmp_path / "apart.tsv"])
    assert (same.scores, same.worst) == (found.scores, found.worst)


def test_a_forced_beginning_is_kept_along_the_source(monotonic) -> None:
    sources = ["abdc", "caab", "ddc"]
    for source, found in zip(sources, monotonic.search(sources, BeamSettings(2), prefix="A B1"), strict=True):
        assert found[0].text.startswith("A B1")
        alone = monotonic.search([source], BeamSettings(2), prefix="A B1")[0]
        assert [each.text for each in alone] == [each.text for each in found]
    assert monotonic.search(["abdc"], prefix="A B1")[0][0].text == "A B1 B2 C"


def test_monotonic_attention_takes_no_terms(monotonic) -> None:
    with pytest.raises(RequestError, match="can't be made to write a term") as caught:
        monotonic.search(["ab"], include=["C"])
    assert str(caught.value).endswith('train one with model.attention = "general".')


def test_all_that_bars_terms_is_told_at_once(spelt) -> None:
    with pytest.raises(RequestError, match="can't be made to write a term") as caught:
        spelt.search(["ab"], include=["a"])
    assert str(caught.value).endswith('with model.attention = "general" and text.tokenizer = "symbols".')


def test_n_grams_of_the_pairs_vote_beside_the_network(monotonic, in_order, tmp_path) -> None:
    bundle = tmp_path / "bundle"
    shutil.copytree(in_order.bundle, bundle)
    network = Translator(monotonic.bundle, load_engine(monotonic.bundle, threads=1))
    pairs = [in_order.table]
    assert evaluate_pairs(monotonic, pairs).foretold.nats < evaluate_pairs(network, pairs).foretold.nats
    assert "n-grams of its pairs vote, which the bundle keeps" in (bundle / "card.md").read_text(encoding="utf-8")
    (bundle / "ngrams.safetensors").write_bytes(b"")
    with pytest.raises(BundleError, match=r"ngrams\.safetensors is damaged; copy the bundle again"):
        load_translator(bundle)


def test_the_bundle_tells_what_is_measured_of_it(in_order, tmp_path) -> None:
    """With the n-grams that vote beside its network, as whoever measures it will find; the lines on the way, and the
    log, are of the network alone."""
    settings = {**SMALL_PAIRS, "task": "transduce", "training.batch_tokens": 256, "training.steps": 12}
    screen = io.StringIO()
    display = TrainingDisplay(Console(file=screen, width=200), "transduce")
    request = TrainRequest(
        [in_order.table],
        tmp_path / "bundle",
        read_recipe(overrides=settings),
        stated_settings(settings, None),
        held_out=[in_order.table],
    )
    finished = train_bundle(request, display.hear)
    translator = load_translator(tmp_path / "bundle")
    of_all = evaluate_pairs(translator, in_order.table).foretold
    measures = translator.bundle.facts.measures
    assert measures["bits_per_character"] == pytest.approx(of_all.bits_per_character, rel=0.02)
    assert measures["perplexity"] == pytest.approx(of_all.perplexity, rel=0.02)
    network = Translator(translator.bundle, load_engine(translator.bundle, threads=1))
    alone = evaluate_pairs(network, in_order.table).foretold.bits_per_character
    assert measures["bits_per_character"] < 0.95 * alone
    log = [json.loads(line) for line in (tmp_path / "bundle" / "metrics.jsonl").read_text().splitlines()]
    kept = next(line for line in log if line["step"] == finished.best.step and "bits_per_character" in line)
    assert kept["bits_per_character"] == pytest.approx(alone, rel=0.02)
    bits = f"{measures['bits_per_character']:.3f}"
    card = (tmp_path / "bundle" / "card.md").read_text(encoding="utf-8")
    assert f"{bits} bits per character (fewer is better), measured on" in card
    assert "characters of held-out pairs with the\n  n-grams' vote" in card
    told = screen.getvalue()
    assert f"{kept['bits_per_character']:.3f} bits/char by the network alone" in told
    assert "of tokens and steps along the source right" in told
    assert f"{bits} bits per character on held-out pairs, the n-grams' vote included." in told


def test_it_is_told_which_weights_are_kept_where_they_are_not_the_last() -> None:
    screen = io.StringIO()
    best = Validated(135, 1.0, Measured(10.0, 20, 30, 19), None, best=True)
    finished = Finished("budget", 150, 1.0, 2.0, 100, best)
    for task, why in (("transduce", "most tokens right"), ("write", "fewest bits")):
        TrainingDisplay(Console(file=screen, width=200), task).hear(Bundled(Path("x"), finished))
        assert (
            f"Kept are the weights of update 135, which had the {why} of all that were measured." in screen.getvalue()
        )
    screen.truncate(0)
    TrainingDisplay(Console(file=screen, width=200)).hear(Bundled(Path("x"), replace(finished, step=135)))
    assert "Kept" not in screen.getvalue()


def test_without_their_weight_the_bundle_keeps_no_pairs(in_order, tmp_path) -> None:
    settings = {**SMALL_PAIRS, "task": "transduce", "training.steps": 2, "model.ngram_weight": 0}
    recipe = read_recipe(overrides=settings)
    train_bundle(TrainRequest([in_order.table], tmp_path / "bundle", recipe, stated_settings(settings, None)))
    assert load_translator(tmp_path / "bundle").bundle.recipe.model.is_monotonic
    assert not (tmp_path / "bundle" / "ngrams.safetensors").exists()


def test_references_are_foretold_along_their_sources(monotonic, in_order) -> None:
    found = evaluate_pairs(monotonic, [in_order.table])
    assert found.foretold.perplexity < 1.2
    assert {score.name: score.value for score in found.scores}["exact match"] > 90


@pytest.mark.parametrize(
    ("sides", "source", "unknown"),
    [
        ("k æ t\tcat", "k æ t æt K 7", "æt K 7"),
        ("kät\tcat", "tä k Kø7\u3000", "Kø7"),
    ],
)
def test_what_training_never_met_is_known(tmp_path, sides: str, source: str, unknown: str) -> None:
    (tmp_path / "pairs.tsv").write_text(f"{sides}\n" * 20, encoding="utf-8")
    asked = {**SMALL_PAIRS, "task": "transduce", "training.steps": 1, "training.validations": 1}
    recipe = read_recipe(overrides=asked)
    pairs, stated = [tmp_path / "pairs.tsv"], stated_settings(asked, None)
    train_bundle(TrainRequest(pairs, tmp_path / "bundle", recipe, stated, held_out=pairs))
    translator = load_translator(tmp_path / "bundle", threads=1)
    assert translator.unknown_in(source) == unknown
    assert translator.unknown_in_target("taQc ø") == "Qø"
