"""What Archi does to an exchange file that is brought in and written again.

As observed with Archi 5, and read in its source (XMLModelImporter): identifiers, repeated
properties, geometry and directions stay; of names, documentation and values one language stays and
is forgotten; definitions are numbered anew, and those of one name become one; white space in names,
labels of containers and values becomes single spaces; metadata, viewpoints and further folder trees
go, a tree of Archi's own folders comes.
"""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET

from srmgraph.adapters.archimate.language import EXCHANGE, FOLDER_OF, FOLDERS, XSI

SPACE = f"{{{EXCHANGE}}}"
TYPE = f"{{{XSI}}}type"
LANG = "{http://www.w3.org/XML/1998/namespace}lang"

ET.register_namespace("", EXCHANGE)
ET.register_namespace("xsi", XSI)


def through_archi(content: bytes) -> bytes:
    """Return an exchange file as Archi writes it after it has read it."""
    root = ET.fromstring(content)
    root.attrib.pop("version", None)
    _one_language(root)
    _definitions(root)
    _sections(root)
    for node in root.iter(f"{SPACE}node"):
        if node.find(f"{SPACE}style") is None:
            style = ET.Element(f"{SPACE}style")
            ET.SubElement(style, f"{SPACE}fillColor", r="255", g="255", b="181", a="100")
            ET.SubElement(ET.SubElement(style, f"{SPACE}font", name="Segoe UI", size="9"), "color")
            style[1].remove(style[1][0])
            texts = [c for c in node if c.tag in (f"{SPACE}label", f"{SPACE}documentation")]
            node.insert(len(texts), style)
    written: bytes = ET.tostring(root, encoding="utf-8", xml_declaration=True)
    return written


def _one_language(root: ET.Element) -> None:
    for parent in list(root.iter()):
        for tag in ("name", "label", "documentation", "value"):
            found = parent.findall(SPACE + tag)
            for other in found[1:]:
                parent.remove(other)
            for text in found[:1]:
                text.attrib.pop(LANG, None)
                is_note = parent.get(TYPE) == "Label"
                if tag != "documentation" and not is_note:
                    text.text = " ".join(re.split("[ \t\r\n]+", (text.text or "").strip(" \t\r\n")))


def _definitions(root: ET.Element) -> None:
    section = root.find(f"{SPACE}propertyDefinitions")
    if section is None:
        return
    numbers: dict[str, str] = {}
    new: dict[str, str] = {}
    for part in list(section):
        name = part.findtext(f"{SPACE}name") or ""
        old = str(part.get("identifier"))
        if name in numbers:
            section.remove(part)
        else:
            is_special = old == "specialization"
            numbers[name] = "specialization" if is_special else f"propid-{len(numbers) + 1}"
        new[old] = numbers[name]
        part.set("identifier", numbers[name])
        part.set("type", "string")
    for prop in root.iter(f"{SPACE}property"):
        prop.set("propertyDefinitionRef", new[str(prop.get("propertyDefinitionRef"))])


def _sections(root: ET.Element) -> None:
    for tag in ("metadata", "organizations"):
        for part in root.findall(SPACE + tag):
            root.remove(part)
    views = root.find(f"{SPACE}views")
    if views is not None:
        for part in views.findall(f"{SPACE}viewpoints"):
            views.remove(part)
    for view in root.iter(f"{SPACE}view"):
        view.attrib.pop("viewpoint", None)
    folders: dict[str, list[str]] = {}
    elements = root.find(f"{SPACE}elements")
    if elements is not None:
        order = list(FOLDER_OF)
        elements[:] = sorted(elements, key=lambda e: order.index(str(e.get(TYPE))))
    for tag, folder in (("element", ""), ("relationship", "relations"), ("view", "diagrams")):
        for part in root.iter(SPACE + tag):
            name = folder or FOLDER_OF[str(part.get(TYPE))]
            folders.setdefault(name, []).append(str(part.get("identifier")))
    if folders:
        tree = ET.Element(f"{SPACE}organizations")
        for name, members in folders.items():
            item = ET.SubElement(tree, f"{SPACE}item")
            ET.SubElement(item, f"{SPACE}label").text = FOLDERS[name]
            for member in members:
                ET.SubElement(item, f"{SPACE}item", identifierRef=member)
        last = root.find(f"{SPACE}relationships")
        last = last if last is not None else root.find(f"{SPACE}elements")
        root.insert(list(root).index(last) + 1 if last is not None else len(root), tree)
