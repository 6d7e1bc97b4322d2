"""Which source word each target word came from, or which letter each symbol, by attention."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float

from skaz.tasks.translating import Attended, Translation, Translator


def alignment_in_writing(translator: Translator, source: str, target: Translation) -> list[tuple[int, int]]:
    """Where the network looked while it wrote a target that it has found, by words for sentences, by letters or symbols
    for strings; nothing for an empty source."""
    if not source.strip():
        return []
    attended = translator.attend(source, target)
    if translator.bundle.recipe.task == "translate":
        return word_alignment(attended)
    of_symbols = translator.source_tokenizer.cuts_symbols, translator.bundle.tokenizer.cuts_symbols
    return string_alignment(attended, of_symbols)


def word_alignment(attended: Attended) -> list[tuple[int, int]]:
    """(source word, target word) for each target word: the source word that its pieces looked at most, both counted
    from 0 between spaces. The end token is no word; a word that looked at the end most goes by its next best."""
    return _alignment(attended.weights_TS, _words(attended.source), _words(attended.target))


def string_alignment(attended: Attended, of_symbols: tuple[bool, bool]) -> list[tuple[int, int]]:
    """The same of strings. `of_symbols`: whether the source is of symbols, and the target, which are counted as words
    are; letters have their places in the string, spaces counted but aligned to nothing."""
    sides = zip((attended.source, attended.target), of_symbols, strict=True)
    source, target = (_words(pieces) if symbols else _letters(pieces) for pieces, symbols in sides)
    return _alignment(attended.weights_TS, source, target)


def _alignment(
    weights_TS: Float[np.ndarray, "T S"], source_words: Sequence[int], target_words: Sequence[int]
) -> list[tuple[int, int]]:
    weights = np.asarray(weights_TS, dtype=np.float64)
    n_sources, n_targets = max(source_words, default=-1) + 1, max(target_words, default=-1) + 1
    if not n_sources:
        return []
    together = np.zeros((n_targets, n_sources))
    for t, target_word in enumerate(target_words):
        for s, source_word in enumerate(source_words):
            if target_word >= 0 and source_word >= 0:
                together[target_word, source_word] += weights[t, s]
    written = sorted({word for word in target_words if word >= 0})
    return [(int(together[word].argmax()), word) for word in written]


def _letters(pieces: Sequence[str]) -> list[int]:
    """The place of each piece, the bytes of a character with the last of them; -1 for the end token, and for white
    space, which has its place all the same."""
    numbers: list[int] = []
    number = 0
    for piece in pieces[:-1]:
        numbers.append(-1 if piece.isspace() else number)
        number += bool(piece)
    return [*numbers, -1]


def _words(pieces: Sequence[str]) -> list[int]:
    """The word of each piece; -1 for the end token, and for white space by itself."""
    numbers: list[int] = []
    word, inside = -1, False
    for piece in pieces[:-1]:
        begins = piece[:1].isspace()
        if not piece:  # a byte of a character that later ones complete
            numbers.append(word if inside else word + 1)
            continue
        if piece.isspace():
            numbers.append(-1)
            inside = False
            continue
        if begins or not inside:
            word += 1
        inside = not piece[-1:].isspace()
        numbers.append(word)
    return [*numbers, -1]
