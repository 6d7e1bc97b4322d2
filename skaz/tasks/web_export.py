"""`skaz export --to web`: a page that writes in the browser, without a network or a server."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
from safetensors.numpy import load_file

from skaz.corpus.sources import END, NEXT, NONE, OPENING, PLAN, START, TITLE
from skaz.decoding import stopping
from skaz.decoding.settings import SamplingSettings
from skaz.engine.bundle import Bundle, open_bundle
from skaz.errors import RequestError
from skaz.files import check_folder_name, check_new_folder, new_folder, put_text, write_together
from skaz.recipe import ModelRecipe
from skaz.tasks.vocabularies import vocabulary_of
from skaz.tasks.web_page import page, wasm
from skaz.tasks.writing import CHARACTERS_PER_WORD, LONG_TEXT_WORDS, knows_an_end, most_tokens
from skaz.text.tokenizer import SPECIALS

PAGE, MARK = "index.html", "skaz-web.json"  # where the second is, the first is ours to replace


def export_web(path: str | Path, out: str | Path, *, int8: bool = True, overwrite: bool = False) -> dict[str, int]:
    """Makes the folder `out` with the bundle's page in it; its files and their sizes in bytes. Raises RequestError
    where an earlier page is there and not to be overwritten, BundleError for a bundle that can't be used,
    DependencyError where this installation has no runtime for browsers, ResourceError for a disk that can't be
    written or a folder that is not ours."""
    bundle, out = open_bundle(path), Path(out)
    if bundle.recipe.task != "write":
        raise RequestError(f"{path} was trained on pairs and writes no stories: a page is for a bundle that does.")
    check_folder_name(out, "a page")
    check_new_folder(out, MARK)
    has_page = (out / MARK).is_file()
    if has_page and not overwrite:
        raise RequestError(f"{out} holds an earlier page; replace it with --overwrite, or name another folder.")
    name = bundle.path.resolve().name.encode("utf-8", "replace").decode("utf-8")  # a folder's may be no UTF-8
    text = page(name, page_facts(bundle), {"wasm": wasm(), **_parts(bundle, int8)})
    sha256 = {PAGE: hashlib.sha256(text.encode("utf-8")).hexdigest()}
    mark = json.dumps({"bundle": name, "skaz": version("skaz"), "sha256": sha256}, indent=2, ensure_ascii=False) + "\n"
    files = {PAGE: text, MARK: mark}
    if has_page:  # and perhaps what makes a site of it, which stays
        write_together({out / file: partial(put_text, content) for file, content in files.items()})
    else:
        with new_folder(out, known_by=MARK) as folder:
            for file, content in files.items():
                put_text(content, folder / file)
    return {file: (out / file).stat().st_size for file in files}


def page_facts(bundle: Bundle) -> dict[str, Any]:
    """What the page has to know beside graphs and tokenizer: the numbers that writing goes by here, so that there is
    one place where they stand."""
    vocabulary = vocabulary_of(bundle.tokenizer)
    sources, corpus = bundle.recipe.sources, bundle.facts.corpus
    has_encoder = bundle.recipe.model.encoder.layers > 0
    shown = {"plan": sources.plan, "title": sources.title} if has_encoder else {}
    return {
        "reads": [*(name for name, share in shown.items() if share > 0), "opening"],
        "has_encoder": has_encoder,
        "networks": [_graph_names(bundle, number) for number in range(1, bundle.recipe.networks + 1)],
        "shows_openings": sources.opening > 0,
        "ids": {
            "start": START,
            "end": END,
            "plan": PLAN,
            "title": TITLE,
            "opening": OPENING,
            "next": NEXT,
            "none": NONE,
        },
        "specials": len(SPECIALS),
        "plan_words": bundle.plan_words.words,
        "never": np.flatnonzero(vocabulary.never_V).tolist(),
        "sentence_ends": np.flatnonzero(vocabulary.completes_sentence_V).tolist(),
        "leave_word_open": np.flatnonzero(vocabulary.leaves_word_open_V).tolist(),
        "open_word": np.flatnonzero(vocabulary.opens_word_V).tolist(),
        "settings": {name: _settings(planned=planned) for name, planned in (("planned", True), ("free", False))},
        "rules": {
            "usual_length": None if knows_an_end(bundle) else LONG_TEXT_WORDS,
            "most_tokens": most_tokens(corpus, None),
            "characters_per_word": CHARACTERS_PER_WORD,
            "tokens_per_character": corpus.get("tokens", 1) / max(corpus.get("characters", 1), 1),
            "earliest": stopping.EARLIEST,
            "latest": stopping.LATEST,
            "encouragement_nats": stopping.ENCOURAGEMENT_NATS,
            "run_on_characters": stopping.RUN_ON_CHARACTERS,
        },
    }


def page_graphs(recipe: ModelRecipe, weights: Mapping[str, Any], *, int8: bool = True) -> dict[str, bytes]:
    """The graphs as the page runs them, by their names in it."""
    from skaz.engine.onnx_graphs import encoder_graph, step_graph  # they need onnx, and running a bundle does not
    from skaz.engine.onnx_portable import portable

    makers = {"step": step_graph, **({"encoder": encoder_graph} if recipe.encoder.layers else {})}
    return {name: portable(make(recipe, weights, int8=int8)).SerializeToString() for name, make in makers.items()}


def _graph_names(bundle: Bundle, number: int) -> dict[str, str]:
    """The parts of the page that have the graphs of a network, by what each graph is."""
    graphs = ("step", "encoder") if bundle.recipe.model.encoder.layers else ("step",)
    return {graph: graph if number == 1 else f"{graph}-{number}" for graph in graphs}


def _parts(bundle: Bundle, int8: bool) -> dict[str, bytes]:
    parts = {"tokenizer": bundle.tokenizer.to_json().encode("utf-8")}
    for number, weights in enumerate(bundle.weights_paths, start=1):
        graphs = page_graphs(bundle.recipe.model, load_file(weights), int8=int8)
        parts |= {name: graphs[graph] for graph, name in _graph_names(bundle, number).items()}
    return parts


def _settings(*, planned: bool) -> dict[str, float | None]:
    """What the page's drawing.js knows of them; a test holds that the usual settings use no more."""
    usual = SamplingSettings.usual(planned=planned)
    return {"temperature": usual.temperature, "top_p": usual.top_p}
