"""Targets are written with the tokens of targets alone, and cut as before."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from skaz.recipe import TokenizerKind
from skaz.text.target_vocabulary import targets_first
from skaz.text.tokenizer import Tokenizer

SOURCES = [" the old lighthouse stood by the sea", " the keeper of the lighthouse lit the lamp"] * 3
TARGETS = [" старый маяк стоял у моря", " хранитель маяка зажёг лампу", " lamp и маяк"] * 3


def pieces(tokenizer: Tokenizer, text: str) -> list[bytes]:
    return [tokenizer.token_bytes[token] for token in tokenizer.encode(text)]


@pytest.mark.parametrize("kind", ["bpe", "unigram", "words", "characters", "symbols"])
def test_targets_need_fewer_tokens_and_both_sides_are_cut_as_before(kind: TokenizerKind) -> None:
    joint = Tokenizer.train([*SOURCES, *TARGETS], kind, 420)
    of_targets, both = targets_first(joint, TARGETS)
    assert of_targets.vocabulary_size < joint.vocabulary_size or kind == "characters"
    assert sorted(both.token_bytes) == sorted(joint.token_bytes)
    assert both.token_bytes[: of_targets.vocabulary_size] == of_targets.token_bytes
    for text in (*SOURCES, *TARGETS):
        assert pieces(both, text) == pieces(joint, text)
    for text in TARGETS:
        assert pieces(of_targets, text) == pieces(joint, text)
        assert of_targets.encode(text) == both.encode(text)


@given(
    sources=st.lists(st.text(alphabet="abcd ", min_size=1, max_size=30), min_size=1, max_size=8),
    targets=st.lists(st.text(alphabet="bcde ", min_size=1, max_size=30), min_size=1, max_size=8),
    other=st.text(max_size=30),
)
@settings(max_examples=40, deadline=None)
def test_what_holds_for_any_texts(sources: list[str], targets: list[str], other: str) -> None:
    joint = Tokenizer.train([*sources, *targets], "bpe", 300)
    of_targets, both = targets_first(joint, targets)
    for text in targets:
        assert pieces(of_targets, text) == pieces(joint, text)
    for text in (*sources, other):
        assert pieces(both, text) == pieces(joint, text)
        assert of_targets.decode(of_targets.encode(text)) == text  # what targets never had is spelt in shorter pieces
