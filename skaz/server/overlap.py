"""What stands word for word in a bundle's training texts.

A bundle holds no texts. The studio keeps an index beside the bundles that it trains; of the built-in tales one is
made when it is first asked for. For other bundles there is none.
"""

from __future__ import annotations

import threading
from pathlib import Path

from skaz.corpus.readers import read_stories
from skaz.server.errors import ApiError
from skaz.server.library import Opened
from skaz.text.shared_runs import RunIndex, index_texts, load_index, save_index

_making = threading.Lock()  # one at a time: it takes all of the memory that a corpus needs


def index_folder(state_folder: Path, fingerprint: str) -> Path:
    """Where the index of a corpus is kept: by what the corpus holds, so that it never goes with another bundle."""
    return state_folder / "texts" / fingerprint[:32]


def index_of(opened: Opened, state_folder: Path | None) -> RunIndex:
    """The index of a bundle's training texts; ApiError 404 where there is none. May take some seconds the first
    time."""
    corpus = opened.bundle.facts.corpus
    names = [str(name) for name in corpus.get("names", [])]
    built_in = bool(names) and all(name.startswith("tales:") for name in names)
    if state_folder is not None:
        folder = index_folder(state_folder, str(corpus.get("fingerprint", "")))
        with _making:
            found = load_index(folder)
            if found is None and built_in:
                save_index(folder, index_texts(story.text for story in read_stories(names)))
                found = load_index(folder)
        if found is not None:
            return found
    raise ApiError(
        404, "no_training_texts", "The training texts of this bundle are not known here: it was trained elsewhere."
    )
