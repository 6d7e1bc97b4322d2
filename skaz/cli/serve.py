"""`skaz serve`."""

from __future__ import annotations

from pathlib import Path

import click

from skaz.cli.options import Number, WholeNumber
from skaz.cli.places import check_folder_to_keep


@click.command("serve")
@click.argument("bundles", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="BUNDLE...")
@click.option("--host", default="127.0.0.1", show_default=True, help="Any other address needs a key.")
@click.option(
    "--port", default=8000, show_default=True, type=WholeNumber(1, 65535), help="The port that it listens on."
)
@click.option("--api-key", envvar="SKAZ_API_KEY", help="What clients must send as Authorization: Bearer KEY.")
@click.option(
    "--folder",
    type=click.Path(path_type=Path, file_okay=False),
    help="Take uploads, train and keep bundles in this folder.",
)
@click.option(
    "--rows", default=64, show_default=True, type=WholeNumber(1), help="Stories that a bundle writes at once."
)
@click.option(
    "--waiting", default=256, show_default=True, type=WholeNumber(0), help="Stories that may wait for a place."
)
@click.option(
    "--deadline",
    default=300.0,
    show_default=True,
    type=Number(0, min_open=True),
    metavar="SECONDS",
    help="The longest that a request waits for its answer.",
)
@click.option(
    "--threads",
    default=1,
    show_default=True,
    type=WholeNumber(1),
    help="Processor threads that a bundle computes with.",
)
def command(
    bundles: tuple[Path, ...],
    host: str,
    port: int,
    api_key: str | None,
    folder: Path | None,
    rows: int,
    waiting: int,
    deadline: float,
    threads: int,
) -> None:
    """Serve bundles over HTTP: OpenAI's /v1/completions, and skaz's own /api.

    The requests name each BUNDLE by its folder's name. See docs/server.md; /openapi.json tells every route.
    """
    if folder is not None:
        check_folder_to_keep(folder)
    from skaz.server.running import serve
    from skaz.server.settings import Limits, ServerSettings

    settings = ServerSettings(
        bundles=bundles,
        folder=folder,
        host=host,
        port=port,
        api_key=api_key,
        threads=threads,
        limits=Limits(rows=rows, waiting=waiting, deadline_s=deadline),
    )
    from skaz.engine.bundle import open_bundle

    for bundle in bundles:
        open_bundle(bundle)  # what is wrong with it is told now, not to the first client
    serve(
        settings,
        lambda address: click.echo(
            f"skaz serves {', '.join(p.resolve().name for p in bundles)} at {address}", err=True
        ),
    )
