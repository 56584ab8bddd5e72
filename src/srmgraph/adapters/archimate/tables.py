"""The three CSV files by which Archi updates an open model: elements, relations, properties.

They change names, documentation and properties of what is there, and add what is new; views stay,
and nothing is ever deleted. Source: the user guide of Archi, “CSV Export and Import”.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence

from srmgraph.adapters.archimate.model import Model, Part

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
    properties = [row for part in (header, *model.concepts()) for row in _properties(part, names)]
    return {
        "elements.csv": _table(_ELEMENTS, elements),
        "relations.csv": _table(_RELATIONS, relations),
        "properties.csv": _table(_PROPERTIES, properties),
    }


def _properties(part: Part, names: dict[str, str]) -> Iterable[tuple[str, str, str]]:
    if part.type == "OrJunction":
        yield part.identifier, "Junction_Type", "Or"
    for attribute, key in _SPECIAL.items():
        if attribute in part.attributes:
            yield part.identifier, key, part.attributes[attribute]
    for prop in part.properties:
        name = names.get(prop.definition, prop.definition)
        if name != "Specialization":
            for _, text in prop.values:
                yield part.identifier, name, text


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
