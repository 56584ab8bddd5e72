"""A model of ArchiMate as RDF: all of it, so that the same model can be written again.

Elements are instances of the classes of https://purl.org/archimate#, and its properties join them;
what that vocabulary lacks (relations as things, views, folders, order) has names in a namespace of
the project. A property of an element that somebody defined in a tool is a property in RDF.
"""

from __future__ import annotations

import re
import uuid
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from urllib.parse import quote, unquote

from rdflib import RDF, RDFS, XSD, Literal, Namespace, URIRef

from srmgraph.adapters.archimate import xml
from srmgraph.adapters.archimate.mapping import AM
from srmgraph.adapters.archimate.model import Model, Part, Property, Text, minted
from srmgraph.adapters.archimate.texts import is_language
from srmgraph.terms import Node, Statement

ARCHIMATE = Namespace("https://purl.org/archimate#")

REFERENCES = {
    *("source", "target", "elementRef", "relationshipRef", "identifierRef"),
    *("conceptRef", "viewRef", "viewpointRef", "nodeRef", "connectionRef"),
}
"""The attributes whose value is the identifier of another part."""

# A look-up in a namespace costs more than all else that is done with a statement.
_TYPE, _LABEL, _COMMENT, _IDENTIFIER = RDF.type, RDFS.label, RDFS.comment, ARCHIMATE.identifier
_CONTAINS = AM.contains
_POSITION = AM.position
_BASE = AM.base
_HAS_PROPERTY = AM.hasProperty
_DEFINITION = AM.definition
_VALUE = AM.value
_CONTENT = AM.content
_ATTRIBUTE = AM.attribute
_FIRST_LANGUAGE = AM.firstLanguage
_RELATION = AM.relation
_KIND = AM.kind
_SOURCE = AM.source
_TARGET = AM.target
_ELEMENT = AM.Element
_KINDS = {
    "model": AM.Model,
    "relationship": AM.Relationship,
    "definition": AM.PropertyDefinition,
    "view": AM.Diagram,
    "node": AM.ViewNode,
    "connection": AM.ViewConnection,
    "organizations": AM.Organization,
    "item": AM.OrganizationItem,
    "sourceAttachment": AM.SourceAttachment,
    "bendpoint": AM.Bendpoint,
    "targetAttachment": AM.TargetAttachment,
}
_KIND_OF: dict[Node, str] = {iri: kind for kind, iri in _KINDS.items()}
_RESERVED = {
    *("identifier", "kind", "content", "contains", "position", "base"),
    *("hasProperty", "definition", "value", "attribute", "firstLanguage", "relation"),
}
_SPACE = str(AM)
_NAME = re.compile(r"[A-Za-z_][\w.-]*")
_INTEGER = re.compile(r"0|-?[1-9][0-9]{0,8}")


class Writer:
    """Turns parts into statements.

    `iri_of` gives the IRI of the part with an identifier. What RDF cannot hold is told to `report`,
    with the part and a sentence.
    """

    def __init__(
        self,
        iri_of: Callable[[str], URIRef],
        base: str,
        report: Callable[[Part, str], None],
    ) -> None:
        self._iri_of = iri_of
        self._base = base
        self._report = report
        self.statements: list[Statement] = []

    def header(self, part: Part) -> URIRef:
        """Add what is said of the model as a whole; return its IRI."""
        iri = self.add(part, URIRef(f"{self._base}model"))
        self.statements.append((iri, _BASE, Literal(self._base)))
        return iri

    def organization(self, part: Part, index: int) -> None:
        """Add a tree of folders."""
        iri = URIRef(f"{self._base}organization-{index + 1}")
        self.add(part, iri)
        self.statements.append((iri, _POSITION, Literal(index)))

    def add(self, part: Part, iri: URIRef | None = None) -> URIRef:
        """Add a part and all parts in it; return its IRI."""
        node = self._iri_of(part.identifier) if part.identifier else iri
        assert node is not None, "a part without identifier gets its IRI from what it lies in"
        self._say(node, _TYPE, self._kind(part))
        if part.kind == "relationship":
            self._relation(node, part)
        elif part.kind != "element" and part.type:
            self._say(node, _KIND, Literal(part.type))
        if part.identifier:
            self._say(node, _IDENTIFIER, Literal(part.identifier))
        self._texts(node, part, _LABEL, part.names)
        self._texts(node, part, _COMMENT, part.documentation)
        self._first_language(node, part.names)
        for name, value in part.attributes.items():
            self._attribute(node, name, value)
        if part.fragments:
            self._say(node, _CONTENT, Literal("".join(part.fragments)))
        self.properties(node, part, part.properties)
        for index, inner in enumerate(part.parts):
            own = None if inner.identifier else URIRef(f"{node}/{inner.kind}-{index + 1}")
            child = self.add(inner, own)
            self._say(node, _CONTAINS, child)
            self._say(child, _POSITION, Literal(index))
        return node

    def properties(self, node: URIRef, part: Part, properties: list[Property]) -> None:
        """Add properties of a part, which may be one that is not kept itself."""
        single = Counter((p.definition, *p.values) for p in properties if len(p.values) == 1)
        odd = []
        for prop in properties:
            if single[prop.definition, *prop.values] == 1:
                definition = self._iri_of(prop.definition)
                self._say(node, definition, self._literal(part, prop.values[0]))
            else:
                odd.append(prop)
        odd.sort(key=lambda prop: (prop.definition, prop.values))
        for index, prop in enumerate(odd):
            # One RDF statement could not say that it stands there twice, or what belongs together.
            own = URIRef(f"{node}/property-{index + 1}")
            self._say(node, _HAS_PROPERTY, own)
            self._say(own, _DEFINITION, self._iri_of(prop.definition))
            self._texts(own, part, _VALUE, prop.values)
            self._first_language(own, prop.values)

    def _first_language(self, node: URIRef, texts: list[Text]) -> None:
        # Tools that keep one language keep the first.
        if len(texts) > 1 and texts[0] != min(texts):
            self._say(node, _FIRST_LANGUAGE, Literal(texts[0][0]))

    def _say(self, subject: URIRef, name: URIRef, value: Node) -> None:
        self.statements.append((subject, name, value))

    def _kind(self, part: Part) -> URIRef:
        if part.kind != "element":
            return _KINDS[part.kind]
        return ARCHIMATE[quote(part.type)] if part.type else _ELEMENT

    def _relation(self, node: URIRef, part: Part) -> None:
        name = ARCHIMATE[quote(part.type[:1].lower() + part.type[1:])]
        self._say(node, _RELATION, name)
        ends = (self._iri_of(part.attributes[end]) for end in ("source", "target"))
        source, target = ends
        self._say(source, name, target)

    def _attribute(self, node: URIRef, name: str, value: str) -> None:
        if name in REFERENCES and value:
            self._say(node, _attribute(name), self._iri_of(value))
        elif name in _RESERVED or not _NAME.fullmatch(name):
            self._say(node, _ATTRIBUTE, Literal(f"{name}={value}"))
        else:
            number = _INTEGER.fullmatch(value)
            self._say(node, _attribute(name), Literal(int(value)) if number else Literal(value))

    def _texts(self, node: URIRef, part: Part, name: URIRef, texts: list[Text]) -> None:
        if len(set(texts)) < len(texts):
            self._report(part, "It has the same text twice in one language; it is kept once.")
        for text in texts:
            self._say(node, name, self._literal(part, text))

    def _literal(self, part: Part, value: Text) -> Literal:
        language, text = value
        if not is_language(language):
            self._report(part, f"“{language}” is no language; the text is kept without it.")
            language = ""
        return Literal(text, lang=language or None)


@cache
def _attribute(name: str) -> URIRef:
    return AM[name]


def local_iri(base: str, identifier: str) -> URIRef:
    """Return the IRI of a part that has none of its own."""
    return URIRef(base + quote(identifier, safe=""))


def default_base(header: Part) -> str:
    """Return how the IRIs begin of parts of a model that says nothing of IRIs.

    The identifier alone does where it has been drawn by chance; “model-1” means something only
    together with the name.
    """
    seed = header.identifier
    if not re.search(r"[0-9a-fA-F]{8}", seed):
        seed = f"{seed} {header.name}"
    return f"urn:uuid:{uuid.uuid5(uuid.NAMESPACE_OID, seed)}#"


class Reader:
    """Finds the models of ArchiMate among statements.

    After `read`, `consumed` holds the statements of which the model is made, and `identifiers` the
    identifier in the model of each thing in it.
    """

    def __init__(self, statements: Iterable[Statement]) -> None:
        self._about: dict[Node, dict[Node, list[Node]]] = {}
        for subject, name, value in statements:
            self._about.setdefault(subject, {}).setdefault(name, []).append(value)
        for about in self._about.values():
            for values in about.values():
                if len(values) > 1:
                    # Sets have no order of their own, and the same graph must give the same file.
                    values.sort(key=_in_order)
        self.consumed: set[Statement] = set()
        self.identifiers: dict[Node, str] = {}
        self._kinds: dict[Node, str] = {}
        self._bases: list[str] = []
        self._defining: set[Node] = set()

    def read(self) -> Model:
        """Return what is kept as RDF as one model."""
        model = Model()
        tops = self._find()
        for node in tops:
            kind = self._kinds[node]
            if kind == "model":
                model.header = self._part(node)
                model.header.attributes.pop("base", None)
            elif kind == "element":
                model.elements.append(self._part(node))
            elif kind == "relationship":
                part = self._part(node)
                # What it joined may have been removed from the graph.
                if {"source", "target"} <= part.attributes.keys():
                    model.relationships.append(part)
            elif kind == "definition":
                model.definitions.append(self._part(node))
            elif kind == "view":
                model.views.append(self._part(node))
            elif kind == "organizations":
                model.organizations.append(self._part(node))
        return model

    @property
    def base(self) -> str:
        """How the IRIs of parts begin that follow from their identifiers, or nothing."""
        return self._bases[0] if self._bases else ""

    def properties_of(self, node: Node) -> list[Property]:
        """Return the properties, defined in a tool, of a thing that is not kept itself."""
        return self._properties(node)

    def identifier(self, node: Node) -> str:
        """Return the identifier of what a reference points to, even if it is not there."""
        if node in self.identifiers:
            return self.identifiers[node]
        for base in self._bases:
            if str(node).startswith(base):
                return unquote(str(node).removeprefix(base))
        # That of the element which stands for the thing, if one does.
        return minted(str(node))

    def _find(self) -> list[Node]:
        inner: set[Node] = set()
        for node, about in self._about.items():
            kind = next((_kind_of(cls) for cls in about.get(_TYPE, ()) if _kind_of(cls)), None)
            if kind and isinstance(node, URIRef):
                self._kinds[node] = kind
                inner.update(about.get(_CONTAINS, ()))
        headers = [node for node in sorted(self._kinds, key=str) if self._kinds[node] == "model"]
        for node in headers:
            self._bases += [str(base) for base in self._about[node].get(_BASE, ())]
        self._defining = {node for node, kind in self._kinds.items() if kind == "definition"}
        for node in headers[1:]:
            del self._kinds[node]
        taken: set[str] = set()
        for node in sorted(self._kinds, key=str):
            own = [str(value) for value in self._about[node].get(_IDENTIFIER, ())]
            free = next((name for name in sorted(own) if name not in taken), None)
            if own or self._kinds[node] in ("element", "relationship", "definition", "view"):
                self.identifiers[node] = free or minted(str(node))
                taken.add(self.identifiers[node])
        return sorted(
            (node for node in self._kinds if node not in inner),
            key=lambda node: (self._position(node), self.identifiers.get(node, str(node))),
        )

    def _position(self, node: Node) -> int:
        for value in self._about[node].get(_POSITION, ()):
            if _INTEGER.fullmatch(str(value)):
                return int(str(value))
        return 0

    def _take(self, node: Node, name: URIRef) -> list[Node]:
        values = self._about.get(node, {}).get(name, [])
        self.consumed.update((node, name, value) for value in values)
        return values

    def _take_texts(self, node: Node, name: URIRef) -> list[Text]:
        # Values of other datatypes are facts like any other: as a text they would lose their type.
        values = [value for value in self._about.get(node, {}).get(name, []) if _is_text(value)]
        self.consumed.update((node, name, value) for value in values)
        return _texts(values)

    def _part(self, node: Node) -> Part:
        about = self._about[node]
        kind = self._kinds[node]
        part = Part(kind, self.identifiers.get(node, ""))
        for cls in about.get(_TYPE, ()):
            if _kind_of(cls) == kind:
                self.consumed.add((node, _TYPE, cls))
                if kind == "element" and cls != _ELEMENT:
                    part.type = unquote(str(cls).removeprefix(ARCHIMATE))
        self._take(node, _IDENTIFIER)
        self._take(node, _POSITION)
        self._take(node, _BASE)
        part.type = next((str(value) for value in self._take(node, _KIND)), part.type)
        part.names = self._ordered(node, self._take_texts(node, _LABEL))
        part.documentation = self._take_texts(node, _COMMENT)
        for value in self._take(node, _CONTENT):
            part.fragments += map(xml.fragment, xml.parse_fragments(str(value)))
        for name in sorted(name for name in map(str, about) if name.startswith(_SPACE)):
            part.attributes |= self._attributes(node, URIRef(name))
        if kind == "relationship":
            self._relation(node, part)
        part.properties = self._properties(node)
        children = sorted(
            (child for child in self._take(node, _CONTAINS) if child in self._kinds),
            key=lambda child: (self._position(child), str(child)),
        )
        part.parts = [self._part(child) for child in children]
        return part

    def _ordered(self, node: Node, texts: list[Text]) -> list[Text]:
        for first in self._take(node, _FIRST_LANGUAGE):
            texts.sort(key=lambda text: text[0] != str(first))
        return texts

    def _attributes(self, node: Node, name: URIRef) -> Iterator[tuple[str, str]]:
        local = name.removeprefix(AM)
        if name == _ATTRIBUTE:
            for value in self._take(node, name):
                key, _, text = str(value).partition("=")
                yield key, text
        elif local not in _RESERVED:
            for value in self._take(node, name)[:1]:
                if isinstance(value, Literal):
                    yield local, str(value)
                else:
                    yield local, self.identifier(value)

    def _relation(self, node: Node, part: Part) -> None:
        for name in self._take(node, _RELATION):
            local = unquote(str(name).removeprefix(ARCHIMATE))
            part.type = local[:1].upper() + local[1:]
            for source in self._about[node].get(_SOURCE, ()):
                for target in self._about[node].get(_TARGET, ()):
                    self.consumed.add((source, name, target))

    def _properties(self, node: Node) -> list[Property]:
        found: list[Property] = []
        about = self._about.get(node, {})
        for own in self._take(node, _HAS_PROPERTY):
            definition = next(iter(self._take(own, _DEFINITION)), own)
            values = self._ordered(own, _texts(self._take(own, _VALUE)))
            found.append(Property(self._defined(definition), values))
        for name in sorted((n for n in about if n in self._defining), key=str):
            if isinstance(name, URIRef):
                for value in sorted((v for v in about[name] if isinstance(v, Literal)), key=_order):
                    self.consumed.add((node, name, value))
                    found.append(Property(self._defined(name), _texts([value])))
        return sorted(found, key=lambda prop: (prop.definition, prop.values))

    def _defined(self, definition: Node) -> str:
        return self.identifier(definition)


def _kind_of(cls: Node) -> str | None:
    if isinstance(cls, URIRef) and (cls.startswith(ARCHIMATE) or cls == _ELEMENT):
        return "element"
    return _KIND_OF.get(cls)


def _is_text(value: Node) -> bool:
    return isinstance(value, Literal) and value.datatype in (None, XSD.string, RDF.langString)


def _in_order(value: Node) -> tuple[str, str]:
    return str(value), value.language or "" if isinstance(value, Literal) else ""


def _order(value: Literal) -> tuple[str, str]:
    return value.language or "", str(value)


def _texts(values: Iterable[Node]) -> list[Text]:
    return sorted(_order(value) for value in values if isinstance(value, Literal))
