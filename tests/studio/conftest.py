"""The studio as a person has it: a server of its own, and a page in Chromium that may ask for nothing elsewhere."""

from __future__ import annotations

import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

import pytest
from playwright.sync_api import Browser, Page, expect

from skaz.engine.bundle import open_bundle
from skaz.server.overlap import index_folder
from skaz.server.settings import ServerSettings
from skaz.text.shared_runs import index_texts, save_index
from tests.ports import free_port

STARTS_S = 60

expect.set_options(timeout=20_000)


@dataclass
class Studio:
    """`skaz studio` on a folder of bundles."""

    folder: Path
    begin: Callable[..., subprocess.Popen[bytes]]
    port: int = field(default_factory=free_port)
    process: subprocess.Popen[bytes] | None = None

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> Studio:
        """Comes back when it answers."""
        log = self.folder.with_suffix(".log")  # a pipe that nobody reads would fill, and the server wait for ever
        with log.open("ab") as told:
            words = ("studio", self.folder, "--port", self.port, "--no-browser")
            self.process = self.begin(*words, stdout=subprocess.DEVNULL, stderr=told)
        until = time.monotonic() + STARTS_S
        while not self._answers():
            assert self.process.poll() is None, log.read_text(encoding="utf-8")
            assert time.monotonic() < until, "the studio did not start"
            time.sleep(0.05)
        return self

    def stop(self) -> None:
        assert self.process is not None
        self.process.kill()
        self.process.wait()

    def _answers(self) -> bool:
        try:
            with urlopen(f"{self.address}/healthz", timeout=5) as answer:
                return bool(answer.status == 200)
        except (URLError, OSError):
            return False


@pytest.fixture(scope="session")
def studio(bundle: Path, stories_file: Path, started, tmp_path_factory: pytest.TempPathFactory) -> Studio:
    """One for all tests: with two models that are the same but for their names, whose training texts are known."""
    folder = tmp_path_factory.mktemp("studio")
    for name in ("teller", "другая"):
        shutil.copytree(bundle, folder / name)
    state = ServerSettings(folder=folder, pages=True).state_folder
    assert state is not None
    fingerprint = str(open_bundle(bundle).facts.corpus["fingerprint"])
    save_index(index_folder(state, fingerprint), index_texts(stories_file.read_text(encoding="utf-8").splitlines()))
    return Studio(folder, started).start()


@pytest.fixture
def opened(browser: Browser, studio: Studio) -> Iterator[Callable[..., Page]]:
    """Opens a place of the studio in a browser that knows nothing yet. In the end: no error of a script, and no request
    to anywhere else."""
    pages: list[Page] = []
    faults: list[str] = []
    asked: list[str] = []

    def open_(
        place: str = "write?new=1&model=teller", at: Studio = studio, script: Path | None = None, **wishes: object
    ) -> Page:
        context = browser.new_context(**{"locale": "en-GB", "viewport": {"width": 1280, "height": 800}, **wishes})
        if script is not None:
            context.add_init_script(path=script)
        page = context.new_page()
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.on("request", lambda request: asked.append(request.url))
        page.goto(f"{at.address}/#/{place}")
        pages.append(page)
        return page

    yield open_
    for page in pages:
        page.context.close()
    assert faults == []
    assert [url for url in asked if not url.startswith(("http://127.0.0.1:", "blob:"))] == []
