"""Expected answers, written as small tables, and the two engines that are asked for them.

A case is `queries/QUESTION.csv` or `queries/QUESTION.CASE.csv`. Its first lines begin with # and
say in words why the answer is right; one such as `# provider = ex:google` puts a value in the place
of a parameter, and `# data = FILE` names the file that is asked, by its path in the repository, in
place of the question's example. A cell holds a prefixed name or the plain text of a literal; one
without a value is empty. Space after a comma is there for the eye only.
"""

import csv
import random
import re
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from pathlib import Path

import pyoxigraph
import rdflib
from rdflib import OWL, RDF, XSD, Literal, Namespace, URIRef
from rdflib.collection import Collection
from rdflib.term import Node

from srmgraph import knowledge
from srmgraph.graph import ServiceGraph
from srmgraph.inference import infer
from srmgraph.queries import Question, question
from srmgraph.store import EmbeddedStore, open_store
from srmgraph.terms import to_rdflib

FOLDER = Path(__file__).parent / "queries"
SRM = Namespace("https://w3id.org/srm#")

Row = tuple[str, ...]


@dataclass(frozen=True)
class Answer:
    """A table: the names of its columns, and its rows in their order."""

    variables: Row
    rows: tuple[Row, ...]


@dataclass(frozen=True)
class Case:
    """A question put to a file, with values for some of its parameters, and the right answer."""

    file: Path
    question: Question
    data: Path
    parameters: dict[str, str]
    reason: str
    answer: Answer

    @property
    def sparql(self) -> str:
        """The query, with the values of the case in place."""
        return self.question.bind(stated(self.data), **self.parameters)


def read(file: Path) -> Case:
    """Read a case."""
    asked = question(file.name.split(".")[0])
    lines = file.read_text(encoding="utf-8").splitlines()
    comments = [line.removeprefix("#").strip() for line in lines if line.startswith("#")]
    found = [re.fullmatch(r"(\w+) = (.+)", comment) for comment in comments]
    values = {match[1]: match[2] for match in found if match}
    example = f"data/{asked.example}/{asked.example}.ttl"
    data = knowledge.ROOT / values.pop("data", example)
    reason = " ".join(text for text, match in zip(comments, found, strict=True) if not match)
    table = csv.reader(lines[len(comments) :], skipinitialspace=True)
    head, *rows = [tuple(cell.strip() for cell in row) for row in table]
    return Case(file, asked, data, values, reason, Answer(head, tuple(rows)))


# ── Data ─────────────────────────────────────────────────────────────────────────────────────────


@cache
def stated(data: Path) -> EmbeddedStore:
    """A store that holds a file, to be read only."""
    store = open_store("memory:")
    store.read(data)
    return store


@cache
def inferred(data: Path) -> rdflib.Graph:
    """What follows from a file; worked out once, for it takes seconds."""
    return infer(stated(data))


@cache
def closed(data: Path) -> EmbeddedStore:
    """A store that holds a file and, in the graph where they belong, the facts that follow."""
    store = stated(data).copy()
    store.add(inferred(data), ServiceGraph(store).inferred_graph)
    return store


@cache
def told_otherwise(data: Path, *, with_participations: bool) -> EmbeddedStore:
    """A store that tells the same as a file by other words that the model has for it.

    Properties are turned to their inverses, units and members are merely within their organization,
    and what follows from two other statements is left out. Roles stand in participations if wanted.
    """
    ontology, source = knowledge.ontology(), stated(data).graph()
    other: dict[Node, Node] = {SRM.isUnitOf: SRM.isWithin, SRM.isMemberOf: SRM.isWithin}
    turned: dict[Node, Node] = {p: p for p in ontology.subjects(RDF.type, OWL.SymmetricProperty)}
    for one, inverse in ontology.subject_objects(OWL.inverseOf):
        turned |= {one: inverse, inverse: one}
    chains = {
        name: parts
        for name, chain in ontology.subject_objects(OWL.propertyChainAxiom)
        if len(parts := list(Collection(ontology, chain))) == 2
    }
    target = rdflib.Graph()
    for number, (subject, name, value) in enumerate(sorted(source)):
        steps = chains.get(name)
        if steps and steps[1] == SRM.hasParticipant and with_participations:
            participation = URIRef(f"https://example.org/participation/{number}")
            target.add((subject, steps[0], participation))
            target.add((participation, steps[1], value))
        elif steps and any(
            (m, steps[1], value) in source for m in source.objects(subject, steps[0])
        ):
            continue
        elif name in turned:
            target.add((value, turned[name], subject))
        else:
            target.add((subject, other.get(name, name), value))
    store = open_store("memory:")
    store.add(target)
    return store


def told_shortly(data: Path) -> EmbeddedStore:
    """A store that tells of deliveries and products in the fewest words.

    A resource was obtained through a relationship, and it is not said how; a product underlies an
    offering, without a service between them.
    """
    store = open_store("memory:")
    store.add(stated(data).graph())
    store.oxigraph.update(_SHORTLY)
    return store


_SHORTLY = """
    PREFIX srm: <https://w3id.org/srm#>
    DELETE { ?relationship ?delivers ?resource }
    INSERT { ?resource srm:obtainedThrough ?relationship }
    WHERE {
        ?relationship srm:deliversAccessTo|srm:deliversGoods|srm:deliversNewResource
            |srm:deliversModifiedResource ?resource ; ?delivers ?resource .
    } ;
    DELETE { ?service srm:isEnabledBy ?product }
    INSERT { ?product srm:underliesOffering ?offering }
    WHERE { ?service srm:isEnabledBy ?product . ?offering srm:describesService ?service } ;
    DELETE { ?activity ?delivers ?resource }
    WHERE {
        VALUES ?delivers { srm:grantsAccessTo srm:transfersGoods srm:creates srm:modifies }
        ?activity ?delivers ?resource .
    }
"""


def told_twice(data: Path) -> EmbeddedStore:
    """A store that holds a file in two named graphs, as two organizations might."""
    store = open_store("memory:")
    for name in ("one", "other"):
        store.add(stated(data).graph(), URIRef(f"https://example.org/register/{name}"))
    return store


# ── Engines ──────────────────────────────────────────────────────────────────────────────────────


def ask_oxigraph(store: EmbeddedStore, sparql: str, names: EmbeddedStore) -> Answer:
    """The answer of Oxigraph; prefixes are those of `names`."""
    solutions = store.select(sparql)
    return Answer(solutions.variables, tuple(_cells(row, names) for row in solutions))


def ask_rdflib(store: EmbeddedStore, sparql: str, names: EmbeddedStore, shuffle: int = 0) -> Answer:
    """The answer of rdflib over the same statements, put in by chance unless `shuffle` is 0."""
    result = _dataset(store, shuffle).query(sparql)
    variables = tuple(str(variable) for variable in result.vars or ())
    return Answer(variables, tuple(_cells(row, names) for row in result))  # type: ignore[arg-type]


def _dataset(store: EmbeddedStore, shuffle: int) -> rdflib.Dataset:
    dataset = rdflib.Dataset(default_union=True)
    quads = sorted(store.oxigraph, key=str)
    if shuffle:
        random.Random(shuffle).shuffle(quads)
    for quad in quads:
        named = isinstance(quad.graph_name, pyoxigraph.NamedNode)
        graph = dataset.graph(quad.graph_name.value) if named else dataset.default_graph
        graph.add(tuple(to_rdflib(term) for term in quad.triple))  # type: ignore[arg-type]
    return dataset


def _cells(row: Iterable[Node | None], names: EmbeddedStore) -> Row:
    return tuple(_cell(term, names) for term in row)


def _cell(term: Node | None, names: EmbeddedStore) -> str:
    if term is None:
        return ""
    if isinstance(term, URIRef):
        spaces = knowledge.prefixes() | names.prefixes
        for prefix, space in sorted(spaces.items(), key=lambda item: -len(item[1])):
            if term.startswith(space):
                return f"{prefix}:{term.removeprefix(space)}"
        return term.n3()
    # Engines spell the same number and the same instant in different ways.
    if isinstance(term, Literal) and isinstance(term.value, Decimal):
        return f"{term.value.normalize():f}"
    if isinstance(term, Literal) and term.datatype == XSD.dateTime:
        return str(term).replace("+00:00", "Z")
    return str(term)
