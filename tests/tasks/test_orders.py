"""A process that trains for another: what it hears, and what it answers."""

from __future__ import annotations

import json
import signal
import subprocess
import sys

import pytest

LISTENS = """
import sys, time
from skaz.tasks.orders import take_order
order = take_order(when_alone=lambda stopping: stopping.set())
print("not an answer")
order.answer({"heard": order.asked})
stopped = order.stopping.wait(20)
order.answer({"stopped": stopped})
sys.exit(7 if stopped else 1)
"""


def _listener(**more: int) -> subprocess.Popen[bytes]:
    process = subprocess.Popen([sys.executable, "-c", LISTENS], stdin=subprocess.PIPE, stdout=subprocess.PIPE, **more)
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(b'{"out": "h\\udcff"}\r\n')  # a name that is not UTF-8
    process.stdin.flush()
    assert json.loads(process.stdout.readline()) == {"heard": {"out": "h\udcff"}}
    return process


@pytest.mark.parametrize("told", [b"stop\n", b"stop\r\n", None, signal.SIGTERM, signal.SIGINT])
def test_it_is_told_to_stop(told: bytes | signal.Signals | None) -> None:
    with _listener() as process:
        assert process.stdin is not None
        assert process.stdout is not None
        if isinstance(told, signal.Signals):
            process.send_signal(told)
        elif told is None:
            process.stdin.close()
        else:
            process.stdin.write(told)
            process.stdin.flush()
        assert json.loads(process.stdout.readline()) == {"stopped": True}
        assert process.wait(10) == 7


def test_it_comes_to_its_end_where_nobody_reads_its_answers() -> None:
    with _listener(stderr=subprocess.PIPE) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdout.close()
        process.stdin.close()
        assert process.wait(10) in (7, 120)  # 120: Python itself could not write out what was left
