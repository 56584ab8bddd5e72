"""Statements about data with all that follows from them, and what may be told of it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any, TypeAlias

import pyoxigraph
import rdflib

from srmgraph import knowledge
from srmgraph.errors import InconsistentError
from srmgraph.garbage import uncollected
from srmgraph.inference import contradictions
from srmgraph.inference.contradictions import Clash
from srmgraph.inference.dictionary import kept
from srmgraph.inference.facts import LITERALS, SUBJECT, VALUE, Delta, Fact, Facts
from srmgraph.inference.language import EVERYTHING, REFLEXIVE, TYPE
from srmgraph.inference.program import Program, axioms_among
from srmgraph.inference.report import RunReport
from srmgraph.inference.rules import RuleSet
from srmgraph.terms import Statement, triples_to_oxigraph

Progress: TypeAlias = Callable[[str], None]

_TOLD = 100
"""Contradictions that are told in full; more would be read by nobody."""

_PROVED = 3
"""Contradictions that are proved at once, with so much patience."""

_PATIENCE = 20_000


class State:
    """The facts of a program and of data, closed."""

    def __init__(self, program: Program, progress: Progress | None, limit: int | None) -> None:
        self.original = self.program = program
        self.dictionary = program.dictionary.copy()
        self.prefixes = dict(knowledge.prefixes())
        self.report = RunReport()
        self._progress = progress
        self.limit = limit

    def anew(self) -> State:
        """Return an empty state of the same program and dictionary."""
        state = State(self.original, self._progress, self.limit)
        state.dictionary, state.prefixes = self.dictionary, self.prefixes
        state.report = self.report
        return state

    def delta(self, statements: Iterable[Statement]) -> Delta:
        """Return statements as facts, written as the store writes them."""
        return self.dictionary.facts(
            pyoxigraph.Quad(triple.subject, triple.predicate, kept(triple.object))
            for triple in triples_to_oxigraph(statements)
        )

    def build(self, data: Delta) -> None:
        """Take in statements, in place of all that was here but the program, and close them.

        Axioms among them, and those that follow, become rules too.
        """
        program = self.original
        own = axioms_among(data)
        if own:
            program = program.with_axioms(own, self.dictionary, stated=True)
        while True:
            facts = program.facts.copy()
            evaluation = program.evaluation(
                facts, self.dictionary, limit=self.limit, progress=self._progress
            )
            evaluation.report = self.report
            with uncollected():
                derived = evaluation.close(facts.state(data))
            further = program.further_axioms(evaluation, derived)
            if not further:
                break
            program = program.with_axioms(further, self.dictionary, stated=False)
        self.program, self.facts, self.evaluation = program, facts, evaluation

    # ── What is there ───────────────────────────────────────────────────────────────────────────

    def stated(self) -> Delta:
        """Return what the data state, with what the ontology states."""
        return {key: column.facts - column.derived for key, column in self.facts.columns.items()}

    def derived(self) -> Delta:
        """Return what follows and is not stated, without a copy."""
        return {key: column.derived for key, column in self.facts.columns.items()}

    def visible(self, delta: Delta) -> Delta:
        """Return the facts that are told of: not what is trivial, and not of the ontology's terms.

        Nor what cannot be written down, such as a literal as subject.
        """
        blank = self.program.nameless
        terms, language = self.program.terms | blank, self.dictionary.of_language
        found: Delta = {}
        for key, numbers in delta.items():
            if key < 0:
                if ~key in EVERYTHING or ~key in blank or ~key >= LITERALS:
                    continue
                shown = {who for who in numbers - terms - language if who < LITERALS}
            elif not self.dictionary.is_iri(key):
                continue
            else:
                shown = {
                    pair
                    for pair in numbers
                    if (who := pair >> SUBJECT) < LITERALS
                    and who not in terms
                    and who not in language
                }
                if key in REFLEXIVE:
                    shown = {pair for pair in shown if pair >> SUBJECT != pair & VALUE}
                if blank:
                    shown = {pair for pair in shown if pair & VALUE not in blank}
            if shown:
                found[key] = shown
        return found

    def statements(self, visible: Delta) -> Iterator[Statement]:
        """Yield facts that are told of as statements."""
        rdflib_term = self.dictionary.rdflib
        for key, numbers in visible.items():
            if key < 0:
                of = rdflib_term(~key)
                type_ = rdflib_term(TYPE)
                for who in numbers:
                    yield rdflib_term(who), type_, of
            else:
                by = rdflib_term(key)
                for pair in numbers:
                    yield rdflib_term(pair >> SUBJECT), by, rdflib_term(pair & VALUE)

    def quads(self, visible: Delta, name: rdflib.URIRef) -> Iterator[pyoxigraph.Quad]:
        """Yield facts that are told of, in a named graph, as the store's engine takes them."""
        graph = pyoxigraph.NamedNode(name)
        # Any: what is visible has an IRI as property, and no literal as subject.
        term: Callable[[int], Any] = self.dictionary.term
        type_ = term(TYPE)
        for key, numbers in visible.items():
            if key < 0:
                of = term(~key)
                for who in numbers:
                    yield pyoxigraph.Quad(term(who), type_, of, graph)
            else:
                by = term(key)
                for pair in numbers:
                    yield pyoxigraph.Quad(term(pair >> SUBJECT), by, term(pair & VALUE), graph)

    def ranks(self) -> dict[Fact, int]:
        """Return for each fact that follows a number above those of the facts it follows from.

        A rule from an axiom that itself follows is used only when that axiom has its number.
        """
        facts = Facts()
        facts.state(self.stated())
        found: dict[Fact, int] = {}
        rank = used = 0

        def record(new: Delta) -> None:
            for key, numbers in new.items():
                found.update({(key, number): rank for number in numbers})

        while True:
            rules = [
                rule
                for rule in self.program.rules.rules
                if all(axiom in facts for axiom in rule.axioms)
            ]
            if len(rules) == used:
                return found
            used = len(rules)
            evaluation = self.program.evaluation(facts, self.dictionary)
            evaluation.rules = RuleSet.of(rules)
            rank += 1
            record(evaluation.given())
            delta = facts.all()
            while delta:
                rank += 1
                delta = evaluation.step(delta)
                record(delta)

    # ── Contradictions ──────────────────────────────────────────────────────────────────────────

    def clashes(self, delta: Delta) -> list[Clash]:
        """Return the contradictions that some facts take part in, in a fixed order."""
        found = set()
        for rule, premises, values in self.evaluation.clashes(delta):
            outside = None
            for condition in rule.conditions:
                if condition.kind == "outside":
                    (term,) = condition.variables
                    outside = (values[term] if term >= 0 else ~term, condition.datatype)
            # Two facts that exclude each other do so once, whichever comes first.
            ordered = tuple(sorted(premises)) if rule.name == "prp-asyp" else premises
            found.add(Clash(rule.name, ordered, rule.axioms, outside))
        return sorted(found, key=lambda clash: (clash.rule, clash.premises, clash.axioms))

    def refuse(self, clashes: list[Clash]) -> None:
        """Raise InconsistentError if there are contradictions."""
        from srmgraph.inference.proof import contradiction, detached

        if clashes:
            told = contradictions.sentences(self, clashes[:_TOLD], len(clashes) - _TOLD)
            raise InconsistentError(
                told,
                [detached(contradiction(self, clash, _PATIENCE)) for clash in clashes[:_PROVED]],
            )

    def check_literals(self, delta: Delta) -> None:
        """Raise InconsistentError for texts that are none of their datatypes."""
        from srmgraph.inference.proof import ill_formed

        bad = self.dictionary.ill_formed
        if not bad:
            return
        found: set[Fact] = {
            (key, pair)
            for key, numbers in delta.items()
            if key >= 0
            for pair in numbers
            if pair & VALUE in bad
        }
        if found:
            values = {pair & VALUE for _, pair in found}
            raise InconsistentError(
                contradictions.of_literals(self, sorted(values)),
                [ill_formed(self, fact) for fact in sorted(found)[:_PROVED]],
            )
