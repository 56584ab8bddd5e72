"""The worked examples keep every rule; their broken twins break just those that they list."""

import re
from pathlib import Path

import pytest
from tests.conformance import reports

from srmgraph import knowledge
from srmgraph.inference import infer
from srmgraph.store import open_store
from srmgraph.validation import Report, validate
from srmgraph.validation.shapes import Shapes

FOLDERS = knowledge.examples()
QUESTIONS = {file.stem for file in knowledge.question_files()}


def report_on(file: Path, *, closed: bool = False) -> Report:
    store = open_store("memory:")
    store.read(file)
    if closed:
        store.add(infer(store))
    return validate(store)


def readme(folder: Path) -> str:
    return (folder / "README.md").read_text(encoding="utf-8")


def test_there_are_six() -> None:
    assert len(FOLDERS) == 6


@pytest.mark.parametrize("closed", [False, True], ids=["as stated", "after inference"])
@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_example_conforms_and_every_warning_is_explained(folder: Path, closed: bool) -> None:
    report = report_on(folder / f"{folder.name}.ttl", closed=closed)
    assert report.conforms, str(report)
    warned = {result.rule for result in report.results if result.severity == "Warning"}
    explained = set(re.findall(r"`([a-z0-9-]+)`", readme(folder).partition("on purpose")[2]))
    assert warned <= explained, str(report)


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_broken_twin_fails_with_exactly_the_listed_results(folder: Path) -> None:
    report = report_on(folder / "broken.ttl").at_least("Warning")
    _, expected = reports.split(folder / "broken-report.ttl")
    wanted, found = reports.lines(expected, list(report.results))
    assert found == wanted
    assert sum(result.severity == "Violation" for result in report.results) >= 5


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_readme_names_questions_and_rules_that_exist(folder: Path) -> None:
    names = set(re.findall(r"`([a-z0-9]+(?:-[a-z0-9]+)+)`", readme(folder)))
    shapes = Shapes(knowledge.shapes())
    rules = {shapes.name(shape) for shape in shapes.with_targets()}
    assert names & QUESTIONS
    assert names <= QUESTIONS | rules | {folder.name}
