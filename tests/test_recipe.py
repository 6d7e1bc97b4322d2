"""The recipe: where settings come from, that they last, and what is refused."""

from __future__ import annotations

import re
from pathlib import Path
from types import UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints

import msgspec
import pytest
import torch
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from skaz.errors import RecipeError
from skaz.nn.seq2seq import Seq2Seq, SourceTokens
from skaz.recipe import BUDGETS, PARALLEL_CELLS, SIZES, Recipe
from skaz.recipe_idle import idle_settings
from skaz.recipe_reading import (
    flatten,
    known_settings,
    load_recipe,
    read_recipe,
    recipe_to_toml,
    sized,
    stated_settings,
    with_settings,
)


def _values(kind: Any) -> st.SearchStrategy[Any]:
    """Values that a setting's type allows."""
    if get_origin(kind) is Annotated:
        inner, *metas = get_args(kind)
        low = max(
            (m.ge if m.ge is not None else m.gt for m in metas if m.ge is not None or m.gt is not None), default=0
        )
        high = min(
            (m.le if m.le is not None else m.lt for m in metas if m.le is not None or m.lt is not None), default=9**6
        )
        if inner in (int, float):
            numbers = st.integers(int(low), int(high)) if inner is int else st.floats(low, high, allow_nan=False)
            open_low = any(m.gt is not None for m in metas)
            open_high = any(m.lt is not None for m in metas)
            return numbers.filter(lambda n: (n > low or not open_low) and (n < high or not open_high))
        return _values(inner)
    if get_origin(kind) in (UnionType, Union):
        return st.one_of([_values(part) for part in get_args(kind)])
    if get_origin(kind) is Literal:
        return st.sampled_from(get_args(kind))
    if kind is type(None):
        return st.none()
    if kind is str:
        return st.text(st.characters(codec="utf-8"), min_size=1, max_size=9)
    return {int: st.integers(1, 9**6), float: st.floats(1e-3, 1e6), bool: st.booleans()}[kind]


def _trees(group: type) -> st.SearchStrategy[dict[str, Any]]:
    hints = get_type_hints(group, include_extras=True)
    return st.fixed_dictionaries(
        {
            name: _trees(kind) if isinstance(kind, type) and issubclass(kind, msgspec.Struct) else _values(kind)
            for name, kind in hints.items()
        }
    )


@settings(max_examples=60, deadline=None)
@given(_trees(Recipe), st.sampled_from(BUDGETS))
def test_any_recipe_survives_its_file(tmp_path_factory: pytest.TempPathFactory, tree: dict, budget: str) -> None:
    for name in BUDGETS:
        tree["training"][name.partition(".")[2]] = 3 if name == budget else None
    tree["model"]["attention_heads"] = 1
    assume(tree["model"]["attention"] != "dot")  # its sizes must be equal
    cells = {tree["model"]["decoder"]["cell"]}
    if tree["model"]["encoder"]["layers"]:
        cells.add(tree["model"]["encoder"]["cell"])
    else:
        tree["model"]["attention"] = "none"
    if cells <= PARALLEL_CELLS:
        tree["model"]["weight_dropout"] = 0.0
    if tree["task"] == "write" or tree["model"]["attention"] == "none" or tree["text"]["source_tokenizer"]:
        tree["model"] |= {"copy": False, "input_feeding": False, "coverage": False}
    if tree["model"]["attention"] == "monotonic":
        tree["task"] = "transduce"
        tree["model"] |= {"input_feeding": False, "coverage": False}
        tree["text"]["reverse_sources"] = tree["text"]["reverse_targets"]
        tree["training"]["scheduled_sampling"] = 0.0
    else:
        tree["model"]["ngram_weight"] = 0.0
    if tree["task"] == "write":
        tree["text"]["reverse_targets"] = False
    if not tree["model"]["coverage"]:
        tree["training"]["coverage_loss"] = 0.0
    if tree["training"]["start_from"] is not None:
        tree["training"] |= {"embeddings": None, "source_embeddings": None}
    recipe = msgspec.convert(tree, Recipe)
    path = tmp_path_factory.getbasetemp() / "recipe.toml"
    path.write_text(recipe_to_toml(recipe), encoding="utf-8")
    assert load_recipe(path) == recipe


def test_a_preset_then_the_file_then_what_is_said(tmp_path: Path) -> None:
    file = tmp_path / "r.toml"
    file.write_text('size = "base"\n[model]\nembedding_size = 111\n[training]\nseed = 7\nwindow = 33\n')
    recipe = read_recipe(file=file, overrides=["training.seed=8", "text.tokenizer=characters"])
    assert recipe.size == "base"
    assert recipe.model.decoder.hidden_size == SIZES["base"]["model.decoder.hidden_size"]  # the preset's
    assert recipe.model.embedding_size == 111  # the file's, over the preset's
    assert (recipe.training.window, recipe.training.seed) == (33, 8)  # what is said, over the file's
    assert recipe.text.tokenizer == "characters"
    assert read_recipe(size="tiny", file=file).model.decoder.hidden_size == 256
    assert read_recipe() == Recipe()


def test_a_budget_that_is_said_stands_for_the_files(tmp_path: Path) -> None:
    file = tmp_path / "r.toml"
    file.write_text("[training]\nepochs = 3\n")
    training = read_recipe(file=file, overrides={"training.minutes": 2.0}).training
    assert (training.minutes, training.epochs) == (2.0, None)
    assert read_recipe(file=file, overrides={"training.seed": 2}).training.epochs == 3


def test_what_was_stated_stays_when_a_size_is_chosen(tmp_path: Path) -> None:
    file = tmp_path / "r.toml"
    file.write_text("[model]\nembedding_size = 50\n")
    said = {"model.decoder.hidden_size": 60}
    stated = stated_settings(said, file)
    assert stated == {"model.embedding_size", "model.decoder.hidden_size"}
    recipe = sized(read_recipe(file=file, overrides=said), "tiny", dict.fromkeys(stated))
    assert (recipe.model.embedding_size, recipe.model.decoder.hidden_size) == (50, 60)
    assert recipe.model.encoder.hidden_size == SIZES["tiny"]["model.encoder.hidden_size"]


def test_overrides_are_toml_or_bare_words() -> None:
    recipe = read_recipe(
        overrides=[
            'text.tokenizer="words"',
            "model.tied_embeddings=false",
            " training.epochs = 2.5 ",
            "training.warmup=.05",
        ]
    )
    assert recipe.text.tokenizer == "words"
    assert recipe.model.tied_embeddings is False
    assert (recipe.training.epochs, recipe.training.warmup) == (2.5, 0.05)


def test_what_is_text_stays_as_it_was_written() -> None:
    recipe = read_recipe(
        overrides=["task=translate", "text.source_column=1", 'text.target_column="2"', "training.embeddings=.5"]
    )
    assert (recipe.text.source_column, recipe.text.target_column) == ("1", "2")
    assert recipe.training.embeddings == ".5"


def test_a_size_that_the_file_leaves_nothing_of_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "recipe.toml"
    file.write_text(recipe_to_toml(read_recipe(size="tiny")))  # as a bundle has it
    for said in ("base", "small", "auto"):
        with pytest.raises(RecipeError, match=r"model\.decoder\.hidden_size itself.* or leave the size out"):
            read_recipe(file=file, overrides={"size": said})
    assert read_recipe(file=file, size="tiny") == read_recipe(file=file)


def test_known_settings_are_all_there() -> None:
    assert set(known_settings()) == set(flatten(msgspec.to_builtins(Recipe())))


@pytest.mark.parametrize("name", known_settings())
def test_every_setting_has_its_reference(name: str) -> None:
    from skaz.recipe_reading import _reference

    assert _reference(name)[0]


def test_stated_settings_that_change_nothing_are_told() -> None:
    asked = {
        "task": "transduce",
        "model.nonlinearity": "relu",
        "model.attention_heads": 2,
        "training.optimiser": "adamw",
        "training.muon_rate": 0.5,
        "training.window": 32,
    }
    recipe = read_recipe(overrides=asked)
    assert idle_settings(recipe, asked) == [
        "model.nonlinearity=relu changes nothing: lstm cells have none to choose",
        "model.attention_heads=2 changes nothing: attention is general, and only multi-head has heads",
        "training.muon_rate=0.5 changes nothing: the optimiser is adamw",
        "training.window=32 changes nothing: it is of stories, and these are pairs, each read whole",
    ]
    assert idle_settings(recipe, ()) == []
    heard = {"model.encoder.cell": "rnn", "model.nonlinearity": "relu", "model.attention_heads": 2, "sources.plan": 0.3}
    assert idle_settings(read_recipe(overrides=heard), heard) == []


@pytest.mark.parametrize("name", known_settings())
def test_a_slip_of_the_finger_finds_the_setting(name: str) -> None:
    slip = f"{name}x"
    with pytest.raises(RecipeError, match=f'Did you mean "{name}"'):
        read_recipe(overrides={slip: 1})


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ({"training.minutes": 0}, "must be above zero"),
        ({"training.steps": -3}, "must be above zero"),
        ({"training.minutes": 1, "training.steps": 1}, "training.minutes and training.steps are both set"),
        (
            {"training.minutes": 1, "training.epochs": 1, "training.steps": 1},
            "training.minutes, training.epochs and training.steps are all set; a run has one budget: leave two out",
        ),
        ({"training.dropuot": 0.2}, r'no setting\. Did you mean "model\.dropout"\? docs'),
        (
            {"hidden_size": 64},
            r'Did you mean "model\.encoder\.hidden_size" or "model\.decoder\.hidden_size"\?',
        ),
        ({"model.encoder.layers": 0}, "nothing to attend to"),
        ({"model.attention": "multi-head", "model.attention_heads": 3}, "can't be shared by 3 heads"),
        (
            {"model.weight_dropout": 0.3, "model.decoder.cell": "minlstm", "model.encoder.cell": "mingru"},
            "mingru and minlstm has none; set model.dropout",
        ),
        ({"training.window": 1.5}, "training.window .* must be a whole number"),
        ({"training.seed": True}, "training.seed"),
        ({"training.threads": 100_000}, "training.threads .* must be a whole number of at most 1024"),
        ({"model.dropout": 1.0}, "must be a number below 1"),
        ({"training.seed.x": 1}, "training.seed"),
        ({"text": 1}, "group of settings"),
        ({"model.decoder.cell": "LSTM"}, r"can't be LSTM; it may be rnn, gru, .* Did you mean \"lstm\""),
        ({"text.split": "lines"}, "it may be line, marker, heading, blank, file"),
        ({"training.learning_rate": float("inf")}, "training.learning_rate is inf; give a finite number"),
        ({"training.minutes": float("inf")}, "training.minutes is inf; give a finite number"),
        ({"model.forget_bias": float("nan")}, "model.forget_bias is nan; give a finite number"),
    ],
)
def test_what_is_refused(said: dict[str, Any], told: str) -> None:
    with pytest.raises(RecipeError, match=told):
        read_recipe(overrides=said)
    with pytest.raises(RecipeError, match=told):
        with_settings(Recipe(), said)


def test_what_is_wrong_is_told_of_the_file_or_of_what_was_given_by_hand(tmp_path: Path) -> None:
    file = tmp_path / "r.toml"
    file.write_text("[training]\nseed = 7\n")
    for said in ({"model.decoder.cell": "LSTM"}, {"training.learning_rat": 1}, {"training.learning_rate": 0}):
        with pytest.raises(RecipeError, match=r"^In the settings given, ") as told:
            read_recipe(file=file, overrides=said)
        assert "r.toml" not in str(told.value)
    file.write_text("[training]\nseed = -1\n")
    with pytest.raises(
        RecipeError, match=r"^In .*r\.toml, training\.seed \(.*\) must be a whole number of at least 0\.$"
    ):
        read_recipe(file=file, overrides={"training.window": 3})
    file.write_text("[trainin]\nseed = 1\n")
    with pytest.raises(
        RecipeError, match=r'^In .*r\.toml, "trainin\.seed" is no setting\. Did you mean "training\.seed"'
    ):
        read_recipe(file=file)


def test_an_override_must_have_a_value() -> None:
    for said in ("training.seed", "=3", ""):
        with pytest.raises(RecipeError, match="write it as name=value"):
            read_recipe(overrides=[said])


def test_a_value_is_taken_away_by_saying_none() -> None:
    assert read_recipe(overrides=["task=transduce"]).text.source_tokenizer == "characters"
    assert read_recipe(overrides=["task=transduce", "text.source_tokenizer="]).text.source_tokenizer is None
    with pytest.raises(RecipeError, match="embedding_size"):
        read_recipe(overrides=["model.embedding_size="])


def test_values_may_be_written_as_people_write_them(tmp_path: Path) -> None:
    training = read_recipe(overrides=["training.learning_rate=.5", "training.clip_norm=5."]).training
    assert (training.learning_rate, training.clip_norm) == (0.5, 5.0)
    assert read_recipe(overrides=["model.residual=True"]).model.residual
    with pytest.raises(RecipeError, match="it may be true, false"):
        read_recipe(overrides=["model.residual=yes"])
    file = tmp_path / "recipe.toml"
    file.write_text("\ufeff[training]\nseed = 7\n", encoding="utf-8")
    assert read_recipe(file=file).training.seed == 7


@pytest.mark.parametrize("name", ["copy", "input_feeding", "coverage"])
def test_what_looks_at_attention_needs_it(name: str) -> None:
    with pytest.raises(RecipeError, match=r"model\.attention = "):
        read_recipe(overrides=["task=translate", f"model.{name}=true", "model.attention=none"])


@pytest.mark.parametrize("name", ["input_feeding", "coverage"])
def test_what_is_kept_from_step_to_step_is_for_pairs(name: str) -> None:
    with pytest.raises(RecipeError, match=r"window to window.* task = "):
        read_recipe(overrides=[f"model.{name}=true"])


def test_a_loss_of_coverage_wants_coverage() -> None:
    with pytest.raises(RecipeError, match=r"model\.coverage = true"):
        read_recipe(overrides=["task=translate", "training.coverage_loss=1"])


def test_sources_with_a_vocabulary_of_their_own_are_not_copied() -> None:
    with pytest.raises(RecipeError, match=r"--set text\.source_tokenizer="):
        read_recipe(overrides=["task=transduce", "model.copy=true"])
    shared = read_recipe(overrides=["task=transduce", "model.copy=true", "text.source_tokenizer="])
    with pytest.raises(RecipeError, match=r"text\.source_tokenizer"):
        Seq2Seq(shared.model, 20, torch.Generator(), SourceTokens(20, joint=False))
    with pytest.raises(RecipeError, match=r"prepare it again"):
        Seq2Seq(shared.model, 20, torch.Generator(), SourceTokens(30, joint=True))


@pytest.mark.parametrize(
    "setting",
    [
        "model.input_feeding=true",
        "model.coverage=true",
        "text.reverse_sources=true",
        "text.reverse_targets=true",
        "training.scheduled_sampling=0.2",
    ],
)
def test_monotonic_attention_goes_by_the_targets_alone(setting: str) -> None:
    monotonic = ["task=transduce", "model.attention=monotonic"]
    assert read_recipe(overrides=monotonic).model.attention == "monotonic"
    with pytest.raises(RecipeError, match=setting.partition("=")[0]):
        read_recipe(overrides=[*monotonic, setting])
    with pytest.raises(RecipeError, match='task = "transduce"'):
        read_recipe(overrides=["task=translate", "model.attention=monotonic"])
    with pytest.raises(RecipeError, match=r"set model\.attention = \"monotonic\", or model\.ngram_weight = 0"):
        read_recipe(overrides=["task=transduce", "model.ngram_weight=0.5"])
    assert read_recipe(overrides=[*monotonic, "model.ngram_weight=0.5"]).model.ngram_weight == 0.5


def test_monotonic_attention_goes_along_both_sides_from_their_ends() -> None:
    both = ["text.reverse_sources=true", "text.reverse_targets=true"]
    assert read_recipe(overrides=["task=transduce", "model.attention=monotonic", *both]).model.is_monotonic


def test_a_story_is_not_written_from_its_end() -> None:
    with pytest.raises(RecipeError, match=r"text\.reverse_targets is for pairs"):
        read_recipe(overrides=["text.reverse_targets=true"])


def test_the_advice_for_dot_attention_holds_whatever_size_is_chosen() -> None:
    dot = {"model.attention": "dot"}
    with pytest.raises(RecipeError, match=r"and model\.decoder\.hidden_size = 640, or model\.attention"):
        read_recipe(overrides=dot)
    dot["model.decoder.hidden_size"] = 640  # a part of the advice: skaz may still choose the other sizes
    with pytest.raises(RecipeError, match=r"set all of model\.embedding_size = 256") as told:
        read_recipe(overrides=dot)
    advised = dict(re.findall(r"(model\.[\w.]+) = (\d+)", str(told.value)))
    recipe = read_recipe(overrides=dot | {name: int(number) for name, number in advised.items()})
    for size in ("tiny", "small", "base"):
        assert sized(recipe, size, advised).model.attention == "dot"
    with pytest.raises(RecipeError, match="set all of"):
        read_recipe(size="base", overrides={**dot, "model.decoder.hidden_size": 832})
    assert (
        read_recipe(overrides={"task": "translate", **dot, "model.decoder.hidden_size": 768}).model.attention == "dot"
    )
