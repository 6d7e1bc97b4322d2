"""The training sentences whose encoder state is nearest to that of a text."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from skaz.corpus.records import Story
from skaz.corpus.sources import START, compose_source
from skaz.errors import RequestError
from skaz.inside.subject import Subject, Told
from skaz.text.sentences import split_sentences

ROWS = 64
MOST_SENTENCES = 5_000
_SHARED = 100  # one in so many directions is taken off


@dataclass(frozen=True)
class Neighbour:
    """A sentence and how near it is: the cosine of the two states as `Sentences` measures them; 1 is the same."""

    text: str
    cosine: float


@dataclass(frozen=True)
class Measure:
    """How states are compared: each unit from its mean over all sentences and in its standard deviations, without the
    few directions that all of them vary in the most, the columns of `shared_DX` (Mu and Viswanath 2018, "All-but-the-
    top"): those tell lengths and loud units, and every sentence would be near to every other."""

    mean_D: Float[np.ndarray, " D"]
    spread_D: Float[np.ndarray, " D"]
    shared_DX: Float[np.ndarray, "D X"]

    def __call__(self, states_ND: Float[np.ndarray, "N D"]) -> Float[np.ndarray, "N D"]:
        """The states so measured, of length 1."""
        values_ND: Float[np.ndarray, "N D"] = (states_ND - self.mean_D) / self.spread_D
        values_ND = values_ND - (values_ND @ self.shared_DX) @ self.shared_DX.T
        values_ND /= np.maximum(np.linalg.norm(values_ND, axis=1, keepdims=True), 1e-9)
        return values_ND


@dataclass(frozen=True)
class Sentences:
    """Sentences and the states after them as they are compared, (N, D)."""

    texts: tuple[str, ...]
    states_ND: Float[np.ndarray, "N D"]
    measure: Measure


def sentences_of(subject: Subject, stories: Sequence[Story]) -> Sentences:
    """Reads the stories' sentences, or of pairs the sources, each once. Raises RequestError where there are fewer than
    two."""
    found: dict[str, None] = {}
    for story in stories:
        found.update(dict.fromkeys(split_sentences(story.text) if subject.writes else [story.source or ""]))
    texts = [text for text in found if text.strip()][:MOST_SENTENCES]
    if len(texts) < 2:
        raise RequestError("There are fewer than two sentences to compare with; name a file with more text in it.")
    states_ND = np.concatenate([_states(subject, texts[first : first + ROWS]) for first in range(0, len(texts), ROWS)])
    measure = _measure_of(states_ND)
    return Sentences(tuple(texts), measure(states_ND), measure)


def nearest(subject: Subject, sentences: Sentences, text: str, count: int = 10) -> list[Neighbour]:
    """The sentences nearest to the text, the nearest first; RequestError for an empty text."""
    if not text.strip():
        raise RequestError("There is no text to look at; give a sentence.")
    cosines_N = sentences.states_ND @ sentences.measure(_states(subject, [text.strip()]))[0]
    best = np.argsort(-cosines_N, kind="stable")[:count].tolist()
    return [Neighbour(sentences.texts[number], float(cosines_N[number])) for number in best]


def _measure_of(states_ND: Float[np.ndarray, "N D"]) -> Measure:
    mean_D, spread_D = states_ND.mean(axis=0), np.maximum(states_ND.std(axis=0), 1e-6)
    values_ND = (states_ND - mean_D) / spread_D
    _, directions_DD = np.linalg.eigh(values_ND.T @ values_ND)  # the strongest stand last
    few = len(states_ND) <= 2 * _SHARED  # too few sentences to tell a shared direction from their own
    shared_DX = directions_DD[:, :0] if few else directions_DD[:, -max(1, states_ND.shape[1] // _SHARED) :]
    return Measure(mean_D, spread_D, shared_DX)


def _states(subject: Subject, texts: Sequence[str]) -> Float[np.ndarray, "N D"]:
    """The state after each text, layers and h and c side by side. A story's sentence is read as an opening, a pair's
    as its source: then this is what the encoder hands to the decoder. A network without an encoder reads it as the
    beginning of a text."""
    if not subject.writes:
        state = subject.engine.start([subject.source_ids(Told(source=text)) for text in texts])
    elif subject.bundle.recipe.model.encoder.layers:
        ids = [subject.bundle.tokenizer.encode(text) for text in texts]
        state = subject.engine.start([compose_source(opening=each).tolist() for each in ids])
    else:
        return np.stack([_decoded(subject, text) for text in texts])
    return np.concatenate([np.concatenate(list(value_LBH), axis=1) for value_LBH in state.of_cells.values()], axis=1)


def _decoded(subject: Subject, text: str) -> Float[np.ndarray, " D"]:
    state = subject.engine.start([subject.source_ids(Told())])
    for token in [START, *subject.target_ids(text)]:
        _, state = subject.engine.step(np.array([token]), state)
    return np.concatenate([value_LBH[:, 0].ravel() for value_LBH in state.of_cells.values()])
