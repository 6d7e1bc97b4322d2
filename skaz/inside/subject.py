"""The bundle that is looked into, and texts as the pieces that it reads."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from skaz.corpus.sources import END, START, reading_order
from skaz.decoding.vocabulary import Vocabulary
from skaz.engine.bundle import Bundle, open_bundle
from skaz.engine.onnx_engine import OnnxEngine, load_onnx_engine
from skaz.errors import RequestError
from skaz.tasks.translating import Translator
from skaz.tasks.vocabularies import vocabulary_of
from skaz.tasks.writing import Storyteller, Wish
from skaz.text.streaming import TextStream
from skaz.text.tokenizer import SPECIALS, Tokenizer


@dataclass(frozen=True)
class Told:
    """What the encoder is told before the text: of stories a plan and a title, of pairs the source. Nothing by
    default, which pairs can't do without."""

    plan: tuple[str, ...] = ()
    title: str | None = None
    source: str | None = None


@dataclass(frozen=True)
class Piece:
    """A token of a text. `text`: the characters that it completes, "" amid a character, and a name in angle brackets
    for a special token; `start` and `end`: where they stand in the text that all pieces make, in characters."""

    text: str
    token: int
    start: int
    end: int


class Subject:
    """A bundle under the lens: its network as it runs, a step at a time. Keeps nothing between calls."""

    def __init__(self, bundle: Bundle, engine: OnnxEngine) -> None:
        self.bundle = bundle
        self.engine = engine
        self.vocabulary: Vocabulary = vocabulary_of(bundle.tokenizer, steps=bundle.alignment is not None)

    @property
    def writes(self) -> bool:
        """Whether it learnt from stories; else from pairs."""
        return self.bundle.recipe.task == "write"

    @property
    def source_tokenizer(self) -> Tokenizer:
        """Of what the encoder reads."""
        return self.bundle.source_tokenizer or self.bundle.tokenizer

    def source_ids(self, told: Told) -> list[int]:
        """What the encoder reads. Raises RequestError where the bundle reads no such thing, or misses its source."""
        if self.writes:
            if told.source is not None:
                raise RequestError(f"{self.bundle.path} writes stories and reads no source; tell it a plan or a title.")
            return Storyteller(self.bundle, self.engine).source(Wish(plan=told.plan, title=told.title))
        if not (told.source or "").strip():
            raise RequestError(f"{self.bundle.path} was trained on pairs: give the source that the text was made from.")
        if told.plan or told.title:
            raise RequestError(f"{self.bundle.path} was trained on pairs and reads a source, neither plan nor title.")
        return Translator(self.bundle, self.engine).source_ids([told.source or ""])[0]

    def target_ids(self, text: str, told: Told | None = None, *, goes_on: bool = False) -> list[int]:
        """The text as the decoder reads it. `goes_on`: it is the beginning of a longer one. Raises RequestError where
        there is none, and for a pair without its source."""
        if not text.strip():
            raise RequestError("There is no text to look at; give a sentence.")
        if self.writes:
            return self.bundle.tokenizer.encode(text)
        source_ids = self.source_ids(told or Told())
        return Translator(self.bundle, self.engine).target_ids(source_ids, text, goes_on=goes_on)

    def source_order(self, ids: Sequence[int]) -> list[int]:
        """The places of a source's tokens in the order in which a person reads them; the encoder may read a pair's
        source from its end."""
        reverse = not self.writes and self.bundle.recipe.text.reverse_sources
        return reading_order(len(ids), reverse=reverse).tolist()  # type: ignore[no-any-return]

    def source_pieces(self, ids: Sequence[int]) -> tuple[Piece, ...]:
        """The source's tokens in the order in which a person reads them, `source_order`."""
        return pieces(self.source_tokenizer, [ids[place] for place in self.source_order(ids)])

    def target_pieces(self, ids: Sequence[int]) -> tuple[Piece, ...]:
        """The text's tokens, in the order in which they are written; each knows where it stands in the text."""
        if self.writes or not self.bundle.recipe.text.reverse_targets:
            return pieces(self.bundle.tokenizer, ids)
        return pieces(self.bundle.tokenizer, ids[::-1])[::-1]


def open_subject(path: str | Path) -> Subject:
    """The bundle at a path, ready to be looked into; BundleError where it, or its graphs, can't be used."""
    bundle = open_bundle(path)
    return Subject(bundle, load_onnx_engine(bundle))


def pieces(tokenizer: Tokenizer, ids: Sequence[int]) -> tuple[Piece, ...]:
    """The ids one by one; the texts of those that are not special, put together, are the decoded text."""
    stream, made, place = TextStream(tokenizer), [], 0
    for token in ids:
        if token < len(SPECIALS):
            made.append(Piece(SPECIALS[token], token, place, place))
            continue
        text = stream.push(token)
        made.append(Piece(text, token, place, place + len(text)))
        place += len(text)
    return tuple(made)


def text_of(tokens: Iterable[Piece]) -> str:
    """What the tokens spell, whichever is written first: special ones, such as the steps of monotonic attention, are no
    part of a text."""
    in_order = sorted(tokens, key=lambda piece: piece.start)
    return "".join(piece.text for piece in in_order if piece.token >= len(SPECIALS))


def fed_ids(target_ids: Sequence[int]) -> list[int]:
    """What the decoder is fed to foretell these tokens one after another."""
    return [START, *target_ids[:-1]]


def token_name(tokenizer: Tokenizer, token: int) -> str:
    """A token as a person may read it by itself: a special one by its name, bytes of a character as U+FFFD."""
    return SPECIALS[token] if token < len(SPECIALS) else tokenizer.decode([token])


__all__ = ["END", "Piece", "Subject", "Told", "fed_ids", "open_subject", "pieces", "text_of", "token_name"]
