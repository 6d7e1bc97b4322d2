"""The model: padding, batching and stepping change nothing; no parameter depends on a length."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from skaz.nn.cells import RecurrentStack, Stacking
from skaz.nn.seq2seq import Seq2Seq
from skaz.recipe_reading import read_recipe

ATTENTIONS = ("none", "dot", "general", "additive", "multi-head")
VARIANTS: dict[str, dict[str, Any]] = {
    **{attention: {"attention": attention} for attention in ATTENTIONS},
    "copy": {"copy": True},
    "feeding": {"input_feeding": True, "decoder.layers": 2},
    "coverage": {"coverage": True},
    "coverage, additive": {"coverage": True, "attention": "additive"},
    "all choices": {"input_feeding": True, "coverage": True, "copy": True, "tied_embeddings": False},
    "deep": {"residual": True, "layer_norm": True, "encoder.layers": 3, "decoder.layers": 3},
}
V = 30


def model(**settings: Any) -> Seq2Seq:
    small = {
        "model.embedding_size": 8,
        "model.encoder.hidden_size": 6,
        "model.decoder.hidden_size": 12,
        "model.attention_heads": 3,
    }
    if settings.get("attention") == "dot":  # which compares vectors of one size
        small |= {"model.encoder.embeddings_in_memory": False}
    changed = {f"model.{k}": v for k, v in settings.items()}
    recipe = read_recipe(size="tiny", overrides={"task": "translate", **small, **changed})
    net = Seq2Seq(recipe.model, V, torch.Generator().manual_seed(1))
    if net.coverage_weight is not None:  # it begins at zero
        torch.nn.init.constant_(net.coverage_weight, -1.5)
    return net


def ids(*shape: int) -> torch.Tensor:
    return torch.randint(8, V, shape, generator=torch.Generator().manual_seed(2))


def logits_of(net: Seq2Seq, sources: torch.Tensor, lengths: torch.Tensor, inputs: torch.Tensor) -> torch.Tensor:
    encoded = net.encode(sources, lengths)
    decoded, _ = net.decode(inputs, encoded.state, encoded.memory)
    return net.scores(decoded)


@pytest.mark.parametrize("variant", VARIANTS)
@pytest.mark.parametrize("cell", ["rnn", "gru", "lstm", "mingru", "minlstm"])
def test_padding_of_the_source_changes_nothing(variant: str, cell: str) -> None:
    net = model(**{"encoder.layers": 2, **VARIANTS[variant], "encoder.cell": cell, "decoder.cell": cell})
    sources, inputs = ids(2, 5), ids(2, 4)
    alone = logits_of(net, sources[:1, :3], torch.tensor([3]), inputs[:1])
    padded = sources.clone()
    padded[0, 3:] = 0
    batched = logits_of(net, padded, torch.tensor([3, 5]), inputs)
    torch.testing.assert_close(batched[:1], alone, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("variant", VARIANTS)
def test_steps_equal_the_sequence(variant: str) -> None:
    net = model(**VARIANTS[variant])
    sources, lengths, inputs = ids(3, 5), torch.tensor([5, 2, 4]), ids(3, 7)
    whole = logits_of(net, sources, lengths, inputs)
    encoded = net.encode(sources, lengths)
    state, steps = encoded.state, []
    for time in range(7):
        decoded, state = net.decode(inputs[:, time : time + 1], state, encoded.memory)
        steps.append(net.scores(decoded))
    torch.testing.assert_close(torch.cat(steps, 1), whole, rtol=1e-4, atol=1e-5)


def test_the_number_of_parameters_depends_on_no_length() -> None:
    net = model(attention="general")
    before = net.n_parameters()
    for length in (5, 50, 500):
        logits_of(net, ids(1, length), torch.tensor([length]), ids(1, length))
        assert net.n_parameters() == before


def test_tied_embeddings_count_once() -> None:
    assert model(tied_embeddings=False).n_parameters() > model(tied_embeddings=True).n_parameters()
    tied = model(tied_embeddings=True)
    assert tied.output_VE is tied.embedding.weight


def test_the_source_matters_with_the_context_alone() -> None:
    net = model(attention="none")
    inputs = ids(1, 4)
    one = logits_of(net, ids(1, 5), torch.tensor([5]), inputs)
    other = logits_of(net, ids(1, 5) // 2 + 8, torch.tensor([5]), inputs)
    assert not torch.allclose(one, other)


def test_without_an_encoder_there_is_nothing_to_read() -> None:
    net = model(attention="none", **{"encoder.layers": 0})
    assert net.encoder is None
    assert not any("encoder" in name or "bridge" in name for name, _ in net.named_parameters())
    logits_of(net, ids(2, 1), torch.tensor([1, 1]), ids(2, 3))


def test_same_seed_same_weights_whatever_the_global_generator() -> None:
    torch.manual_seed(1)
    one = model()
    torch.manual_seed(99)
    for (name, first), (_, second) in zip(one.named_parameters(), model().named_parameters(), strict=True):
        assert torch.equal(first, second), name


@pytest.mark.parametrize("name", ["xavier", "he", "orthogonal", "uniform"])
def test_initialisers_fill_every_matrix_and_the_forget_gate(name: str) -> None:
    net = model(initialiser=name, forget_bias=2.0)
    for parameter_name, parameter in net.named_parameters():
        if parameter.dim() > 1:
            assert parameter.std() > 0, parameter_name
    size = net.decoder.hidden_size
    assert net.decoder.layers[0].bias_ih_l0[size : 2 * size].eq(2.0).all()
    assert net.decoder.layers[0].bias_ih_l0[:size].eq(0.0).all()


def test_orthogonal_recurrent_gates_are_orthogonal() -> None:
    net = model(recurrent_initialiser="orthogonal")
    gate = net.decoder.layers[0].weight_hh_l0[:12]
    torch.testing.assert_close(gate @ gate.T, torch.eye(12), rtol=1e-4, atol=1e-5)


def test_a_new_model_expects_tokens_as_often_as_the_corpus_has_them() -> None:
    net = model(**{"encoder.layers": 0, "attention": "none"})
    counts = torch.arange(V) * 10
    net.expect(counts)
    with torch.no_grad():
        probabilities = net.logits(torch.zeros(1, net.output_VE.shape[1])).softmax(-1)[0]
    torch.testing.assert_close(probabilities, (counts / counts.sum()).float(), rtol=1e-3, atol=1e-5)
    assert 0 < probabilities[0] < 1e-4  # never met, and still not impossible


def test_a_stack_of_residual_layers_is_the_equation() -> None:
    torch.manual_seed(0)
    stack = RecurrentStack("gru", 4, 5, 2, stacking=Stacking(5, 2, residual=True, layer_norm=True))
    inputs, start = torch.randn(2, 3, 4), stack.zero_state(2, torch.device("cpu"))
    below, _ = stack.layers[0](inputs)
    below = torch.nn.functional.layer_norm(below, (5,))
    above, _ = stack.layers[1](below)
    outputs, after = stack(inputs, start)
    torch.testing.assert_close(outputs, below + torch.nn.functional.layer_norm(above, (5,)))
    torch.testing.assert_close(after.h_LBH[1], above[:, -1])  # the state is the cell's own


def test_norms_begin_by_scaling_nothing() -> None:
    net = model(layer_norm=True, **{"encoder.layers": 2})
    norms = [each for each in net.modules() if isinstance(each, torch.nn.LayerNorm)]
    assert len(norms) == 3
    for norm in norms:
        assert norm.weight.eq(1.0).all()
        assert norm.bias.eq(0.0).all()


TODAY = {
    "default": ({}, 3714, [-0.085055, -0.078393, -0.082699, -0.101911]),
    "several layers, not tied": (
        {"decoder.layers": 2, "encoder.layers": 2, "attention": "general", "tied_embeddings": False},
        6342,
        [-0.193931, 0.068011, -0.358145, -0.460393],
    ),
    "context alone": (
        {"attention": "none", "decoder.cell": "gru", "encoder.cell": "mingru"},
        1718,
        [0.054878, -0.082072, -0.146444, -0.127875],
    ),
}
NAMES = (
    "attention.key.weight attention.out.weight attention.query.weight attention.value.weight bias_V bridge.bias "
    "bridge.weight decoder.layers.0.bias_hh_l0 decoder.layers.0.bias_ih_l0 decoder.layers.0.weight_hh_l0 "
    "decoder.layers.0.weight_ih_l0 encoder.backwards.0.layers.0.bias_hh_l0 encoder.backwards.0.layers.0.bias_ih_l0 "
    "encoder.backwards.0.layers.0.weight_hh_l0 encoder.backwards.0.layers.0.weight_ih_l0 "
    "encoder.forwards.0.layers.0.bias_hh_l0 encoder.forwards.0.layers.0.bias_ih_l0 "
    "encoder.forwards.0.layers.0.weight_hh_l0 encoder.forwards.0.layers.0.weight_ih_l0 output_VE readout.bias "
    "readout.weight"
)


@pytest.mark.parametrize("kind", TODAY)
def test_bundles_of_version_0_1_keep_their_weights_names_and_numbers(kind: str) -> None:
    """What was written down before residual layers and the rest came; a bundle holds names and numbers alone."""
    changed, parameters, numbers = TODAY[kind]
    sizes = {"embedding_size": 8, "encoder.hidden_size": 6, "decoder.hidden_size": 12}
    recipe = read_recipe(overrides={f"model.{name}": value for name, value in {**sizes, **changed}.items()})
    net = Seq2Seq(recipe.model, 50, torch.Generator().manual_seed(3))
    sources, inputs = torch.tensor([[10, 11, 12], [20, 0, 0]]), torch.tensor([[1, 30, 31], [1, 40, 41]])
    with torch.no_grad():
        logits = logits_of(net, sources, torch.tensor([3, 1]), inputs)
    assert [*logits[:, -1, 7].tolist(), *logits[:, 0, 40].tolist()] == pytest.approx(numbers, abs=2e-6)
    assert net.n_parameters() == parameters
    if kind == "default":
        assert sorted(name for name, _ in net.named_parameters()) == NAMES.split()
