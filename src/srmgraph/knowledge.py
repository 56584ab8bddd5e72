"""The knowledge of the project: finds and loads ontology, rules, questions and examples.

It lies in five folders, `data`, `mappings`, `ontology`, `queries` and `shapes`: beside the package
in a checkout, inside the package when it was installed from a wheel. Everything is read once; treat
the graphs as read-only.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any

from srmgraph.errors import InputError

if TYPE_CHECKING:
    import pyoxigraph
    import rdflib

_PACKAGE = Path(__file__).parent

ROOT = _PACKAGE if (_PACKAGE / "ontology").is_dir() else _PACKAGE.parents[1]
"""The folder in which the five folders lie."""

_META_SHAPES = "meta"
_SHA256 = "https://schema.org/sha256"
_IMPORTS = "http://www.w3.org/2002/07/owl#imports"
_SHACL = "http://www.w3.org/ns/shacl#"
_VANN = "http://purl.org/vocab/vann/"


@cache
def ontology() -> rdflib.Graph:
    """Return all modules of the ontology and its code lists, without the alignments."""
    return _graph(*_parsed_ontology())


def ontology_statements() -> list[pyoxigraph.Quad]:
    """Return what `ontology` holds as the engine has it, which takes a quarter of the time."""
    return _parsed_ontology()[0]


@cache
def ontology_hash() -> str:
    """Return the SHA-256 of all modules of the ontology: another one is another ontology."""
    return sha256(b"".join(file.read_bytes() for file in _ontology_files())).hexdigest()


@cache
def ontology_mark() -> pyoxigraph.Quad:
    """Return the statement by which a store tells that it holds the ontology, as it is here.

    A store with that mark also holds all that follows from what it states, with each change.
    """
    import pyoxigraph

    return pyoxigraph.Quad(
        pyoxigraph.NamedNode(ontology_graph()),
        pyoxigraph.NamedNode(_SHA256),
        pyoxigraph.Literal(ontology_hash()),
        pyoxigraph.NamedNode(provenance_graph()),
    )


@cache
def alignments() -> rdflib.Graph:
    """Return how the ontology's terms meet those of other vocabularies."""
    return _graph(*_parsed(sorted((ROOT / "ontology" / "alignments").glob("*.ttl"))))


@cache
def shapes() -> rdflib.Graph:
    """Return all rules for data, without those that check the ontology itself."""
    return _graph(*_parsed_shapes())


@cache
def meta_shapes() -> rdflib.Graph:
    """Return the rules that check the ontology, the rules and the questions themselves."""
    file = ROOT / "shapes" / f"{_META_SHAPES}.ttl"
    return _graph(*_parsed([file] if file.is_file() else []))


@cache
def question_files() -> list[Path]:
    """Return the files of the kept questions, sorted by name."""
    return sorted((ROOT / "queries").glob("*.rq"))


@cache
def examples() -> list[Path]:
    """Return the folders of the example organizations, sorted by name."""
    return sorted(folder for folder in (ROOT / "data").iterdir() if folder.is_dir())


def example_file(name: str) -> Path:
    """Return the file that tells the example of that name, as it should be."""
    return ROOT / "data" / name / f"{name}.ttl"


def example_files() -> list[Path]:
    """Return the files of all examples, sorted by name, without their broken twins."""
    return [example_file(folder.name) for folder in examples()]


def rule_case(module: str, rule: str, kind: str) -> str:
    """Return the Turtle with which a rule is tested: what `conforms`, or what `fails`.

    Of what fails, the results that are expected are part.
    """
    folder = ROOT / "cases" if ROOT == _PACKAGE else ROOT / "tests" / "conformance" / "rules"
    return (folder / module / f"{rule}.{kind}.ttl").read_text(encoding="utf-8")


@cache
def context() -> dict[str, Any]:
    """Return the JSON-LD context of the ontology, as it is published: `{"@context": {…}}`."""
    file = ROOT / "mappings" / "context.jsonld"
    try:
        loaded: dict[str, Any] = json.loads(file.read_bytes())
    except json.JSONDecodeError as error:
        raise InputError(
            f"This is no JSON: {error.msg}.", file, error.lineno, error.colno
        ) from None
    return loaded


@cache
def ontology_iri() -> str:
    """Return the IRI of the ontology as a whole: the one that no other module imports."""
    imports = [quad for quad in ontology_statements() if quad.predicate.value == _IMPORTS]
    imported = {quad.object for quad in imports}
    tops = sorted({str(quad.subject)[1:-1] for quad in imports if quad.subject not in imported})
    if len(tops) != 1:
        raise InputError(f"One ontology must import all others; found {tops}.", ROOT / "ontology")
    return tops[0]


@cache
def ontology_graph() -> rdflib.URIRef:
    """Return the name of the graph in which a store keeps the ontology."""
    return _name("")


@cache
def inferred_graph() -> rdflib.URIRef:
    """Return the name of the graph in which a store keeps the facts that were inferred."""
    return _name("/inferred")


@cache
def provenance_graph() -> rdflib.URIRef:
    """Return the name of the graph in which a store keeps who loaded what, and when."""
    return _name("/provenance")


def own_graphs() -> tuple[rdflib.URIRef, ...]:
    """Return the names of the graphs that a store keeps for itself: nobody's data are in them."""
    return (ontology_graph(), inferred_graph(), provenance_graph())


@cache
def version() -> str:
    """Return the version of the ontology (owl:versionInfo)."""
    from rdflib import OWL, URIRef

    return str(ontology().value(URIRef(ontology_iri()), OWL.versionInfo))


def context_iri() -> str:
    """Return the address under which the JSON-LD context is published."""
    return f"{ontology_iri()}/context.jsonld"


@cache
def prefixes() -> dict[str, str]:
    """Return the namespaces of the project's own files by their prefixes, sorted.

    What the ontology prefers (vann:preferredNamespacePrefix) and what the rules declare
    (sh:declare) stands above what a file merely abbreviates (@prefix).
    """
    found: dict[str, str] = {}
    parsed = (_parsed_ontology(), _parsed_shapes())
    for _, abbreviated in parsed:
        found |= {prefix: namespace for prefix, namespace in abbreviated.items() if prefix}
    for statements, _ in reversed(parsed):
        for prefix_name, namespace_name in (
            (f"{_SHACL}prefix", f"{_SHACL}namespace"),
            (f"{_VANN}preferredNamespacePrefix", f"{_VANN}preferredNamespaceUri"),
        ):
            namespaces = _values(statements, namespace_name)
            for subject, prefix in sorted(_values(statements, prefix_name).items()):
                if subject in namespaces:
                    found[prefix] = namespaces[subject]
    return dict(sorted(found.items()))


def _name(ending: str) -> rdflib.URIRef:
    import rdflib

    return rdflib.URIRef(ontology_iri() + ending)


def _ontology_files() -> list[Path]:
    return sorted((ROOT / "ontology").glob("*.ttl"))


@cache
def _parsed_ontology() -> tuple[list[pyoxigraph.Quad], dict[str, str]]:
    return _parsed(_ontology_files())


@cache
def _parsed_shapes() -> tuple[list[pyoxigraph.Quad], dict[str, str]]:
    files = sorted((ROOT / "shapes").glob("*.ttl"))
    return _parsed(file for file in files if file.stem != _META_SHAPES)


def _values(statements: Iterable[pyoxigraph.Quad], name: str) -> dict[str, str]:
    """Return the text that stands in statements with a property, by their subjects."""
    from srmgraph.terms import to_rdflib

    return {
        str(one.subject): str(to_rdflib(one.object))
        for one in statements
        if one.predicate.value == name
    }


def _parsed(files: Iterable[Path]) -> tuple[list[pyoxigraph.Quad], dict[str, str]]:
    """Return what files state, and their prefixes."""
    from srmgraph.syntax import Parser, format_of, read_bytes

    statements: list[pyoxigraph.Quad] = []
    prefixes: dict[str, str] = {}
    for file in files:
        parser = Parser(read_bytes(file), format_of(file), file)
        statements += parser
        prefixes |= parser.prefixes
    return statements, prefixes


def _graph(statements: list[pyoxigraph.Quad], prefixes: dict[str, str]) -> rdflib.Graph:
    from srmgraph.terms import to_graph, triples_to_rdflib

    graph = to_graph(triples_to_rdflib(statements))
    for prefix, namespace in prefixes.items():
        graph.bind(prefix, namespace, replace=True)
    return graph
