"""The same network as a plain PyTorch script would have it, for benchmarks/training_speed.py: packed nowhere, padded
batches of near lengths, `nn.LSTM`, `nn.functional.cross_entropy` over all logits, Adam. Prints target tokens a second
last."""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from benchmarks.peers.shape import BATCH_TOKENS, DECODER, EMBEDDING, ENCODER, WARM_UP
from skaz.corpus.shards import Shards
from skaz.text.tokenizer import SOURCE_TOKENIZER_FILE, Tokenizer

PAD = 0


class Plain(nn.Module):
    """Embeddings, an LSTM that reads from both ends, an LSTM that writes, general attention, an output layer."""

    def __init__(self, vocabulary_size: int) -> None:
        super().__init__()
        self.source = nn.Embedding(vocabulary_size, EMBEDDING)
        self.target = nn.Embedding(vocabulary_size, EMBEDDING)
        self.encoder = nn.LSTM(EMBEDDING, ENCODER, batch_first=True, bidirectional=True)
        self.bridge = nn.Linear(2 * ENCODER, DECODER)
        self.decoder = nn.LSTM(EMBEDDING, DECODER, batch_first=True)
        self.key = nn.Linear(2 * ENCODER, DECODER, bias=False)
        self.mix = nn.Linear(2 * ENCODER + DECODER, DECODER)
        self.output = nn.Linear(DECODER, vocabulary_size)

    def forward(self, source_BS: Tensor, input_BT: Tensor) -> Tensor:
        memory_BSM, (h, c) = self.encoder(self.source(source_BS))
        first = [self.bridge(torch.cat((part[0], part[1]), dim=-1))[None] for part in (h, c)]
        hidden_BTH, _ = self.decoder(self.target(input_BT), (first[0], first[1]))
        scores_BTS = hidden_BTH @ self.key(memory_BSM).mT
        scores_BTS = scores_BTS.masked_fill((source_BS == PAD)[:, None], -torch.inf)
        read_BTM = scores_BTS.softmax(dim=-1) @ memory_BSM
        logits_BTV: Tensor = self.output(torch.tanh(self.mix(torch.cat((hidden_BTH, read_BTM), dim=-1))))
        return logits_BTV


def batches(shards: Shards, rng: np.random.Generator) -> Iterator[list[int]]:
    """Sentences of near lengths, shuffled anew each pass."""
    while True:
        order = rng.permutation(len(shards))
        order = order[np.argsort(shards.lengths[order] * 1000 + shards.source_lengths[order], kind="stable")]
        ends = np.cumsum(shards.lengths[order] + 1) // BATCH_TOKENS
        groups = np.split(order, np.flatnonzero(np.diff(ends)) + 1)
        yield from (groups[index].tolist() for index in rng.permutation(len(groups)))


def padded(rows: list[np.ndarray]) -> Tensor:
    """Rows of ids, padded behind."""
    return nn.utils.rnn.pad_sequence(
        [torch.from_numpy(row.astype(np.int64)) for row in rows], batch_first=True, padding_value=PAD
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--seconds", type=float, required=True)
    parser.add_argument("--threads", type=int, required=True)
    parser.add_argument("--precision", choices=["fp32", "bf16"], required=True)
    parser.add_argument("--device", type=torch.device, default="cpu")
    arguments = parser.parse_args()
    device = arguments.device
    torch.set_num_threads(arguments.threads)
    torch.manual_seed(1)
    shards = Shards.open(arguments.folder / "corpus" / "train")
    model = Plain(Tokenizer.load(arguments.folder / "corpus" / SOURCE_TOKENIZER_FILE).vocabulary_size).to(device)
    optimiser = torch.optim.Adam(model.parameters(), lr=1e-3)
    start, end = np.array([1]), np.array([2])
    begun = time.perf_counter()
    counted, first_s = 0, 0.0
    for rows in batches(shards, np.random.default_rng(1)):
        target_BT = padded([np.concatenate((start, shards.target(row), end)) for row in rows]).to(device)
        source_BS = padded([np.concatenate((shards.source(row), end)) for row in rows]).to(device)
        with torch.autocast(device.type, torch.bfloat16, enabled=arguments.precision == "bf16"):
            logits_BTV = model(source_BS, target_BT[:, :-1])
            loss = cross_entropy(logits_BTV.flatten(0, 1), target_BT[:, 1:].flatten(), ignore_index=PAD)
        optimiser.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimiser.step()
        now = time.perf_counter() - begun
        if now < WARM_UP * arguments.seconds:
            first_s = now
        else:
            counted += int((target_BT[:, 1:] != PAD).sum())
        if now >= arguments.seconds:
            break
    print(counted / (now - first_s))


if __name__ == "__main__":
    main()
