"""How fast CTranslate2 decodes with a transformer; run by the interpreter of an environment that has it.

    PYTHON ctranslate2_decoding.py --sentences 200 --source 16 --target 16 --beam 5 --threads 1

Three layers a side of 256 units, 1,024 in between, four heads, 8,000 tokens, 8-bit weights that are drawn at random:
every translation is as long as it may be, so time does not depend on them. Prints target tokens a second, last.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from typing import Any

import ctranslate2
import numpy as np

UNITS, INNER, HEADS, LAYERS, VOCABULARY = 256, 1024, 4, 3, 8_000
rng = np.random.default_rng(1)


def drawn(*shape: int) -> np.ndarray:
    """A matrix, or a bias, of small numbers."""
    return rng.normal(scale=shape[-1] ** -0.5, size=shape).astype(np.float32)


def fill_linear(linear: Any, outputs: int, inputs: int) -> None:
    linear.weight, linear.bias = drawn(outputs, inputs), drawn(outputs)


def fill_norm(norm: Any) -> None:
    norm.gamma, norm.beta = np.ones(UNITS, np.float32), np.zeros(UNITS, np.float32)


def fill_side(side: Any, *, attends: bool) -> None:
    """An encoder's or a decoder's layers."""
    embeddings = side.embeddings[0] if isinstance(side.embeddings, list) else side.embeddings
    embeddings.weight = drawn(VOCABULARY, UNITS)
    side.position_encodings.encodings = drawn(128, UNITS)
    fill_norm(side.layer_norm)
    for layer in side.layer:
        fill_norm(layer.self_attention.layer_norm)
        fill_linear(layer.self_attention.linear[0], 3 * UNITS, UNITS)
        fill_linear(layer.self_attention.linear[1], UNITS, UNITS)
        if attends:
            fill_norm(layer.attention.layer_norm)
            for number, outputs in enumerate((UNITS, 2 * UNITS, UNITS)):
                fill_linear(layer.attention.linear[number], outputs, UNITS)
        fill_norm(layer.ffn.layer_norm)
        fill_linear(layer.ffn.linear_0, INNER, UNITS)
        fill_linear(layer.ffn.linear_1, UNITS, INNER)


def model() -> ctranslate2.specs.TransformerSpec:
    """The transformer with its weights."""
    spec = ctranslate2.specs.TransformerSpec.from_config((LAYERS, LAYERS), HEADS, pre_norm=True)
    fill_side(spec.encoder, attends=False)
    fill_side(spec.decoder, attends=True)
    fill_linear(spec.decoder.projection, VOCABULARY, UNITS)
    tokens = ["<unk>", "<s>", "</s>", *(f"t{number}" for number in range(3, VOCABULARY))]
    spec.register_source_vocabulary(tokens)
    spec.register_target_vocabulary(tokens)
    spec.validate()
    return spec


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ("sentences", "source", "target", "beam", "batch", "threads"):
        parser.add_argument(f"--{name}", type=int, required=True)
    arguments = parser.parse_args()
    sources = [
        [f"t{token}" for token in rng.integers(3, VOCABULARY, arguments.source)] for _ in range(arguments.sentences)
    ]
    with tempfile.TemporaryDirectory() as made:
        spec = model()
        spec.optimize(quantization="int8")
        spec.save(made)
        translator = ctranslate2.Translator(made, inter_threads=1, intra_threads=arguments.threads)

        def translate(some: list[list[str]]) -> None:
            translator.translate_batch(
                some,
                beam_size=arguments.beam,
                max_batch_size=arguments.batch,
                min_decoding_length=arguments.target,
                max_decoding_length=arguments.target,
            )

        translate(sources[: arguments.batch])
        begun = time.perf_counter()
        translate(sources)
        print(arguments.sentences * arguments.target / (time.perf_counter() - begun))


if __name__ == "__main__":
    main()
