"""Coverage and input feeding: their equations, and noise that is the same at every step."""

from __future__ import annotations

import pytest
import torch

from skaz.nn.attention import GeneralAttention, Memory
from skaz.nn.cells import State, select_state
from skaz.nn.coverage import attend_covering, coverage_loss
from skaz.nn.dropout import Noise, drop, noise_of_steps
from skaz.nn.seq2seq import Seq2Seq
from skaz.recipe_reading import read_recipe


def test_scores_are_moved_by_the_attention_so_far() -> None:
    torch.manual_seed(1)
    attention, weight = GeneralAttention(6, 5), torch.tensor(-2.0)
    values, ids = torch.randn(2, 4, 5), torch.ones(2, 4, dtype=torch.int64)
    memory = Memory(values, attention.keys(values), torch.tensor([[True] * 4, [True, True, False, False]]), ids)
    query, sums = torch.randn(2, 3, 6), torch.rand(2, 4)
    read, shares, after = attend_covering(attention, weight, query, memory, sums)
    for time in range(3):
        scores = (query[:, time, None] * memory.keys_BSK).sum(-1) - 2.0 * sums
        wanted = scores.masked_fill(~memory.mask_BS, -torch.inf).softmax(-1)
        torch.testing.assert_close(shares[:, time], wanted)
        torch.testing.assert_close(read[:, time], (wanted[..., None] * values).sum(1))
        sums = sums + wanted
    torch.testing.assert_close(after, sums)


def test_looking_twice_at_the_same_is_what_costs() -> None:
    twice = torch.tensor([[[1.0, 0.0], [1.0, 0.0], [0.25, 0.75]], [[1.0, 0.0], [0.0, 1.0], [1.0, 0.0]]])
    real = torch.tensor([[True, True, True], [True, True, False]])
    assert float(coverage_loss(twice, real)) == pytest.approx(1.25)


@pytest.mark.parametrize("variational", [True, False])
def test_variational_noise_is_the_same_at_every_step(variational: bool) -> None:
    noise = Noise(0.5, torch.Generator().manual_seed(1), variational)
    ones = torch.ones(3, 1, 40)
    first, second, third = (drop(ones, each) for each in noise_of_steps(noise, 3))
    assert torch.equal(first, second) == torch.equal(second, third) == variational
    again = Noise(0.5, torch.Generator().manual_seed(1), variational)
    assert torch.equal(first, next(drop(ones, each) for each in noise_of_steps(again, 1)))
    assert list(noise_of_steps(None, 2)) == [None, None]


def test_what_was_read_out_is_heard_at_the_next_step() -> None:
    sizes = {"model.embedding_size": 8, "model.encoder.hidden_size": 6, "model.decoder.hidden_size": 12}
    recipe = read_recipe(overrides={"task": "translate", **sizes, "model.input_feeding": True})
    net = Seq2Seq(recipe.model, 30, torch.Generator().manual_seed(1))
    encoded = net.encode(torch.tensor([[9, 10, 11]]), torch.tensor([3]))
    assert encoded.state.feed_UBE.eq(0).all()
    first, state = net.decode(torch.tensor([[1]]), encoded.state, encoded.memory)
    torch.testing.assert_close(state.feed_UBE[0], first.features_BTE[:, 0])
    inputs = torch.cat((net.embedding(torch.tensor([12])) * net.input_scale, first.features_BTE[:, 0]), dim=-1)
    hidden, _ = net.decoder(inputs[:, None], state)
    wanted, _ = net.attention(hidden, encoded.memory)
    second, _ = net.decode(torch.tensor([[12]]), state, encoded.memory)
    torch.testing.assert_close(second.features_BTE, net.readout(torch.cat((hidden, wanted), dim=-1)))


def test_a_states_rows_are_gathered_and_chosen_with_all_that_is_kept() -> None:
    def state(value: float) -> State:
        return State(*(torch.arange(value, value + 3)[None, :, None].expand(1, 3, size) for size in (4, 4, 5, 6, 1)))

    gathered = state(0).gather(torch.tensor([2, 0, 2]))
    chosen = select_state(torch.tensor([True, False, True]), state(0), state(10))
    for each, other in zip(gathered, chosen, strict=True):
        assert each[0, :, 0].tolist() == [2, 0, 2]
        assert other[0, :, 0].tolist() == [0, 11, 2]
