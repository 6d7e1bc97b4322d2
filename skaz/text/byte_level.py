"""Bytes written as printable characters, so that a subword model never meets an unknown symbol.

The alphabet is GPT-2's, which Hugging Face's `ByteLevel` pre-tokenizer applies: printable Latin-1 bytes stand
for themselves, the other 68 for the characters from U+0100 on. A token of the vocabulary is a string over
this alphabet; the text that it stands for is those bytes.
"""

from __future__ import annotations

import functools


@functools.cache
def byte_alphabet() -> tuple[str, ...]:
    """The character that stands for each of the 256 bytes, in the order of the bytes."""
    printable = {*range(ord("!"), ord("~") + 1), *range(0xA1, 0xAD), *range(0xAE, 0x100)}
    alphabet: list[str] = []
    stand_ins = 0
    for byte in range(256):
        if byte in printable:
            alphabet.append(chr(byte))
        else:
            alphabet.append(chr(0x100 + stand_ins))
            stand_ins += 1
    return tuple(alphabet)


@functools.cache
def _byte_of() -> dict[str, int]:
    return {character: byte for byte, character in enumerate(byte_alphabet())}


def to_byte_level(text: str) -> str:
    """`text` in UTF-8, each byte written as its character of the alphabet."""
    alphabet = byte_alphabet()
    return "".join([alphabet[byte] for byte in text.encode("utf-8")])


def from_byte_level(token: str) -> bytes:
    """The bytes that a token stands for; KeyError where a character is not of the alphabet."""
    byte_of = _byte_of()
    return bytes([byte_of[character] for character in token])
