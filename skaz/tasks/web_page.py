"""The page of `skaz export --to web`: everything in one index.html.

A page opened from a disk may not read the files beside it, so whatever it needs is in it: our modules and ONNX Runtime
as one script, the rest in parts that the script unpacks. So its Content-Security-Policy can name that script by its
hash and forbid all else: the page can't ask any network for anything.
"""

from __future__ import annotations

import base64
import gzip
import hashlib
import html
import json
import re
from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path
from typing import Any

from skaz.errors import DependencyError

SOURCES = Path(str(files("skaz"))) / "web"
RUNTIME = "onnxruntime/ort.wasm.bundle.min.mjs"
WASM = "onnxruntime/ort-wasm-simd-threaded.wasm"
_IMPORT = re.compile(
    r'^import (?:\* as (?P<all>\w+)|(?P<some>\{[^}]*\})) from "\./(?P<path>[\w./-]+)";\n', re.MULTILINE
)
_EXPORT = re.compile(r"^export (?=(?:async )?(?:function\*?|class|const) (?P<name>\w+))", re.MULTILINE)
_EXPORT_LIST = re.compile(r"export\s*\{(?P<names>[^}]*)\};?\s*(?://[^\n]*\s*)?\Z")
_PLACE = re.compile(r"\{\{(\w+)\}\}")


def page(title: str, facts: Mapping[str, Any], parts: Mapping[str, bytes]) -> str:
    """index.html; `facts` and `parts` are what `main.js` reads. DependencyError where there is no ONNX Runtime."""
    script, style = _joined("main.js"), _source("style.css")
    values = {
        "title": html.escape(title),
        "policy": _policy(script, style),
        "style": style,
        "script": script,
        "parts": "\n".join([_facts_element(facts), *(_part_element(name, part) for name, part in parts.items())]),
    }
    return _PLACE.sub(lambda place: values[place[1]], _source("index.html"))


def wasm() -> bytes:
    """ONNX Runtime itself; DependencyError where this installation was made without it."""
    return _runtime(WASM).read_bytes()


def _policy(script: str, style: str) -> str:
    return (
        f"default-src 'none'; script-src '{_hash(script)}' 'wasm-unsafe-eval'; style-src '{_hash(style)}'; "
        "img-src data:; base-uri 'none'; form-action 'none'"
    )


def _hash(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode("utf-8")).digest()).decode("ascii")


def _facts_element(facts: Mapping[str, Any]) -> str:
    text = json.dumps(facts, ensure_ascii=False).replace("<", "\\u003c")  # no "</script>" in somebody's title
    return f'<script type="application/json" id="facts">{text}</script>'


def _part_element(name: str, part: bytes) -> str:
    packed = base64.b64encode(gzip.compress(part, 9, mtime=0)).decode("ascii")
    return f'<script type="text/plain" id="part-{name}">{packed}</script>'


def _joined(entry: str) -> str:
    """A module and all that it imports as one script: each becomes a function that runs once, in their order, and
    what it exports is kept under a name of its own."""
    done: dict[str, str] = {}
    _join(entry, done)
    script = "\n".join(done.values())
    if re.search(r"</script|<!--", script, re.IGNORECASE):
        raise AssertionError("a script with </script or <!-- in it can't stand in a page")
    return f"\n{script}\n"


def _join(path: str, done: dict[str, str]) -> None:
    if path in done:
        return
    if path == RUNTIME:
        done[path] = _runtime_module()
        return
    source = _source(path)
    for imported in _IMPORT.finditer(source):
        _join(imported["path"], done)
    exported = [match["name"] for match in _EXPORT.finditer(source)]
    body = _EXPORT.sub("", _IMPORT.sub(_taken, source))
    done[path] = f"const {_variable(path)} = (() => {{\n{body}return {{ {', '.join(exported)} }};\n}})();"


def _taken(imported: re.Match[str]) -> str:
    """`import … from "./path"` where that module has become a constant."""
    return f"const {imported['all'] or imported['some']} = {_variable(imported['path'])};\n"


def _runtime_module() -> str:
    source = _runtime(RUNTIME).read_text(encoding="utf-8")
    exports = _EXPORT_LIST.search(source)
    if exports is None:
        raise AssertionError(f"{RUNTIME} ends in no list of exports: its build has changed")
    pairs = [name.split(" as ") for name in exports["names"].split(",")]
    returned = ", ".join(f"{outer.strip()}: {inner.strip()}" for inner, outer in pairs)
    licence = f"/*!\n{_source('onnxruntime-web.LICENSE')}*/"
    body = source[: exports.start()]
    # It asks `location` where it came from, to find files beside it, and falls over "null", which Firefox answers in a
    # page from a disk. Without a `location` it does not ask, and needs no answer: its files are handed to it.
    return f"{licence}\nconst {_variable(RUNTIME)} = ((location) => {{\n{body}\nreturn {{ {returned} }};\n}})();"


def _variable(path: str) -> str:
    return "$" + re.sub(r"\W", "_", path.removesuffix(".js"))


def _source(path: str) -> str:
    return (SOURCES / path).read_text(encoding="utf-8")


def _runtime(path: str) -> Path:
    file = SOURCES / path
    if not file.is_file():
        raise DependencyError(
            "This skaz was installed without onnxruntime-web, which the page runs on: install Node.js, which brings "
            "npm, and then skaz again (pip install --force-reinstall --no-deps, from the same place)."
        )
    return file
