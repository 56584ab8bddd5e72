"""Views that people can use: lanes from left to right, boxes in a grid, none over another."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

from srmgraph.adapters.archimate.mapping import View
from srmgraph.adapters.archimate.model import Model, Part, minted
from srmgraph.adapters.archimate.notation import PREDICATE

_BOX = (140, 60)
_GAP = (30, 24)
_MARGIN = 20
_HEADING = 36
_TALLEST = 12
"""The most boxes that stand one below the other; then a lane gets another column."""
_LOOK = ("x", "y", "w", "h", "elementRef", "relationshipRef", "source", "target")


def digest(view: Part) -> str:
    """Return a digest of what a view shows and where, blind to style and to languages."""
    found = hashlib.sha256()
    for part in view.walk():
        if part.kind in ("view", "node", "connection"):
            look = [part.attributes.get(name, "") for name in _LOOK]
            names = [] if part.kind == "view" else sorted({text for _, text in part.names[:1]})
            found.update(repr((part.kind, part.identifier, part.type, look, names)).encode())
    return found.hexdigest()[:32]


def draw(row: View, subject: str, lanes: Mapping[int, Iterable[str]], index: Index) -> Part:
    """Return the view of an element, with elements in lanes that are numbered from 1.

    Elements are named by their identifiers. Those that stand between two others are drawn with the
    second of them. An element that is in several lanes is drawn in the first; what the view is
    about is drawn in the lane of its name, though it serves itself.
    """
    named = index.elements[subject].name
    title = row.title.replace("{}", named)
    view = Part("view", minted("view", str(row.iri), subject), "Diagram", [("", title)])
    nodes: dict[str, str] = {}
    left = _MARGIN
    line_of: dict[str, float] = {}
    own = {subject: row.lanes.index("{}") + 1} if "{}" in row.lanes else {}
    boxes = {
        number: _columns(names, index, line_of)
        for number, names in sorted(_members(lanes, index, own).items())
    }
    tallest = max((len(column) for columns in boxes.values() for column in columns), default=1)
    for number, name in enumerate(row.lanes, 1):
        columns = boxes.get(number, [[]])
        width = len(columns) * (_BOX[0] + _GAP[0]) + _GAP[0]
        height = tallest * (_BOX[1] + _GAP[1]) + _GAP[1] + _HEADING
        lane = Part("node", minted(view.identifier, "lane", str(number)), "Container")
        lane.names = [("", name.replace("{}", named))]
        lane.attributes = _bounds(left, _MARGIN, width, height)
        for column, line, element in _places(columns):
            node = Part("node", minted(view.identifier, "node", element), "Element")
            x = left + _GAP[0] + column * (_BOX[0] + _GAP[0])
            y = _MARGIN + _HEADING + line * (_BOX[1] + _GAP[1])
            node.attributes = {"elementRef": element, **_bounds(x, y, *_BOX)}
            nodes[element] = node.identifier
            lane.parts.append(node)
        view.parts.append(lane)
        left += width + _GAP[0]
    for part in index.between(nodes):
        connection = Part(
            "connection", minted(view.identifier, "connection", part.identifier), "Relationship"
        )
        connection.attributes = {
            "relationshipRef": part.identifier,
            "source": nodes[part.attributes["source"]],
            "target": nodes[part.attributes["target"]],
        }
        view.parts.append(connection)
    return view


class Index:
    """The elements of a model, and the relationships by the elements that they join."""

    def __init__(self, model: Model) -> None:
        self.elements = {part.identifier: part for part in model.elements}
        names = model.property_names()
        self._roles = {
            part.identifier
            for part in model.elements
            if any(names.get(prop.definition) == PREDICATE for prop in part.properties)
        }
        self._role_types = {self.elements[role].type for role in self._roles}
        self._from: dict[str, list[Part]] = {}
        self._into: dict[str, list[Part]] = {}
        for part in model.relationships:
            self._from.setdefault(part.attributes["source"], []).append(part)
            self._into.setdefault(part.attributes["target"], []).append(part)

    def is_role(self, element: str) -> bool:
        """Tell whether an element is of the kind of those that stand between two others."""
        return self.elements[element].type in self._role_types

    def order(self, element: str) -> tuple[str, str, str]:
        """Return where an element stands among others: those of one type together, by name."""
        part = self.elements[element]
        return part.type, part.name, element

    def plays(self, element: str, among: Collection[str]) -> bool:
        """Tell whether an element is assigned to a role among others."""
        return any(
            part.type == "Assignment" and part.attributes["target"] in among
            for part in self._from.get(element, ())
        )

    def near(self, element: str, line_of: Mapping[str, float]) -> float:
        """Return the line about which the elements lie that an element is joined to."""
        lines = [
            line_of[other]
            for parts, end in ((self._from, "target"), (self._into, "source"))
            for part in parts.get(element, ())
            if (other := part.attributes[end]) in line_of
        ]
        return sum(lines) / len(lines) if lines else float("inf")

    def between(self, elements: Mapping[str, object]) -> list[Part]:
        """Return the relationships whose both ends are among these elements, in order."""
        return [
            part
            for element in elements
            for part in self._from.get(element, ())
            if part.attributes["target"] in elements
        ]

    def played(self, elements: Mapping[str, int]) -> Iterable[tuple[str, str]]:
        """Return the roles between two of these elements, each with the one that is assigned."""
        for element in elements:
            for part in self._from.get(element, ()):
                role = part.attributes["target"]
                if role in self._roles and part.type == "Assignment":
                    others = {p.attributes["source"] for p in self._into[role]} - {element}
                    if others and others <= elements.keys():
                        yield role, element


def _columns(members: Sequence[str], index: Index, line_of: dict[str, float]) -> list[list[str]]:
    """Return the elements of a lane in columns: who plays a role, the roles, and what they are in.

    So a line between two of them runs sideways, past what lies above and below. In each column
    those come first that are joined to the first of the columns before; `line_of` tells, and is
    told, in which line an element stands.
    """
    roles = [element for element in members if index.is_role(element)]
    parties = [
        e for e in members if e not in roles and index.plays(e, line_of.keys() | set(members))
    ]
    others = [element for element in members if element not in {*roles, *parties}]
    columns = []
    for group in (parties, roles, others):
        if group is not parties:
            group.sort(key=lambda element: index.near(element, line_of))
        for place, element in enumerate(group):
            line_of[element] = place % _TALLEST
        columns += [group[start : start + _TALLEST] for start in range(0, len(group), _TALLEST)]
    return columns


def _places(columns: Sequence[Sequence[str]]) -> Iterator[tuple[int, int, str]]:
    for column, members in enumerate(columns):
        for line, element in enumerate(members):
            yield column, line, element


def _members(
    lanes: Mapping[int, Iterable[str]], index: Index, own: Mapping[str, int]
) -> dict[int, list[str]]:
    place = {element: number for element, number in own.items() if element in lanes.get(number, ())}
    for number in sorted(lanes):
        for element in sorted(lanes[number], key=index.order):
            place.setdefault(element, number)
    for role, party in list(index.played(place)):
        place.setdefault(role, place[party])
    found: dict[int, list[str]] = {}
    for element, number in place.items():
        found.setdefault(number, []).append(element)
    return found


def _bounds(x: int, y: int, w: int, h: int) -> dict[str, str]:
    return {"x": str(x), "y": str(y), "w": str(w), "h": str(h)}
