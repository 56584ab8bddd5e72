"""JSON-LD with the short names of the published context.

A value that a short name cannot express (text where the name takes IRIs, another datatype) stands
under the prefixed name of the property, where it says itself what it is.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from typing import Any

import pyoxigraph
from rdflib import RDF, XSD

from srmgraph import knowledge

_Term = pyoxigraph.NamedNode | pyoxigraph.BlankNode | pyoxigraph.Literal | pyoxigraph.Triple

_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*):")
_PREFIX_ENDS = tuple(":/?#[]@")
# Beyond these, readers of JSON that know only floating point lose digits.
_LARGEST = 2**53 - 1
_INTEGER = re.compile(r"0|-?[1-9][0-9]{0,15}")


def text(quads: Iterable[pyoxigraph.Quad], prefixes: Mapping[str, str]) -> str:
    """Return JSON-LD that refers to the published context; `quads` in the order of their output."""
    quads = list(quads)
    writer = _Writer(quads, prefixes)
    graphs: dict[str, dict[str, dict[str, Any]]] = {}
    for quad in quads:
        name = "" if isinstance(quad.graph_name, pyoxigraph.DefaultGraph) else str(quad.graph_name)
        nodes = graphs.setdefault(name, {})
        key = writer.identifier(quad.subject)
        writer.state(nodes.setdefault(key, {"id": key}), quad)
        if name:
            graphs.setdefault("", {})
    content = [_sorted(node) for node in graphs.pop("", {}).values()]
    for quad in quads:
        nodes = graphs.pop(str(quad.graph_name), {})
        if nodes:
            named = [_sorted(node) for node in nodes.values()]
            content.append({"id": writer.identifier(quad.graph_name), "@graph": named})
    context: list[Any] = [knowledge.context_iri()]
    if writer.used:
        context.append(dict(sorted(writer.used.items())))
    document = {"@context": context, "@graph": content}
    return json.dumps(document, ensure_ascii=False, indent=2) + "\n"


class _Writer:
    def __init__(self, quads: list[pyoxigraph.Quad], prefixes: Mapping[str, str]) -> None:
        entries = knowledge.context()["@context"]
        self.used: dict[str, Any] = {}
        self._shared = {
            name: namespace
            for name, definition in entries.items()
            if (namespace := _namespace(definition)) is not None
        }
        schemes = {
            found[1]
            for quad in quads
            for term in (quad.subject, quad.predicate, quad.object, quad.graph_name)
            if isinstance(term, pyoxigraph.NamedNode) and (found := _SCHEME.match(term.value))
        }
        # A prefix named like a scheme would take the IRIs of that scheme apart.
        self._usable = {p: iri for p, iri in self._shared.items() if p not in schemes}
        self.used.update(dict.fromkeys(self._shared.keys() & schemes))
        self._own = {
            prefix: namespace
            for prefix, namespace in prefixes.items()
            if prefix not in entries and prefix not in schemes and re.fullmatch(r"\w[\w-]*", prefix)
        }
        self._terms = {
            self._expand(definition if isinstance(definition, str) else definition["@id"]): (
                name,
                definition if isinstance(definition, dict) else {},
            )
            for name, definition in entries.items()
            if not name.startswith("@") and name not in self._shared and name not in ("id", "type")
        }

    def identifier(self, term: object) -> str:
        """Return how a thing is named as an `id`."""
        if isinstance(term, pyoxigraph.NamedNode):
            return self._short(term.value) or term.value
        return str(term)

    def state(self, node: dict[str, Any], quad: pyoxigraph.Quad) -> None:
        """Put a statement into the node of its subject."""
        iri, value = quad.predicate.value, quad.object
        if iri == str(RDF.type) and not isinstance(value, pyoxigraph.Literal):
            _append(node, "type", self._by_name(value))
            return
        name, definition = self._terms.get(iri, (None, {}))
        if name is not None and definition.get("@container") == "@language":
            if isinstance(value, pyoxigraph.Literal) and _is_text(value):
                _append(node.setdefault(name, {}), value.language or "@none", value.value)
                return
        elif name is not None:
            written = self._coerced(value, definition.get("@type"))
            if written is not None:
                _append(node, name, written)
                return
        _append(node, self._short(iri) or iri, self._plain(value))

    def _coerced(self, value: _Term, kind: str | None) -> Any:
        if kind is None:
            return self._plain(value)
        if kind in ("@id", "@vocab"):
            if isinstance(value, pyoxigraph.Literal):
                return None
            return self.identifier(value) if kind == "@id" else self._by_name(value)
        if not isinstance(value, pyoxigraph.Literal) or value.language is not None:
            return None
        if value.datatype.value != self._expand(kind):
            return None
        return _native(value)

    def _plain(self, value: _Term) -> Any:
        if not isinstance(value, pyoxigraph.Literal):
            return {"id": self.identifier(value)}
        if value.language is not None:
            return {"@value": value.value, "@language": value.language}
        if value.datatype.value == str(XSD.string):
            return value.value
        return {"@value": value.value, "@type": self._by_name(value.datatype)}

    def _by_name(self, term: _Term) -> str:
        if isinstance(term, pyoxigraph.NamedNode) and term.value in self._terms:
            name: str = self._terms[term.value][0]
            return name
        return self.identifier(term)

    def _short(self, iri: str) -> str | None:
        for prefixes in (self._usable, self._own):
            for prefix, namespace in prefixes.items():
                local = iri.removeprefix(namespace)
                if local != iri and local and not local.startswith("//"):
                    if prefixes is self._own:
                        ends = namespace.endswith(_PREFIX_ENDS)
                        self.used[prefix] = (
                            namespace if ends else {"@id": namespace, "@prefix": True}
                        )
                    return f"{prefix}:{local}"
        return None

    def _expand(self, name: str) -> str:
        prefix, colon, local = name.partition(":")
        return self._shared[prefix] + local if colon and prefix in self._shared else name


def _namespace(definition: Any) -> str | None:
    """Return the namespace, if an entry of the context defines a prefix."""
    if isinstance(definition, str):
        return definition if definition.endswith(_PREFIX_ENDS) else None
    if isinstance(definition, dict) and definition.get("@prefix"):
        return str(definition["@id"])
    return None


def _native(value: pyoxigraph.Literal) -> Any:
    lexical, datatype = value.value, value.datatype.value
    if datatype == str(XSD.boolean) and lexical in ("true", "false"):
        return lexical == "true"
    if _INTEGER.fullmatch(lexical) and abs(int(lexical)) <= _LARGEST:
        return int(lexical)
    return lexical


def _is_text(value: pyoxigraph.Literal) -> bool:
    return value.language is not None or value.datatype.value == str(XSD.string)


def _append(node: dict[str, Any], key: str, value: Any) -> None:
    if key not in node:
        node[key] = value
    elif isinstance(node[key], list):
        node[key].append(value)
    else:
        node[key] = [node[key], value]


def _sorted(node: dict[str, Any]) -> dict[str, Any]:
    order = {"id": 0, "type": 1, "label": 2}
    return {key: node[key] for key in sorted(node, key=lambda key: (order.get(key, 3), key))}
