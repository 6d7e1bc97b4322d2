"""A document as a file: plain text, Markdown, an e-book, or all of it as JSON."""

from __future__ import annotations

import json
import re
import unicodedata
from urllib.parse import quote

from fastapi.responses import Response

from skaz.server.bodies import Format
from skaz.server.documents import Documents, Head, beginning_of
from skaz.server.stanzas import blocks_of

_KINDS: dict[Format, str] = {
    "txt": "text/plain; charset=utf-8",
    "md": "text/markdown; charset=utf-8",
    "epub": "application/epub+zip",
    "json": "application/json",
}
# Marks anywhere, an entity's beginning, a list or a rule at a paragraph's beginning, and a numbered list's number.
_MARKDOWN = re.compile(r"^([0-9]{1,9})([.)])|([\\`*_\[\]<>#~]|&(?=#?\w+;)|^[-+=])")


def exported(documents: Documents, name: str, format: Format) -> Response:
    """The file, to be saved under the document's title, or its first words where it has none."""
    head = documents.head(name)
    match format:
        case "txt":
            body = head.text.encode()
        case "md":
            body = markdown(head).encode()
        case "epub":
            from skaz.server.epub import epub

            body = epub(head)
        case "json":
            body = json.dumps(documents.read(name)["document"], ensure_ascii=False, indent=1).encode()
    title = _as_file_name(head.title) or _as_file_name(beginning_of(head.text)) or "story"
    plain = title.encode("ascii", errors="ignore").decode().strip(" .") or "story"
    disposition = f"attachment; filename=\"{plain}.{format}\"; filename*=UTF-8''{quote(f'{title}.{format}')}"
    return Response(body, media_type=_KINDS[format], headers={"Content-Disposition": disposition})


def _as_file_name(title: str) -> str:
    """The title's letters with their marks, its digits, blanks and _.-, composed: no letter loses what is above it."""
    composed = unicodedata.normalize("NFC", title)
    kept = (each if each in "_.- " or unicodedata.category(each)[0] in "LMN" else " " for each in composed)
    return " ".join("".join(kept).split())[:100].strip(" .")


def markdown(head: Head) -> str:
    """The text with its title as a heading, a backslash before each line's end within a stanza; what Markdown would
    take for marks is escaped."""
    title = " ".join(head.title.split())
    parts = ["\\\n".join(map(_escaped, lines)) for lines in blocks_of(head.text)]
    return "\n\n".join([*([f"# {_escaped(title)}"] if title else []), *parts]) + "\n"


def _escaped(text: str) -> str:
    return _MARKDOWN.sub(lambda found: f"{found[1] or ''}\\{found[2] or found[3]}", text)
