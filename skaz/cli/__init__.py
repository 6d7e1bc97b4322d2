"""The command line: one file a command, thin: parse, call, print."""

from __future__ import annotations

import io
import sys

import click

from skaz.cli.root import skaz
from skaz.errors import SkazError

INTERRUPTED = 130  # what shells expect of a command that Ctrl-C ended
FAULT = 2
_EXTRAS = {  # module: what a person calls it, and the extra that has it
    "torch": ("PyTorch", "train"),
    "matplotlib": ("matplotlib", "train"),
    "onnx": ("onnx", "train"),
    "fastapi": ("fastapi", "serve"),
    "starlette": ("starlette", "serve"),
    "uvicorn": ("uvicorn", "serve"),
    "pydantic": ("pydantic", "serve"),
    "prometheus_client": ("prometheus-client", "serve"),
    "mkepub": ("mkepub", "serve"),
    "py3langid": ("py3langid", "train"),
}


def main() -> None:
    """Runs the command; what a user can cause ends in one line on stderr and exit code 2."""
    _speak_utf8()
    sys.exit(_run())


def _run() -> int:
    """The exit code."""
    try:
        return skaz.main(prog_name="skaz", standalone_mode=False) or 0
    except SkazError as error:
        return _fail(str(error))
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except (click.Abort, KeyboardInterrupt):
        return INTERRUPTED
    except ModuleNotFoundError as error:
        if error.name not in _EXTRAS:
            raise
        what, extra = _EXTRAS[error.name]
        return _fail(f'This needs {what}: pip install "skaz[{extra}]".')
    except OSError as error:  # what no message of ours foresaw still names its file
        return _fail(f"{error.filename or 'The system'}: {error.strerror or error}; check that place and run again.")


def _fail(message: str) -> int:
    print(f"skaz: {message}", file=sys.stderr)
    return FAULT


def _speak_utf8() -> None:
    """A story in a pipe or a file is UTF-8, whatever the system's habit; a terminal keeps its own, and shows ?
    for what it has not."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            if stream.isatty():
                stream.reconfigure(errors="replace")
            else:
                stream.reconfigure(encoding="utf-8", errors="replace")
