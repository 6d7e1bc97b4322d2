"""The engine that runs a model in PyTorch."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import torch
from jaxtyping import Float32, Int
from safetensors import SafetensorError

from skaz.corpus.batches import pad_rows
from skaz.corpus.sources import PAD
from skaz.engine.bundle import Bundle
from skaz.errors import BundleError
from skaz.nn.attention import Memory
from skaz.nn.cells import State
from skaz.nn.seq2seq import Seq2Seq, SourceTokens
from skaz.recipe import Recipe
from skaz.text.tokenizer import Tokenizer
from skaz.training.checkpoint import load_model_tensors
from skaz.training.tensor_files import read_tensors


class TorchState(NamedTuple):
    """The decoder's past and what it may look back at, a row per sequence."""

    state: State
    memory: Memory | None


class TorchEngine:
    """Runs a Seq2Seq a token at a time, in fp32. Holds parameters and nothing else: states come and go."""

    def __init__(self, model: Seq2Seq) -> None:
        self.model = model

    @property
    def vocabulary_size(self) -> int:
        return self.model.vocabulary_size

    @torch.inference_mode()
    def start(self, sources: Sequence[Sequence[int]]) -> TorchState:
        """The state after reading each source; a row per source."""
        sources_BS, lengths_B = pad_rows([np.asarray(source, dtype=np.int64) for source in sources], PAD)
        device = self.model.device
        encoded = self.model.encode(torch.from_numpy(sources_BS).to(device), torch.from_numpy(lengths_B).to(device))
        return TorchState(encoded.state, encoded.memory)

    @torch.inference_mode()
    def step(self, tokens_B: Int[np.ndarray, " B"], state: TorchState) -> tuple[Float32[np.ndarray, "B V"], TorchState]:
        """Feeds one token to each row: the logits of the token after it, and the new state."""
        logits_BV, after, _ = self.attended_step(tokens_B, state)
        return logits_BV, after

    @torch.inference_mode()
    def attended_step(
        self, tokens_B: Int[np.ndarray, " B"], state: TorchState
    ) -> tuple[Float32[np.ndarray, "B V"], TorchState, Float32[np.ndarray, "B S"] | None]:
        """A step that also tells the shares of attention over the source; None where there is no attention."""
        tokens_BT = torch.from_numpy(np.asarray(tokens_B, dtype=np.int64)[:, None]).to(self.model.device)
        decoded, after = self.model.decode(tokens_BT, state.state, state.memory)
        logits_BV = self.model.scores(decoded)[:, 0].cpu().numpy()
        shares_BTS = decoded.attention_BTS
        attention_BS = shares_BTS[:, 0].float().cpu().numpy() if shares_BTS is not None else None
        return logits_BV, TorchState(after, state.memory), attention_BS

    @torch.inference_mode()
    def gather(self, state: TorchState, rows: Int[np.ndarray, " R"]) -> TorchState:
        """The state of these rows, in this order; a row may come more than once or not at all."""
        index = torch.from_numpy(np.asarray(rows, dtype=np.int64)).to(self.model.device)
        memory = state.memory.gather(index) if state.memory is not None else None
        return TorchState(state.state.gather(index), memory)

    @torch.inference_mode()
    def join(self, states: Sequence[TorchState]) -> TorchState:
        """The rows of all these states as one state, in their order; memories as long as the longest in them."""
        memories = [state.memory for state in states if state.memory is not None]
        longest = max((int(memory.mask_BS.sum(dim=1).max()) for memory in memories), default=0)
        parts = [state.state for state in states]
        coverage = [_fitted(part.coverage_UBS, 2, longest if len(part.coverage_UBS) else 0) for part in parts]
        joined = State(
            h_LBH=torch.cat([part.h_LBH for part in parts], dim=1),
            c_LBH=torch.cat([part.c_LBH for part in parts], dim=1),
            feed_UBE=torch.cat([part.feed_UBE for part in parts], dim=1),
            coverage_UBS=torch.cat(coverage, dim=1),
            place_UB1=torch.cat([part.place_UB1 for part in parts], dim=1),
        )
        if not memories:
            return TorchState(joined, None)
        fitted = [Memory(*(_fitted(part, 1, longest) for part in memory)) for memory in memories]
        return TorchState(joined, Memory(*(torch.cat(part) for part in zip(*fitted, strict=True))))

    def alone(self, state: TorchState, row: int, earlier: TorchState | None = None) -> TorchState:
        """One row as a state by itself; its memory is that of `earlier`, where one is given."""
        own = self.join([self.gather(state, np.array([row]))])
        return own if earlier is None else TorchState(own.state, earlier.memory)


def _fitted(values: torch.Tensor, axis: int, length: int) -> torch.Tensor:
    """The values cut or filled up with zeros to a length along an axis."""
    missing = length - values.shape[axis]
    if missing <= 0:
        return values.narrow(axis, 0, length)
    shape = [missing if each == axis else size for each, size in enumerate(values.shape)]
    return torch.cat([values, values.new_zeros(shape)], dim=axis)


def source_tokens(recipe: Recipe, source_tokenizer: Tokenizer | None) -> SourceTokens | None:
    """What the network is told of the sources' tokens. A recipe that has no tokenizer for them means a joint one."""
    if source_tokenizer is None:
        return None
    return SourceTokens(source_tokenizer.vocabulary_size, joint=recipe.text.source_tokenizer is None)


def load_models(bundle: Bundle, device: torch.device | None = None) -> list[Seq2Seq]:
    """The bundle's networks with their weights; BundleError where they don't fit the recipe."""
    return [load_model(bundle, device, number) for number in range(1, bundle.recipe.networks + 1)]


def load_model(bundle: Bundle, device: torch.device | None = None, network: int = 1) -> Seq2Seq:
    """One of the bundle's networks with its weights; BundleError where they don't fit the recipe."""
    path = bundle.weights_paths[network - 1]
    generator = torch.Generator().manual_seed(0)
    model = Seq2Seq(
        bundle.recipe.model,
        bundle.tokenizer.vocabulary_size,
        generator,
        source_tokens(bundle.recipe, bundle.source_tokenizer),
    )
    try:
        tensors = read_tensors(path)
    except (SafetensorError, OSError) as error:
        raise BundleError(f"{path} can't be read ({error}); copy the bundle again.") from None
    load_model_tensors(model, tensors, path)
    return model.to(device or torch.device("cpu"))
