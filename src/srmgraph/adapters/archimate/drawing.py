"""Views as pictures in SVG: of our own models and of those of others, without any other tool.

Shapes and arrows follow the notation of ArchiMate 3.2; kinds of elements are told in words, where
the standard has small icons.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import count

from srmgraph.adapters.archimate import geometry, lettering, xml
from srmgraph.adapters.archimate.geometry import Box, Point
from srmgraph.adapters.archimate.language import FOLDER_OF, NATIVE
from srmgraph.adapters.archimate.model import SPECIALIZATION, Model, Part

_MARGIN = 16
_LONGEST_NAME = 200
"""The most bytes of the name of a view that the name of its file has: file systems allow 255."""
_LINE, _PADDING = 14, 3
_SIZE, _SMALL = 11, 10
_BOLD = 1.2
"""How much wider letters are that are bold."""
_COLOURS = {
    "strategy": "#f5deaa",
    "business": "#ffffb5",
    "application": "#b5ffff",
    "technology": "#c9e7b7",
    "motivation": "#ccccff",
    "implementation_migration": "#ffe0e0",
    "other": "#ffffff",
}
_NOTE, _LANE = "#ffffff", "#f7f7f7"
_BEHAVIOUR = ("Process", "Function", "Interaction", "Event", "Service", "Capability", "Stream")

# The style of a line, and what is at its start and at its end.
_RELATIONS = {
    "Composition": ("", "diamond", ""),
    "Aggregation": ("", "diamond-hollow", ""),
    "Assignment": ("", "ball", "arrow"),
    "Realization": ("2 3", "", "triangle"),
    "Specialization": ("", "", "triangle"),
    "Serving": ("", "", "open"),
    "Access": ("2 3", "", "open"),
    "Influence": ("6 3", "", "open"),
    "Triggering": ("", "", "arrow"),
    "Flow": ("6 3", "", "arrow"),
    "Association": ("", "", ""),
}
_MARKERS = {
    "arrow": ("0,0 10,4 0,8", "#333", 10, True),
    "open": ("0,0 10,4 0,8", "none", 10, False),
    "triangle": ("0,0 12,5 0,10", "#fff", 12, True),
    "diamond": ("0,4 8,0 16,4 8,8", "#333", 0, True),
    "diamond-hollow": ("0,4 8,0 16,4 8,8", "#fff", 0, True),
    "ball": ("0,2 2,0 4,0 6,2 6,4 4,6 2,6 0,4", "#333", 1, True),
}
_COLOUR = re.compile(r'<(fillColor)\b[^>]*\bb="(\d+)"[^>]*\bg="(\d+)"[^>]*\br="(\d+)"')


def pictures(model: Model) -> Iterator[tuple[str, str]]:
    """Return the name and the picture of each view of a model, in the order of the model."""
    index = _Index(model)
    for view in model.views:
        yield view.name, picture(view, index)


def picture(view: Part, index: _Index) -> str:
    """Return a view as SVG, which stands alone: no script, no style from elsewhere."""
    boxes = {part.identifier: geometry.box_of(part) for part in view.walk() if part.kind == "node"}
    middles = geometry.centres(view)
    lines = [_line(part, boxes, middles) for part in view.walk() if part.kind == "connection"]
    points = [point for line in lines for point in line]
    corners = [(box.x, box.y) for box in boxes.values()] + points
    ends = [(box.x + box.w, box.y + box.h) for box in boxes.values()] + points
    left, top = (min((c[i] for c in corners), default=0) - _MARGIN for i in (0, 1))
    right, bottom = (max((c[i] for c in ends), default=1) + _MARGIN for i in (0, 1))
    out = [
        f'<svg xmlns="http://www.w3.org/2000/svg" role="img" width="{right - left}" '
        f'height="{bottom - top}" viewBox="{left} {top} {right - left} {bottom - top}" '
        f'font-family="Segoe UI, Helvetica, Arial, sans-serif" font-size="{_SIZE}" fill="#222">',
        f"<title>{_text(view.name)}</title>",
        "<defs>",
        *(_marker(name) for name in _MARKERS),
        "</defs>",
        f'<rect x="{left}" y="{top}" width="100%" height="100%" fill="#fff"/>',
    ]
    nodes = [part for part in view.walk() if part.kind == "node"]
    for node in nodes:
        if _holds(node):
            out += _node(node, index)
    connections = [part for part in view.walk() if part.kind == "connection"]
    for part, line in zip(connections, lines, strict=True):
        if len(line) > 1:
            out.append(_connection(part, line, index))
    # Boxes lie over lines, so that what is written in them can be read.
    for node in nodes:
        if not _holds(node):
            out += _node(node, index)
    return "\n".join([*out, "</svg>"]) + "\n"


@dataclass(frozen=True, slots=True)
class _Said:
    """What is written in a box, and how the box looks."""

    kind: str
    name: str
    colour: str
    is_round: bool


class _Index:
    """What boxes and lines of a model stand for."""

    def __init__(self, model: Model) -> None:
        self._concepts = {part.identifier: part for part in model.concepts()}
        self._names = model.property_names()

    def relation(self, part: Part) -> Part | None:
        """Return the relationship that a line stands for, if any."""
        return self._concepts.get(part.attributes.get("relationshipRef", ""))

    def of(self, node: Part) -> _Said:
        """Return what is written in a box."""
        element = self._concepts.get(node.attributes.get("elementRef", ""))
        if element is None:
            return _Said("", node.name, _LANE if _holds(node) else _NOTE, False)
        special = [
            text
            for prop in element.properties
            if prop.definition == SPECIALIZATION
            or self._names.get(prop.definition) == "Specialization"
            for _, text in prop.values
        ]
        words = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", element.type)
        colour = _COLOURS[FOLDER_OF.get(element.type, "other")]
        return _Said(
            f"«{special[0]}»" if special else f"({words})",
            element.name,
            colour,
            element.type.endswith(_BEHAVIOUR),
        )


def _node(part: Part, index: _Index) -> Iterator[str]:
    box, said = geometry.box_of(part), index.of(part)
    colour = _own_colour(part) or said.colour
    corner = 8 if said.is_round else 0
    yield f"<g><title>{_text(f'{said.name} {said.kind}'.strip())}</title>"
    yield (
        f'<rect x="{box.x}" y="{box.y}" width="{box.w}" height="{box.h}" rx="{corner}" '
        f'fill="{colour}" stroke="#666"/>'
    )
    holds = _holds(part)
    # What is written in a box ends where the first of the boxes in it begins.
    within = [geometry.box_of(child).y - box.y for child in part.parts if child.kind == "node"]
    space = min([box.h, *(top for top in within if top > _LINE)]) // _LINE
    wide = box.w - 2 * _PADDING
    kind = lettering.lines(xml.writable(said.kind), wide / _SMALL, min(2, space - 1))
    size = _SIZE * _BOLD if holds else _SIZE
    named = lettering.lines(xml.writable(said.name), wide / size, space - len(kind))
    start = box.y if holds else box.y + (box.h - _LINE * (len(kind) + len(named))) // 2
    for number, line in enumerate([*kind, *named]):
        style = ' font-weight="600"' if holds else ""
        if number < len(kind):
            style = f' font-size="{_SMALL}" fill="#555"'
        yield (
            f'<text x="{box.x + box.w // 2}" y="{start + (number + 1) * _LINE - 3}" '
            f'text-anchor="middle"{style}>{_text(line)}</text>'
        )
    yield "</g>"


def _holds(node: Part) -> bool:
    return node.type == "Container" or any(part.kind == "node" for part in node.parts)


def _connection(part: Part, line: list[Point], index: _Index) -> str:
    relation = index.relation(part)
    dashes, start, end = _RELATIONS.get(relation.type if relation else "", ("2 3", "", ""))
    if relation is not None and relation.type == "Association":
        end = "open" if relation.attributes.get("isDirected") == "true" else ""
    pairs = {
        "points": " ".join(f"{x},{y}" for x, y in line),
        "fill": "none",
        "stroke": "#333",
        "stroke-dasharray": dashes,
        "marker-start": f"url(#{start})" if start else "",
        "marker-end": f"url(#{end})" if end else "",
    }
    told = xml.attributes({name: value for name, value in pairs.items() if value})
    name = relation.name or relation.type if relation is not None else part.name
    return f"<polyline{told}><title>{_text(name)}</title></polyline>"


def _line(part: Part, boxes: dict[str, Box], middles: dict[str, Point]) -> list[Point]:
    """Return the points of a line, from the edge of one box to the edge of the other."""
    ends = [part.attributes.get(end, "") for end in ("source", "target")]
    if any(end not in middles for end in ends):
        return []
    bends = [
        (geometry.number(bend.attributes.get("x")), geometry.number(bend.attributes.get("y")))
        for bend in part.parts
        if bend.kind == "bendpoint"
    ]
    points = [middles[ends[0]], *bends, middles[ends[1]]]
    first, last = points[0], points[-1]
    if ends[0] in boxes:
        first = _edge(boxes[ends[0]], points[1])
    if ends[1] in boxes:
        last = _edge(boxes[ends[1]], points[-2])
    return [first, *bends, last]


def _edge(box: Box, towards: Point) -> Point:
    """Return where a line from the middle of a box leaves it."""
    x, y = box.centre
    far, down = towards[0] - x, towards[1] - y
    if not far and not down:
        return x, y
    scale = min(
        box.w / 2 / abs(far) if far else float("inf"),
        box.h / 2 / abs(down) if down else float("inf"),
    )
    if scale >= 1:
        return towards
    return round(x + far * scale), round(y + down * scale)


def _own_colour(part: Part) -> str:
    native = part.attributes.get(f"{{{NATIVE}}}fillColor", "")
    if re.fullmatch("#[0-9a-fA-F]{6}", native):
        return native
    for text in part.fragments:
        if found := _COLOUR.search(text):
            return "#" + "".join(f"{min(int(found[n]), 255):02x}" for n in (4, 3, 2))
    return ""


def _marker(name: str) -> str:
    points, fill, at, is_closed = _MARKERS[name]
    shape = "polygon" if is_closed else "polyline"
    _, high = (max(int(p.split(",")[i]) for p in points.split()) for i in (0, 1))
    return (
        f'<marker id="{name}" markerWidth="18" markerHeight="12" refX="{at}" refY="{high // 2}" '
        f'orient="auto" markerUnits="userSpaceOnUse"><{shape} points="{points}" fill="{fill}" '
        'stroke="#333"/></marker>'
    )


def _text(words: str) -> str:
    return xml.escape(xml.writable(words))


def file_names(names: Iterable[str]) -> list[str]:
    """Return a name of a file for each name of a view; no two are the same."""
    found: dict[str, None] = {}
    for name in names:
        stem = re.sub(r"[^\w]+", "-", name.lower()).strip("-") or "view"
        stem = stem.encode()[:_LONGEST_NAME].decode(errors="ignore")
        number = next(n for n in count(1) if _numbered(stem, n) not in found)
        found[_numbered(stem, number)] = None
    return [f"{name}.svg" for name in found]


def _numbered(stem: str, number: int) -> str:
    return stem if number == 1 else f"{stem}-{number}"
