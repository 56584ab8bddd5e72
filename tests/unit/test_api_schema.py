"""Requests at random, as the OpenAPI description allows them: every answer is one it describes."""

from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from benchmarks.reliability import service
from hypothesis import HealthCheck, given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from srmgraph import ServiceGraph, knowledge
from srmgraph.keys import Keys
from srmgraph.store.folder import FolderStore

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]


@pytest.fixture(scope="module")
def api_schema(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    folder = tmp_path_factory.mktemp("schema") / "store"
    with ServiceGraph(FolderStore.create(folder)) as graph:
        graph.load(knowledge.example_file("cellphone"))
    key = Keys(folder).create("random", "admin")
    with service(folder) as (_, address):
        yield schemathesis.openapi.from_url(
            f"{address}/openapi.json", headers={"Authorization": f"Bearer {key}"}
        )


@pytest.mark.slow
def test_every_answer_is_described(api_schema: Any) -> None:
    tried = 0
    for found in api_schema.get_all_operations():
        operation = found.ok()

        @settings(max_examples=8, deadline=None, suppress_health_check=list(HealthCheck))
        @given(case=operation.as_strategy())
        def ask(case: Any) -> None:
            case.call_and_validate(checks=CHECKS)

        ask()
        tried += 1
    assert tried >= 23
