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
from srmgraph.keys import ROLES, Keys
from srmgraph.store.folder import FolderStore

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]


@pytest.fixture(scope="module")
def api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Any, dict[str, str]]]:
    """The description of a service, and the keys that its clients may have."""
    folder = tmp_path_factory.mktemp("schema") / "store"
    with ServiceGraph(FolderStore.create(folder)) as graph:
        graph.load(knowledge.example_file("cellphone"))
    keys = {role: Keys(folder).create("random", role) for role in ROLES}
    keys["some"] = Keys(folder).create("random", "write", ("https://example.org/mine",))
    with service(folder) as (_, address):
        yield schemathesis.openapi.from_url(f"{address}/openapi.json"), keys


@pytest.mark.slow
@pytest.mark.parametrize(
    ("key", "times", "answers"),
    [
        ("admin", 10, {200, 201, 204, 400, 404, 422}),
        ("read", 3, {200, 403}),
        ("some", 3, {200, 403}),
        ("", 3, {200, 401}),
    ],
)
def test_every_answer_is_described(
    api: tuple[Any, dict[str, str]], key: str, times: int, answers: set[int]
) -> None:
    schema, keys = api
    headers = {"Authorization": f"Bearer {keys[key]}"} if key else {}
    tried, seen = 0, set()
    for found in schema.get_all_operations():
        operation = found.ok()

        @settings(max_examples=times, deadline=None, suppress_health_check=list(HealthCheck))
        @given(case=operation.as_strategy())
        def ask(case: Any) -> None:
            seen.add(case.call_and_validate(checks=CHECKS, headers=headers).status_code)

        ask()
        tried += 1
    assert tried >= 26
    assert answers <= seen, "the key went along, and not all was refused"
