"""Who put what into a store, when and from where, as RDF: one activity for each load.

Source: PROV-O (https://www.w3.org/TR/prov-o/); `sha256` is schema.org's.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import uuid4

import rdflib
from rdflib import PROV, RDF, RDFS, SDO, XSD, Literal, URIRef

from srmgraph import knowledge
from srmgraph.store import Store


@dataclass(frozen=True)
class Load:
    """A load: into which graph, from what (a file's name, …), its SHA-256, when and by whom."""

    graph: URIRef
    source: str
    sha256: str
    time: datetime
    author: str


def describe(load: Load) -> rdflib.Graph:
    """Return what is to be remembered of a load."""
    graph = rdflib.Graph(bind_namespaces="none")
    activity, source, author = (URIRef(f"urn:uuid:{uuid4()}") for _ in range(3))
    graph.add((load.graph, PROV.wasGeneratedBy, activity))
    graph.add((activity, RDF.type, PROV.Activity))
    graph.add((activity, PROV.endedAtTime, Literal(load.time.isoformat(), datatype=XSD.dateTime)))
    graph.add((activity, PROV.used, source))
    graph.add((source, RDF.type, PROV.Entity))
    graph.add((source, RDFS.label, Literal(load.source)))
    graph.add((source, SDO.sha256, Literal(load.sha256)))
    if load.author:
        graph.add((activity, PROV.wasAssociatedWith, author))
        graph.add((author, RDF.type, PROV.Agent))
        graph.add((author, RDFS.label, Literal(load.author)))
    return graph


def loads(store: Store) -> list[Load]:
    """Return the loads that a store remembers, the newest first."""
    rows = store.select(
        f"""
        PREFIX prov: <{PROV}> PREFIX rdfs: <{RDFS}> PREFIX schema: <{SDO}>
        SELECT ?graph ?label ?sha256 ?time ?author {{
            GRAPH {knowledge.provenance_graph().n3()} {{
                ?graph prov:wasGeneratedBy ?load .
                ?load prov:endedAtTime ?time ; prov:used ?source .
                ?source rdfs:label ?label ; schema:sha256 ?sha256 .
                OPTIONAL {{ ?load prov:wasAssociatedWith/rdfs:label ?author }}
            }}
        }}
        ORDER BY DESC(?time) ?graph
        """
    )
    return [
        Load(
            URIRef(str(row["graph"])),
            str(row["label"]),
            str(row["sha256"]),
            datetime.fromisoformat(str(row["time"])),
            str(row["author"] or ""),
        )
        for row in rows
    ]
