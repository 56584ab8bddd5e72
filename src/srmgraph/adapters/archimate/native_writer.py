"""The files of Archi, written: the same model always gives the same bytes.

Folders have identifiers that depend on nothing but what they are, so that a model that is brought
into an open one a second time finds its folders there.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from srmgraph.adapters.archimate import geometry, xml
from srmgraph.adapters.archimate.language import FOLDER_OF, FOLDERS, NATIVE, XSI
from srmgraph.adapters.archimate.model import Model, Part, minted
from srmgraph.adapters.archimate.xml import Xml

_ACCESS = {"Write": "", "Read": "1", "Access": "2", "ReadWrite": "3"}
_NODES = {"Element": "DiagramObject", "Container": "Group", "Label": "Note"}
VERSION = "5.0.0"
"""The version of the format that is written, unless the model was read in another."""


def write(model: Model) -> bytes:
    """Return a model as a file of Archi.

    Archi has one language of each text: the first. What only the exchange format has (metadata,
    viewpoints of one's own) is left out.
    """
    return _Writer(model).write()


def folder_identifier(type: str) -> str:
    """Return the identifier of a folder that every model has."""
    return minted("folder", type)


def is_usual(organization: Part) -> bool:
    """Tell whether folders are those that are made when a model without folders is written."""
    return all(
        item.identifier == folder_identifier(item.attributes.get(f"{{{NATIVE}}}type", ""))
        and not (item.documentation or item.properties or item.fragments)
        and all("identifierRef" in inner.attributes for inner in item.parts)
        for item in organization.parts
    )


class _Writer:
    def __init__(self, model: Model) -> None:
        self._model = model
        self._names = model.property_names()
        self._lines = ['<?xml version="1.0" encoding="UTF-8"?>']
        self._depth = 0
        self._parts = {part.identifier: part for part in (*model.concepts(), *model.views)}
        self._profiles: dict[tuple[str, str], str] = {}
        self._connections: dict[str, list[Part]] = {}
        self._arriving: dict[str, list[str]] = {}
        self._centres: dict[str, geometry.Point] = {}

    def write(self) -> bytes:
        header = self._model.header
        own = dict(_own(header))
        pairs = {
            "xmlns:xsi": XSI,
            "xmlns:archimate": NATIVE,
            **_name(header, required=True),
            "id": header.identifier,
            "version": own.pop("version", VERSION),
        }
        if any(":" in value for part in self._all() for value in _kinds(part)):
            pairs["xmlns:canvas"] = f"{NATIVE}/canvas"
        with_profiles = self._with_profiles()
        self._open("archimate:model", pairs | own)
        for folder in tree(self._model):
            self._item(folder)
        self._texts("purpose", header)
        self._properties(header)
        self._fragments(header)
        for (kind, name), identifier in sorted(with_profiles.items()):
            self._line("profile", {"name": name, "id": identifier, "conceptType": kind})
        self._close("archimate:model")
        return ("\n".join(self._lines) + "\n").encode()

    def _all(self) -> Iterator[Part]:
        for view in self._model.views:
            yield from view.walk()

    # ── Lines ───────────────────────────────────────────────────────────────────────────────────

    def _open(self, tag: str, pairs: Mapping[str, str]) -> None:
        self._lines.append(f"{'  ' * self._depth}<{tag}{xml.attributes(pairs)}>")
        self._depth += 1

    def _close(self, tag: str) -> None:
        self._depth -= 1
        if self._lines[-1].startswith(f"{'  ' * self._depth}<{tag}") and self._lines[-1].endswith(
            ">"
        ):
            self._lines[-1] = f"{self._lines[-1][:-1]}/>"
        else:
            self._lines.append(f"{'  ' * self._depth}</{tag}>")

    def _line(self, tag: str, pairs: Mapping[str, str]) -> None:
        self._lines.append(f"{'  ' * self._depth}<{tag}{xml.attributes(pairs)}/>")

    def _texts(self, tag: str, part: Part) -> None:
        for _, text in part.documentation[:1]:
            self._lines.append(f"{'  ' * self._depth}<{tag}>{xml.escape(text)}</{tag}>")

    def _properties(self, part: Part) -> None:
        for prop in part.properties:
            name = self._names.get(prop.definition, prop.definition)
            if name == "Specialization" and self._profile(part):
                continue
            for _, text in prop.values:
                self._line("property", {"key": name, "value": text})

    def _fragments(self, part: Part) -> None:
        for element in _native(part):
            self._lines.append("  " * self._depth + xml.fragment(element))

    # ── Folders and concepts ────────────────────────────────────────────────────────────────────

    def _item(self, item: Part) -> None:
        reference = item.attributes.get("identifierRef")
        if reference is not None:
            part = self._parts[reference]
            if part.kind == "view":
                self._view(part)
            else:
                self._concept(part)
            return
        self._open(
            "folder", {**_name(item, required=True), "id": item.identifier, **dict(_own(item))}
        )
        for inner in item.parts:
            self._item(inner)
        self._texts("documentation", item)
        self._properties(item)
        self._fragments(item)
        self._close("folder")

    def _concept(self, part: Part) -> None:
        pairs = {"xsi:type": f"archimate:{_type(part)}", **_name(part), "id": part.identifier}
        if part.kind == "relationship":
            pairs |= {end: part.attributes[end] for end in ("source", "target")}
            pairs |= _variant(part)
        elif part.type == "OrJunction":
            pairs["type"] = "or"
        own = dict(_own(part))
        if profile := self._profile(part):
            own.setdefault("profiles", profile)
        self._open("element", pairs | own)
        self._texts("documentation", part)
        self._properties(part)
        self._fragments(part)
        self._close("element")

    def _with_profiles(self) -> dict[tuple[str, str], str]:
        """Find the specializations in use; return those that the model does not declare yet."""
        for found in _native(self._model.header):
            if found.tag == "profile":
                about = found.attributes
                key = about.get("conceptType", ""), about.get("name", "")
                self._profiles.setdefault(key, about.get("id", ""))
        new = {}
        for part in self._model.concepts():
            for name in self._specializations(part):
                key = (_type(part), name)
                if key not in self._profiles:
                    new[key] = self._profiles[key] = minted("profile", *key)
        return new

    def _specializations(self, part: Part) -> Iterable[str]:
        return (
            text
            for prop in part.properties
            if self._names.get(prop.definition) == "Specialization"
            for _, text in prop.values[:1]
            if text
        )

    def _profile(self, part: Part) -> str:
        names = (
            list(self._specializations(part)) if part.kind in ("element", "relationship") else []
        )
        return self._profiles.get((_type(part), names[0]), "") if len(names) == 1 else ""

    # ── Views ───────────────────────────────────────────────────────────────────────────────────

    def _view(self, view: Part) -> None:
        self._connections = {}
        self._arriving = {}
        self._centres = geometry.centres(view)
        for part in view.walk():
            if part.kind == "connection":
                self._connections.setdefault(part.attributes.get("source", ""), []).append(part)
                target = part.attributes.get("target", "")
                self._arriving.setdefault(target, []).append(part.identifier)
        own = dict(_own(view))
        kind = own.pop("kind", "") or "archimate:ArchimateDiagramModel"
        pairs = {"xsi:type": kind, **_name(view, required=True), "id": view.identifier}
        self._open("element", pairs | own)
        for node in view.parts:
            if node.kind == "node":
                self._node(node, (0, 0))
        self._texts("documentation", view)
        self._properties(view)
        self._fragments(view)
        self._close("element")

    def _node(self, node: Part, corner: geometry.Point) -> None:
        own = dict(_own(node))
        size = {name: own.pop(name, "") for name in ("width", "height")}
        kind = own.pop("kind", "") or f"archimate:{_NODES.get(node.type, 'Note')}"
        is_note = kind == "archimate:Note"
        arriving = self._arriving.get(node.identifier, [])
        before = own.pop("targetConnections", "").split()
        pairs = {"xsi:type": kind, **({} if is_note else _name(node)), "id": node.identifier}
        if arriving:
            # Archi keeps the order in which they were drawn, which says nothing and costs nothing.
            same = sorted(before) == sorted(arriving)
            pairs["targetConnections"] = " ".join(before if same else arriving)
        if "elementRef" in node.attributes:
            pairs["archimateElement"] = node.attributes["elementRef"]
        self._open("child", pairs | _style(node) | own)
        box = geometry.box_of(node)
        place = {"x": str(box.x - corner[0]), "y": str(box.y - corner[1])}
        place |= {"width": size["width"] or str(box.w), "height": size["height"] or str(box.h)}
        self._line("bounds", place)
        self._leaving(node)
        if is_note:
            for _, text in node.names[:1]:
                self._lines.append(f"{'  ' * self._depth}<content>{xml.escape(text)}</content>")
        for inner in node.parts:
            if inner.kind == "node":
                self._node(inner, (box.x, box.y))
        self._texts("documentation", node)
        self._properties(node)
        self._fragments(node)
        self._close("child")

    def _leaving(self, part: Part) -> None:
        for connection in self._connections.get(part.identifier, ()):
            own = dict(_own(connection))
            kind = own.pop("kind", "") or "archimate:Connection"
            attributes = connection.attributes
            pairs = {"xsi:type": kind, **_name(connection), "id": connection.identifier}
            own.pop("targetConnections", None)
            if arriving := self._arriving.get(connection.identifier):
                pairs["targetConnections"] = " ".join(arriving)
            pairs |= {end: attributes.get(end, "") for end in ("source", "target")}
            if "relationshipRef" in attributes:
                pairs["archimateRelationship"] = attributes["relationshipRef"]
            self._open("sourceConnection", pairs | _style(connection) | own)
            self._leaving(connection)
            for bend in connection.parts:
                if bend.kind == "bendpoint":
                    self._line("bendpoint", self._bend(bend, connection))
            self._texts("documentation", connection)
            self._properties(connection)
            self._fragments(connection)
            self._close("sourceConnection")

    def _bend(self, bend: Part, connection: Part) -> dict[str, str]:
        x, y = (geometry.number(bend.attributes.get(name)) for name in "xy")
        found = dict(_own(bend))
        for prefix in ("start", "end"):
            end = {"start": "source", "end": "target"}[prefix]
            centre = self._centres.get(connection.attributes.get(end, ""), (0, 0))
            found.setdefault(f"{prefix}X", str(x - centre[0]))
            found.setdefault(f"{prefix}Y", str(y - centre[1]))
        return {name: value for name, value in sorted(found.items()) if value != "0"}


def tree(model: Model) -> list[Part]:
    """Return the folders of Archi that hold all concepts and views of a model.

    Folders that Archi has made stay; those of other tools become folders below the nine of Archi.
    """
    places: dict[str, Part] = {}
    waiting = {part.identifier: part for part in (*model.concepts(), *model.views)}
    roots: list[Part] = []
    foreign: list[Part] = []
    for organization in model.organizations:
        for item in organization.parts:
            type = item.attributes.get(f"{{{NATIVE}}}type")
            if type in FOLDERS and type not in places:
                copy = _copy(item, waiting)
                places[type] = copy
                roots.append(copy)
            else:
                foreign.append(item)
    for type, name in FOLDERS.items():
        if type not in places:
            places[type] = _folder(folder_identifier(type), name, {f"{{{NATIVE}}}type": type})
            roots.append(places[type])
    for item in foreign:
        _below(item, [], places, waiting)
    for identifier, part in waiting.items():
        places[_place(part)].parts.append(Part("item", attributes={"identifierRef": identifier}))
    order = list(FOLDERS)
    typed = {id(folder): type for type, folder in places.items()}
    return sorted(roots, key=lambda folder: order.index(typed[id(folder)]))


def _place(part: Part) -> str:
    if part.kind in ("relationship", "view"):
        return {"relationship": "relations", "view": "diagrams"}[part.kind]
    return FOLDER_OF.get(part.type, "other")


def _folder(identifier: str, name: str, attributes: dict[str, str]) -> Part:
    return Part("item", identifier, names=[("", name)], attributes=attributes)


def _copy(item: Part, waiting: dict[str, Part]) -> Part:
    copy = replace(item, identifier=item.identifier or minted("folder", item.name), parts=[])
    for inner in item.parts:
        reference = inner.attributes.get("identifierRef")
        if reference is None:
            copy.parts.append(_copy(inner, waiting))
        elif waiting.pop(reference, None) is not None:
            copy.parts.append(inner)
    return copy


def _below(item: Part, path: list[Part], places: dict[str, Part], waiting: dict[str, Part]) -> None:
    reference = item.attributes.get("identifierRef")
    part = waiting.pop(reference, None) if reference else None
    if part is not None:
        type = _place(part)
        folder = places[type]
        names: list[str] = []
        for step in path:
            if not names and step.name in (FOLDERS[type], folder.name):
                continue
            names.append(step.name)
            identifier = minted("folder", type, *names)
            inner = next((f for f in folder.parts if f.identifier == identifier), None)
            if inner is None:
                inner = _folder(identifier, step.name, {})
                inner.documentation = step.documentation
                folder.parts.append(inner)
            folder = inner
        folder.parts.append(Part("item", attributes={"identifierRef": part.identifier}))
    for inner in item.parts:
        _below(inner, path if reference else [*path, item], places, waiting)


def _type(part: Part) -> str:
    if part.kind == "relationship":
        return f"{part.type}Relationship"
    return "Junction" if part.type in ("AndJunction", "OrJunction") else part.type


def _variant(part: Part) -> dict[str, str]:
    attributes = part.attributes
    pairs = {
        "accessType": _ACCESS.get(attributes.get("accessType", "Write"), ""),
        "strength": attributes.get("modifier", ""),
        "directed": "true" if attributes.get("isDirected") in ("true", "1") else "",
    }
    return {name: value for name, value in pairs.items() if value}


def _name(part: Part, required: bool = False) -> dict[str, str]:
    return {"name": part.name} if part.names or required else {}


def _own(part: Part) -> Iterator[tuple[str, str]]:
    start = f"{{{NATIVE}}}"
    for name, value in part.attributes.items():
        if name.startswith(start):
            yield name.removeprefix(start), value


def _native(part: Part) -> Iterator[Xml]:
    """Return what only Archi has, as its files have it: without a namespace."""
    for text in part.fragments:
        if NATIVE in text:
            yield from (_unmarked(element) for element in xml.parse_fragments(text))


def _unmarked(element: Xml) -> Xml:
    content = [child if isinstance(child, str) else _unmarked(child) for child in element.content]
    return Xml(element.tag.removeprefix(f"{{{NATIVE}}}"), element.attributes, content)


def _kinds(part: Part) -> Iterator[str]:
    value = part.attributes.get(f"{{{NATIVE}}}kind", "")
    if value and not value.startswith("archimate:"):
        yield value


def _style(part: Part) -> dict[str, str]:
    """Return the colours that a style of the exchange format gives."""
    found: dict[str, str] = {}
    for text in part.fragments:
        if not text.startswith("<style"):
            continue
        (style,) = xml.parse_fragments(text)
        font = style.first("font")
        colours = {
            "fillColor": style.first("fillColor"),
            "lineColor": style.first("lineColor"),
            "fontColor": font.first("color") if font is not None else None,
        }
        for name, colour in colours.items():
            if colour is not None and (part.kind == "node" or name != "fillColor"):
                values = [geometry.number(colour.attributes.get(key)) for key in "rgb"]
                found[name] = "#" + "".join(f"{min(max(value, 0), 255):02x}" for value in values)
    return found
