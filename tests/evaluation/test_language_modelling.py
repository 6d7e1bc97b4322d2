"""Measuring a bundle on a text."""

from __future__ import annotations

import json
import math
import shutil
from pathlib import Path

import numpy as np
import pytest
import torch

from skaz.corpus.sources import END, START, compose_source
from skaz.engine.bundle import open_bundle, replace_graphs
from skaz.engine.torch_engine import load_model
from skaz.errors import CorpusError, RequestError
from skaz.evaluation.language_modelling import evaluate_bundle
from skaz.tasks.exporting import export_bundle
from skaz.text.plan import encode_plan

STORIES = [
    {"text": "Ann had a kite. One day the kite was gone.", "plan": "Ann, kite"},
    {"text": "Мила had a drum. " * 40, "plan": "Мила, drum"},
    {"text": "Bo", "plan": "Bo"},
]


@torch.no_grad()
def _singly(bundle: Path, with_plan: bool) -> float:
    """Nats, each story by itself, in one piece."""
    opened = open_bundle(bundle)
    model, nats = load_model(opened), 0.0
    for story in STORIES:
        plan = encode_plan(opened.tokenizer, story["plan"].split(", ")) if with_plan else ()
        source = torch.from_numpy(compose_source(plan=plan)[None])
        encoded = model.encode(source, torch.tensor([source.shape[1]]))
        ids = opened.tokenizer.encode(story["text"].strip())
        decoded, _ = model.decode(torch.tensor([[START, *ids]]), encoded.state, encoded.memory)
        wanted = torch.tensor([*ids, END])
        nats += float(torch.nn.functional.cross_entropy(model.scores(decoded)[0], wanted, reduction="sum"))
    return nats


def test_every_token_of_every_story_with_its_state_carried(bundle: Path, tmp_path: Path) -> None:
    file = tmp_path / "s.jsonl"
    file.write_text("".join(json.dumps(story) + "\n" for story in STORIES))
    measures = evaluate_bundle(open_bundle(bundle), [file])
    characters = sum(len(story["text"].strip()) for story in STORIES)
    assert measures.keys() == {"plain", "with_plan"}
    for name, measured in measures.items():
        nats = _singly(bundle, with_plan=name == "with_plan")
        assert measured.nats == pytest.approx(nats, rel=1e-5)
        assert measured.characters == characters
        assert measured.bits_per_character == pytest.approx(nats / math.log(2) / characters, rel=1e-5)
        assert measured.nats_per_character == pytest.approx(nats / characters, rel=1e-5)
        assert measured.perplexity == pytest.approx(np.exp(nats / measured.tokens), rel=1e-5)
    assert measures["plain"].nats != measures["with_plan"].nats


def test_graphs_are_measured_as_they_write(bundle: Path, tmp_path: Path) -> None:
    file = tmp_path / "s.jsonl"
    file.write_text("".join(json.dumps(story) + "\n" for story in STORIES))
    weights = evaluate_bundle(open_bundle(bundle), [file])
    int8 = evaluate_bundle(open_bundle(bundle), [file], graphs=True)
    copy = Path(shutil.copytree(bundle, tmp_path / "copy"))
    export_bundle(copy, int8=False)
    fp32 = evaluate_bundle(open_bundle(copy), [file], graphs=True)
    assert weights.keys() == int8.keys() == fp32.keys()
    for name, measured in weights.items():
        assert (fp32[name].tokens, fp32[name].characters) == (measured.tokens, measured.characters)
        assert fp32[name].nats == pytest.approx(measured.nats, rel=1e-5)
        assert int8[name].nats == pytest.approx(measured.nats, rel=5e-3)
    replace_graphs(open_bundle(copy), {})
    with pytest.raises(RequestError, match="on the processor"):
        evaluate_bundle(open_bundle(bundle), [file], graphs=True, device="cuda")
    with pytest.raises(RequestError, match="skaz export"):
        evaluate_bundle(open_bundle(copy), [file], graphs=True)


def test_bad_text_is_refused(bundle: Path, tmp_path: Path) -> None:
    (tmp_path / "e.txt").write_text("\n")
    with pytest.raises(CorpusError, match="is empty"):
        evaluate_bundle(open_bundle(bundle), [tmp_path / "e.txt"])
