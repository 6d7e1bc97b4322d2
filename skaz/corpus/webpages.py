"""Web pages, as people save stories from the web, made ready for pandoc: in UTF-8, whatever they came in, and without
menus and what else stands around a text."""

from __future__ import annotations

import codecs
import io
import re

from skaz.corpus.encodings import old_encoding

# In the first bytes, as browsers look for it (HTML Living Standard, 13.2.3.2).
_DECLARED = re.compile(rb"<meta[^>]+charset\s*=\s*[\"']?\s*([\w.:-]+)", re.IGNORECASE)
_DECLARED_WITHIN = 1024


# Each with all that is in it; of one that does not end, or is as long as a text, nothing is left out.
_AROUND = re.compile(r"<(nav|footer|aside|button|select|noscript)\b.{,100000}?</\1\s*>", re.IGNORECASE | re.DOTALL)


def plain_page(content: bytes) -> bytes:
    """The page in UTF-8, without menus, footers and the like. It is read as UTF-8 where it is that, whatever it says;
    else as UTF-16 with its mark, in the encoding that it declares, or in the old one that its bytes tell of. ValueError
    where it is in none of them."""
    return _AROUND.sub(" ", _decoded(content)).encode()


def _decoded(content: bytes) -> str:
    is_utf16 = content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    for encoding in ("utf-16" if is_utf16 else "utf-8-sig", _declared(content), _told(content)):
        if encoding is not None:
            try:
                return content.decode(encoding)
            except (UnicodeDecodeError, LookupError):  # it may say what it is not, or what nobody knows
                continue
    raise ValueError("its bytes are in no encoding that it declares or that they tell of")


def _told(content: bytes) -> str | None:
    return old_encoding(lambda: io.BytesIO(content))


def _declared(content: bytes) -> str | None:
    found = _DECLARED.search(content[:_DECLARED_WITHIN])
    name = found[1].decode("ascii") if found else None
    # who declares Latin-1 means what Windows makes of it, as browsers take it
    return "windows-1252" if name is not None and name.lower() in ("iso-8859-1", "latin1", "us-ascii") else name
