"""Every route answers as its own description says, whatever is sent."""

from __future__ import annotations

from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import response_schema_conformance, status_code_conformance

schema = schemathesis.pytest.from_fixture("described")


@pytest.fixture
def described(live: Any) -> Any:
    return schemathesis.openapi.from_url(f"{live.url}/openapi.json")


@schema.exclude(path_regex="/events$|/jobs$|/uploads$").parametrize()
@settings(max_examples=3, deadline=None, suppress_health_check=list(HealthCheck))
def test_a_route_keeps_to_its_description(case: Any) -> None:
    case.call_and_validate(
        checks=(not_a_server_error, status_code_conformance, response_schema_conformance), timeout=60
    )
