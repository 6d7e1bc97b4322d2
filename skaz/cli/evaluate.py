"""`skaz evaluate`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import get_args

import click

from skaz.recipe import Split


@click.command("evaluate")
@click.argument("bundle", type=click.Path(path_type=Path))
@click.argument("paths", nargs=-1, required=True, metavar="PATH...")
@click.option("--split", type=click.Choice(get_args(Split)), help="How stories lie in a text file.")
@click.option("--json", "as_json", is_flag=True, help="The same as JSON.")
@click.option("--graphs", is_flag=True, help="Measure the ONNX graphs, with what rounding to int8 costs.")
@click.option("--device", default="cpu", show_default=True, help="auto, cpu, cuda …")
def command(
    bundle: Path, paths: tuple[str, ...], split: Split | None, as_json: bool, graphs: bool, device: str
) -> None:
    """Measure a BUNDLE on held-out texts: bits per character, the state carried through each text.

    The number compares models of any tokeniser; fewer bits are better. The texts must not have been trained on.
    """
    from skaz.engine.bundle import open_bundle
    from skaz.evaluation.language_modelling import evaluate_bundle

    measures = evaluate_bundle(open_bundle(bundle), paths, split=split, device=device, graphs=graphs)
    if as_json:
        rows = {
            name: {
                "bits_per_character": measured.bits_per_character,
                "nats_per_character": measured.nats_per_character,
                "perplexity_per_token": measured.perplexity,
                "characters": measured.characters,
                "tokens": measured.tokens,
            }
            for name, measured in measures.items()
        }
        click.echo(json.dumps(rows))
        return
    for name, measured in measures.items():
        click.echo(
            f"{name.replace('_', ' '):9}  {measured.bits_per_character:.4f} bits per character  "
            f"({measured.characters:,} characters, {measured.tokens:,} tokens, perplexity {measured.perplexity:.2f} "
            "a token)"
        )
