"""`skaz`: the list of commands, each loaded when it is called."""

from __future__ import annotations

from collections import Counter
from importlib import import_module

import click

# name: (module, what it does); the texts stand here so that `skaz --help` loads no command
COMMANDS = {
    "train": "Train on your texts, or on pairs of texts.",
    "write": "Write stories with a trained bundle.",
    "translate": "Translate lines with a bundle trained on pairs.",
    "transduce": "Turn strings into strings with a bundle trained on pairs.",
    "attend": "Show what a bundle looks at in a source.",
    "look": "Look inside a bundle while it reads a text.",
    "studio": "Open the studio in the browser: write, train, look inside.",
    "serve": "Serve bundles over HTTP.",
    "demo": "Train on the built-in tales for three minutes and write two stories.",
    "lab": "Measure what a course on networks claims: nine experiments, with pictures.",
    "prepare": "Read and tokenise texts once, for several trainings.",
    "inspect": "Show what is in a bundle.",
    "evaluate": "Measure a bundle on held-out text.",
    "export": "Make a bundle's graphs anew, or a page that writes in a browser.",
    "completion": "Print the shell completion script.",
}


# What to do with several values of an option that takes one; of others all but one are to be left out.
_JOINED = {"plan": "put all key words into one, with commas between them"}


class _Commands(click.Group):
    """A group whose commands are imported one at a time."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        command: click.Command = import_module(f"skaz.cli.{cmd_name}").command
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args[0] not in COMMANDS and not args[0].startswith("-") and not ctx.resilient_parsing:
            from skaz.errors import RequestError, did_you_mean

            hint = did_you_mean(args[0], list(COMMANDS))
            raise RequestError(f'There is no command "{args[0]}".{hint} See skaz --help.')
        name, command, rest = super().resolve_command(ctx, args)
        if command is not None and not ctx.resilient_parsing:
            _check_given_once(command, click.Context(command, ctx, name, **command.context_settings), rest)
        return name, command, rest

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


def _check_given_once(command: click.Command, context: click.Context, words: list[str]) -> None:
    """RequestError where an option that takes one value is given several, of which click would keep the last."""
    _, _, given = command.make_parser(context).parse_args(list(words))
    for option, times in Counter(given).items():
        if isinstance(option, click.Option) and times > 1 and not (option.multiple or option.is_flag or option.count):
            from skaz.errors import RequestError

            advice = _JOINED.get(option.name or "", "leave out all but one")
            raise RequestError(f"{option.opts[-1]} takes one value and is given {times} times; {advice}.")


@click.command(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="skaz")
def skaz() -> None:
    """Train small networks on your own texts, on your own machine, and write with them.

    \b
    A first story in three minutes:
      skaz demo
    On your own stories (text files, .docx, .epub, .jsonl, .csv, or a folder of them):
      skaz train stories/ --out teller --minutes 10
      skaz write teller --plan "fox, lantern, river"

    Everything stays on this machine. Each command has its own --help.
    """
