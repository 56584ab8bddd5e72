"""What follows from data and ontology by the rules of OWL 2 RL.

Source: OWL 2 Web Ontology Language Profiles (Second Edition), section 4.3.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from srmgraph.errors import InputError
from srmgraph.inference.closure import Change, Closure
from srmgraph.inference.program import Program, standard
from srmgraph.inference.report import ClosureTooLargeError, RunReport
from srmgraph.inference.state import Progress

if TYPE_CHECKING:
    import rdflib

    from srmgraph.store import Store

__all__ = [
    "Change",
    "Closure",
    "ClosureTooLargeError",
    "Program",
    "RunReport",
    "infer",
]

ENGINES = ("compiled", "owlrl")
"""The engines: our own, and the reference implementation, which is slow."""


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
    `progress` hears a sentence at the start of each round.

    Raises InconsistentError when the data contradict the ontology, ClosureTooLargeError when more
    follows than can be meant, and InputError for an engine that there is not.
    """
    if engine == "owlrl":
        from srmgraph.inference import owlrl_engine

        return owlrl_engine.infer(store, ontology, progress)
    if engine not in ENGINES:
        raise InputError(f"There is no inference engine “{engine}”; use {' or '.join(ENGINES)}.")
    program = standard() if ontology is None else Program.compile(ontology)
    return Closure.of_store(store, program, progress=progress).graph()
