"""The command line: one file a command, thin: parse, call, print."""

from __future__ import annotations

import io
import os
import sys

import click

from skaz.cli.root import skaz
from skaz.errors import ResourceError, SkazError
from skaz.extras import told

INTERRUPTED = 130  # what shells expect of a command that Ctrl-C ended
FAULT = 2
LEFT = 1  # nobody reads on; click ends with it too
_NO_DLL = {126, 1114}  # Windows: a library, or one that it needs, was not found, or would not start
_WITHOUT_RUNTIME = (
    "PyTorch and ONNX Runtime need Microsoft's Visual C++ Redistributable, which this Windows lacks; install "
    "https://aka.ms/vs/17/release/vc_redist.x64.exe and run again."
)


def main() -> None:
    """Runs the command; what a user can cause ends in one line on stderr and exit code 2."""
    if sys.stderr is None:  # closed: talk then goes nowhere, and not among what is printed
        sys.stderr = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115
    _speak_utf8()
    code = _run()
    _output_is_stuck()
    sys.exit(code)


def _run() -> int:
    """The exit code."""
    try:
        if sys.stdout is None:
            raise ResourceError(f"Standard output is closed; leave it open, or send it to {os.devnull}.")
        # on Windows click would take words with * or $ in them for names of files; `options.of_patterns` is for those
        code = skaz.main(prog_name="skaz", standalone_mode=False, windows_expand_args=False) or 0
        sys.stdout.flush()
        return code
    except SkazError as error:
        return _fail(str(error))
    except click.exceptions.NoArgsIsHelpError as error:  # not a fault, but somebody who wants to know
        error.show()
        return error.exit_code
    except click.ClickException as error:
        return _fail(_in_a_line(error))
    except (click.Abort, KeyboardInterrupt):
        return INTERRUPTED
    except ModuleNotFoundError as error:
        missing = told(error)
        if missing is None:
            raise
        return _fail(str(missing))
    except ImportError as error:
        if "DLL load failed" not in str(error):
            raise
        return _fail(_WITHOUT_RUNTIME)
    except MemoryError:
        return _fail(
            "There is not enough memory for this: lower --beam, --batch-tokens or -n where they were given, or end "
            "other programs."
        )
    except BrokenPipeError:  # who reads has left: head, say
        return LEFT
    except OSError as error:  # what no message of ours foresaw still names its file
        if getattr(error, "winerror", None) in _NO_DLL:
            return _fail(_WITHOUT_RUNTIME)
        place = error.filename2 or error.filename or ("Standard output" if _output_is_stuck() else "The system")
        return _fail(f"{place}: {error.strerror or error}; check that place and run again.")


def _in_a_line(error: click.ClickException) -> str:
    """What click complains of, and where to read more."""
    told = " ".join(error.format_message().split())
    if isinstance(error, click.NoSuchOption):
        told = f"No such option: {error.option_name}."
        if error.possibilities:
            told += f" Did you mean {error.possibilities[0]}?"
    context = getattr(error, "ctx", None)
    end = "" if told.endswith((".", "?")) else "."
    return f"{told}{end} See {context.command_path if context else 'skaz'} --help."


def _output_is_stuck() -> bool:
    """Whether what was printed can't be written. It is thrown away then: at the end Python would try it once more, and
    complain in its own words."""
    try:
        if sys.stdout is not None:
            sys.stdout.flush()
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return True
    return False


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
