"""The closure worked out by a store itself, in plain SPARQL 1.1: for one that is elsewhere.

The compiled rules are sent as updates, in rounds: each meets only what the round before has
brought (semi-naive), and a round that brings nothing is the last. Nothing but answers about axioms,
counts and contradictions comes back; data stay where they are.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from itertools import groupby

import rdflib

from srmgraph import knowledge
from srmgraph.errors import ClosureTooLargeError, InconsistentError
from srmgraph.inference import closure
from srmgraph.inference.contradictions import Clash, of_literals, sentence, sentences
from srmgraph.inference.facts import LITERALS, SUBJECT, VALUE, Delta, Fact, triple
from srmgraph.inference.language import (
    AXIOM_CLASSES,
    AXIOM_PROPERTIES,
    FIRST,
    NOTHING,
    REST,
    SAME,
    SUB_CLASS,
    TERMS,
    THING,
    TYPE,
)
from srmgraph.inference.program import Program, standard
from srmgraph.inference.report import RunReport
from srmgraph.inference.rules import Rule
from srmgraph.inference.sparql_datatypes import suspicious
from srmgraph.inference.sparql_graphs import WorkingGraphs
from srmgraph.inference.sparql_reasons import MOST, Reasons
from srmgraph.inference.sparql_rules import Translation
from srmgraph.inference.state import Progress, State
from srmgraph.store import Store

_LOG = logging.getLogger(__name__)

_TOGETHER = 40
"""How many updates go with one request."""


def close(
    store: Store,
    name: rdflib.URIRef,
    program: Program | None = None,
    *,
    progress: Progress | None = None,
    limit: int | None = None,
) -> RunReport:
    """Let a named graph of a store hold what follows from the rest, by updates of that store.

    The graph is replaced by one request at the end; until then all is as it was, but for the graphs
    that the rules work in, whose names begin with `urn:x-srmgraph:inferring:`.
    Raises InconsistentError, ClosureTooLargeError and what the store raises.
    """
    with _closed(store, program, progress, limit) as run:
        run.graphs.replace(name)
        return run.report


def infer(
    store: Store,
    program: Program | None = None,
    *,
    progress: Progress | None = None,
    limit: int | None = None,
) -> rdflib.Graph:
    """Return what follows, worked out by updates of a store; as `srmgraph.inference.infer`."""
    graph = rdflib.Graph(bind_namespaces="none")
    for prefix, namespace in (knowledge.prefixes() | store.prefixes).items():
        graph.bind(prefix, namespace, replace=True)
    with _closed(store, program, progress, limit) as run:
        run.graphs.fetch(graph)
    return graph


@contextmanager
def _closed(
    store: Store, program: Program | None, progress: Progress | None, limit: int | None
) -> Iterator[_Run]:
    run = _Run(store, program or standard(), progress, limit)
    try:
        run.work()
        yield run
    except BaseException:
        run.graphs.drop_if_possible()
        raise
    run.graphs.drop()


class _Run:
    """One run of a program on a store."""

    def __init__(
        self, store: Store, program: Program, progress: Progress | None, limit: int | None
    ) -> None:
        self.graphs = WorkingGraphs(store)
        self.report = RunReport()
        self._store = store
        self._state = State(program, prefixes=store.prefixes)
        self._original = self._program = program
        self._progress = progress
        self._limit = limit
        self._total = 0
        self._columns: set[int] = set()
        self._own_axioms: Delta = {}
        self._translation = self._translated()

    def _translated(self) -> Translation:
        program = self._program
        dictionary = self._state.dictionary
        return Translation(dictionary, program.datatypes, program.parts, self.graphs.prefix)

    def work(self) -> None:
        """Let the working graphs hold all that follows; raises what `close` raises."""
        start = time.perf_counter()
        self._say("Copying what is stated")
        without = [knowledge.inferred_graph()]
        if self._original is standard():
            # What the store holds of the ontology may be older.
            without.append(knowledge.ontology_graph())
        statements = self.graphs.copy(without)
        if self._limit is None:
            self._limit = closure.LEAST_LIMIT + closure.PER_STATEMENT * statements
        known = self.graphs.known
        columns = self._columns_in(known)
        with_literals = self._with_literals()
        self._check_literals()
        self._own_axioms = self._axioms_in([known])
        if self._own_axioms:
            self._take(self._own_axioms, stated=True)
        else:
            self._take_facts({})
        self._columns |= columns
        while True:
            self._rounds(columns)
            further = self._further()
            if not further:
                break
            self._take(further, stated=False)
            columns = set(self._columns)
        self._say("Looking for contradictions")
        self._refuse(with_literals)
        terms = [self._name(term) for term in self._program.terms if term < LITERALS]
        nameless = [self._name(term) for term in self._program.nameless]
        self.graphs.hide({*terms, *nameless}, nameless)
        self.report.seconds += time.perf_counter() - start

    # ── Rules ───────────────────────────────────────────────────────────────────────────────────

    def _rounds(self, columns: set[int]) -> None:
        """Run the rules: first on all that is known, then on what is new, until nothing is."""
        assert self._limit is not None
        source = ""
        while columns:
            self.report.rounds += 1
            self._say(f"Inferring, round {self.report.rounds}: {self._total} facts follow so far")
            target = self.graphs.next_round()
            count = 0
            updates = self._updates(source, columns, target)
            for name, some in groupby(updates, key=lambda update: update[0]):
                self._send([update for _, update in some])
                found = self.graphs.size(target)
                if found > count:
                    self.report.facts[name] += found - count
                count = found
                if self._total + count > self._limit:
                    raise ClosureTooLargeError(self._limit, name)
            self._total += count
            if not count:
                return
            self.graphs.merge(target)
            columns = self._columns_in(target)
            self._columns |= columns
            source = target

    def _updates(self, source: str, columns: set[int], target: str) -> Iterator[tuple[str, str]]:
        """Yield the rules that new facts in some columns set off, by their names, as updates."""
        assert self._limit is not None
        most = self._limit - self._total + 1
        known = self.graphs.known
        for rule in sorted(self._program.rules.rules, key=lambda rule: rule.name):
            places = [place for place, atom in enumerate(rule.body) if atom.column in columns]
            if rule.head is None or not places or not self._is_possible(rule):
                continue
            for place in places if source else [None]:
                yield (
                    rule.name,
                    self._translation.insertion(rule, place, source, known, target, most),
                )
        if SAME not in self._columns:
            return
        kinds = [True, False] if source and SAME in columns else [False]
        for same_is_new in kinds:
            yield from self._translation.replacements(
                same_is_new=same_is_new, source=source, known=known, target=target, most=most
            )

    def _is_possible(self, rule: Rule) -> bool:
        return self._translation.is_sayable(rule) and all(
            atom.column in self._columns
            or (atom.column < 0 and ~atom.column in self._program.datatypes)
            for atom in rule.body
        )

    def _send(self, updates: list[str]) -> None:
        self.report.fired += len(updates)
        for start in range(0, len(updates), _TOGETHER):
            self._store.update(" ;\n".join(updates[start : start + _TOGETHER]))

    # ── Axioms ──────────────────────────────────────────────────────────────────────────────────

    def _axioms_in(self, graphs: Iterable[str]) -> Delta:
        """Return the axioms that graphs hold, as facts."""
        properties = " ".join(str(TERMS[number]) for number in sorted(AXIOM_PROPERTIES))
        classes = " ".join(str(TERMS[number]) for number in sorted(AXIOM_CLASSES))
        type_ = TERMS[TYPE]
        found: Delta = {}
        for graph in graphs:
            for row in self._store.select(
                f"SELECT ?s ?p ?o FROM {graph} {{ "
                f"{{ VALUES ?p {{ {properties} }} ?s ?p ?o }} UNION "
                f"{{ VALUES ?o {{ {classes} }} ?s {type_} ?o BIND({type_} AS ?p) }} }}"
            ):
                column, number = self._translation.fact(row)
                found.setdefault(column, set()).add(number)
        return found

    def _take(self, axioms: Delta, *, stated: bool) -> None:
        """Let axioms become rules, and put what follows from these alone into what is known."""
        before = self._program.facts.all()
        self._program = self._program.with_axioms(axioms, self._state.dictionary, stated=stated)
        self._translation = self._translated()
        self._take_facts({} if stated else before)

    def _take_facts(self, before: Delta) -> None:
        """Put the facts of the program, but for those before, into what is known."""
        self._state.program = self._program
        graphs = self.graphs
        derived = {key: column.derived for key, column in self._program.facts.columns.items()}
        told = self._graph(_without(self._state.visible(derived), before))
        if len(told):
            # What the data state too is no news.
            offered = graphs.next_round()
            graphs.add(told, offered)
            self._store.update(
                f"DELETE {{ GRAPH {offered} {{ ?s ?p ?o }} }} USING {graphs.known} "
                f"USING NAMED {offered} WHERE {{ GRAPH {offered} {{ ?s ?p ?o }} ?s ?p ?o }}"
            )
            self._total += graphs.size(offered)
        everything = self._program.facts.all()
        graphs.add(self._graph(_without(everything, before)), graphs.known)
        self._columns |= everything.keys()

    def _further(self) -> Delta:
        """Return axioms that follow, for which there are no rules yet and should be."""
        found = self._axioms_in(self.graphs.rounds)
        if not found:
            return {}
        local = self._program.facts.copy()
        local.state(self._program.further)
        self._program.evaluation(local, self._state.dictionary).close(local.all())
        known = local.all()
        further: Delta = {}
        for key, numbers in found.items():
            # In a list, what is the same need not stand in for one another.
            if key in (FIRST, REST):
                continue
            numbers -= known.get(key, set())
            if key == SUB_CLASS:
                numbers = {
                    pair for pair in numbers if pair & VALUE != THING and pair >> SUBJECT != NOTHING
                }
            if numbers:
                further[key] = numbers
        return further

    # ── Contradictions, and what cannot be said ─────────────────────────────────────────────────

    def _refuse(self, with_literals: set[int]) -> None:
        """Raise InconsistentError if there are contradictions; warn of what cannot be said."""
        reasons = Reasons(
            *(self._store, self.graphs, self._translation, self._program, self._columns)
        )
        clashes = reasons.clashes()
        unequal, are_equal = reasons.same_literals(with_literals)
        if clashes or unequal:
            facts = [fact for _, premises, _ in clashes[:MOST] for fact in premises]
            facts += [fact for premises in unequal[:MOST] for fact in premises]
            self._tell(clashes, reasons.grounds(facts))
        for warning in self._warnings(with_literals, are_equal=are_equal):
            _LOG.warning(warning)

    def _tell(
        self, clashes: list[tuple[Rule, tuple[Fact, ...], tuple[int, int] | None]], grounds: Delta
    ) -> None:
        state = State(self._original, prefixes=self._store.prefixes)
        state.dictionary = self._state.dictionary
        for key, numbers in self._own_axioms.items():
            grounds.setdefault(key, set()).update(numbers)
        state.build(grounds)
        others = ["There may be more."] if len(clashes) > MOST else []
        found = sentences(state, state.clashes(state.facts.all()))
        # A server that takes two literals for one may see what is not seen here.
        found = found or sorted(
            sentence(state, Clash(rule.name, premises, rule.axioms, outside)) + "."
            for rule, premises, outside in clashes
        )
        raise InconsistentError([*found, *others])

    def _check_literals(self) -> None:
        rows = self._store.select(
            f"SELECT DISTINCT ?v FROM {self.graphs.known} {{ ?s ?p ?v "
            f"FILTER(isLiteral(?v)) FILTER({suspicious('?v')}) }}"
        )
        numbers = [self._translation.number(row.v) for row in rows]
        bad = sorted(self._state.dictionary.ill_formed.intersection(numbers))
        if bad:
            raise InconsistentError(of_literals(self._state, bad))

    def _with_literals(self) -> set[int]:
        rows = self._store.select(
            f"SELECT DISTINCT ?p FROM {self.graphs.known} {{ ?s ?p ?o FILTER(isLiteral(?o)) }}"
        )
        return {self._translation.number(row.p) for row in rows}

    def _warnings(self, with_literals: set[int], *, are_equal: bool) -> Iterator[str]:
        """Yield a sentence for each thing that the rules would say of literals, and RDF cannot."""
        yield from self._program.warnings
        rules = self._program.rules
        told = set()
        for rule in self._translation.of_literals(rules.rules, with_literals):
            head = rule.head
            assert head is not None
            if head.column == SAME or head.column in rules.set_off or head.column in rules.clashes:
                told.add(head.column)
        for column in sorted(told - {SAME}):
            name = self._translation.term(column if column >= 0 else ~column)
            yield (
                f"{name}: SPARQL cannot say that a literal is one, so what would follow from that "
                "does not. Use the engine “compiled”."
            )
        holds_literal = self._store.holds(
            f"ASK FROM {self.graphs.known} {{ ?s {TERMS[SAME]} ?o FILTER(isLiteral(?o)) }}"
        )
        if are_equal or holds_literal:
            yield (
                "owl:sameAs: SPARQL cannot say that a literal is the same as something, so it is "
                "not put in place of another. Use the engine “compiled”."
            )

    # ── Asking ──────────────────────────────────────────────────────────────────────────────────

    def _columns_in(self, graph: str) -> set[int]:
        number = self._translation.number
        properties = self._store.select(f"SELECT DISTINCT ?p FROM {graph} {{ ?s ?p ?o }}")
        found = {number(row.p) for row in properties} - {TYPE}
        classes = self._store.select(f"SELECT DISTINCT ?c FROM {graph} {{ ?s {TERMS[TYPE]} ?c }}")
        return found | {~number(row.c) for row in classes}

    def _graph(self, delta: Delta) -> rdflib.Graph:
        """Return facts as a graph that the working graphs can hold."""
        graph = rdflib.Graph(bind_namespaces="none")
        term = self._term
        for key, numbers in delta.items():
            for number in numbers:
                subject, predicate, value = triple((key, number))
                if subject < LITERALS:
                    graph.add((term(subject), term(predicate), term(value)))
        return graph

    def _term(self, number: int) -> rdflib.term.Node:
        if self._state.dictionary.is_blank(number):
            return rdflib.URIRef(self._name(number))
        return self._state.dictionary.rdflib(number)

    def _name(self, number: int) -> str:
        return self._translation.term(number)[1:-1]

    def _say(self, text: str) -> None:
        if self._progress is not None:
            self._progress(text)


def _without(one: Delta, other: Delta) -> Delta:
    return {key: numbers - other.get(key, set()) for key, numbers in one.items()}
