"""The knowledge is in files, the Python is general, and nothing names where it was made."""

import io
import re
import subprocess
import sys
import tokenize
import tomllib
from pathlib import Path

import pytest

import srmgraph
from srmgraph import errors, knowledge

ROOT = knowledge.ROOT
PYTHON = sorted([*(ROOT / "src").rglob("*.py"), *(ROOT / "api").rglob("*.py")])
TERMS = {
    str(term).rpartition("#")[2]
    for term in set(knowledge.ontology().subjects())
    if "w3id.org/srm#" in str(term)
}


def tracked() -> list[str]:
    listed = subprocess.run(
        ["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    return listed.stdout.splitlines() or pytest.skip("this is no checkout of git")


def domain_terms(source: str) -> list[str]:
    """The terms of the ontology that the strings of a Python text name."""
    found = []
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type == tokenize.STRING:
            names = re.findall(r"(?:\bsrm:|w3id\.org/srm#)([A-Za-z]\w*)", token.string)
            found += [name for name in names if name in TERMS]
    return found


@pytest.mark.parametrize("file", PYTHON, ids=lambda file: str(file.relative_to(ROOT)))
def test_python_names_no_term_of_the_domain(file: Path) -> None:
    assert domain_terms(file.read_text(encoding="utf-8")) == []


def test_a_planted_term_is_caught() -> None:
    assert domain_terms('query = "SELECT * { ?x srm:hasProvider ?y }"') == ["hasProvider"]
    assert domain_terms('iri = "https://w3id.org/srm#Party"') == ["Party"]


@pytest.mark.parametrize("file", PYTHON, ids=lambda file: str(file.relative_to(ROOT)))
def test_modules_are_described_and_small_enough_to_read(file: Path) -> None:
    text = file.read_text(encoding="utf-8")
    assert text.startswith('"""')
    assert text.count("\n") <= 500, "too long to read at one sitting"


def test_imports_point_down_only() -> None:
    linter = Path(sys.executable).with_name("lint-imports")
    ran = subprocess.run([linter], cwd=ROOT, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stdout


def test_the_tree_of_exceptions_is_as_drawn() -> None:
    drawn = re.findall(r"\b(\w+Error)\b", (errors.__doc__ or "").partition("SrmgraphError")[2])
    real = {
        name
        for name, value in vars(errors).items()
        if isinstance(value, type) and issubclass(value, errors.SrmgraphError)
    }
    assert {*drawn, "SrmgraphError"} == real


def test_what_is_exported_is_there() -> None:
    for name in srmgraph.__all__:
        assert getattr(srmgraph, name)


def test_every_dependency_has_its_reason() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    reasons = (ROOT / "docs" / "decisions" / "dependencies.md").read_text(encoding="utf-8").lower()
    wanted = [*project["project"]["dependencies"], *project["dependency-groups"]["dev"]]
    for requirement in wanted:
        name = re.match(r"[\w.-]+", requirement)
        assert name
        assert name[0].lower() in reasons, name[0]


@pytest.mark.parametrize("lock", ["requirements.lock", "benchmarks/requirements.lock"])
def test_locks_name_no_address(lock: str) -> None:
    text = (ROOT / lock).read_text(encoding="utf-8")
    assert "--hash=sha256:" in text
    assert not re.search(r"://|index-url|find-links", text)


def test_the_readme_maps_the_top_of_the_tree() -> None:
    text = (
        (ROOT / "README.md").read_text(encoding="utf-8").partition("## Where everything lives")[2]
    )
    mapped = set(re.findall(r"^([\w.-]+)/? ", text.split("```")[1], re.MULTILINE))
    there = {name.partition("/")[0] for name in tracked()}
    folders = {name for name in there if (ROOT / name).is_dir() and not name.startswith(".")}
    assert folders <= mapped
    assert mapped <= there
