"""What a server is told when it starts."""

from __future__ import annotations

import ipaddress
import os
from dataclasses import dataclass, field
from pathlib import Path

from skaz.errors import RequestError

MEGABYTE = 1_000_000


@dataclass(frozen=True)
class Limits:
    """Bounds that keep a server from drowning."""

    rows: int = 64
    """Stories that a bundle writes at once."""
    waiting: int = 256
    """Stories that wait for a place, of all clients together; who comes after is told 429."""
    deadline_s: float = 300.0
    """No request takes longer; what is written then is what there is."""
    most_tokens: int = 4096
    """No story has more tokens."""
    kept_bytes: int = 256 * MEGABYTE
    """For states that are kept at every token, to go on from; the longest unused are given up first."""
    body_bytes: int = MEGABYTE
    """Of a request's JSON."""
    document_bytes: int = 64 * MEGABYTE
    """Of a document's: a story with each of its versions, thousands of passages."""
    upload_bytes: int = 256 * MEGABYTE
    """Of an upload's files together."""
    upload_files: int = 500
    """In an upload."""
    open_bundles: int = 8
    """Kept ready in memory; the longest unused is closed first."""
    grace_s: float = 20.0
    """How long stories in the making may go on after the server was told to stop."""


@dataclass(frozen=True)
class ServerSettings:
    """`bundles`: served by their folders' names; `folder`: where further bundles lie, and where uploads, trainings and
    documents are kept (None: there is none of these); `pages`: whether the studio's pages are served."""

    bundles: tuple[Path, ...] = ()
    folder: Path | None = None
    host: str = "127.0.0.1"
    port: int = 8000
    api_key: str | None = None
    pages: bool = False
    threads: int = 1
    limits: Limits = field(default_factory=Limits)

    def __post_init__(self) -> None:
        if not is_loopback(self.host) and not self.api_key:
            raise RequestError(
                f"{self.host} can be reached from other machines, so it needs a key: set SKAZ_API_KEY or --api-key, or "
                "leave --host out."
            )
        if self.api_key is not None and (not self.api_key.isascii() or len(self.api_key) < 8):
            raise RequestError(
                "The API key must have 8 characters or more, all ASCII: make one with openssl rand -hex 24."
            )
        names = [path.resolve().name for path in self.bundles]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise RequestError(f"Two bundles are named {twice[0]}; rename one folder: requests name them so.")

    def without_folders(self, sentence: str) -> str:
        """A sentence that may go to a client, which knows bundles by their names and need not know where they lie."""
        folders = {*(path.parent for path in self.bundles), *([self.folder] if self.folder is not None else [])}
        named = {str(each) + os.sep for folder in folders for each in (folder, folder.resolve()) if folder != Path()}
        for prefix in sorted(named, key=len, reverse=True):
            sentence = sentence.replace(prefix, "")
        return sentence

    @property
    def state_folder(self) -> Path | None:
        """Where the server keeps what is its own."""
        return self.folder / ".studio" if self.folder is not None else None


def is_loopback(host: str) -> bool:
    """Whether only this machine reaches an address."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False
