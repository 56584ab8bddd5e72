"""What the exchange format demands and files of Archi need not have."""

from __future__ import annotations

import re
from collections.abc import Mapping

from srmgraph.adapters.archimate import geometry, xml
from srmgraph.adapters.archimate.kept import REFERENCES
from srmgraph.adapters.archimate.model import Model, Part, minted

_NAME = re.compile(r"[^\W\d][\w.-]*")
_NAMELESS = {"AndJunction", "OrJunction", "Grouping", "Location"}


def prune(model: Model) -> None:
    """Remove what points to parts that are not there: they were removed from the graph.

    A box whose element is gone stays, as a mere group, while something lies in it.
    """
    there = {part.identifier for part in model.concepts()}
    while True:
        left = [part for part in model.relationships if there.issuperset(_ends(part))]
        if len(left) == len(model.relationships):
            break
        there -= {part.identifier for part in model.relationships}
        there |= {part.identifier for part in left}
        model.relationships = left
    for view in model.views:
        _prune_boxes(view, there)
        boxes = {part.identifier for part in view.walk() if part.kind != "view"}
        while True:
            lines = [p for p in view.parts if p.kind == "connection" and not set(_ends(p)) <= boxes]
            if not lines:
                break
            view.parts = [part for part in view.parts if part not in lines]
            boxes -= {part.identifier for part in lines}
    there |= {view.identifier for view in model.views}
    for organization in model.organizations:
        _prune_items(organization, there)


def _ends(part: Part) -> list[str]:
    return [part.attributes[end] for end in ("source", "target") if end in part.attributes]


def _prune_boxes(part: Part, there: set[str]) -> None:
    left = []
    for inner in part.parts:
        _prune_boxes(inner, there)
        if not _is_bound(inner, "relationshipRef", there):
            continue
        if not _is_bound(inner, "elementRef", there):
            if not inner.parts:
                continue
            del inner.attributes["elementRef"]
            inner.type = "Container"
        left.append(inner)
    part.parts = left


def _prune_items(item: Part, there: set[str]) -> None:
    for inner in item.parts:
        _prune_items(inner, there)
    item.parts = [inner for inner in item.parts if _is_bound(inner, "identifierRef", there)]


def _is_bound(part: Part, name: str, there: set[str]) -> bool:
    return name not in part.attributes or part.attributes[name] in there


def make_legal(model: Model) -> None:
    """Change a model so that the exchange format can hold it; most need no change.

    Identifiers become names of XML, `1004` is then `id-1004`; views in which something lies left of
    their corner or above it move as a whole; what must have a name gets an empty one.
    """
    _identify(model)
    for part in (*model.elements, *model.views, *model.definitions, model.header):
        if not part.names and part.type not in _NAMELESS:
            part.names.append(("", ""))
    for view in model.views:
        _move(view)


def _identify(model: Model) -> None:
    parts = [part for top in model.tops() for part in top.walk() if part.identifier]
    taken = {part.identifier for part in parts}
    new: dict[str, str] = {}
    for part in parts:
        old = part.identifier
        if _NAME.fullmatch(old):
            continue
        name = "id-" + re.sub(r"[^\w.-]", "_", old)
        new[old] = name if name not in taken else minted("identifier", old)
        taken.add(new[old])
    if new:
        rename(model, new)


def rename(model: Model, new: Mapping[str, str]) -> None:
    """Give parts other identifiers, wherever these stand."""
    for top in model.tops():
        for part in top.walk():
            part.identifier = new.get(part.identifier, part.identifier)
            for name in REFERENCES & part.attributes.keys():
                part.attributes[name] = new.get(part.attributes[name], part.attributes[name])
            for prop in part.properties:
                prop.definition = new.get(prop.definition, prop.definition)
            part.fragments = [_renamed(text, new) for text in part.fragments]


def _renamed(text: str, new: Mapping[str, str]) -> str:
    if not text.startswith("<viewRef"):
        return text
    (element,) = xml.parse_fragments(text)
    reference = element.attributes.get("ref", "")
    element.attributes["ref"] = new.get(reference, reference)
    return xml.fragment(element)


def _move(view: Part) -> None:
    placed = [part for part in view.walk() if {"x", "y"} <= part.attributes.keys()]
    for name in ("x", "y"):
        least = min((geometry.number(part.attributes[name]) for part in placed), default=0)
        if least < 0:
            for part in placed:
                value = geometry.number(part.attributes[name]) - least
                part.attributes[name] = str(value)
