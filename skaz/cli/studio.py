"""`skaz studio`."""

from __future__ import annotations

from pathlib import Path

import click

from skaz.cli.options import WholeNumber


@click.command("studio")
@click.argument("folder", required=False, type=click.Path(path_type=Path, file_okay=False), metavar="[BUNDLES_DIR]")
@click.option(
    "--port", default=8000, show_default=True, type=WholeNumber(1, 65535), help="The port that it listens on."
)
@click.option("--browser/--no-browser", default=True, help="Open the page in the browser.")
@click.option("--log", is_flag=True, help="A line of JSON on standard error for each request, as skaz serve has it.")
def command(folder: Path | None, port: int, browser: bool, log: bool) -> None:
    """Open the studio in the browser: write, train, look inside.

    It works on the bundles in BUNDLES_DIR (without it: this folder) and keeps what it trains there; what you write goes
    into .studio beside them. Only this machine reaches it, and it needs no network. Ctrl-C ends it.
    """
    import logging

    from skaz.server.running import serve
    from skaz.server.settings import ServerSettings

    def ready(address: str) -> None:
        click.echo(f"The studio is open at {address} (Ctrl-C ends it).")
        if browser:
            import webbrowser

            webbrowser.open(address)

    settings = ServerSettings(folder=(folder or Path()).resolve(), port=port, pages=True)
    serve(settings, ready, log_level=logging.INFO if log else logging.WARNING)
