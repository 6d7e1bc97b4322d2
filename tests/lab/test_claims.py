"""What the experiments measure is what they say that they measure."""

from __future__ import annotations

import msgspec
import numpy as np
import pytest
import torch

from skaz.corpus.batches import NO_TARGET
from skaz.errors import RequestError
from skaz.lab.context import ContextSettings, lengths_up_to, recipe_of, sentences
from skaz.lab.descent import DescentSettings
from skaz.lab.descent import frames as descent_frames
from skaz.lab.findings.descent import left, verdict
from skaz.lab.findings.initial_weights import comes_through
from skaz.lab.findings.length import crossing
from skaz.lab.findings.overfitting import by_heart
from skaz.lab.forgetting import ForgettingSettings, sequences
from skaz.lab.forgetting import frames as forgetting_frames
from skaz.lab.frames import last
from skaz.lab.initial_weights import InitialWeightsSettings, deviation
from skaz.lab.initial_weights import frames as initial_weights_frames
from skaz.lab.length import LengthSettings
from skaz.lab.length import frames as length_frames
from skaz.lab.linear import left_by_a_matrix, one_matrix
from skaz.lab.overfitting import OverfittingSettings
from skaz.lab.overfitting import frames as overfitting_frames
from skaz.lab.perceptron import PerceptronSettings
from skaz.lab.perceptron import frames as perceptron_frames
from skaz.nn.feed_forward import FeedForward, initialise_layers


def test_a_sequence_is_symbol_noise_question() -> None:
    batch = sequences(5, 40, 3, np.random.default_rng(1))
    assert batch.inputs_BT.shape == (40, 6)
    np.testing.assert_array_equal(batch.targets_BT[:, -1], batch.inputs_BT[:, 0])
    assert (batch.targets_BT[:, :-1] == NO_TARGET).all()
    symbols, noise, question = (set(part.ravel().tolist()) for part in np.split(batch.inputs_BT, [1, 5], axis=1))
    assert symbols & noise == set()
    assert len(question - symbols - noise) == 1


def test_a_symbol_seen_a_moment_ago_is_learnt_and_the_gradient_of_a_plain_cell_fades() -> None:
    settings = ForgettingSettings(cells=("rnn",), distances=(1, 20), updates=80, units=16, symbols=2)
    data = last(forgetting_frames(settings))
    assert data.share("rnn", "anew", 1) == 1.0
    untrained = next(each.norms for each in data.gradients if not each.trained)
    assert len(untrained) == 20
    assert untrained[0] == 1.0
    assert untrained[-1] < 1e-3 * untrained[5] < 1e-3


def test_a_sentence_is_its_own_target() -> None:
    batch = sentences(4, 3, 9, np.random.default_rng(1))
    np.testing.assert_array_equal(batch.targets_BT[:, :-1], batch.sources_BS)
    np.testing.assert_array_equal(batch.inputs_BT[:, 1:], batch.sources_BS)
    assert lengths_up_to(ContextSettings().longest)[0] == 1
    assert lengths_up_to(3) == (1, 2, 3)


@pytest.mark.parametrize("attention", ["dot", "general"])
def test_the_two_networks_differ_in_attention_alone(attention: str) -> None:
    settings = ContextSettings(attention=attention)  # type: ignore[arg-type]
    plain, looking = recipe_of("none", settings), recipe_of(settings.attention, settings)
    assert msgspec.structs.replace(looking, attention="none") == plain != looking


@pytest.mark.parametrize("stretch", [1.0, 5.0])
def test_the_computed_edge_parts_descent_from_divergence(stretch: float) -> None:
    edge = last(descent_frames(DescentSettings(stretch=stretch, passes=1))).edge
    rates = (0.9 * edge, 0.97 * edge, 1.03 * edge, 1.3 * edge)
    data = last(descent_frames(DescentSettings(stretch=stretch, passes=200, learning_rates=rates)))
    assert [verdict(each, data) == "diverged" for each in data.descents] == [False, False, True, True]


def test_descent_ends_at_the_bottom() -> None:
    data = last(descent_frames(DescentSettings(learning_rates=(0.5,), passes=400)))
    (descent,) = data.descents
    assert descent.losses[-1] == pytest.approx(data.least, rel=1e-4)
    assert descent.first_weights[-1] == pytest.approx(data.bottom[0], abs=1e-3)
    assert descent.second_weights[-1] == pytest.approx(data.bottom[1], abs=1e-3)


def test_of_a_stretched_valley_the_best_rate_leaves_what_is_foretold() -> None:
    settings = DescentSettings(stretch=10.0, learning_rates=(0.1,))
    best = last(descent_frames(settings))
    assert best.best_left > 0.01 > best.equal_left
    tried = last(
        descent_frames(msgspec.structs.replace(settings, learning_rates=(0.9 * best.best_rate, best.best_rate)))
    )
    other, at_best = (left(each, tried) for each in tried.descents)
    assert at_best == pytest.approx(best.best_left, rel=1e-3)
    assert other > at_best
    even = last(descent_frames(msgspec.structs.replace(settings, stretch=1.0, learning_rates=(0.1,))))
    assert even.best_left == pytest.approx(best.equal_left, abs=1e-3)


def test_one_matrix_is_the_network_without_activations() -> None:
    network = FeedForward([3, 5, 4, 2], "identity").double()
    initialise_layers(network, "normal", torch.Generator().manual_seed(1))
    with torch.no_grad():
        for layer in network.layers:
            layer.bias.uniform_(-1, 1, generator=torch.Generator().manual_seed(2))
    weight_YF, bias_Y = one_matrix(network)
    inputs_BF = torch.randn(7, 3, dtype=torch.float64, generator=torch.Generator().manual_seed(3))
    torch.testing.assert_close(inputs_BF @ weight_YF.mT + bias_Y, network(inputs_BF))


def test_outputs_stay_apart_under_he_with_relu_and_fade_under_xavier() -> None:
    settings = InitialWeightsSettings(layers=20, initialisers=("he", "xavier"), activations=("relu",))
    he, xavier = last(initial_weights_frames(settings)).spreads
    assert 0.2 < he.outputs[-1] < 5
    assert 0.2 < he.gradients[0] < 5
    assert xavier.outputs[-1] == pytest.approx(he.outputs[-1] * 2**-10, rel=1e-6)  # 1/√2 a layer


def test_what_a_network_says_to_every_example_alike_is_no_signal() -> None:
    settings = InitialWeightsSettings(layers=50, units=32, activations=("sigmoid",))  # outputs of some 0.5
    for spread in last(initial_weights_frames(settings)).spreads:
        assert spread.outputs[-1] is not None
        assert spread.outputs[-1] < 1e-12
        assert not comes_through(spread)
    values_BH = torch.tensor([[1.0, 7.0], [5.0, 7.0]])
    assert deviation(values_BH) == pytest.approx((2**2 / 2) ** 0.5)  # 2 of the one unit, 0 of the other


def test_parameters_are_those_of_the_formula() -> None:
    data = last(length_frames(LengthSettings(lengths=(1, 3, 9), words=7, units=4)))
    assert [each.plain for each in data.counts] == [4 * n * 7 + 4 + n * 7 * 4 + n * 7 for n in (1, 3, 9)]
    assert len({each.seq2seq for each in data.counts}) == 1
    assert data.same_network


def test_from_the_crossing_on_the_plain_network_is_the_larger() -> None:
    few = LengthSettings(lengths=(1, 5, 500), words=2, units=4)
    length = crossing(last(length_frames(few)))
    assert length is not None
    before, there = last(length_frames(msgspec.structs.replace(few, lengths=(length - 1, length)))).counts
    assert before.plain <= before.seq2seq
    assert there.plain > there.seq2seq


def test_a_line_parts_the_separable_set_and_not_xor() -> None:
    data = last(perceptron_frames(PerceptronSettings(examples=40, gap=0.3, hidden_passes=80)))
    assert data.separable_passes[-1].wrong == 0
    assert min(each.wrong for each in data.xor_passes) > 0
    assert data.hidden_passes[-1].wrong == 0
    w0, w1 = data.separable_passes[-1].weights
    scores = np.array(data.separable.x) * w0 + np.array(data.separable.y) * w1 + data.separable_passes[-1].bias
    np.testing.assert_array_equal(scores > 0, np.array(data.separable.classes) == 1)


@pytest.mark.soak
def test_more_units_or_more_layers_know_their_examples_better_and_others_worse() -> None:
    settings = OverfittingSettings(examples=30, units=(32, 2), layers=2, depths=(4, 1), deep_units=8, passes=150)
    data = last(overfitting_frames(settings))
    assert [(each.units, each.layers) for each in data.wider] == [(2, 2), (32, 2)]
    assert [(each.units, each.layers) for each in data.deeper] == [(8, 1), (8, 4)]
    assert {(each.units, each.layers) for each in data.remedied} == {(32, 2)}
    for small, large in (data.wider, data.deeper):
        assert large.training[-1] < 0.5 * small.training[-1]
        assert large.held_out[-1] > 1.5 * small.held_out[-1]
        assert by_heart(large)


def test_early_stopping_is_judged_on_examples_that_did_not_choose_its_pass() -> None:
    settings = OverfittingSettings(examples=30, units=(16,), depths=(1,), deep_units=2, passes=100, patience=5)
    data = last(overfitting_frames(settings))
    stopped = data.remedied[-1]
    assert stopped.remedy == "early stopping"
    assert stopped.kept not in stopped.held_out
    assert stopped.kept == pytest.approx(min(stopped.held_out), rel=0.5)
    assert data.wider[0].kept == pytest.approx(data.wider[0].held_out[-1], rel=0.5)  # the same weights, other examples


def test_what_a_matrix_leaves_is_a_share_of_each_outputs_own_variance() -> None:
    network = FeedForward([6, 16, 3], "relu").double()
    initialise_layers(network, "he", torch.Generator().manual_seed(1))
    inputs_BF = torch.randn(500, 6, dtype=torch.float64, generator=torch.Generator().manual_seed(2))
    with torch.no_grad():
        left = left_by_a_matrix(network, inputs_BF)
        # outputs far from one another, which a matrix with a bias follows
        network.layers[-1].get_parameter("bias").copy_(torch.tensor([-9.0, 0.0, 9.0]))
        assert left_by_a_matrix(network, inputs_BF) == pytest.approx(left, rel=1e-6)
        network.layers[-1].get_parameter("weight").zero_()
        assert left_by_a_matrix(network, inputs_BF) == 0  # one answer to all


def test_of_a_few_separable_examples_some_are_of_either_class() -> None:
    data = last(perceptron_frames(PerceptronSettings(examples=8, seed=45, passes=5, hidden_passes=1)))
    assert set(data.separable.classes) == {0, 1}


def test_a_loss_that_is_no_number_names_what_to_lower() -> None:
    settings = OverfittingSettings(learning_rate=0.1, decay=100.0, units=(2,), depths=(1,), passes=60, examples=60)
    with pytest.raises(RequestError, match=r"with learning_rate=0\.1 and decay=100; lower learning_rate or decay\.$"):
        last(overfitting_frames(settings))
    done = last(overfitting_frames(msgspec.structs.replace(settings, learning_rate=0.001, decay=1.0)))
    assert len(done.remedied) == 3
