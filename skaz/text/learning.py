"""How each kind of vocabulary is learnt from texts.

Pieces are learnt over characters, then written over bytes: no token holds half a letter by accident (a letter
is two bytes in Russian), and yet whatever was not seen still falls back to single bytes. Every vocabulary
begins with the special tokens and the 256 bytes, and is a function of the texts alone.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import tokenizers
from tokenizers import models

from skaz.text.byte_level import byte_alphabet, to_byte_level
from skaz.text.counting import (
    characters_by_count,
    frequent_words,
    letters_of_symbols,
    merges_by_rank,
    symbols_by_count,
    word_counts,
)

# The characters outside this share of the text are left to bytes, so that a few foreign names in a large
# corpus don't take thousands of tokens. The kind "characters" keeps them all.
_COVERAGE = 0.9999
# A unigram model's score of what it must not use: a special token is never cheaper than its letters.
_NEVER = -1e9
_UNSEEN_BYTE = -25.0


def learn_bpe(texts: Sequence[str], size: int, specials: Sequence[str]) -> models.Model:
    """Byte-pair encoding (Sennrich et al., 2016) over the commoner characters, with bytes beneath."""
    vocabulary = {token: number for number, token in enumerate((*specials, *byte_alphabet()))}
    room = size - len(vocabulary)
    merges = _character_merges(characters_by_count(texts, _COVERAGE), room)
    for left, right in merges:
        vocabulary.setdefault(left + right, len(vocabulary))
    for pair in merges_by_rank(texts, room):
        left, right = map(to_byte_level, pair)
        if len(vocabulary) >= size:
            break
        if left in vocabulary and right in vocabulary:
            merges.append((left, right))
            vocabulary.setdefault(left + right, len(vocabulary))
    return models.BPE(vocab=vocabulary, merges=merges)


def learn_unigram(texts: Sequence[str], size: int, specials: Sequence[str]) -> models.Model:
    """A unigram language model of pieces (Kudo, 2018), by hard EM from twice as many BPE pieces.

    Hard, because Hugging Face's soft EM adds floats in an order that changes from run to run.
    """
    room = size - len(specials) - 256
    characters = _outside_ascii(characters_by_count(texts, _COVERAGE))[:room]
    merged = (to_byte_level(left + right) for left, right in merges_by_rank(texts, 2 * room))
    pieces = list(dict.fromkeys([*characters, *merged]))
    words, counts = word_counts(texts)
    words = [to_byte_level(word) for word in words]
    scores = np.full(256 + len(pieces), -1.0)  # at first the fewest pieces win
    rounds_at_size = 0
    while words and rounds_at_size < 3:
        uses = _uses(_unigram(pieces, scores, specials), words, counts)[len(specials) :]
        if len(pieces) > room:
            kept = _most_used(uses[256:], always=len(characters), most=max(room, int(0.75 * len(pieces))))
            pieces = [pieces[number] for number in kept]
            uses = np.concatenate([uses[:256], uses[256:][kept]])
        else:
            rounds_at_size += 1
        scores = np.log(np.maximum(uses, 0.5) / uses.sum())
        scores[:256] = np.where(uses[:256] > 0, scores[:256], _UNSEEN_BYTE)
    return _unigram(pieces, scores, specials)


def learn_words(texts: Sequence[str], size: int, specials: Sequence[str]) -> models.Model:
    """A quarter characters and syllables, the rest frequent words, each with the space before it.

    A text is cut into the fewest pieces, so that a word of the vocabulary is always one token.
    """
    room = size - len(specials) - 256
    characters = _outside_ascii(characters_by_count(texts, _COVERAGE))
    syllables = [to_byte_level(left + right) for left, right in merges_by_rank(texts, room // 4)]
    words = [to_byte_level(word) for word in frequent_words(texts, room)]
    small = list(dict.fromkeys([*characters, *syllables]))[: math.ceil(room / 4)]
    pieces = [piece for piece in dict.fromkeys([*small, *words]) if len(piece) > 1][:room]
    return _fewest_pieces(pieces, specials)


def learn_characters(texts: Sequence[str], size: int, specials: Sequence[str]) -> models.Model:
    """Every character of the texts a token (the commonest, where there are more than `size`)."""
    room = size - len(specials) - 256
    return _fewest_pieces(_outside_ascii(characters_by_count(texts))[:room], specials)


def learn_symbols(texts: Sequence[str], size: int, specials: Sequence[str]) -> models.Model:
    """Everything between spaces a token, with the space before it (the commonest, where there are more than `size`)."""
    room = size - len(specials) - 256
    return _fewest_pieces([to_byte_level(" " + symbol) for symbol in symbols_by_count(texts)][:room], specials)


def learn_spelt_symbols(texts: Sequence[str], size: int, specials: Sequence[str]) -> models.Model:
    """Every character of what stands between spaces a token, the first of each with the space before it (the
    commonest, where there are more than `size`)."""
    room = size - len(specials) - 256
    letters = [to_byte_level(letter) for letter in letters_of_symbols(texts)]
    return _fewest_pieces([letter for letter in letters if len(letter) > 1][:room], specials)


def learn_bytes(specials: Sequence[str]) -> models.Model:
    """The 256 bytes and nothing else."""
    vocabulary = {token: number for number, token in enumerate((*specials, *byte_alphabet()))}
    return models.BPE(vocab=vocabulary, merges=[])


def _character_merges(characters: Sequence[str], room: int) -> list[tuple[str, str]]:
    """Merges that put together the bytes of each character, for as many characters as there is room."""
    merges: dict[tuple[str, str], None] = {}
    for character in characters:
        written = to_byte_level(character)
        needed = [(written[:end], written[end]) for end in range(1, len(written))]
        if len(merges.keys() | needed) > room:
            break
        merges.update(dict.fromkeys(needed))
    return list(merges)


def _outside_ascii(characters: Sequence[str]) -> list[str]:
    """Those that take more than one byte, over bytes: the others are in every vocabulary already."""
    return [to_byte_level(character) for character in characters if ord(character) > 127]


def _fewest_pieces(pieces: Sequence[str], specials: Sequence[str]) -> models.Model:
    """All pieces cost the same, so the cheapest cut is the one with the fewest."""
    return _unigram(pieces, np.full(256 + len(pieces), -1.0), specials)


def _unigram(pieces: Sequence[str], scores: np.ndarray, specials: Sequence[str]) -> models.Model:
    """`scores` are for the 256 bytes, then for the pieces."""
    vocabulary = [(special, _NEVER) for special in specials]
    vocabulary += zip((*byte_alphabet(), *pieces), scores.tolist(), strict=True)
    return models.Unigram(vocab=vocabulary, unk_id=0, byte_fallback=False)


def _uses(model: models.Model, words: list[str], counts: list[int]) -> np.ndarray:
    """How often each token of the model is used in the best cuts of the words."""
    cutter = tokenizers.Tokenizer(model)
    cuts = [encoding.ids for encoding in cutter.encode_batch_fast(words)]
    ids = np.fromiter((token for cut in cuts for token in cut), dtype=np.int64)
    weights = np.repeat(np.asarray(counts, dtype=np.float64), [len(cut) for cut in cuts])
    return np.bincount(ids, weights=weights, minlength=cutter.get_vocab_size())


def _most_used(uses: np.ndarray, always: int, most: int) -> np.ndarray:
    """The numbers of the first `always` pieces and of the most used among the others, in their old order."""
    others = always + np.argsort(-uses[always:], kind="stable")[: max(most - always, 0)]
    return np.concatenate([np.arange(always), np.sort(others)])
