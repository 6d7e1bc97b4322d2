"""Every setting of a run: one frozen, validated tree, saved with the model.

How one is read is in `recipe_reading`. Each field's description below is its help text and its reference
(docs/recipe.md is made from it).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal, get_args

import msgspec
from msgspec import Meta

Cell = Literal["rnn", "gru", "lstm", "mingru", "minlstm"]
PARALLEL_CELLS: frozenset[Cell] = frozenset({"mingru", "minlstm"})  # their states have no weights between them
Attention = Literal["none", "dot", "general", "additive", "multi-head", "monotonic"]
Initialiser = Literal["xavier", "he", "orthogonal", "uniform", "normal", "zeros"]
Task = Literal["write", "translate", "transduce"]
Size = Literal["auto", "tiny", "small", "base"]
Split = Literal["line", "marker", "heading", "blank", "file"]
TokenizerKind = Literal["bpe", "unigram", "words", "characters", "bytes", "symbols", "spelt-symbols"]
SourceTokenizerKind = Literal[TokenizerKind, "letters"]

MOST_NETWORKS = 64

Positive = Annotated[int, Meta(gt=0)]
Fraction = Annotated[float, Meta(ge=0.0, lt=1.0)]


class Group(msgspec.Struct, forbid_unknown_fields=True, kw_only=True, frozen=True):
    """A frozen group of settings; an unknown name is an error."""


_VOCABULARY_SIZE = (
    "tokens to learn, of characters and symbols the most that are kept; of stories with fewer than 800,000 characters "
    "bpe and unigram learn fewer by themselves, one for each 200 and 500 at least"
)


class TextRecipe(Group, frozen=True):
    """How characters become tokens, and how stories or pairs lie in a file."""

    tokenizer: Annotated[
        TokenizerKind,
        Meta(
            description="what a token is; symbols: what stands between spaces, as phones do; spelt-symbols: each "
            "letter and mark of such symbols"
        ),
    ] = "bpe"
    source_tokenizer: Annotated[
        SourceTokenizerKind | None,
        Meta(
            description="what a token of a pair's source is; letters: characters, those that are made of several taken "
            "apart (Unicode's NFD), as the syllables of Hangul are; without it sources and targets share one vocabulary"
        ),
    ] = None
    vocabulary_size: Annotated[int, Meta(ge=270, le=1_000_000, description=_VOCABULARY_SIZE)] = 4000
    reverse_sources: Annotated[
        bool, Meta(description="read a pair's source from its end: its beginning is then near (Sutskever et al. 2014)")
    ] = False
    reverse_targets: Annotated[
        bool,
        Meta(
            description="write a pair's target from its end (Liu et al. 2016), where what stands there is easier to "
            "tell; monotonic attention wants its source reversed too"
        ),
    ] = False
    source_column: Annotated[
        str | None,
        Meta(
            description="of pairs: the column, the key or the file's ending that holds the sources; several columns "
            "make one source, with commas between their names"
        ),
    ] = None
    target_column: Annotated[str | None, Meta(description="of pairs: the one that holds the targets")] = None
    split: Annotated[Split | None, Meta(description="how stories lie in a text file; without it skaz finds out")] = None
    validation_fraction: Annotated[
        float, Meta(gt=0.0, le=0.5, description="part of the stories held out to measure on, 2,000 of them at most")
    ] = 0.05


class SourcesRecipe(Group, frozen=True):
    """What the encoder reads before a story: each part is there with its own probability, drawn anew each
    epoch, so that one model learns to write from a plan, a title, an opening, or nothing."""

    plan: Annotated[float, Meta(ge=0, le=1, description="how often the plan is shown")] = 0.5
    title: Annotated[float, Meta(ge=0, le=1, description="how often the title is shown")] = 0.25
    opening: Annotated[float, Meta(ge=0, le=1, description="how often the first sentence is shown")] = 0.1
    whole_plan: Annotated[
        float, Meta(ge=0, le=1, description="how often a shown plan is whole; else a part of it is shown")
    ] = 0.7


class EncoderRecipe(Group, frozen=True):
    """The recurrent stack that reads the source."""

    layers: Annotated[
        int, Meta(ge=0, le=16, description="recurrent layers; 0: no encoder, the model reads no source")
    ] = 1
    hidden_size: Annotated[Positive, Meta(description="units of a layer, a direction")] = 192
    cell: Annotated[Cell, Meta(description="what a layer repeats")] = "lstm"
    bidirectional: Annotated[bool, Meta(description="read the source from both ends")] = True
    embeddings_in_memory: Annotated[
        bool,
        Meta(description="attention sees each source token's embedding beside what the layers made of it"),
    ] = True

    @property
    def context_size(self) -> int:
        """C, the numbers of the context: a layer's last output in each direction."""
        return self.hidden_size * (2 if self.bidirectional else 1)


class DecoderRecipe(Group, frozen=True):
    """The recurrent stack that writes the target."""

    layers: Annotated[int, Meta(ge=1, le=16, description="recurrent layers")] = 1
    hidden_size: Annotated[Positive, Meta(description="units of a layer")] = 512
    cell: Annotated[Cell, Meta(description="what a layer repeats")] = "lstm"


class ModelRecipe(Group, frozen=True):
    """The network."""

    embedding_size: Annotated[Positive, Meta(description="numbers that stand for a token")] = 256
    encoder: EncoderRecipe = EncoderRecipe()
    decoder: DecoderRecipe = DecoderRecipe()
    attention: Annotated[
        Attention,
        Meta(
            description="how the decoder looks back at the source; none: only C passes; monotonic: at one place and "
            "then the next (Aharoni and Goldberg 2017), for strings that follow their sources in order"
        ),
    ] = "multi-head"
    attention_heads: Annotated[Positive, Meta(description="heads of multi-head attention")] = 4
    ngram_weight: Annotated[
        float,
        Meta(
            ge=0,
            le=10,
            description="with monotonic attention: how much what the pairs did in the same surroundings counts beside "
            "the network (joint n-grams, Bisani and Ney 2008); 0: the bundle keeps no pairs",
        ),
    ] = 0.0
    copy: Annotated[bool, Meta(description="a token may be copied from where attention looks (See et al. 2017)")] = (
        False
    )
    input_feeding: Annotated[
        bool,
        Meta(
            description="of pairs: what was read out is fed to the next step (Luong et al. 2015); trains step by step"
        ),
    ] = False
    coverage: Annotated[
        bool, Meta(description="of pairs: attention knows where it has looked (Tu et al. 2016); attends step by step")
    ] = False
    tied_embeddings: Annotated[bool, Meta(description="one matrix for the embedding and the output layer")] = True
    nonlinearity: Annotated[Literal["tanh", "relu"], Meta(description="activation of the rnn cell")] = "tanh"
    residual: Annotated[
        bool, Meta(description="from the second layer of a stack on, add a layer's input to its output")
    ] = False
    layer_norm: Annotated[bool, Meta(description="normalise each layer's output (Ba et al. 2016)")] = False
    dropout: Annotated[Fraction, Meta(description="part of the units dropped between layers and before the output")] = (
        0.0
    )
    embedding_dropout: Annotated[Fraction, Meta(description="part of the embeddings' numbers dropped")] = 0.0
    weight_dropout: Annotated[
        Fraction,
        Meta(description="part of the hidden-to-hidden weights dropped, others at each update (Merity et al. 2018)"),
    ] = 0.0
    variational_dropout: Annotated[
        bool, Meta(description="drop the same units at every time step (Gal and Ghahramani 2016)")
    ] = True
    initialiser: Annotated[Initialiser, Meta(description="initial weights of matrices")] = "xavier"
    recurrent_initialiser: Annotated[Initialiser, Meta(description="initial hidden-to-hidden weights")] = "uniform"
    forget_bias: Annotated[
        float, Meta(description="initial bias towards keeping: of the forget gate; taken from MinGRU's update gate")
    ] = 1.0

    @property
    def memory_size(self) -> int:
        """M, the numbers that attention reads at a source position."""
        return self.encoder.context_size + (self.embedding_size if self.encoder.embeddings_in_memory else 0)

    @property
    def has_memory(self) -> bool:
        """Whether the decoder looks back at the source."""
        return self.encoder.layers > 0 and self.attention != "none"

    @property
    def is_monotonic(self) -> bool:
        """Whether the targets' tokens say which place of the source the decoder looks at."""
        return self.attention == "monotonic"

    @property
    def readout_size(self) -> int:
        """E of the output layer: the numbers that it scores tokens by."""
        return self.embedding_size if self.tied_embeddings else self.decoder.hidden_size

    @property
    def decoder_input_size(self) -> int:
        """The numbers that the decoder is fed at a step: the token's, and what was read out or is looked at."""
        fed = self.readout_size if self.input_feeding else self.memory_size if self.is_monotonic else 0
        return self.embedding_size + fed


class TrainingRecipe(Group, frozen=True):
    """The run."""

    minutes: Annotated[float | None, Meta(description="budget of wall time; the learning rate follows the clock")] = (
        None
    )
    epochs: Annotated[float | None, Meta(description="budget in passes over the corpus")] = None
    steps: Annotated[int | None, Meta(description="budget in updates")] = None
    batch_tokens: Annotated[Positive, Meta(description="target tokens of one update")] = 2048
    window: Annotated[Positive, Meta(description="tokens that the gradient goes back; the state goes on")] = 64
    learning_rate: Annotated[float, Meta(gt=0, description="highest learning rate")] = 7e-3
    warmup: Annotated[Fraction, Meta(description="part of the budget in which the rate rises")] = 0.02
    final_rate: Annotated[float, Meta(ge=0, le=1, description="the cosine's end, as a part of the highest rate")] = 0.01
    optimiser: Annotated[
        Literal["muon", "adamw"],
        Meta(description="muon: Muon for the matrices between layers, AdamW for the rest; adamw: AdamW for all"),
    ] = "muon"
    muon_rate: Annotated[float, Meta(gt=0, description="Muon's rate, as a multiple of the learning rate")] = 0.8
    muon_iterations: Annotated[
        Positive,
        Meta(description="Newton–Schulz iterations that make Muon's step roughly orthogonal; 5 in Jordan et al. 2024"),
    ] = 3
    momentum: Annotated[Fraction, Meta(description="Muon's memory of the gradient")] = 0.9
    weight_decay: Annotated[
        Annotated[float, Meta(ge=0)] | None,
        Meta(description="decay of matrices, as a multiple of the rate; without it 0.2 with muon, 0.01 with adamw"),
    ] = None
    beta1: Annotated[Fraction, Meta(description="AdamW's memory of the gradient")] = 0.9
    beta2: Annotated[Fraction, Meta(description="AdamW's memory of its square")] = 0.99
    epsilon: Annotated[
        float, Meta(gt=0, description="AdamW's floor under a gradient's size: rare tokens' small ones move less")
    ] = 1e-5
    clip_norm: Annotated[float, Meta(gt=0, description="longest gradient allowed")] = 1.0
    label_smoothing: Annotated[Fraction, Meta(description="probability spread over all tokens")] = 0.0
    coverage_loss: Annotated[
        float, Meta(ge=0, description="weight of the loss for looking twice at the same, with model.coverage")
    ] = 0.0
    scheduled_sampling: Annotated[
        Fraction,
        Meta(description="share of input tokens that are the network's own guesses at the end; it rises from 0 on"),
    ] = 0.0
    start_from: Annotated[
        str | None,
        Meta(description="a bundle whose weights, vocabulary and shape the run begins with (fine-tuning)"),
    ] = None
    embeddings: Annotated[
        str | None, Meta(description="word vectors to begin the targets' embedding with (word2vec or fastText text)")
    ] = None
    source_embeddings: Annotated[str | None, Meta(description="the same for sources of their own vocabulary")] = None
    average_decay: Annotated[
        Fraction, Meta(description="of the moving average of the weights, which is measured and kept; 0: none")
    ] = 0.0
    average_last: Annotated[
        Positive, Meta(description="at the end try the mean of the weights at so many last measurements; 1: don't")
    ] = 1
    precision: Annotated[Literal["auto", "bf16", "fp32"], Meta(description="auto: bf16 where the processor has it")] = (
        "auto"
    )
    validations: Annotated[int, Meta(ge=1, description="measurements on held-out stories over the run")] = 10
    validation_characters: Annotated[
        Positive, Meta(description="held-out characters that a measurement during the run reads at most")
    ] = 50_000
    patience: Annotated[Positive | None, Meta(description="stop after so many measurements without a gain")] = None
    stages: Annotated[
        int,
        Meta(
            ge=0,
            le=100,
            description="stages of the run whose weights stay in the bundle, to see how it learnt; 0: none",
        ),
    ] = 0
    checkpoint_s: Annotated[float, Meta(gt=0, description="seconds between checkpoints")] = 30.0
    seed: Annotated[int, Meta(ge=0, lt=2**32, description="start of everything random")] = 1
    device: Annotated[str, Meta(description="auto, cpu, cuda, cuda:1 …")] = "auto"
    threads: Annotated[
        Annotated[int, Meta(gt=0, le=1024)] | None,
        Meta(
            description="processor threads; without it as many as are found to be the fastest while the run goes on, "
            "or all where the budget is not in minutes"
        ),
    ] = None

    @property
    def decay(self) -> float:
        """The weight decay that is meant, the best of each optimiser where none is given."""
        if self.weight_decay is not None:
            return self.weight_decay
        return 0.2 if self.optimiser == "muon" else 0.01


class Recipe(Group, frozen=True):
    """A whole recipe. `size = "auto"` lets skaz choose the model's size by budget and corpus."""

    task: Annotated[
        Task,
        Meta(description="write: stories from plans; translate: sentences from others; transduce: strings from others"),
    ] = "write"
    size: Annotated[Size, Meta(description="preset of the model's size")] = "auto"
    networks: Annotated[
        int,
        Meta(
            ge=1,
            le=MOST_NETWORKS,
            description="how many learn side by side, each with its share of the cores, and foretell the mean of what "
            "each does (an ensemble); of stories that minutes let be read often skaz takes 2 by itself",
        ),
    ] = 1
    text: TextRecipe = TextRecipe()
    sources: SourcesRecipe = SourcesRecipe()
    model: ModelRecipe = ModelRecipe()
    training: TrainingRecipe = TrainingRecipe()


BUDGETS = ("training.minutes", "training.epochs", "training.steps")  # a run has one of them

SIZES: Mapping[str, Mapping[str, Any]] = {
    "tiny": {
        "model.embedding_size": 128,
        "model.encoder.hidden_size": 96,
        "model.decoder.hidden_size": 256,
    },
    "small": {},
    "base": {
        "model.embedding_size": 320,
        "model.encoder.hidden_size": 256,
        "model.decoder.hidden_size": 1024,
    },
}
SIZED: tuple[str, ...] = tuple(SIZES["base"])  # what a size settles

TASKS: Mapping[str, Mapping[str, Any]] = {
    "write": {},
    "translate": {
        "text.vocabulary_size": 8000,
        "model.encoder.hidden_size": 256,
        "model.dropout": 0.4,
        "model.embedding_dropout": 0.2,
        "training.batch_tokens": 4096,
        "training.label_smoothing": 0.1,
        "training.average_decay": 0.99,
    },
    "transduce": {
        "text.tokenizer": "characters",
        "text.source_tokenizer": "characters",
        "model.attention": "general",
        "model.embedding_size": 128,
        "model.encoder.hidden_size": 128,
        "model.decoder.hidden_size": 256,
        "model.dropout": 0.3,
        "model.embedding_dropout": 0.2,
        "training.batch_tokens": 1024,
        "training.label_smoothing": 0.1,
        "training.average_decay": 0.99,
        "training.validation_characters": 20_000,
    },
}

SIZE_NAMES: tuple[str, ...] = get_args(Size)
