"""What the texts hold: characters, words, and the pairs worth merging. All counts are exact."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Sequence

import numpy as np
import tokenizers
from tokenizers import Regex, models, pre_tokenizers, trainers

from skaz.text.pieces import batches

_LETTER = r"[\p{L}\p{M}]"
# Pretokens: a word with the space before it; an ending after an apostrophe ('s, 'll); each digit by itself;
# a run of punctuation; a run of line breaks; other white space. The runs are bounded to keep the regex
# engine's memory flat on a megabyte of one letter. A line break never shares a pretoken with what follows
# it: `Tokenizer.encode` cuts long texts there.
_PRETOKEN = (
    rf" ?{_LETTER}{{1,64}}"
    rf"|(?<={_LETTER})['’]\p{{L}}{{1,2}}(?!{_LETTER})"
    r"| ?\p{N}"
    r"| ?[^\s\p{L}\p{M}\p{N}]{1,16}"
    r"|[\r\n]{1,4}"
    r"|[^\S\r\n]{1,16}(?!\S)"
    r"|\s"
)
SYMBOL = r" ?[^ ]{1,256}| "  # of a text of symbols: each with the space before it
LETTER_OF_SYMBOL = r" ?[^ ]| "  # where they are spelt: the first letter of each with the space before it
_LONGEST_PIECE = 32
_MOST_WORDS = 300_000
_BATCH_CHARACTERS = 1_000_000


def pretokenizer() -> pre_tokenizers.PreTokenizer:
    """The cut into words and punctuation, shared by all kinds of vocabulary."""
    return pre_tokenizers.Split(Regex(_PRETOKEN), behavior="isolated")


def symbol_pretokenizer() -> pre_tokenizers.PreTokenizer:
    """The cut at spaces alone."""
    return pre_tokenizers.Split(Regex(SYMBOL), behavior="isolated")


def spelt_symbol_pretokenizer() -> pre_tokenizers.PreTokenizer:
    """The cut at every character, a space with the one behind it."""
    return pre_tokenizers.Split(Regex(LETTER_OF_SYMBOL), behavior="isolated")


def symbols_by_count(texts: Sequence[str]) -> list[str]:
    """What stands between spaces in the texts, commonest first; equal counts in the order of the alphabet."""
    return _by_count(symbol for text in texts for symbol in text.split())


def letters_of_symbols(texts: Sequence[str]) -> list[str]:
    """The characters that symbols between spaces are spelt with, commonest first: those that begin one with a space
    before them, those that go on by themselves; equal counts in the order of the alphabet."""
    return _by_count(letter for text in texts for symbol in text.split() for letter in (" " + symbol[0], *symbol[1:]))


def characters_by_count(texts: Sequence[str], coverage: float = 1.0) -> list[str]:
    """The characters of the texts, commonest first, as many as make up `coverage` of all that is written."""
    counts = np.zeros(0x110000, dtype=np.int64)
    for batch in batches(texts, _BATCH_CHARACTERS, len):
        code_points = np.frombuffer("".join(batch).encode("utf-32-le"), dtype=np.uint32)
        counts += np.bincount(code_points, minlength=len(counts))
    by_count = np.argsort(-counts, kind="stable")[: np.count_nonzero(counts)]
    covered = np.cumsum(counts[by_count])
    wanted = int(np.searchsorted(covered, coverage * covered[-1])) + 1 if len(covered) else 0
    return [chr(code_point) for code_point in by_count[:wanted]]


def frequent_words(texts: Sequence[str], most: int) -> list[str]:
    """Pretokens that occur at least twice, commonest first; equal counts in the order of the alphabet."""
    return _words_by_id(_word_level(texts, most, min_frequency=2))


def word_counts(texts: Sequence[str]) -> tuple[list[str], list[int]]:
    """The pretokens of the texts, but for the rarest of a very large corpus, and how often each occurs."""
    learner = _word_level(texts, _MOST_WORDS, min_frequency=1)
    words = _words_by_id(learner)
    counts = np.zeros(len(words), dtype=np.int64)
    for batch in batches(texts, _BATCH_CHARACTERS, len):
        for encoding in learner.encode_batch_fast(batch):
            counts += np.bincount(np.asarray(encoding.ids, dtype=np.int64), minlength=len(counts))
    return words, counts.tolist()


def merges_by_rank(texts: Sequence[str], most: int) -> list[tuple[str, str]]:
    """The first `most` merges of byte-pair encoding over the characters of the texts, or what there are."""
    if most <= 0:
        return []
    trainer = trainers.BpeTrainer(
        vocab_size=len(characters_by_count(texts)) + most,
        min_frequency=2,
        max_token_length=_LONGEST_PIECE,
        show_progress=False,
    )
    learner = tokenizers.Tokenizer(models.BPE())
    learner.pre_tokenizer = pretokenizer()
    learner.train_from_iterator(texts, trainer, length=len(texts))
    return [(left, right) for left, right in json.loads(learner.to_str())["model"]["merges"]]


def _by_count(strings: Iterable[str]) -> list[str]:
    counts = Counter(strings)
    return sorted(counts, key=lambda each: (-counts[each], each))


def _word_level(texts: Sequence[str], most: int, min_frequency: int) -> tokenizers.Tokenizer:
    learner = tokenizers.Tokenizer(models.WordLevel())
    learner.pre_tokenizer = pretokenizer()
    trainer = trainers.WordLevelTrainer(vocab_size=most, min_frequency=min_frequency, show_progress=False)
    learner.train_from_iterator(texts, trainer, length=len(texts))
    return learner


def _words_by_id(learner: tokenizers.Tokenizer) -> list[str]:
    return sorted(learner.get_vocab(), key=learner.get_vocab().__getitem__)
