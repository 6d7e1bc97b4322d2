"""Where the texts that bundles learnt from are kept."""

from __future__ import annotations

from pathlib import Path

from hypothesis import example, given
from hypothesis import strategies as st

from skaz.server.overlap import index_folder


@given(st.text())
@example("../../elsewhere")
@example("/elsewhere")
@example("")
@example("..")
def test_what_a_bundle_claims_leads_nowhere_else(fingerprint: str) -> None:
    folder = index_folder(Path("state"), fingerprint)
    assert folder.parent == Path("state/texts")
    assert folder.name not in ("", ".", "..")


def test_each_corpus_has_a_folder_of_its_own() -> None:
    assert index_folder(Path("state"), "ab" * 32) != index_folder(Path("state"), "ab" * 31 + "ac")
