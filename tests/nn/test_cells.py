"""Recurrent stacks: the same answer in one piece and step by step."""

from __future__ import annotations

import pytest
import torch

from skaz.nn.cells import RecurrentStack, State, layer_in_type, recurrent_layer, select_state
from skaz.nn.dropout import Noise
from skaz.recipe import Cell

CELLS: tuple[Cell, ...] = ("rnn", "gru", "lstm", "mingru", "minlstm")


def stack(cell: Cell, layers: int = 2) -> RecurrentStack:
    torch.manual_seed(3)
    return RecurrentStack(cell, 5, 7, layers).double()


def start(model: RecurrentStack, batch: int) -> State:
    state = model.zero_state(batch, torch.device("cpu"))
    return State.of(state.h_LBH.double(), state.c_LBH.double())


@pytest.mark.parametrize("cell", CELLS)
def test_steps_equal_the_sequence(cell: Cell) -> None:
    model = stack(cell)
    inputs_BTE = torch.randn(3, 6, 5, dtype=torch.float64)
    whole_BTH, end = model(inputs_BTE, start(model, 3))
    state, steps = start(model, 3), []
    for time in range(6):
        step_B1H, state = model(inputs_BTE[:, time : time + 1], State.of(state.h_LBH.double(), state.c_LBH.double()))
        steps.append(step_B1H)
    # states are kept in fp32, so that is how near the two can be
    torch.testing.assert_close(torch.cat(steps, 1), whole_BTH, rtol=1e-5, atol=1e-6)
    torch.testing.assert_close(state.h_LBH, end.h_LBH, rtol=1e-5, atol=1e-6)


def test_lstm_is_the_equation() -> None:
    """Hochreiter and Schmidhuber 1997 with a forget gate (Gers et al. 2000), written out."""
    model = stack("lstm", layers=1)
    layer = model.layers[0]
    x, h, c = (torch.randn(1, size, dtype=torch.float64) for size in (5, 7, 7))
    gates = x @ layer.weight_ih_l0.T + layer.bias_ih_l0 + h @ layer.weight_hh_l0.T + layer.bias_hh_l0
    i, f, g, o = gates.chunk(4, dim=1)
    c_after = f.sigmoid() * c + i.sigmoid() * g.tanh()
    h_after = o.sigmoid() * c_after.tanh()
    output, state = model(x[:, None], State.of(h[None], c[None]))
    torch.testing.assert_close(output[:, 0], h_after)
    torch.testing.assert_close(state.c_LBH[0].double(), c_after, rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize("nonlinearity", ["tanh", "relu"])
@pytest.mark.parametrize("cell", ["rnn", "gru", "lstm"])
@pytest.mark.parametrize("kind", [torch.float32, torch.bfloat16])
def test_a_layer_in_another_type_is_the_layer(cell: Cell, nonlinearity, kind: torch.dtype) -> None:
    layer = recurrent_layer(cell, 5, 7, nonlinearity)
    inputs_BTE = torch.randn(3, 6, 5)
    past = torch.randn(1, 3, 7)
    past = (past, torch.randn(1, 3, 7)) if cell == "lstm" else past
    own_BTH, _ = layer(inputs_BTE, past)
    typed_BTH, after = layer_in_type(layer, list(layer.parameters()), inputs_BTE, past, kind)
    last_1BH = after[0] if cell == "lstm" else after
    assert typed_BTH.dtype == last_1BH.dtype == kind
    near = {"rtol": 1e-5, "atol": 1e-6} if kind == torch.float32 else {"rtol": 0.05, "atol": 0.05}
    torch.testing.assert_close(typed_BTH.float(), own_BTH, **near)
    torch.testing.assert_close(last_1BH[0].float(), typed_BTH[:, -1].float(), **near)
    gradients = [
        torch.autograd.grad(outputs.float().square().sum(), list(layer.parameters()))
        for outputs in (own_BTH, typed_BTH)
    ]
    for own, typed in zip(*gradients, strict=True):
        assert typed.dtype == torch.float32
        assert float((typed - own).norm() / own.norm()) < (1e-5 if kind == torch.float32 else 0.05)


@pytest.mark.parametrize("cell", CELLS)
def test_gather_keeps_rows_apart(cell: Cell) -> None:
    model = stack(cell)
    _, state = model(torch.randn(3, 4, 5, dtype=torch.float64), start(model, 3))
    twice = state.gather(torch.tensor([2, 0, 2]))
    torch.testing.assert_close(twice.h_LBH[:, 0], state.h_LBH[:, 2])
    torch.testing.assert_close(twice.h_LBH[:, 2], state.h_LBH[:, 2])
    torch.testing.assert_close(twice.h_LBH[:, 1], state.h_LBH[:, 0])


def test_select_state_takes_each_row_from_its_side() -> None:
    one = State.of(torch.zeros(1, 2, 3), torch.zeros(1, 2, 3))
    other = State.of(torch.ones(1, 2, 3), torch.ones(1, 2, 3))
    chosen = select_state(torch.tensor([True, False]), one, other)
    assert chosen.h_LBH[0, :, 0].tolist() == [0.0, 1.0]


@pytest.mark.parametrize("cell", CELLS)
def test_weights_between_states_are_dropped_and_nothing_else(cell: Cell) -> None:
    model = stack(cell, layers=1)
    inputs_BTE = torch.randn(3, 6, 5, dtype=torch.float64)
    noise = Noise(0.0, torch.Generator().manual_seed(1), weight_rate=0.5)
    dropped_BTH, _ = model(inputs_BTE, start(model, 3), noise)
    whole_BTH, _ = model(inputs_BTE, start(model, 3))
    if cell in {"mingru", "minlstm"}:
        assert torch.equal(dropped_BTH, whole_BTH)
        return
    weight_GH = model.layers[0].weight_hh_l0
    (gradient_GH,) = torch.autograd.grad(dropped_BTH.square().sum(), weight_GH)
    kept_GH = gradient_GH != 0
    assert 0.3 < float(kept_GH.double().mean()) < 0.7
    with torch.no_grad():
        weight_GH.copy_(weight_GH * kept_GH / 0.5)
    written_out_BTH, _ = model(inputs_BTE, start(model, 3))
    torch.testing.assert_close(dropped_BTH, written_out_BTH)
