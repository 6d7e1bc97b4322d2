"""`skaz write`: stories from a bundle."""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from skaz.arguments import check, check_path, check_text, is_whole, texts_of
from skaz.corpus.sources import END, compose_source
from skaz.decoding.beam import BeamSettings, Hypothesis, beam_search
from skaz.decoding.constraints import Constraints, required_word
from skaz.decoding.request import Job, Request
from skaz.decoding.sampling import generate_jobs
from skaz.decoding.settings import SamplingSettings
from skaz.decoding.stopping import FinishReason, Stopping, check_length, stop_at
from skaz.engine.bundle import Bundle, open_bundle
from skaz.engine.interface import Engine
from skaz.engine.loading import load_engine
from skaz.errors import RequestError
from skaz.tasks.vocabularies import vocabulary_of
from skaz.text.plan import encode_plan, parse_plan
from skaz.text.sentences import opening_end
from skaz.text.streaming import TextStream

LONG_TEXT_WORDS = 200  # written by a model of one long text, which knows no end, when no length is asked for
CHARACTERS_PER_WORD = 6.0  # with the space; only for a generous limit on tokens
MOST_TOKENS = 4096
MOST_ROWS = 64  # stories side by side: of more the memory grows and the speed does not


@dataclass(frozen=True)
class Wish:
    """What a story should be. `plan`: its key words in the order in which the story meets them; `opening`:
    how it begins, word for word; `include`/`ban`: words that must and must not appear; `length` in words; `sampling`:
    the usual settings without it; `most_tokens`: a limit, by default one that no well-behaved story reaches; `stop`:
    it stops once one of these is written, and has it. A string in place of a list is a plan as a person writes one, or
    the only word."""

    plan: Sequence[str] = ()
    title: str | None = None
    opening: str | None = None
    include: Sequence[str] = ()
    ban: Sequence[str] = ()
    length: int | None = None
    sampling: SamplingSettings | None = None
    most_tokens: int | None = None
    stop: Sequence[str] = ()

    def __post_init__(self) -> None:
        items = parse_plan(self.plan) if isinstance(self.plan, str) else texts_of("plan", self.plan)
        # an item of white space alone is no plan to the encoder, nor to the settings that go with one
        object.__setattr__(self, "plan", tuple(item for item in items if item.strip()))
        for name in ("include", "ban", "stop"):
            object.__setattr__(self, name, texts_of(name, getattr(self, name)))
        for name, text in (("title", self.title), ("opening", self.opening)):
            if text is not None:
                check_text(name, text)
        check_length(self.length)
        is_sampling = isinstance(self.sampling, SamplingSettings | None)
        check("sampling", self.sampling, is_sampling, "SamplingSettings, or None")

    @property
    def beginning(self) -> str:
        """What of the opening the story begins with."""
        return beginning_of(self.opening or "")

    @property
    def shown_opening(self) -> str:
        """What of the opening the encoder reads: its first sentence, all that it was shown in training; of more,
        attention would cost more at every token."""
        told = (self.opening or "").strip()
        return told[: opening_end(told)]


@dataclass(frozen=True)
class StoryToken:
    """A token as it was written: the characters that it completed (often a word, sometimes none yet), and
    its log-probability in nats under the model's own distribution."""

    text: str
    token: int
    log_probability: float
    story: int = 0


@dataclass(frozen=True)
class WrittenStory:
    """A story. `text` begins with the opening, where one was given; `tokens` are the model's own. `finish`:
    "end" (the model ended it), "stopped" (at a sentence past the wanted length) or "length" (cut off). `seed`: None
    where nothing was drawn."""

    text: str
    tokens: tuple[StoryToken, ...]
    finish: FinishReason
    seed: int | None

    @property
    def log_probabilities(self) -> tuple[float, ...]:
        """Of each token, in nats."""
        return tuple(token.log_probability for token in self.tokens)

    def __str__(self) -> str:
        return self.text


class Storyteller:
    """A bundle that writes. Keeps no state between stories: several may be written at once."""

    def __init__(self, bundle: Bundle, engine: Engine[Any]) -> None:
        self.bundle = bundle
        self.engine = engine
        self.vocabulary = vocabulary_of(bundle.tokenizer)

    def write(
        self,
        plan: str | Sequence[str] = (),
        *,
        title: str | None = None,
        opening: str | None = None,
        include: str | Sequence[str] = (),
        ban: str | Sequence[str] = (),
        length: int | None = None,
        seed: int | None = None,
        sampling: SamplingSettings | None = None,
    ) -> WrittenStory:
        """Writes one story. The same seed gives the same story on the same machine; without one, a new seed
        is drawn and told in the result. Raises RequestError for what the bundle can't do."""
        wish = Wish(plan, title, opening, include, ban, length, sampling)
        return self.write_several(wish, 1, seed)[0]

    def write_several(self, wish: Wish, count: int, seed: int | None = None) -> list[WrittenStory]:
        """Alternatives to choose from, written side by side; the first is what `write` gives."""
        telling = self.tell(wish, count, seed)
        for _ in telling:
            pass
        return telling.stories()

    def stream(
        self,
        plan: str | Sequence[str] = (),
        *,
        title: str | None = None,
        opening: str | None = None,
        include: str | Sequence[str] = (),
        ban: str | Sequence[str] = (),
        length: int | None = None,
        seed: int | None = None,
        sampling: SamplingSettings | None = None,
    ) -> Telling:
        """As `write`, token by token: iterate over it and print each token's text as it comes."""
        return self.tell(Wish(plan, title, opening, include, ban, length, sampling), 1, seed)

    def likeliest(
        self,
        plan: str | Sequence[str] = (),
        *,
        title: str | None = None,
        opening: str | None = None,
        beams: int = 5,
        count: int = 1,
    ) -> list[WrittenStory]:
        """The likeliest stories that a search over so many beams finds, the best first; nothing is drawn. Raises
        RequestError for what the bundle can't do, and for more stories than beams."""
        settings = BeamSettings(beams)
        if not is_whole(count, 1) or count > beams:
            raise RequestError(
                f"{beams} beams give 1 to {beams} stories, not {count!r}; ask for more beams or so many."
            )
        if not knows_an_end(self.bundle):
            raise RequestError(
                f"{self.bundle.path} was trained on one long text, which has no end to search for; leave out the beams."
            )
        wish = Wish(plan, title, opening)
        request = self.request(wish, seed=0)
        found = beam_search(
            self.engine,
            [self.source(wish)],
            replace(settings, max_tokens=request.stopping.max_tokens),
            start_id=self.vocabulary.start_id,
            end_id=END,
            never=sorted(self.vocabulary.special_ids),
            prefix=request.prefix,
        )[0]
        return [self._found(wish, one) for one in found[:count]]

    def _found(self, wish: Wish, one: Hypothesis) -> WrittenStory:
        stream, opening = TextStream(self.bundle.tokenizer), wish.beginning
        each = zip(one.tokens, one.log_probabilities, strict=False)  # the end's has no token
        tokens = tuple(StoryToken(stream.push(token), token, log_probability) for token, log_probability in each)
        text = opening + "".join(token.text for token in tokens)
        return WrittenStory(text, tokens, "end" if one.ended else "length", seed=None)

    def tell(self, wish: Wish, count: int = 1, seed: int | None = None) -> Telling:
        """`count` stories in the making."""
        check("count", count, is_whole(count, 1), "a whole number of stories, 1 or more")
        seed = secrets.randbelow(2**31) if seed is None else seed
        check("seed", seed, is_whole(seed, 0), "a whole number, 0 or more")
        return Telling(self, self.source(wish), self.request(wish, seed), wish, count)

    def source(self, wish: Wish) -> list[int]:
        """What the encoder reads. Raises RequestError for what the bundle reads not."""
        reads = self.bundle.recipe.model.encoder.layers > 0
        if not reads and (wish.plan or wish.title):
            why = "has no encoder" if knows_an_end(self.bundle) else "was trained on one long text"
            given = [name for name, told in (("plan", wish.plan), ("title", wish.title)) if told]
            advice = (
                f"leave {'them' if given[1:] else 'it'} out"
                if wish.opening
                else "give an opening instead, the words that the text shall begin with"
            )
            raise RequestError(f"{self.bundle.path} {why} and reads no {' and no '.join(given)}; {advice}.")
        if not reads:
            return [int(token) for token in compose_source()]
        tokenizer = self.bundle.tokenizer
        plan = encode_plan(tokenizer, [self.bundle.plan_words.spell(item) for item in wish.plan])
        title = tokenizer.encode(wish.title.strip()) if wish.title else []
        opening = tokenizer.encode(wish.shown_opening) if self.bundle.recipe.sources.opening > 0 else []
        return [int(token) for token in compose_source(title=title, plan=plan, opening=opening)]

    def request(self, wish: Wish, seed: int) -> Request:
        """What decoding is asked for."""
        tokenizer = self.bundle.tokenizer
        prefix = tuple(tokenizer.encode(wish.beginning))
        length = wish.length
        if length is None and not knows_an_end(self.bundle):
            length = LONG_TEXT_WORDS
        include = tuple(required_word(word, tokenizer.encode, self.vocabulary) for word in wish.include)
        return Request(
            prefix=prefix,
            settings=wish.sampling or SamplingSettings.usual(planned=bool(wish.plan)),
            stopping=Stopping(
                max_tokens=most_tokens(self.bundle.facts.corpus, length) + sum(word.cost_tokens for word in include)
                if wish.most_tokens is None
                else wish.most_tokens,
                length=length,
                stop=stop_at(*wish.stop) if wish.stop else None,
            ),
            constraints=Constraints(include=include, ban=tuple(wish.ban)),
            seed=seed,
        )


class Telling(Iterator[StoryToken]):
    """Stories in the making, some side by side, then the next: iterate for tokens as they come; `stories` gives what
    is written so far, also when the iteration was broken off."""

    def __init__(self, teller: Storyteller, source: Sequence[int], request: Request, wish: Wish, count: int) -> None:
        self.seed = request.seed
        self.opening = wish.beginning
        self._tokens: list[list[StoryToken]] = []
        self._finish: list[FinishReason] = []
        self._over: set[int] = set()  # of those behind the first `n_over`
        self.n_over = 0
        """How many stories, from the first on, are over."""
        self._coming = self._run(teller, tuple(source), request, count)

    def __next__(self) -> StoryToken:
        return next(self._coming)

    def stories(self) -> list[WrittenStory]:
        """The stories as far as they are written, without those that were not begun."""
        return [self.story(number) for number in range(len(self._tokens))]

    def story(self, number: int) -> WrittenStory:
        """One of them, as far as it is written."""
        tokens = tuple(self._tokens[number])
        text = self.opening + "".join(token.text for token in tokens)
        return WrittenStory(text, tokens, self._finish[number], self.seed)

    def _run(self, teller: Storyteller, source: tuple[int, ...], request: Request, count: int) -> Iterator[StoryToken]:
        for first in range(0, count, MOST_ROWS):
            numbers = range(first, min(first + MOST_ROWS, count))
            yield from self._run_together(teller, [Job(source, request, number) for number in numbers])

    def _run_together(self, teller: Storyteller, jobs: Sequence[Job]) -> Iterator[StoryToken]:
        streams = [TextStream(teller.bundle.tokenizer) for _ in jobs]
        self._tokens += [[] for _ in jobs]
        self._finish += ["length"] * len(jobs)
        for step in generate_jobs(teller.engine, teller.vocabulary, jobs):
            for emitted in step.emitted:
                number = jobs[emitted.row].number
                for written in emitted.tokens:
                    text = streams[emitted.row].push(written.token)
                    token = StoryToken(text, written.token, written.log_probability, number)
                    self._tokens[number].append(token)
                    yield token
            for finished in step.finished:
                number = jobs[finished.row].number
                self._finish[number] = finished.reason
                self._over.add(number)
            while self.n_over in self._over:
                self._over.remove(self.n_over)
                self.n_over += 1


def load(path: str | Path, *, device: str = "cpu") -> Storyteller:
    """The bundle at `path`, ready to write. Raises BundleError where it is missing, damaged or too new."""
    check_path("path", path)
    bundle = open_bundle(path)
    if bundle.recipe.task != "write":
        raise RequestError(f"{path} was trained on pairs and writes no stories: use skaz {bundle.recipe.task}.")
    return Storyteller(bundle, load_engine(bundle, device))


def beginning_of(opening: str) -> str:
    """The opening without the blanks at its end, which the next word brings along itself; line breaks stay, because
    what follows them is another paragraph. Of white space alone nothing is left."""
    told = opening.rstrip()
    return opening[: max(opening.rfind("\n") + 1, len(told))] if told else ""


def knows_an_end(bundle: Bundle) -> bool:
    """Whether it was trained on texts that end, and not on one long text, or a few, of which no end is ever reached."""
    corpus = bundle.facts.corpus
    stories = corpus.get("stories", 1)
    of_long_texts = stories <= 1 or corpus.get("tokens", 0) / stories > MOST_TOKENS
    return bundle.recipe.model.encoder.layers > 0 or not of_long_texts


def most_tokens(corpus: Mapping[str, Any], length: int | None) -> int:
    """A limit that no well-behaved story reaches: of a model of that corpus, for that many words."""
    if length is None:
        mean = corpus.get("tokens", 0) / max(corpus.get("stories", 1), 1)
        return min(max(256, int(3 * mean)), MOST_TOKENS)
    tokens_per_character = corpus.get("tokens", 1) / max(corpus.get("characters", 1), 1)
    return max(64, int(2 * length * CHARACTERS_PER_WORD * tokens_per_character))
