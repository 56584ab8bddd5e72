"""The description of one relationship, to be changed, and simple ways to change it."""

from collections.abc import Callable

from benchmarks.concepts.plan import Relationship
from benchmarks.manifest import Finding
from benchmarks.ntriples import Node


class MissingFactError(LookupError):
    """The relationship does not state the fact that a defect would change."""


class Cell:
    """All nodes that describe a relationship. Its parts go by the last step of their IRI.

    The relationship itself is the part with the empty name. Every method that changes a fact
    raises :exc:`MissingFactError`, and changes nothing, if the fact is not stated.
    """

    def __init__(self, relationship: Relationship, nodes: list[Node]) -> None:
        self.relationship = relationship
        self.nodes = list(nodes)

    def iri(self, part: str = "") -> str:
        """The IRI of a part, or of the relationship."""
        return self.relationship.part(part) if part else self.relationship.iri

    def node(self, part: str, fact: str = "") -> Node:
        """The node that states a fact of a part, or its class."""
        iri = self.iri(part)
        for node in self.nodes:
            if node.iri == iri and (node.values(fact) if fact else node.kinds):
                return node
        raise MissingFactError(part, fact)

    def value(self, part: str, fact: str) -> str:
        """The first value of a fact, as an N-Triples term."""
        return self.node(part, fact).values(fact)[0]

    def remove(self, part: str, fact: str) -> None:
        """Take away all values of a fact."""
        del self.node(part, fact).facts[fact]

    def replace(self, part: str, fact: str, value: str) -> None:
        """Put one value in the place of all that there are."""
        self.node(part, fact).facts[fact] = value

    def add(self, node: Node) -> None:
        """Say something more."""
        self.nodes.append(node)

    def finding(self, rule: str, part: str = "", value: str = "") -> Finding:
        """A result to be expected: the value is an N-Triples term."""
        return finding(rule, self.iri(part), value)


Defect = Callable[[Cell], list[Finding]]


def finding(rule: str, focus_node: str, value: str = "") -> Finding:
    """A result to be expected, of N-Triples terms."""
    return Finding.of(rule, _text(focus_node), _text(value))


def _text(term: str) -> str:
    return term.split('"')[1] if term.startswith('"') else term.strip("<>")


def removal(part: str, fact: str, rule: str) -> Defect:
    """A fact is not stated, which one rule demands of its subject."""

    def remove(cell: Cell) -> list[Finding]:
        cell.remove(part, fact)
        return [cell.finding(rule, part)]

    return remove


def replacement(part: str, fact: str, value: str, rule: str) -> Defect:
    """A fact has a value that one rule forbids."""

    def replace(cell: Cell) -> list[Finding]:
        cell.replace(part, fact, value)
        return [cell.finding(rule, part, value)]

    return replace
