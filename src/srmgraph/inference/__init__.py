"""What follows from data and ontology by the rules of OWL 2 RL.

Source: OWL 2 Web Ontology Language Profiles (Second Edition), section 4.3.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from srmgraph.errors import ClosureTooLargeError, InputError
from srmgraph.inference import lookups
from srmgraph.inference.closure import Change, Closure
from srmgraph.inference.language import TERMS, TYPE
from srmgraph.inference.program import Program, standard
from srmgraph.inference.proof import Proof
from srmgraph.inference.report import RunReport
from srmgraph.inference.state import Progress
from srmgraph.values import Values

if TYPE_CHECKING:
    import rdflib

    from srmgraph.store import EmbeddedStore, Store
    from srmgraph.terms import Statement

__all__ = [
    "Change",
    "Closure",
    "ClosureTooLargeError",
    "Program",
    "Proof",
    "RunReport",
    "close",
    "contradictions",
    "explain",
    "infer",
    "prove",
]

ENGINES = ("compiled", "sparql", "owlrl")
"""The engines: our own, in the process or as SPARQL by a store; and the reference implementation,
which is slow."""


_IS_A = ("a", "is a", "is an")
"""How people say that a thing is of a class: as Turtle has it, and as a proof does."""


def infer(
    store: Store,
    ontology: rdflib.Graph | None = None,
    progress: Progress | None = None,
    *,
    engine: str = "compiled",
) -> rdflib.Graph:
    """Return the facts about the data that follow by OWL 2 RL and are not stated; `store` stays.

    Left out is what holds of anything: that a thing is itself, or is a thing; what is said of the
    ontology's own terms; and what cannot be written down, such as a literal as subject.
    `progress` hears a sentence at the start of each round. Axioms outside OWL 2 RL, which have no
    effect or not all of it, are logged as warnings.

    Raises InconsistentError when the data contradict the ontology, ClosureTooLargeError when more
    follows than can be meant, and InputError for an engine that there is not.
    """
    if engine == "owlrl":
        from srmgraph.inference import owlrl_engine

        return owlrl_engine.infer(store, ontology, progress)
    if engine == "sparql":
        from srmgraph.inference import sparql_engine

        return sparql_engine.infer(store, _program(ontology), progress=progress)
    if engine not in ENGINES:
        known = f"{', '.join(ENGINES[:-1])} or {ENGINES[-1]}"
        raise InputError(f"There is no inference engine “{engine}”; use {known}.")
    return Closure.of_store(store, _program(ontology), progress=progress).graph()


def close(store: EmbeddedStore, name: rdflib.URIRef, progress: Progress | None = None) -> int:
    """Let a named graph of a store hold what follows from the rest; return how many facts that is.

    Without rdflib in between, which is several times faster than adding what `infer` returns.
    Raises as `infer` does; then the graph is gone.
    """
    store.remove_graph(name)
    closure = Closure.of_store(store, progress=progress)
    closure.write_to(store, name)
    return len(closure)


def explain(store: Store, statement: Statement, ontology: rdflib.Graph | None = None) -> Proof:
    """Return a shortest proof of a statement from those of a store and of the ontology.

    What follows is worked out first; for more than one question, keep a `Closure` and ask that.
    Raises UnprovedError for a statement that is neither stated nor follows.
    """
    return Closure.of_store(store, _program(ontology), check=False).explain(statement)


def prove(
    store: Store,
    texts: Sequence[str],
    closure: Callable[[], Closure] | None = None,
    *,
    every: bool = False,
) -> list[Proof]:
    """Return a shortest proof of a statement, or every one that differs in its last step.

    `texts` are a thing, a property and a value as people write them; see `Values`. Where looks
    into a store that holds what follows are not enough, its closure is taken as given, or worked
    out.
    Raises ParameterError for one that is not understood, and UnprovedError.
    """
    values = Values({}, store)
    about, by, what = texts
    meant = (about, str(TERMS[TYPE]) if by in _IS_A else by, what)
    thing, name, value = map(values.term, ("thing", "property", "value"), meant)
    statement, kept = (thing, name, value), store.snapshot()
    proof = lookups.prove(kept.oxigraph, statement, kept.prefixes)
    if proof is None:
        whole = Closure.of_store(kept, check=False) if closure is None else closure()
        proof = whole.explain(statement)
    return list(proof.alternatives) if every else [proof]


def contradictions(store: Store, ontology: rdflib.Graph | None = None) -> list[Proof]:
    """Return what in a store contradicts what, each with its proof; nothing if it is consistent.

    Literals whose text is none of their datatype are not among them; `infer` refuses these.
    """
    return Closure.of_store(store, _program(ontology), check=False).contradictions()


def _program(ontology: rdflib.Graph | None) -> Program:
    return standard() if ontology is None else Program.compile(ontology)
