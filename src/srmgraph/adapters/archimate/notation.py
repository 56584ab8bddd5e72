"""How statements stand in a model of ArchiMate: as named properties with a text each.

The name of a property says all but the text: `ex:since^^xsd:date`, `rdfs:label@de`, `ex:status`. A
thing stands as `<its IRI>`. The names are the contract: tools number definitions anew and join
those of one name.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterable, Mapping

import pyoxigraph
from rdflib import XSD, Literal, URIRef

from srmgraph.adapters.archimate import xml
from srmgraph.terms import Node, Statement, n_triples, to_rdflib

_OWN = "srmgraph:"
IRI = f"{_OWN}iri"
"""The thing that an element stands for."""
AS = f"{_OWN}as"
"""The IRI of what others drew, where it does not follow from its identifier."""
CLASS = f"{_OWN}class"
"""A class of that thing."""
PREDICATE = f"{_OWN}predicate"
"""The property of the statement for which a relationship, or an element between two, stands."""
STATEMENTS = f"{_OWN}statements"
"""Statements about the thing that no other property can hold, as N-Triples."""
PROFILE = f"{_OWN}profile"
"""Of a model: that it was written here, and how."""
PREFIX = f"{_OWN}prefix"
"""Of a model: what prefixes in names of properties stand for."""
BASE = f"{_OWN}base"
"""Of a model: how the IRIs of what others drew begin, where it does not follow from the model."""
LANGUAGE = f"{_OWN}language"
"""Of a model: the language of names that say none."""
VIEW = f"{_OWN}view"
"""Of a view: that it was drawn here, and a digest of what was drawn."""

PROFILE_1 = "1"

_LOCAL = re.compile(r"[A-Za-z_][\w.-]*")
_IRI = r"[A-Za-z][A-Za-z0-9+.-]*:[^<>\"{}|^`\\\x00-\x20]*"
_NAME = rf"<{_IRI}>|[\w.-]*:[\w.-]+"
_LANGUAGE = r"[A-Za-z]{1,8}(?:-[A-Za-z0-9]{1,8})*"
_PROPERTY = re.compile(
    rf"(?P<name>{_NAME})(?:@(?P<language>{_LANGUAGE})|\^\^(?P<datatype>{_NAME}))?"
)
_WHOLE = re.compile(_IRI)
_AS_IRI = re.compile(f"<{_IRI}>")
_TYPES = {
    XSD.boolean: "boolean",
    XSD.date: "date",
    XSD.time: "time",
    XSD.decimal: "number",
    XSD.integer: "number",
    XSD.nonNegativeInteger: "number",
}


class Notation:
    """Names for the properties of RDF, with the prefixes given; `used` holds those in use."""

    def __init__(self, prefixes: Mapping[str, str]) -> None:
        self._prefixes = dict(prefixes)
        self._longest = sorted(prefixes.items(), key=lambda item: (-len(item[1]), item[0]))
        self._names: dict[str, str] = {}
        self.used: dict[str, str] = {}

    def of(self, statement: Statement) -> tuple[str, str, str] | None:
        """Return name, type and text of the property that says a statement, if one can."""
        _, predicate, value = statement
        name = self.short(str(predicate))
        if isinstance(value, URIRef):
            return (name, "string", f"<{value}>") if iri(str(value)) else None
        if not isinstance(value, Literal) or not is_plain(str(value)):
            return None
        text = str(value)
        if value.language:
            return f"{name}@{value.language}", "string", text
        if value.datatype is None or value.datatype == XSD.string:
            return None if _AS_IRI.fullmatch(text) else (name, "string", text)
        kind = self.short(str(value.datatype))
        return f"{name}^^{kind}", _TYPES.get(value.datatype, "string"), text

    def short(self, iri: str) -> str:
        """Return an IRI with a prefix where one fits, else in angle brackets."""
        if iri not in self._names:
            self._names[iri] = f"<{iri}>"
            for prefix, namespace in self._longest:
                if iri.startswith(namespace) and _LOCAL.fullmatch(iri[len(namespace) :]):
                    self._names[iri] = f"{prefix}:{iri[len(namespace) :]}"
                    self.used[prefix] = namespace
                    break
        return self._names[iri]

    def is_name(self, name: str) -> bool:
        """Tell whether a property of that name says a statement."""
        found = _PROPERTY.fullmatch(name)
        return found is not None and self._long(found["name"]) is not None

    def read(self, name: str, text: str) -> tuple[URIRef, Node] | None:
        """Return the property and the value that a named text says, or None if it says none."""
        found = _PROPERTY.fullmatch(name)
        predicate = found and self._long(found["name"])
        if found is None or predicate is None:
            return None
        if found["language"]:
            return predicate, Literal(text, lang=found["language"])
        if found["datatype"]:
            datatype = self._long(found["datatype"])
            if datatype is None:
                return None
            with warnings.catch_warnings():
                # Whether a text is one of its datatype is for validation to tell.
                warnings.simplefilter("ignore")
                return predicate, Literal(text, datatype=datatype, normalize=False)
        if _AS_IRI.fullmatch(text):
            return predicate, URIRef(text[1:-1])
        return predicate, Literal(text)

    def _long(self, name: str) -> URIRef | None:
        if name.startswith("<"):
            return iri(name[1:-1])
        prefix, _, local = name.partition(":")
        namespace = self._prefixes.get(prefix)
        return None if namespace is None else iri(namespace + local)


def prefixes(texts: Iterable[str]) -> dict[str, str]:
    """Return what prefixes stand for, as texts say it: `ex: https://example.org/ x: …`."""
    words = [word for text in texts for word in text.split()]
    return {word.removesuffix(":"): of for word, of in zip(words[::2], words[1::2], strict=False)}


def iri(text: str) -> URIRef | None:
    """Return the IRI that a text is, or None for one that is none."""
    text = text.strip()
    return URIRef(text) if _WHOLE.fullmatch(text) else None


def is_plain(text: str) -> bool:
    """Tell whether a text survives as a property in any tool: on one line, without loose spaces."""
    return bool(text) and text == " ".join(text.split()) and xml.is_writable(text)


def plain(text: str) -> str:
    """Return a text on one line, without loose spaces and what XML cannot hold."""
    return " ".join(xml.writable(text).split())


def write_statements(statements: Iterable[Statement]) -> str:
    """Return statements as text on one line: N-Triples, which may be read as Turtle.

    Their order is that of the text.
    """
    lines = [" ".join(map(n_triples, statement)) + " ." for statement in statements]
    text = " ".join(sorted(lines))
    # Within terms, spaces and what XML cannot hold are written by number: tools join spaces.
    text = re.sub(r"(?<= ) | (?= )|[\t\x85\u2028\u2029\xa0]", _by_number, text)
    return "".join(c if xml.is_writable(c) else _escape(c) for c in text)


def read_statements(text: str) -> list[Statement]:
    """Return the statements of which `write_statements` made a text.

    Raises ValueError for what is none.
    """
    try:
        parsed = pyoxigraph.parse(text, format=pyoxigraph.RdfFormat.TURTLE)
        return [(to_rdflib(q.subject), to_rdflib(q.predicate), to_rdflib(q.object)) for q in parsed]
    except SyntaxError as error:
        raise ValueError(str(error)) from error


def _by_number(match: re.Match[str]) -> str:
    return _escape(match[0])


def _escape(character: str) -> str:
    return f"\\u{ord(character):04X}" if ord(character) < 0x10000 else f"\\U{ord(character):08X}"
