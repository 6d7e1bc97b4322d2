"""`python -m skaz.corpus.worker`: encodes the stories that its parent sends. See encoding.py."""

from __future__ import annotations

import sys

from skaz.corpus.encoding import work

if __name__ == "__main__":
    work(sys.stdin.buffer, sys.stdout.buffer)
