"""The feed-forward network against its equations."""

from __future__ import annotations

import math

import pytest
import torch

from skaz.nn.activations import activate
from skaz.nn.dropout import Noise
from skaz.nn.feed_forward import FeedForward, initialise_layers
from skaz.nn.prediction_losses import prediction_loss, quantile_loss
from skaz.recipe import Initialiser


def network(*sizes: int, initialiser: Initialiser = "xavier", activation="tanh", seed: int = 1) -> FeedForward:
    made = FeedForward(sizes, activation)
    initialise_layers(made, initialiser, torch.Generator().manual_seed(seed))
    return made


def test_it_is_the_equation() -> None:
    made = network(3, 5, 2)
    first, second = made.layers
    x = torch.randn(4, 3)
    hidden = (x @ first.weight.T + first.bias).tanh()
    torch.testing.assert_close(made(x), hidden @ second.weight.T + second.bias)
    torch.testing.assert_close(made.layer_outputs(x), [hidden, made(x)])


def test_activations_by_hand() -> None:
    scores = torch.tensor([-2.0, 0.0, 3.0])
    values = {
        "identity": [-2.0, 0.0, 3.0],
        "relu": [0.0, 0.0, 3.0],
        "leaky_relu": [-0.02, 0.0, 3.0],
        "tanh": [math.tanh(-2), 0.0, math.tanh(3)],
        "sigmoid": [1 / (1 + math.exp(2)), 0.5, 1 / (1 + math.exp(-3))],
        "gelu": [-2 * 0.5 * (1 + math.erf(-2 / 2**0.5)), 0.0, 3 * 0.5 * (1 + math.erf(3 / 2**0.5))],
        "sign": [-1.0, 0.0, 1.0],
    }
    for name, expected in values.items():
        torch.testing.assert_close(activate(scores, name), torch.tensor(expected))


def test_the_sign_tells_the_layers_below_nothing() -> None:
    made = network(3, 5, 2, activation="sign")
    made(torch.randn(8, 3)).square().sum().backward()
    assert not made.layers[0].weight.grad.any()
    assert made.layers[1].weight.grad.any()


@pytest.mark.parametrize(
    ("initialiser", "deviation"),
    [
        ("xavier", (2 / (400 + 600)) ** 0.5),
        ("he", (2 / 400) ** 0.5),
        ("uniform", (1 / 400 / 3) ** 0.5),
        ("normal", (1 / 400) ** 0.5),
        ("zeros", 0.0),
    ],
)
def test_first_weights_have_their_spread(initialiser: Initialiser, deviation: float) -> None:
    weight = network(400, 600, initialiser=initialiser).layers[0].weight.detach()
    assert float(weight.std()) == pytest.approx(deviation, rel=0.02)
    assert float(weight.mean()) == pytest.approx(0, abs=1e-3)


def test_orthogonal_keeps_lengths() -> None:
    weight = network(50, 50, initialiser="orthogonal").layers[0].weight
    torch.testing.assert_close(weight @ weight.T, torch.eye(50), atol=1e-5, rtol=0)


def test_first_weights_leave_torchs_own_generator_alone() -> None:
    before = torch.get_rng_state()
    network(3, 4, 2)
    assert torch.equal(torch.get_rng_state(), before)


@torch.no_grad()
def test_dropout_keeps_the_expectation() -> None:
    made = network(3, 2000, 1, activation="identity")
    x = torch.randn(1, 3)
    noise = Noise(0.3, torch.Generator().manual_seed(4))
    drawn = torch.stack([made(x, noise) for _ in range(200)])
    assert float(drawn.std()) > 0
    assert float(drawn.mean()) == pytest.approx(float(made(x)), abs=4 * float(drawn.std()) / 200**0.5)


def test_losses_by_hand() -> None:
    scores = torch.tensor([[0.0, math.log(3)], [2.0, 2.0]])
    classes = torch.tensor([1, 0])
    assert float(prediction_loss(scores, classes, "cross_entropy")) == pytest.approx(
        (-math.log(0.75) - math.log(0.5)) / 2
    )
    binary = prediction_loss(torch.tensor([[0.0], [math.log(3)]]), torch.tensor([[1.0], [0.0]]), "binary_cross_entropy")
    assert float(binary) == pytest.approx((math.log(2) + math.log(4)) / 2)
    numbers = torch.tensor([[1.0], [4.0]]), torch.tensor([[0.0], [2.0]])
    assert float(prediction_loss(*numbers, "squared")) == pytest.approx(2.5)
    assert float(prediction_loss(*numbers, "absolute")) == pytest.approx(1.5)


def test_the_quantile_loss_is_least_at_the_quantile() -> None:
    targets = torch.arange(1.0, 100.0)[:, None]
    quantiles = torch.tensor([0.1, 0.5, 0.9])
    losses = [float(quantile_loss(torch.full((99, 1, 1), float(at)), targets, quantiles[:1])) for at in range(1, 100)]
    assert losses.index(min(losses)) + 1 == 10
    median = float(quantile_loss(torch.full((99, 1, 1), 30.0), targets, quantiles[1:2]))
    assert median == pytest.approx(float((targets - 30).abs().mean()) / 2)
