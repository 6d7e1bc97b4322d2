"""`skaz translate`, `skaz transduce`: targets from sources, by a bundle that learnt from pairs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float

from skaz.arguments import check, check_text, is_whole, list_of_texts, texts_of
from skaz.corpus.sources import END, NEXT, START, pair_source, reading_order
from skaz.decoding.beam import BeamSettings, Hypothesis, beam_search
from skaz.decoding.constrained_beam import constrained_search
from skaz.decoding.vocabulary import Vocabulary
from skaz.engine.bundle import ALIGNMENT, Bundle, open_bundle
from skaz.engine.ensemble import together
from skaz.engine.interface import Engine
from skaz.engine.loading import load_engine
from skaz.engine.ngram_engine import with_ngrams
from skaz.errors import RequestError
from skaz.evaluation.stepping import told_log_probabilities
from skaz.processes import cores
from skaz.tasks.vocabularies import vocabulary_of
from skaz.text.met import Met
from skaz.text.sides import decode_side, encode_sides
from skaz.text.tokenizer import Tokenizer
from skaz.text.units import tokens_inside, unit_starts, unit_texts

BATCH_TOKENS = 2048  # source tokens that are read at once, padding included
_LENGTH_FACTOR, _LENGTH_MARGIN = 3, 16  # no well-behaved target is longer than so many times its source


@dataclass(frozen=True)
class Translation:
    """A target. `tokens`: its pieces, each with its log-probability in nats, that of the steps along the source before
    it included; a symbol that is spelt is one piece, and of a character's bytes the last has it; `score`: what the
    search ordered it by.
    `ended`: whether the model ended it, or the limit did. `ids`: what the decoder wrote, such steps included."""

    text: str
    tokens: tuple[tuple[str, float], ...]
    log_probability: float
    score: float
    ended: bool
    ids: tuple[int, ...] = ()

    def __str__(self) -> str:
        return self.text


@dataclass(frozen=True)
class Attended:
    """A source and a target as their tokens' texts, and the shares of attention: of row t, when token t was written. A
    symbol is one here, however many tokens it is spelt with: its row is the mean of theirs, its column their sum."""

    source: tuple[str, ...]
    target: tuple[str, ...]
    weights_TS: Float[np.ndarray, "T S"]


class Translator:
    """A bundle of pairs that runs, or several that write the same tokens, as one. Keeps no state between sources."""

    def __init__(self, bundle: Bundle, engine: Engine[Any]) -> None:
        self.bundle = bundle
        self.engine = engine
        self._vocabulary: Vocabulary = vocabulary_of(bundle.tokenizer, steps=bundle.alignment is not None)
        self._longest = int(bundle.facts.corpus.get("longest_target_tokens", 0))
        text, met = bundle.recipe.text, bundle.facts.corpus
        kind_of_sources = text.source_tokenizer or text.tokenizer
        of_sources, of_targets = met.get("ascii_of_sources"), met.get("ascii_of_targets")
        self.met_of_sources = Met(self.source_tokenizer, of_sources, of_bytes=kind_of_sources == "bytes")
        self.met_of_targets = Met(bundle.tokenizer, of_targets, of_bytes=text.tokenizer == "bytes")

    @property
    def votes_on_whole_targets(self) -> bool:
        """Whether there are bundles that can't vote on each token, so that no target's nats are of all of them."""
        return False

    @property
    def writes_from_the_end(self) -> bool:
        """Whether the end of a target is written first."""
        return self.bundle.recipe.text.reverse_targets

    @property
    def source_tokenizer(self) -> Tokenizer:
        """Of the sources: their own, or the one that they share with the targets."""
        return self.bundle.source_tokenizer or self.bundle.tokenizer

    def translate(self, text: str) -> Translation:
        """The best target for a source; empty for an empty one."""
        check_text("text", text)
        return self.search([text])[0][0]

    def search(
        self,
        texts: Sequence[str],
        settings: BeamSettings | None = None,
        *,
        prefix: str = "",
        include: str | Sequence[str] = (),
        batch_tokens: int = BATCH_TOKENS,
    ) -> list[list[Translation]]:
        """Up to `settings.beams` targets for each source, the best first; of an empty source one, which is empty.

        `prefix`: how each target begins; `include`: a term that must be in it, or several. Sources are read in batches
        of near lengths, of at most `batch_tokens`; no result depends on its batch. RequestError for terms where
        attention is monotonic: it writes a term in parts, with steps between them; and for a prefix where targets are
        written from their ends.
        """
        if isinstance(texts, str):
            raise RequestError("search takes a list of sources, and this is one: put it into a list, or translate it.")
        texts, include = list_of_texts("texts", texts), texts_of("include", include)
        check_text("prefix", prefix)
        if prefix and not prefix.strip():
            raise RequestError("The prefix has nothing but spaces; give how each target begins, or leave it out.")
        check("settings", settings, isinstance(settings, BeamSettings | None), "BeamSettings, or None")
        check("batch_tokens", batch_tokens, is_whole(batch_tokens, 1), "a whole number, 1 or more")
        if not all(term.strip() for term in include):
            raise RequestError("A term that must be there is empty; leave it out.")
        return self._find(texts, settings or BeamSettings(), prefix, include, batch_tokens)

    def _find(
        self, texts: Sequence[str], settings: BeamSettings, prefix: str, include: Sequence[str], batch_tokens: int
    ) -> list[list[Translation]]:
        """What `search` is asked for, once it is known to be of the right kinds."""
        if include:
            self._check_takes_terms()
        sources = self.source_ids(texts)
        terms = encode_sides(self.bundle.tokenizer, include, reverse=self.writes_from_the_end)
        found: list[list[Translation]] = [[_NOTHING] for _ in texts]
        real = [number for number, text in enumerate(texts) if text.strip()]
        # along its source each target steps on elsewhere, and so begins with other tokens
        each_alone = bool(prefix.strip()) and self.bundle.alignment is not None
        at_once = batch_tokens * BeamSettings.beams // max(settings.beams, BeamSettings.beams)  # beams are rows as well
        for batch in [[number] for number in real] if each_alone else _batches(real, sources, at_once):
            begun = self.target_ids(sources[batch[0]], prefix, goes_on=True) if prefix.strip() else []
            hypotheses = self._search([sources[number] for number in batch], settings, begun, terms)
            for number, each in zip(batch, hypotheses, strict=True):
                found[number] = each_once([self._translation(one, begun) for one in each])
        return found

    def _check_takes_terms(self) -> None:
        """RequestError, which names every setting to train with instead, where it can't be made to write terms."""
        steps, spells = self.bundle.alignment is not None, self.bundle.tokenizer.spells_symbols
        if not (steps or spells):
            return
        why = (
            "has monotonic attention, which can't be made to write a term"
            if steps
            else "spells symbols, and a mark behind a term would make another of it"
        )
        instead = ['model.attention = "general"'] * steps + ['text.tokenizer = "symbols"'] * spells
        raise RequestError(f"{self.bundle.path} {why}; leave that out, or train one with {' and '.join(instead)}.")

    def judge(
        self,
        pairs: Sequence[tuple[str, str]],
        settings: BeamSettings | None = None,
        *,
        batch_tokens: int = BATCH_TOKENS,
    ) -> list[Translation]:
        """Of each source and target what `search` would tell of the target if it found it by the likeliest steps along
        the source, whatever is attended to. Sources are read in batches as `search` reads them."""
        settings = settings or BeamSettings()
        sources = self.source_ids([source for source, _ in pairs])
        targets = [self.target_ids(ids, target) for ids, (_, target) in zip(sources, pairs, strict=True)]
        judged = [_NOTHING] * len(pairs)
        for batch in _batches(range(len(pairs)), sources, batch_tokens):
            told = told_log_probabilities(
                self.engine, [sources[each] for each in batch], [targets[each] for each in batch]
            )
            for number, nats in zip(batch, told, strict=True):
                score = settings.score(float(nats.sum()), len(nats))
                found = Hypothesis(tuple(targets[number]), tuple(nats.tolist()), score, ended=True)
                judged[number] = self._translation(found, ())
        return judged

    def attend(self, source: str, target: str | Translation | None = None) -> Attended:
        """What the network looks at in the source while it writes the target, one that it has found or a person's;
        without one, its own best. RequestError where the bundle, or one of an ensemble, has no attention, and for an
        empty source."""
        check_text("source", source)
        if not isinstance(target, Translation | None):
            check_text("target", target)
        if not source.strip():
            raise RequestError("There is nothing to attend to; give a source.")
        source_ids = self.source_ids([source])[0]
        found = self.translate(source) if target is None else target
        written = found.ids if isinstance(found, Translation) else self.target_ids(source_ids, found)
        target_ids = [*written, END]
        rows: list[np.ndarray] = []
        state = self.engine.start([source_ids])
        for fed, token in zip([START, *target_ids[:-1]], target_ids, strict=True):
            _, state, attention_BS = self.engine.attended_step(np.array([fed]), state)
            if attention_BS is None:
                raise RequestError(
                    f"{self.bundle.path}, or one that votes with it, has no attention: only C passes from the source "
                    "to the target."
                )
            if token != NEXT:
                rows.append(attention_BS[0])
        order = reading_order(len(source_ids), reverse=self.bundle.recipe.text.reverse_sources)
        told = [token for token in target_ids if token != NEXT]
        target_order = reading_order(len(told), reverse=self.writes_from_the_end)
        read, told = [source_ids[place] for place in order], [told[place] for place in target_order]
        of_source, of_target = unit_starts(self.source_tokenizer, read), unit_starts(self.bundle.tokenizer, told)
        weights_TS = np.add.reduceat(np.stack(rows)[target_order][:, order], of_source, axis=1)
        tokens_T1 = np.diff([*of_target, len(told)]).astype(weights_TS.dtype)[:, None]
        return Attended(
            source=unit_texts(self.source_tokenizer, read, of_source),
            target=unit_texts(self.bundle.tokenizer, told, of_target),
            weights_TS=np.add.reduceat(weights_TS, of_target, axis=0) / tokens_T1,
        )

    @property
    def reads_symbols(self) -> bool:
        """Whether a token of a source is what stands between spaces."""
        return self.source_tokenizer.cuts_symbols and not self.source_tokenizer.spells_symbols

    @property
    def writes_symbols(self) -> bool:
        """Whether a token of a target is what stands between spaces."""
        return self.bundle.tokenizer.cuts_symbols and not self.bundle.tokenizer.spells_symbols

    def unknown_in(self, text: str) -> str:
        """What training met seldom or never of a source as it is read, each once: characters, or where tokens are
        symbols, those, with spaces between them."""
        return self.met_of_sources.unknown_in(self.met_of_sources.in_known_form(text))

    def unknown_in_target(self, text: str) -> str:
        """The same of a target's beginning, as it is given."""
        return self.met_of_targets.unknown_in(text)

    def source_ids(self, texts: Sequence[str]) -> list[list[int]]:
        """What the encoder reads of each source, which is put into the form of Unicode that training met."""
        reverse = self.bundle.recipe.text.reverse_sources
        texts = [self.met_of_sources.in_known_form(text) for text in texts]
        return [pair_source(ids, reverse=reverse).tolist() for ids in encode_sides(self.source_tokenizer, texts)]

    def target_ids(self, source_ids: Sequence[int], text: str, *, goes_on: bool = False) -> list[int]:
        """A target as the decoder reads it: from its end where the recipe has it so, and where attention is monotonic
        with the steps along the source that the encoder read as `source_ids`. `goes_on`: the text is its beginning
        alone, a RequestError where that is written last."""
        if goes_on and self.writes_from_the_end:
            raise RequestError(
                f"{self.bundle.path} writes a target from its end and comes to its beginning last, so it can't go on "
                "from one; leave that out, or train one without text.reverse_targets."
            )
        ids = encode_sides(self.bundle.tokenizer, [text], reverse=self.writes_from_the_end)[0]
        alignment, source_ids = self.bundle.alignment, source_ids[:-1]  # without <end>
        if alignment is None:
            return ids
        return alignment.beginning(source_ids, ids) if goes_on else alignment.walks([(source_ids, ids)])[0]

    def _search(
        self,
        sources: Sequence[Sequence[int]],
        settings: BeamSettings,
        begun: Sequence[int],
        terms: Sequence[Sequence[int]],
    ) -> list[list[Hypothesis]]:
        factor = _LENGTH_FACTOR + (self.bundle.alignment is not None)  # a step for each source token
        most = [max(self._longest, factor * len(source)) + _LENGTH_MARGIN for source in sources]
        never = sorted(self._vocabulary.special_ids)
        if not terms:
            return beam_search(
                self.engine,
                sources,
                settings,
                start_id=START,
                end_id=END,
                never=never,
                prefix=begun,
                inside=tokens_inside(self.bundle.tokenizer),
                silent=[NEXT],
                most=most,
                alike=lambda tokens: self._text(begun, tokens),
            )
        return [
            constrained_search(
                self.engine,
                source,
                terms,
                replace(settings, max_tokens=settings.limit(longest)),
                start_id=START,
                end_id=END,
                never=never,
                prefix=begun,
            )
            for source, longest in zip(sources, most, strict=True)
        ]

    def _text(self, begun: Sequence[int], tokens: Sequence[int]) -> str:
        """What is told of a target, whatever its tokens and its steps along the source."""
        return decode_side(self.bundle.tokenizer, [*begun, *tokens], reverse=self.writes_from_the_end)

    def _translation(self, one: Hypothesis, begun: Sequence[int]) -> Translation:
        tokenizer = self.bundle.tokenizer
        ids: list[int] = []
        nats: list[float] = []
        stepping = 0.0
        for token, log_probability in zip(one.tokens, one.log_probabilities, strict=False):
            stepping += log_probability
            if token != NEXT:
                ids.append(token)
                nats.append(stepping)
                stepping = 0.0
        if self.writes_from_the_end:
            ids, nats = ids[::-1], nats[::-1]
        starts = unit_starts(tokenizer, ids)
        told = [sum(nats[first:end]) for first, end in pairwise([*starts, len(ids)])]
        return Translation(
            text=self._text(begun, one.tokens),
            tokens=tuple(zip(unit_texts(tokenizer, ids, starts), told, strict=True)),
            log_probability=one.log_probability,
            score=one.score,
            ended=one.ended,
            ids=(*begun, *one.tokens),
        )


_NOTHING = Translation("", (), 0.0, 0.0, ended=True)


def load_translator(*paths: str | Path, device: str = "cpu", threads: int | None = None) -> Translator:
    """The bundle at a path, ready to translate, or several as an ensemble; all cores without `threads`. Those that
    write the same tokens in the same order vote on each of them, others on whole targets. Raises BundleError where one
    is missing, damaged or too new, RequestError for one that writes stories or does another task than the first, and
    for no path."""
    if not paths:
        raise RequestError("There is no bundle to load: give its path, or several to vote together.")
    if not all(isinstance(path, str | Path) for path in paths):
        raise RequestError("Each bundle is given by itself, load_translator(one, other), and not in a list.")
    check("threads", threads, threads is None or is_whole(threads, 1), "1 or more, or None for all cores")
    bundles = [open_bundle(path) for path in paths]
    for bundle in bundles:
        if bundle.recipe.task == "write":
            raise RequestError(f"{bundle.path} writes stories and was not trained on pairs: use skaz write.")
        if (task := bundle.recipe.task) != (first := bundles[0].recipe.task):
            raise RequestError(
                f"{bundle.path} can't vote with {bundles[0].path}: the one learnt to {task}, the other to {first}. "
                "Name bundles of one task."
            )
    at_once = min(threads or cores(), cores())
    alike: dict[Any, list[Bundle]] = {}
    for bundle in bundles:
        alike.setdefault(_way_of_writing(bundle), []).append(bundle)
    translators = []
    for those in alike.values():
        engines = [load_engine(bundle, device, at_once) for bundle in those]
        translators.append(Translator(those[0], with_ngrams(together(engines), those)))
    if len(translators) == 1:
        return translators[0]
    from skaz.tasks.voting import VotingTranslator

    return VotingTranslator(translators, [len(those) for those in alike.values()])


def _way_of_writing(bundle: Bundle) -> tuple[str | bool | None, ...]:
    """What bundles must have in common to vote on each token: the tokens that they read and write, the direction in
    which they do, and the steps along the source."""
    source, text = bundle.source_tokenizer, bundle.recipe.text
    tokens = source.fingerprint if source else None, bundle.tokenizer.fingerprint
    return *tokens, text.reverse_sources, text.reverse_targets, bundle.hashes.get(ALIGNMENT)


def each_once(found: Sequence[Translation]) -> list[Translation]:
    """Without those that a better one says already, in other tokens or by other steps along the source."""
    once: dict[str, Translation] = {}
    for one in found:
        once.setdefault(one.text, one)
    return list(once.values())


def _batches(numbers: Sequence[int], sources: Sequence[Sequence[int]], batch_tokens: int) -> Iterator[list[int]]:
    """The numbers of sources of near lengths together, the longest first."""
    batch: list[int] = []
    for number in sorted(numbers, key=lambda each: -len(sources[each])):
        if batch and (len(batch) + 1) * len(sources[batch[0]]) > batch_tokens:
            yield batch
            batch = []
        batch.append(number)
    if batch:
        yield batch
