"""A studio that runs, and Chromium to look at it with."""

from __future__ import annotations

import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

from playwright.sync_api import Browser, sync_playwright


@contextmanager
def studio_on(folder: Path) -> Iterator[str]:
    """A studio on the folder; its address."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port = found.getsockname()[1]
    words = [sys.executable, "-m", "skaz", "studio", str(folder), "--port", str(port), "--no-browser"]
    studio = subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    address = f"http://127.0.0.1:{port}"
    try:
        while not _answers(address):
            if studio.poll() is not None:
                raise SystemExit(f"skaz studio {folder} ended at once; run it by itself to see why")
            time.sleep(0.1)
        yield address
    finally:
        studio.terminate()
        studio.wait()


def _answers(address: str) -> bool:
    try:
        with urlopen(f"{address}/healthz", timeout=5):
            return True
    except (URLError, OSError):
        return False


@contextmanager
def chromium() -> Iterator[Browser]:
    """The machine's own Chromium, or Chrome."""
    found = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))))
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=["--no-sandbox", "--disable-gpu"])
        yield browser
        browser.close()
