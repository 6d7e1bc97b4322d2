"""What a word looked back at: how much its score depends on each input before it.

Madsen 2019 ("Visualizing memorization in RNNs", Distill) calls it connectivity: the norm of the gradient of the word's
score, before the softmax, with respect to each earlier input's embedding. Needs PyTorch.
"""

from __future__ import annotations

import re
import threading
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from skaz.engine.torch_engine import load_model
from skaz.errors import RequestError
from skaz.inside.subject import Piece, Subject, Told, fed_ids, text_of
from skaz.nn.seq2seq import Seq2Seq
from skaz.text.sides import apart

_BORDER = r"(?:(?<!\w)|(?!\w))"  # where no letter or digit stands beside another


@dataclass(frozen=True)
class LookBack:
    """Tokens `first` to `end` of a text (end exclusive) look back: the gradient's norm at each token of the source and
    of the text, 0 from the word itself on. `half_within`: the characters before the word within which half of all
    that it looks back at in the text lies."""

    source: tuple[Piece, ...]
    tokens: tuple[Piece, ...]
    first: int
    end: int
    source_norms_S: Float[np.ndarray, " S"]
    norms_T: Float[np.ndarray, " T"]

    @property
    def half_within(self) -> int:
        """0 where nothing stands before the word."""
        behind = self.norms_T[: self.first][::-1]
        if not behind.sum():
            return 0
        place = int(np.searchsorted(np.cumsum(behind), behind.sum() / 2))
        return abs(self.tokens[self.first].start - self.tokens[self.first - 1 - place].start)

    @property
    def inside(self) -> str:
        """The longer words that the tokens are a part of; "" where they begin and end at the borders of words."""
        text = text_of(self.tokens)
        looking = self.tokens[self.first : self.end]
        start, end = min(each.start for each in looking), max(each.end for each in looking)
        words = [word.span() for word in re.finditer(r"\w+", text)]
        cut = [(left, right) for left, right in words if left < start < right or left < end < right]
        return text[min(start, cut[0][0]) : max(end, cut[-1][1])].strip() if cut else ""


class Lens:
    """A bundle's network with its gradients, opened once for many words."""

    def __init__(self, subject: Subject) -> None:
        """Raises BundleError where the weights can't be read."""
        self.subject = subject
        self.model = load_model(subject.bundle)
        self._alone = threading.Lock()  # the hooks would see another thread's text

    def look_back(self, text: str, first: int, end: int | None = None, told: Told | None = None) -> LookBack:
        """What token `first` of the text, or the word of tokens up to `end`, looked back at. Raises RequestError for a
        token that there is not."""
        source_ids = self.subject.source_ids(told or Told())
        target_ids = self.subject.target_ids(text, told)
        end = first + 1 if end is None else end
        if not 0 <= first < end <= len(target_ids):
            raise RequestError(
                f"The text has tokens 0 to {len(target_ids) - 1}; there is none from {first} up to {end}."
            )
        with self._alone:
            source_norms_S, norms_T = gradient_norms(self.model, source_ids, target_ids[:end], first)
        rest = np.zeros(len(target_ids) - first)
        return LookBack(
            source=self.subject.source_pieces(source_ids),
            tokens=self.subject.target_pieces(target_ids),
            first=first,
            end=end,
            source_norms_S=source_norms_S[self.subject.source_order(source_ids)],
            norms_T=np.concatenate((norms_T, rest)),
        )


def tokens_of_word(subject: Subject, text: str, word: str, told: Told | None = None) -> tuple[int, int]:
    """The tokens that make a word of the text, as (first, end), or the one of a number: the word's first occurrence by
    itself, or where it never stands so, inside another. Raises RequestError where the text has no such word."""
    tokens = subject.target_pieces(subject.target_ids(text, told))
    if word.isdecimal() and word not in text:
        return int(word), int(word) + 1
    whole = text_of(tokens)
    spelt = re.escape(apart(word) if subject.bundle.tokenizer.spells_symbols else word)
    found = re.search(f"{_BORDER}{spelt}{_BORDER}", whole) or re.search(spelt, whole)
    if not word or found is None:
        raise RequestError(f'There is no "{word}" in the text; name one of its words, or a token by its number.')
    made_of = [number for number, piece in enumerate(tokens) if piece.start < found.end() and piece.end > found.start()]
    return made_of[0], made_of[-1] + 1


def gradient_norms(
    model: Seq2Seq, source_ids: list[int], target_ids: list[int], first: int
) -> tuple[np.ndarray, np.ndarray]:
    """Norms at each source token, (S,), and at the text's tokens before `first`, (first,): of the gradient of the
    summed scores of the tokens from `first` on. A network without an encoder has 0 at its source."""
    seen: list[Tensor] = []

    def keep(module: torch.nn.Module, inputs: object, output: Tensor) -> None:
        output.retain_grad()
        seen.append(output)

    embeddings = {model.embedding, *([model.source_embedding] if model.source_embedding is not None else [])}
    hooks = [embedding.register_forward_hook(keep) for embedding in embeddings]
    try:
        with torch.enable_grad():
            encoded = model.encode(torch.tensor([source_ids]), torch.tensor([len(source_ids)]))
            decoded, _ = model.decode(torch.tensor([fed_ids(target_ids)]), encoded.state, encoded.memory)
            scores_TV = model.scores(decoded)[0, first:]
            scores_TV.gather(1, torch.tensor(target_ids[first:])[:, None]).sum().backward()  # type: ignore[no-untyped-call]
    finally:
        for hook in hooks:
            hook.remove()
        model.zero_grad(set_to_none=True)
    of_source = _norms(seen[0]) if model.encoder is not None else np.zeros(len(source_ids))
    return of_source, _norms(seen[-1])[1 : first + 1]  # the first input is <start>


def _norms(embedded_1TE: Tensor) -> np.ndarray:
    gradient = embedded_1TE.grad
    assert gradient is not None
    norms_T: np.ndarray = gradient[0].norm(dim=-1).double().numpy()
    return norms_T
