"""Greedy decoding: always the likeliest token. Sampling at temperature 0 must equal it."""

from collections.abc import Sequence

import numpy as np

from skaz.decoding.vocabulary import Vocabulary
from skaz.engine.interface import Engine, State


def greedy(
    engine: Engine[State], vocabulary: Vocabulary, sources: Sequence[Sequence[int]], max_tokens: int
) -> list[list[int]]:
    """The tokens for each source, without the end token; at most `max_tokens`."""
    if not sources:
        return []
    stories: list[list[int]] = [[] for _ in sources]
    over_B = np.zeros(len(sources), bool)
    tokens_B = np.full(len(sources), vocabulary.start_id)
    state = engine.start(sources)
    for _ in range(max_tokens):
        logits_BV, state = engine.step(tokens_B, state)
        tokens_B = np.where(vocabulary.never_V, -np.inf, logits_BV).argmax(axis=1)
        over_B |= tokens_B == vocabulary.end_id
        for story, token, over in zip(stories, tokens_B.tolist(), over_B, strict=True):
            if not over:
                story.append(token)
        if over_B.all():
            break
    return stories
