"""What the page of a failure works out itself is what the kept question answers."""

from pathlib import Path

import pytest
from benchmarks.ecosystem import write_ecosystem

from srmgraph import ServiceGraph, knowledge
from srmgraph.store.folder import FolderStore
from srmgraph_api.jobs import Desk
from srmgraph_api.pages import beforehand, failure, reports

QUESTION = "which-vendor-could-stop-a-provider"
LOCKED_IN = ("facility-it-finance", "training-ecosystem")
"""The examples in which some provider rests on one vendor."""


def compared(data: Path, folder: Path) -> int:
    """Look at each party's page and at the question; return how many vendors there are."""
    graph = ServiceGraph(FolderStore.create(folder))
    graph.load(data)
    asked: dict[str, set[str]] = {}
    for row in graph.ask(QUESTION):
        asked.setdefault(str(row.provider), set()).add(str(row.vendor))
    desk = Desk(folder, (0, graph.store.snapshot()))
    beforehand.prepare(desk, 0)
    assert reports.standing_report(desk, 0) is not None
    parties = {str(row.party) for row in graph.ask("who-is-both-provider-and-consumer")}
    for party in parties | asked.keys():
        failed = failure.fail(desk, 0, [], party)
        assert {vendor.iri for vendor, _ in failed.vendors} == asked.get(party, set()), party
    graph.close()
    return sum(map(len, asked.values()))


@pytest.mark.parametrize("name", sorted(file.stem for file in knowledge.example_files()))
def test_who_could_stop_a_provider_is_as_the_question_says(name: str, tmp_path: Path) -> None:
    assert compared(knowledge.example_file(name), tmp_path / "store") >= (name in LOCKED_IN)


def test_so_it_is_of_a_generated_ecosystem(tmp_path: Path) -> None:
    write_ecosystem(tmp_path / "data.nt", 6_000, defects=False)
    assert compared(tmp_path / "data.nt", tmp_path / "store")
