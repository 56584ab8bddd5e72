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
    import rdflib

_PACKAGE = Path(__file__).parent

ROOT = _PACKAGE if (_PACKAGE / "ontology").is_dir() else _PACKAGE.parents[1]
"""The folder in which the five folders lie."""

_META_SHAPES = "meta"
_VANN = "http://purl.org/vocab/vann/"


@cache
def ontology() -> rdflib.Graph:
    """Return all modules of the ontology and its code lists, without the alignments."""
    return _load(sorted((ROOT / "ontology").glob("*.ttl")))


@cache
def ontology_hash() -> str:
    """Return the SHA-256 of all modules of the ontology: another one is another ontology."""
    files = sorted((ROOT / "ontology").glob("*.ttl"))
    return sha256(b"".join(file.read_bytes() for file in files)).hexdigest()


@cache
def alignments() -> rdflib.Graph:
    """Return how the ontology's terms meet those of other vocabularies."""
    return _load(sorted((ROOT / "ontology" / "alignments").glob("*.ttl")))


@cache
def shapes() -> rdflib.Graph:
    """Return all rules for data, without those that check the ontology itself."""
    files = sorted((ROOT / "shapes").glob("*.ttl"))
    return _load(file for file in files if file.stem != _META_SHAPES)


@cache
def meta_shapes() -> rdflib.Graph:
    """Return the rules that check the ontology, the rules and the questions themselves."""
    return _load(file for file in [ROOT / "shapes" / f"{_META_SHAPES}.ttl"] if file.is_file())


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
    from rdflib import OWL, RDF

    graph = ontology()
    imported = set(graph.objects(None, OWL.imports))
    tops = sorted(
        str(subject)
        for subject in graph.subjects(RDF.type, OWL.Ontology)
        if subject not in imported and (subject, OWL.imports, None) in graph
    )
    if len(tops) != 1:
        raise InputError(f"One ontology must import all others; found {tops}.", ROOT / "ontology")
    return tops[0]


@cache
def ontology_graph() -> rdflib.URIRef:
    """Return the name of the graph in which a store keeps the ontology."""
    return _graph("")


@cache
def inferred_graph() -> rdflib.URIRef:
    """Return the name of the graph in which a store keeps the facts that were inferred."""
    return _graph("/inferred")


@cache
def provenance_graph() -> rdflib.URIRef:
    """Return the name of the graph in which a store keeps who loaded what, and when."""
    return _graph("/provenance")


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
    from rdflib import SH, Graph, URIRef

    found: dict[str, str] = {}
    for graph in (ontology(), shapes()):
        found |= {prefix: str(namespace) for prefix, namespace in graph.namespaces() if prefix}
    graphs: tuple[Graph, Graph] = (shapes(), ontology())
    for graph in graphs:
        for name, namespace in (
            (SH.prefix, SH.namespace),
            (URIRef(f"{_VANN}preferredNamespacePrefix"), URIRef(f"{_VANN}preferredNamespaceUri")),
        ):
            for subject, prefix in sorted(graph.subject_objects(name)):
                for iri in graph.objects(subject, namespace):
                    found[str(prefix)] = str(iri)
    return dict(sorted(found.items()))


def _graph(ending: str) -> rdflib.URIRef:
    import rdflib

    return rdflib.URIRef(ontology_iri() + ending)


def _load(files: Iterable[Path]) -> rdflib.Graph:
    import rdflib

    from srmgraph.syntax import Parser, format_of, read_bytes
    from srmgraph.terms import triples_to_rdflib

    graph = rdflib.Graph(bind_namespaces="none")
    for file in files:
        parser = Parser(read_bytes(file), format_of(file), file)
        for triple in triples_to_rdflib(parser):
            graph.add(triple)
        for prefix, namespace in parser.prefixes.items():
            graph.bind(prefix, namespace, replace=True)
    return graph
