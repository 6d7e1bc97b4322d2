"""The routes of "Look inside": they answer what the functions find, keep what took long, and refuse in one sentence."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from fastapi.testclient import TestClient

from skaz.corpus.readers import read_stories
from skaz.engine.bundle import open_bundle
from skaz.inside.looking_back import Lens
from skaz.inside.reading import read
from skaz.inside.subject import Told, open_subject
from skaz.inside.texts import keep_sample
from skaz.server import inside_shelf
from skaz.server.app import create_app
from skaz.server.overlap import index_folder
from skaz.server.settings import ServerSettings

TEXT = "Ann had a kite. One day the kite was gone."
Asked = Callable[..., dict[str, Any]]


@pytest.fixture(scope="module")
def asked(bundle: Path, transducer, stories_file: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Asked]:
    """asked("read", 200, bundle=…): the answer of a route."""
    folder = tmp_path_factory.mktemp("studio")
    for name, path in (("teller", bundle), ("turner", transducer.bundle)):
        (folder / name).symlink_to(path)
    settings = ServerSettings(folder=folder)
    assert settings.state_folder is not None
    fingerprint = open_bundle(bundle).facts.corpus["fingerprint"]
    keep_sample(index_folder(settings.state_folder, fingerprint), read_stories([stories_file], split="line"))
    with TestClient(create_app(settings), base_url="http://127.0.0.1") as client:

        def ask(route: str, status: int = 200, **body: object) -> dict[str, Any]:
            answer = client.post(f"/api/inside/{route}", json=body)
            assert answer.status_code == status, answer.text
            return answer.json()

        yield ask


def values_of(matrix: dict[str, Any]) -> np.ndarray:
    """As the pages read it."""
    values = np.frombuffer(base64.b64decode(matrix["values"]), np.int8).astype(float)
    return values.reshape(matrix["rows"], matrix["columns"]) / 127 * matrix["scale"]


def test_a_reading_comes_whole(asked: Asked, bundle: Path) -> None:
    answer = asked("read", bundle="teller", text=TEXT, plan=["kite"])
    reading = read(open_subject(bundle), TEXT, Told(plan=("kite",)))
    assert "".join(piece["text"] for piece in answer["tokens"]) == TEXT
    assert answer["bits_per_character"] == pytest.approx(reading.bits_per_character)
    assert {part["name"]: part["gate"] for part in answer["parts"]} == {
        **dict.fromkeys(reading.states, False),
        **dict.fromkeys(reading.gates, True),
    }
    for part in answer["parts"]:
        real = {**reading.states, **reading.gates}[part["name"]]
        np.testing.assert_allclose(values_of(part["matrix"]), real, atol=np.abs(real).max() / 120)
    np.testing.assert_allclose(values_of(answer["attention"]).sum(axis=1), 1, atol=0.05)


def test_looking_back(asked: Asked, bundle: Path) -> None:
    answer = asked("look-back", bundle="teller", text=TEXT, plan=["kite"], first=4, end=6)
    back = Lens(open_subject(bundle)).look_back(TEXT, 4, 6, Told(plan=("kite",)))
    np.testing.assert_allclose(answer["norms"], back.norms_T, rtol=1e-5)
    assert len(answer["source_norms"]) == len(answer["source"])


def test_comparing_leaves_out_what_a_network_does_not_read(asked: Asked) -> None:
    sides = asked("compare", bundles=["teller", "teller"], text=TEXT, plan=["kite"])["sides"]
    assert [side["bundle"] for side in sides] == ["teller", "teller"]
    assert [part["name"] for part in sides[0]["parts"]] == ["layer 1 h"]


def test_a_tree_and_samples(asked: Asked) -> None:
    answer = asked("beam", bundle="turner", source="abcd", beams=2, steps=12, samples=2)
    assert answer["found"][0]["text"].strip() == "D C B A"
    assert [answer["nodes"][node]["fate"] for node in answer["found"][0]["nodes"]][-1] == "ended"
    assert len(answer["samples"]) == 2


def test_texts_are_read_once(asked: Asked, monkeypatch: pytest.MonkeyPatch) -> None:
    first = asked("unit", bundle="teller", part="layer 1 c", unit=3)
    monkeypatch.setattr(inside_shelf, "scan", None)
    assert asked("unit", bundle="teller", part="layer 1 c", unit=3) == first
    units = asked("units", bundle="teller", part="layer 1 h", place="capital")
    assert "inside quotes" in units["places"]
    assert len(units["units"]) == 12
    near = asked("nearest", bundle="teller", text="Bo found a key.", count=3)["sentences"]
    assert len(near) == 3


def test_stages(asked: Asked) -> None:
    assert [stage["step"] for stage in asked("stages", bundle="teller")["stages"]] == [40]
    written = asked("stages/write", bundle="teller", stage=0, plan=["kite"], seed=3, length=8)
    assert written["text"] == asked("stages/write", bundle="teller", stage=0, plan=["kite"], seed=3, length=8)["text"]
    assert asked("stages/write", bundle="turner", stage=0, source="abc")["text"] == "C B A"


@pytest.mark.parametrize(
    ("route", "body", "said"),
    [
        ("read", {"text": " "}, "give a sentence"),
        ("read", {"text": "A fox.", "source": "Fuchs"}, "reads no source"),
        ("look-back", {"text": TEXT, "first": 500}, "there is none from 500"),
        ("unit", {"part": "layer 3 h", "unit": 1}, "it has layer 1 h"),
        ("unit", {"part": "layer 1 h", "unit": 99}, "its units are 0 to 23"),
        ("stages/write", {"stage": 3}, "has no stages; train with"),
    ],
)
def test_refusals(asked: Asked, route: str, body: dict[str, object], said: str) -> None:
    assert said in asked(route, 400, bundle="teller", **body)["error"]["message"]


def test_what_is_not_there(asked: Asked) -> None:
    assert asked("read", 404, bundle="../teller", text=TEXT)["error"]["code"] == "no_bundle"
    assert asked("nearest", 404, bundle="turner", text="abc")["error"]["code"] == "no_training_texts"


def test_an_unknown_key_is_an_error(asked: Asked) -> None:
    asked("read", 422, bundle="teller", text=TEXT, plann=["kite"])
    asked("read", 422, bundle="teller", text="x" * 1001)
