"""The mixture of writing and copying: its equation, its loss, and what may not be copied."""

from __future__ import annotations

import pytest
import torch
from torch.nn.functional import cross_entropy, nll_loss

from skaz.nn.copying import mixed_cross_entropy, mixed_scores

B, T, S, V = 3, 4, 5, 12


def parts(seed: int = 0) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor, torch.Tensor]:
    """Logits, the switch, attention that leaves the last two places of the first row out, and ids that repeat."""
    generator = torch.Generator().manual_seed(seed)
    logits = torch.randn(B, T, V, generator=generator, requires_grad=True)
    switch = torch.randn(B, T, generator=generator, requires_grad=True)
    scores = torch.randn(B, T, S, generator=generator)
    scores[0, :, 3:] = -torch.inf
    ids = torch.randint(2, V, (B, S), generator=generator)
    ids[:, 1] = ids[:, 0]
    ids[0, 3:] = 0
    return logits, switch, scores.softmax(-1).requires_grad_(), ids


def test_it_is_the_equation() -> None:
    logits, switch, attention, ids = parts()
    found = mixed_scores(logits, switch, attention, ids).exp()
    for row in range(B):
        for time in range(T):
            share = switch[row, time].sigmoid()
            wanted = (1 - share) * logits[row, time].softmax(-1)
            for place in range(S):
                wanted[ids[row, place]] = wanted[ids[row, place]] + share * attention[row, time, place]
            torch.testing.assert_close(found[row, time], wanted)
    torch.testing.assert_close(found.sum(-1), torch.ones(B, T))


def test_padding_is_never_copied_and_the_end_may_be() -> None:
    logits, _, attention, ids = parts()
    logits, sure = torch.full_like(logits, -30.0), torch.full((B, T), 50.0)
    logits[..., 5] = 30.0
    ids[0, :3] = torch.tensor([7, 8, 2])
    scores = mixed_scores(logits, sure, attention, ids)[0]
    assert torch.isfinite(scores).all()
    assert scores[:, 0].max() < -80
    torch.testing.assert_close(scores[:, 2].exp(), attention[0, :, 2])


def test_the_loss_and_its_gradients_are_those_of_the_mixture() -> None:
    logits, switch, attention, ids = parts(1)
    targets = torch.randint(0, V, (B, T), generator=torch.Generator().manual_seed(3))
    targets[0, 0], targets[1, 2] = -1, ids[1, 0]
    inputs = logits, switch, attention
    loss, nats = mixed_cross_entropy(*inputs, ids, targets)
    ours = torch.autograd.grad(loss, inputs)
    wanted = nll_loss(mixed_scores(*inputs, ids).mT, targets, reduction="sum", ignore_index=-1)
    torch.testing.assert_close(loss, wanted)
    torch.testing.assert_close(nats, wanted.detach())
    for mine, theirs in zip(ours, torch.autograd.grad(wanted, inputs), strict=True):
        torch.testing.assert_close(mine, theirs, rtol=1e-4, atol=1e-5)


def test_what_is_hardly_ever_written_keeps_its_likelihood() -> None:
    logits, _, attention, ids = parts(5)
    sure, targets = torch.full((B, T), 20.0), torch.full((B, T), 1)  # a token that is in no source
    wanted = -20 + logits.log_softmax(-1)[..., 1]
    torch.testing.assert_close(mixed_scores(logits, sure, attention, ids)[..., 1], wanted)
    torch.testing.assert_close(mixed_cross_entropy(logits, sure, attention, ids, targets)[1], -wanted.sum())


@pytest.mark.parametrize("smoothing", [0.1, 0.4])
def test_without_copying_smoothing_is_torchs(smoothing: float) -> None:
    logits, _, attention, ids = parts(2)
    targets, never = torch.randint(2, V, (B, T)), torch.full((B, T), -60.0)
    loss, _ = mixed_cross_entropy(logits, never, attention, ids, targets, smoothing)
    wanted = cross_entropy(logits.mT, targets, reduction="sum", label_smoothing=smoothing)
    torch.testing.assert_close(loss, wanted)
    torch.testing.assert_close(torch.autograd.grad(loss, logits), torch.autograd.grad(wanted, logits))


def test_smoothing_does_not_move_the_switch_nor_attention() -> None:
    logits, switch, attention, ids = parts(3)
    targets = ids[:, :T]
    plain, smooth = (
        torch.autograd.grad(
            mixed_cross_entropy(logits, switch, attention, ids, targets, smoothing)[0], (switch, attention)
        )
        for smoothing in (0.0, 0.3)
    )
    torch.testing.assert_close(plain, smooth)


def test_a_target_thought_impossible_costs_a_finite_loss() -> None:
    logits, _, attention, ids = parts(4)
    logits = torch.full((B, T, V), -500.0).index_fill(-1, torch.tensor([11]), 500.0).requires_grad_()
    sure = torch.full((B, T), 200.0, requires_grad=True)
    ids = torch.full_like(ids, 3)
    loss, _ = mixed_cross_entropy(logits, sure, attention, ids, torch.full((B, T), 5), 0.1)
    gradients = torch.autograd.grad(loss, (logits, sure, attention))
    assert torch.isfinite(loss)
    assert all(torch.isfinite(each).all() for each in gradients)
