"""RDF/XML, plain: one element for each thing, one for each statement.

Source: RDF 1.1 XML Syntax; Namespaces in XML 1.0.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from itertools import groupby
from xml.sax.saxutils import escape, quoteattr

import pyoxigraph
from rdflib import RDF, XSD

from srmgraph.errors import InputError

_LOCAL = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]*\Z")
_PREFIX = re.compile(r"(?![Xx][Mm][Ll])[A-Za-z][A-Za-z0-9_-]*")
# XML 1.0 has no way to write these, not even as numbers.
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def text(quads: Iterable[pyoxigraph.Quad], prefixes: Mapping[str, str]) -> str:
    """Return RDF/XML; `quads` in the order of their output, those of one subject together.

    Raises InputError for what RDF/XML cannot express: a property whose IRI does not end in a name,
    and a text with control characters.
    """
    names = _Names(prefixes)
    things = []
    for subject, statements in groupby(quads, key=lambda quad: quad.subject):
        lines = [_property(quad, names) for quad in statements]
        things.append(
            f"  <rdf:Description {_reference(subject, 'about')}>\n"
            + "".join(lines)
            + "  </rdf:Description>\n"
        )
    declared = "".join(
        f"\n    xmlns:{prefix}={quoteattr(iri)}" for prefix, iri in sorted(names.used.items())
    )
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f"<rdf:RDF{declared}>\n{''.join(things)}</rdf:RDF>\n"
    )


class _Names:
    """Prefixed names for properties; a namespace that has no prefix is given one."""

    def __init__(self, prefixes: Mapping[str, str]) -> None:
        known = {iri: p for p, iri in sorted(prefixes.items()) if _PREFIX.fullmatch(p)}
        self._known = {iri: prefix for iri, prefix in known.items() if prefix != "rdf"}
        self._known[str(RDF)] = "rdf"
        self.used = {"rdf": str(RDF)}

    def of(self, iri: str) -> str:
        found = _LOCAL.search(iri)
        # From the left, a name may begin at the first letter after what no name can hold.
        if found is None:
            raise InputError(
                f"RDF/XML cannot express the property <{iri}>, because it does not end in a name. "
                "Write another format."
            )
        namespace, local = iri[: found.start()], found[0]
        prefix = self._known.get(namespace)
        if prefix is None:
            taken = set(self._known.values())
            prefix = next(f"ns{n}" for n in range(1, len(taken) + 2) if f"ns{n}" not in taken)
            self._known[namespace] = prefix
        self.used[prefix] = namespace
        return f"{prefix}:{local}"


def _property(quad: pyoxigraph.Quad, names: _Names) -> str:
    name, value = names.of(quad.predicate.value), quad.object
    if not isinstance(value, pyoxigraph.Literal):
        return f"    <{name} {_reference(value, 'resource')}/>\n"
    if _NOT_XML.search(value.value):
        raise InputError(f"RDF/XML cannot express the text {value}: it has control characters.")
    attribute = ""
    if value.language is not None:
        attribute = f" xml:lang={quoteattr(value.language)}"
    elif value.datatype.value != str(XSD.string):
        attribute = f" rdf:datatype={quoteattr(value.datatype.value)}"
    # A reader of XML would turn a carriage return into a line feed.
    written = escape(value.value, {"\r": "&#13;"})
    return f"    <{name}{attribute}>{written}</{name}>\n"


def _reference(term: object, attribute: str) -> str:
    if isinstance(term, pyoxigraph.BlankNode):
        return f"rdf:nodeID={quoteattr(term.value)}"
    if isinstance(term, pyoxigraph.NamedNode):
        return f"rdf:{attribute}={quoteattr(term.value)}"
    raise InputError(f"{term} is a triple used as a term (RDF 1.2), which is not supported.")
