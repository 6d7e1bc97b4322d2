"""Yoyodyne 0.5, for benchmarks/training_speed.py: it makes batches of sentences, and attends its own way."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from pathlib import Path

from benchmarks.peers.shape import BATCH_TOKENS, DECODER, EMBEDDING, ENCODER, WARM_UP, Data, Peer

# the progress bar: … 12/113 0:01:02 • …
_DONE = re.compile(r"(\d+)/\d+ (\d+):(\d+):(\d+) •")
_TOLD = re.compile(r"targets a batch: ([\d.]+)")


def command(python: str, data: Data, threads: int, seconds: float) -> Sequence[str]:
    """Stopped by `timeout`; what a batch holds is told beforehand, for whoever reads the log."""
    for part in ("train", "valid"):
        sides = [(data.folder / f"{part}.{side}").read_text().splitlines() for side in ("source", "target")]
        rows = "".join(f"{source}\t{target}\n" for source, target in zip(*sides, strict=True))
        (data.folder / f"{part}.tsv").write_text(rows)
    sentences = round(BATCH_TOKENS / data.mean_target)
    settings = {
        "checkpoint": {"monitor": "val_loss", "filename": "best"},
        "trainer": {
            "default_root_dir": str(data.folder / "yoyodyne"),
            "accelerator": "cpu",
            "max_epochs": 1000,
            "logger": False,
            "gradient_clip_val": 1.0,
            "limit_val_batches": 0,
            "num_sanity_val_steps": 0,
        },
        "model": {
            "class_path": "yoyodyne.models.SoftAttentionLSTMModel",
            "init_args": {
                "embedding_size": EMBEDDING,
                "decoder_hidden_size": DECODER,
                "decoder_dropout": 0.0,
                "source_encoder": {
                    "class_path": "yoyodyne.models.modules.LSTMEncoder",
                    "init_args": {
                        "embedding_size": EMBEDDING,
                        "hidden_size": ENCODER,
                        "bidirectional": True,
                        "dropout": 0.0,
                    },
                },
            },
        },
        "data": {
            "model_dir": str(data.folder / "yoyodyne"),
            "train": str(data.folder / "train.tsv"),
            "val": str(data.folder / "valid.tsv"),
            "source_col": 1,
            "target_col": 2,
            "source_sep": " ",
            "target_sep": " ",
            "batch_size": sentences,
        },
    }
    recipe = data.folder / "yoyodyne.yaml"
    recipe.write_text(json.dumps(settings))  # JSON is YAML
    program = str(Path(python).parent / "yoyodyne")
    told = f"echo targets a batch: {sentences * data.mean_target}; "
    return ["bash", "-c", f"{told}exec timeout {seconds + 15} {program} fit --config {recipe}"]


def tokens_per_s(log: str) -> float:
    """By the progress bar, after the warming-up."""
    found = [
        (int(done), 3600 * int(hours) + 60 * int(minutes) + int(seconds))
        for done, hours, minutes, seconds in _DONE.findall(log)
    ]
    last_done, last_s = found[-1]
    first_done, first_s = next(each for each in found if each[0] and each[1] >= WARM_UP * last_s)
    return (last_done - first_done) / (last_s - first_s) * float(_TOLD.findall(log)[0])


PEER = Peer("yoyodyne", "yoyodyne", command, tokens_per_s, lambda data: data.vocabulary_size)
