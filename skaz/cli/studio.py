"""`skaz studio`."""

from __future__ import annotations

from pathlib import Path

import click


@click.command("studio")
@click.argument("folder", required=False, type=click.Path(path_type=Path, file_okay=False), metavar="[BUNDLES_DIR]")
@click.option("--port", default=8000, show_default=True, type=click.IntRange(1, 65535))
@click.option("--browser/--no-browser", default=True, help="Open the page in the browser.")
def command(folder: Path | None, port: int, browser: bool) -> None:
    """Open the studio in the browser: write, train, look inside.

    It works on the bundles in BUNDLES_DIR (without it: this folder) and keeps what it trains there; what you write goes
    into .studio beside them. Only this machine reaches it, and it needs no network. Ctrl-C ends it.
    """
    from skaz.server.running import serve
    from skaz.server.settings import ServerSettings

    def ready(address: str) -> None:
        click.echo(f"The studio is open at {address} (Ctrl-C ends it).")
        if browser:
            import webbrowser

            webbrowser.open(address)

    serve(ServerSettings(folder=(folder or Path()).resolve(), port=port, pages=True), ready)
