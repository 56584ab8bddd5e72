"""Validation: do data keep the rules?

Data are validated together with the ontology, which says what is a kind of what; neither is
changed. Rules are SHACL shapes: those of the project unless others are given.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal as OneOf

from rdflib import Graph
from rdflib.term import Node

from srmgraph import knowledge
from srmgraph.errors import ShapesError
from srmgraph.names import labels
from srmgraph.store import EmbeddedStore
from srmgraph.validation import engine as compiled_engine
from srmgraph.validation import reference, wellformed
from srmgraph.validation.engine import Progress
from srmgraph.validation.report import Report, Result, Rule, sorted_results
from srmgraph.validation.shapes import Shapes


def validate(
    store: EmbeddedStore,
    shapes: Graph | None = None,
    *,
    engine: OneOf["compiled", "pyshacl"] = "compiled",
    progress: Progress | None = None,
) -> Report:
    """Check what is in *store* against *shapes*, by default the project's rules.

    `engine` is `compiled` (the rules as SPARQL, run in the store) or `pyshacl` (slower by far; the
    second opinion). Both give the same results, but for a few points in which pySHACL departs from
    SHACL, or does not know how the store keeps numbers. Shapes for which there is no query are left
    to pySHACL; the report's notes name them. `progress` is called with the number of queries done
    and of all.

    Raises ShapesError when the shapes break the rules of SHACL.
    """
    view = Shapes(knowledge.shapes() if shapes is None else shapes)
    if shapes is not None:
        wellformed.check(view)
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
        labels=labels(store, _mentioned(ordered)),
        prefixes=knowledge.prefixes() | store.prefixes,
        notes=tuple(notes),
    )


def _mentioned(results: Iterable[Result]) -> set[Node]:
    return {
        node for result in results for node in (result.focus_node, result.value) if node is not None
    }


__all__ = ["Progress", "Report", "Result", "Rule", "validate"]
