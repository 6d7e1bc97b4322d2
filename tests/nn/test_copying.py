"""The mixture of writing and copying: its equation, its loss, and what may not be copied."""

from __future__ import annotations

import pytest
import torch
from torch.nn.functional import cross_entropy, nll_loss

from skaz.corpus.sources import END, LAST_MARK, NEXT, NONE, PLAN
from skaz.nn.copying import mixed_scores, mixture_of
from skaz.nn.losses import linear_cross_entropy

B, T, S, V = 3, 4, 5, 16


def parts(seed: int = 0) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor, torch.Tensor]:
    """Logits, the switch, attention that leaves the last two places of the first row out, and ids that repeat."""
    generator = torch.Generator().manual_seed(seed)
    logits = torch.randn(B, T, V, generator=generator, requires_grad=True)
    switch = torch.randn(B, T, generator=generator, requires_grad=True)
    scores = torch.randn(B, T, S, generator=generator)
    scores[0, :, 3:] = -torch.inf
    ids = torch.randint(LAST_MARK + 1, V, (B, S), generator=generator)
    ids[2, 4] = END
    ids[:, 1] = ids[:, 0]
    ids[0, 3:] = 0
    return logits, switch, scores.softmax(-1).requires_grad_(), ids


def mixed_cross_entropy(
    logits: torch.Tensor,
    switch: torch.Tensor,
    attention: torch.Tensor,
    ids: torch.Tensor,
    targets: torch.Tensor,
    smoothing: float = 0.0,
) -> tuple[torch.Tensor, torch.Tensor]:
    """The loss and the nats of logits, which an output layer that changes nothing hands on."""
    mixture = mixture_of(switch, attention, ids, targets)
    identity, nothing = torch.eye(V), torch.zeros(V)
    return linear_cross_entropy(logits.flatten(0, 1), identity, nothing, targets.flatten(), smoothing, mixture)[:2]


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
    ids[0, :3] = torch.tensor([9, 8, END])
    scores = mixed_scores(logits, sure, attention, ids)[0]
    assert torch.isfinite(scores).all()
    assert scores[:, 0].max() < -80
    torch.testing.assert_close(scores[:, END].exp(), attention[0, :, 2])


def test_half_of_the_loss_is_the_mixtures_and_half_what_writing_costs() -> None:
    logits, switch, attention, ids = parts(1)
    targets = torch.randint(0, V, (B, T), generator=torch.Generator().manual_seed(3))
    targets[0, 0], targets[1, 2] = -1, ids[1, 0]
    inputs = logits, switch, attention
    loss, nats = mixed_cross_entropy(*inputs, ids, targets)
    ours = torch.autograd.grad(loss, inputs)
    mixed = nll_loss(mixed_scores(*inputs, ids).mT, targets, reduction="sum", ignore_index=-1)
    wanted = (mixed + cross_entropy(logits.mT, targets, reduction="sum", ignore_index=-1)) / 2
    torch.testing.assert_close(loss, wanted)
    torch.testing.assert_close(nats, mixed.detach())
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
    ids = torch.full_like(ids, 9)
    loss, _ = mixed_cross_entropy(logits, sure, attention, ids, torch.full((B, T), 5), 0.1)
    gradients = torch.autograd.grad(loss, (logits, sure, attention))
    assert torch.isfinite(loss)
    assert all(torch.isfinite(each).all() for each in gradients)


def test_what_attention_gives_to_a_mark_is_written() -> None:
    logits, switch, attention, ids = parts(6)
    ids[0], ids[1, 0], ids[1, 3] = NONE, PLAN, NEXT
    scores = mixed_scores(logits, switch, attention, ids)
    torch.testing.assert_close(scores[0], logits[0].log_softmax(-1))
    torch.testing.assert_close(scores.exp().sum(-1), torch.ones(B, T))
    marks = [token for token in (PLAN, NEXT, NONE) if token not in (ids[1, 1], ids[1, 2], ids[1, 4])]
    written = logits[1].softmax(-1)
    ratio = scores[1].exp()[:, marks] / written[:, marks]
    torch.testing.assert_close(ratio, ratio[:, :1].expand_as(ratio))  # nothing but writing is in them


@pytest.mark.parametrize("smoothing", [0.0, 0.2])
def test_the_loss_with_marks_is_that_of_the_mixture(smoothing: float) -> None:
    logits, switch, attention, ids = parts(7)
    ids[0], ids[1, 0] = NONE, PLAN
    targets = ids.clone()[:, :T]
    targets[0] = torch.arange(8, 8 + T)
    targets[1, 0] = -1
    inputs = logits, switch, attention
    loss, nats = mixed_cross_entropy(*inputs, ids, targets, smoothing)
    scores = mixed_scores(*inputs, ids)
    real, wanted_BT1 = targets >= 0, targets.clamp_min(0)[..., None]
    told = -scores.gather(-1, wanted_BT1).squeeze(-1)
    torch.testing.assert_close(nats, told[real].sum().detach())
    vocabulary = logits.log_softmax(-1)
    marks = (attention * ((ids > END) & (ids <= LAST_MARK))[:, None]).sum(-1)
    written = (-switch).sigmoid() + switch.sigmoid() * marks
    target = vocabulary.gather(-1, wanted_BT1).squeeze(-1)
    share = (written * target.exp() / (-told).exp()).detach()
    weight = (1 + share) / 2
    wanted = ((told - target) / 2 + smoothing * weight * (target - vocabulary.mean(-1)))[real].sum()
    torch.testing.assert_close(loss, wanted)
    for mine, theirs in zip(torch.autograd.grad(loss, inputs), torch.autograd.grad(wanted, inputs), strict=True):
        torch.testing.assert_close(mine, theirs, rtol=1e-4, atol=1e-5)


def test_the_loss_is_the_same_where_nothing_is_learnt() -> None:
    logits, switch, attention, ids = parts(8)
    ids[1, 0] = PLAN
    learnt = mixed_cross_entropy(logits, switch, attention, ids, ids[:, :T], 0.2)
    with torch.no_grad():
        measured = mixed_cross_entropy(logits, switch, attention, ids, ids[:, :T], 0.2)
    torch.testing.assert_close(learnt, measured)
