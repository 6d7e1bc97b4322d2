"""Makes docs/cli.md, the help texts of all commands, from the commands themselves."""

from __future__ import annotations

import click
from references import main, page_of

from skaz.cli.root import COMMANDS, skaz

WIDTH = 100  # fixed: without it the texts would follow the terminal

INTRODUCTION = """\
What `skaz COMMAND --help` prints. The product of a command goes to standard output, all talk to standard error. What
a person can put right ends in one line and exit code 2; Ctrl-C in exit code 130, or 0 where `train` has saved
a bundle."""


def help_text(name: str | None) -> str:
    """The help of a command, or of skaz itself."""
    root = click.Context(skaz, info_name="skaz", terminal_width=WIDTH, **skaz.context_settings)
    if name is None:
        return skaz.get_help(root)
    command = skaz.get_command(root, name)
    assert command is not None
    return command.get_help(click.Context(command, root, name, terminal_width=WIDTH))


def cli_page() -> str:
    names = {"skaz": None, **{f"skaz {name}": name for name in COMMANDS}}
    sections = [f"## {title}\n\n```text\n{help_text(name)}\n```" for title, name in names.items()]
    return page_of("The commands", "make_cli.py", [INTRODUCTION, *sections])


if __name__ == "__main__":
    main("cli.md", cli_page())
