"""The knowledge is in files, the Python is general, and nothing names where it was made."""

import ast
import os
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.architecture import vocabulary

import srmgraph
from srmgraph import errors, knowledge

ROOT = knowledge.ROOT
PYTHON = sorted([*(ROOT / "src").rglob("*.py"), *(ROOT / "api").rglob("*.py")])
LONGEST = 500
"""Lines of a module that can be read at one sitting."""


def project() -> dict[str, Any]:
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


def tracked() -> list[str]:
    listed = subprocess.run(
        ["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    return listed.stdout.splitlines() or pytest.skip("this is no checkout of git")


def name_of(file: Path) -> str:
    return file.relative_to(ROOT).as_posix()


# ── Knowledge in files ──────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("file", PYTHON, ids=name_of)
def test_python_names_no_term_of_the_domain(file: Path) -> None:
    assert vocabulary.in_python(file.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize(
    "source",
    [
        'query = "SELECT * { ?x srm:hasProvider ?y }"',
        'query = f"ASK {{ ?x a srm:NoSuchTerm }}"',
        'iri = "https://w3id.org/srm#Party"',
        'code = "code:Critical"',
        'rule = "https://w3id.org/srm/rule#relationship-has-provider"',
        "SRM.hasProvider",
        "graph.value(thing, term.ServiceRelationship)",
        'term = SRM["hasProvider"]',
        "# a rule about srm:hasProvider",
        '"""Looks for each ServiceRelationship."""',
    ],
)
def test_a_planted_term_is_caught(source: str) -> None:
    assert vocabulary.in_python(source)


def test_words_of_other_vocabularies_are_no_terms() -> None:
    assert vocabulary.in_python('from rdflib import SH\nSH.minCount\n"sh:path", "xsrm:a"') == []


@pytest.mark.parametrize("folder", ["shapes", "queries", "mappings", "data", "ontology"])
def test_every_term_that_is_used_is_declared(folder: str) -> None:
    assert vocabulary.undeclared(ROOT / folder) == []


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("shapes.ttl", "rule:relationship-has-provider sh:path srm:hasProvidr ."),
        ("shapes.ttl", "rule:x sh:select 'SELECT $this { $this srm:hasProvidr ?x }' ."),
        ("query.rq", "PREFIX srm: <https://w3id.org/srm#> SELECT * { ?a srm:hasProvidr ?b }"),
        ("query.rq", "SELECT * { ?a <https://w3id.org/srm#hasProvidr> ?b }"),
        ("context.jsonld", '{"a": "srm:hasProvidr"}'),
        ("data.ttl", "ex:a srm:hasStatus code:Actve ."),
    ],
)
def test_a_planted_misspelling_is_caught(name: str, text: str, tmp_path: Path) -> None:
    (tmp_path / name).write_text(text)
    assert len(vocabulary.undeclared(tmp_path)) >= 1
    (tmp_path / name).write_text(text.replace("Providr", "Provider").replace("Actve", "Active"))
    found = [line for line in vocabulary.undeclared(tmp_path) if "rule#x" not in line]
    assert found == []


# ── Layers ──────────────────────────────────────────────────────────────────────────────────────


def lint_imports(root: Path) -> subprocess.CompletedProcess[str]:
    linter = Path(sys.executable).with_name("lint-imports")
    places = os.pathsep.join([str(root / "src"), str(root / "api")])
    return subprocess.run(
        [linter, "--no-cache"],
        cwd=root,
        env=os.environ | {"PYTHONPATH": places},
        capture_output=True,
        text=True,
        check=False,
    )


def test_imports_point_down_only() -> None:
    ran = lint_imports(ROOT)
    assert ran.returncode == 0, ran.stdout


@pytest.mark.slow
@pytest.mark.parametrize(
    ("file", "planted"),
    [
        ("src/srmgraph/adapters/turtle.py", "from srmgraph.validation import report"),
        ("src/srmgraph/inference/closure.py", "import srmgraph.queries"),
        ("src/srmgraph/store/embedded.py", "from srmgraph import graph"),
        ("src/srmgraph/terms.py", "from srmgraph.knowledge import ontology"),
        ("src/srmgraph/graph.py", "import fastapi"),
        ("src/srmgraph/cli.py", "import srmgraph_api"),
    ],
)
def test_a_planted_import_is_caught(file: str, planted: str, tmp_path: Path) -> None:
    for name in ("src", "api"):
        shutil.copytree(ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    assert lint_imports(tmp_path).returncode == 0
    with (tmp_path / file).open("a", encoding="utf-8") as end:
        end.write(f"\n{planted}\n")
    ran = lint_imports(tmp_path)
    assert ran.returncode == 1
    assert "BROKEN" in ran.stdout


def test_every_module_has_its_layer() -> None:
    layers, _ = project()["tool"]["importlinter"]["contracts"]
    placed = {part.strip() for layer in layers["layers"] for part in layer.split("|")}
    modules = {
        f"srmgraph.{file.stem if file.is_file() else file.name}"
        for file in (ROOT / "src" / "srmgraph").iterdir()
        if file.suffix == ".py" or (file / "__init__.py").is_file()
    } - {"srmgraph.__init__"}
    assert placed - {"srmgraph_api"} == modules


# ── Writing ─────────────────────────────────────────────────────────────────────────────────────

WRITES = (
    "add add_graph bulk_extend bulk_load clear clear_graph extend load remove remove_graph update"
)
MAY_WRITE = {
    "src/srmgraph/store/embedded.py": "all writing goes through its methods",
    "src/srmgraph/store/remote.py": "a copy in memory, made before it is a store",
    "api/srmgraph_api/keeper.py": "a copy in memory, which is read only from then on",
}
"""The modules that write to an engine that is called `oxigraph`, and why they may."""


def written_directly(source: str) -> list[str]:
    """What a module writes to the engine of a store, past the journal of a change."""
    return [
        f"line {call.lineno}: {ast.unparse(call.func)}"
        for call in ast.walk(ast.parse(source))
        if isinstance(call, ast.Call)
        and isinstance(call.func, ast.Attribute)
        and call.func.attr in WRITES
        and isinstance(call.func.value, ast.Attribute)
        and call.func.value.attr == "oxigraph"
    ]


@pytest.mark.parametrize("file", PYTHON, ids=name_of)
def test_nothing_is_written_past_the_journal(file: Path) -> None:
    found = written_directly(file.read_text(encoding="utf-8"))
    assert bool(found) == (name_of(file) in MAY_WRITE), found


def test_what_is_written_past_the_journal_is_caught() -> None:
    assert written_directly("with store.change() as candidate:\n    candidate.oxigraph.add(quad)")
    assert not written_directly("candidate.write(iter([quad]), 1)\nstore.oxigraph.query(text)")


# ── Modules ─────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("file", PYTHON, ids=name_of)
def test_modules_are_small_enough_to_read(file: Path) -> None:
    assert file.read_text(encoding="utf-8").count("\n") <= LONGEST


@pytest.mark.parametrize("file", PYTHON, ids=name_of)
def test_what_is_public_is_described(file: Path) -> None:
    assert list(undescribed(ast.parse(file.read_text(encoding="utf-8")), "the module")) == []


def undescribed(node: ast.AST, name: str) -> Iterator[str]:
    """What has no docstring: the module, its public classes and functions, their methods."""
    assert isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)
    if not ast.get_docstring(node):
        yield name
    if isinstance(node, ast.Module | ast.ClassDef):
        for inner in node.body:
            if not isinstance(inner, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
                continue
            is_overload = any(ast.unparse(one) == "overload" for one in inner.decorator_list)
            if not inner.name.startswith("_") and not is_overload:
                yield from undescribed(inner, inner.name)


def test_a_missing_description_is_caught() -> None:
    source = 'class A:\n    """A."""\n    def b(self): ...\n    def _c(self): ...\ndef _d(): ...\n'
    assert list(undescribed(ast.parse(source), "the module")) == ["the module", "b"]


# ── Public names ────────────────────────────────────────────────────────────────────────────────


def test_the_public_names_are_the_intended_ones() -> None:
    real = {
        name
        for name, value in vars(errors).items()
        if isinstance(value, type) and issubclass(value, errors.SrmgraphError)
    }
    assert set(srmgraph.__all__) == real | {"Report", "Result", "ServiceGraph"}
    assert srmgraph.__all__ == sorted(srmgraph.__all__)
    assert dir(srmgraph) == srmgraph.__all__
    for name in srmgraph.__all__:
        assert getattr(srmgraph, name).__name__ == name
    with pytest.raises(AttributeError, match="has no attribute 'Graph'"):
        _ = srmgraph.Graph


def test_the_tree_of_exceptions_is_as_drawn() -> None:
    drawn: dict[str, str] = {}
    above: dict[int, str] = {}
    for line in (errors.__doc__ or "").splitlines():
        found = re.fullmatch(r"    ([│├└─ ]*)(\w+Error)\b.*", line)
        if found:
            depth, name = len(found[1]), found[2]
            assert not found[1] or found[1].endswith(("├── ", "└── ")), line
            above[depth] = name
            if depth:
                drawn[name] = above[depth - 4]
            else:
                drawn[name] = "Exception"
    real = {
        name: value.__base__.__name__
        for name, value in vars(errors).items()
        if isinstance(value, type) and issubclass(value, errors.SrmgraphError) and value.__base__
    }
    assert drawn == real


# ── Where it was made, and of what ──────────────────────────────────────────────────────────────

MACHINES = re.compile(
    r"(?<![\w.])/(?:root|home/\w|Users/\w|work/\w|srv/\w|mnt/\w)|[A-Z]:\\Users"
    r"|pypi\.org|pythonhosted\.org|\b(?:index-url|find-links)\b|/simple/"
)


def test_nothing_names_a_machine_or_an_index_of_packages() -> None:
    found = []
    for name in tracked():
        file = ROOT / name
        # This file holds what it looks for.
        if not file.is_file() or file == Path(__file__):
            continue
        for number, line in enumerate(file.read_text(errors="replace").splitlines(), 1):
            if MACHINES.search(line):
                found.append(f"{name}:{number}: {line.strip()[:80]}")
    assert found == []


@pytest.mark.parametrize(
    "text",
    [
        "cd /root/checkout",
        'open("/home/anna/data.ttl")',
        "--index-url https://packages.example.org",
        "https://pypi.org/simple/rdflib",
        r"C:\Users\anna",
    ],
)
def test_a_planted_address_is_caught(text: str) -> None:
    assert MACHINES.search(text)


@pytest.mark.parametrize("lock", ["requirements.lock", "benchmarks/requirements.lock"])
def test_locks_name_no_address(lock: str) -> None:
    text = (ROOT / lock).read_text(encoding="utf-8")
    assert "--hash=sha256:" in text
    assert not re.search(r"://|index-url|find-links", text)


def test_every_dependency_is_locked_and_has_its_reason() -> None:
    described = project()
    reasons = (ROOT / "docs" / "decisions" / "dependencies.md").read_text(encoding="utf-8").lower()
    lock = (ROOT / "requirements.lock").read_text(encoding="utf-8").lower()
    runtime = described["project"]["dependencies"]
    rows = [line for line in reasons.splitlines() if line.startswith("|")]
    for requirement in [*runtime, *described["dependency-groups"]["dev"]]:
        name = re.match(r"[\w.-]+", requirement)
        assert name
        assert re.search(rf"(?<![\w-]){re.escape(name[0].lower())}(?![\w-])", reasons), name[0]
        assert re.search(rf"^{re.escape(name[0].lower())}==", lock, re.MULTILINE), name[0]
        if requirement in runtime:
            assert any(name[0].lower() in row.split("|")[1] for row in rows), name[0]


def test_the_readme_maps_the_top_of_the_tree() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    tree = readme.partition("## Where everything lives")[2].split("```")[1]
    mapped = set(re.findall(r"^([\w.-]+)/? ", tree, re.MULTILINE))
    there = {name.partition("/")[0] for name in tracked() if not name.startswith(".")}
    assert mapped <= there, "the map shows what is not there"
    folders = {name for name in there if (ROOT / name).is_dir()}
    assert folders <= mapped, "the map leaves folders out"
    # The other files need no line of their own, but a reader must come across them.
    for file in there - folders - {"README.md"}:
        assert file.removesuffix(".md") in readme, f"the README does not mention {file}"
