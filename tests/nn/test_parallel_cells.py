"""The parallel cells: all at once is step by step, and both are the equations."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from skaz.nn.parallel_cells import ParallelCell
from skaz.nn.scan import linear_recurrence, scan_by_doubling, scan_in_blocks


@given(st.integers(1, 3), st.integers(1, 70), st.integers(1, 4), st.integers(0, 2**31))
@settings(deadline=None, max_examples=40)
def test_a_scan_is_the_recurrence(batch: int, time: int, units: int, seed: int) -> None:
    generator = torch.Generator().manual_seed(seed)
    decay, fed = (torch.rand(batch, time, units, generator=generator, dtype=torch.float64) for _ in range(2))
    h = start = torch.randn(batch, units, generator=generator, dtype=torch.float64)
    before = decay.clone(), fed.clone()
    steps = []
    for step in range(time):
        h = decay[:, step] * h + fed[:, step]
        steps.append(h)
    torch.testing.assert_close(linear_recurrence(decay, fed, start), torch.stack(steps, 1))
    assert torch.equal(decay, before[0])
    assert torch.equal(fed, before[1])


@given(st.integers(1, 3), st.integers(1, 70), st.integers(0, 2**31))
@settings(deadline=None, max_examples=40)
def test_both_scans_are_one_function(batch: int, time: int, seed: int) -> None:
    generator = torch.Generator().manual_seed(seed)
    decay, fed = (torch.rand(batch, time, 3, generator=generator, dtype=torch.float64) for _ in range(2))
    before = decay.clone(), fed.clone()
    torch.testing.assert_close(scan_by_doubling(decay, fed), scan_in_blocks(decay, fed))
    assert torch.equal(decay, before[0])
    assert torch.equal(fed, before[1])


@pytest.mark.parametrize("time", [1, 2, 9, 11])
def test_the_scans_gradient(time: int) -> None:
    generator = torch.Generator().manual_seed(time)
    inputs = [torch.rand(2, time, 3, generator=generator, dtype=torch.float64) for _ in range(2)]
    inputs.append(torch.rand(2, 3, generator=generator, dtype=torch.float64))
    assert torch.autograd.gradcheck(linear_recurrence, [each.requires_grad_() for each in inputs])


def _filled(cell):
    for parameter in cell.parameters():
        torch.nn.init.normal_(parameter, generator=torch.Generator().manual_seed(parameter.dim()))
    return cell.double()


def test_mingru_is_the_equation() -> None:
    cell = _filled(ParallelCell("mingru", 3, 4))
    x, h = torch.randn(2, 3, dtype=torch.float64), torch.randn(2, 4, dtype=torch.float64)
    z, new = (x @ cell.weight_ih_l0.T + cell.bias_ih_l0).chunk(2, dim=1)
    output, after = cell(x[:, None], h[None])
    torch.testing.assert_close(output[:, 0], (1 - z.sigmoid()) * h + z.sigmoid() * new)
    torch.testing.assert_close(after[0], output[:, 0])


def test_minlstm_is_the_equation() -> None:
    cell = _filled(ParallelCell("minlstm", 3, 4))
    x, h = torch.randn(2, 3, dtype=torch.float64), torch.randn(2, 4, dtype=torch.float64)
    forget, take, new = (x @ cell.weight_ih_l0.T + cell.bias_ih_l0).chunk(3, dim=1)
    f, i = forget.sigmoid(), take.sigmoid()
    output, _ = cell(x[:, None], h[None])
    torch.testing.assert_close(output[:, 0], f / (f + i) * h + i / (f + i) * new)


@pytest.mark.parametrize("kind", ["mingru", "minlstm"])
def test_closed_gates_are_no_division_by_nought(kind) -> None:
    closed = _filled(ParallelCell(kind, 3, 4)).float()
    with torch.no_grad():
        closed.bias_ih_l0.fill_(-500.0)
    output, _ = closed(torch.randn(2, 5, 3), torch.randn(1, 2, 4))
    assert bool(torch.isfinite(output).all())


@pytest.mark.parametrize("kind", ["mingru", "minlstm"])
def test_a_state_is_kept_finely_in_bfloat16(kind) -> None:
    keeping = _filled(ParallelCell(kind, 3, 4)).float()
    with torch.no_grad():
        keeping.weight_ih_l0.zero_()
        keeping.bias_ih_l0.zero_()
        if kind == "mingru":
            keeping.bias_ih_l0[:4] = -7.0  # keeps 0.99909 of the state, which bfloat16 would take for 1
        else:
            keeping.bias_ih_l0[4:8] = -7.0
    with torch.autocast("cpu", torch.bfloat16):
        _, after = keeping(torch.zeros(1, 300, 3), torch.ones(1, 1, 4))
    assert after.dtype == torch.float32
    assert 0.5 < float(after.detach().max()) < 0.85
