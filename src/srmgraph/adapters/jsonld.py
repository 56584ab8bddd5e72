"""The JSON-LD context of the ontology: short names for its terms, made from what it declares.

Source: JSON-LD 1.1, section 9.15 (context definitions).
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import rdflib
from rdflib import OWL, RDF, RDFS, SH, SKOS, XSD

from srmgraph import knowledge
from srmgraph.errors import InputError

_PREFIX_ENDS = tuple(":/?#[]@")
_WHOLE_NUMBERS = {
    *(XSD.nonNegativeInteger, XSD.positiveInteger, XSD.nonPositiveInteger, XSD.negativeInteger),
    *(XSD.byte, XSD.short, XSD.int, XSD.long),
    *(XSD.unsignedByte, XSD.unsignedShort, XSD.unsignedInt, XSD.unsignedLong),
}


def context(
    ontology: rdflib.Graph | None = None, shapes: rdflib.Graph | None = None
) -> dict[str, Any]:
    """Return the JSON-LD context of an ontology: `{"@context": {…}}`.

    Classes and properties go by the last part of their IRI, and so do codes (the individuals of
    the ontology), unless a class or property has that name already: such a code keeps its prefix,
    because no context could tell in every place which of the two is meant. A property that takes
    codes takes their names; any other relation takes IRIs; a property of values has the datatype
    that the ontology or, where it leaves that open, the rules give it.

    Raises InputError when two terms of the ontology would have the same name.
    """
    terms = knowledge.ontology() if ontology is None else ontology
    rules = knowledge.shapes() if shapes is None else shapes
    prefixes = _prefixes(terms) | (knowledge.prefixes() if ontology is None else {})
    entries: dict[str, Any] = {"@version": 1.1}
    for prefix, iri in sorted(prefixes.items()):
        is_prefix = iri.endswith(_PREFIX_ENDS)
        entries[prefix] = iri if is_prefix else {"@id": iri, "@prefix": True}
    entries |= {"id": "@id", "type": "@type"}
    entries["label"] = {"@id": str(RDFS.label), "@container": "@language"}

    def short(iri: rdflib.term.Node) -> str:
        for prefix, namespace in sorted(prefixes.items(), key=lambda item: -len(item[1])):
            if str(iri).startswith(namespace):
                return f"{prefix}:{str(iri).removeprefix(namespace)}"
        return str(iri)

    def add(iri: rdflib.term.Node, definition: Any) -> None:
        name = _name(iri)
        if name in entries:
            raise InputError(f"{short(iri)} and {entries[name]} would have the same name.")
        entries[name] = definition

    codes = _codes(terms)
    coded = {
        class_
        for code in codes
        for kind in terms.objects(code, RDF.type)
        for class_ in terms.transitive_objects(kind, RDFS.subClassOf)
    }
    for iri in _declared(terms, OWL.Class):
        add(iri, short(iri))
    for iri in sorted({*_declared(terms, OWL.ObjectProperty)}):
        takes_codes = not coded.isdisjoint(terms.objects(iri, RDFS.range))
        add(iri, {"@id": short(iri), "@type": "@vocab" if takes_codes else "@id"})
    for iri in _declared(terms, OWL.DatatypeProperty):
        datatype = _datatype(iri, terms, rules)
        # A string of JSON is an xsd:string already.
        typed = {} if datatype is None or datatype == XSD.string else {"@type": short(datatype)}
        add(iri, {"@id": short(iri), **typed})
    for code in codes:
        if _name(code) not in entries:
            add(code, short(code))
    return {"@context": entries}


def text(document: dict[str, Any]) -> str:
    """Return a context as JSON, one name on each line."""
    lines = [
        f"    {json.dumps(name)}: {json.dumps(definition, ensure_ascii=False)}"
        for name, definition in document["@context"].items()
    ]
    return '{\n  "@context": {\n' + ",\n".join(lines) + "\n  }\n}\n"


def write_context(file: Path | None = None) -> Path:
    """Write the context to the file from which it is published, and return that file's path."""
    target = knowledge.ROOT / "mappings" / "context.jsonld" if file is None else file
    target.write_text(text(context()), encoding="utf-8")
    return target


def _prefixes(ontology: rdflib.Graph) -> dict[str, str]:
    return {prefix: str(iri) for prefix, iri in ontology.namespaces() if prefix}


def _declared(ontology: rdflib.Graph, kind: rdflib.URIRef) -> list[rdflib.URIRef]:
    """Return the ontology's own terms of a kind: what it defines, not what it borrows."""
    return sorted(
        subject
        for subject in ontology.subjects(RDF.type, kind)
        if isinstance(subject, rdflib.URIRef) and (subject, RDFS.isDefinedBy, None) in ontology
    )


def _codes(ontology: rdflib.Graph) -> list[rdflib.URIRef]:
    individuals = _declared(ontology, OWL.NamedIndividual)
    return [code for code in individuals if (code, SKOS.inScheme, None) in ontology]


def _datatype(
    iri: rdflib.URIRef, ontology: rdflib.Graph, shapes: rdflib.Graph
) -> rdflib.term.Node | None:
    found = set(ontology.objects(iri, RDFS.range)) or {
        datatype
        for shape in shapes.subjects(SH.path, iri)
        for datatype in shapes.objects(shape, SH.datatype)
    }
    if len(found) != 1:
        return None
    datatype = found.pop()
    # A store keeps a whole number of any kind as an xsd:integer, so that is what it can write.
    return XSD.integer if datatype in _WHOLE_NUMBERS else datatype


def _name(iri: rdflib.term.Node) -> str:
    return str(iri).rpartition("#")[2].rpartition("/")[2]
