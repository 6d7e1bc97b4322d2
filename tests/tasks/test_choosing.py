"""What skaz chooses by itself."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch

from skaz.recipe import Recipe
from skaz.recipe_reading import read_recipe
from skaz.tasks import choosing
from skaz.tasks.choosing import Situation, choose_recipe, dropout_for, weight_dropout_for
from skaz.text.alignment import Alignment
from skaz.training.sizing import Speed


class Corpus:
    """As much of a corpus as a choice looks at."""

    def __init__(self, stories: int, tokens: int, *, has_plans: bool = True, has_titles: bool = True) -> None:
        self.n_tokens = tokens
        self.has_plans, self.has_titles = has_plans, has_titles
        self._stories = stories
        self.lengths = self.source_lengths = np.full(stories, tokens // stories)

    def __len__(self) -> int:
        return self._stories


def chosen(
    monkeypatch: pytest.MonkeyPatch,
    corpus: Corpus,
    vocabulary_size: int = 4000,
    minutes: float = 10,
    device: str = "cpu",
    say: Callable[[str], None] = lambda text: None,
    **stated: Any,
) -> Recipe:
    monkeypatch.setattr(choosing, "measure_speed", lambda *arguments, **named: Speed(10_000.0, 500_000))
    settings = {name.replace("__", "."): value for name, value in stated.items()}
    asked = read_recipe(overrides={"training.minutes": minutes, **settings})
    now = Situation(corpus, vocabulary_size, torch.device(device), minutes * 60)  # type: ignore[arg-type]
    return choose_recipe(asked, frozenset(settings), now, say)


def test_a_budget_of_a_minute_gets_a_tiny_network(monkeypatch: pytest.MonkeyPatch) -> None:
    assert chosen(monkeypatch, Corpus(20_000, 5_000_000), minutes=0.5).size == "tiny"
    assert chosen(monkeypatch, Corpus(20_000, 5_000_000), minutes=10).size == "small"
    assert chosen(monkeypatch, Corpus(20_000, 5_000_000), minutes=120).size == "base"
    assert chosen(monkeypatch, Corpus(200, 50_000), minutes=120).size == "tiny"


def test_what_is_read_often_gets_dropout(monkeypatch: pytest.MonkeyPatch) -> None:
    assert chosen(monkeypatch, Corpus(20_000, 6_000_000)).model.dropout == 0.0
    assert chosen(monkeypatch, Corpus(5_000, 1_000_000)).model.dropout > 0.1
    rates = [(dropout_for(passes, 4 * passes), weight_dropout_for(4 * passes)) for passes in (1, 2, 3, 5, 8, 20, 50)]
    assert rates[0] == (0.0, 0.0)
    assert rates == sorted(rates)


def test_few_stories_read_often_lose_weights_between_states(monkeypatch: pytest.MonkeyPatch) -> None:
    said: list[str] = []
    assert chosen(monkeypatch, Corpus(5_000, 1_200_000), say=said.append).model.weight_dropout == 0.3
    assert said[-1].startswith("dropout 0.2, of weights between states 0.3: about 5.0 passes")
    assert chosen(monkeypatch, Corpus(5_000, 400_000)).model.weight_dropout == 0.5
    assert chosen(monkeypatch, Corpus(20_000, 6_000_000)).model.weight_dropout == 0.0
    assert chosen(monkeypatch, Corpus(5_000, 400_000), model__weight_dropout=0.1).model.weight_dropout == 0.1
    assert chosen(monkeypatch, Corpus(5_000, 400_000), model__decoder__cell="mingru").model.weight_dropout == 0.0


def test_a_stated_size_gets_the_dropout_of_its_passes(monkeypatch: pytest.MonkeyPatch) -> None:
    recipe = chosen(monkeypatch, Corpus(5_000, 400_000), size="base")
    assert (recipe.size, recipe.model.dropout, recipe.model.weight_dropout) == ("base", 0.5, 0.5)
    of_epochs = read_recipe(overrides={"training.epochs": 1.0, "size": "base"})
    now = Situation(Corpus(5_000, 400_000), 4000, torch.device("cpu"), 60)  # type: ignore[arg-type]
    assert choose_recipe(of_epochs, frozenset({"size"}), now, lambda text: None).model.dropout == 0.0


def test_one_long_text_gets_no_encoder(monkeypatch: pytest.MonkeyPatch) -> None:
    said: list[str] = []
    recipe = chosen(monkeypatch, Corpus(1, 1_000_000), say=said.append)
    assert (recipe.model.encoder.layers, recipe.model.attention, recipe.sources.plan) == (0, "none", 0)
    assert said[0].startswith("encoder none: of long texts")
    assert chosen(monkeypatch, Corpus(5_000, 1_000_000)).model.encoder.layers == 1


@pytest.mark.parametrize(
    "stated", [{"model__attention": "additive"}, {"model__encoder__layers": 2}, {"sources__title": 0.5}]
)
def test_one_long_text_keeps_the_encoder_that_was_asked_for(
    monkeypatch: pytest.MonkeyPatch, stated: dict[str, Any]
) -> None:
    said: list[str] = []
    recipe = chosen(monkeypatch, Corpus(1, 1_000_000), say=said.append, **stated)
    assert recipe.model.encoder.layers == stated.get("model__encoder__layers", 1)
    assert recipe.model.attention == stated.get("model__attention", "multi-head")
    assert recipe.sources.plan == 0.5
    assert not any("encoder none" in line for line in said)


def test_without_plans_none_is_trained_with(monkeypatch: pytest.MonkeyPatch) -> None:
    said: list[str] = []
    recipe = chosen(monkeypatch, Corpus(5_000, 1_000_000, has_plans=False), say=said.append)
    assert (recipe.sources.plan, recipe.model.encoder.layers) == (0, 1)
    assert said[0] == "sources.plan 0: no story of the corpus has a plan"
    assert chosen(monkeypatch, Corpus(5_000, 1_000_000)).sources.plan == 0.5


def test_without_titles_none_is_trained_with(monkeypatch: pytest.MonkeyPatch) -> None:
    sources = chosen(monkeypatch, Corpus(5_000, 1_000_000, has_titles=False)).sources
    assert (sources.title, sources.plan) == (0, 0.5)
    assert chosen(monkeypatch, Corpus(5_000, 1_000_000)).sources.title == 0.25


def test_words_of_plans_and_titles_may_be_copied(monkeypatch: pytest.MonkeyPatch) -> None:
    said: list[str] = []
    assert chosen(monkeypatch, Corpus(5_000, 1_000_000), say=said.append).model.copy
    assert "copy true: the words of plans and titles may be copied into the stories" in said
    assert not chosen(monkeypatch, Corpus(5_000, 1_000_000), model__copy=False).model.copy
    assert not chosen(monkeypatch, Corpus(5_000, 1_000_000, has_plans=False, has_titles=False)).model.copy
    assert not chosen(monkeypatch, Corpus(5_000, 1_000_000), model__attention="none").model.copy
    assert not chosen(monkeypatch, Corpus(1, 1_000_000)).model.copy  # one long text reads nothing


def test_characters_get_small_embeddings(monkeypatch: pytest.MonkeyPatch) -> None:
    said: list[str] = []
    recipe = chosen(monkeypatch, Corpus(5_000, 1_000_000), vocabulary_size=300, say=said.append)
    assert recipe.model.embedding_size == choosing.FOR_FEW_TOKENS["model.embedding_size"]
    assert not recipe.model.tied_embeddings
    assert said[1] == (
        "embedding size 64, tied embeddings false, initialiser uniform, learning rate 0.008, optimiser adamw, average "
        "decay 0.99: of only 300 tokens, as of characters, each says little"
    )
    chosen(
        monkeypatch,
        Corpus(5_000, 1_000_000),
        vocabulary_size=300,
        say=said.append,
        model__embedding_size=99,
        training__optimiser="adamw",
    )
    assert any(line.startswith("tied embeddings false, initialiser uniform, learning rate 0.008, av") for line in said)


def test_long_windows_get_a_cell_that_trains_in_parallel(monkeypatch: pytest.MonkeyPatch) -> None:
    said: list[str] = []
    long = chosen(monkeypatch, Corpus(10, 1_000_000), training__window=choosing.LONG_WINDOW, say=said.append)
    told = "decoder cell minlstm, decoder layers 2, residual true, layer norm true: a window of 4096 is long"
    assert any(line.startswith(told) for line in said)
    assert (long.model.decoder.cell, long.model.decoder.layers, long.model.residual) == ("minlstm", 2, True)
    assert chosen(monkeypatch, Corpus(10, 1_000_000), training__window=1024).model.decoder.cell == "lstm"
    assert (
        chosen(monkeypatch, Corpus(10, 1_000_000), device="cuda", training__window=1024).model.decoder.cell == "minlstm"
    )
    assert chosen(monkeypatch, Corpus(10, 1_000_000), device="cuda", training__window=256).model.decoder.cell == "lstm"
    stated = {"training__window": choosing.LONG_WINDOW, "model__decoder__cell": "gru"}
    assert chosen(monkeypatch, Corpus(10, 1_000_000), **stated).model.decoder.cell == "gru"
    stated = {"training__window": choosing.LONG_WINDOW, "model__weight_dropout": 0.3}
    assert chosen(monkeypatch, Corpus(10, 1_000_000), **stated).model.decoder.cell == "lstm"


def test_what_was_stated_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    recipe = chosen(
        monkeypatch,
        Corpus(5_000, 1_000_000),
        vocabulary_size=300,
        model__embedding_size=99,
        model__dropout=0.45,
        model__decoder__hidden_size=80,
    )
    assert recipe.model.embedding_size == 99
    assert recipe.model.dropout == 0.45
    assert recipe.model.decoder.hidden_size == 80


@pytest.mark.parametrize(
    ("in_order", "stated", "attention"),
    [
        (True, {}, "monotonic"),
        (False, {}, "general"),
        (True, {"model.attention": "additive"}, "additive"),
        (True, {"text.reverse_sources": True}, "general"),  # it could not walk along those
    ],
)
def test_strings_that_follow_their_sources_are_walked_along(
    in_order: bool, stated: dict[str, Any], attention: str
) -> None:
    rng = np.random.default_rng(0)
    sources = [rng.integers(300, 310, 8).tolist() for _ in range(200)]
    alignment = Alignment.learn([(source, source if in_order else source[::-1]) for source in sources])
    asked = read_recipe(overrides={"task": "transduce", **stated})
    now = Situation(Corpus(200, 1600), 300, torch.device("cpu"), 60.0, alignment=alignment)  # type: ignore[arg-type]
    said: list[str] = []
    recipe = choose_recipe(asked, frozenset(stated), now, said.append)
    assert recipe.model.attention == attention
    if in_order and attention != "monotonic":  # a person wants it so
        assert said == [
            f"attention {attention}: monotonic would explain 100% of a target; what goes with it is not set: "
            "model.embedding_dropout=0.35, training.optimiser=adamw, training.learning_rate=0.003, "
            "training.batch_tokens=512"
        ]
        return
    assert bool(said) == (attention == "monotonic")
    assert (recipe.training.optimiser == "adamw") == (attention == "monotonic")


@pytest.mark.parametrize(
    ("budget", "tokens", "is_little"),
    [
        ({"training.epochs": 2}, 1000, True),
        ({"training.epochs": 3}, 1000, False),
        ({"training.steps": 10}, 30_000, True),  # of 4,096 tokens
        ({"training.steps": 10}, 10_000, False),
        ({"training.minutes": 10}, 5_000_000, True),  # at 10,000 tokens a second
        ({"training.minutes": 10}, 1_000_000, False),
        ({"training.minutes": 10}, 100_000, False),
    ],
)
def test_pairs_that_are_read_a_few_times_get_little_dropout(
    monkeypatch: pytest.MonkeyPatch, budget: dict[str, float], tokens: int, is_little: bool
) -> None:
    def measured(*_: object, **__: object) -> Speed:
        assert tokens > 200_000, "nothing to measure"
        return Speed(10_000.0, 500_000)

    monkeypatch.setattr(choosing, "measure_speed", measured)
    now = Situation(Corpus(100, tokens), 8000, torch.device("cpu"), 600.0)  # type: ignore[arg-type]
    said: list[str] = []
    asked = read_recipe(overrides={"task": "translate", **budget})
    recipe = choose_recipe(asked, frozenset(budget), now, said.append)
    assert (recipe.model.dropout < asked.model.dropout) == is_little
    assert (recipe.model.embedding_dropout < asked.model.embedding_dropout) == is_little
    assert bool(said) == is_little
    stated = frozenset({*budget, "model.dropout", "model.embedding_dropout"})
    assert choose_recipe(asked, stated, now, said.append).model == asked.model


def test_monotonic_attention_that_was_asked_for_gets_what_goes_with_it() -> None:
    stated = {"model.attention": "monotonic", "training.learning_rate": 1e-3}
    asked = read_recipe(overrides={"task": "transduce", **stated})
    alignment = Alignment.learn([([300, 301], [400, 401])])
    now = Situation(Corpus(200, 1600), 300, torch.device("cpu"), 60.0, alignment=alignment)  # type: ignore[arg-type]
    said: list[str] = []
    recipe = choose_recipe(asked, frozenset(stated), now, said.append)
    assert [line.partition(":")[0] for line in said] == [
        "ngram weight 0.2, embedding dropout 0.35, optimiser adamw, batch tokens 512"
    ]
    assert recipe.training.batch_tokens == choosing.FOR_STRINGS_IN_ORDER["training.batch_tokens"]
    assert recipe.training.learning_rate == 1e-3


@pytest.mark.parametrize(
    ("tokens", "cores", "stated", "networks"),
    [
        (1_000_000, 2, {}, 2),  # 10 minutes at 10,000 tokens a second are 6 passes
        (1_500_000, 2, {}, 1),
        (1_000_000, 1, {}, 1),
        (1_000_000, 2, {"networks": 1}, 1),
        (1_000_000, 2, {"networks": 3}, 3),
        (1_000_000, 2, {"training.threads": 2}, 1),
        (1_000_000, 2, {"size": "tiny"}, 2),
        (1_000_000, 2, {"task": "translate"}, 1),
    ],
)
def test_two_networks_where_one_would_read_the_stories_often(
    monkeypatch: pytest.MonkeyPatch, tokens: int, cores: int, stated: dict[str, Any], networks: int
) -> None:
    monkeypatch.setattr(torch, "get_num_threads", lambda: cores)
    settings = {name.replace(".", "__"): value for name, value in stated.items()}
    said: list[str] = []
    recipe = chosen(monkeypatch, Corpus(2_000, tokens), say=said.append, **settings)
    assert recipe.networks == networks
    chose = networks == 2 and "networks" not in settings
    assert any(line.startswith("networks 2: one alone would go over the stories about ") for line in said) == chose
    assert any("passes of each network over so little text" in line for line in said) <= (networks > 1)
    assert chosen(monkeypatch, Corpus(200, 9_000), minutes=0.9, **settings).networks == stated.get("networks", 1)
    on_gpu = chosen(monkeypatch, Corpus(2_000, tokens), device="cuda", **settings)
    assert on_gpu.networks == stated.get("networks", 1)


def test_what_runs_by_the_number_of_updates_or_passes_stays_one_network(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch, "get_num_threads", lambda: 2)
    monkeypatch.setattr(choosing, "measure_speed", lambda *arguments, **named: Speed(10_000.0, 500_000))
    for budget in ({"training.epochs": 50}, {"training.steps": 100_000}):
        now = Situation(Corpus(2_000, 1_000_000), 4000, torch.device("cpu"), 0.0)  # type: ignore[arg-type]
        assert choose_recipe(read_recipe(overrides=budget), frozenset(budget), now, lambda text: None).networks == 1


def test_how_often_stories_are_read_goes_by_the_speed_of_the_size_that_is_chosen(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A tiny network trains several times as fast as the small one that the size is chosen by."""

    def measured(recipe: Recipe, *_: object, **__: object) -> Speed:
        return Speed(8_000.0, 3_000_000) if recipe.size == "small" else Speed(30_000.0, 1_000_000)

    monkeypatch.setattr(choosing, "measure_speed", measured)
    now = Situation(Corpus(2, 300_000), 4000, torch.device("cpu"), 180.0)  # type: ignore[arg-type]
    recipe = choose_recipe(read_recipe(overrides={"training.minutes": 3}), frozenset({"training.minutes"}), now, print)
    assert recipe.size == "tiny"
    assert (recipe.model.dropout, recipe.model.weight_dropout) == (0.5, 0.5)  # 4.7 passes at the small one's speed
