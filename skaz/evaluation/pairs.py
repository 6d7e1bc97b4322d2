"""How well a bundle translates or transduces held-out pairs: the measures of its task, and how well it foretells."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from skaz.corpus.records import Story
from skaz.corpus.sources import whole_source
from skaz.engine.bundle import Bundle
from skaz.engine.interface import Engine
from skaz.evaluation.scores import Badness, Judged, Score, worst
from skaz.evaluation.stepping import EncodedStories, stepped
from skaz.evaluation.transduction import split, transduction_badness, transduction_scores
from skaz.evaluation.translation import translation_badness, translation_scores
from skaz.text.sides import together
from skaz.training.measured import Measured


@dataclass(frozen=True)
class TestSet:
    """Sources, each once, and the right answers to each, one or more."""

    __test__ = False  # no test of pytest's

    sources: tuple[str, ...]
    references: tuple[tuple[str, ...], ...]


def test_set(pairs: Sequence[Story], *, together: bool) -> TestSet:
    """The pairs as a test; `together`: equal sources are one with several answers, as words have pronunciations."""
    if not together:
        return TestSet(tuple(pair.source or "" for pair in pairs), tuple((pair.text,) for pair in pairs))
    answers: dict[str, list[str]] = {}
    for pair in pairs:
        answers.setdefault(pair.source or "", []).append(pair.text)
    return TestSet(tuple(answers), tuple(map(tuple, answers.values())))


def score_pairs(bundle: Bundle, test: TestSet, outputs: Sequence[str], *, tokenised: bool = False) -> list[Score]:
    """BLEU, chrF and TER for a translator; exact match, symbol and word error rate for a transducer. Outputs and
    references are compared in one of Unicode's forms (NFC). `tokenised`: the references are tokenised already, as some
    published results are."""
    written, references = _compared(bundle, test, outputs)
    if bundle.recipe.task == "translate":
        return translation_scores(written, references, tokenised=tokenised)
    return transduction_scores(written, references, symbols=bundle.tokenizer.cuts_symbols)


def wrong_outputs(bundle: Bundle, test: TestSet, outputs: Sequence[str]) -> list[Judged]:
    """The outputs that equal no reference, those farthest from theirs first."""
    badness: Badness = translation_badness
    if bundle.recipe.task != "translate":
        badness = transduction_badness(symbols=bundle.tokenizer.cuts_symbols)
    written, references = _compared(bundle, test, outputs)
    judged = worst(test.sources, written, references, badness, len(outputs))
    return [each for each in judged if each.output not in each.references]


def right_outputs(bundle: Bundle, test: TestSet, outputs: Sequence[str]) -> list[bool]:
    """Of each output whether it equals one of its references: of strings symbol by symbol, as `score_pairs` counts."""
    written, references = _compared(bundle, test, outputs)
    if bundle.recipe.task == "transduce":
        symbols = bundle.tokenizer.cuts_symbols
        return [
            any(split(output, symbols=symbols) == split(each, symbols=symbols) for each in answers)
            for output, answers in zip(written, references, strict=True)
        ]
    return [output in answers for output, answers in zip(written, references, strict=True)]


def _compared(bundle: Bundle, test: TestSet, outputs: Sequence[str]) -> tuple[list[str], list[list[str]]]:
    """Outputs and references in Unicode's usual form (NFC), in which what looks the same is the same."""
    references = [[_nfc(together(bundle.tokenizer, each)) for each in answers] for answers in test.references]
    return [_nfc(output) for output in outputs], references


def _nfc(text: str) -> str:
    return unicodedata.normalize("NFC", text)


def foretell(bundle: Bundle, engine: Engine[Any], pairs: Sequence[Story]) -> Measured:
    """The targets' nats, each from its source; both should be in the form of Unicode that training met. Where attention
    is monotonic, the steps along the source are among the tokens."""
    source_of = partial(whole_source, reverse=bundle.recipe.text.reverse_sources)
    encoded = EncodedStories(pairs, bundle.tokenizer, bundle.source_tokenizer, bundle.alignment, bundle.recipe.text)
    return stepped(engine, encoded, source_of)
