"""JoeyNMT 2, for benchmarks/training_speed.py: without input feeding, its faster way, a vocabulary a side."""

from __future__ import annotations

import json
import re
import statistics
from collections.abc import Sequence

from benchmarks.peers.shape import BATCH_TOKENS, DECODER, EMBEDDING, ENCODER, WARM_UP, Data, Peer

_REPORT = re.compile(r"Tokens per Sec:\s*(\d+)")


def command(python: str, data: Data, threads: int, seconds: float) -> Sequence[str]:
    """Stopped by `timeout`: it trains by updates alone."""
    sides = {
        side: {"lang": side, "level": "word", "lowercase": False, "voc_file": str(data.folder / f"{side}.words")}
        for side in ("source", "target")
    }
    settings = {
        "name": "speed",
        "joeynmt_version": "2.3.0",
        "model_dir": str(data.folder / "joeynmt"),
        "use_cuda": False,
        "data": {
            "train": str(data.folder / "train"),
            "dev": str(data.folder / "valid"),
            "dataset_type": "plain",
            "src": sides["source"],
            "trg": sides["target"],
        },
        "testing": {"beam_size": 1},
        "training": {
            "batch_size": BATCH_TOKENS,
            "batch_type": "token",
            "normalization": "tokens",
            "learning_rate": 0.001,
            "clip_grad_norm": 1.0,
            "scheduling": "warmupinversesquareroot",
            "learning_rate_warmup": 1000,
            "epochs": 1000,
            "logging_freq": 2,
            "validation_freq": 1_000_000,
            "overwrite": True,
        },
        "model": {
            "encoder": {
                "type": "recurrent",
                "rnn_type": "lstm",
                "bidirectional": True,
                "hidden_size": ENCODER,
                "num_layers": 1,
                "embeddings": {"embedding_dim": EMBEDDING},
            },
            "decoder": {
                "type": "recurrent",
                "rnn_type": "lstm",
                "hidden_size": DECODER,
                "num_layers": 1,
                "attention": "luong",
                "input_feeding": False,
                "init_hidden": "bridge",
                "embeddings": {"embedding_dim": EMBEDDING},
            },
        },
    }
    recipe = data.folder / "joeynmt.yaml"
    recipe.write_text(json.dumps(settings))  # JSON is YAML
    return ["timeout", str(seconds + 15), python, "-m", "joeynmt", "train", str(recipe), "--skip-test"]


def tokens_per_s(log: str) -> float:
    """The median of its reports after the warming-up."""
    found = [float(speed) for speed in _REPORT.findall(log)]
    return statistics.median(found[int(WARM_UP * len(found)) :])


PEER = Peer("joeynmt", "joeynmt", command, tokens_per_s, lambda data: data.target_types)
