"""Which statements only say how a model is drawn: boxes in views, items in folders, identifiers.

There are thousands of them in a model of others, and people want to read about the rest.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

from rdflib import RDF, RDFS, URIRef

from srmgraph.adapters.archimate.kept import ARCHIMATE
from srmgraph.adapters.archimate.mapping import AM
from srmgraph.terms import Node, Statement

_SPACE = str(AM)
# What people wrote as properties of an element, where one statement could not say it.
_WRITTEN = frozenset((AM.hasProperty, AM.definition, AM.value))
_CONTAINS = AM.contains
_VIEW, _FOLDERS = AM.Diagram, AM.Organization
_WORDS: dict[Node, str] = {
    AM.Relationship: "relations",
    AM.PropertyDefinition: "definitions of properties",
    AM.Model: "model",
}


@dataclass(frozen=True, slots=True)
class Layout:
    """Where things lie in drawings.

    `inner` gives the words for the view or the folders that a part lies in, `tops` those for
    views, relations, definitions and models themselves.
    """

    inner: Mapping[Node, str]
    tops: Mapping[Node, str]

    def place(self, statement: Statement) -> str:
        """Return the words for what a statement helps to draw, or nothing for any other."""
        subject, name, value = statement
        if subject in self.inner:
            return self.inner[subject]
        if not isinstance(name, URIRef) or name in _WRITTEN:
            return ""
        is_layout = (
            name == ARCHIMATE.identifier
            or name.startswith(_SPACE)
            or (name == RDF.type and str(value).startswith(_SPACE))
        )
        return self.tops.get(subject, "elements") if is_layout else ""


def layout(statements: Iterable[tuple[Node, Node, AbstractSet[Node]]]) -> Layout:
    """Return where things lie, after a subject, a property and its values, many times."""
    within: dict[Node, Node] = {}
    views: set[Node] = set()
    folders: set[Node] = set()
    tops: dict[Node, str] = {}
    labels: dict[Node, str] = {}
    for subject, name, values in statements:
        if name == RDF.type:
            for cls in values:
                if cls == _VIEW:
                    views.add(subject)
                elif cls == _FOLDERS:
                    folders.add(subject)
                elif cls in _WORDS:
                    tops[subject] = _WORDS[cls]
        elif name == _CONTAINS:
            within.update(dict.fromkeys(values, subject))
        elif name == RDFS.label:
            labels[subject] = min(map(str, values))
    tops |= {view: f"view “{labels.get(view, view)}”" for view in views}
    inner = dict.fromkeys(folders, "folders")
    for part in within:
        top = _top(part, within)
        inner[part] = tops.get(top, inner.get(top, "folders"))
    return Layout(inner, tops)


def _top(part: Node, within: Mapping[Node, Node]) -> Node:
    seen = {part}
    while part in within and within[part] not in seen:
        part = within[part]
        seen.add(part)
    return part
