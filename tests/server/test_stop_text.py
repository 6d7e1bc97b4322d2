"""Stop strings, cut wherever tokens end."""

from hypothesis import given
from hypothesis import strategies as st

from skaz.server.stop_text import StopText

WORDS = st.text("ab", max_size=3)


@given(st.lists(WORDS, max_size=12), st.lists(st.text("ab", min_size=1, max_size=4), max_size=3))
def test_what_is_told_is_the_text_before_the_first_stop_string(tokens: list[str], stops: list[str]) -> None:
    stop: StopText[int] = StopText(stops)
    told = [each for number, text in enumerate(tokens) for each in stop.push(number, text)] + stop.finish()
    text = "".join(tokens)
    ends = [text.index(each) for each in stops if each in text]
    so_far = "".join(part for _, part in told)
    if not ends:
        assert told == list(enumerate(tokens))
        return
    first_complete = min(length for length in range(len(text) + 1) if any(each in text[:length] for each in stops))
    assert text.startswith(so_far)
    assert not any(each in so_far for each in stops)
    assert len(so_far) <= first_complete
