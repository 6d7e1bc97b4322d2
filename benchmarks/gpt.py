"""A small GPT to compare with, of our own writing, in nanoGPT's published CPU shape and settings.

Decoder-only transformer (Radford et al. 2019): learned positions, pre-norm blocks, GELU, tied embeddings.
Shape and settings are those of nanoGPT's README for a CPU: 4 layers, 4 heads, 128 wide, a context of 64, batches
of 12, AdamW 1e-3 falling by a cosine to 1e-4, weight decay 0.1, no dropout. Two things are in its favour here: it
runs in bfloat16, and its rate follows the clock, as skaz's does.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from skaz.training.precision import autocast


@dataclass(frozen=True)
class GptSettings:
    """nanoGPT's published CPU shape and settings."""

    layers: int = 4
    heads: int = 4
    width: int = 128
    context: int = 64
    batch: int = 12
    learning_rate: float = 1e-3
    final_rate: float = 1e-4
    warmup_updates: int = 100
    weight_decay: float = 0.1
    betas: tuple[float, float] = (0.9, 0.99)
    clip_norm: float = 1.0


class Block(nn.Module):
    """Attention, then a perceptron, each on a normalised input and added to it."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.before_attention = nn.LayerNorm(width, bias=False)
        self.qkv = nn.Linear(width, 3 * width, bias=False)
        self.out = nn.Linear(width, width, bias=False)
        self.before_mlp = nn.LayerNorm(width, bias=False)
        self.mlp = nn.Sequential(
            nn.Linear(width, 4 * width, bias=False), nn.GELU(), nn.Linear(4 * width, width, bias=False)
        )

    def forward(self, x_BTE: Tensor) -> Tensor:
        batch, time_steps, width = x_BTE.shape
        qkv = self.qkv(self.before_attention(x_BTE)).view(batch, time_steps, 3, self.heads, width // self.heads)
        query, key, value = qkv.permute(2, 0, 3, 1, 4)
        read = functional.scaled_dot_product_attention(query, key, value, is_causal=True)
        x_BTE = x_BTE + self.out(read.transpose(1, 2).reshape(batch, time_steps, width))
        bent_BTE: Tensor = self.mlp(self.before_mlp(x_BTE))
        return x_BTE + bent_BTE


class Gpt(nn.Module):
    """Token ids to the logits of the next."""

    def __init__(self, vocabulary_size: int, settings: GptSettings) -> None:
        super().__init__()
        self.tokens = nn.Embedding(vocabulary_size, settings.width)
        self.positions = nn.Embedding(settings.context, settings.width)
        self.blocks = nn.ModuleList(Block(settings.width, settings.heads) for _ in range(settings.layers))
        self.norm = nn.LayerNorm(settings.width, bias=False)
        for name, parameter in self.named_parameters():
            if parameter.dim() > 1:
                last = name.endswith(("out.weight", "mlp.2.weight"))
                nn.init.normal_(parameter, std=0.02 / math.sqrt(2 * settings.layers) if last else 0.02)

    def forward(self, ids_BT: Tensor) -> Tensor:
        x_BTE = self.tokens(ids_BT) + self.positions(torch.arange(ids_BT.shape[1]))
        for block in self.blocks:
            x_BTE = block(x_BTE)
        read_BTE: Tensor = self.norm(x_BTE)
        return read_BTE @ self.tokens.weight.T


def train_gpt(
    train_ids: np.ndarray,
    vocabulary_size: int,
    seconds: float,
    settings: GptSettings | None = None,
    *,
    seed: int = 1,
    on_time: Callable[[Gpt, float], None] = lambda model, elapsed_s: None,
) -> tuple[Gpt, dict[str, float]]:
    """Trains for so many seconds; `on_time` is called now and then and its time does not count."""
    settings = settings or GptSettings()
    torch.manual_seed(seed)
    model = Gpt(vocabulary_size, settings)
    matrices = [parameter for parameter in model.parameters() if parameter.dim() > 1]
    others = [parameter for parameter in model.parameters() if parameter.dim() <= 1]
    groups = [{"params": matrices, "weight_decay": settings.weight_decay}, {"params": others, "weight_decay": 0.0}]
    optimiser = torch.optim.AdamW(groups, lr=settings.learning_rate, betas=settings.betas, fused=True)
    begun, not_counted, told, updates = time.monotonic(), 0.0, 0.0, 0
    for ids in _batches(train_ids, settings, seed):
        elapsed = time.monotonic() - begun - not_counted
        if elapsed >= seconds:
            break
        for group in optimiser.param_groups:
            group["lr"] = _rate(elapsed / seconds, updates, settings)
        with autocast(torch.device("cpu"), "auto"):
            logits = model(ids[:, :-1])
        loss = functional.cross_entropy(logits.float().flatten(0, 1), ids[:, 1:].flatten())
        optimiser.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        nn.utils.clip_grad_norm_(model.parameters(), settings.clip_norm)
        optimiser.step()
        updates += 1
        if elapsed - told >= seconds / 12:
            told, before = elapsed, time.monotonic()
            on_time(model, elapsed)
            not_counted += time.monotonic() - before
    tokens = updates * settings.batch * settings.context
    return model, {
        "updates": updates,
        "tokens_per_s": tokens / seconds,
        "parameters": sum(parameter.numel() for parameter in model.parameters()),
    }


def _batches(ids: np.ndarray, settings: GptSettings, seed: int) -> Iterator[Tensor]:
    rng = np.random.default_rng(seed)
    span = np.arange(settings.context + 1)
    while True:
        starts = rng.integers(0, len(ids) - settings.context - 1, settings.batch)
        yield torch.from_numpy(ids[starts[:, None] + span].astype(np.int64))


def _rate(fraction: float, updates: int, settings: GptSettings) -> float:
    if updates < settings.warmup_updates:
        return settings.learning_rate * (updates + 1) / settings.warmup_updates
    cosine = 0.5 * (1 + math.cos(math.pi * min(fraction, 1.0)))
    return settings.final_rate + (settings.learning_rate - settings.final_rate) * cosine


@torch.no_grad()
def gpt_nats(model: Gpt, ids: np.ndarray, context: int) -> float:
    """Summed nats of ids[1:]: every token once, each foretold from at least half a context (a window that moves
    by half its width), which is kinder than cutting the text into blocks."""
    stride, rows, last = context // 2, 64, len(ids) - 1
    total = _window_nats(model, ids, [0], context, count_from=0)
    starts = range(stride, last - stride, stride)  # each window counts its second half
    full = [start for start in starts if start + context <= last]
    for first in range(0, len(full), rows):
        total += _window_nats(model, ids, full[first : first + rows], context, count_from=stride)
    for start in starts[len(full) :]:  # the last, shorter one
        total += _window_nats(model, ids, [start], context, count_from=stride)
    return total


def _window_nats(model: Gpt, ids: np.ndarray, starts: list[int], context: int, count_from: int) -> float:
    """Nats of the targets from position `count_from` of each window on; the windows have one length."""
    rows = np.stack([ids[start : start + context + 1] for start in starts]).astype(np.int64)
    batch = torch.from_numpy(rows)
    with autocast(torch.device("cpu"), "auto"):
        logits = model(batch[:, :-1])[:, count_from:]
    targets = batch[:, 1 + count_from :]
    return float(functional.cross_entropy(logits.float().flatten(0, 1), targets.flatten(), reduction="sum"))
