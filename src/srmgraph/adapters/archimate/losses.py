"""What Archi changes in an exchange file, or drops, without a word.

Source: observed with Archi 5, and its source code: XMLModelImporter (sections of views, folders and
properties), XMLTypeMapper (viewpoints), DiagramModelArchimateConnection (the ends of lines).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import TypeAlias

from srmgraph.adapters.archimate.grammar import grammar
from srmgraph.adapters.archimate.language import FOLDERS
from srmgraph.adapters.archimate.xml import Xml

Loss: TypeAlias = tuple[str, Xml, Xml, str]
"""A rule, where, the part with an identifier in which that is, and what is lost."""

_TEXTS = ("name", "label", "documentation", "value")
_SPACE = " \t\r\n"
_JOINED = re.compile(r"[\t\r\n]|  ")
_TRUE = ("true", "1")
_WIDTHS = ("1", "2", "3")
"""The widths of lines, in pixels, that Archi has."""


def losses(root: Xml, parts: Mapping[str, Xml]) -> Iterator[Loss]:
    """Return what is lost of a model; `parts` are all that have an identifier, by it."""
    if "version" in root.attributes:
        yield "metadata-are-lost", root, root, f"version={root.attributes['version']}"
    for section in root:
        if section.tag == "metadata":
            yield "metadata-are-lost", section, root, "<metadata>"
    names: set[str] = set()
    for owner, element in _owned(root, root):
        yield from _lost(element, owner)
        if element.tag in ("node", "connection"):
            yield from _look(element, owner, parts)
        if element.tag == "propertyDefinition":
            name = _text(element, "name")
            if name in names:
                yield "definitions-are-merged", element, owner, name
            names.add(name)
        elif element.tag == "view":
            yield from _lines(element, parts)
    yield from _folders(root)


def _owned(element: Xml, owner: Xml) -> Iterator[tuple[Xml, Xml]]:
    """Return all elements in one, but those in metadata, with the identified part they are in."""
    yield owner, element
    for child in element:
        if child.tag != "metadata" and not element.tag.startswith("{"):
            yield from _owned(child, child if "identifier" in child.attributes else owner)


def _lost(element: Xml, owner: Xml) -> Iterator[Loss]:
    attributes = element.attributes
    tag = element.tag
    if tag.startswith("{"):
        yield "foreign-element-is-lost", element, owner, tag
    elif tag == "view" and "viewpoint" in attributes:
        if not grammar().datatypes["viewpointName"].allows(attributes["viewpoint"]):
            yield "viewpoint-is-lost", element, owner, attributes["viewpoint"]
    elif tag == "viewpoint":
        yield "viewpoint-is-lost", element, owner, _text(element, "name")
    elif tag == "propertyDefinition":
        type = attributes.get("type", "string")
        if type != "string":
            yield "type-of-property-is-lost", element, owner, type
    elif tag == "relationship":
        if element.type() == "Access" and "accessType" not in attributes:
            yield "access-is-assumed", element, owner, "Access"
        direction = attributes.get("isDirected", "")
        if direction.strip(_SPACE) in _TRUE and direction != "true":
            yield "direction-is-lost", element, owner, f"isDirected={direction}"
    seen: set[str] = set()
    for child in element:
        if child.tag in _TEXTS and child.tag in seen:
            yield "second-language-is-lost", child, owner, child.text
        elif _is_one_line(child, element) and _JOINED.search(child.text.strip(_SPACE)):
            yield "lines-are-joined", child, owner, child.text
        seen.add(child.tag)


def _is_one_line(text: Xml, element: Xml) -> bool:
    """Tell whether Archi makes one line of a text in an element."""
    if text.tag == "label":
        return element.tag == "item" or element.type() == "Container"
    return text.tag in ("name", "value")


# ── Views ───────────────────────────────────────────────────────────────────────────────────────


def _look(element: Xml, owner: Xml, parts: Mapping[str, Xml]) -> Iterator[Loss]:
    """Return what is lost of a box or a line as it is drawn."""
    is_line = element.tag == "connection"
    is_note = element.type() == "Label"
    links = [child for child in element if child.tag == "viewRef"]
    for link in links[1 if is_note else 0 :]:
        yield "link-is-lost", link, owner, link.attributes.get("ref", "")
    concept = parts.get(drawn_concept(element))
    shown = "" if concept is None else _text(concept, "name")
    is_bare = is_line or concept is not None or (is_note and bool(links))
    for child in element:
        text = child.text.strip(_SPACE)
        if child.tag in ("label", "documentation") and text not in ("", shown):
            if is_bare or (is_note and child.tag == "documentation"):
                yield "text-of-a-view-is-lost", child, owner, text
        elif child.tag in ("sourceAttachment", "targetAttachment"):
            yield "look-is-lost", child, owner, f"<{child.tag}>"
        elif child.tag == "style":
            for part, what in _style(child, is_line):
                yield "look-is-lost", part, owner, what


def _style(style: Xml, is_line: bool) -> Iterator[tuple[Xml, str]]:
    width = style.attributes.get("lineWidth", "").strip(_SPACE)
    if width and not (is_line and width in _WIDTHS):
        yield style, f"lineWidth={width}"
    for part in style:
        if part.tag == "lineColor" and is_line and part.attributes.get("a", "100") != "100":
            yield part, f"a={part.attributes['a']}"
        elif part.tag == "font":
            if "underline" in part.attributes.get("style", ""):
                yield part, "underline"
            if part.attributes.get("size", "").endswith(".5"):
                yield part, f"size={part.attributes['size']}"


def _lines(view: Xml, parts: Mapping[str, Xml]) -> Iterator[Loss]:
    """Return which lines of a view are lost or added, or change what they stand for."""
    drawn = {part.attributes.get("identifier", ""): part for part in _drawn(view)}
    joined = set()
    for line in (part for part in drawn.values() if part.tag == "connection"):
        ends = ends_of(line)
        concepts = [drawn_concept(drawn.get(end)) for end in ends]
        relation = line.attributes.get("relationshipRef", "")
        if relation:
            joined.add((relation, *ends))
            part = parts.get(relation)
            if part is not None and all(concepts) and tuple(concepts) != ends_of(part):
                told = f"{' → '.join(concepts)}, not {' → '.join(ends_of(part))}"
                yield "line-joins-its-ends", line, line, told
        elif all(concepts) or any(end in drawn and drawn[end].tag == line.tag for end in ends):
            yield "line-is-lost", line, line, _text(line, "label")
    inside = {
        (drawn_concept(outer), drawn_concept(inner)): (outer, inner)
        for outer in drawn.values()
        for inner in outer
        if inner.tag == "node" and drawn_concept(outer) and drawn_concept(inner)
    }
    for identifier, part in parts.items() if inside else ():
        if part.tag == "relationship":
            there, back = ends_of(part), ends_of(part)[::-1]
            boxes = inside.get(there) or inside.get(back, ())[::-1]
            names = [box.attributes.get("identifier", "") for box in boxes]
            if boxes and (identifier, *names) not in joined:
                yield "nested-line-is-added", boxes[0], boxes[0], identifier


def _drawn(view: Xml) -> Iterator[Xml]:
    for child in view:
        if child.tag in ("node", "connection"):
            yield child
            yield from _drawn(child)


def ends_of(part: Xml) -> tuple[str, str]:
    """Return the identifiers of what a line or a relation joins, empty where one is not said."""
    return part.attributes.get("source", ""), part.attributes.get("target", "")


def drawn_concept(drawn: Xml | None) -> str:
    """Return the identifier of what a box or a line stands for; none where it is but drawn."""
    if drawn is None:
        return ""
    return drawn.attributes.get("elementRef") or drawn.attributes.get("relationshipRef") or ""


# ── Folders ─────────────────────────────────────────────────────────────────────────────────────


def _folders(root: Xml) -> Iterator[Loss]:
    trees = [child for child in root if child.tag == "organizations"]
    for tree in trees[1:]:
        yield "second-place-is-lost", tree, root, "<organizations>"
    placed: set[str] = set()
    for tree in trees[:1]:
        yield from _in_folder(tree, root, placed)


def _in_folder(folder: Xml, root: Xml, placed: set[str], is_archi: bool = False) -> Iterator[Loss]:
    names: set[str] = set()
    for item in (child for child in folder if child.tag == "item"):
        reference = item.attributes.get("identifierRef", "")
        is_folder = any(child.tag == "item" for child in item)
        name = _text(item, "label")
        if reference and not is_folder:
            if reference in placed:
                yield "second-place-is-lost", item, root, reference
            placed.add(reference)
            continue
        in_archi = is_archi or (folder.tag == "organizations" and name in FOLDERS.values())
        if name in names:
            yield "folders-are-merged", item, root, name
        elif not (in_archi or _holds(item)):
            yield "empty-folder-is-lost", item, root, name
        names.add(name)
        yield from _in_folder(item, root, placed, in_archi)


def _holds(folder: Xml) -> bool:
    """Tell whether something lies in a folder, or in one in it."""
    items = (child for child in folder if child.tag == "item")
    return any("identifierRef" in item.attributes or _holds(item) for item in items)


def _text(element: Xml, tag: str) -> str:
    found = element.first(tag)
    return "" if found is None else found.text
