"""The ArchiMate Model Exchange File Format, read and written.

Source: The Open Group, ArchiMate Model Exchange File Format for the ArchiMate 3.1 language.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

from srmgraph.adapters.archimate import xml
from srmgraph.adapters.archimate.language import EXCHANGE, NATIVE, XML, XSI
from srmgraph.adapters.archimate.model import LABELLED, Model, Part, Property, Text
from srmgraph.adapters.archimate.xml import Xml
from srmgraph.errors import ParseError

_LANG = f"{{{XML}}}lang"
_TYPE = f"{{{XSI}}}type"
_LOCATION = f"{{{XSI}}}schemaLocation"
_SCHEMA = f"{EXCHANGE} http://www.opengroup.org/xsd/archimate/3.1/archimate3_Diagram.xsd"
_INNER = {
    "view": {"node", "connection"},
    "node": {"node"},
    "connection": {"sourceAttachment", "bendpoint", "targetAttachment"},
    "item": {"item"},
    "organizations": {"item"},
}
_COLOURS = ("lineColor", "fillColor", "fontColor")
_COLOUR = re.compile(r"#([0-9a-fA-F]{2})([0-9a-fA-F]{2})([0-9a-fA-F]{2})")
_T = TypeVar("_T")
_CONTAINERS = {"elements", "relationships", "organizations", "propertyDefinitions", "views"}


def read(root: Xml, file: Path | None = None) -> Model:
    """Return the model of a parsed file; raises ParseError, with the line, for what is none."""
    if root.tag != "model":
        raise ParseError(f"A model is expected here, not <{root.tag}>.", file, root.line)
    model = Model(header=_part(root, "model", _CONTAINERS))
    model.header.attributes.pop(_LOCATION, None)
    for section in root:
        if section.tag == "elements":
            model.elements += _parts(section, "element", model.header, file)
        elif section.tag == "relationships":
            model.relationships += _parts(section, "relationship", model.header, file)
        elif section.tag == "propertyDefinitions":
            for child in _expected(section, "propertyDefinition", model.header):
                model.definitions.append(_identified(_part(child, "definition"), file))
        elif section.tag == "organizations":
            model.organizations.append(_part(section, "organizations"))
        elif section.tag == "views":
            for child in section:
                if child.tag == "diagrams":
                    model.views += _parts(child, "view", model.header, file)
                else:
                    model.header.fragments.append(xml.fragment(child))
    check(model, file)
    return model


def _parts(section: Xml, tag: str, header: Part, file: Path | None) -> list[Part]:
    return [_identified(_part(child, tag), file) for child in _expected(section, tag, header)]


def _expected(section: Xml, tag: str, header: Part) -> Iterable[Xml]:
    for child in section:
        if child.tag == tag:
            yield child
        else:
            header.fragments.append(xml.fragment(child))


def _identified(part: Part, file: Path | None) -> Part:
    if not part.identifier:
        raise ParseError(f"This {part.kind} has no identifier.", file, part.line)
    return part


def check(model: Model, file: Path | None) -> None:
    """Raise ParseError for an identifier that is there twice and a relationship without an end."""
    seen: dict[str, int] = {}
    for top in model.tops():
        for part in top.walk():
            if part.identifier and part.identifier in seen:
                raise ParseError(
                    f"The identifier “{part.identifier}” is in use already, in line "
                    f"{seen[part.identifier]}.",
                    file,
                    part.line,
                )
            seen[part.identifier] = part.line
    for part in model.relationships:
        for end in ("source", "target"):
            if end not in part.attributes:
                raise ParseError(f"This relationship has no {end}.", file, part.line)


def _part(element: Xml, kind: str, apart: Collection[str] = ()) -> Part:
    part = Part(kind, line=element.line)
    for name, value in element.attributes.items():
        if name == "identifier":
            part.identifier = value
        elif name == _TYPE:
            part.type = element.type()
        else:
            part.attributes[name] = value
    naming, inner = "label" if kind in LABELLED else "name", _INNER.get(kind, set())
    for child in element:
        if child.tag in apart:
            continue
        if child.tag == naming and _is_text(child):
            part.names.append(_text(child))
        elif child.tag == "documentation" and _is_text(child):
            part.documentation.append(_text(child))
        elif child.tag == "properties" and all(map(_is_property, child)):
            part.properties += map(_property, child)
        elif child.tag in inner:
            part.parts.append(_part(child, child.tag))
        else:
            part.fragments.append(xml.fragment(child))
    return part


def _is_text(element: Xml) -> bool:
    return set(element.attributes) <= {_LANG} and not any(True for _ in element)


def _is_property(element: Xml) -> bool:
    return (
        element.tag == "property"
        and set(element.attributes) == {"propertyDefinitionRef"}
        and all(child.tag == "value" and _is_text(child) for child in element)
    )


def _text(element: Xml) -> Text:
    return element.attributes.get(_LANG, "").lower(), element.text


def _property(element: Xml) -> Property:
    return Property(element.attributes["propertyDefinitionRef"], [_text(c) for c in element])


def write(model: Model) -> bytes:
    """Return a model as a file: the same model always gives the same bytes.

    Everything is written in the order of the model, but for what only files of Archi can say; its
    colours become styles. Attributes of other namespaces, which Archi refuses, are written where
    the model has them.
    """
    out = _Writer()
    header = model.header
    spaces = {"xmlns": EXCHANGE, "xmlns:xsi": XSI, "xsi:schemaLocation": _SCHEMA}
    out.open("model", spaces | _own(header))
    _texts(out, header, "name")
    foreign, metadata, viewpoints = [], [], []
    for text in header.fragments:
        if NATIVE in text:
            continue
        if text.startswith("<metadata"):
            metadata.append(text)
        elif text.startswith("<viewpoints"):
            viewpoints.append(text)
        else:
            foreign.append(text)
    out.raw(foreign)
    _properties(out, header)
    out.raw(metadata)
    out.section("elements", model.elements, lambda part: _write(out, part, "element"))
    out.section(
        "relationships", model.relationships, lambda part: _write(out, part, "relationship")
    )
    for organization in model.organizations:
        _write(out, organization, "organizations")
    out.section(
        "propertyDefinitions",
        model.definitions,
        lambda part: _write(out, part, "propertyDefinition"),
    )
    if model.views or viewpoints:
        out.open("views", {})
        out.raw(viewpoints)
        out.section("diagrams", model.views, lambda part: _write(out, part, "view"))
        out.close()
    out.close()
    return out.bytes()


def _write(out: _Writer, part: Part, tag: str) -> None:
    out.open(tag, _own(part))
    _texts(out, part, "label" if part.kind in LABELLED else "name")
    last = part.kind == "item"
    fragments = [*styles(part), *(text for text in part.fragments if NATIVE not in text)]
    if not last:
        out.raw(fragments)
    if part.kind not in LABELLED:
        # Archi has properties of boxes, lines and folders too; the schema has no place for them.
        _properties(out, part)
    # The schema wants nodes before connections, at whatever place a tool has put them.
    for inner in sorted(part.parts, key=lambda inner: inner.kind == "connection"):
        _write(out, inner, inner.kind)
    if last:
        out.raw(fragments)
    out.close()


def _own(part: Part) -> dict[str, str]:
    pairs = {"identifier": part.identifier} if part.identifier else {}
    foreign: dict[str, str] = {}
    for name, value in part.attributes.items():
        if name.startswith(f"{{{NATIVE}}}"):
            continue
        if not name.startswith("{"):
            pairs[name] = value
            continue
        space, _, local = name[1:].partition("}")
        if space in (XML, XSI):
            pairs[f"{'xml' if space == XML else 'xsi'}:{local}"] = value
            continue
        prefix = foreign.setdefault(space, f"ns{len(foreign) + 1}")
        pairs[f"xmlns:{prefix}"] = space
        pairs[f"{prefix}:{local}"] = value
    return pairs | ({"xsi:type": part.type} if part.type else {})


def styles(part: Part) -> list[str]:
    """Return the style that the colours of Archi give to a node or connection, if any."""
    if part.kind not in ("node", "connection"):
        return []
    found: list[Xml] = []
    for name in _COLOURS:
        colour = _COLOUR.fullmatch(part.attributes.get(f"{{{NATIVE}}}{name}", ""))
        if colour is not None:
            values = [str(int(value, 16)) for value in colour.groups()]
            element = Xml(name, dict(zip("rgb", values, strict=True)))
            is_font = name == "fontColor"
            found.append(Xml("font", {}, [replace(element, tag="color")]) if is_font else element)
    return [xml.fragment(Xml("style", {}, [*found]))] if found else []


def _texts(out: _Writer, part: Part, naming: str) -> None:
    for language, text in part.names:
        out.text(naming, language, text)
    for language, text in part.documentation:
        out.text("documentation", language, text)


def _properties(out: _Writer, part: Part) -> None:
    def write_one(prop: Property) -> None:
        # On one line, since there are many: this makes a file shorter by a third.
        values = "".join(out.element("value", *value) for value in prop.values)
        start = xml.attribute("propertyDefinitionRef", prop.definition)
        out.raw([f"<property{start}>{values}</property>"])

    out.section("properties", part.properties, write_one)


class _Writer:
    """Lines of XML, indented; an element without content is closed at once."""

    def __init__(self) -> None:
        self._lines = ['<?xml version="1.0" encoding="UTF-8"?>']
        self._open: list[tuple[str, int]] = []

    def open(self, tag: str, pairs: dict[str, str]) -> None:
        self._lines.append(f"{self._indent()}<{tag}{xml.attributes(pairs)}")
        self._open.append((tag, len(self._lines)))

    def close(self) -> None:
        tag, start = self._open.pop()
        if len(self._lines) == start:
            self._lines[-1] += "/>"
            return
        self._lines[start - 1] += ">"
        self._lines.append(f"{self._indent()}</{tag}>")

    @staticmethod
    def element(tag: str, language: str, text: str) -> str:
        start = xml.attribute("xml:lang", language) if language else ""
        return f"<{tag}{start}>{xml.escape(text)}</{tag}>"

    def text(self, tag: str, language: str, text: str) -> None:
        self._lines.append(f"{self._indent()}{self.element(tag, language, text)}")

    def raw(self, fragments: Iterable[str]) -> None:
        self._lines += [f"{self._indent()}{text}" for text in fragments]

    def section(self, tag: str, items: list[_T], write_one: Callable[[_T], None]) -> None:
        if not items:
            return
        self.open(tag, {})
        for item in items:
            write_one(item)
        self.close()

    def bytes(self) -> bytes:
        return ("\n".join(self._lines) + "\n").encode()

    def _indent(self) -> str:
        return "  " * len(self._open)
