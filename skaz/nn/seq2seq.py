"""The one model: an encoder, a bridge, a decoder, attention between them, an output layer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor, nn

from skaz.errors import RecipeError
from skaz.nn.attention import AnyAttention, Memory, make_attention
from skaz.nn.cells import RecurrentStack, Stacking, State
from skaz.nn.copying import mixed_scores
from skaz.nn.coverage import attend_covering
from skaz.nn.decoded import Decoded, along_time
from skaz.nn.dropout import Noise, drop, noise_of_steps
from skaz.nn.encoder import Encoder
from skaz.nn.initialisers import frequency_bias, initialise
from skaz.nn.monotonic import places_of, read_at, shares_at
from skaz.recipe import ModelRecipe
from skaz.recipe_checks import COPY_WANTS_ONE_VOCABULARY, COPY_WANTS_THE_TARGETS_TOKENS


class Encoded(NamedTuple):
    """What the decoder gets: its first state, and the memory (None where nothing is attended to)."""

    state: State
    memory: Memory | None


@dataclass(frozen=True)
class SourceTokens:
    """How many tokens sources are written with, where those are not the targets' alone. `joint`: the targets' come
    first and are the same, embedding included; else the sources' have nothing to do with them."""

    number: int
    joint: bool


class Seq2Seq(nn.Module):
    """h_t = enc(h_{t-1}, w_t) over the source, whose end is the context C; h_0 = bridge(C),
    h_t = dec(h_{t-1}, w_{t-1}) over the target, and p_t = softmax(out(h_t, attention(h_t, memory))), or that mixed
    with a copy of the source (nn/copying.py).

    Unless the recipe wants what was read out fed to the next step (input feeding, Luong et al. 2015, section 3.3), the
    decoder's whole stack runs over all T at once, and, unless it is covered, attention is two batched matrix products;
    monotonic attention (nn/monotonic.py) is a look-up. The number of parameters depends on no length.
    """

    def __init__(
        self,
        recipe: ModelRecipe,
        vocabulary_size: int,
        generator: torch.Generator,
        source_tokens: SourceTokens | None = None,
    ) -> None:
        """`vocabulary_size`: of targets; `source_tokens`: where sources have others. RecipeError where these should be
        copied."""
        super().__init__()
        if recipe.copy and source_tokens is not None:
            raise RecipeError(COPY_WANTS_THE_TARGETS_TOKENS if source_tokens.joint else COPY_WANTS_ONE_VOCABULARY)
        encoder, decoder = recipe.encoder, recipe.decoder
        embedding_size, hidden_size = recipe.embedding_size, decoder.hidden_size
        self.vocabulary_size, self.readout_size = vocabulary_size, recipe.readout_size
        self.feeds, self.is_monotonic = recipe.input_feeding, recipe.is_monotonic
        joint_size = source_tokens.number if source_tokens is not None and source_tokens.joint else vocabulary_size
        self.embedding = nn.Embedding(joint_size, embedding_size)
        self.decoder = _decoder(recipe)
        self.encoder: Encoder | None = None
        self.source_embedding: nn.Embedding | None = None
        self.attention = None
        if encoder.layers:
            self.encoder = _encoder(recipe)
            if source_tokens is not None and not source_tokens.joint:
                self.source_embedding = nn.Embedding(source_tokens.number, embedding_size)
            self.embeddings_in_memory = encoder.embeddings_in_memory
            parts = 2 if self.decoder.has_c else 1
            self.bridge = nn.Linear(encoder.context_size, parts * decoder.layers * hidden_size)
            self.attention = make_attention(
                recipe.attention,
                query_size=hidden_size,
                memory_size=recipe.memory_size,
                heads=recipe.attention_heads,
            )
        features_size = hidden_size + (recipe.memory_size if recipe.has_memory else 0)
        # with nothing to mix in and no size to change, a linear map before the output layer would add nothing
        mixes = recipe.tied_embeddings or recipe.has_memory
        self.readout = nn.Linear(features_size, self.readout_size) if mixes else nn.Identity()
        self.coverage_weight = nn.Parameter(torch.zeros(())) if recipe.coverage else None
        self.switch = nn.Linear(features_size, 1) if recipe.copy else None
        self.bias_V = nn.Parameter(torch.zeros(vocabulary_size))
        self.output_VE = (
            self.embedding.weight
            if recipe.tied_embeddings
            else nn.Parameter(torch.empty(vocabulary_size, self.readout_size))
        )
        # of tied embeddings, which are small. The decoder learns a language sooner from larger inputs (Vaswani et
        # al. 2017, section 3.4), the encoder to hand words on from small ones, which it bends less.
        self.input_scale = embedding_size**0.5 if recipe.tied_embeddings else 1.0
        initialise(self, recipe, generator)

    @property
    def written_VE(self) -> Tensor:
        """The rows of the output layer: a tied matrix may have more, of tokens that only sources have."""
        return self.output_VE[: self.vocabulary_size]

    @property
    def device(self) -> torch.device:
        return self.bias_V.device

    def encode(
        self,
        sources_BS: Int[Tensor, "B S"],
        lengths_B: Int[Tensor, B],
        noise: Noise | None = None,
    ) -> Encoded:
        """The decoder's first state from the sources (padded behind their lengths), and the memory."""
        batch, width = sources_BS.shape
        if self.encoder is None:
            return Encoded(self.decoder.zero_state(batch, self.device), None)
        embedding = self.embedding if self.source_embedding is None else self.source_embedding
        embedded_BSE = _drop_embedded(embedding(sources_BS), noise)
        values_BSM, context_BC = self.encoder(embedded_BSE, lengths_B, noise)
        if self.attention is None and not self.is_monotonic:
            return Encoded(self._bridge(context_BC), None)
        if self.embeddings_in_memory:
            values_BSM = torch.cat((values_BSM, embedded_BSE.to(values_BSM.dtype)), dim=-1)
        mask_BS: Bool[Tensor, "B S"] = torch.arange(width, device=self.device) < lengths_B[:, None]
        keys_BSK = self.attention.keys(values_BSM) if self.attention is not None else values_BSM[..., :0]
        memory = Memory(values_BSM, keys_BSK, mask_BS, sources_BS)
        return Encoded(self._with_room(self._bridge(context_BC), memory), memory)

    def _bridge(self, context_BC: Tensor) -> State:
        """h_0 = tanh(W C + b), c_0 = W' C + b', a slice for each of the decoder's layers."""
        layers, size = len(self.decoder.layers), self.decoder.hidden_size
        parts = self.bridge(context_BC).float().view(len(context_BC), -1, size).transpose(0, 1)
        h_LBH, c_LBH = parts[:layers].tanh(), parts[layers:]
        return State.of(h_LBH.contiguous(), c_LBH.contiguous())

    def _with_room(self, state: State, memory: Memory) -> State:
        """The state with room for what is kept of the readout and of attention: nothing so far, and the first place."""
        batch, width = memory.mask_BS.shape
        if self.feeds:
            state = state._replace(feed_UBE=state.h_LBH.new_zeros(1, batch, self.readout_size))
        if self.coverage_weight is not None:
            state = state._replace(coverage_UBS=state.h_LBH.new_zeros(1, batch, width))
        if self.is_monotonic:
            state = state._replace(place_UB1=state.h_LBH.new_zeros(1, batch, 1))
        return state

    def decode(
        self,
        inputs_BT: Int[Tensor, "B T"],
        state: State,
        memory: Memory | None,
        noise: Noise | None = None,
    ) -> tuple[Decoded, State]:
        """What foretells the next token after each input token, and the state after the last."""
        embedded_BTE = _drop_embedded(self.embedding(inputs_BT), noise) * self.input_scale
        if self.is_monotonic and memory is not None:
            return self._run_along(inputs_BT, embedded_BTE, state, memory, noise)
        if not self.feeds:
            return self._run(embedded_BTE, state, memory, noise)
        steps: list[Decoded] = []
        noises = noise_of_steps(noise, inputs_BT.shape[1])
        for embedded_B1E, noise_of_step in zip(torch.split(embedded_BTE, 1, dim=1), noises, strict=True):
            inputs_B1E = torch.cat((embedded_B1E, state.feed_UBE.transpose(0, 1)), dim=-1)
            decoded, state = self._run(inputs_B1E, state, memory, noise_of_step)
            state = state._replace(feed_UBE=decoded.features_BTE.transpose(0, 1).float())
            steps.append(decoded)
        return along_time(steps), state

    def _run(
        self, inputs_BTE: Float[Tensor, "B T E"], state: State, memory: Memory | None, noise: Noise | None
    ) -> tuple[Decoded, State]:
        """The decoder, attention and the readout over all T."""
        hidden_BTH, state = self.decoder(inputs_BTE, state, noise)
        if self.attention is None or memory is None:
            return Decoded(self.readout(drop(hidden_BTH, noise)), None, None, None), state
        read_BTM, attention_BTS, state = self._attend(self.attention, hidden_BTH, state, memory)
        return self._read_out(hidden_BTH, read_BTM, attention_BTS, memory, noise), state

    def _run_along(
        self,
        inputs_BT: Int[Tensor, "B T"],
        embedded_BTE: Float[Tensor, "B T E"],
        state: State,
        memory: Memory,
        noise: Noise | None,
    ) -> tuple[Decoded, State]:
        """The same where the tokens tell which place is looked at: the decoder is fed what stands there."""
        places_BT = places_of(inputs_BT, state.place_UB1[0], memory)
        read_BTM = read_at(places_BT, memory)
        hidden_BTH, state = self.decoder(
            torch.cat((embedded_BTE, read_BTM.to(embedded_BTE.dtype)), dim=-1), state, noise
        )
        state = state._replace(place_UB1=places_BT[None, :, -1:].to(state.place_UB1.dtype))
        return self._read_out(hidden_BTH, read_BTM, shares_at(places_BT, memory), memory, noise), state

    def _read_out(
        self,
        hidden_BTH: Float[Tensor, "B T H"],
        read_BTM: Float[Tensor, "B T M"],
        attention_BTS: Float[Tensor, "B T S"],
        memory: Memory,
        noise: Noise | None,
    ) -> Decoded:
        """What the output layer scores, of the decoder's output and what was read beside it."""
        values_BTX = drop(torch.cat((hidden_BTH, read_BTM.to(hidden_BTH.dtype)), dim=-1), noise)
        features_BTE = self.readout(values_BTX)
        if self.switch is None:
            return Decoded(features_BTE, attention_BTS, None, None)
        return Decoded(features_BTE, attention_BTS, self.switch(values_BTX).squeeze(-1), memory.ids_BS)

    def _attend(
        self, attention: AnyAttention, hidden_BTH: Float[Tensor, "B T H"], state: State, memory: Memory
    ) -> tuple[Float[Tensor, "B T M"], Float[Tensor, "B T S"], State]:
        """What attention reads, its shares, and the state that knows of them."""
        if self.coverage_weight is None:
            return *attention(hidden_BTH, memory), state
        read_BTM, shares_BTS, coverage_BS = attend_covering(
            attention, self.coverage_weight, hidden_BTH, memory, state.coverage_UBS[0]
        )
        return read_BTM, shares_BTS, state._replace(coverage_UBS=coverage_BS[None])

    def scores(self, decoded: Decoded) -> Float[Tensor, "B T V"]:
        """Scores of each token of the vocabulary as the next, in fp32: log p up to a constant."""
        logits_BTV = self.logits(decoded.features_BTE)
        if decoded.switch_BT is None or decoded.attention_BTS is None or decoded.ids_BS is None:
            return logits_BTV
        return mixed_scores(logits_BTV, decoded.switch_BT, decoded.attention_BTS, decoded.ids_BS)

    def logits(self, features_NE: Float[Tensor, "*N E"]) -> Float[Tensor, "*N V"]:
        """The output layer's scores of each token of the vocabulary, in fp32."""
        weight_VE = self.written_VE.to(features_NE.dtype)
        return (features_NE @ weight_VE.mT).float() + self.bias_V

    @torch.no_grad()
    def expect(self, counts_V: Int[Tensor, V]) -> None:
        """Before training: lets the output layer begin at the tokens' frequencies in the corpus."""
        self.bias_V.copy_(frequency_bias(counts_V))

    @torch.no_grad()
    def take_vectors(self, vectors: Mapping[int, Float[np.ndarray, " E"]], *, of_sources: bool = False) -> None:
        """Before training: lets these tokens' embeddings be these vectors, scaled to the size that an embedding begins
        with (tied ones are small)."""
        embedding = self.source_embedding if of_sources and self.source_embedding is not None else self.embedding
        spread = float(np.std(np.stack(list(vectors.values()))))
        scale = float(embedding.weight.std()) / max(spread, 1e-12)
        for token, vector in vectors.items():
            embedding.weight[token] = torch.from_numpy(vector * scale)

    def n_parameters(self) -> int:
        """Numbers that training sets; a tied matrix counts once."""
        return sum(parameter.numel() for parameter in self.parameters())


def _encoder(recipe: ModelRecipe) -> Encoder:
    encoder = recipe.encoder
    return Encoder(
        encoder.cell,
        recipe.embedding_size,
        encoder.hidden_size,
        encoder.layers,
        bidirectional=encoder.bidirectional,
        nonlinearity=recipe.nonlinearity,
        stacking=_stacking(recipe, encoder.context_size, encoder.layers),
    )


def _decoder(recipe: ModelRecipe) -> RecurrentStack:
    decoder = recipe.decoder
    return RecurrentStack(
        decoder.cell,
        recipe.decoder_input_size,
        decoder.hidden_size,
        decoder.layers,
        recipe.nonlinearity,
        _stacking(recipe, decoder.hidden_size, decoder.layers),
    )


def _stacking(recipe: ModelRecipe, size: int, layers: int) -> Stacking:
    return Stacking(size, layers, residual=recipe.residual, layer_norm=recipe.layer_norm)


def _drop_embedded(values_BTE: Tensor, noise: Noise | None) -> Tensor:
    return values_BTE if noise is None else drop(values_BTE, noise.of_embeddings)
