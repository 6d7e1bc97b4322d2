"""Text from tokens as they come, one by one."""

from __future__ import annotations

import codecs

from skaz.text.tokenizer import Tokenizer


class TextStream:
    """Turns token ids into text, one at a time, and never shows half a character.

    Every token stands for some bytes, and an incremental UTF-8 decoder keeps an unfinished sequence to
    itself, so a push costs the same however long the text has grown. The joined pieces, `finish()` included,
    equal `tokenizer.decode` of all the ids.
    """

    def __init__(self, tokenizer: Tokenizer) -> None:
        self._token_bytes = tokenizer.token_bytes
        self._decoder = codecs.getincrementaldecoder("utf-8")(errors="replace")

    def push(self, token_id: int) -> str:
        """The characters that this token completes; may be ''."""
        return self._decoder.decode(self._token_bytes[token_id])

    def finish(self) -> str:
        """What is left: '' or, where the tokens stopped inside a character, U+FFFD. Ready for a new text."""
        rest = self._decoder.decode(b"", final=True)
        self._decoder.reset()
        return rest
