"""`skaz export`."""

from __future__ import annotations

from pathlib import Path

import click

from skaz.errors import RequestError


@click.command("export")
@click.argument("bundle", type=click.Path(path_type=Path))
@click.option(
    "--to",
    type=click.Choice(["onnx", "web"]),
    default="onnx",
    show_default=True,
    help="onnx: graphs into the bundle itself. web: a page that writes in a browser.",
)
@click.option("--out", type=click.Path(path_type=Path), metavar="FOLDER", help="Where the page goes.")
@click.option("--overwrite", is_flag=True, help="Replace an earlier page in FOLDER.")
@click.option("--int8/--fp32", "int8", default=True, show_default=True, help="Weights in 8 bits, or as trained.")
def command(bundle: Path, to: str, out: Path | None, overwrite: bool, int8: bool) -> None:
    """Make a BUNDLE's graphs anew: with them it writes without PyTorch, and fast. Or make a page of it.

    Training makes the graphs in int8 at its end. fp32 is exact to the weights and some three times as slow.

    \b
    The page needs no network and no server: open FOLDER/index.html.
      skaz export teller --to web --out page
    """
    if to == "web":
        _export_page(bundle, out, int8, overwrite)
        return
    if out is not None or overwrite:
        raise RequestError("The graphs go into the bundle itself: --out and --overwrite are for --to web.")
    from skaz.tasks.exporting import export_bundle

    for name, size in export_bundle(bundle, int8=int8).items():
        click.echo(f"{bundle / name}: {size / 1e6:.1f} MB")


def _export_page(bundle: Path, out: Path | None, int8: bool, overwrite: bool) -> None:
    if out is None:
        raise RequestError("Say where the page goes: --out FOLDER.")
    from skaz.tasks.web_export import PAGE, export_web

    sizes = export_web(bundle, out, int8=int8, overwrite=overwrite)
    click.echo(f"{out / PAGE}: {sizes[PAGE] / 1e6:.1f} MB")
    click.echo("Open it in a browser: it is whole, and needs no network and no server.", err=True)
