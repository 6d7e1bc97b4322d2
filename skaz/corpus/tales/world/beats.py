"""The shape of the wordings that a language brings to the telling."""

from collections.abc import Mapping
from dataclasses import dataclass

Wordings = tuple[str, ...]
Keyed = Mapping[str, Wordings]


@dataclass(frozen=True)
class Beats:
    """Every beat of a story with its wordings; a keyed beat is chosen by what happens in the world."""

    titles: Wordings
    trait_opening: Keyed  # by trait; meets the hero and the place
    gone_opening: Wordings  # hero, place and thing: it is already lost
    cry_opening: Wordings  # the same, in dialogue
    errand_opening: Wordings  # the hero sets off
    weather: Keyed
    weather_later: Keyed
    reason_intro: Keyed  # meets the thing and says why it matters
    reason_back: Keyed  # the same when the thing has been named already
    reason_return: Keyed  # the reason comes back in the ending
    thing_habit: Mapping[str, str]
    thing_again: Mapping[str, str]
    loss: Keyed
    search: Keyed
    early: Wordings  # the helper is passed by before the loss
    meeting: Wordings
    meeting_again: Wordings
    price_asked: Keyed
    price_paid: Keyed
    advice: Keyed  # by loss; meets the hiding place and tells how the thing came there
    finding: Wordings
    echo: Keyed  # the hero's trait comes back
    ending: Keyed

    def pools(self) -> list[Wordings]:
        """Every pool of interchangeable wordings, for counting and for tests."""
        found: list[Wordings] = []
        for value in vars(self).values():
            if isinstance(value, tuple):
                found.append(value)
            else:
                found.extend((item,) if isinstance(item, str) else item for item in value.values())
        return found
