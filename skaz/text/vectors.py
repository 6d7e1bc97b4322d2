"""Pretrained word vectors in word2vec's and fastText's text format: a word a line, then its numbers; may be gzipped."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np
from jaxtyping import Float

from skaz.errors import CorpusError, RecipeError
from skaz.text.tokenizer import Tokenizer


def vectors_for(tokenizer: Tokenizer, path: str | Path, size: int) -> Mapping[int, Float[np.ndarray, " E"]]:
    """The vectors of the vocabulary's tokens that the file has, by their ids. A token goes by its text without spaces
    around it; where it is not in the file as it is, in lower case. Raises CorpusError for a file that can't be read,
    RecipeError for vectors of another size than the recipe's."""
    wanted: dict[str, list[int]] = {}
    for token, spelt in enumerate(tokenizer.token_bytes):
        text = spelt.decode("utf-8", errors="ignore").strip()
        for form in {text, text.lower()} - {""}:
            wanted.setdefault(form, []).append(token)
    found: dict[int, np.ndarray] = {}
    exact: set[int] = set()
    for number, line in enumerate(_lines(Path(path)), start=1):
        word, _, numbers = line.rstrip().partition(" ")
        if number == 1 and len(numbers.split()) == 1:
            continue  # the header: how many words, how many numbers each
        if word not in wanted:
            continue
        vector = _vector(numbers, Path(path), number)
        if len(vector) != size:
            raise RecipeError(
                f"The vectors of {path} have {len(vector)} numbers and the recipe's {size}; set "
                f"model.embedding_size to {len(vector)}."
            )
        for token in wanted[word]:
            is_exact = tokenizer.token_bytes[token].decode("utf-8", errors="ignore").strip() == word
            if is_exact or token not in exact:
                found[token] = vector
                exact |= {token} if is_exact else set()
    if not found:
        raise CorpusError(f"{path} has no vector for any token of the vocabulary; is it of the corpus's language?")
    return found


def check_vectors(path: str | Path) -> None:
    """Before the work: CorpusError where `vectors_for` could not read the file's beginning."""
    next(_lines(Path(path)), None)


def _lines(path: Path) -> Iterator[str]:
    opened = gzip.open if path.suffix.lower() == ".gz" else open
    try:
        with opened(path, "rt", encoding="utf-8", errors="replace") as file:
            yield from file
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise CorpusError(f"The vectors {path} are a damaged gzip file ({error}): copy it again.") from None
    except OSError as error:
        raise CorpusError(f"The vectors {path} can't be read: {error.strerror}; check the path.") from None


def _vector(numbers: str, path: Path, line: int) -> np.ndarray:
    try:
        with np.errstate(over="ignore"):  # too large is infinite, and that is told
            vector = np.array(numbers.split(), dtype=np.float32)
    except ValueError:
        raise CorpusError(
            f"{path}, line {line}: these are no numbers; give word2vec's or fastText's text format (.vec)."
        ) from None
    if not np.isfinite(vector).all():
        raise CorpusError(f"{path}, line {line}: not all of these numbers are finite; mend or leave out that line.")
    return vector
