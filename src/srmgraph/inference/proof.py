"""Why a statement is true: a proof as text, as a picture and as RDF."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import rdflib
from rdflib import PROV, RDF, RDFS, BNode, Literal

from srmgraph.errors import UnprovedError
from srmgraph.inference import contradictions
from srmgraph.inference.contradictions import Clash
from srmgraph.inference.facts import Fact, triple
from srmgraph.inference.search import PATIENCE, Search
from srmgraph.inference.words import Words
from srmgraph.terms import Statement

if TYPE_CHECKING:
    from srmgraph.inference.state import State

_LONGER = 8
"""Steps that another proof may have more than the shortest one."""


@dataclass(frozen=True)
class Proof:
    """Why a statement is true, or what contradicts what.

    `statement` is what is proved, or None for a contradiction, and `sentence` says it in words.
    `rule` is the name of the last rule in the specification of OWL 2 RL, and `premises` are proofs
    of what it was applied to; what is stated has neither. `is_axiom` tells what the ontology says
    from what the data say. `is_shortest` is false where a shortest proof would take too long to
    find, so that another one was taken.
    """

    statement: Statement | None
    sentence: str
    rule: str = ""
    premises: tuple[Proof, ...] = ()
    is_axiom: bool = False
    is_shortest: bool = True
    _source: tuple[State, Fact] | None = field(default=None, repr=False, compare=False)

    @property
    def is_stated(self) -> bool:
        """Whether it is stated, and so needs no proof."""
        return not self.rule

    @property
    def steps(self) -> int:
        """How many rules were applied, counting one as often as it occurs."""
        return 0 if self.is_stated else 1 + sum(premise.steps for premise in self.premises)

    @property
    def alternatives(self) -> tuple[Proof, ...]:
        """All proofs that differ in their last step, the shortest first, this one among them.

        Each goes on by shortest proofs, and none uses what it is to prove. Left out are proofs much
        longer than the shortest. To be asked before the closure changes again.
        """
        if self._source is None or self.is_stated:
            return (self,)
        return tuple(_alternatives(self, *self._source))

    def parts(self) -> list[Proof]:
        """Return all proofs in this one, each once, premises before what follows from them."""
        found: dict[int, Proof] = {}

        def visit(proof: Proof) -> None:
            if id(proof) not in found:
                for premise in proof.premises:
                    visit(premise)
                found[id(proof)] = proof

        visit(self)
        return list(found.values())

    # ── As text ─────────────────────────────────────────────────────────────────────────────────

    def __str__(self) -> str:
        return "\n".join(self._lines(0, set()))

    def _lines(self, depth: int, said: set[str]) -> Iterator[str]:
        indent = "    " * depth
        if self.is_stated:
            yield f"{indent}{self.sentence} ({'ontology' if self.is_axiom else 'stated'})"
        elif self.sentence in said:
            yield f"{indent}{self.sentence} (as above)"
        else:
            said.add(self.sentence)
            yield f"{indent}{self.sentence}, because [{self.rule}]"
            told: set[str] = set()
            for premise in self.premises:
                if premise.sentence not in told:
                    told.add(premise.sentence)
                    yield from premise._lines(depth + 1, said)

    # ── As a picture ────────────────────────────────────────────────────────────────────────────

    def mermaid(self) -> str:
        """Return the proof as a flowchart in the language of Mermaid.

        Statements are boxes, with rounded corners where they follow and double sides where the
        ontology says them; rules are diamonds.
        """
        parts = self.parts()
        number = {id(proof): place for place, proof in enumerate(parts)}
        lines = ["flowchart TD"]
        for proof in parts:
            own = number[id(proof)]
            text = proof.sentence.replace("&", "#amp;").replace('"', "#quot;")
            text = text.replace("<", "#lt;").replace(">", "#gt;").replace("\n", " ")
            start, end = ("[[", "]]") if proof.is_axiom else ("[", "]")
            start, end = (start, end) if proof.is_stated else ("(", ")")
            lines.append(f'    s{own}{start}"{text}"{end}')
            if not proof.is_stated:
                lines.append(f'    r{own}{{"{proof.rule}"}} --> s{own}')
                lines += [f"    s{number[id(one)]} --> r{own}" for one in proof.premises]
        return "\n".join(lines) + "\n"

    # ── As RDF ──────────────────────────────────────────────────────────────────────────────────

    def graph(self) -> rdflib.Graph:
        """Return the proof as RDF: statements (rdf:Statement) and applications of rules.

        An application is a prov:Activity labelled with the name of the rule; it used (prov:used)
        the premises and generated (prov:wasGeneratedBy) what follows.
        """
        graph = rdflib.Graph(bind_namespaces="none")
        for prefix, namespace in (("rdf", RDF), ("rdfs", RDFS), ("prov", PROV)):
            graph.bind(prefix, namespace)
        parts = self.parts()
        nodes = {id(proof): BNode(f"s{place}") for place, proof in enumerate(parts)}
        for place, proof in enumerate(parts):
            node = nodes[id(proof)]
            graph.add((node, RDFS.label, Literal(proof.sentence)))
            if proof.statement is not None:
                graph.add((node, RDF.type, RDF.Statement))
                for name, term in zip(
                    (RDF.subject, RDF.predicate, RDF.object), proof.statement, strict=True
                ):
                    graph.add((node, name, term))
            if not proof.is_stated:
                activity = BNode(f"r{place}")
                graph.add((node, PROV.wasGeneratedBy, activity))
                graph.add((activity, RDF.type, PROV.Activity))
                graph.add((activity, RDFS.label, Literal(proof.rule)))
                for premise in proof.premises:
                    graph.add((activity, PROV.used, nodes[id(premise)]))
                    graph.add((node, PROV.wasDerivedFrom, nodes[id(premise)]))
        return graph


def prove(state: State, statement: Statement) -> Proof:
    """Return a shortest proof of a statement.

    Raises UnprovedError for one that is neither stated nor follows.
    """
    fact = state.dictionary.fact(statement)
    if fact not in state.facts:
        raise unproved(state, fact)
    return _proof(fact, Search(state), Words(state), {})


def unproved(state: State, fact: Fact) -> UnprovedError:
    """Return the error that tells that a fact does not follow."""
    sentence = contradictions.stated(state, fact)
    return UnprovedError(f"That {sentence} is neither stated, nor does it follow.")


def detached(proof: Proof) -> Proof:
    """Return a proof that goes anywhere: it no longer knows the facts that it was found among."""
    known: dict[int, Proof] = {}
    for part in proof.parts():
        premises = tuple(known[id(premise)] for premise in part.premises)
        known[id(part)] = replace(part, premises=premises, _source=None)
    return known[id(proof)]


def ill_formed(state: State, fact: Fact) -> Proof:
    """Return the proof that a statement contradicts itself: its value is none of its datatype."""
    (sentence,) = contradictions.of_literals(state, [triple(fact)[2]])
    stated = Proof(state.dictionary.statement(fact), contradictions.stated(state, fact))
    return Proof(None, sentence.removesuffix("."), "dt-not-type", (stated,))


def contradiction(state: State, clash: Clash, patience: int = PATIENCE) -> Proof:
    """Return the proof of a contradiction; with less patience, it may not be a shortest one."""
    search, words = Search(state, patience=patience), Words(state)
    known: dict[Fact, Proof] = {}
    premises = tuple(
        _proof(fact, search, words, known) for fact in (*clash.premises, *clash.axioms)
    )
    sentence = contradictions.sentence(state, clash, words.name)
    return Proof(None, sentence, clash.rule, premises, is_shortest=search.is_exact)


def _alternatives(proof: Proof, state: State, fact: Fact) -> Iterator[Proof]:
    words = Words(state)
    search = Search(state, without=fact)
    longest = proof.steps + _LONGER
    found = []
    for rule, premises in search.derivations(fact):
        lengths = [search.length(premise, longest) for premise in premises]
        if None not in lengths:
            found.append((sum(length or 0 for length in lengths), rule, premises))
    for _, rule, premises in sorted(found):
        known: dict[Fact, Proof] = {}
        proofs = tuple(_proof(premise, search, words, known) for premise in premises)
        yield Proof(proof.statement, proof.sentence, rule, proofs, _source=(state, fact))


def _proof(fact: Fact, search: Search, words: Words, known: dict[Fact, Proof]) -> Proof:
    found = known.get(fact)
    if found is None:
        state = search.state
        step = search.step(fact)
        rule, facts = step if step is not None else ("", ())
        premises = tuple(_proof(premise, search, words, known) for premise in facts)
        found = known[fact] = Proof(
            state.dictionary.statement(fact),
            words.sentence(fact),
            rule,
            premises,
            is_axiom=search.is_axiom(fact),
            is_shortest=search.is_exact,
            _source=(state, fact),
        )
    return found
