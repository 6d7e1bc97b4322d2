"""Every route answers as its own description says, whatever is sent."""

from __future__ import annotations

from typing import Any

import schemathesis
from hypothesis import HealthCheck, given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import response_schema_conformance, status_code_conformance

CHECKS = (not_a_server_error, status_code_conformance, response_schema_conformance)
_LEFT_OUT = ("/events", "/api/jobs", "/api/uploads")  # a stream without end; what would train; files


def test_each_route_keeps_to_its_description(live: Any) -> None:
    schema = schemathesis.openapi.from_url(f"{live.url}/openapi.json")
    tried = []
    for found in schema.get_all_operations():
        operation = found.ok()
        if operation.path.endswith(_LEFT_OUT):
            continue

        @settings(max_examples=3, deadline=None, database=None, suppress_health_check=list(HealthCheck))
        @given(case=operation.as_strategy())
        def keeps_to_it(case: Any) -> None:
            case.call_and_validate(checks=CHECKS, timeout=60)

        keeps_to_it()
        tried.append(operation.path)
    assert len(tried) > 20
