"""The same steps as torch's own classes make, without what those load."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable

import pytest
import torch
from torch import nn

from skaz.training.descent import AdamW, Descent, GradientDescent, Group

Make = Callable[[list[Group], list[dict[str, object]]], tuple[Descent, torch.optim.Optimizer]]


def _adamw(groups: list[Group], torchs: list[dict[str, object]]) -> tuple[Descent, torch.optim.Optimizer]:
    ours = AdamW(groups, betas=(0.8, 0.95), epsilon=1e-6)
    return ours, torch.optim.AdamW(torchs, betas=(0.8, 0.95), eps=1e-6, fused=True)


def _gradient_descent(groups: list[Group], torchs: list[dict[str, object]]) -> tuple[Descent, torch.optim.Optimizer]:
    return GradientDescent(groups, rate=0.1), torch.optim.SGD(torchs, fused=True)


@pytest.mark.parametrize("make", [_adamw, _gradient_descent])
def test_steps_are_those_of_torch_bit_for_bit(make: Make) -> None:
    """With rates that change, and with a parameter that has no gradient at times."""
    generator = torch.Generator().manual_seed(1)
    starts = [torch.randn(shape, generator=generator) for shape in ((5, 3), (7,), (2, 2))]
    one, other = ([nn.Parameter(start.clone()) for start in starts] for _ in range(2))
    ours, theirs = make(
        [Group(one[:2], 0.1), Group(one[2:], 0.0)],
        [{"params": other[:2], "weight_decay": 0.1}, {"params": other[2:], "weight_decay": 0.0}],
    )
    for number in range(6):
        ours.rate = 0.1 / (number + 1)
        for group in theirs.param_groups:
            group["lr"] = ours.rate
        for place, (mine, same) in enumerate(zip(one, other, strict=True)):
            gradient = torch.randn(mine.shape, generator=generator)
            mine.grad, same.grad = (None, None) if place == number % 4 else (gradient, gradient.clone())
        ours.step()
        theirs.step()
        assert all(torch.equal(mine, same) for mine, same in zip(one, other, strict=True))
    assert not all(torch.equal(mine, start) for mine, start in zip(one, starts, strict=True))


def test_the_compiler_of_torch_is_not_loaded() -> None:
    """Which takes a second of each start."""
    code = """
import sys, torch
from torch import nn
from skaz.training.descent import AdamW, GradientDescent, Group
from skaz.training.muon import Muon
matrix = nn.Parameter(torch.ones(2, 3))
muon = dict(momentum=0.9, iterations=3, precision=torch.float32)
for made in (AdamW([Group([matrix], 0.1)]), GradientDescent([Group([matrix], 0.1)], rate=0.1),
             Muon(Group([matrix], 0.1), rate=0.1, **muon)):
    (matrix * 2).sum().backward()
    made.step()
print("torch._dynamo" in sys.modules)
"""
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert done.stdout.strip() == "False"
