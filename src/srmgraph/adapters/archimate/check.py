"""What Archi would refuse in a model, and what it would change without a word.

The rules and the form of the format are data; see `grammar`. An exchange file is looked at as Archi
imports it; in a file of Archi's own, identifiers, references, types and relations are looked at.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from rdflib import URIRef

from srmgraph.adapters.archimate import kept, package, xml
from srmgraph.adapters.archimate.grammar import KNOWN, OTHER, Content, Datatype, grammar, relations
from srmgraph.adapters.archimate.language import EXCHANGE, FOLDER_OF, NATIVE, RELATIONS, XML, XSI
from srmgraph.adapters.archimate.losses import drawn_concept, ends_of, losses
from srmgraph.adapters.archimate.model import Part
from srmgraph.adapters.archimate.xml import Xml
from srmgraph.errors import ParseError
from srmgraph.syntax import read_bytes

_TYPE, _LANG = f"{{{XSI}}}type", f"{{{XML}}}lang"
_REFERENCES = (
    *("source", "target", "archimateElement", "archimateRelationship", "model"),
    *("profiles", "targetConnections"),
)
_NEEDED = {
    "DiagramObject": ("archimateElement",),
    "Connection": ("archimateRelationship", "source", "target"),
    **{f"{name}Relationship": ("source", "target") for name in RELATIONS},
}
"""What Archi's own ModelChecker misses in its files, by type."""


@dataclass(frozen=True, slots=True, order=True)
class Fault:
    """Something that a rule found, in a line of a file.

    `thing` is the IRI of the part in which it is, and `name` what people call that part, or empty;
    `value` is what is wrong.
    """

    line: int
    check: str
    thing: URIRef
    name: str
    value: str


def check(file: Path) -> list[Fault]:
    """Return what the rules find in a file, in the order of its lines.

    Raises MissingFileError; a file that is no model is itself a fault.
    """
    return check_content(read_bytes(file), file)


def check_content(content: bytes, file: Path | None = None) -> list[Fault]:
    """Return what the rules find in the bytes of a file, in the order of its lines."""
    try:
        space, root = xml.parse(package.xml_in(content, file)[1], file)
        if space not in (EXCHANGE, NATIVE) or root.tag != "model":
            raise ParseError(f"This is no model of ArchiMate: its root is <{root.tag}>.", line=1)
    except ParseError as error:
        thing = URIRef("urn:uuid:00000000-0000-0000-0000-000000000000")
        name = "" if file is None else file.name
        return [Fault(error.line or 1, "file-is-a-model", thing, name, error.message)]
    checker = _Exchange(root) if space == EXCHANGE else _Native(root)
    return sorted(set(checker.run()))


class _Checker:
    """What both formats have: parts with identifiers, to which references are bound."""

    identifier: str

    def __init__(self, root: Xml) -> None:
        self._root = root
        self._faults: list[Fault] = []
        self._base = kept.default_base(
            Part("model", root.attributes.get(self.identifier, ""), names=[("", self._name(root))])
        )
        self._parts: dict[str, Xml] = {}

    def run(self) -> list[Fault]:
        """Return all faults."""
        raise NotImplementedError

    def _name(self, element: Xml) -> str:
        raise NotImplementedError

    def _fault(self, check: str, element: Xml, owner: Xml, value: str) -> None:
        local = "model" if owner is self._root else owner.attributes.get(self.identifier, "")
        thing = kept.local_iri(self._base, local)
        self._faults.append(Fault(element.line, check, thing, self._name(owner), value))

    def _identify(self, element: Xml) -> None:
        name = element.attributes[self.identifier].strip()
        if name in self._parts:
            self._fault("identifier-is-unique", element, element, name)
        self._parts.setdefault(name, element)

    def _relation(self, element: Xml, type: str, ends: tuple[str, str]) -> None:
        """Check whether ArchiMate allows a relation between elements of these types."""
        if not relations().allows(type, *ends):
            self._fault("relation-is-allowed", element, element, f"{type}: {ends[0]} → {ends[1]}")


class _Exchange(_Checker):
    identifier = "identifier"

    def __init__(self, root: Xml) -> None:
        super().__init__(root)
        self._references: list[tuple[Xml, Xml, str, Datatype, dict[str, Xml]]] = []
        self._drawn: dict[str, Xml] = {}
        self._grammar = grammar()

    def run(self) -> list[Fault]:
        if self._root.first("elements") is None:
            self._fault("model-has-elements", self._root, self._root, "<elements>")
        self._walk(self._root, self._root)
        for element, owner, value, datatype, drawn in self._references:
            is_end = "node" in datatype.among
            found = (drawn if is_end else self._parts).get(value)
            if found is None or not datatype.among & {found.tag, "*"}:
                self._fault("reference-is-bound", element, owner, value)
            elif is_end and drawn_concept(element) and not drawn_concept(found):
                self._fault("line-ends-at-an-element", element, owner, value)
        for element in self._parts.values():
            if element.type() == "Line":
                for end in ("source", "target"):
                    if end not in element.attributes:
                        self._fault("line-has-two-ends", element, element, end)
            if element.tag == "relationship":
                ends = [
                    self._parts.get(element.attributes.get(end, "").strip())
                    for end in ("source", "target")
                ]
                types = [end.type() for end in ends if end is not None]
                if len(types) == 2 and {element.type(), *types} <= KNOWN:
                    self._relation(element, element.type(), (types[0], types[1]))
        for check, element, owner, value in losses(self._root, self._parts):
            self._fault(check, element, owner, value)
        return self._faults

    def _name(self, element: Xml) -> str:
        found = element.first("name") or element.first("label")
        return "" if found is None else found.text

    def _walk(self, element: Xml, owner: Xml) -> None:
        tag = element.tag
        if "identifier" in element.attributes and tag in self._grammar.tags:
            owner = element
            self._identify(element)
        if tag == "view":
            self._drawn = {}
        elif tag in ("node", "connection"):
            self._drawn[element.attributes.get("identifier", "").strip()] = element
        content = self._content(element, owner)
        if content is not None:
            self._attributes(element, owner, content)
            self._children(element, owner, content)
        for child in element:
            if child.tag in self._grammar.tags:
                self._walk(child, owner)

    def _content(self, element: Xml, owner: Xml) -> Content | None:
        told = element.attributes.get(_TYPE, "")
        if told != told.strip():
            self._fault("value-is-plain", element, owner, f"xsi:type={told}")
        told = told.strip()
        if ":" in told:
            self._fault("type-has-no-prefix", element, owner, told)
        is_typed = self._grammar.is_typed(element.tag)
        if told and not is_typed:
            self._fault("attribute-is-known", element, owner, f"xsi:type={told}")
        type = element.type() if is_typed else ""
        content = self._grammar.content(element.tag, type)
        if content is None:
            self._fault("type-is-known", element, owner, told or f"<{element.tag}>")
        return content

    def _attributes(self, element: Xml, owner: Xml, content: Content) -> None:
        for name, (_, is_needed) in content.attributes.items():
            if is_needed and name not in element.attributes:
                self._fault("attribute-is-there", element, owner, name)
        for name, value in element.attributes.items():
            key = "xml:lang" if name == _LANG else name
            if key in content.attributes:
                self._value(element, owner, name, value, content.attributes[key][0])
            elif name.startswith(f"{{{XML}}}") and content.allows_xml:
                if name == _LANG:
                    self._value(element, owner, name, value, self._grammar.datatypes["language"])
            elif not name.startswith(f"{{{XSI}}}"):
                self._fault("attribute-is-known", element, owner, name)

    def _value(self, element: Xml, owner: Xml, name: str, value: str, kind: Datatype) -> None:
        if kind.among:
            self._references.append((element, owner, value.strip(), kind, self._drawn))
        elif not kind.allows(value):
            is_name = kind is self._grammar.datatypes["id"]
            check = "identifier-is-a-name" if is_name else "value-is-legal"
            said = value if name == "identifier" else f"{name}={value}"
            self._fault(check, element, owner, said)
            return
        if kind.as_read is not None and not kind.as_read.fullmatch(value):
            self._fault("value-is-plain", element, owner, f"{name}={value}")

    def _children(self, element: Xml, owner: Xml, content: Content) -> None:
        words = element.text.strip()
        if content.text is None and (words or (element.text and content.is_empty)):
            self._fault("part-is-known", element, owner, words)
        elif content.text is not None and not content.text.allows(element.text):
            self._fault("value-is-legal", element, owner, words)
        tries = [[*_misplaced(element, items, content)] for items in content.sequences]
        for check, child, value in min(tries, key=len):
            self._fault(check, child, owner, value)


def _misplaced(
    element: Xml, items: tuple[tuple[str, int, int | None], ...], content: Content
) -> Iterator[tuple[str, Xml, str]]:
    """Return what does not follow a sequence: the rule, where, and the tag."""
    order = {tag: place for place, (tag, _, _) in enumerate(items)}
    counts = dict.fromkeys(order, 0)
    place = 0
    for child in element:
        tag = OTHER if child.tag.startswith("{") else child.tag
        shown = f"<{child.tag}>"
        if tag not in order:
            yield "part-is-known", child, shown
            continue
        most = items[order[tag]][2]
        if most is not None and counts[tag] >= most:
            yield "part-is-there-once", child, shown
        elif order[tag] < place and not content.any_order:
            yield "part-is-in-its-place", child, shown
        else:
            place = order[tag]
        counts[tag] += 1
    for tag, least, _ in items:
        if counts[tag] < least:
            yield "part-is-there", element, f"<{tag}>"


class _Native(_Checker):
    identifier = "id"

    def run(self) -> list[Fault]:
        elements = [*_all(self._root)]
        for element in elements:
            if "id" in element.attributes:
                self._identify(element)
            elif element.tag in ("element", "child", "sourceConnection"):
                self._fault("attribute-is-there", element, element, "id")
            for name in _NEEDED.get(element.type(), ()):
                if name not in element.attributes:
                    self._fault("attribute-is-there", element, element, name)
        for element in elements:
            for name in _REFERENCES:
                for value in element.attributes.get(name, "").split():
                    if value not in self._parts:
                        self._fault("reference-is-bound", element, element, value)
        for element in elements:
            if element.tag == "element":
                self._concept(element)
            elif element.type() == "Connection" and element.tag == "sourceConnection":
                self._line(element)
        return self._faults

    def _name(self, element: Xml) -> str:
        return element.attributes.get("name", "")

    def _line(self, line: Xml) -> None:
        """Check that a line joins what its relation joins."""
        relation = self._parts.get(line.attributes.get("archimateRelationship", ""))
        drawn = [self._parts.get(end) for end in ends_of(line)]
        joined = [
            end.attributes.get("archimateElement") or end.attributes.get("archimateRelationship")
            for end in drawn
            if end is not None
        ]
        if relation is not None and len(joined) == 2 and joined != [*ends_of(relation)]:
            told = f"{joined[0]} → {joined[1]}, not {' → '.join(ends_of(relation))}"
            self._fault("line-joins-its-ends", line, line, told)

    def _concept(self, element: Xml) -> None:
        type = element.type()
        for name in element.attributes.get("profiles", "").split():
            profile = self._parts.get(name)
            if profile is not None and profile.attributes.get("conceptType") != type:
                self._fault("specialization-fits", element, element, self._name(profile))
        relation = type.removesuffix("Relationship")
        if relation in RELATIONS:
            ends = [
                self._parts.get(element.attributes.get(end, "")) for end in ("source", "target")
            ]
            types = [_type(end) for end in ends if end is not None]
            if len(types) == 2 and {*types} <= KNOWN:
                self._relation(element, relation, (types[0], types[1]))
        elif type not in (*FOLDER_OF, "Junction") and not type.endswith("Model"):
            self._fault("type-is-known", element, element, type)


def _type(element: Xml) -> str:
    type = element.type()
    return "AndJunction" if type == "Junction" else type.removesuffix("Relationship")


def _all(element: Xml) -> Iterator[Xml]:
    yield element
    for child in element:
        yield from _all(child)
