"""Every route answers as its own description says, whatever is sent: what the description allows, and what it does
not."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.core.result import Err
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    negative_data_rejection,
    response_schema_conformance,
    status_code_conformance,
)

from skaz.corpus.records import Story
from skaz.engine.bundle import open_bundle
from skaz.inside.texts import keep_sample
from skaz.lab.experiments import Experiment, Report
from skaz.server import jobs, lab_routes
from skaz.server.overlap import index_folder, keep_texts
from skaz.server.settings import Limits, ServerSettings
from tests.lab.conftest import TINY
from tests.server.conftest import Live, running

# schemathesis itself uses `random` here and there, which Hypothesis seeds: the examples stay the same.
pytestmark = pytest.mark.filterwarnings("ignore:Do not use the `random` module:Warning")
CHECKS = (not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance)
# The same examples in each run, without the time that making a found fault smaller takes.
EXAMPLES = settings(
    derandomize=True,
    deadline=None,
    database=None,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)
QUICK = Limits(most_tokens=40, deadline_s=20.0)
OF_PAIRS = ("/api/translate", "/api/transduce", "/api/attend")


class SmallExperiment(Experiment):
    """An experiment in its small form, where that is not said otherwise: some take a minute as they are."""

    def reports(self, values: Mapping[str, Any] | None = None) -> Iterator[Report]:
        return super().reports({**TINY[self.name], **(values or {})})


@pytest.fixture(scope="module")
def described(
    tmp_path_factory: pytest.TempPathFactory, bundle: Path, transducer: Any, stories_file: Path
) -> Iterator[Live]:
    """A studio's server that knows its bundle's texts, and whose trainings fail at once: their process does nothing."""
    folder = tmp_path_factory.mktemp("described")
    shutil.copytree(bundle, folder / "teller")
    shutil.copytree(transducer.bundle, folder / "turner")
    state, texts = folder / ".studio", stories_file.read_text(encoding="utf-8").splitlines()
    known = index_folder(state, str(open_bundle(bundle).facts.corpus["fingerprint"]))
    keep_texts(known, texts, [])
    keep_sample(known, map(Story, texts[:20]))
    with (
        pytest.MonkeyPatch.context() as patched,
        running(ServerSettings(folder=folder, pages=True, limits=QUICK)) as live,
    ):
        patched.setattr(jobs, "WORKER", (sys.executable, "-S", "-c", ""))
        patched.setattr(lab_routes, "Experiment", SmallExperiment)
        yield live


def operations(live: Live, most_characters: int | None = None) -> list[Any]:
    """All that the description has. `most_characters`: longer limits of texts are left out."""
    description = live.client.get("/openapi.json").json()
    described = schemathesis.openapi.from_dict(_limited(description, most_characters))
    described.config.update(base_url=live.url)
    found = list(described.get_all_operations())
    faults = [str(each.err()) for each in found if isinstance(each, Err)]
    assert faults == []
    return [each.ok() for each in found]


def test_what_is_allowed_is_answered_as_described(described: Live) -> None:
    tried = operations(described)
    assert len(tried) > 40
    for operation in tried:
        _try(operation, 4, lambda case: None)


def test_what_is_there_is_answered_as_described(described: Live) -> None:
    """As above, but for names: each route is asked about something that there is."""
    for operation in operations(described):

        def name(case: Any, path: str = operation.path) -> None:
            _name_what_is_there(described, path, case)

        _try(operation, 4, name)


def test_what_is_not_allowed_is_refused(described: Live) -> None:
    # to make a text longer than 100,000 characters, letter by letter, takes a minute
    for operation in operations(described, most_characters=500):
        if operation.body or operation.query or operation.path_parameters:
            _try(operation, 4, lambda case: None, allowed=False)


def _limited(part: Any, most_characters: int | None) -> Any:
    if isinstance(part, list):
        return [_limited(each, most_characters) for each in part]
    if not isinstance(part, dict):
        return part
    return {
        name: _limited(value, most_characters)
        for name, value in part.items()
        if not (name == "maxLength" and most_characters is not None and value > most_characters)
    }


def _try(operation: Any, examples: int, change: Any, *, allowed: bool = True) -> None:
    mode = GenerationMode.POSITIVE if allowed else GenerationMode.NEGATIVE

    @settings(EXAMPLES, max_examples=examples)
    @given(case=operation.as_strategy(generation_mode=mode))
    def keeps_to_it(case: Any) -> None:
        change(case)
        case.call_and_validate(checks=CHECKS if allowed else (*CHECKS, negative_data_rejection), timeout=60)

    keeps_to_it()


def _name_what_is_there(live: Live, path: str, case: Any) -> None:
    body, bundle = case.body, "turner" if path in OF_PAIRS else "teller"
    if isinstance(body, dict):
        body.update({name: bundle for name in ("bundle", "model") if name in body})
        if "bundles" in body:
            body["bundles"] = [bundle]
        if "generation" in body:
            body["generation"] = live.write(max_tokens=20, keep=True)["generation"]
    if "model" in case.path_parameters:
        case.path_parameters["model"] = bundle
    if "id" in case.path_parameters:
        case.path_parameters["id"] = _made(live, path)


def _made(live: Live, path: str) -> str:
    """The id of a new upload, training or document."""
    client = live.client
    if path.startswith("/api/uploads"):
        return str(client.post("/api/uploads", files={"files": ("a.txt", b"One day.\n")}).json()["upload"])
    if path.startswith("/api/documents"):
        return str(client.post("/api/documents", json={"document": {"title": "a", "text": "b"}}).json()["id"])
    name = f"n{len(client.get('/api/jobs').json()['jobs'])}"
    return str(client.post("/api/jobs", json={"data": {"tales": "en"}, "name": name}).json()["job"])
