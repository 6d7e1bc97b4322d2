"""`skaz export`."""

from __future__ import annotations

from pathlib import Path

import click


@click.command("export")
@click.argument("bundle", type=click.Path(path_type=Path))
@click.option("--to", type=click.Choice(["onnx"]), default="onnx", show_default=True, help="Into the bundle itself.")
@click.option("--int8/--fp32", "int8", default=True, show_default=True, help="Weights in 8 bits, or as trained.")
def command(bundle: Path, to: str, int8: bool) -> None:
    """Make a BUNDLE's graphs anew: with them it writes without PyTorch, and fast.

    Training makes them in int8 at its end. fp32 is exact to the weights and some three times as slow.
    """
    from skaz.tasks.exporting import export_bundle

    for name, size in export_bundle(bundle, int8=int8).items():
        click.echo(f"{bundle / name}: {size / 1e6:.1f} MB")
