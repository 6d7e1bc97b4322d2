"""`skaz completion`."""

from __future__ import annotations

import click
from click.shell_completion import get_completion_class


@click.command("completion")
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
def command(shell: str) -> None:
    """Print the script that completes skaz's commands in your SHELL.

    For bash: skaz completion bash >> ~/.bashrc
    """
    from skaz.cli.root import skaz

    kind = get_completion_class(shell)
    assert kind is not None  # the choice above names the classes that click ships
    click.echo(kind(skaz, {}, "skaz", "_SKAZ_COMPLETE").source())
