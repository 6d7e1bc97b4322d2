"""Muon: each matrix's momentum is made orthogonal before it becomes a step, so that every direction of the matrix
learns at one rate (Jordan et al. 2024, "Muon: an optimizer for hidden layers in neural networks").

torch has a Muon of its own, which multiplies in bfloat16 always: on a processor that emulates it, an update of ours
would be mostly that.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import torch
from jaxtyping import Float
from torch import Tensor, nn

from skaz.training.descent import Group
from skaz.training.recording import NotRecordedError, Repeated

# of the odd polynomial aX + b(XXᵀ)X + c(XXᵀ)²X that pulls singular values towards one, the small ones fast
_A, _B, _C = 3.4445, -4.7750, 2.0315
_AT_ONCE = 3  # iterations on one Gram matrix: what bfloat16 rounds off in it grows twelvefold in each
_STEP_SIZE = 0.2  # root mean square of a step's entries at rate 1, as AdamW's come to (Liu et al. 2025, eq. 4)


def orthogonalised(
    matrices: Sequence[Float[Tensor, "_ _"]], iterations: int, precision: torch.dtype
) -> list[Float[Tensor, "_ _"]]:
    """About U Vᵀ of each matrix's singular value decomposition U S Vᵀ, by Newton–Schulz iterations in `precision`. The
    smaller sides are all of one length, so that small products have all matrices in one operation: one by one they
    would leave most of a processor idle."""
    tall = [matrix.shape[0] > matrix.shape[1] for matrix in matrices]
    wide = [(matrix.mT if on_end else matrix).to(precision) for matrix, on_end in zip(matrices, tall, strict=True)]
    wide = [x / x.norm().clamp_min(1e-7) for x in wide]
    for done in range(0, iterations, _AT_ONCE):
        wide = _iterated(wide, min(_AT_ONCE, iterations - done))
    return [(x.mT if on_end else x).to(matrix.dtype) for x, matrix, on_end in zip(wide, matrices, tall, strict=True)]


def _iterated(matrices: list[Tensor], iterations: int) -> list[Tensor]:
    """Some iterations, at least one, over matrices of one height that are no taller than wide. Each multiplies X by a
    polynomial Q of its Gram matrix G = XXᵀ, and all of these commute: so G becomes QGQ, the polynomials, as wide as X
    is short, are multiplied with one another, and X itself is read twice in all, not twice an iteration."""
    gram_KRR = torch.stack([x @ x.mT for x in matrices])
    product_KRR = polynomial_KRR = _polynomial(gram_KRR)
    for _ in range(iterations - 1):
        gram_KRR = polynomial_KRR @ gram_KRR @ polynomial_KRR
        polynomial_KRR = _polynomial(gram_KRR)
        product_KRR = polynomial_KRR @ product_KRR
    return [_multiplied(product_RR, x) for product_RR, x in zip(product_KRR, matrices, strict=True)]


def _multiplied(symmetric_RR: Tensor, x_RC: Tensor) -> Tensor:
    """Their product, which lies in memory as X does: a tall matrix's step along the matrix, not across it."""
    return (x_RC.mT @ symmetric_RR).mT if x_RC.mT.is_contiguous() else symmetric_RR @ x_RC


def _polynomial(gram_KRR: Tensor) -> Tensor:
    polynomial_KRR = torch.baddbmm(gram_KRR, gram_KRR, gram_KRR, beta=_B, alpha=_C)
    polynomial_KRR.diagonal(dim1=-2, dim2=-1).add_(_A)
    return polynomial_KRR


class Muon:
    """Muon with Nesterov's momentum and decoupled weight decay, for matrices only."""

    def __init__(
        self,
        group: Group,
        *,
        rate: float,
        momentum: float,
        iterations: int,
        precision: torch.dtype,
    ) -> None:
        self.groups: Sequence[Group] = (group,)
        self.rate = rate
        self.state: dict[nn.Parameter, dict[str, Tensor]] = {}
        self._momentum, self._iterations, self._precision = momentum, iterations, precision
        self._place: tuple[int, ...] = ()  # of the gradients and momenta that are known to `_repeated`
        self._repeated: Repeated[list[Tensor]] | None = None
        self._records = True

    @torch.no_grad()
    def step(self) -> None:
        """One update from the gradients."""
        group = self.groups[0]
        matrices, gradients = group.moved()
        for matrix in matrices:
            if matrix not in self.state:
                self.state[matrix] = {"momentum": torch.zeros_like(matrix)}
        for matrix, direction in zip(matrices, self._directions(matrices, gradients), strict=True):
            matrix.mul_(1.0 - self.rate * group.decay)
            matrix.add_(direction, alpha=-self.rate * _STEP_SIZE * max(matrix.shape) ** 0.5)

    def _directions(self, matrices: list[nn.Parameter], gradients: list[Tensor]) -> list[Tensor]:
        """Where the matrices go, from their gradients; takes the gradients into the momentum."""
        momenta = [self.state[matrix]["momentum"] for matrix in matrices]
        work = partial(_directed, gradients, momenta, self._momentum, self._iterations, self._precision)
        if not matrices or not matrices[0].is_cuda or not self._records:
            return work()
        place = tuple(tensor.data_ptr() for tensor in (*gradients, *momenta))
        if self._repeated is None or place != self._place:
            stream = torch.cuda.Stream(matrices[0].device)  # type: ignore[no-untyped-call]
            self._place, self._repeated = place, Repeated(work, stream)
        try:
            return self._repeated()
        except NotRecordedError:
            self._records, self._repeated = False, None
        return work()


def _directed(
    gradients: list[Tensor], momenta: list[Tensor], momentum: float, iterations: int, precision: torch.dtype
) -> list[Tensor]:
    alike: dict[int, list[int]] = {}
    for number, gradient in enumerate(gradients):
        alike.setdefault(min(gradient.shape), []).append(number)
    directions = list(gradients)
    for numbers in alike.values():  # one after the other: what is made on the way is of one of them at a time
        ahead = []
        for number in numbers:
            momenta[number].lerp_(gradients[number], 1.0 - momentum)
            ahead.append(gradients[number].lerp(momenta[number], momentum))
        for number, direction in zip(numbers, orthogonalised(ahead, iterations, precision), strict=True):
            directions[number] = direction
    return directions
