"""Where a word that must appear is written: by chance as the story goes, at its best place, or at once.

A word is always written in one go, all its tokens, and what follows is held from making it part of a longer
one. So a word is judged by all of it: log P(its tokens, then a token that is not a letter | the text),
which `score_paths` reads off the engine. Three ways, ever more pressing:

- `by_chance`: at each token a missing word w may be written next, with odds P(w | text) · e^bonus against
  going on. The bonus is 0 while the story is on schedule (the j-th of M words is due at j / (M + 1) of its
  length) and grows by BONUS_NATS for each word that it is behind. That is the model's own distribution,
  tilted towards w, and no word that merely begins like w is favoured.
- `best_place`: when the story would end without the word, or room grows short. A few continuations are
  sampled; every position in each of them is a candidate; the one where the word is likeliest wins, and the
  continuation is kept up to there. The state is small, so this costs a few dozen steps of a small batch.
- `at_once`: when the remaining room just suffices. The likeliest form, after a token that separates if need
  be.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Generic

import numpy as np
from jaxtyping import Bool, Float

from skaz.decoding.constraints import Bans, RequiredWord
from skaz.decoding.nucleus import weigh
from skaz.decoding.numerics import draw, log_softmax, log_sum_exp
from skaz.decoding.settings import Pipeline
from skaz.decoding.transcript import Transcript
from skaz.decoding.vocabulary import PART_OF_CHARACTER, Vocabulary
from skaz.decoding.words import is_unspaced
from skaz.engine.interface import Engine, State

BONUS_NATS = 4.0
LOOKAHEAD_TOKENS = 24
CONTINUATIONS = 8

# what a space follows: such a mark, or a quotation mark that closes (an opening one has a space before it)
_WANTS_SPACE = re.compile(r"""[.,;:!?…)\]}»”]\Z|\S"\Z""")
_LEAST_ODDS = np.log(1e-3)
_SHORTLIST = 16


@dataclass(frozen=True, eq=False)
class Place(Generic[State]):
    """The model after some tokens: row `index` of `width` in a state, and the logits of what comes next."""

    state: State
    index: int
    width: int
    logits_V: Float[np.ndarray, " V"]
    normaliser: float | None = None
    """log Σ exp(logits), where it is known."""

    def log_probability(self, token: int) -> float:
        """Of a token that comes next, under the model's own distribution."""
        normaliser = self.normaliser if self.normaliser is not None else float(weigh(self.logits_V[None])[1][0])
        return float(self.logits_V[token]) - normaliser

    def alone(self, engine: Engine[State], earlier: "Place[State] | None" = None) -> "Place[State]":
        """The same with a state and logits of its own, which keep no other row's alive. `earlier`: such a place of the
        same story, before this one."""
        state = engine.alone(self.state, self.index, None if earlier is None else earlier.state)
        return Place(state, 0, 1, self.logits_V.copy(), self.normaliser)


@dataclass(frozen=True, eq=False)
class Moment(Generic[State]):
    """A point in a story at which words are missing."""

    place: Place[State]
    transcript: Transcript
    missing: tuple[RequiredWord, ...]
    bans: Bans | None
    floor: int
    """Banned words that end before this character are let be (they are the user's own opening)."""
    is_closed: bool
    """Whether the text ends in a required word just written, which must not grow (`Vocabulary.lengthens_V`)."""
    barred_V: Bool[np.ndarray, " V"]
    """Tokens that no continuation may begin with. A word may: where it stands is checked on the text."""
    vocabulary: Vocabulary


@dataclass(frozen=True, eq=False)
class _Branch(Generic[State]):
    """The story continued by some tokens."""

    tokens: tuple[int, ...]
    place: Place[State]


def by_chance(engine: Engine[State], moment: Moment[State], bonus: float, chance: float) -> list[int]:
    """The tokens of a missing word, or nothing; `chance`, uniform in [0, 1), decides."""
    first_V = log_softmax(moment.place.logits_V) + bonus
    likely = [form for word in moment.missing for form in word.forms if first_V[form[0]] > _LEAST_ODDS]
    forms = [form for form in _fitting(moment, likely) if not _is_untidy(moment.transcript, form)]
    if not forms:
        return []
    scores = score_paths(engine, moment.place, forms, moment.vocabulary)
    odds = np.cumsum(np.exp(np.minimum(scores + bonus, 50.0)))
    chosen = int(np.searchsorted(odds, chance * (1 + odds[-1]), side="right"))
    return list(forms[chosen]) if chosen < len(forms) else []


def best_place(
    engine: Engine[State],
    moment: Moment[State],
    depth: int,
    pipeline: Pipeline,
    rng: np.random.Generator | None,
) -> list[int]:
    """At most `depth` tokens of a continuation, then a missing word; nothing if no place is fit.

    Without a generator the one greedy continuation is looked at.
    """
    candidates: list[tuple[float, _Branch[State], tuple[int, ...]]] = []
    forms = [form for word in moment.missing for form in word.forms]
    for branch in _continuations(engine, moment, depth, pipeline, rng):
        text = moment.transcript.peek(branch.tokens) if branch.tokens else moment.transcript.text
        if not text.endswith(PART_OF_CHARACTER):
            first_V = log_softmax(branch.place.logits_V)
            fitting = _fitting(moment, forms, branch.tokens)
            candidates.extend(
                (float(first_V[form[0]]), branch, form)
                for form in fitting
                if not _is_untidy(moment.transcript, form, branch.tokens)
            )
    candidates.sort(key=lambda candidate: -candidate[0])
    best: list[int] = []
    best_score = -np.inf
    for _, branch, form in candidates[:_SHORTLIST]:
        score = score_paths(engine, branch.place, [form], moment.vocabulary)[0]
        if score > best_score:
            best, best_score = [*branch.tokens, *form], score
    return best


def at_once(engine: Engine[State], moment: Moment[State]) -> list[int]:
    """A missing word, after one token that separates if need be; nothing only if all of that is banned."""
    forms = [form for word in moment.missing for form in word.forms]
    paths = forms + [(separator, *form) for separator in moment.vocabulary.separators for form in forms]
    paths = _fitting(moment, paths)
    tidy = [path for path in paths if not _is_untidy(moment.transcript, path)] or paths
    if not tidy:
        return []
    first_V = log_softmax(moment.place.logits_V)
    likeliest = sorted(tidy, key=lambda path: -first_V[path[0]])[: 2 * _SHORTLIST]
    scores = score_paths(engine, moment.place, likeliest, moment.vocabulary)
    return list(likeliest[int(scores.argmax())])


def score_paths(
    engine: Engine[State],
    place: Place[State],
    paths: Sequence[Sequence[int]],
    vocabulary: Vocabulary,
) -> Float[np.ndarray, " paths"]:
    """log P(the path's tokens, then any token that leaves its word whole | the place), a path per row of one batch."""
    first_V = log_softmax(place.logits_V)
    scores = np.array([first_V[path[0]] for path in paths])
    state = engine.gather(place.state, np.full(len(paths), place.index))
    for depth in range(max(map(len, paths))):
        # A path that is over is fed its last token on; its score is complete.
        tokens_B = np.array([path[min(depth, len(path) - 1)] for path in paths])
        logits_BV, state = engine.step(tokens_B, state)
        for row, path in enumerate(paths):
            if depth < len(path):
                after_V = log_softmax(logits_BV[row].astype(np.float64))
                last = depth == len(path) - 1
                if last:
                    longer_V = vocabulary.lengthens_V(vocabulary.text(path))
                    scores[row] += log_sum_exp(after_V[~longer_V & ~vocabulary.never_V])
                else:
                    scores[row] += after_V[path[depth + 1]]
    return scores


def _continuations(
    engine: Engine[State],
    moment: Moment[State],
    depth: int,
    pipeline: Pipeline,
    rng: np.random.Generator | None,
) -> Iterator[_Branch[State]]:
    """Every point of a few sampled continuations, the present first."""
    width = 1 if rng is None else CONTINUATIONS
    place = moment.place
    branches = [_Branch((), place)]
    yield branches[0]
    branches *= width
    state = engine.gather(place.state, np.full(width, place.index))
    barred_V = moment.barred_V
    for _ in range(depth):
        tokens = []
        for branch in branches:
            scores_V = np.where(barred_V, -np.inf, branch.place.logits_V)
            if scores_V.max() == -np.inf:
                return
            scores_V = pipeline(scores_V, [*moment.transcript.tokens, *branch.tokens])
            tokens.append(int(scores_V.argmax()) if rng is None else draw(scores_V, rng))
        logits_BV, state = engine.step(np.array(tokens), state)
        places = [Place(state, row, width, logits_BV[row].astype(np.float64)) for row in range(width)]
        branches = [_Branch((*b.tokens, t), p) for b, t, p in zip(branches, tokens, places, strict=True)]
        yield from branches
        barred_V = moment.vocabulary.never_V.copy()
        barred_V[moment.vocabulary.end_id] = True


def _fitting(
    moment: Moment[State], paths: Sequence[tuple[int, ...]], ahead: tuple[int, ...] = ()
) -> list[tuple[int, ...]]:
    """The paths at whose end a missing word stands whole, and that complete no banned one."""
    fitting = []
    closed = moment.is_closed and not ahead
    longer_V = moment.vocabulary.lengthens_V(moment.transcript.text)
    for path in dict.fromkeys(paths):
        if closed and longer_V[path[0]]:
            continue
        text = moment.transcript.peek([*ahead, *path])
        banned = moment.bans is not None and moment.bans.at_end(text, moment.floor)
        if not banned and any(word.ends(text) for word in moment.missing):
            fitting.append(path)
    return fitting


def _is_untidy(transcript: Transcript, path: Sequence[int], ahead: tuple[int, ...] = ()) -> bool:
    """Whether the path would add white space to white space, or to the very beginning, or nothing between a mark that
    ends or divides a sentence and a word."""
    before = transcript.peek(ahead) if ahead else transcript.text
    added = transcript.peek([*ahead, *path])[len(before) :]
    if added[:1].isspace():
        return not before or before[-1].isspace()
    return added[:1].isalnum() and not is_unspaced(added[0]) and _WANTS_SPACE.search(before) is not None
