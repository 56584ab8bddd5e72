"""What validation found: results and the report that holds them.

Source: SHACL section 3 (validation and validation report).
"""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cached_property
from itertools import groupby
from pathlib import Path
from typing import TypeAlias, TypeVar

from rdflib import RDF, SH, BNode, Graph, Literal, URIRef
from rdflib.term import Node

from srmgraph.names import short
from srmgraph.terms import Statement, n_triples
from srmgraph.validation import paths

SEVERITIES = ("Violation", "Warning", "Info")
"""The severities of SHACL, the worst first."""


GraphTotals: TypeAlias = Mapping[tuple[URIRef | None, str], int]
"""How many results there are, by named graph (None is the default graph) and severity."""

Described: TypeAlias = Mapping[Node, tuple[URIRef | None, ...]]
"""The named graphs in which things are described (None is the default graph)."""

_Key = TypeVar("_Key")


@dataclass(frozen=True, slots=True)
class Rule:
    """A shape with a target, as people meet it.

    `name` is the last part of the shape's IRI; `message` says what is expected and `advice` what to
    do, both in plain words and empty where the shape does not say.
    """

    shape: Node
    name: str
    severity: str
    message: str
    advice: str


@dataclass(frozen=True, slots=True)
class Result:
    """One thing that one rule found.

    `language` is the tag of the message's language, empty where it has none; `translations` are the
    other messages that the shape gives, as in other languages. `source_constraint` is the SPARQL
    constraint that found it, if one did.
    """

    rule: str
    severity: str
    message: str
    advice: str
    focus_node: Node
    path: paths.Path | None
    value: Node | None
    source_shape: Node
    component: URIRef
    language: str = ""
    source_constraint: Node | None = None
    translations: tuple[Literal, ...] = ()

    def __hash__(self) -> int:
        """A hash of what tells most results apart, as each is looked up again and again."""
        return hash((self.rule, self.focus_node, self.value))

    def first_key(self) -> tuple[int, str, str]:
        """That with which `sort_key` begins, and which is found sooner than all of it."""
        return severity_rank(self.severity), self.rule, str(self.focus_node)

    def sort_key(self) -> tuple[int | str, ...]:
        """The worst first, then by rule, focus node, path and value."""
        return (
            *self.first_key(),
            "" if self.path is None else paths.sparql(self.path),
            "" if self.value is None else n_triples(self.value),
            self.message,
            str(self.component),
            str(self.source_shape),
            str(self.source_constraint or ""),
            self.language,
        )


@dataclass(frozen=True, slots=True)
class Work:
    """How much was done to bring a report up to date.

    `queries` of `of` queries were run, for `nodes` focus nodes or values in all; `whole` names the
    rules that were checked for all their focus nodes, each with the reason.
    """

    queries: int = 0
    of: int = 0
    nodes: int = 0
    whole: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Repair:
    """A change with which a result is gone, and the same rule finds nothing new about the thing.

    `kind` is `add`, `remove`, `replace`, or `did-you-mean` where a value was found by its spelling;
    `is_certain` says that the shape leaves no choice. `removed` and `added` are the statements;
    `update` is the same as SPARQL Update, with the graphs in which they stand.
    """

    kind: str
    is_certain: bool
    removed: tuple[Statement, ...]
    added: tuple[Statement, ...]
    update: str


@dataclass(frozen=True, slots=True)
class Place:
    """A line of a file, counted from 1; `words` say it where files have no lines, but cells."""

    file: Path
    line: int
    words: str = ""

    def __str__(self) -> str:
        return self.words or f"{self.file}:{self.line}"


@dataclass(frozen=True, slots=True)
class Cost:
    """What a rule cost: how many queries, how many results, and seconds of a processor."""

    rule: str
    queries: int
    results: int
    seconds: float


@dataclass(frozen=True)
class Report:
    """The outcome of a validation.

    `results` are sorted. They are all that was found, unless `totals` is there, which counts what
    was found by rule and severity; then `graph_totals` counts it by named graph and severity.
    `rules` are all rules that were checked, whether or not they found anything. `labels` gives the
    names by which things of the data are known to people; `prefixes` shortens IRIs; `notes` says
    what a reader should know about how the report was made. `graphs` gives the named graphs in
    which a thing is described (None is the default graph), where there are named graphs. `hints`
    gives, for a term that nobody declared, one that it may be meant for. `places` says where in the
    files a thing is described, or what a result is about, once somebody has looked.

    `repairs` gives, for a result, what would mend it, once somebody has looked (`propose`).
    `unchecked` gives, for a rule that could not be checked or not wholly, the reason: then a report
    without results does not mean that nothing is wrong.

    `costs` are what each rule cost, the dearest first; `work` says how much was done where the
    report was brought up to date from an earlier one; `made` is the moment (UTC) when the
    validation began. Reports that differ in these only are equal.

    `str(report)` is the text for people.
    """

    results: tuple[Result, ...]
    rules: tuple[Rule, ...] = ()
    labels: Mapping[Node, str] = field(default_factory=dict)
    prefixes: Mapping[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    totals: Mapping[tuple[str, str], int] | None = None
    graph_totals: GraphTotals | None = None
    graphs: Described = field(default_factory=dict)
    hints: Mapping[Node, URIRef] = field(default_factory=dict)
    places: Mapping[Node | Result, Place] = field(default_factory=dict)
    repairs: Mapping[Result, tuple[Repair, ...]] = field(default_factory=dict)
    unchecked: Mapping[str, str] = field(default_factory=dict)
    costs: tuple[Cost, ...] = field(default=(), compare=False)
    work: Work | None = field(default=None, compare=False)
    made: datetime | None = field(default=None, compare=False)

    @property
    def is_complete(self) -> bool:
        """Whether all rules could be checked."""
        return not self.unchecked

    @property
    def conforms(self) -> bool:
        """Whether all rules were checked, and there is no result of severity Violation.

        After a failure nothing conforms (SHACL, section 3.5): what was not looked at may be wrong.
        """
        return self.is_complete and not self.fails()

    def fails(self, at: str = "Violation") -> bool:
        """Whether there is a result of severity *at* or worse."""
        if self.totals is not None:
            limit = severity_rank(at)
            return any(n and severity_rank(its) <= limit for (_, its), n in self.totals.items())
        # The worst comes first.
        worst = self.results[0].severity if self.results else ""
        return bool(worst) and severity_rank(worst) <= severity_rank(at)

    def at_least(self, severity: str) -> Report:
        """The same report without the results that are milder than *severity*."""
        limit = severity_rank(severity)
        kept = tuple(r for r in self.results if severity_rank(r.severity) <= limit)
        return replace(
            self,
            results=kept,
            totals=_at_least(self.totals, limit),
            graph_totals=_at_least(self.graph_totals, limit),
        )

    @cached_property
    def counts(self) -> Mapping[str, int]:
        """How many results there are of each severity, the worst first."""
        counted = Counter[str]()
        if self.totals is not None:
            for (_, severity), number in self.totals.items():
                counted[severity] += number
        else:
            place = 0
            while place < len(self.results):
                # They are in this order, and may be very many.
                severity, start = self.results[place].severity, place
                rank = severity_rank(severity)
                is_known = rank < len(SEVERITIES)
                place = (
                    bisect_right(self.results, rank, place, key=_rank) if is_known else place + 1
                )
                counted[severity] += place - start
        others = sorted(set(counted) - set(SEVERITIES))
        return {severity: counted[severity] for severity in (*SEVERITIES, *others)}

    def number(self, rule: str) -> int:
        """How many results a rule has, whether or not all of them are in the report."""
        return sum(self.counts_by_rule.get(rule, {}).values())

    @cached_property
    def by_rule(self) -> Mapping[str, tuple[Result, ...]]:
        """The results of each rule that found something, in the order of the report."""
        groups: dict[str, list[Result]] = {}
        for result in self.results:
            groups.setdefault(result.rule, []).append(result)
        return {rule: tuple(results) for rule, results in groups.items()}

    @cached_property
    def counts_by_rule(self) -> Mapping[str, Mapping[str, int]]:
        """How many results of each severity each rule has that found something, in the order of
        the report, whether or not all of them are in it."""
        counted: dict[str, Counter[str]] = {rule: Counter() for rule in self.by_rule}
        if self.totals is None:
            for result in self.results:
                counted[result.rule][result.severity] += 1
        else:
            # Of some rules, no result may be in the report.
            for rule, severity in sorted(self.totals, key=lambda one: (severity_rank(one[1]), one)):
                counted.setdefault(rule, Counter())[severity] += self.totals[rule, severity]
        return {rule: _worst_first(counts) for rule, counts in counted.items()}

    @cached_property
    def by_graph(self) -> Mapping[URIRef | None, Mapping[str, int]]:
        """How many results of each severity concern what is described in each named graph.

        A result that concerns several graphs counts in each; one about a thing that is described
        nowhere counts in the default graph, None.
        """
        totals = self.graph_totals
        if totals is None:
            totals = counted_by_graph(self.results, self.graphs)
        counted: dict[URIRef | None, dict[str, int]] = {}
        for (graph, severity), number in totals.items():
            counted.setdefault(graph, {})[severity] = number
        return {
            graph: _worst_first(counts)
            for graph, counts in sorted(counted.items(), key=lambda item: str(item[0] or ""))
        }

    def subject(self, result: Result) -> Node:
        """What a result is about: its focus node or, for a rule that looks at the whole graph at
        once, its value."""
        for node in (result.focus_node, result.value):
            if node is not None and (node in self.graphs or node in self.places):
                return node
        return result.focus_node

    def described_in(self, result: Result) -> tuple[URIRef | None, ...]:
        """The graphs in which what a result is about is described; see `graphs`."""
        return _described_in(result, self.graphs)

    def place(self, result: Result) -> Place | None:
        """Where in the files a result is about, as far as that is known."""
        return self.places.get(result) or self.places.get(self.subject(result))

    def name(self, node: Node) -> str:
        """What people call *node*: its label, else its prefixed name, else its IRI or text."""
        return self.labels.get(node) or self.short(node)

    def short(self, node: Node) -> str:
        """*node* without its label: a prefixed name where a prefix is known, else as it is."""
        return short(node, self.prefixes)

    def graph(self) -> Graph:
        """The report in RDF, as SHACL defines it."""
        graph = Graph(bind_namespaces="none")
        for prefix, namespace in {**self.prefixes, "sh": str(SH)}.items():
            graph.bind(prefix, namespace)
        report = BNode()
        graph.add((report, RDF.type, SH.ValidationReport))
        # SHACL counts results of any severity: only a report without results conforms.
        is_without = not any(self.counts.values())
        graph.add((report, SH.conforms, Literal(self.is_complete and is_without)))
        for number, result in enumerate(self.results):
            # Named in their order, in which a writer keeps them, and like nothing in the data.
            node = BNode(f"sh_result_{number:09}")
            graph.add((report, SH.result, node))
            graph.add((node, RDF.type, SH.ValidationResult))
            graph.add((node, SH.focusNode, result.focus_node))
            graph.add((node, SH.resultSeverity, severity_iri(result.severity)))
            graph.add((node, SH.sourceShape, result.source_shape))
            graph.add((node, SH.sourceConstraintComponent, result.component))
            if result.message:
                text = Literal(result.message, lang=result.language or None)
                for message in (text, *result.translations):
                    graph.add((node, SH.resultMessage, message))
            # A blank node of the shapes says nothing in a graph that does not hold them.
            if isinstance(result.source_constraint, URIRef):
                graph.add((node, SH.sourceConstraint, result.source_constraint))
            if result.path is not None:
                graph.add((node, SH.resultPath, paths.add(result.path, graph)))
            if result.value is not None:
                graph.add((node, SH.value, result.value))
        return graph

    def __str__(self) -> str:
        from srmgraph.validation.formats import text

        return text.render(self)


def _at_least(
    totals: Mapping[tuple[_Key, str], int] | None, rank: int
) -> Mapping[tuple[_Key, str], int] | None:
    if totals is None:
        return None
    return {key: number for key, number in totals.items() if severity_rank(key[1]) <= rank}


def counted_by_graph(
    results: Iterable[Result], graphs: Described
) -> Counter[tuple[URIRef | None, str]]:
    """How many results there are by graph and severity; see `Report.by_graph`."""
    return Counter(
        (graph, result.severity)
        for result in results
        for graph in _described_in(result, graphs) or (None,)
    )


def _described_in(result: Result, graphs: Described) -> tuple[URIRef | None, ...]:
    # A rule that looks at the whole graph at once is about the value.
    nodes = (result.focus_node, result.value)
    return next((graphs[node] for node in nodes if node is not None and node in graphs), ())


def _worst_first(counts: Mapping[str, int]) -> dict[str, int]:
    return dict(sorted(counts.items(), key=lambda item: (severity_rank(item[0]), item[0])))


def _rank(result: Result) -> int:
    return severity_rank(result.severity)


def severity_rank(severity: str) -> int:
    """The place of *severity* among the severities, 0 for the worst; unknown ones come last."""
    return SEVERITIES.index(severity) if severity in SEVERITIES else len(SEVERITIES)


def severity_iri(severity: str) -> URIRef:
    """The IRI of *severity*; one that is not SHACL's own is an IRI already."""
    return SH[severity] if severity in SEVERITIES else URIRef(severity)


def severity_name(iri: Node) -> str:
    """The name of a severity: `Violation` for sh:Violation, the IRI for one of other origin."""
    name = str(iri).removeprefix(str(SH))
    return name if name in SEVERITIES else str(iri)


def sorted_results(results: Iterable[Result]) -> tuple[Result, ...]:
    """*results* in the order of the report."""
    ordered: list[Result] = []
    for _, alike in groupby(sorted(results, key=Result.first_key), Result.first_key):
        some = list(alike)
        # Most are told apart by that which is found soon.
        ordered += sorted(some, key=Result.sort_key) if len(some) > 1 else some
    return tuple(ordered)
