"""Validation: do data keep the rules?

Data are validated together with the ontology, which says what is a kind of what; neither is
changed. Rules are SHACL shapes: those of the project unless others are given.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from functools import cache
from typing import Literal as OneOf

from rdflib import Graph
from rdflib.term import Node

from srmgraph import knowledge
from srmgraph.errors import ShapesError
from srmgraph.names import labels
from srmgraph.store import EmbeddedStore
from srmgraph.validation import engine as compiled_engine
from srmgraph.validation import incremental, reference, wellformed
from srmgraph.validation.engine import Progress
from srmgraph.validation.incremental import Change
from srmgraph.validation.report import Report, Result, Rule, Work, sorted_results
from srmgraph.validation.shapes import Shapes


class Validator:
    """Rules, made ready once, to check stores with again and again.

    The rules are those of the project unless others are given; they are not to be changed
    meanwhile. Raises ShapesError when they break the rules of SHACL.
    """

    def __init__(self, shapes: Graph | None = None) -> None:
        self._shapes = Shapes(knowledge.shapes() if shapes is None else shapes)
        if shapes is not None:
            wellformed.check(self._shapes)
        named = map(self._shapes.rule, self._shapes.with_targets())
        self._rules = tuple(sorted(named, key=lambda rule: rule.name))
        self._planner = incremental.Planner(self._shapes)

    def validate(
        self,
        store: EmbeddedStore,
        *,
        engine: OneOf["compiled", "pyshacl"] = "compiled",
        exclusive: bool = False,
        progress: Progress | None = None,
    ) -> Report:
        """Check what is in *store*; see the function `validate`."""
        if engine not in ("compiled", "pyshacl"):
            raise ShapesError(f"There is no engine {engine!r}: use 'compiled' or 'pyshacl'.")
        made = datetime.now(UTC)
        left_out: dict[Node, str] = {}
        if engine == "pyshacl":
            results = reference.run(store, knowledge.ontology(), self._shapes)
        else:
            with compiled_engine.beside(store, exclusive) as oxigraph:
                results, left_out = compiled_engine.run(oxigraph, self._shapes, progress)
            results += self._by_pyshacl(store, left_out)
        ordered = sorted_results(results)
        return self._report(store, ordered, labels(store, _mentioned(ordered)), left_out, made)

    def revalidate(
        self, store: EmbeddedStore, standing: Report, change: Change, *, exclusive: bool = False
    ) -> Report:
        """Bring a report up to date after a change; see the function `revalidate`."""
        made = datetime.now(UTC)
        is_new_day = standing.made is None or standing.made.date() != made.date()
        with compiled_engine.beside(store, exclusive) as oxigraph:
            results, compiled, work = incremental.update(
                oxigraph, self._shapes, self._planner, standing.results, change, is_new_day
            )
        if compiled.left_out and incremental.is_mixed(self._shapes, compiled):
            return self.validate(store, exclusive=exclusive)
        results += self._by_pyshacl(store, compiled.left_out)
        ordered = sorted_results(results)
        mentioned = _mentioned(ordered)
        old = _mentioned(standing.results) - change.named()
        names = {node: name for node, name in standing.labels.items() if node in mentioned & old}
        names |= labels(store, mentioned - old)
        return self._report(store, ordered, names, compiled.left_out, made, work)

    def _by_pyshacl(self, store: EmbeddedStore, left_out: Mapping[Node, str]) -> list[Result]:
        if not left_out:
            return []
        return reference.run(store, knowledge.ontology(), self._shapes, frozenset(left_out))

    def _report(
        self,
        store: EmbeddedStore,
        results: tuple[Result, ...],
        names: Mapping[Node, str],
        left_out: Mapping[Node, str],
        made: datetime,
        work: Work | None = None,
    ) -> Report:
        return Report(
            results=results,
            rules=self._rules,
            labels=names,
            prefixes=knowledge.prefixes() | store.prefixes,
            notes=tuple(
                f"{self._shapes.name(shape)} was checked by pySHACL: no query for {reason}."
                for shape, reason in sorted(left_out.items(), key=lambda item: str(item[0]))
            ),
            work=work,
            made=made,
        )


def validate(
    store: EmbeddedStore,
    shapes: Graph | None = None,
    *,
    engine: OneOf["compiled", "pyshacl"] = "compiled",
    exclusive: bool = False,
    progress: Progress | None = None,
) -> Report:
    """Check what is in *store* against *shapes*, by default the project's rules.

    `engine` is `compiled` (the rules as SPARQL, run in the store) or `pyshacl` (slower by far; the
    second opinion). Both give the same results, but for a few points in which pySHACL departs from
    SHACL, or does not know how the store keeps numbers. Shapes for which there is no query are left
    to pySHACL; the report's notes name them. `progress` is called with the number of queries done
    and of all.

    The store is not changed, whoever else reads it: it is copied. Say `exclusive` where nobody else
    uses it. Then there is no copy, and the ontology stands in the store until the call ends.

    Raises ShapesError when the shapes break the rules of SHACL.
    """
    return _validator(shapes).validate(store, engine=engine, exclusive=exclusive, progress=progress)


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
    the change can bear on is checked again; the report's `work` says how much that was. With shapes
    of your own, a `Validator` that you keep is faster, as it makes them ready once.
    """
    return _validator(shapes).revalidate(store, standing, change, exclusive=exclusive)


def _validator(shapes: Graph | None) -> Validator:
    return _of_the_project() if shapes is None else Validator(shapes)


@cache
def _of_the_project() -> Validator:
    return Validator()


def _mentioned(results: Iterable[Result]) -> set[Node]:
    return {
        node for result in results for node in (result.focus_node, result.value) if node is not None
    }


__all__ = [
    "Change",
    "Progress",
    "Report",
    "Result",
    "Rule",
    "Validator",
    "Work",
    "revalidate",
    "validate",
]
