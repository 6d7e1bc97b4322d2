"""Bundles that can't vote on each token, as they write other tokens or in another order, vote on whole targets."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from skaz.decoding.beam import BeamSettings
from skaz.tasks.translating import Translation, Translator, each_once


class VotingTranslator(Translator):
    """Translators that each search by themselves; then each judges what any of them has found, and the mean of their
    log-probabilities decides, as Liu et al. (2016) have two agree that write from opposite ends.

    Of a target, its tokens, its length and what is attended to are those of the first translator."""

    def __init__(self, translators: Sequence[Translator], votes: Sequence[int]) -> None:
        """`votes`: how much each translator counts, its number of bundles."""
        super().__init__(translators[0].bundle, translators[0].engine)
        self._translators = tuple(translators)
        self._weights = [each / sum(votes) for each in votes]

    @property
    def votes_on_whole_targets(self) -> bool:
        """They do."""
        return True

    def _find(
        self, texts: Sequence[str], settings: BeamSettings, prefix: str, include: Sequence[str], batch_tokens: int
    ) -> list[list[Translation]]:
        """Who writes from the end finds no target with a forced beginning, but judges it; scores are of whole targets,
        the beginning included. What no search has ended takes no part, and where none has ended anything the targets
        of the first that searched stand. Targets are as the first one writes them: others may part symbols by two
        spaces. The coverage penalty steers each search, and is no part of the scores."""
        free = [each for each in self._translators if not (prefix.strip() and each.writes_from_the_end)]
        searching = free or self._translators  # who can't do what is asked tells so
        found = [each._find(texts, settings, prefix, include, batch_tokens) for each in searching]
        asked = [
            (number, target)
            for number, lists in enumerate(zip(*found, strict=True))
            for target in dict.fromkeys(one.text for ones in lists for one in ones if one.ended)
            if texts[number].strip()
        ]
        pairs = [(texts[number], target) for number, target in asked]
        judges = [each.judge(pairs, settings, batch_tokens=batch_tokens) for each in self._translators]
        joined: list[list[Translation]] = [[] for _ in texts]
        for (number, _), judged in zip(asked, zip(*judges, strict=True), strict=True):
            joined[number].append(self._joined(judged, settings))
        best = [each_once(sorted(ones, key=lambda one: -one.score))[: settings.beams] for ones in joined]
        if searching[0] is self._translators[0]:
            return [ones or cut for ones, cut in zip(best, found[0], strict=True)]
        return [
            ones or self._in_its_tokens(text, cut, settings)
            for text, ones, cut in zip(texts, best, found[0], strict=True)
        ]

    def _in_its_tokens(self, source: str, targets: Sequence[Translation], settings: BeamSettings) -> list[Translation]:
        """What another translator has begun, as the first one would write it; scored as if it ended there."""
        judged = self._translators[0].judge([(source, one.text) for one in targets], settings)
        told = [replace(each, ended=one.ended) for each, one in zip(judged, targets, strict=True)]
        return each_once(sorted(told, key=lambda one: -one.score))

    def _joined(self, judged: Sequence[Translation], settings: BeamSettings) -> Translation:
        """A target as the first translator has it, with the mean of what all think of it. One length for all: who
        writes a target in few tokens would else count for more than who spells it."""
        mean = sum(weight * one.log_probability for weight, one in zip(self._weights, judged, strict=True))
        length = len(judged[0].ids) + 1  # with the end
        return replace(judged[0], log_probability=mean, score=settings.score(mean, length))
