"""The files of Archi, read.

What only Archi has stands in attributes of its namespace, and as XML; nothing is left out. Source:
the metamodel of Archi, versions 4 and 5.
"""

from __future__ import annotations

from pathlib import Path

from srmgraph.adapters.archimate import exchange, geometry, xml
from srmgraph.adapters.archimate.language import FOLDER_OF, NATIVE, RELATIONS, XSI
from srmgraph.adapters.archimate.model import SPECIALIZATION, Model, Part, Property, minted
from srmgraph.adapters.archimate.native_writer import VERSION, write
from srmgraph.adapters.archimate.xml import Xml
from srmgraph.errors import ParseError

__all__ = ["read", "write"]

_TYPE = f"{{{XSI}}}type"
ACCESS = {"": "Write", "0": "Write", "1": "Read", "2": "Access", "3": "ReadWrite"}
"""What the numbers of Archi mean in the exchange format."""
_NODES = {"DiagramObject": "Element", "Group": "Container", "Note": "Label"}
_DEFAULT = {"width": 120, "height": 55}


def read(root: Xml, file: Path | None = None) -> Model:
    """Return the model of a parsed file; raises ParseError, with the line, for what is none."""
    return _Reader(file).read(root)


class _Reader:
    def __init__(self, file: Path | None) -> None:
        self._file = file
        self._model = Model()
        self._names: dict[str, str] = {}
        self._profiles: dict[tuple[str, str], str] = {}
        self._minted: set[str] = set()

    def read(self, root: Xml) -> Model:
        if root.tag != "model":
            raise ParseError(f"A model is expected here, not <{root.tag}>.", self._file, root.line)
        for child in root:
            if child.tag == "profile":
                self._profile(child)
        header = self._part(root, "model", {"folder"}, documentation="purpose")
        header.fragments = [text for text in header.fragments if text not in self._minted]
        if header.attributes.get(_own("version")) == VERSION:
            del header.attributes[_own("version")]
        self._model.header = header
        tree = Part("organizations", line=root.line)
        for child in root:
            if child.tag == "folder":
                tree.parts.append(self._folder(child))
        if tree.parts:
            self._model.organizations.append(tree)
        exchange.check(self._model, self._file)
        return self._model

    def _profile(self, element: Xml) -> None:
        about = element.attributes
        kind, name = about.get("conceptType", ""), about.get("name", "")
        identifier = about.get("id", "")
        self._profiles[kind, identifier] = name
        if identifier == minted("profile", kind, name):
            # It was made when the file was written, and will be again.
            self._minted.add(xml.fragment(_marked(element)))

    # ── What all parts have ─────────────────────────────────────────────────────────────────────

    def _part(
        self, element: Xml, kind: str, apart: set[str], documentation: str = "documentation"
    ) -> Part:
        part = Part(kind, line=element.line)
        for name, value in element.attributes.items():
            if name == "id":
                part.identifier = value
            elif name == "name":
                part.names.append(("", value))
            elif name == _TYPE:
                part.type = element.type()
            else:
                part.attributes[name if name.startswith("{") else f"{{{NATIVE}}}{name}"] = value
        for child in element:
            if child.tag in apart:
                continue
            if child.tag == documentation and not child.attributes:
                part.documentation.append(("", child.text))
            elif child.tag == "property" and set(child.attributes) <= {"key", "value"}:
                key, value = (child.attributes.get(name, "") for name in ("key", "value"))
                part.properties.append(Property(self._definition(key), [("", value)]))
            else:
                part.fragments.append(xml.fragment(_marked(child)))
        return part

    def _identified(self, part: Part) -> Part:
        if not part.identifier:
            raise ParseError(f"This {part.kind} has no id.", self._file, part.line)
        return part

    def _definition(self, name: str) -> str:
        if name not in self._names:
            identifier = SPECIALIZATION if name == "Specialization" else minted("property", name)
            names = [("", name)]
            part = Part("definition", identifier, names=names, attributes={"type": "string"})
            self._model.definitions.append(part)
            self._names[name] = identifier
        return self._names[name]

    # ── Folders and concepts ────────────────────────────────────────────────────────────────────

    def _folder(self, element: Xml) -> Part:
        item = self._part(element, "item", {"folder", "element"})
        for child in element:
            if child.tag == "folder":
                item.parts.append(self._folder(child))
            elif child.tag == "element":
                identifier = self._concept(child).identifier
                item.parts.append(Part("item", attributes={"identifierRef": identifier}))
        return item

    def _concept(self, element: Xml) -> Part:
        type = element.type()
        if element.first("child") is not None or type.endswith("Model"):
            view = self._view(element)
            self._model.views.append(view)
            return view
        kind = "relationship" if type.removesuffix("Relationship") in RELATIONS else "element"
        part = self._identified(self._part(element, kind, set()))
        profiles = part.attributes.get(_own("profiles"), "").split()
        for profile in profiles:
            if name := self._profiles.get((type, profile)):
                definition = self._definition("Specialization")
                part.properties.append(Property(definition, [("", name)]))
                if len(profiles) == 1:
                    del part.attributes[_own("profiles")]
        if kind == "element":
            self._element(part)
            self._model.elements.append(part)
        else:
            self._relationship(part)
            self._model.relationships.append(part)
        return part

    def _element(self, part: Part) -> None:
        if part.type == "Junction":
            is_or = part.attributes.pop(_own("type"), "") == "or"
            part.type = "OrJunction" if is_or else "AndJunction"
        elif part.type not in FOLDER_OF:
            raise ParseError(f"“{part.type}” is no type of element.", self._file, part.line)

    def _relationship(self, part: Part) -> None:
        part.type = part.type.removesuffix("Relationship")
        attributes = part.attributes
        for end in ("source", "target"):
            if _own(end) in attributes:
                attributes[end] = attributes.pop(_own(end))
        if part.type == "Access":
            access = ACCESS.get(attributes.get(_own("accessType"), ""))
            if access is not None:
                attributes.pop(_own("accessType"), None)
                attributes["accessType"] = access
        elif part.type == "Influence" and _own("strength") in attributes:
            attributes["modifier"] = attributes.pop(_own("strength"))
        elif part.type == "Association" and attributes.get(_own("directed")) == "true":
            del attributes[_own("directed")]
            attributes["isDirected"] = "true"

    # ── Views ───────────────────────────────────────────────────────────────────────────────────

    def _view(self, element: Xml) -> Part:
        view = self._identified(self._part(element, "view", {"child"}))
        if view.type != "ArchimateDiagramModel":
            view.attributes[_own("kind")] = element.attributes.get(_TYPE, "")
        view.type = "Diagram"
        connections: list[Part] = []
        view.parts = [
            self._node(child, (0, 0), connections) for child in element if child.tag == "child"
        ]
        view.parts += connections
        middle = geometry.centres(view)
        for part in connections:
            for bend in part.parts:
                _place(bend, part, middle)
        return view

    def _node(self, element: Xml, corner: geometry.Point, connections: list[Part]) -> Part:
        native = element.type()
        apart = {"child", "bounds", "sourceConnection"} | (
            {"content"} if native == "Note" else set()
        )
        node = self._identified(self._part(element, "node", apart))
        node.type = _NODES.get(native, "Label")
        attributes = node.attributes
        if native == "DiagramObject" and _own("archimateElement") in attributes:
            attributes["elementRef"] = attributes.pop(_own("archimateElement"))
        elif native not in ("Group", "Note"):
            attributes[_own("kind")] = element.attributes.get(_TYPE, "")
            if _own("model") in attributes:
                node.fragments.append(
                    xml.fragment(Xml("viewRef", {"ref": attributes[_own("model")]}))
                )
            node.type = "Container" if element.first("child") is not None else "Label"
        if native == "Note":
            node.names = [("", c.text) for c in element if c.tag == "content"]
        bounds = element.first("bounds")
        found = bounds.attributes if bounds is not None else {}
        x, y = (geometry.number(found.get(name)) for name in "xy")
        place = {"x": corner[0] + x, "y": corner[1] + y}
        for name, short in (("width", "w"), ("height", "h")):
            place[short] = geometry.number(found.get(name), -1)
            if place[short] <= 0:
                # Archi draws it in the size that is usual.
                attributes[_own(name)] = str(place[short])
                place[short] = _DEFAULT[name]
        attributes |= {name: str(value) for name, value in place.items()}
        for child in element:
            if child.tag == "sourceConnection":
                self._connection(child, connections)
        for child in element:
            if child.tag == "child":
                node.parts.append(self._node(child, (place["x"], place["y"]), connections))
        return node

    def _connection(self, element: Xml, connections: list[Part]) -> None:
        apart = {"bendpoint", "sourceConnection"}
        part = self._identified(self._part(element, "connection", apart))
        attributes = part.attributes
        if part.type != "Connection":
            attributes[_own("kind")] = element.attributes.get(_TYPE, "")
        part.type = "Line"
        for name, own in (
            ("source", "source"),
            ("target", "target"),
            ("archimateRelationship", "relationshipRef"),
        ):
            if _own(name) in attributes:
                attributes[own] = attributes.pop(_own(name))
                part.type = "Relationship" if own == "relationshipRef" else part.type
        connections.append(part)
        for child in element:
            if child.tag == "bendpoint":
                part.parts.append(self._part(child, "bendpoint", set()))
            elif child.tag == "sourceConnection":
                self._connection(child, connections)


def _place(bend: Part, connection: Part, middle: dict[str, geometry.Point]) -> None:
    """Say where a bend lies; what does not follow from that stays as it was."""
    ends = [middle.get(connection.attributes.get(end, "")) for end in ("source", "target")]
    start, end = (point or (0, 0) for point in ends)
    offsets = [geometry.number(bend.attributes.get(_own(name))) for name in ("startX", "startY")]
    x, y = start[0] + offsets[0], start[1] + offsets[1]
    expected = {
        "startX": x - start[0],
        "startY": y - start[1],
        "endX": x - end[0],
        "endY": y - end[1],
    }
    for name, value in expected.items():
        if geometry.number(bend.attributes.get(_own(name))) == value and None not in ends:
            bend.attributes.pop(_own(name), None)
        else:
            bend.attributes.setdefault(_own(name), "0")
    bend.attributes |= {"x": str(x), "y": str(y)}


def _marked(element: Xml) -> Xml:
    """Return an element with the namespace of Archi, which its files leave out."""
    tag = element.tag if element.tag.startswith("{") else _own(element.tag)
    content = [child if isinstance(child, str) else _marked(child) for child in element.content]
    return Xml(tag, element.attributes, content)


def _own(name: str) -> str:
    return f"{{{NATIVE}}}{name}"
