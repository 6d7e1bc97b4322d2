"""How surprised a bundle is by each token of a text."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from skaz.corpus.sources import START
from skaz.decoding.numerics import log_softmax
from skaz.tasks.writing import Storyteller, Wish
from skaz.text.streaming import TextStream


def scored(teller: Storyteller, text: str, wish: Wish) -> dict[str, Any]:
    """The tokens with their log-probabilities in nats, after the wish's plan and title; their texts joined are the
    text. Bits per character count the text alone, not its end."""
    tokenizer = teller.bundle.tokenizer
    state, fed = teller.engine.start([teller.source(wish)]), START
    stream, tokens, nats = TextStream(tokenizer), [], 0.0
    for token in tokenizer.encode(text):
        logits_BV, state = teller.engine.step(np.array([fed]), state)
        log_probability = float(log_softmax(logits_BV[0].astype(np.float64))[token])
        tokens.append({"text": stream.push(token), "token": token, "log_probability": log_probability})
        nats -= log_probability
        fed = token
    return {"tokens": tokens, "bits_per_character": nats / math.log(2) / len(text) if text else None}
