"""A synthetic service ecosystem of any size, with defects that are counted and known.

All of the model occurs in it. What is not a planted defect meets every rule; what is planted is
written to a manifest beside the data, so that a validation result can be checked exactly. The same
number of triples and the same seed give the same bytes.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

from benchmarks.concepts.activities import activities
from benchmarks.concepts.agreements import agreements
from benchmarks.concepts.offerings import line_of_business
from benchmarks.concepts.parties import bystander, individual, organization
from benchmarks.concepts.plan import Relationship
from benchmarks.concepts.practice import catalogue, practice
from benchmarks.concepts.relationships import (
    deliveries,
    memberships,
    relationship,
    stakeholder,
)
from benchmarks.concepts.value import value
from benchmarks.defects import DEFECTS, Planter
from benchmarks.defects import mild as mild_defects
from benchmarks.growth import Growth, Step
from benchmarks.manifest import Manifest, manifest_file
from benchmarks.ntriples import Named, Node, english, render

RELATIONSHIPS_IN_ECOSYSTEM = 500


@dataclass(frozen=True, slots=True)
class Ecosystem:
    """What was written."""

    data: Path
    manifest: Path
    triples: int
    relationships: int
    expected: int


def write_ecosystem(
    file: Path, triples: int, seed: int = 1, *, defects: bool = True, mild: int = 0
) -> Ecosystem:
    """Write about so many triples as N-Triples, and the manifest beside them.

    The number is reached within 5 percent from 1,000 triples on. Memory holds who serves whom
    (about 400 bytes for each relationship), never the triples. Without defects, only the loops
    are found. If they are to be *mild*, every relationship has so many of which none is a
    Violation, and no others.
    """
    manifest = Manifest()
    if mild:
        planter = Planter(manifest, mild_defects.DEFECTS, every=1, each=mild)
    else:
        planter = Planter(manifest, DEFECTS if defects else ())
    with file.open("w", encoding="ascii", newline="\n", buffering=1 << 20) as out:
        written, relationships = _write(out, triples, Growth(seed), planter)
    beside = manifest_file(file)
    manifest.write(beside)
    return Ecosystem(file, beside, written, relationships, len(manifest))


def _write(out: TextIO, triples: int, growth: Growth, planter: Planter) -> tuple[int, int]:
    written = relationships = 0
    for step in growth.steps():
        lines = render(describe(step, planter))
        if written + len(lines) > triples and written:
            break
        planter.commit()
        out.writelines(lines)
        written += len(lines)
        relationships += len(step.relationships)
    planter.discard()
    while triples - written >= 3:
        lines = render(bystander(growth.next_person(), growth.employer()))
        out.writelines(lines)
        written += len(lines)
    return written, relationships


def describe(step: Step, planter: Planter) -> Iterator[Node]:
    """All that enters with a step, with the defects whose turn it is."""
    for it, lines in step.organizations:
        yield from organization(it, provides=bool(lines))
        for line in lines:
            yield from line_of_business(line)
        if lines:
            yield from catalogue(it, lines)
            yield from practice(it)
    for person in step.individuals:
        yield from individual(person)
    for it_relates in step.relationships:
        nodes = list(_describe_relationship(it_relates))
        yield from planter.plant(it_relates, nodes, in_ring=it_relates in step.ring)


def _describe_relationship(it: Relationship) -> Iterator[Node]:
    yield from relationship(it)
    if it.number % 7 == 3:
        yield from stakeholder(it)
    yield from deliveries(it)
    yield from memberships(it)
    yield from activities(it)
    yield from agreements(it)
    yield from value(it)
    yield from _ecosystem(it)


def _ecosystem(it: Relationship) -> Iterator[Node]:
    number = it.number // RELATIONSHIPS_IN_ECOSYSTEM
    ecosystem = Named(f"ecosystem/{number}")
    if it.number % RELATIONSHIPS_IN_ECOSYSTEM == 1:
        yield Node(ecosystem.iri, "ServiceEcosystem", label=english(f"Ecosystem {number}"))
    yield Node(ecosystem.iri, includesRelationship=it.iri)
