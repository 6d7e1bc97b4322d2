"""Pretrained word vectors in word2vec's and fastText's text format: a word a line, then its numbers; may be gzipped."""

from __future__ import annotations

import gzip
import re
import zlib
from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np
from jaxtyping import Float

from skaz.errors import CorpusError, RecipeError
from skaz.text.tokenizer import Tokenizer

_FORMAT = "give word2vec's or fastText's text format (.vec)"
_HEADER = re.compile(r"\d+\s+(\d+)")  # how many words, how many numbers each


def vectors_for(tokenizer: Tokenizer, path: str | Path, size: int) -> Mapping[int, Float[np.ndarray, " E"]]:
    """The vectors of the vocabulary's tokens that the file has, by their ids. A token goes by its text without spaces
    around it; where it is not in the file as it is, in lower case. Raises CorpusError for a file that can't be read or
    is damaged, RecipeError for vectors of another size than the recipe's."""
    path = Path(path)
    has_header, own_size = _begin(path)
    if own_size != size:
        raise RecipeError(
            f"The vectors of {path} have {own_size} numbers and the recipe's {size}; set model.embedding_size to "
            f"{own_size}."
        )
    wanted: dict[str, list[int]] = {}
    for token, spelt in enumerate(tokenizer.token_bytes):
        text = spelt.decode("utf-8", errors="ignore").strip()
        for form in {text, text.lower()} - {""}:
            wanted.setdefault(form, []).append(token)
    found: dict[int, np.ndarray] = {}
    exact: set[int] = set()
    for number, line in enumerate(_lines(path), start=1):
        word, _, numbers = line.rstrip().partition(" ")
        if word not in wanted or (has_header and number == 1) or _spaced(numbers, own_size):
            continue
        vector = _numbers(numbers, path, number)
        if len(vector) != own_size:
            raise CorpusError(
                f"{path}, line {number}: {len(vector)} number{'' if len(vector) == 1 else 's'}, where "
                f"{'the header says' if has_header else 'line 1 has'} {own_size}; the file is damaged, copy it again."
            )
        if not np.isfinite(vector).all():
            raise CorpusError(
                f"{path}, line {number}: not all of these numbers are finite; mend or leave out that line."
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
    """Before the work: CorpusError where the file can't be read, or does not begin as one of vectors."""
    _begin(Path(path))


def _begin(path: Path) -> tuple[bool, int]:
    """Whether the first line is a header, and how many numbers a vector has: by the header, else by the first."""
    lines = _lines(path)
    first = next(lines, None)
    if first is None:
        raise CorpusError(f"{path} is empty; {_FORMAT}.")
    header = _HEADER.fullmatch(first.strip())
    if header is None:
        return False, _size(first, path, 1)
    second = next(lines, None)
    if second is None:
        raise CorpusError(f"{path} has a header and no vector; copy it again.")
    _size(second, path, 2)
    return True, int(header[1])


def _lines(path: Path) -> Iterator[str]:
    opened = gzip.open if path.suffix.lower() == ".gz" else open
    try:
        with opened(path, "rt", encoding="utf-8-sig", errors="replace") as file:
            yield from file
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise CorpusError(f"The vectors {path} are a damaged gzip file ({error}): copy it again.") from None
    except OSError as error:
        raise CorpusError(f"The vectors {path} can't be read: {error.strerror}; check the path.") from None


def _size(line: str, path: Path, number: int) -> int:
    """How many numbers stand behind the word; CorpusError for none."""
    size = len(_numbers(line.rstrip().partition(" ")[2], path, number))
    if size == 0:
        raise _no_numbers(path, number)
    return size


def _spaced(behind: str, size: int) -> bool:
    """Whether a word goes on behind a space in it, with all its numbers after that: no token of ours is such a one."""
    parts = behind.split()
    return len(parts) > size and not _is_number(parts[0])


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _numbers(numbers: str, path: Path, line: int) -> np.ndarray:
    try:
        with np.errstate(over="ignore"):  # too large is infinite, and that is told
            return np.array(numbers.split(), dtype=np.float32)
    except ValueError:
        raise _no_numbers(path, line) from None


def _no_numbers(path: Path, line: int) -> CorpusError:
    return CorpusError(f"{path}, line {line}: these are no numbers; {_FORMAT}.")
