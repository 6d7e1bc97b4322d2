"""OpenNMT-py 3, for benchmarks/training_speed.py: without input feeding, its faster way, a vocabulary a side."""

from __future__ import annotations

import json
import re
import statistics
from collections.abc import Sequence
from pathlib import Path

from benchmarks.peers.shape import BATCH_TOKENS, DECODER, EMBEDDING, WARM_UP, Data, Peer

# … 3412/3390 tok/s;     31 sec;
_REPORT = re.compile(r"(\d+)/\s*(\d+) tok/s;\s*(\d+) sec")

# Eole takes the same; it is stopped by the clock, long before its steps
TRAINING = {
    "dropout": [0.0],
    "batch_type": "tokens",
    "batch_size": BATCH_TOKENS,
    "normalization": "tokens",
    "bucket_size": 30_000,
    "num_workers": 0,
    "optim": "adam",
    "learning_rate": 0.001,
    "max_grad_norm": 1.0,
    "train_steps": 1_000_000,
    "valid_steps": 1_000_000,
    "save_checkpoint_steps": 1_000_000,
}


def command(python: str, data: Data, threads: int, seconds: float) -> Sequence[str]:
    """Stopped by `timeout`: it trains by steps alone."""
    settings = {
        "data": {"train": files(data, "train"), "valid": files(data, "valid")},
        "src_vocab": str(data.folder / "source.words"),
        "tgt_vocab": str(data.folder / "target.words"),
        "src_vocab_size": data.source_types,
        "tgt_vocab_size": data.target_types,
        "save_model": str(data.folder / "opennmt"),
        "encoder_type": "brnn",
        "decoder_type": "rnn",
        "rnn_type": "LSTM",
        "word_vec_size": EMBEDDING,
        "hidden_size": DECODER,  # of the encoder's both directions together, and of the decoder
        "layers": 1,
        "global_attention": "general",
        "input_feed": 0,
        **TRAINING,
        "report_every": 5,
    }
    recipe = data.folder / "opennmt.yaml"
    recipe.write_text(json.dumps(settings))  # JSON is YAML
    return ["timeout", str(seconds + 15), str(Path(python).parent / "onmt_train"), "-config", str(recipe)]


def files(data: Data, part: str) -> dict[str, str]:
    """A part of the corpus as it is named in the settings."""
    return {"path_src": str(data.folder / f"{part}.source"), "path_tgt": str(data.folder / f"{part}.target")}


def tokens_per_s(log: str) -> float:
    """The median of its reports after the warming-up."""
    found = [(int(seconds), float(targets)) for _, targets, seconds in _REPORT.findall(log)]
    warm_s = WARM_UP * found[-1][0]
    return statistics.median(speed for seconds, speed in found if seconds > warm_s)


PEER = Peer("opennmt", "OpenNMT-py", command, tokens_per_s, lambda data: data.target_types)
