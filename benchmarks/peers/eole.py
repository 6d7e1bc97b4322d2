"""Eole (which OpenNMT-py became), for benchmarks/training_speed.py: without input feeding, a vocabulary a side."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from benchmarks.peers import opennmt
from benchmarks.peers.shape import DECODER, EMBEDDING, Data, Peer


def command(python: str, data: Data, threads: int, seconds: float) -> Sequence[str]:
    """Stopped by `timeout`: it trains by steps alone."""
    settings = {
        "data": {"train": opennmt.files(data, "train"), "valid": opennmt.files(data, "valid")},
        "src_vocab": str(data.folder / "source.words"),
        "tgt_vocab": str(data.folder / "target.words"),
        "src_vocab_size": data.source_types,
        "tgt_vocab_size": data.target_types,
        "model": {
            "architecture": "custom",  # its "rnn" reads the source from one end alone
            "encoder": {
                "encoder_type": "brnn",
                "rnn_type": "LSTM",
                "layers": 1,
                "hidden_size": DECODER,
                "src_word_vec_size": EMBEDDING,
            },
            "decoder": {
                "decoder_type": "rnn",
                "rnn_type": "LSTM",
                "layers": 1,
                "hidden_size": DECODER,
                "tgt_word_vec_size": EMBEDDING,
                "global_attention": "general",
                "bidirectional_encoder": True,
            },
            "embeddings": {"src_word_vec_size": EMBEDDING, "tgt_word_vec_size": EMBEDDING},
        },
        "training": {
            "model_path": str(data.folder / "eole"),
            "world_size": 0,
            "gpu_ranks": [],
            **opennmt.TRAINING,
        },
        "report_every": 5,
    }
    recipe = data.folder / "eole.yaml"
    recipe.write_text(json.dumps(settings))  # JSON is YAML
    program = str(Path(python).parent / "eole")
    return ["timeout", str(seconds + 15), program, "train", "-config", str(recipe)]


PEER = Peer("eole", "eole", command, opennmt.tokens_per_s, lambda data: data.target_types)
