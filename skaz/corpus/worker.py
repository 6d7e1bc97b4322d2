"""`python -m skaz.corpus.worker`: encodes the stories that its parent sends. See encoding.py."""

from __future__ import annotations

import os
import sys

from skaz.corpus.encoding import work

if __name__ == "__main__":
    try:
        work(sys.stdin.buffer, sys.stdout.buffer)
    except OSError:  # the parent is gone; at the end Python would write to it once more, and complain
        os._exit(1)
