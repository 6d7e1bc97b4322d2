"""Muon's steps, and which parameter is moved by what."""

from __future__ import annotations

import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from skaz.training.descent import Group
from skaz.training.muon import Muon, orthogonalised
from skaz.training.optimiser import Optimiser


@settings(deadline=None, max_examples=30)
@given(st.integers(1, 24), st.integers(1, 24), st.integers(0, 2**31), st.floats(1e-6, 1e6))
def test_a_matrix_keeps_its_directions_and_loses_its_sizes(rows: int, columns: int, seed: int, scale: float) -> None:
    matrix = torch.randn(rows, columns, generator=torch.Generator().manual_seed(seed)) * scale
    (made,) = orthogonalised([matrix], 8, torch.float32)
    u, sizes, vh = torch.linalg.svd(matrix, full_matrices=False)
    along = u.mT @ made @ vh.mT
    torch.testing.assert_close(along, torch.diag(along.diagonal()), atol=2e-3, rtol=0)
    large = along.diagonal()[sizes > 0.02 * sizes.norm()]
    assert bool(((large > 0.6) & (large < 1.25)).all())


def test_a_matrix_and_its_transpose_are_one_map() -> None:
    matrix = torch.randn(5, 9, generator=torch.Generator().manual_seed(1))
    one, other = orthogonalised([matrix, matrix.mT], 3, torch.float32)
    torch.testing.assert_close(one.mT, other)


@settings(deadline=None, max_examples=20)
@given(st.lists(st.tuples(st.integers(1, 6), st.integers(1, 6)), min_size=1, max_size=7), st.integers(1, 5))
def test_a_step_moves_a_matrix_as_by_itself(shapes: list[tuple[int, int]], iterations: int) -> None:
    """Whichever matrices are beside it."""
    generator = torch.Generator().manual_seed(2)
    matrices = [torch.randn(*shape, generator=generator).requires_grad_() for shape in shapes]
    alone = [matrix.detach().clone().requires_grad_() for matrix in matrices]
    for matrix, same in zip(matrices, alone, strict=True):
        matrix.grad = same.grad = torch.randn(matrix.shape, generator=generator)

    def step(moved: list[torch.Tensor]) -> None:
        Muon(Group(moved, 0.1), rate=0.1, momentum=0.9, iterations=iterations, precision=torch.float32).step()

    step(matrices)
    for same in alone:
        step([same])
    for matrix, same in zip(matrices, alone, strict=True):
        torch.testing.assert_close(matrix, same, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("iterations", [1, 2, 3, 5, 8])
def test_iterations_on_the_gram_matrix_are_those_on_the_matrix(iterations: int) -> None:
    generator = torch.Generator().manual_seed(4)
    matrix = torch.randn(96, 32, generator=generator) @ torch.diag(torch.logspace(0, -2, 32))  # far from orthogonal
    x = matrix.double() / matrix.double().norm()
    for _ in range(iterations):
        gram = x.mT @ x
        x = x @ (3.4445 * torch.eye(32, dtype=torch.double) - 4.7750 * gram + 2.0315 * gram @ gram)
    for precision, tolerance in ((torch.float32, 1e-3), (torch.bfloat16, 0.1)):
        made = orthogonalised([matrix], iterations, precision)[0].double()
        assert float((made - x).norm() / x.norm()) < tolerance


@pytest.mark.parametrize("name", ["muon", "adamw"])
@pytest.mark.parametrize("tied", [True, False])
def test_every_parameter_is_moved_once_by_about_the_rate(corpus, recipe_of, name: str, tied: bool) -> None:
    recipe = recipe_of(
        training__optimiser=name, training__weight_decay=0, training__muon_rate=0.5, model__tied_embeddings=tied
    )
    model = corpus.model(recipe)
    optimiser = Optimiser(model, recipe.training)
    optimiser.learning_rate = 0.01
    before = {key: value.detach().clone() for key, value in model.named_parameters()}
    for parameter in model.parameters():
        parameter.grad = torch.randn(parameter.shape, generator=torch.Generator().manual_seed(2))
    optimiser.step()
    assert optimiser.learning_rate == 0.01
    for key, parameter in model.named_parameters():
        moved = float((parameter.detach() - before[key]).square().mean().sqrt())
        by_muon = name == "muon" and parameter.dim() == 2 and "embedding" not in key and "output" not in key
        if by_muon:  # 0.2 times what an orthogonal matrix's entries come to: √(larger side · rank / entries)
            entries = math.sqrt(max(parameter.shape) * min(parameter.shape) / parameter.numel())
            assert moved == pytest.approx(0.5 * 0.01 * 0.2 * entries, rel=0.35)
        else:
            assert moved == pytest.approx(0.01, rel=0.02)
