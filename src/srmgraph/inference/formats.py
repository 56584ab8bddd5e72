"""Proofs in the formats that people and programs ask for."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import rdflib

from srmgraph.inference.picture import svg
from srmgraph.inference.proof import Proof
from srmgraph.terms import n_triples

FORMATS = ("text", "mermaid", "svg", "turtle", "json")


def render(proofs: Sequence[Proof], format: str) -> str:
    """Return proofs in one of `FORMATS`; as Mermaid, each is a flowchart of its own."""
    match format:
        case "svg":
            return svg(proofs)
        case "mermaid":
            return "\n".join(proof.mermaid() for proof in proofs)
        case "json":
            content = {"proofs": [_described(proof) for proof in proofs]}
            return json.dumps(content, ensure_ascii=False, indent=2) + "\n"
        case "turtle":
            return graph(proofs).serialize(format="turtle")
        case _:
            texts = [f"{proof}\n" for proof in proofs]
            return "\n".join(texts) or "Nothing contradicts anything.\n"


def graph(proofs: Sequence[Proof]) -> rdflib.Graph:
    """Return proofs as one graph; see `Proof.graph`."""
    found = rdflib.Graph(bind_namespaces="none")
    for number, proof in enumerate(proofs):
        own = proof.graph()
        for prefix, namespace in own.namespaces():
            found.bind(prefix, namespace)
        # Each proof calls its nodes by the same names.
        triples = ([_renamed(term, number) for term in triple] for triple in own)
        for subject, predicate, value in triples:
            found.add((subject, predicate, value))
    return found


def _renamed(term: rdflib.term.Node, number: int) -> rdflib.term.Node:
    # The data have blank nodes too, whose names are long.
    is_own = isinstance(term, rdflib.BNode) and term[0] in "sr" and term[1:].isdigit()
    return rdflib.BNode(f"p{number}{term}") if is_own else term


def _described(proof: Proof) -> dict[str, Any]:
    described: dict[str, Any] = {"sentence": proof.sentence}
    if proof.statement is not None:
        described["statement"] = [n_triples(term) for term in proof.statement]
    if proof.is_stated:
        return described | {"by": "ontology" if proof.is_axiom else "data"}
    premises = [_described(premise) for premise in proof.premises]
    return described | {
        "rule": proof.rule,
        "isShortest": proof.is_shortest,
        "premises": premises,
    }
