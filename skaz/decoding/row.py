"""One story in the making: a row of the batch, with its own generator, history and promises.

How a banned word is kept out. A row keeps the last point at which its text could safely end: no banned word
begun (and none complete). What comes after is held back, not shown. As soon as a banned word stands
complete, with something after it that makes it whole, the row goes back to the kept point, whose state and
logits it still has, and the token that it took there is barred at that point. Ending, by whatever reason,
counts as "something after". Each time another token is barred, so this ends: at worst nothing may follow,
and the story ends at the kept point, which is safe. What is shown is never taken back.

How a required word gets in. `placement.py` tells where it is written. While a word is missing the story may
not end; a token is sampled freely only while `max_tokens` leaves room for all missing words after it
(`cost_tokens` of each). With the last room a word is written at once. After a word is written nothing that
would lengthen it may follow, and the point is kept. The one way to lose a word: a banned phrase of which it
is a part ("the king" banned, "king" required), where nothing but that phrase could be written. Then the ban
wins.
"""

import math
from collections.abc import Sequence
from typing import Generic

import numpy as np
from jaxtyping import Bool, Float

from skaz.decoding import placement
from skaz.decoding.constraints import Bans, RequiredWord
from skaz.decoding.nucleus import Drawn, Wish, is_plain
from skaz.decoding.numerics import draw, log_sum_exp
from skaz.decoding.placement import LOOKAHEAD_TOKENS, Moment, Place
from skaz.decoding.request import Job, Written, generator_of
from skaz.decoding.settings import compose
from skaz.decoding.stopping import LATEST, RUN_ON_CHARACTERS, FinishReason, end_bias, is_overdue, progress
from skaz.decoding.transcript import Transcript
from skaz.decoding.vocabulary import PART_OF_CHARACTER, Vocabulary
from skaz.decoding.words import WordCount
from skaz.engine.interface import Engine, State


class Row(Generic[State]):
    """The story of one job. `receive` the model's answer, `take_turn`, then feed `feed` to the model."""

    def __init__(self, job: Job, vocabulary: Vocabulary, place: Place[State], *, has_read: bool = False) -> None:
        """`has_read`: the model has read the job's prefix already, and `place` has its answer."""
        request = job.request
        self._request = request
        self._vocabulary = vocabulary
        request.settings.check_tokens(vocabulary.size)
        self._pipeline = compose(request.settings, vocabulary.pieces, len(request.prefix))
        self._is_plain = is_plain(request.settings)
        self._rng = generator_of(request.seed, job.number)
        self._transcript = Transcript(vocabulary, request.prefix)
        self._opening_characters = len(self._transcript.text)
        self._words = WordCount()
        self._bans = Bans(request.constraints.ban) if request.constraints.ban else None
        self.place = place
        self.feed = vocabulary.start_id
        self.reason: FinishReason | None = None
        self.end_log_probability = 0.0
        self.awaits_model = not has_read
        self._unread = [] if has_read else list(request.prefix)
        self._queue: list[int] = [] if job.first is None else [job.first]
        self._written: list[Written] = []
        self._keeps = job.keeps
        self._places: list[Place[State]] = []  # of the tokens written, where they are kept
        self._shown = 0
        self._missing = request.constraints.include
        self._closed_at = -1  # where the last required word ended: nothing may lengthen it
        self._end_barred_at = -1  # where the end was drawn with a word missing
        self._kept_place = place
        self._floor = 0
        self._keep()

    def receive(self, place: Place[State]) -> None:
        """Takes the model's answer to the last token."""
        self.place = place
        if self._kept_at == len(self._transcript) and not self._unread:
            self._kept_place = place

    def wish(self) -> Wish | None:
        """What to draw for it after the model's answer, where it does no more than draw; None: it sees to all
        itself."""
        here = len(self._transcript)
        if not self._is_plain or self._unread or self._queue or self._missing or self._closed_at == here:
            return None
        bias = self._end_bias()
        if bias not in (0.0, -math.inf):
            return None
        barred = list(self._barred) if self._barred and self._kept_at == here else []
        if bias or self._end_barred_at == here:
            barred.append(self._vocabulary.end_id)
        return Wish(self._request.settings, barred, self._rng.random())

    def take_turn(self, engine: Engine[State], drawn: Drawn | None = None) -> None:
        """Reads one token of the prefix, or writes one token (after going back, perhaps), or finishes. `drawn`: what
        came of its wish."""
        self.awaits_model = True
        if self._unread:
            self.feed = self._unread.pop(0)
            return
        moved = drawn is not None and self._take_drawn(engine, drawn.token, drawn.filtered_log_probability)
        while not moved and self.reason is None:
            if self._missing and not self._queue:
                self._queue = self._planned_word(engine)
            moved = self._write_queued() if self._queue else self._write_drawn(engine)
        self.feed = self._transcript.tokens[-1] if self._transcript.tokens else self.feed

    def take_new(self) -> tuple[tuple[Written, ...], tuple[Place[State], ...]]:
        """What may be shown and was not yet, and, where they are kept, the places before these tokens."""
        settled = self._kept_at - len(self._request.prefix)
        new = tuple(self._written[self._shown : settled])
        self._shown = settled
        places, self._places = tuple(self._places[: len(new)]), self._places[len(new) :]
        return new, places

    def leave_others(self, engine: Engine[State]) -> None:
        """Keeps no other row's numbers alive any more."""
        self.place, self._kept_place = self.place.alone(engine), self._kept_place.alone(engine)
        self._places = [place.alone(engine) for place in self._places]

    # Writing

    def _write_queued(self) -> bool:
        token = self._queue.pop(0)
        if token == self._vocabulary.end_id:
            return self._finish("end")
        return self._write(Written(token, self.place.log_probability(token), 0.0))

    def _write_drawn(self, engine: Engine[State]) -> bool:
        """Draws a token and writes it; False where it could not, and the row has gone back or planned."""
        scores_V = self._allowed_scores()
        if scores_V.max() == -np.inf:
            self._leave_dead_end(engine)
            return False
        scores_V = self._pipeline(scores_V, self._transcript.tokens)
        token = draw(scores_V, self._rng)
        return self._take_drawn(engine, token, float(scores_V[token] - log_sum_exp(scores_V)))

    def _take_drawn(self, engine: Engine[State], token: int, filtered: float) -> bool:
        """Writes what was drawn; where it is the end, ends or looks for a place for a missing word."""
        unfiltered = self.place.log_probability(token)
        if token != self._vocabulary.end_id:
            return self._write(Written(token, unfiltered, filtered))
        text = self._transcript.text
        if all(word.ends(text) or word.is_in(text, self._floor) for word in self._missing):
            self.end_log_probability = unfiltered
            return self._finish("end")
        self._end_barred_at = len(self._transcript)
        self._queue = self._best_place(engine, min(LOOKAHEAD_TOKENS, self._room_tokens))
        return False

    def _write(self, written: Written) -> bool:
        """Adds a token; False if the row has gone back, because a banned word would be complete."""
        self._transcript.append(written.token)
        self._written.append(written)
        if self._keeps:
            self._places.append(self.place)
        if self._bans is not None and self._bans.complete(self._transcript.text, self._floor):
            self._go_back(bar=True)
            return False
        if self._is_safe():
            self._keep()
        if not self._queue and not self._missing and self._is_to_stop():
            return self._finish("stopped")
        if len(self._written) == self._request.stopping.max_tokens:
            return self._finish("length")
        return True

    def _finish(self, reason: FinishReason) -> bool:
        """Ends the story here; False, having gone back, if that would leave a banned word at its end."""
        if self._bans is not None and self._bans.at_end(self._transcript.text, self._floor):
            self._go_back(bar=True)
            return False
        self._keep()
        self.reason = reason
        return True

    def _leave_dead_end(self, engine: Engine[State]) -> None:
        """Nothing may be drawn here: write a missing word, or go back, or end at the kept point."""
        if self._missing:
            self._queue = self._at_once(engine)
        elif len(self._transcript) > self._kept_at:
            self._go_back(bar=True)
        else:
            self._finish("end")

    # Keeping and going back

    def _is_safe(self) -> bool:
        """Whether all may be shown: no banned word is begun, or a required one is just complete."""
        if self._bans is None or not self._bans.begun(self._transcript.text):
            return True
        just_written = self._closed_at == len(self._transcript) or self._newly_in()
        return bool(just_written) and not self._bans.at_end(self._transcript.text, self._floor)

    def _newly_in(self) -> list[RequiredWord]:
        """The missing words that now stand in the text."""
        text, closed = self._transcript.text, self._closed_at == len(self._transcript)
        return [w for w in self._missing if w.is_in(text, self._floor) or (closed and w.ends(text))]

    def _keep(self) -> None:
        """This is the point to go back to. Its place comes with the model's next answer."""
        if self._missing:
            found = self._newly_in()
            self._missing = tuple(word for word in self._missing if word not in found)
        self._kept_at = len(self._transcript)
        self._kept_place = self.place
        self._barred: set[int] = set()
        if self._bans is not None or self._missing:
            self._floor = len(self._transcript.text.rstrip(PART_OF_CHARACTER))

    def _go_back(self, bar: bool) -> None:
        if bar:
            self._barred.add(self._transcript.tokens[self._kept_at])
        self._transcript.rewind(self._kept_at)
        self._words = WordCount()
        settled = self._kept_at - len(self._request.prefix)
        del self._written[settled:]
        del self._places[settled - self._shown :]
        self.place = self._kept_place
        self._queue = []
        if self._closed_at > self._kept_at:
            self._closed_at = -1
        if self._end_barred_at > self._kept_at:
            self._end_barred_at = -1

    # What may come next

    def _barred_tokens(self, end: bool) -> Bool[np.ndarray, " V"]:
        """Tokens that may not come next; `end`: whether the end may not, either."""
        barred_V = self._vocabulary.never_V.copy()
        if self._closed_at == len(self._transcript):
            barred_V |= self._vocabulary.lengthens_V(self._transcript.text)
        if self._barred and self._kept_at == len(self._transcript):
            barred_V[list(self._barred)] = True
        barred_V[self._vocabulary.end_id] = end
        return barred_V

    def _end_bias(self) -> float:
        stopping = self._request.stopping
        if stopping.length is None:  # asked for at each token of each row
            return 0.0
        share = self._progress()
        may_break_off = share > LATEST and self._runs_on() and not self._is_amid_word()
        return end_bias(stopping, share, self._is_sentence_complete(), may_break_off)

    def _allowed_scores(self) -> Float[np.ndarray, " V"]:
        """The logits without what is barred; too early an end is allowed where nothing else is."""
        end = self._end_barred_at == len(self._transcript)
        scores_V = np.where(self._barred_tokens(end), -np.inf, self.place.logits_V)
        rest = scores_V[self._vocabulary.end_id]
        scores_V[self._vocabulary.end_id] += self._end_bias()
        if scores_V.max() == -np.inf:
            scores_V[self._vocabulary.end_id] = rest
        return scores_V

    def _progress(self) -> float:
        return progress(self._request.stopping, lambda: self._words.of(self._story()), len(self._written))

    def _is_sentence_complete(self) -> bool:
        tokens = self._transcript.tokens
        return bool(tokens) and bool(self._vocabulary.completes_sentence_V[tokens[-1]])

    def _runs_on(self) -> bool:
        """Whether what was written since the last whole sentence is too long to become one."""
        ends_V, tokens = self._vocabulary.completes_sentence_V, self._transcript.tokens
        last = next((length for length in range(len(tokens), 0, -1) if ends_V[tokens[length - 1]]), 0)
        return len(self._vocabulary.text(tokens[last:])) > RUN_ON_CHARACTERS

    def _is_amid_word(self) -> bool:
        """Whether the likeliest token goes on with the word that was written last."""
        tokens, vocabulary = self._transcript.tokens, self._vocabulary
        if not tokens or not vocabulary.leaves_word_open_V[tokens[-1]]:
            return False
        scores_V = np.where(vocabulary.never_V, -np.inf, self.place.logits_V)
        scores_V[vocabulary.end_id] = -np.inf
        return bool(vocabulary.opens_word_V[int(scores_V.argmax())])

    def _is_to_stop(self) -> bool:
        stopping = self._request.stopping
        if stopping.stop is not None and stopping.stop(self._story()):
            return True
        return is_overdue(stopping, self._progress(), self._is_sentence_complete())

    def _story(self) -> str:
        """The text written so far, without the prefix."""
        return self._transcript.text[self._opening_characters :]

    # Required words

    @property
    def _room_tokens(self) -> int:
        """Tokens that may be written freely before the missing words need all the room that is left."""
        needed = sum(word.cost_tokens for word in self._missing)
        return self._request.stopping.max_tokens - len(self._written) - needed

    def _planned_word(self, engine: Engine[State]) -> list[int]:
        """The tokens to write next for the sake of a missing word; none: go on freely."""
        room = self._room_tokens
        if room < 1:
            return self._at_once(engine)
        if room <= LOOKAHEAD_TOKENS * len(self._missing):
            return self._best_place(engine, min(LOOKAHEAD_TOKENS, max(1, room // len(self._missing))))
        words = self._request.constraints.include
        behind = self._progress() * (len(words) + 1) - (len(words) - len(self._missing))
        if behind <= 0 or self._transcript.text.endswith(PART_OF_CHARACTER):
            return []
        chance = 0.5 if self._is_greedy else self._rng.random()
        return self._closing(placement.by_chance(engine, self._moment(), placement.BONUS_NATS * behind, chance))

    @property
    def _is_greedy(self) -> bool:
        return self._request.settings.temperature == 0

    def _best_place(self, engine: Engine[State], depth: int) -> list[int]:
        rng = None if self._is_greedy else self._rng
        return self._closing(placement.best_place(engine, self._moment(), depth, self._pipeline, rng))

    def _at_once(self, engine: Engine[State]) -> list[int]:
        """A missing word, here or at the kept point; where neither is possible the words are given up."""
        if self._accept_last_word():
            return []
        tokens = placement.at_once(engine, self._moment())
        if not tokens and len(self._transcript) > self._kept_at:
            self._go_back(bar=False)
            tokens = placement.at_once(engine, self._moment())
        if not tokens:
            self._missing = ()
        return self._closing(tokens)

    def _accept_last_word(self) -> bool:
        """Whether the story came to end in a missing word by itself: it is then held from growing longer."""
        text = self._transcript.text
        banned = self._bans is not None and self._bans.at_end(text, self._floor)
        if banned or not any(word.ends(text) for word in self._missing):
            return False
        place = self.place
        self._closed_at = len(self._transcript)
        self._keep()
        self._kept_place = place
        return True

    def _closing(self, tokens: Sequence[int]) -> list[int]:
        if tokens:
            self._closed_at = len(self._transcript) + len(tokens)
        return list(tokens)

    def _moment(self) -> Moment[State]:
        return Moment(
            place=self.place,
            transcript=self._transcript,
            missing=self._missing,
            bans=self._bans,
            floor=self._floor,
            is_closed=self._closed_at == len(self._transcript),
            barred_V=self._barred_tokens(end=True),
            vocabulary=self._vocabulary,
        )
