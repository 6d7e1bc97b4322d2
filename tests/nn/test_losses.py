"""The chunked loss against torch's own, values and gradients."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from skaz.nn import losses
from skaz.nn.losses import linear_cross_entropy


@settings(deadline=None, max_examples=30)
@given(
    positions=st.integers(1, 40),
    vocabulary=st.integers(2, 20),
    chunk=st.integers(1, 17),
    smoothing=st.sampled_from([0.0, 0.1, 0.4]),
    seed=st.integers(0, 99),
)
def test_equals_torch_in_value_and_gradient(
    positions: int, vocabulary: int, chunk: int, smoothing: float, seed: int
) -> None:
    generator = torch.Generator().manual_seed(seed)
    features, weight, bias = (
        torch.randn(*shape, generator=generator, requires_grad=True)
        for shape in ((positions, 6), (vocabulary, 6), (vocabulary,))
    )
    targets = torch.randint(-1, vocabulary, (positions,), generator=generator)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(losses, "chunk_logits", lambda device: chunk * vocabulary)
        loss, nats, _ = linear_cross_entropy(features, weight, bias, targets, smoothing)
    (loss * 0.37).backward()
    ours = [tensor.grad.clone() for tensor in (features, weight, bias)]
    for tensor in (features, weight, bias):
        tensor.grad = None
    logits = features @ weight.T + bias
    wanted = torch.nn.functional.cross_entropy(
        logits, targets, reduction="sum", label_smoothing=smoothing, ignore_index=-1
    )
    (wanted * 0.37).backward()
    torch.testing.assert_close(loss, wanted.detach(), rtol=1e-4, atol=1e-4)
    plain = torch.nn.functional.cross_entropy(logits, targets, reduction="sum", ignore_index=-1)
    torch.testing.assert_close(nats, plain.detach(), rtol=1e-4, atol=1e-4)
    for mine, tensor in zip(ours, (features, weight, bias), strict=True):
        torch.testing.assert_close(mine, tensor.grad, rtol=1e-3, atol=1e-4)


def test_a_target_thought_impossible_costs_a_finite_loss() -> None:
    weight = torch.zeros(2, 3, requires_grad=True)
    bias = torch.tensor([500.0, -500.0], requires_grad=True)
    loss, nats, _ = linear_cross_entropy(torch.zeros(1, 3), weight, bias, torch.tensor([1]))
    loss.backward()
    assert torch.isfinite(nats)
    torch.testing.assert_close(bias.grad, torch.tensor([1.0, -1.0]))


def test_the_likeliest_targets_are_counted_where_no_gradient_is_asked_for() -> None:
    weight, bias = torch.eye(3), torch.zeros(3)
    features = torch.tensor([[1.0, 0, 0], [0, 1, 0], [0, 0, 1], [0, 0, 1]])
    with torch.no_grad():
        _, _, right = linear_cross_entropy(features, weight, bias, torch.tensor([0, 2, 2, -1]))
    assert int(right) == 2
