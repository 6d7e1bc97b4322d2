"""Characters to token ids and back, exactly, whatever the script."""

from __future__ import annotations

import functools
import hashlib
import unicodedata
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import get_args

import tokenizers
from tokenizers import decoders, models, normalizers, pre_tokenizers

from skaz.errors import BundleError, RecipeError, RequestError, did_you_mean
from skaz.recipe import SourceTokenizerKind
from skaz.text import learning
from skaz.text.byte_level import from_byte_level
from skaz.text.counting import LETTER_OF_SYMBOL, SYMBOL, pretokenizer, spelt_symbol_pretokenizer, symbol_pretokenizer
from skaz.text.pieces import LONGEST_PART, SPACE_BEFORE_WORD, parts

# Their ids are their places here, in every vocabulary. New ones may only be added by a new format of bundle.
SPECIALS = ("<pad>", "<start>", "<end>", "<plan>", "<title>", "<opening>", "<next>", "<none>")
SMALLEST_VOCABULARY = len(SPECIALS) + 256

# In a prepared corpus and in a bundle; the second only where a pair's sources have a vocabulary of their own.
TOKENIZER_FILE, SOURCE_TOKENIZER_FILE = "tokenizer.json", "source_tokenizer.json"

# A text is cut into words, and a word is looked up in a dictionary: eight times as fast as the library, which reads
# every word anew.
_MOST_KNOWN_IDS = 1_000_000

_PRETOKENIZERS = {"symbols": symbol_pretokenizer, "spelt-symbols": spelt_symbol_pretokenizer}


class Tokenizer:
    """A vocabulary and the cut of a text into its tokens.

    `decode(encode(text)) == text` for every text: nothing is normalised, and what the vocabulary does not
    hold is spelt in bytes. (Of letters, which only sources are read as, the text comes back in NFD.) Ids 0 to 7 are the
    special tokens, 8 to 263 the bytes, then come the learnt ones.
    """

    def __init__(self, inner: tokenizers.Tokenizer) -> None:
        """Use `train` or `load`. BundleError where the vocabulary is not one that they would make."""
        self._inner = inner
        self._known: dict[str, list[int]] = {}  # a word after a space, without that space: its ids
        self._n_known_ids = 0
        tokens = sorted(inner.get_vocab().items(), key=lambda item: item[1])
        names = [token for token, _ in tokens]
        if tuple(names[: len(SPECIALS)]) != SPECIALS or len(names) < SMALLEST_VOCABULARY:
            raise BundleError("This tokenizer was not made by skaz: prepare the corpus again.")
        try:
            spelt = [from_byte_level(name) for name in names[len(SPECIALS) :]]
        except KeyError as error:
            raise BundleError("This tokenizer is damaged: prepare the corpus again.") from error
        #: The UTF-8 bytes that each token stands for; b"" for special tokens.
        self.token_bytes: tuple[bytes, ...] = (b"",) * len(SPECIALS) + tuple(spelt)

    @classmethod
    def train(cls, texts: Iterable[str], kind: SourceTokenizerKind, vocabulary_size: int) -> Tokenizer:
        """A vocabulary of at most `vocabulary_size` tokens (a small corpus gives fewer), special ones included.

        All the texts are held in memory: give a sample of a large corpus. The same texts in the same order
        give the same file. Raises RecipeError for an unknown kind or a size below 264.
        """
        known = get_args(SourceTokenizerKind)
        if kind not in known:
            raise RecipeError(f'No tokenizer "{kind}": {", ".join(known)}.{did_you_mean(kind, known)}')
        if vocabulary_size < SMALLEST_VOCABULARY:
            raise RecipeError(
                f"A vocabulary of {vocabulary_size} tokens is too small: the 256 bytes and the special "
                f"tokens take {SMALLEST_VOCABULARY}."
            )
        if kind == "letters":
            texts = [unicodedata.normalize("NFD", text) for text in texts]
        learnt_from = [part for text in texts for part in parts(text, LONGEST_PART) if part]
        inner = tokenizers.Tokenizer(_learn(learnt_from, kind, vocabulary_size))
        if kind == "letters":
            inner.normalizer = normalizers.NFD()
        cut = _PRETOKENIZERS.get(kind, pretokenizer)()
        inner.pre_tokenizer = pre_tokenizers.Sequence(
            [cut, pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)]
        )
        # Only for readers other than skaz: `decode` here goes by `token_bytes`. The special tokens are
        # not registered as such, so their names in a user's text are plain text everywhere.
        inner.decoder = decoders.ByteLevel()
        return cls(inner)

    @classmethod
    def load(cls, path: str | Path) -> Tokenizer:
        """From a `tokenizer.json` or the folder that holds it; BundleError where it is missing or damaged."""
        file = _file(path)
        if not file.is_file():
            raise BundleError(f"There is no tokenizer at {file}: name a prepared corpus or a trained model.")
        try:
            return cls.from_json(file.read_text(encoding="utf-8"))
        except (BundleError, UnicodeDecodeError) as error:
            raise BundleError(f"{file}: {error}") from error

    def save(self, path: str | Path) -> None:
        """To a `tokenizer.json`, or into a folder that exists."""
        _file(path).write_text(self.to_json(), encoding="utf-8")

    @classmethod
    def from_json(cls, text: str) -> Tokenizer:
        """From what `to_json` gave; BundleError where it is no tokenizer of ours."""
        try:
            inner = tokenizers.Tokenizer.from_str(text)
        except Exception as error:  # the Rust library raises a bare Exception
            raise BundleError(f"This is not a tokenizer, or it is damaged ({error}).") from error
        return cls(inner)

    def to_json(self) -> str:
        """All of it, as in `tokenizer.json`."""
        return str(self._inner.to_str())

    @property
    def vocabulary_size(self) -> int:
        """How many tokens there are, special ones and bytes included."""
        return len(self.token_bytes)

    @functools.cached_property
    def fingerprint(self) -> str:
        """The SHA-256 of the tokenizer's file, in hex."""
        return hashlib.sha256(self.to_json().encode("utf-8")).hexdigest()

    @property
    def cuts_symbols(self) -> bool:
        """Whether a text is what stands between single spaces, whatever that is made of (symbols, spelt symbols)."""
        return self._cut_of_symbols is not None

    @property
    def spells_symbols(self) -> bool:
        """Whether such a symbol has several tokens, its letters and marks, the first with the space before it."""
        return self._cut_of_symbols == LETTER_OF_SYMBOL

    @functools.cached_property
    def _cut_of_symbols(self) -> str | None:
        file = self.to_json()
        return next((cut for cut in (SYMBOL, LETTER_OF_SYMBOL) if cut in file), None)

    @functools.cached_property
    def joins_spaces(self) -> bool:
        """Whether words are tokens together with the space before them (bpe, unigram, words)."""
        return any(len(spelt) > 1 and spelt.startswith(b" ") for spelt in self.token_bytes)

    def special(self, name: str) -> int:
        """The id of a special token, by its name with or without the angle brackets."""
        full = name if name.startswith("<") else f"<{name}>"
        if full not in SPECIALS:
            raise RequestError(f'No special token "{name}".{did_you_mean(full, SPECIALS)}')
        return SPECIALS.index(full)

    def encode(self, text: str) -> list[int]:
        """The ids of a text; no special token is added, and none is found in the text."""
        return self.encode_batch([text])[0]

    def encode_batch(self, texts: Sequence[str]) -> list[list[int]]:
        """The ids of each text. The work is spread over all cores (TOKENIZERS_PARALLELISM=false: one)."""
        if max(map(len, texts), default=0) <= LONGEST_PART:
            return self._encode(texts)
        return [self._encode_long(text) for text in texts]

    def decode(self, ids: Iterable[int]) -> str:
        """The text of the ids; special tokens are left out, bytes that make no character become U+FFFD."""
        token_bytes = self.token_bytes
        return b"".join([token_bytes[token_id] for token_id in ids]).decode("utf-8", errors="replace")

    def _encode(self, texts: Sequence[str]) -> list[list[int]]:
        cut = [SPACE_BEFORE_WORD.split(text) for text in texts]
        known = self._known
        unknown = list({word for words in cut for word in words[1:] if word not in known})
        known.update(zip(unknown, self._encode_by_library([" " + word for word in unknown]), strict=True))
        encoded = self._encode_by_library([words[0] for words in cut])
        for ids, words in zip(encoded, cut, strict=True):
            for word in words[1:]:
                ids.extend(known[word])
        self._n_known_ids += sum(len(known[word]) for word in unknown)
        if self._n_known_ids > _MOST_KNOWN_IDS:
            # A new dictionary: another thread may still be reading the old one.
            self._known, self._n_known_ids = {}, 0
        return encoded

    def _encode_by_library(self, texts: Sequence[str]) -> list[list[int]]:
        try:
            return [encoding.ids for encoding in self._inner.encode_batch_fast(texts)]
        except (UnicodeEncodeError, TypeError) as error:
            raise RequestError("A text holds half a character (a lone surrogate): it can't be read.") from error

    def _encode_long(self, text: str) -> list[int]:
        ids: list[int] = []
        for part in parts(text, LONGEST_PART):
            ids += self._encode([part])[0]
        return ids


def _learn(texts: Sequence[str], kind: SourceTokenizerKind, size: int) -> models.Model:
    match kind:
        case "bpe":
            return learning.learn_bpe(texts, size, SPECIALS)
        case "unigram":
            return learning.learn_unigram(texts, size, SPECIALS)
        case "words":
            return learning.learn_words(texts, size, SPECIALS)
        case "characters" | "letters":
            return learning.learn_characters(texts, size, SPECIALS)
        case "symbols":
            return learning.learn_symbols(texts, size, SPECIALS)
        case "spelt-symbols":
            return learning.learn_spelt_symbols(texts, size, SPECIALS)
        case "bytes":
            return learning.learn_bytes(SPECIALS)


def _file(path: str | Path) -> Path:
    path = Path(path)
    return path / TOKENIZER_FILE if path.is_dir() else path
