"""What a word looked back at: the gradient's norms, by finite differences, and where they must lie."""

from __future__ import annotations

from io import StringIO

import numpy as np
import pytest
import torch
from rich.console import Console

from skaz.errors import RequestError
from skaz.inside.looking_back import Lens, LookBack, gradient_norms, tokens_of_word
from skaz.inside.reading import read
from skaz.inside.showing import look_back_view
from skaz.inside.subject import Told, fed_ids, open_subject
from skaz.nn.seq2seq import Seq2Seq

TEXT = "Ann had a kite. One day the kite was gone."


def _score(model: Seq2Seq, source: list[int], target: list[int], place: int, moved: torch.Tensor) -> float:
    """The score of the target's last token with one input's embedding moved."""
    hook = model.embedding.register_forward_hook(
        lambda module, inputs, output: output + moved if output.shape[1] == len(target) else None
    )
    try:
        encoded = model.encode(torch.tensor([source]), torch.tensor([len(source)]))
        decoded, _ = model.decode(torch.tensor([fed_ids(target)]), encoded.state, encoded.memory)
        return float(model.scores(decoded)[0, -1, target[-1]])
    finally:
        hook.remove()


def _shown(back: LookBack) -> str:
    console = Console(width=120, record=True, file=StringIO())
    console.print(look_back_view(back))
    return console.export_text()


def test_norms_are_those_of_finite_differences(teller) -> None:
    model = Lens(teller).model
    source, target = teller.source_ids(Told(plan=("kite", "river"))), teller.target_ids(TEXT)[:9]
    _, norms_T = gradient_norms(model, source, target, 8)
    assert len(source) != len(target)  # the hook tells them apart
    size, step = model.embedding.embedding_dim, 1e-2
    with torch.no_grad():
        for place in (0, 3, 7):
            slopes = []
            for axis in range(size):
                moved = torch.zeros(1, len(target), size)
                moved[0, place + 1, axis] = step
                up, down = (_score(model, source, target, place, each) for each in (moved, -moved))
                slopes.append((up - down) / (2 * step))
            assert norms_T[place] == pytest.approx(float(np.linalg.norm(slopes)), rel=2e-2)


def test_nothing_looks_ahead_and_nothing_is_kept(teller) -> None:
    lens = Lens(teller)
    back = lens.look_back(TEXT, 5, told=Told(plan=("kite",)))
    assert (back.norms_T[:5] > 0).all()
    assert not back.norms_T[5:].any()
    assert (back.source_norms_S > 0).all()
    assert all(parameter.grad is None for parameter in lens.model.parameters())
    again = lens.look_back(TEXT, 5, told=Told(plan=("kite",)))
    np.testing.assert_array_equal(back.norms_T, again.norms_T)
    other = lens.look_back(TEXT[:20] + " And so on, for long.", 5, told=Told(plan=("kite",)))
    np.testing.assert_allclose(back.norms_T[:5], other.norms_T[:5], rtol=1e-4)


def test_a_learnt_copy_looks_back_at_what_it_copies(turner) -> None:
    lens = Lens(turner)
    for place, letter in enumerate((3, 2, 1, 0)):
        back = lens.look_back("D C B A", place, told=Told(source="abcd"))
        assert int(back.source_norms_S.argmax()) == letter


def test_half_of_it_within(teller) -> None:
    back = Lens(teller).look_back(TEXT, 6)
    first = back.tokens[6].start
    share = [back.norms_T[n:6].sum() / back.norms_T.sum() for n in range(7)]
    inside = max(n for n in range(7) if share[n] >= 0.5)
    assert back.half_within == first - back.tokens[inside].start
    assert Lens(teller).look_back(TEXT, 0).half_within == 0


def test_words_are_found_by_their_letters(teller) -> None:
    first, end = tokens_of_word(teller, TEXT, "kite")
    tokens = teller.target_pieces(teller.target_ids(TEXT))
    assert "".join(piece.text for piece in tokens[first:end]).strip() == "kite"
    assert tokens_of_word(teller, TEXT, "3") == (3, 4)
    with pytest.raises(RequestError, match='There is no "wolf" in the text; name one of its words'):
        tokens_of_word(teller, TEXT, "wolf")
    with pytest.raises(RequestError, match="there is none from 99 up to 100"):
        Lens(teller).look_back(TEXT, 99)


def test_a_word_by_itself_comes_before_a_part_of_another(trained) -> None:
    letters = open_subject(trained("letters", text__tokenizer="characters", model__attention="none"))
    text = "So where is he, the owl? There!"

    def looked(word: str) -> tuple[str, str, int]:
        first, end = tokens_of_word(letters, text, word)
        back = Lens(letters).look_back(text, first, end)
        return text[first:end], back.inside, first

    assert looked("he") == ("he", "", 12)
    assert looked("he, the") == ("he, the", "", 12)
    assert looked("? T") == ("? T", "? There", 23)
    assert looked("her") == ("her", "where", 4)
    assert looked("ere is h") == ("ere is h", "where is he", 5)
    said = _shown(Lens(letters).look_back(text, *tokens_of_word(letters, text, "her")))
    assert said.startswith('what "her", a part of "where", looked back at; half of what it looked back at in the text')


def test_a_superscript_is_no_number_of_a_token(teller) -> None:
    with pytest.raises(RequestError, match='There is no "²" in the text'):
        tokens_of_word(teller, TEXT, "²")


def test_a_word_is_found_between_the_steps_of_monotonic_attention(stepper) -> None:
    told = Told(source="abdc")
    tokens = stepper.target_pieces(stepper.target_ids("A B1 B2 C", told))
    for word in ("A", "B2", "C"):
        first, end = tokens_of_word(stepper, "A B1 B2 C", word, told)
        assert "".join(piece.text for piece in tokens[first:end]).strip() == word
    first, end = tokens_of_word(stepper, "A B1 B2 C", "B2 C", told)
    back = Lens(stepper).look_back("A B1 B2 C", first, end, told)
    assert _shown(back).startswith('what "B2 C" looked back at')


def test_a_source_read_from_its_end_has_its_norms_in_reading_order(backwards) -> None:
    lens, told = Lens(backwards), Told(source="abca")
    back = lens.look_back("A C B A", 0, told=told)
    assert [piece.text for piece in back.source] == ["a", "b", "c", "a", "<end>"]
    read_S, _ = gradient_norms(lens.model, backwards.source_ids(told), backwards.target_ids("A C B A", told)[:1], 0)
    np.testing.assert_array_equal(back.source_norms_S, read_S[[3, 2, 1, 0, 4]])


def test_a_spelt_symbol_is_found_as_a_person_writes_it(speller) -> None:
    told = Told(source="abh")
    assert tokens_of_word(speller, "ā tʰ k", "ā", told) == tokens_of_word(speller, "ā tʰ k", "a\u0304", told)
    with pytest.raises(RequestError, match='no "ē"'):
        tokens_of_word(speller, "ā tʰ k", "ē", told)
    assert read(speller, "ā tʰ k", told).characters == len("ā tʰ k")
