"""A model of ArchiMate in memory: the same for every file format, and nothing left out of it."""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import TypeAlias

Text: TypeAlias = tuple[str, str]
"""A language tag in lower case, or "" for none; and a text."""

SPECIALIZATION = "specialization"
"""The identifier of the property that Archi shows as the specialization of an element."""

LABELLED = {"node", "connection", "item"}
"""The kinds of part that call their names labels."""


@dataclass(slots=True)
class Property:
    """A value, in one or several languages, of the property that is defined elsewhere."""

    definition: str
    values: list[Text]


@dataclass(slots=True)
class Part:
    """Anything in a model: element, relationship, view, node, connection, bendpoint, folder item,
    definition of a property, and the model itself.

    `identifier` is empty where the part has none. `attributes` holds all else that stands in its
    tag, by the names of the exchange format, or `{namespace}local`. `fragments` holds, as XML, what
    has no place of its own here, such as style. `parts` is what lies in it, in order.
    """

    kind: str
    identifier: str = ""
    type: str = ""
    names: list[Text] = field(default_factory=list)
    documentation: list[Text] = field(default_factory=list)
    properties: list[Property] = field(default_factory=list)
    attributes: dict[str, str] = field(default_factory=dict)
    fragments: list[str] = field(default_factory=list)
    parts: list[Part] = field(default_factory=list)
    line: int = 0

    def walk(self) -> Iterator[Part]:
        """Return the part and all parts in it, outermost first."""
        yield self
        for part in self.parts:
            yield from part.walk()

    @property
    def name(self) -> str:
        """The first name, or nothing."""
        return self.names[0][1] if self.names else ""


@dataclass(slots=True)
class Model:
    """All parts of a model, by kind; `header` holds what is said of the model as a whole."""

    header: Part = field(default_factory=lambda: Part("model"))
    elements: list[Part] = field(default_factory=list)
    relationships: list[Part] = field(default_factory=list)
    organizations: list[Part] = field(default_factory=list)
    definitions: list[Part] = field(default_factory=list)
    views: list[Part] = field(default_factory=list)

    def concepts(self) -> Iterator[Part]:
        """Return all elements and relationships."""
        yield from self.elements
        yield from self.relationships

    def tops(self) -> Iterator[Part]:
        """Return all parts that lie in no other part."""
        yield self.header
        for parts in (
            self.elements,
            self.relationships,
            self.organizations,
            self.definitions,
            self.views,
        ):
            yield from parts

    def definition(self, name: str, type: str = "string") -> str:
        """Return the identifier of the property of that name, which is defined if it is not yet."""
        for part in self.definitions:
            if part.name == name:
                return part.identifier
        identifier = SPECIALIZATION if name == "Specialization" else minted("property", name)
        self.definitions.append(
            Part("definition", identifier, names=[("", name)], attributes={"type": type})
        )
        return identifier

    def property_names(self) -> dict[str, str]:
        """Return the name of each property by the identifier of its definition."""
        return {part.identifier: part.name for part in self.definitions}


def minted(*parts: str) -> str:
    """Return an identifier that any file may use and that depends on nothing but the parts."""
    return f"id-{uuid.uuid5(uuid.NAMESPACE_URL, ' '.join(parts)).hex}"


def facts(model: Model) -> Counter[tuple[str, ...]]:
    """Return all that a model says, each fact as often as it is said.

    Two models say the same if these are equal: the order of elements, relationships, properties and
    languages says nothing, that of what lies in a view or folder does.
    """
    found: Counter[tuple[str, ...]] = Counter()
    for section, parts in (
        ("element", model.elements),
        ("relationship", model.relationships),
        ("definition", model.definitions),
        ("view", model.views),
    ):
        for index, part in enumerate(parts):
            found.update(_facts(part, part.identifier or f"{section}-{index}"))
    for index, part in enumerate(model.organizations):
        found.update(_facts(part, f"organizations-{index}"))
    found.update(_facts(model.header, "model"))
    return found


def _facts(part: Part, key: str) -> Iterable[tuple[str, ...]]:
    yield (part.kind, key, part.identifier, part.type)
    for language, text in part.names:
        yield ("name", key, language, text)
    for language, text in part.documentation:
        yield ("documentation", key, language, text)
    for prop in part.properties:
        values = [value for pair in sorted(prop.values) for value in pair]
        yield ("property", key, prop.definition, *values)
    for name, value in part.attributes.items():
        yield ("attribute", key, name, value)
    for text in part.fragments:
        yield ("fragment", key, text)
    for index, inner in enumerate(part.parts):
        name = inner.identifier or f"{key}/{inner.kind}-{index}"
        yield ("contains", key, str(index), name)
        yield from _facts(inner, name)
