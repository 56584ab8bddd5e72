"""Turtle and TriG as people write them: one block for each thing, its types first.

Source: RDF 1.1 Turtle, RDF 1.1 TriG.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping

import pyoxigraph
from rdflib import RDF, XSD

_Term = pyoxigraph.NamedNode | pyoxigraph.BlankNode | pyoxigraph.Literal | pyoxigraph.Triple
_Statements = dict[_Term, dict[str, list[_Term]]]

# A part of what Turtle allows, which no reader gets wrong.
_LOCAL = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*(?:\.[A-Za-z0-9_-]+)*")
_PREFIX = re.compile(r"[A-Za-z][A-Za-z0-9_-]*")
_PLAIN = {
    str(XSD.integer): re.compile(r"[+-]?[0-9]+"),
    str(XSD.decimal): re.compile(r"[+-]?[0-9]+\.[0-9]+"),
    str(XSD.boolean): re.compile(r"true|false"),
}


def text(quads: Iterable[pyoxigraph.Quad], prefixes: Mapping[str, str]) -> str:
    """Return Turtle, or TriG when there are named graphs; `quads` in the order of their output."""
    graphs: dict[_Term | pyoxigraph.DefaultGraph, _Statements] = {}
    for quad in quads:
        things = graphs.setdefault(quad.graph_name, {})
        values = things.setdefault(quad.subject, {}).setdefault(quad.predicate.value, [])
        values.append(quad.object)
    writer = _Writer(graphs, prefixes)
    default = graphs.pop(pyoxigraph.DefaultGraph(), {})
    blocks = writer.blocks(default, "")
    for name, things in graphs.items():
        inner = "\n\n".join(writer.blocks(things, "    "))
        blocks.append(f"{writer.term(name)} {{\n{inner}\n}}")
    head = [f"@prefix {prefix}: <{prefixes[prefix]}> .\n" for prefix in sorted(writer.used)]
    return "\n".join(part for part in ("".join(head), "\n\n".join(blocks) + "\n") if part.strip())


class _Writer:
    def __init__(
        self,
        graphs: Mapping[_Term | pyoxigraph.DefaultGraph, _Statements],
        prefixes: Mapping[str, str],
    ) -> None:
        self.used: set[str] = set()
        self._prefixes = [(p, iri) for p, iri in sorted(prefixes.items()) if _PREFIX.fullmatch(p)]
        self._inlined = _inlined(graphs)

    def blocks(self, things: _Statements, indent: str) -> list[str]:
        self._things = things
        # Named things first: people look for them by name.
        order = sorted(things, key=lambda term: (isinstance(term, pyoxigraph.BlankNode), str(term)))
        return [
            f"{indent}{self.term(thing)}\n{self._properties(things[thing], indent + '    ')} ."
            for thing in order
            if thing not in self._inlined
        ]

    def _properties(self, properties: dict[str, list[_Term]], indent: str) -> str:
        lines = []
        for name in sorted(properties, key=lambda name: (name != str(RDF.type), name)):
            written = "a" if name == str(RDF.type) else self.term(pyoxigraph.NamedNode(name))
            values = " , ".join(sorted(self._value(value, indent) for value in properties[name]))
            lines.append(f"{indent}{written} {values}")
        return " ;\n".join(lines)

    def _value(self, value: _Term, indent: str) -> str:
        if value not in self._inlined:
            return self.term(value)
        inner = self._properties(self._things[value], indent + "    ")
        return f"[\n{inner}\n{indent}]"

    def term(self, term: _Term | pyoxigraph.DefaultGraph) -> str:
        if isinstance(term, pyoxigraph.NamedNode):
            return self._name(term)
        if isinstance(term, pyoxigraph.Literal):
            plain = _PLAIN.get(term.datatype.value)
            if plain and plain.fullmatch(term.value):
                return term.value
            if term.language is None and term.datatype.value != str(XSD.string):
                quoted = str(pyoxigraph.Literal(term.value))
                return f"{quoted}^^{self._name(term.datatype)}"
        return str(term)

    def _name(self, node: pyoxigraph.NamedNode) -> str:
        for prefix, namespace in self._prefixes:
            local = node.value.removeprefix(namespace)
            if node.value.startswith(namespace) and _LOCAL.fullmatch(local):
                self.used.add(prefix)
                return f"{prefix}:{local}"
        return str(node)


def _inlined(
    graphs: Mapping[_Term | pyoxigraph.DefaultGraph, _Statements],
) -> set[_Term | pyoxigraph.DefaultGraph]:
    """Return the blank nodes that can stand in brackets where they are mentioned, once for all."""
    mentions: Counter[_Term] = Counter()
    homes: dict[_Term, set[object]] = defaultdict(set)
    owner: dict[_Term, _Term] = {}
    for graph, things in graphs.items():
        for thing, properties in things.items():
            homes[thing].add(graph)
            for values in properties.values():
                for value in values:
                    mentions[value] += 1
                    homes[value].add(graph)
                    owner[value] = thing
    inlined: set[_Term | pyoxigraph.DefaultGraph] = set()
    for graph, things in graphs.items():
        for thing in things:
            if (
                isinstance(thing, pyoxigraph.BlankNode)
                and mentions[thing] == 1
                and len(homes[thing]) == 1
                and thing not in graphs
                and not _is_in_circle(thing, owner, graph)
            ):
                inlined.add(thing)
    return inlined


def _is_in_circle(thing: _Term, owner: Mapping[_Term, _Term], graph: object) -> bool:
    seen = {thing}
    while (above := owner.get(thing)) is not None and isinstance(above, pyoxigraph.BlankNode):
        if above in seen:
            return True
        seen.add(above)
        thing = above
    return False
