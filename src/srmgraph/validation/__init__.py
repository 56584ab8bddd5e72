"""Validation: do data keep the rules?

Data are validated together with the ontology, which says what is a kind of what; neither is
changed. Rules are SHACL shapes: those of the project unless others are given.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Iterable, Mapping
from contextlib import closing, suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cache
from typing import TYPE_CHECKING
from typing import Literal as OneOf
from weakref import ref

from rdflib import Graph
from rdflib.term import Node

from srmgraph import knowledge
from srmgraph.errors import ShapesError
from srmgraph.store import EmbeddedStore
from srmgraph.validation import engine as compiled_engine
from srmgraph.validation import incremental, reference, runs, things, wellformed
from srmgraph.validation import standing as standing_reports
from srmgraph.validation.incremental import Change
from srmgraph.validation.outcome import Gathered, Limit, Outcome, Sums, mentioned
from srmgraph.validation.places import locate, placed
from srmgraph.validation.plans import Plan, Planner
from srmgraph.validation.register import Register
from srmgraph.validation.remarks import remarks
from srmgraph.validation.repairs import propose
from srmgraph.validation.report import (
    Cost,
    GraphTotals,
    Place,
    Repair,
    Report,
    Result,
    Rule,
    Work,
    sorted_results,
)
from srmgraph.validation.runs import Progress
from srmgraph.validation.shapes import Shapes
from srmgraph.validation.shapes import of_the_project as rules_of_the_project
from srmgraph.validation.sight import Memory
from srmgraph.validation.streaming import Stream
from srmgraph.validation.things import Things

if TYPE_CHECKING:
    from srmgraph.store.remote import RemoteStore
    from srmgraph.validation.compiler import Check
    from srmgraph.validation.remote import Options


class Validator:
    """Rules, made ready once, to check stores with again and again.

    The rules are those of the project unless others are given; they are not to be changed
    meanwhile. `timeout` says how many seconds pySHACL may take, where it is asked at all. Raises
    ShapesError when the rules break those of SHACL.
    """

    def __init__(self, shapes: Graph | None = None, *, timeout: float = reference.SECONDS) -> None:
        self._timeout = timeout
        self._shapes = rules_of_the_project() if shapes is None else Shapes(shapes)
        self._is_of_the_project = shapes is None
        self._remarks: tuple[str, ...] = ()
        if shapes is not None:
            wellformed.check(self._shapes)
            self._remarks = remarks(self._shapes)
        named = map(self._shapes.rule, self._shapes.with_targets())
        self._rules = tuple(sorted(named, key=lambda rule: rule.name))
        self._planner = Planner(self._shapes)
        self._last: _Last | None = None
        self._keeper = standing_reports.Keeper(self._shapes, self._rules)

    def validate(
        self,
        store: EmbeddedStore,
        *,
        engine: OneOf["compiled", "pyshacl"] = "compiled",
        exclusive: bool = False,
        limit: int | None = None,
        progress: Progress | None = None,
    ) -> Report:
        """Check what is in *store*; see the function `validate`."""
        _check_engine(engine)
        made, kept = datetime.now(UTC), _limit(store, limit)
        gathered, left_out = Gathered(kept), None
        if engine == "compiled":
            gathered, left_out = self._compiled(store, exclusive, kept, progress)
        if engine == "pyshacl" or left_out:
            gathered.add(*self._by_pyshacl(store, left_out, kept))
        return self._whole(store, gathered.outcome(left_out or {}), made)

    def _compiled(
        self,
        store: EmbeddedStore,
        exclusive: bool,
        limit: Limit | None,
        progress: Progress | None,
    ) -> tuple[Gathered, Mapping[Node, str]]:
        with runs.ready(store, self._shapes, exclusive) as run, suppress(runs.StoreIsToBeAsked):
            return run.gathered(progress, limit)
        with runs.ready(store, self._shapes, exclusive, in_store=True) as run:
            return run.gathered(progress, limit)

    def stream(
        self,
        store: EmbeddedStore,
        *,
        engine: OneOf["compiled", "pyshacl"] = "compiled",
        exclusive: bool = False,
        progress: Progress | None = None,
    ) -> Stream:
        """Check what is in *store*, and give what each query finds as soon as it is answered: the
        results that `validate` would give, which are not kept. See `Stream`, and the function
        `validate`. The store is not to be changed until the last one is taken."""
        _check_engine(engine)
        return Stream(self._parts(store, engine, exclusive, progress))

    def _parts(
        self,
        store: EmbeddedStore,
        engine: OneOf["compiled", "pyshacl"],
        exclusive: bool,
        progress: Progress | None,
    ) -> Generator[Report, None, Report]:
        made, sums = datetime.now(UTC), Sums()
        left_out: Mapping[Node, str] = {}

        def part(found: Gathered, costs: Iterable[Cost]) -> Report:
            results = sorted_results(found.results())
            about = Things(store, mentioned(results))
            sums.add(results, about.graphs, costs)
            return self._report(store, results, about, {}, made=made)

        if engine == "compiled":
            waiting: list[Check] = []
            with (
                runs.ready(store, self._shapes, exclusive) as run,
                closing(run.answers(progress)) as answers,
            ):
                left_out = run.compiled.left_out
                for check, answer in answers:
                    try:
                        found, costs = answer()
                    except runs.StoreIsToBeAsked:
                        waiting.append(check)
                    else:
                        yield part(found, costs)
            if waiting:
                with runs.ready(store, self._shapes, exclusive, in_store=True) as run:
                    for check in waiting:
                        yield part(*run.answer(check))
        if engine == "pyshacl" or left_out:
            yield part(*self._by_pyshacl(store, left_out or None, None))
        return self._report(
            store,
            (),
            Things(store, ()),
            left_out,
            totals=sums.totals,
            graph_totals=sums.graph_totals,
            costs=tuple(sums.costs()),
            made=made,
        )

    def validate_remotely(
        self,
        store: RemoteStore,
        *,
        limit: int | None = None,
        progress: Progress | None = None,
        options: Options | None = None,
    ) -> Report:
        """Check what is on a SPARQL server, where it is; see the function `validate_remotely`."""
        # It needs all that speaks HTTP, for which nobody else is to wait.
        from srmgraph.validation import remote

        made, kept = datetime.now(UTC), _limit(store, limit)
        told = remote.warnings(store) + remote.check_ontology(store, self._is_of_the_project)
        outcome = remote.run(store, self._shapes, progress, kept, options)
        report = self._whole(store, replace(outcome, left_out={}), made)
        return replace(
            report,
            notes=(*told, *self._remarks),
            unchecked={
                self._shapes.name(rule): reason for rule, reason in outcome.left_out.items()
            },
        )

    def revalidate(
        self, store: EmbeddedStore, standing: Report, change: Change, *, exclusive: bool = False
    ) -> Report:
        """Bring a report up to date after a change; see the function `revalidate`."""
        if standing.totals is not None:
            raise ValueError("A report that leaves results out cannot be brought up to date.")
        if len(change) > incremental.MOST_STATEMENTS:
            return self.validate(store, exclusive=exclusive)
        made = datetime.now(UTC)
        register, plan, memory = self._known(standing)
        is_new_day = standing.made is None or standing.made.date() != made.date()
        with compiled_engine.beside(store, exclusive, self._shapes) as oxigraph:
            update = incremental.update(
                oxigraph, self._shapes, self._planner, register, change, is_new_day, plan, memory
            )
        gone, found, left_out = update.gone, update.found, update.plan.compiled.left_out
        if left_out:
            if incremental.is_mixed(self._shapes, update.plan.compiled):
                return self.validate(store, exclusive=exclusive)
            found += self._by_pyshacl(store, left_out, None)[0].results()
        touched = things.touched(register, gone, found, change.subjects())
        about = Things.after(store, standing, register, touched)
        results = register.exchanged(gone, found)
        report = self._report(store, results, about, left_out, work=update.work, made=made)
        is_told = bool(report.graphs) == bool(standing.graphs)
        step = standing_reports.Step(gone, found, touched.keys()) if is_told else None
        # A change may be taken back: then the next one begins where this one began.
        self._last = _Last(register, update, ref(standing), ref(report), plan, step)
        return report

    def _known(self, standing: Report) -> tuple[Register, Plan | None, Memory | None]:
        """A report's results in a register; the plan by which they were found, and what was seen
        then of the store, if known."""
        last, self._last = self._last, None
        if last is not None and last.before() is standing:
            last.update.memory.forget(last.update.changed)
            return last.register, last.plan_before, last.update.memory
        if last is not None and last.after() is standing:
            last.register.exchange(last.update.gone, last.update.found, standing.results)
            return last.register, last.update.plan, last.update.memory
        return Register(standing.results), None, None

    def dump(self, report: Report) -> str:
        """Return a report as text to be kept beside the data; see `load`.

        Raises ValueError for a report that leaves results out.
        """
        return self._keeper.dump(report)

    def dump_after(self, standing: Report, report: Report) -> str | None:
        """Return the line to be put behind the text of *standing* for it to be that of *report*, if
        that is the report that `revalidate` has just brought up to date from it."""
        last = self._last
        if last is None or last.before() is not standing or last.after() is not report:
            return None
        return None if last.step is None else self._keeper.dump_step(report, last.step)

    def load(self, text: str) -> Report | None:
        """Return the report that `dump` wrote, perhaps in another process, to be brought up to date
        by `revalidate`; None if rules or ontology have changed since, or it is no such text."""
        return self._keeper.load(text)

    def _by_pyshacl(
        self, store: EmbeddedStore, only: Mapping[Node, str] | None, limit: Limit | None
    ) -> tuple[Gathered, list[Cost]]:
        start = time.perf_counter()
        gathered = Gathered(limit)
        rules = None if only is None else frozenset(only)
        try:
            found = reference.run(
                store, knowledge.ontology_statements(), self._shapes, rules, self._timeout
            )
        except ShapesError as error:
            left = sorted(f"{self._shapes.name(one)} ({why})" for one, why in (only or {}).items())
            told = f"Left to pySHACL were {', '.join(left)}. " if left else ""
            raise ShapesError(f"{told}{error}") from error
        number = gathered.take(found)
        return gathered, [Cost("pySHACL", 0, number, time.perf_counter() - start)]

    def _whole(self, store: things.Where, outcome: Outcome, made: datetime) -> Report:
        """The report on all that was found."""
        results = sorted_results(outcome.results)
        is_limited = outcome.graph_totals is not None
        return self._report(
            store,
            results,
            Things(store, mentioned(results)),
            outcome.left_out,
            totals=dict(outcome.totals) if is_limited else None,
            graph_totals=outcome.graph_totals,
            costs=tuple(outcome.costs),
            made=made,
        )

    def _report(
        self,
        store: things.Where,
        results: tuple[Result, ...],
        about: Things,
        left_out: Mapping[Node, str],
        *,
        made: datetime,
        totals: Mapping[tuple[str, str], int] | None = None,
        graph_totals: GraphTotals | None = None,
        costs: tuple[Cost, ...] = (),
        work: Work | None = None,
    ) -> Report:
        return Report(
            results=results,
            rules=self._rules,
            labels=about.labels,
            prefixes=knowledge.prefixes() | store.prefixes,
            notes=self._remarks
            + tuple(
                f"{self._shapes.name(shape)} was checked by pySHACL: no query for {reason}."
                for shape, reason in sorted(left_out.items(), key=lambda item: str(item[0]))
            ),
            totals=totals,
            graph_totals=graph_totals,
            graphs=about.graphs,
            hints=about.hints,
            costs=costs,
            work=work,
            made=made,
        )


@dataclass(frozen=True, slots=True)
class _Last:
    """What the last change did to a report: the register of the report before it, the results that
    went and came, both reports as long as they live, and the plan before it."""

    register: Register
    update: incremental.Update
    before: Callable[[], Report | None]
    after: Callable[[], Report | None]
    plan_before: Plan | None
    step: standing_reports.Step | None


def _check_engine(engine: str) -> None:
    if engine not in ("compiled", "pyshacl"):
        raise ShapesError(f"There is no engine {engine!r}: use 'compiled' or 'pyshacl'.")


def _limit(store: things.Where, number: int | None) -> Limit | None:
    if number is None:
        return None
    if number < 1:
        raise ValueError("A limit is 1 or more.")
    return Limit(number, things.graphs_of(store))


def validate(
    store: EmbeddedStore,
    shapes: Graph | None = None,
    *,
    engine: OneOf["compiled", "pyshacl"] = "compiled",
    exclusive: bool = False,
    limit: int | None = None,
    progress: Progress | None = None,
) -> Report:
    """Check what is in *store* against *shapes*, by default the project's rules.

    `engine` is `compiled` (the rules as SPARQL, run in the store) or `pyshacl` (slower by far; the
    second opinion). Both give the same results, but for a few points in which pySHACL departs from
    SHACL, or does not know how the store keeps numbers. Shapes for which there is no query are left
    to pySHACL; the report's notes name them. It works in a process of its own, for ten minutes at
    most; a `Validator` may be told another time. `progress` is called with the number of queries
    done and of all.

    The store is not changed, whoever else reads it: if it does not hold the ontology, it is copied.
    Say `exclusive` where nobody else uses it. Then there is no copy, and the ontology stands in the
    store until the call ends.

    With a *limit* of 1 or more, the report holds at most so many results of each rule, the first in
    its order; its `totals` and `counts` still count all.

    Raises ShapesError when the shapes break the rules of SHACL.
    """
    return _validator(shapes).validate(
        store, engine=engine, exclusive=exclusive, limit=limit, progress=progress
    )


def validate_remotely(
    store: RemoteStore,
    shapes: Graph | None = None,
    *,
    limit: int | None = None,
    progress: Progress | None = None,
    options: Options | None = None,
) -> Report:
    """Check what is on a SPARQL server against *shapes*, by default the project's rules.

    The queries run there; no more than results is fetched, and nothing is written. The server has
    to hold the ontology; with shapes of your own it may do without, and then the report says so.
    `options` say how much is asked at a time; `progress` and *limit* are as in `validate`.

    Rules that the server cannot answer, or for which there is no query, are in the report's
    `unchecked`, with the reason. Raises StoreError where the server cannot be reached, or holds no
    ontology or another, and ShapesError when the shapes break the rules of SHACL.
    """
    return _validator(shapes).validate_remotely(
        store, limit=limit, progress=progress, options=options
    )


def revalidate(
    store: EmbeddedStore,
    standing: Report,
    change: Change,
    shapes: Graph | None = None,
    *,
    exclusive: bool = False,
) -> Report:
    """Return the report that `validate` would give on *store*, which is as it is after a change.

    *standing* is the whole report on the store as it was before, against the same shapes. Only what
    the change can bear on is checked again; the report's `work` says how much that was. After a
    change of very many statements all is checked, and `work` is None. With shapes of your own, a
    `Validator` that you keep is faster, as it makes them ready once.
    """
    return _validator(shapes).revalidate(store, standing, change, exclusive=exclusive)


def _validator(shapes: Graph | None) -> Validator:
    return of_the_project() if shapes is None else Validator(shapes)


@cache
def of_the_project() -> Validator:
    """Return the rules of the project, made ready; they are always the same."""
    return Validator()


__all__ = [
    "Change",
    "Cost",
    "Place",
    "Progress",
    "Repair",
    "Report",
    "Result",
    "Rule",
    "Stream",
    "Validator",
    "Work",
    "locate",
    "of_the_project",
    "placed",
    "propose",
    "revalidate",
    "validate",
    "validate_remotely",
]
