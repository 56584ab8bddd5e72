"""The three CSV files by which Archi updates an open model: elements, relations, properties.

They change names, documentation and properties of what is there, and add what is new; views stay,
and nothing is ever deleted. Of several properties of one name on an element, Archi changes the
first only, and gives it the last value; so what we say of a thing stands in one property each.
Source: the user guide of Archi, “CSV Export and Import”; its CSVImporter.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence

from rdflib import RDF, URIRef

from srmgraph.adapters.archimate import notation
from srmgraph.adapters.archimate.model import Model, Part
from srmgraph.terms import Node, Statement

_ELEMENTS = ("ID", "Type", "Name", "Documentation", "Specialization")
_RELATIONS = ("ID", "Type", "Name", "Documentation", "Source", "Target", "Specialization")
_PROPERTIES = ("ID", "Key", "Value")
# What the exchange format says in attributes, Archi's tables say in properties of these names.
_SPECIAL = {
    "accessType": "Access_Type",
    "modifier": "Influence_Strength",
    "isDirected": "Directed",
}


def write(model: Model) -> dict[str, bytes]:
    """Return the files by their names; the same model always gives the same bytes.

    Every field is quoted, as Archi wants it. The first row of elements is the model itself.
    """
    names = model.property_names()
    header = model.header
    elements = [(header.identifier, "ArchimateModel", header.name, _documentation(header), "")]
    elements += [
        (part.identifier, _type(part), part.name, _documentation(part), _special(part, names))
        for part in model.elements
    ]
    relations = [
        (
            *(part.identifier, f"{part.type}Relationship", part.name, _documentation(part)),
            *(part.attributes["source"], part.attributes["target"], _special(part, names)),
        )
        for part in model.relationships
    ]
    told = [prop for prop in header.properties if names.get(prop.definition) == notation.PREFIX]
    reader = notation.Notation(notation.prefixes(text for prop in told for _, text in prop.values))
    properties = [
        row for part in (header, *model.concepts()) for row in _properties(part, names, reader)
    ]
    return {
        "elements.csv": _table(_ELEMENTS, elements),
        "relations.csv": _table(_RELATIONS, relations),
        "properties.csv": _table(_PROPERTIES, properties),
    }


def _properties(
    part: Part, names: dict[str, str], reader: notation.Notation
) -> Iterable[tuple[str, str, str]]:
    if part.type == "OrJunction":
        yield part.identifier, "Junction_Type", "Or"
    for attribute, key in _SPECIAL.items():
        if attribute in part.attributes:
            yield part.identifier, key, part.attributes[attribute]
    found: dict[str, list[str]] = {}
    for prop in part.properties:
        name = names.get(prop.definition, prop.definition)
        if name != "Specialization":
            found.setdefault(name, []).extend(text for _, text in prop.values)
    for name, values in _once(found, reader).items():
        for text in values:
            yield part.identifier, name, text


def _once(found: dict[str, list[str]], reader: notation.Notation) -> dict[str, list[str]]:
    """Return properties of which each that is ours has one value, and that say the same."""
    several = {name for name, values in found.items() if len(values) > 1}
    joined = dict(found)
    facts: list[Statement] = []
    subject = notation.iri(found.get(notation.IRI, [""])[0])
    for name in several:
        pairs = [_fact(name, text, reader) for text in found[name]]
        if subject is not None and all(pairs):
            facts += [(subject, *pair) for pair in pairs if pair is not None]
            del joined[name]
    if facts:
        texts = [*found.get(notation.STATEMENTS, []), notation.write_statements(facts)]
        joined[notation.STATEMENTS] = texts
    for name in (notation.PREFIX, notation.STATEMENTS):
        if name in joined:
            joined[name] = [" ".join(joined[name])]
    return joined


def _fact(name: str, text: str, reader: notation.Notation) -> tuple[URIRef, Node] | None:
    """Return the property and the value that a text says of the thing of an element."""
    if name == notation.CLASS:
        cls = notation.iri(text)
        return None if cls is None else (RDF.type, cls)
    return reader.read(name, text)


def _special(part: Part, names: dict[str, str]) -> str:
    found = (p for p in part.properties if names.get(p.definition) == "Specialization")
    return next((prop.values[0][1] for prop in found if prop.values), "")


def _type(part: Part) -> str:
    return "Junction" if part.type in ("AndJunction", "OrJunction") else part.type


def _documentation(part: Part) -> str:
    return part.documentation[0][1] if part.documentation else ""


def _table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> bytes:
    target = io.StringIO(newline="")
    writer = csv.writer(target, quoting=csv.QUOTE_ALL, lineterminator="\r\n")
    writer.writerow(header)
    writer.writerows(rows)
    return target.getvalue().encode()
