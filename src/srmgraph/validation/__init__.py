"""Validation: do data keep the rules?

Data are validated together with the ontology, which says what is a kind of what; neither is
changed. Rules are SHACL shapes: those of the project unless others are given.
"""

from __future__ import annotations

from typing import Literal as OneOf

from rdflib import RDFS, Graph, URIRef
from rdflib.term import Node

from srmgraph import knowledge
from srmgraph.errors import ShapesError
from srmgraph.store import Store
from srmgraph.validation import engine as compiled_engine
from srmgraph.validation import reference
from srmgraph.validation.engine import Progress
from srmgraph.validation.report import Report, Result, Rule, sorted_results
from srmgraph.validation.shapes import Shapes

_LABELS_AT_ONCE = 500


def validate(
    store: Store,
    shapes: Graph | None = None,
    *,
    engine: OneOf["compiled", "pyshacl"] = "compiled",
    progress: Progress | None = None,
) -> Report:
    """Check what is in *store* against *shapes*, by default the project's rules.

    `engine` is `compiled` (the rules as SPARQL, run in the store) or `pyshacl` (slower by far; the
    second opinion). Both give the same results. Shapes for which there is no query are left to
    pySHACL; the report's notes name them. `progress` is called with the number of queries done and
    of all.

    Raises ShapesError when the shapes break the rules of SHACL.
    """
    view = Shapes(knowledge.shapes() if shapes is None else shapes)
    ontology = knowledge.ontology()
    notes: list[str] = []
    if engine == "pyshacl":
        results = reference.run(store, ontology, view)
    elif engine == "compiled":
        results, left_out = compiled_engine.run(store, ontology, view, progress)
        if left_out:
            results += reference.run(store, ontology, view, frozenset(left_out))
            notes += [
                f"{view.name(shape)} was checked by pySHACL: no query for {reason}."
                for shape, reason in sorted(left_out.items(), key=lambda item: str(item[0]))
            ]
    else:
        raise ShapesError(f"There is no engine {engine!r}: use 'compiled' or 'pyshacl'.")
    ordered = sorted_results(results)
    return Report(
        results=ordered,
        rules=tuple(sorted(map(view.rule, view.with_targets()), key=lambda rule: rule.name)),
        labels=_labels(store, ontology, ordered),
        prefixes=knowledge.prefixes() | store.prefixes,
        notes=tuple(notes),
    )


def _labels(store: Store, ontology: Graph, results: tuple[Result, ...]) -> dict[Node, str]:
    """The names of all things that *results* mention, English ones where there are several."""
    nodes = {
        node
        for result in results
        for node in (result.focus_node, result.value)
        if isinstance(node, URIRef)
    }
    found: dict[Node, str] = {}
    wanted = sorted(nodes)
    for start in range(0, len(wanted), _LABELS_AT_ONCE):
        part = " ".join(node.n3() for node in wanted[start : start + _LABELS_AT_ONCE])
        query = (
            f"SELECT ?node ?label {{ VALUES ?node {{ {part} }} ?node {RDFS.label.n3()} ?label }} "
            "ORDER BY ?node DESC(LANG(?label) = '' || LANGMATCHES(LANG(?label), 'en')) ?label"
        )
        for row in store.select(query):
            found.setdefault(URIRef(str(row["node"])), str(row["label"]))
    for node in nodes - found.keys():
        if (label := ontology.value(node, RDFS.label)) is not None:
            found[node] = str(label)
    return found


__all__ = ["Progress", "Report", "Result", "Rule", "validate"]
