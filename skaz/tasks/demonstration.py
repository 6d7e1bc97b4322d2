"""What the demonstration trains on, and how: settings that suit the built-in tales and a few minutes."""

from __future__ import annotations

from typing import Any

MINUTES = 3.0
TALES = "tales:all"
SETTINGS: dict[str, Any] = {
    # what the demonstration shows is stories from plans
    "sources.plan": 0.97,
    "sources.title": 0.1,
    "sources.opening": 0.05,
    "sources.whole_plan": 0.97,
    # smaller than the size "small": three minutes are better spent on more stories than on more units
    "model.embedding_size": 192,
    "model.encoder.hidden_size": 128,
    "model.decoder.hidden_size": 384,
    "model.dropout": 0.0,
    "model.weight_dropout": 0.0,
    # to follow a plan is learnt in so many updates rather than from so many tokens: small ones, and gentle
    "training.batch_tokens": 1024,
    "training.learning_rate": 4e-3,
    # Muon's steps are better, and in small updates cost more time than they save
    "training.optimiser": "adamw",
    "training.validations": 5,
}
