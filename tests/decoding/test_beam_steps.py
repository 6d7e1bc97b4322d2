"""A watched search: it finds the same, and its steps put together are what it found."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from skaz.decoding.beam import BeamSettings, beam_search
from skaz.decoding.beam_steps import BeamStep

V, START, END = 9, 1, 2
SOURCES = [[3], [4, 5], [5, 5, 3]]


@given(st.integers(0, 300), st.integers(1, 4), st.sampled_from([1, 2]), st.floats(-2, 2))
@settings(deadline=None, max_examples=40)
def test_the_steps_of_a_search_are_what_it_found(fake, seed: int, beams: int, groups: int, end_logit: float) -> None:
    engine = fake.Engine(V, seed=seed, end_logit=end_logit)
    said = BeamSettings(beams=beams * groups, groups=groups, max_tokens=7)
    steps: list[BeamStep] = []
    more = {"start_id": START, "end_id": END, "never": (0, START)}
    found = beam_search(engine, SOURCES, said, **more, watch=steps.append)
    assert found == beam_search(engine, SOURCES, said, **more)
    for source in range(len(SOURCES)):
        told = {(text, True) for text in _told(steps, source, groups, ended=True)}
        told |= {(text, False) for text in _told(steps, source, groups, ended=False) if len(text) == said.max_tokens}
        assert {(one.tokens, one.ended) for one in found[source]} <= told


def _told(steps: list[BeamStep], source: int, groups: int, *, ended: bool) -> list[tuple[int, ...]]:
    """The targets that the steps tell of: those that ended, or those that were live."""
    told = []
    for group in range(groups):
        live: dict[int, tuple[int, ...]] = dict.fromkeys(range(9), ())
        for step in (each for each in steps if (each.source, each.group) == (source, group)):
            assert np.all(np.isfinite(step.sums_J))
            assert len(set(zip(step.parents_J.tolist(), step.tokens_J.tolist(), strict=True))) == len(step.tokens_J)
            before, live = live, {}
            for parent, token, is_end, beam in zip(
                step.parents_J.tolist(), step.tokens_J.tolist(), step.ended_J, step.beams_J.tolist(), strict=True
            ):
                if is_end:
                    assert token == END
                    told += [before[parent]] if ended else []
                elif beam >= 0:
                    live[beam] = (*before[parent], token)
            told += [] if ended else list(live.values())
    return told
