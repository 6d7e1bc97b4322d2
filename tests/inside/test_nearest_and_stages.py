"""Nearest sentences, networks side by side, and stages of training."""

from __future__ import annotations

import shutil

import numpy as np
import pytest
import torch

from skaz.corpus.records import Story
from skaz.corpus.sources import NONE, START
from skaz.engine.bundle import open_bundle
from skaz.engine.onnx_engine import is_int8
from skaz.engine.stages import load_stage, stage_weights, stages_of
from skaz.engine.torch_engine import TorchEngine
from skaz.errors import BundleError, RequestError
from skaz.inside.comparing import compare
from skaz.inside.nearest import nearest, sentences_of
from skaz.inside.stages import translate_at_stage, write_at_stage
from skaz.inside.subject import Told, open_subject
from skaz.nn.seq2seq import Seq2Seq
from skaz.tasks.exporting import export_bundle
from skaz.tasks.writing import Wish, load


def test_a_sentence_is_nearest_to_itself(teller) -> None:
    stories = [Story(f"{name} had a {thing}. {name} was glad!") for name in ("Ann", "Bo") for thing in ("kite", "key")]
    sentences = sentences_of(teller, stories)
    assert sentences.texts == (
        "Ann had a kite.",
        "Ann was glad!",
        "Ann had a key.",
        "Bo had a kite.",
        "Bo was glad!",
        "Bo had a key.",
    )
    for text in sentences.texts:
        found = nearest(teller, sentences, f" {text} ", count=3)
        assert found[0].text == text
        assert found[0].cosine == pytest.approx(1, abs=1e-4)
        assert found[1].cosine < 0.99
    np.testing.assert_allclose(np.linalg.norm(sentences.states_ND, axis=1), 1, atol=1e-5)
    with pytest.raises(RequestError, match="fewer than two sentences"):
        sentences_of(teller, stories[:0])


def test_sources_of_pairs_are_compared(turner) -> None:
    letters = [Story("A", source=source) for source in ("ab", "abab", "cd", "dcdc")]
    assert [each.text for each in nearest(turner, sentences_of(turner, letters), "abab", 1)] == ["abab"]


def test_a_network_without_an_encoder_reads_it_as_a_text(trained) -> None:
    subject = open_subject(trained("plain", model__encoder__layers=0, model__attention="none"))
    sentences = sentences_of(subject, [Story("Ann had a kite. Bo found a key. Tom was glad.")])
    assert nearest(subject, sentences, "Bo found a key.")[0].text == "Bo found a key."


def test_networks_side_by_side(teller, trained) -> None:
    other = open_subject(trained("letters", text__tokenizer="characters", model__attention="none"))
    one, two = compare([teller, other], "Ann had a kite.")
    assert one.reading.text == two.reading.text
    assert len(one.reading.tokens) < len(two.reading.tokens)
    assert (one.kind, two.kind) == ("24 lstm, attention multi-head", "24 lstm, attention none")
    with pytest.raises(RequestError, match="name 1 to 8"):
        compare([], "Ann had a kite.")


@pytest.fixture(scope="module")
def staged(trained):
    return trained("staged", training__stages=3, training__steps=20)


def test_stages_write_from_one_seed(staged) -> None:
    bundle = open_bundle(staged)
    assert [stage.step for stage in stages_of(bundle)] == [0, 3, 9, 20]
    wish = Wish(plan=("kite",), length=12)
    texts = [write_at_stage(bundle, number, wish, 5).text for number in range(4)]
    assert len(set(texts)) == 4
    assert texts[-1] == load(staged).write_several(wish, 1, 5)[0].text
    assert texts == [write_at_stage(bundle, number, wish, 5).text for number in range(4)]
    with pytest.raises(RequestError, match="has no stage 4; its stages are 0 to 3"):
        write_at_stage(bundle, 4, wish, 5)


def test_a_damaged_stage_is_refused(staged, tmp_path) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(staged, copy)
    (copy / "stage.3.safetensors").write_bytes(b"{}")
    with pytest.raises(BundleError, match=r"stage\.3\.safetensors is damaged; copy the bundle again"):
        load_stage(open_bundle(copy), 1)


def test_a_bundle_without_stages_has_its_end(turner) -> None:
    assert len(stages_of(turner.bundle)) == 1
    assert translate_at_stage(turner.bundle, 0, "ab").text == "B A"
    with pytest.raises(RequestError, match=r"has no stages; train with --set training\.stages=10"):
        translate_at_stage(turner.bundle, 1, "ab")


def test_a_plan_is_told(teller) -> None:
    bare, planned = (compare([teller], "Ann had a kite.", told)[0].reading for told in (None, Told(plan=("kite",))))
    assert bare.bits_per_character != planned.bits_per_character


@pytest.mark.parametrize("int8", [True, False])
def test_stages_have_the_numbers_of_the_bundle(staged, tmp_path, int8: bool) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(staged, copy)
    export_bundle(copy, int8=int8)
    bundle = open_bundle(copy)
    assert is_int8(bundle) == int8
    model = Seq2Seq(bundle.recipe.model, bundle.tokenizer.vocabulary_size, torch.Generator())
    model.load_state_dict({name: torch.from_numpy(values) for name, values in stage_weights(bundle, 1).items()})
    found_BV, wanted_BV = (
        engine.step(np.array([START]), engine.start([[NONE]]))[0]
        for engine in (load_stage(bundle, 1), TorchEngine(model))
    )
    assert np.allclose(found_BV, wanted_BV, atol=1e-5) != int8
