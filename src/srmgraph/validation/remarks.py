"""What a writer of shapes should know although SHACL does not forbid it: what has no effect."""

from __future__ import annotations

from collections.abc import Iterator
from difflib import get_close_matches

from rdflib import RDF, SH, XSD, BNode, Graph, URIRef
from rdflib.namespace import DefinedNamespace
from rdflib.term import Node

from srmgraph.validation.shapes import TARGETS, Shapes, names

_SHAPES = (SH.property, SH.node, SH["not"], SH.qualifiedValueShape)
_LISTS = (SH["and"], SH["or"], SH.xone)
_NOT_LOOKED_AT = {
    SH.js: "JavaScript is not run",
    SH.rule: "nothing is inferred by the rules of shapes",
}
_LIKENESS = 0.7


def remarks(shapes: Shapes) -> tuple[str, ...]:
    """Say of shapes what in them has no effect, each in a sentence, sorted."""
    found = {
        *_misspelt(shapes, SH, "sh", "term of SHACL"),
        *_misspelt(shapes, XSD, "xsd", "datatype of XML Schema"),
        *_nowhere(shapes),
        *_not_looked_at(shapes),
    }
    has_targets = any((None, target, None) in shapes.graph for target in TARGETS)
    if not has_targets and not shapes.with_targets():
        found.add(
            "No shape says what it is about (sh:targetClass and the like), so nothing was checked."
        )
    return tuple(sorted(found))


def _misspelt(
    shapes: Shapes, namespace: type[DefinedNamespace], prefix: str, what: str
) -> Iterator[str]:
    """The terms of a vocabulary that it does not have."""
    known = names(namespace)
    for subject, predicate, value in shapes.graph:
        for term in (predicate, value):
            name = term.removeprefix(str(namespace)) if isinstance(term, URIRef) else ""
            # The IRI of the vocabulary itself stands where prefixes are declared.
            if name and name != str(term) and name not in known:
                like = get_close_matches(name, known, n=1, cutoff=_LIKENESS)
                effect = ", and has no effect" if term == predicate else ""
                hint = f"; did you mean {prefix}:{like[0]}?" if like else "."
                yield f"{called(shapes, subject)}: {prefix}:{name} is no {what}{effect}{hint}"


def _nowhere(shapes: Shapes) -> Iterator[str]:
    """Shapes that are referred to, but of which nothing is said."""
    graph = shapes.graph
    for predicate in (*_SHAPES, *_LISTS):
        for subject, value in graph.subject_objects(predicate):
            for shape in _members(graph, value) if predicate in _LISTS else (value,):
                if isinstance(shape, URIRef) and (shape, None, None) not in graph:
                    yield (
                        f"{called(shapes, subject)}: nothing is said of the shape "
                        f"{shapes.name(shape)}, so it has no effect."
                    )


def _members(graph: Graph, head: Node) -> Iterator[Node]:
    seen: set[Node] = set()
    while head not in seen and (first := graph.value(head, RDF.first)) is not None:
        yield first
        seen.add(head)
        head = graph.value(head, RDF.rest) or RDF.nil


def _not_looked_at(shapes: Shapes) -> Iterator[str]:
    for predicate, why in _NOT_LOOKED_AT.items():
        for subject in shapes.graph.subjects(predicate):
            name = str(predicate).removeprefix(str(SH))
            yield f"{called(shapes, subject)}: sh:{name} has no effect, since {why}."


def called(shapes: Shapes, shape: Node) -> str:
    """The name of a shape; of one without a name, the shape in which it stands, and its path."""
    if not isinstance(shape, BNode):
        return shapes.name(shape)
    owners = sorted(shapes.name(owner) for owner in shapes.named_owners(shape))
    path = shapes.graph.value(shape, SH.path)
    about = f", on {shapes.name(path)}" if isinstance(path, URIRef) else ""
    return f"{', '.join(owners) or 'a shape without a name'}{about}"
