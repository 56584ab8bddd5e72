"""Descriptions of things as N-Triples text, fast enough to write millions of them."""

from collections.abc import Iterable
from datetime import date
from functools import lru_cache

BASE = "https://example.org/ecosystem/"
MODEL = "https://w3id.org/srm#"
CODES = "https://w3id.org/srm/code#"
XSD = "http://www.w3.org/2001/XMLSchema#"
TYPE = "<http://www.w3.org/1999/02/22-rdf-syntax-ns#type>"
LABEL = "<http://www.w3.org/2000/01/rdf-schema#label>"
SUBJECT = "<http://purl.org/dc/terms/subject>"

Values = str | list[str]


class _Predicates(dict[str, str]):
    """The IRI of a property by its local name; two names are not of the model."""

    def __missing__(self, name: str) -> str:
        self[name] = iri = f"<{MODEL}{name}>"
        return iri


_PREDICATES = _Predicates(label=LABEL, subject=SUBJECT)


class Node:
    """One thing with its classes and facts.

    Values are N-Triples terms, one or a list of them. An empty value says nothing.
    """

    __slots__ = ("facts", "iri", "kinds")

    def __init__(self, iri: str, *kinds: str, **facts: Values) -> None:
        self.iri = iri
        self.kinds = kinds
        self.facts = facts

    def write_to(self, lines: list[str]) -> None:
        """Append the triples of this thing, each a line."""
        subject = self.iri
        for kind in self.kinds:
            lines.append(f"{subject} {TYPE} <{MODEL}{kind}> .\n")
        for name, value in self.facts.items():
            predicate = _PREDICATES[name]
            if isinstance(value, str):
                if value:
                    lines.append(f"{subject} {predicate} {value} .\n")
            else:
                for item in value:
                    lines.append(f"{subject} {predicate} {item} .\n")

    def add(self, name: str, value: str) -> None:
        """State one fact more."""
        self.facts[name] = [*self.values(name), value]

    def values(self, name: str) -> list[str]:
        """The values stated for a property, in order."""
        value = self.facts.get(name, "")
        return [value] if isinstance(value, str) and value else list(value)


class Named:
    """Something that has an IRI, and parts whose IRIs begin with it."""

    __slots__ = ("iri", "stem")

    def __init__(self, path: str) -> None:
        self.stem = BASE + path
        self.iri = f"<{self.stem}>"

    def part(self, name: str) -> str:
        """The IRI of a part."""
        return f"<{self.stem}/{name}>"


def render(nodes: Iterable[Node]) -> list[str]:
    """The triples of all nodes, each a line."""
    lines: list[str] = []
    for node in nodes:
        node.write_to(lines)
    return lines


def code(name: str) -> str:
    """An individual of a code list."""
    return f"<{CODES}{name}>"


def english(words: str) -> str:
    """A text in English; it must not hold quotation marks or backslashes."""
    return f'"{words}"@en'


def plain(words: str) -> str:
    """A string; it must not hold quotation marks or backslashes."""
    return f'"{words}"'


def literal(text: str) -> str:
    """A string, with whatever it holds escaped."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'


def decimal(number: str) -> str:
    """An xsd:decimal."""
    return f'"{number}"^^<{XSD}decimal>'


def integer(number: int) -> str:
    """An xsd:integer."""
    return f'"{number}"^^<{XSD}integer>'


def natural(number: int) -> str:
    """An xsd:nonNegativeInteger."""
    return f'"{number}"^^<{XSD}nonNegativeInteger>'


def boolean(truth: bool) -> str:
    """An xsd:boolean."""
    return f'"{"true" if truth else "false"}"^^<{XSD}boolean>'


@lru_cache(maxsize=8192)
def _iso(day: int) -> str:
    return date.fromordinal(day).isoformat()


def day(ordinal: int) -> str:
    """An xsd:date, given as a day of the Gregorian ordinal."""
    return f'"{_iso(ordinal)}"^^<{XSD}date>'


def moment(ordinal: int, clock: str) -> str:
    """An xsd:dateTime: a day and a clock time such as ``09:30``, in UTC."""
    return f'"{_iso(ordinal)}T{clock}:00Z"^^<{XSD}dateTime>'
