"""Other engines that infer by OWL 2 RL, each as its manual has it, for `benchmarks.inference`.

None of them is needed by srmgraph; those are measured that are installed (measured were reasonable
0.4.4, sparq-rdf 0.1.6, owlrl-turbo 0.1.0a3 and nemo-python 0.10.1). All are given the same data and
the same ontology, and what they infer is compared fact by fact, without what holds of anything and
what is said of the ontology's own terms.
"""

import json
import time
from collections.abc import Iterable, Iterator
from itertools import chain
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, TypeAlias

import pyoxigraph
import rdflib

from srmgraph import knowledge
from srmgraph.inference.language import SPACES
from srmgraph.inference.program import logical_part, standard
from srmgraph.inference.rules import Atom
from srmgraph.terms import n_triples

Measured: TypeAlias = dict[str, Any]
Inferred: TypeAlias = tuple[Measured, Iterator[str]]


def reasonable(file: Path) -> Inferred:
    """Infer with reasonable, which gives back all triples in Python, stated ones too."""
    import reasonable as library  # type: ignore[import-not-found,unused-ignore]

    start = time.perf_counter()
    reasoner = library.PyReasoner()
    with TemporaryDirectory() as folder:
        ontology, data = Path(folder) / "ontology.ttl", Path(folder) / "data.ttl"
        knowledge.ontology().serialize(ontology, format="turtle")
        # It reads by the ending, and does not know that of N-Triples, which is Turtle too.
        data.symlink_to(file.resolve())
        reasoner.load_file(str(ontology))
        reasoner.load_file(str(data))
    read = time.perf_counter()
    triples = reasoner.reason()
    done = time.perf_counter()
    # It writes some literals in other ways than they were stated, so they are not compared.
    found = (triple for triple in triples if not isinstance(triple[2], rdflib.Literal))
    texts = (tuple(map(n_triples, triple)) for triple in found if _is_fact(triple[0]))
    return _taken(start, read, done), told(texts, file)


def sparq(file: Path) -> Inferred:
    """Infer with sparq, into its own store."""
    import sparq as library  # type: ignore[import-not-found,unused-ignore]

    with TemporaryDirectory() as folder:
        together = _together(file, Path(folder))
        start = time.perf_counter()
        graph = library.Graph.load(str(together))
        read = time.perf_counter()
        graph.reason("owl")
        done = time.perf_counter()

    def triples() -> Iterator[tuple[str, str, str]]:
        # Property by property, as JSON: to fetch each term as an object takes minutes.
        for row in _rows(graph.query_json("SELECT DISTINCT ?p { ?s ?p ?o }")):
            name = f"<{row['p']['value']}>"
            both = "FILTER(isIRI(?s) && isIRI(?o))"
            for found in _rows(graph.query_json(f"SELECT ?s ?o {{ ?s {name} ?o {both} }}")):
                yield f"<{found['s']['value']}>", name, f"<{found['o']['value']}>"

    return _taken(start, read, done), told(triples(), file)


def _rows(answer: str) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = json.loads(answer)["results"]["bindings"]
    return rows


def owlrl_turbo(file: Path) -> Inferred:
    """Infer with owlrl-turbo, in a data set of its own, which also holds what is stated."""
    import owlrl_turbo as library  # type: ignore[import-not-found,unused-ignore]
    from rdflib_turbo import Dataset  # type: ignore[import-not-found,unused-ignore]

    with TemporaryDirectory() as folder:
        together = _together(file, Path(folder))
        start = time.perf_counter()
        dataset = Dataset()
        dataset.parse(source=str(together), format="nt")
        read = time.perf_counter()
        library.expand(dataset, inplace=True)
        done = time.perf_counter()
    lines = (line.removesuffix(" .") for line in dataset.serialize().splitlines())
    # What holds a text, with spaces in it perhaps, is not compared.
    triples = (tuple(line.split(" ", 2)) for line in lines if line)
    return _taken(start, read, done), told(triples, file)


def nemo(file: Path) -> Inferred:
    """Infer with nemo, a Datalog engine: the rules that srmgraph compiles, one table for each
    property and class."""
    import nmo_python as library  # type: ignore[import-not-found,unused-ignore]

    tables: dict[int, str] = {}
    rules: list[str] = []

    def atom(of: Atom) -> str:
        table = tables.setdefault(of.column, f"t{len(tables)}")
        terms = (f"?v{term}" if term >= 0 else str(term_of(~term)) for term in of.terms)
        return f"{table}({', '.join(terms)})"

    program = standard()
    term_of = program.dictionary.term
    # What holds of the ontology's own terms is not compared, so its rules are left out.
    for rule in program.rules.rules:
        if rule.head is not None and rule.body and rule.axioms:
            rules.append(f"{atom(rule.head)} :- {', '.join(map(atom, rule.body))} .")
    type_ = rdflib.RDF.type.n3()
    imports = [f'@import triple :- ntriples {{ resource = "{file.resolve()}" }} .']
    for column, table in tables.items():
        name = term_of(column if column >= 0 else ~column)
        if isinstance(name, pyoxigraph.BlankNode):
            continue
        if column >= 0:
            imports.append(f"{table}(?s, ?o) :- triple(?s, {name}, ?o) .")
        else:
            imports.append(f"{table}(?s) :- triple(?s, {type_}, {name}) .")
    start = time.perf_counter()
    exported = [f"@output {table} ." for table in tables.values()]
    engine = library.NemoEngine(library.load_string("\n".join([*imports, *rules, *exported])))
    read = time.perf_counter()
    engine.reason()
    done = time.perf_counter()

    def triples() -> Iterator[tuple[str, ...]]:
        for column, table in tables.items():
            name = term_of(column if column >= 0 else ~column)
            if isinstance(name, pyoxigraph.BlankNode):
                continue
            for row in engine.result(table):
                subject, *values = map(_term_of_nemo, row)
                yield ((subject, str(name), values[0]) if values else (subject, type_, str(name)))

    return _taken(start, read, done), told(triples(), file)


def _term_of_nemo(term: Any) -> str:
    # Names come as texts in brackets, and literals in other ways.
    return term if isinstance(term, str) and term.startswith("<") else f'"{term}"'


# ── What counts ─────────────────────────────────────────────────────────────────────────────────


def told(triples: Iterable[tuple[str, ...]], file: Path) -> Iterator[str]:
    """Yield what was inferred about the data, as lines; values that are literals do not count."""
    with file.open(encoding="utf-8") as lines:
        stated = {line.rstrip(" .\n") for line in lines}
    terms = {n_triples(term) for term in knowledge.ontology().subjects()}
    trivial = {rdflib.OWL.Thing.n3(), rdflib.RDFS.Resource.n3(), rdflib.OWL.NamedIndividual.n3()}
    same = rdflib.OWL.sameAs.n3()
    for subject, predicate, value in triples:
        if (
            subject[0] == value[0] == "<"
            and subject not in terms
            and value not in trivial
            and not (predicate == same and subject == value)
            and not subject[1:].startswith(SPACES)
        ):
            line = f"{subject} {predicate} {value}"
            if line not in stated:
                yield line


def _is_fact(subject: Any) -> bool:
    return isinstance(subject, rdflib.URIRef)


def _taken(start: float, read: float, done: float) -> Measured:
    return {"load": read - start, "infer": done - read, "write": 0.0}


def _together(file: Path, folder: Path) -> Path:
    """Return one file with data and ontology, the latter without labels and the like."""
    together = folder / "together.nt"
    ontology = rdflib.Graph()
    for triple in logical_part(knowledge.ontology()):
        ontology.add(triple)
    with together.open("w", encoding="utf-8") as out, file.open(encoding="utf-8") as data:
        out.writelines(chain(ontology.serialize(format="nt").splitlines(keepends=True), data))
    return together


ENGINES = {
    "reasonable": reasonable,
    "sparq": sparq,
    "owlrl-turbo": owlrl_turbo,
    "nemo": nemo,
}
