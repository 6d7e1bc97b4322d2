"""Keeps freed memory in the process, where the next update wants it again."""

from __future__ import annotations

import ctypes
import sys

_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD = -1, -3  # <malloc.h>
_NEVER = 2**31 - 1
_LARGEST_FROM_HEAP = 2**30


def keep_freed_memory() -> None:
    """Tells glibc's allocator to serve large blocks from the heap and to give none back while we run.

    An update makes and drops the same megabytes over and over; by default glibc maps and unmaps them each
    time, and the page faults cost a fifth of the speed (docs/performance.md). Elsewhere: nothing.
    """
    if not sys.platform.startswith("linux"):
        return
    try:
        mallopt = ctypes.CDLL("libc.so.6").mallopt
    except (OSError, AttributeError):  # musl has neither the name nor the call
        return
    mallopt(_M_MMAP_THRESHOLD, _LARGEST_FROM_HEAP)
    mallopt(_M_TRIM_THRESHOLD, _NEVER)
