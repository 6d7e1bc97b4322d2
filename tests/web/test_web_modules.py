"""The page's modules, run in the browser as they stand in skaz/web: each does what its model in Python does."""

from __future__ import annotations

import math
import random
import re
import unicodedata
from base64 import b64encode
from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from playwright.sync_api import Browser, Page
from safetensors.numpy import load_file

import skaz
from skaz.corpus.sources import NONE, PLAN, START
from skaz.decoding import stopping
from skaz.decoding.numerics import draw, softmax
from skaz.decoding.request import generator_of
from skaz.decoding.settings import SamplingSettings, compose
from skaz.decoding.stopping import Stopping, end_bias, is_overdue
from skaz.decoding.words import count_words
from skaz.engine.bundle import open_bundle
from skaz.engine.onnx_engine import OnnxEngine
from skaz.nn.seq2seq import Seq2Seq
from skaz.recipe_reading import read_recipe
from skaz.tasks.web_export import page_facts, page_graphs
from skaz.tasks.web_page import SOURCES
from skaz.tasks.writing import Storyteller, Wish, beginning_of, most_tokens
from skaz.text.plan import parse_plan
from skaz.text.plan_words import PlanWords
from skaz.text.streaming import TextStream
from skaz.text.tokenizer import SPECIALS, Tokenizer
from skaz.training.checkpoint import model_tensors
from tests.hard_texts import HARD, TEXTS

SETTINGS = settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.fixture(scope="module")
def page(browser: Browser, serve) -> Iterator[Page]:
    """An empty page beside the modules."""
    with serve(SOURCES) as address:
        page = browser.new_page()
        page.goto(f"{address}/empty")
        yield page
        page.close()


def run(page: Page, module: str, function: str, argument: Any = None) -> Any:
    """What a function of the module's names gives in the browser."""
    return page.evaluate(
        f"async (given) => {{ const m = await import('/{module}'); return ({function})(given); }}", argument
    )


# Drawing


@pytest.mark.parametrize("seed", [0, 1, 4, 2**31 - 1, 2**32, 2**40 + 3, 2**53 - 1])
def test_the_same_seed_draws_the_same_numbers(page: Page, seed: int) -> None:
    found = run(
        page,
        "random.js",
        "(seed) => { const g = new m.Generator(seed); return Array.from(Array(50), () => g.next()); }",
        seed,
    )
    assert found == list(generator_of(seed, 0).random(50))


def _vectors() -> Iterator[np.ndarray]:
    rng = np.random.default_rng(5)
    for size, spread in ((1, 1.0), (2, 1.0), (5, 3.0), (300, 0.1), (300, 3.0), (300, 12.0), (4000, 3.0)):
        scores = rng.normal(scale=spread, size=size)
        yield scores
        yield np.round(scores)  # many equals
        yield np.where(rng.random(size) < 0.5, scores, np.append(scores[:1], [-np.inf] * (size - 1)))
    yield np.array([0.0, 0.0, 0.0, 0.0])


@pytest.mark.parametrize("temperature", [0.0, 0.3, 0.5, 1.0, 1.5])
@pytest.mark.parametrize("top_p", [0.3, 0.9, 1.0])
def test_filters_and_draws_are_those_of_python(page: Page, temperature: float, top_p: float) -> None:
    chosen = {"temperature": temperature, "top_p": top_p}
    pipeline = compose(SamplingSettings(**chosen))
    vectors, seeds = list(_vectors()), range(6)
    chances = [generator_of(seed, 0).random() for seed in seeds]
    found = run(
        page,
        "drawing.js",
        "({ vectors, chosen, chances }) => vectors.map((vector) => {"
        "const f = m.filtered(Float64Array.from(vector), chosen);"
        "return [Array.from(m.softmax(f)), chances.map((chance) => m.draw(f, chance))]; })",
        {"vectors": [vector.tolist() for vector in vectors], "chosen": chosen, "chances": chances},
    )
    for vector, (probabilities, drawn) in zip(vectors, found, strict=True):
        wanted = pipeline(vector, [])
        np.testing.assert_array_equal(np.array(probabilities) > 0, softmax(wanted) > 0)
        np.testing.assert_allclose(probabilities, softmax(wanted), rtol=1e-9)
        assert drawn == [draw(wanted, generator_of(seed, 0)) for seed in seeds]


@pytest.mark.parametrize("planned", [True, False])
def test_the_usual_settings_use_no_filter_that_the_page_has_not(planned: bool) -> None:
    usual = SamplingSettings.usual(planned=planned)
    known = SamplingSettings(temperature=usual.temperature, top_p=usual.top_p)
    off = dict.fromkeys(("top_k", "min_p", "typical", "repetition_penalty", "no_repeat_ngram", "dry"))
    assert asdict(usual) == asdict(known)
    assert {name: getattr(usual, name) for name in off} == off


def test_a_broken_network_is_loud(page: Page) -> None:
    with pytest.raises(Exception, match="no number among its logits"):
        run(page, "drawing.js", "() => Array.from(m.softmax(Float64Array.of(1, NaN, 2)))")


# Stopping


def test_stopping_is_that_of_python(page: Page, bundle) -> None:
    opened = open_bundle(bundle)
    rules = page_facts(opened)["rules"]
    shares = [0.0, 0.3, 0.59, 0.6, 0.99, 1.0, 1.01, 1.2, 1.3, 1.31, 2.0]
    lengths = [None, 1, 20, 150, 600]
    found = run(
        page,
        "stopping.js",
        "({ shares, lengths, rules }) => ({ "
        "biases: shares.map((s) => [[false, false], [true, false], [false, true]].map("
        "([whole, runsOn]) => m.endBias(s, whole, runsOn, rules))), "
        "overdue: shares.map((s) => [m.isOverdue(s, false, rules), m.isOverdue(s, true, rules)]), "
        "most: lengths.map((length) => m.mostTokens(length, rules)) })",
        {"shares": shares, "lengths": lengths, "rules": rules},
    )
    wish = Stopping(length=100)
    sentences = ((False, False), (True, False), (False, True))
    biases = [[end_bias(wish, share, *sentence) for sentence in sentences] for share in shares]
    for each, wanted in zip(found["biases"], biases, strict=True):
        assert each == [pytest.approx(bias) if math.isfinite(bias) else bias for bias in wanted]
    assert found["overdue"] == [[is_overdue(wish, share, complete) for complete in (False, True)] for share in shares]
    assert found["most"] == [most_tokens(opened.facts.corpus, length) for length in lengths]
    assert rules["earliest"] == stopping.EARLIEST


# Text and tokens

KINDS = ("bpe", "unigram", "words", "characters", "bytes")
TOKENIZERS = {kind: Tokenizer.train(TEXTS, kind, 400) for kind in KINDS}
ANY_TEXT = st.one_of(
    st.text(),
    st.lists(
        st.sampled_from(
            [
                " ",
                "  ",
                "\n",
                "\r\n",
                "'",
                "'s",
                "лис",
                "fox",
                "7",
                "<pad>",
                "👩‍👧",
                "\x1c",
                "—",
                "\x85",
                "\ufeff",
                "月亮",
                "ที่",
            ]
        )
    ).map("".join),
)
ENCODE = (
    "({ file, specials, texts }) => { const t = new m.Tokenizer(JSON.parse(file), specials);"
    "return { ids: texts.map((text) => t.encode(text)), joins: t.joinsSpaces,"
    "bytes: t.tokenBytes.map((bytes) => Array.from(bytes)) }; }"
)


def _encoded(page: Page, tokenizer: Tokenizer, texts: list[str]) -> dict[str, Any]:
    given = {"file": tokenizer.to_json(), "specials": len(SPECIALS), "texts": texts}
    return run(page, "tokenizer.js", ENCODE, given)  # type: ignore[no-any-return]


@pytest.mark.parametrize("kind", KINDS)
def test_tokens_are_those_of_python(page: Page, kind: str) -> None:
    tokenizer, rng = TOKENIZERS[kind], random.Random(3)
    cuts = ["".join(rng.choice(TEXTS)[rng.randrange(60) :][: rng.randrange(90)]) for _ in range(200)]
    mixed = ["".join(rng.choices("".join(set("".join(TEXTS + HARD))), k=30)) for _ in range(200)]
    texts = [*HARD, *TEXTS, *cuts, *mixed]
    found = _encoded(page, tokenizer, texts)
    assert found["ids"] == [tokenizer.encode(text) for text in texts]
    assert found["joins"] == tokenizer.joins_spaces
    assert [bytes(each) for each in found["bytes"]] == list(tokenizer.token_bytes)


@pytest.mark.parametrize("kind", KINDS)
@given(texts=st.lists(ANY_TEXT, min_size=1, max_size=20))
@SETTINGS
def test_any_text_gives_the_tokens_of_python(page: Page, kind: str, texts: list[str]) -> None:
    assert _encoded(page, TOKENIZERS[kind], texts)["ids"] == [TOKENIZERS[kind].encode(text) for text in texts]


def _known(text: str) -> str:
    """Without the characters that the browser's Unicode has and this Python's has not yet."""
    return "".join(letter for letter in text if unicodedata.category(letter) != "Cn")


@given(texts=st.lists(ANY_TEXT.map(_known), min_size=1, max_size=20))
@SETTINGS
def test_plans_and_words_are_cut_as_in_python(page: Page, texts: list[str]) -> None:
    found = run(
        page,
        "text.js",
        "(texts) => texts.map((text) => [m.parsePlan(text), m.strip(text), m.beginningOf(text), m.countWords(text)])",
        texts,
    )
    assert found == [[parse_plan(text), text.strip(), beginning_of(text), count_words(text)] for text in texts]


@given(
    words=st.lists(ANY_TEXT.map(_known).filter(lambda text: len(text.split()) == 1).map(str.strip), max_size=8),
    items=st.lists(ANY_TEXT.map(_known).map(str.strip), min_size=1, max_size=8),
)
@SETTINGS
def test_plans_are_spelt_as_in_python(page: Page, words: list[str], items: list[str]) -> None:
    items += [word.upper() for word in words] + [word.title() for word in words]
    found = run(page, "text.js", "([words, items]) => items.map(m.planSpeller(words))", [words, items])
    assert found == [PlanWords(words).spell(item) for item in items]


SENTENCES = st.lists(
    st.sampled_from(
        [
            *(
                "The fox ran. ",
                "Mr. Fox ",
                "А. С. ",
                "лиса ",
                " ",
                "\n",
                "\n \n",
                "...",
                "? ",
                "»",
                '"',
                "—",
                "- ",
                "I. ",
            ),
            *(
                "的。",
                "！」",
                "।",
                "։ ",
                "។ ",
                "｡",
                "É",
                "ß",
                "ǅ",
                "_",
                "7",
                "\x1c",
                "\x85",
                "\u3000",
                "\ufeff",
                "🦊",
                "𝐀",
                "and so it went on " * 9,
            ),
        ]
    ),
    max_size=60,
).map("".join)


@given(texts=st.lists(SENTENCES, min_size=1, max_size=20))
@SETTINGS
def test_the_encoder_is_shown_the_first_sentence_of_python(page: Page, texts: list[str]) -> None:
    found = run(page, "sentences.js", "(texts) => texts.map(m.firstSentence)", [*HARD, *texts])
    assert found == [Wish(opening=text).shown_opening for text in [*HARD, *texts]]


@given(parts=st.lists(st.binary(max_size=5), max_size=12))
@SETTINGS
def test_text_streams_as_in_python(page: Page, parts: list[bytes]) -> None:
    # half a surrogate is no character: a browser gives it up at its second byte, Python at its third
    assume(re.search(rb"\xed[\xa0-\xbf]", b"".join(parts)) is None)
    found = run(
        page,
        "text.js",
        "(parts) => { const s = new m.TextStream(); const given = parts.map((part) => Uint8Array.from(part));"
        "return [given.map((part) => s.push(part)), m.decodeBytes(given)]; }",
        [list(part) for part in parts],
    )
    stream = TextStream(_Bytes(parts))  # type: ignore[arg-type]
    assert found == [[stream.push(number) for number in range(len(parts))], b"".join(parts).decode(errors="replace")]


class _Bytes:
    """A tokenizer whose tokens are these bytes."""

    def __init__(self, parts: list[bytes]) -> None:
        self.token_bytes = parts


# The network

KINDS_OF_NETWORK: dict[str, dict[str, object]] = {
    "lstm": {},
    "gru": {"model.decoder.cell": "gru", "model.encoder.cell": "gru"},
    "rnn": {"model.decoder.cell": "rnn", "model.encoder.cell": "rnn"},
    "mingru": {"model.decoder.cell": "mingru", "model.encoder.cell": "mingru", "model.encoder.layers": 2},
    "minlstm": {"model.decoder.cell": "minlstm", "model.encoder.cell": "minlstm", "model.decoder.layers": 2},
    "no attention": {"model.attention": "none"},
    "dot": {"model.attention": "dot", "model.encoder.embeddings_in_memory": False},
    "general": {"model.attention": "general"},
    "additive": {"model.attention": "additive"},
    "no encoder": {"model.encoder.layers": 0, "model.attention": "none"},
    "layers": {"model.decoder.layers": 3, "model.encoder.layers": 2},
    "residual and norm": {
        "model.decoder.layers": 2,
        "model.encoder.layers": 2,
        "model.residual": True,
        "model.layer_norm": True,
    },
}
V = 50
OPEN = (
    "const ort = await import('/onnxruntime/ort.wasm.bundle.min.mjs');"
    "const bytes = (text) => Uint8Array.from(atob(text), (c) => c.charCodeAt(0));"
    "const wasm = await (await fetch('/onnxruntime/ort-wasm-simd-threaded.wasm')).arrayBuffer();"
    "const { encoder, step } = given.graphs;"
    "const { Engine } = await import('/engine.js');"
    "const engine = await Engine.open(ort, wasm, encoder ? bytes(encoder) : null, bytes(step));"
)


def _text_of(graphs: dict[str, bytes]) -> dict[str, str]:
    return {name: b64encode(graph).decode() for name, graph in graphs.items()}


@pytest.mark.parametrize("int8", [True, False])
@pytest.mark.parametrize("kind", KINDS_OF_NETWORK)
def test_the_engine_gives_the_numbers_of_python(page: Page, kind: str, int8: bool) -> None:
    sizes = {"model.embedding_size": 8, "model.encoder.hidden_size": 6, "model.decoder.hidden_size": 12}
    recipe = read_recipe(overrides={**sizes, **KINDS_OF_NETWORK[kind]}).model
    tensors = model_tensors(Seq2Seq(recipe, V, torch.Generator().manual_seed(3)))
    graphs = page_graphs(recipe, {name: tensor.numpy() for name, tensor in tensors.items()}, int8=int8)
    engine = OnnxEngine(recipe, graphs.get("encoder"), graphs["step"])
    tokens = [START, 9, 30, 31, 9]
    for source in ([NONE], [PLAN, 11, 12, 13, 14]):
        state, wanted = engine.start([source]), []
        for token in tokens:
            logits_BV, state = engine.step(np.array([token]), state)
            wanted.append(logits_BV[0])
        found = page.evaluate(
            f"async (given) => {{ {OPEN}"
            "let state = await engine.start(given.source); const all = [];"
            "for (const token of given.tokens) { let logits; ({ logits, state } = await engine.step(token, state));"
            "all.push(Array.from(logits)); } return all; }",
            {"graphs": _text_of(graphs), "source": source, "tokens": tokens},
        )
        np.testing.assert_allclose(found, np.stack(wanted), atol=1e-5)


# Writing

WISHES: list[dict[str, Any]] = [
    {"plan": ["lantern", "river"]},
    {"plan": ["Оля", "kite", "barn"]},
    {"plan": ["drum"], "title": " The Drum "},
    {"title": "A boat"},
    {"opening": "Ann had a bell.  "},
    {"opening": "Мила", "plan": ["key"], "length": 12},
    {"opening": "Ann had a bell. It rang. " * 20, "length": 12},
    {"length": 30},
    {},
]
TELL = (
    f"async (given) => {{ {OPEN}"
    "const { Tokenizer } = await import('/tokenizer.js'); const { tell, composeSource } = await import('/telling.js');"
    "const tokenizer = new Tokenizer(JSON.parse(given.file), given.facts.specials);"
    "const bundle = { engine, tokenizer, facts: given.facts }; const stories = [];"
    "for (const wish of given.wishes) { const tokens = []; const telling = tell(bundle, wish); let text = ''; let next;"
    "while (!(next = await telling.next()).done) { "
    "if (next.value.token !== null) tokens.push(next.value.token); text += next.value.text; }"
    "stories.push({ source: composeSource(bundle, wish), tokens, text, finish: next.value }); }"
    "return stories; }"
)


def _both(page: Page, bundle, chosen: dict[str, Any]) -> tuple[list[Any], list[Any]]:
    """The stories of all wishes as the browser and as Python write them, with the page's graphs."""
    opened = open_bundle(bundle)
    graphs = page_graphs(opened.recipe.model, load_file(opened.weights_path))
    wishes = [
        {"plan": [], "title": "", "opening": "", "length": None, "temperature": None, "seed": 3, **wish, **chosen}
        for wish in WISHES
    ]
    given = {
        "graphs": _text_of(graphs),
        "file": opened.tokenizer.to_json(),
        "facts": page_facts(opened),
        "wishes": wishes,
    }
    teller = Storyteller(opened, OnnxEngine(opened.recipe.model, graphs.get("encoder"), graphs["step"]))
    return page.evaluate(TELL, given), [_told(teller, wish) for wish in wishes]


def _told(teller: Storyteller, wish: dict[str, Any]) -> dict[str, Any]:
    usual = SamplingSettings.usual(planned=bool(wish["plan"]))
    asked = Wish(
        plan=wish["plan"],
        title=wish["title"],
        opening=wish["opening"],
        length=wish["length"],
        sampling=usual if wish["temperature"] is None else SamplingSettings(temperature=wish["temperature"]),
    )
    story = teller.write_several(asked, 1, wish["seed"])[0]
    return {
        "source": teller.source(asked),
        "tokens": [token.token for token in story.tokens],
        "text": story.text.removeprefix(wish["opening"].rstrip()),
        "finish": story.finish,
    }


@pytest.mark.parametrize("chosen", [{"temperature": 0.0}, {}, {"temperature": 1.0, "seed": 8}], ids=str)
def test_stories_are_those_of_python(page: Page, bundle, chosen: dict[str, Any]) -> None:
    found, wanted = _both(page, bundle, chosen)
    assert found == wanted
    assert all(story["tokens"] for story in found)
    assert len({story["text"] for story in found}) > 1


def test_a_model_of_one_long_text_writes_too(page: Page, stories_file, tmp_path) -> None:
    sizes = {"size": "tiny", "model.embedding_size": 16, "model.decoder.hidden_size": 24, "training.threads": 1}
    long = {"model.encoder.layers": 0, "model.attention": "none", "text.vocabulary_size": 400, "text.split": "file"}
    out = tmp_path / "novel"
    skaz.train(stories_file, out, settings={**sizes, **long, "training.steps": 20, "training.batch_tokens": 256})
    found, wanted = _both(page, out, {"temperature": 0.0, "plan": [], "title": ""})
    assert found == wanted
    assert {story["finish"] for story in found} <= {"stopped", "length", "end"}
