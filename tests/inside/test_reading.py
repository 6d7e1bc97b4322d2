"""A text as it was read: the states are the engine's, the surprise is the evaluation's, the pieces make the text."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from skaz.engine.torch_engine import load_model
from skaz.errors import RequestError
from skaz.evaluation.language_modelling import evaluate_bundle
from skaz.inside.beam_tree import beam_tree
from skaz.inside.looking_back import tokens_of_word
from skaz.inside.reading import GATES, read
from skaz.inside.subject import Told, fed_ids, open_subject
from skaz.nn.cells import State
from skaz.tasks.translating import Translator
from skaz.text.tokenizer import SPECIALS

TEXT = "Мила had a bell. One day the bell was gone."


def test_pieces_make_the_text_and_know_their_places(teller) -> None:
    reading = read(teller, TEXT)
    assert reading.text == TEXT
    assert all(TEXT[piece.start : piece.end] == piece.text for piece in reading.tokens)


def test_surprise_is_what_evaluation_measures(teller, tmp_path) -> None:
    file = tmp_path / "story.txt"
    file.write_text(TEXT, encoding="utf-8")
    measured = evaluate_bundle(teller.bundle, [file], split="file", graphs=True)["plain"]
    reading = read(teller, TEXT)
    end_nats = measured.nats + reading.log_probabilities_T.sum()
    assert 0 < end_nats < 12  # evaluation counts the end too
    assert measured.tokens == len(reading.tokens) + 1
    for guesses, piece, logp in zip(reading.expected, reading.tokens, reading.log_probabilities_T, strict=True):
        assert all(logp <= guess.log_probability or guess.token == piece.token for guess in guesses[:1])
        assert sorted(guesses, key=lambda guess: -guess.log_probability) == list(guesses)


@pytest.mark.parametrize("text", [f" {TEXT}", f"{TEXT}  \n"])
def test_white_space_around_a_story_is_foretold_and_counted(teller, text: str) -> None:
    reading = read(teller, text)
    bits = -reading.log_probabilities_T.sum() / np.log(2)
    assert reading.bits_per_character == pytest.approx(bits / len(text))


def test_states_are_those_of_the_network(teller) -> None:
    """In PyTorch, over the whole text at once; the graphs' matrices are rounded to 8 bits."""
    reading = read(teller, TEXT, Told(plan=("bell",)))
    model = load_model(teller.bundle)
    ids = teller.target_ids(TEXT)
    source = teller.source_ids(Told(plan=("bell",)))
    with torch.inference_mode():
        encoded = model.encode(torch.tensor([source]), torch.tensor([len(source)]))
        h, c = [], []
        state: State = encoded.state
        for token in [*fed_ids(ids), ids[-1]]:
            _, state = model.decode(torch.tensor([[token]]), state, encoded.memory)
            h.append(state.h_LBH[0, 0])
            c.append(state.c_LBH[0, 0])
    np.testing.assert_allclose(reading.states["layer 1 h"], torch.stack(h[1:]).numpy(), atol=0.05)
    np.testing.assert_allclose(reading.states["layer 1 c"], torch.stack(c[1:]).numpy(), atol=0.1)


def test_gates_are_those_that_made_the_states(teller) -> None:
    """c = f c + i g and h = o tanh c (Hochreiter and Schmidhuber 1997, with the forget gate)."""
    reading = read(teller, TEXT)
    gate = {name: reading.gates[f"layer 1 {name}"] for name in GATES["lstm"]}
    c_TH, h_TH = reading.states["layer 1 c"], reading.states["layer 1 h"]
    np.testing.assert_allclose(c_TH[1:], gate["forget"][1:] * c_TH[:-1] + (gate["input"] * gate["cell"])[1:], atol=1e-5)
    np.testing.assert_allclose(h_TH, gate["output"] * np.tanh(c_TH), atol=1e-5)


@pytest.mark.parametrize("cell", ["rnn", "gru", "mingru", "minlstm"])
def test_every_cell_has_its_gates(trained, cell: str) -> None:
    path = trained(cell, model__decoder__cell=cell, model__decoder__layers=2, model__attention="none")
    reading = read(open_subject(path), TEXT)
    assert list(reading.states) == ["layer 1 h", "layer 2 h"]
    assert list(reading.gates) == [f"layer {layer} {name}" for layer in (1, 2) for name in GATES[cell]]
    assert all(part.shape == (len(reading.tokens), 24) for part in (*reading.states.values(), *reading.gates.values()))
    assert reading.attention_TS is None


def test_pairs_are_read_with_their_source(turner) -> None:
    reading = read(turner, "D C B A", Told(source="abcd"))
    assert [piece.text for piece in reading.source] == ["a", "b", "c", "d", "<end>"]
    assert [piece.text.strip() for piece in reading.tokens] == ["D", "C", "B", "A"]
    assert reading.attention_TS is not None
    assert reading.attention_TS.argmax(axis=1).tolist() == [3, 2, 1, 0]
    with pytest.raises(RequestError, match="give the source"):
        read(turner, "D C B A")
    with pytest.raises(RequestError, match="neither plan nor title"):
        read(turner, "D C B A", Told(source="abcd", plan=("a",)))


def test_steps_along_the_source_are_no_part_of_the_text(stepper) -> None:
    reading = read(stepper, "A B1 B2 C", Told(source="abdc"))
    assert "<next>" in [piece.text for piece in reading.tokens]
    assert reading.text.strip() == "A B1 B2 C"
    bits = -reading.log_probabilities_T.sum() / np.log(2)
    assert reading.bits_per_character == pytest.approx(bits / len("A B1 B2 C"))


def test_a_source_that_is_read_from_its_end_is_told_as_a_person_reads_it(backwards) -> None:
    reading = read(backwards, "A C B A", Told(source="abcaé"))
    attended = Translator(backwards.bundle, backwards.engine).attend("abcaé", "A C B A")
    assert "".join(piece.text for piece in reading.source) == "abcaé<end>"  # é is spelt in bytes
    assert reading.attention_TS is not None
    np.testing.assert_allclose(reading.attention_TS, attended.weights_TS[:-1], atol=1e-6)


def test_bad_requests(teller) -> None:
    with pytest.raises(RequestError, match="There is no text to look at; give a sentence"):
        read(teller, "  \n")
    with pytest.raises(RequestError, match="reads no source; tell it a plan or a title"):
        read(teller, "A fox.", Told(source="Ein Fuchs."))


def test_what_is_written_from_the_end_is_read_in_that_order_and_spelt_in_the_other(written_from_the_end) -> None:
    subject = open_subject(written_from_the_end.bundle)
    reading = read(subject, "A B1 B2 C", Told(source="abdc"))
    assert reading.text.strip() == "A B1 B2 C"
    assert [piece.text.strip() for piece in reading.tokens if piece.token >= len(SPECIALS)] == ["C", "B2", "B1", "A"]
    assert all(
        reading.text[piece.start : piece.end] == piece.text for piece in reading.tokens if piece.end > piece.start
    )
    first, end = tokens_of_word(subject, "A B1 B2 C", "B2", Told(source="abdc"))
    assert "B2" in "".join(piece.text for piece in reading.tokens[first:end])
    with pytest.raises(RequestError, match="writes a target from its end"):
        beam_tree(subject, Told(source="abdc"), opening="A")
