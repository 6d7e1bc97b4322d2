"""What stands word for word in a bundle's training texts.

A bundle holds no texts. The studio keeps an index beside the bundles that it trains; of the built-in tales one is
made when it is first asked for. For other bundles there is none until somebody gives their texts.
"""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Iterable, Sequence
from pathlib import Path

import msgspec

from skaz.corpus.places import is_built_in
from skaz.corpus.readers import read_stories
from skaz.corpus.records import Story
from skaz.files import write_text
from skaz.inside.texts import keep_sample, stories_of
from skaz.server.errors import ApiError
from skaz.server.library import Opened
from skaz.text.shared_runs import RunIndex, index_texts, load_index, save_index

PLANS, MOST_PLANS = "plans.json", 1000

_making = threading.Lock()  # one at a time: it takes all of the memory that a corpus needs


def index_folder(state_folder: Path, fingerprint: str) -> Path:
    """Where the index of a corpus is kept: by what the corpus holds, so that it never goes with another bundle. Since
    a bundle may claim any fingerprint, that is no part of the path itself."""
    return state_folder / "texts" / hashlib.sha256(fingerprint.encode("utf-8", "surrogatepass")).hexdigest()[:32]


def keep_texts(folder: Path, texts: Iterable[str], plans: Sequence[Sequence[str]]) -> None:
    """Makes the index of training texts, and keeps some of their plans beside it."""
    save_index(folder, index_texts(texts))
    write_text(folder / PLANS, json.dumps([list(plan) for plan in plans[:MOST_PLANS]], ensure_ascii=False))


def _keep_stories(folder: Path, stories: Sequence[Story]) -> None:
    """The index of stories, and of the plans that they come with some from all over."""
    plans = [story.plan for story in stories if story.plan]
    keep_texts(folder, (story.text for story in stories), plans[:: max(len(plans) // MOST_PLANS, 1)])


def index_of(opened: Opened, state_folder: Path | None) -> RunIndex:
    """The index of a bundle's training texts; ApiError 404 where there is none. May take some seconds the first
    time."""
    corpus = opened.bundle.facts.corpus
    names = [str(name) for name in corpus.get("names", [])]
    if state_folder is not None:
        folder = index_folder(state_folder, str(corpus.get("fingerprint", "")))
        with _making:
            found = load_index(folder)
            if found is None and names and all(map(is_built_in, names)):
                _keep_stories(folder, list(read_stories(names)))
                found = load_index(folder)
        if found is not None:
            return found
    raise no_training_texts()


def no_training_texts() -> ApiError:
    """The refusal where a bundle's training texts would be needed."""
    return ApiError(
        404, "no_training_texts", "The training texts of this bundle are not known here: it was trained elsewhere."
    )


def learn_texts(opened: Opened, paths: Sequence[Path], state_folder: Path) -> dict[str, int]:
    """Keeps what is kept of training texts, from the files that a bundle was trained on elsewhere. CorpusError where
    they can't be read; ApiError 400 where they are others: a bundle knows how many characters it learnt from."""
    bundle, corpus = opened.bundle, opened.bundle.facts.corpus
    stories = list(stories_of(bundle, [str(path) for path in paths]))
    characters = sum(len(story.text) for story in stories)
    learnt = int(corpus.get("characters", 0))
    whole = learnt + int(corpus.get("held_out_characters", 0))
    if characters not in (learnt, whole):
        raise ApiError(
            400,
            "other_texts",
            f"The bundle was trained on {whole:,} characters, and these files have {characters:,}: choose all files "
            "that it was trained on, and no others.",
        )
    folder = index_folder(state_folder, str(corpus.get("fingerprint", "")))
    if bundle.recipe.task == "write":
        _keep_stories(folder, stories)
    keep_sample(folder, stories)
    return {"stories": len(stories), "characters": characters}


def plans_of(opened: Opened, state_folder: Path | None) -> list[list[str]]:
    """Plans of stories that the bundle learnt from, where they are known here; else none."""
    if state_folder is None:
        return []
    folder = index_folder(state_folder, str(opened.bundle.facts.corpus.get("fingerprint", "")))
    try:
        return msgspec.json.decode((folder / PLANS).read_bytes(), type=list[list[str]])
    except (OSError, msgspec.DecodeError):
        return []
