"""Statements about data with all that follows from them, and what may be told of it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cached_property
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, TypeAlias

import pyoxigraph
import rdflib

from srmgraph import knowledge
from srmgraph.errors import InconsistentError
from srmgraph.garbage import uncollected
from srmgraph.inference import contradictions
from srmgraph.inference.contradictions import Clash
from srmgraph.inference.dictionary import kept
from srmgraph.inference.evaluation import Evaluation
from srmgraph.inference.facts import LITERALS, SUBJECT, VALUE, Delta, Fact, Facts
from srmgraph.inference.language import EVERYTHING, REFLEXIVE, TYPE
from srmgraph.inference.program import Program, axioms_among, speaks_of_axioms
from srmgraph.inference.report import RunReport
from srmgraph.inference.rules import RuleSet
from srmgraph.terms import Statement, sorted_lines, triples_to_oxigraph

if TYPE_CHECKING:
    from srmgraph.inference.columns import ColumnDelta
    from srmgraph.numbers import Numbers

Progress: TypeAlias = Callable[[str], None]

Shown: TypeAlias = "Mapping[int, set[int] | Numbers]"
"""Facts by their columns, each a set or sorted numbers."""

_TOLD = 100
"""Contradictions that are told in full; more would be read by nobody."""

_PROVED = 3
"""Contradictions that are proved at once, with so much patience."""

_PATIENCE = 20_000


class State:
    """The facts of a program and of data, closed; `prefixes` are those of the data."""

    def __init__(
        self,
        program: Program,
        progress: Progress | None = None,
        limit: int | None = None,
        prefixes: Mapping[str, str] = MappingProxyType({}),
    ) -> None:
        self.original = self.program = program
        self.dictionary = program.dictionary.copy()
        self._prefixes = dict(prefixes)
        self.report = RunReport()
        self._progress = progress
        self.limit = limit

    def anew(self) -> State:
        """Return an empty state of the same program and dictionary."""
        state = State(self.original, self._progress, self.limit, self._prefixes)
        state.dictionary, state.report = self.dictionary, self.report
        return state

    @cached_property
    def prefixes(self) -> dict[str, str]:
        """The prefixes of the project, and of the data."""
        # To read the project's takes longer than to close a small file.
        return knowledge.prefixes() | self._prefixes

    def delta(self, statements: Iterable[Statement]) -> Delta:
        """Return statements as facts, written as the store writes them."""
        return self.dictionary.facts(
            pyoxigraph.Quad(triple.subject, triple.predicate, kept(triple.object))
            for triple in triples_to_oxigraph(statements)
        )

    def build_of_columns(self, data: ColumnDelta, *, check: bool) -> bool:
        """Do what `build` does, on columns; return whether contradictions are to be looked for.

        Raises EqualityFound for what columns cannot do; then nothing has been taken in.
        """
        from srmgraph.inference.columns import ColumnEvaluation

        columns: ColumnEvaluation | None = None

        def close(evaluation: Evaluation) -> Delta:
            nonlocal columns
            columns = ColumnEvaluation(evaluation)
            columns.close(data)
            every = evaluation.facts.columns
            return {key: every[key].derived for key in list(every) if speaks_of_axioms(key)}

        self._build({key: set(data[key].tolist()) for key in data if speaks_of_axioms(key)}, close)
        return check and columns is not None and columns.has_clash()

    def build(self, data: Delta) -> None:
        """Take in statements, in place of all that was here but the program, and close them.

        Axioms among them, and those that follow, become rules too.
        """
        self._build(data, lambda evaluation: evaluation.close(evaluation.facts.state(data)))

    def _build(self, data: Delta, close: Callable[[Evaluation], Delta]) -> None:
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
                derived = close(evaluation)
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
            if not self._is_told(key):
                continue
            if key < 0:
                shown = {who for who in numbers - terms - language if who < LITERALS}
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

    def _is_told(self, key: int) -> bool:
        """Tell whether there is anything to tell of a column."""
        if key >= 0:
            return self.dictionary.is_iri(key)
        of = ~key
        return of not in EVERYTHING and of not in self.program.nameless and of < LITERALS

    def shown(self) -> Shown:
        """Return what follows, is not stated, and is told of; no column is taken apart for it."""
        apart: Delta = {}
        whole: dict[int, Numbers] = {}
        for key, column in self.facts.columns.items():
            if column.numbers is None:
                apart[key] = column.derived
            elif self._is_told(key):
                whole[key] = column.numbers[1]
        found: dict[int, set[int] | Numbers] = dict(self.visible(apart))
        if whole:
            from srmgraph.inference.encoded import told

            blank = self.program.nameless
            hidden = self.program.terms | blank | self.dictionary.of_language
            found |= told(whole, hidden, blank)
        return found

    def statements(self, visible: Shown) -> Iterator[Statement]:
        """Yield facts that are told of as statements."""
        rdflib_term = self.dictionary.rdflib
        for key, numbers in visible.items():
            if key < 0:
                of = rdflib_term(~key)
                type_ = rdflib_term(TYPE)
                for who in _listed(numbers):
                    yield rdflib_term(who), type_, of
            else:
                by = rdflib_term(key)
                for pair in _listed(numbers):
                    yield rdflib_term(pair >> SUBJECT), by, rdflib_term(pair & VALUE)

    def quads(self, visible: Shown, name: rdflib.URIRef | None) -> Iterator[pyoxigraph.Quad]:
        """Yield facts that are told of, in a graph, as the store's engine takes them."""
        graph = pyoxigraph.DefaultGraph() if name is None else pyoxigraph.NamedNode(name)
        # Any: what is visible has an IRI as property, and no literal as subject.
        term: Callable[[int], Any] = self.dictionary.term
        type_ = term(TYPE)
        for key, numbers in visible.items():
            if key < 0:
                of = term(~key)
                for who in _listed(numbers):
                    yield pyoxigraph.Quad(term(who), type_, of, graph)
            else:
                by = term(key)
                for pair in _listed(numbers):
                    yield pyoxigraph.Quad(term(pair >> SUBJECT), by, term(pair & VALUE), graph)

    def text(self, visible: Shown) -> bytes:
        """Return facts that are told of in N-Triples, its lines sorted."""
        columns = {key: numbers for key, numbers in visible.items() if not isinstance(numbers, set)}
        if not columns:
            return sorted_lines(quad.triple for quad in self.quads(visible, None))
        from srmgraph.inference.encoded import column_of, written

        columns |= {
            key: column_of(numbers) for key, numbers in visible.items() if isinstance(numbers, set)
        }
        return written(columns, self.dictionary)

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


def _listed(numbers: set[int] | Numbers) -> Iterable[int]:
    return numbers if isinstance(numbers, set) else numbers.tolist()
