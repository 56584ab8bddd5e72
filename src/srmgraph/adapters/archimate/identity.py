"""What is the same part in two versions of a model: by identifier, else by what it is about."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator

from srmgraph.adapters.archimate.language import XML
from srmgraph.adapters.archimate.source import Place
from srmgraph.adapters.archimate.xml import Xml

_LANG = f"{{{XML}}}lang"
TEXTS = {"name", "label", "documentation", "purpose"}
"""What says something in words, of which there is one in each language."""


def identifier_of(element: Xml) -> str:
    """Return the identifier of a part, in whichever form the model is written; empty if none."""
    attributes = element.attributes
    return attributes.get("identifier") or attributes.get("id", "")


def keyed(element: Xml) -> dict[tuple[str, ...], Xml]:
    """Return what is in an element, each by what it is known among the others."""
    children = list(element)
    return dict(zip(_keys(children), children, strict=True))


def keyed_places(place: Place) -> dict[tuple[str, ...], Place]:
    """Return the places of what is in an element of a file, likewise."""
    return dict(zip(_keys([part.element for part in place.parts]), place.parts, strict=True))


def _keys(elements: Iterable[Xml]) -> Iterator[tuple[str, ...]]:
    seen: Counter[tuple[str, ...]] = Counter()
    for element in elements:
        key = _key(element)
        seen[key] += 1
        yield key if seen[key] == 1 else (*key, str(seen[key]))


def _key(element: Xml) -> tuple[str, ...]:
    """Return by what a part is known among those in the same element."""
    attributes = element.attributes
    if identifier := identifier_of(element):
        return "#", identifier
    if element.tag == "property":
        if "propertyDefinitionRef" in attributes:
            values = (value.text for value in element)
            return "property", attributes["propertyDefinitionRef"], *values
        return "property", attributes.get("key", ""), attributes.get("value", "")
    if element.tag in TEXTS:
        return element.tag, attributes.get(_LANG, "").lower()
    return (element.tag,)


def replaces(new: tuple[str, ...], old: tuple[str, ...]) -> bool:
    """Tell whether one part stands for what another said: a property, or a name, of before."""
    if new[0] == "property":
        return new[:2] == old[:2]
    return new[0] == old[0] and new[0] in TEXTS
