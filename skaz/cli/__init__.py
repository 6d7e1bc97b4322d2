"""The command line: one file a command, thin: parse, call, print."""

from __future__ import annotations

import os
import sys

from skaz.cli.root import skaz
from skaz.errors import SkazError

INTERRUPTED = 130  # what shells expect of a command that Ctrl-C ended


def main() -> None:
    """Runs the command; what a user can cause ends in one line on stderr and exit code 2."""
    # Threads that wait without spinning share a machine with the person's other programs: with one busy
    # neighbour training is twice as fast so, and alone as fast (docs/performance.md). Read when torch loads.
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    try:
        skaz(prog_name="skaz")
    except SkazError as error:
        print(f"skaz: {error}", file=sys.stderr)
        sys.exit(2)
    except BrokenPipeError:  # the reader of our output has gone: `skaz write … | head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except KeyboardInterrupt:
        sys.exit(INTERRUPTED)
