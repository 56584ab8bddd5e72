"""What follows from a store and the report on it, kept up to date from change to change.

The store holds the facts that follow, and keeps the report beside each revision. What is costly to
make again, the closure and the report as objects, is kept in the process as long as nobody else
writes; then a change costs what the change costs. What is stated is kept beside each revision as
columns of numbers, so that the closure is made again in seconds. Whatever is not known for certain
is made anew.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from itertools import chain
from typing import TYPE_CHECKING, TypeAlias

import pyoxigraph

from srmgraph import knowledge
from srmgraph.inference.closure import MANY, Closure
from srmgraph.store import EmbeddedStore
from srmgraph.store.candidate import Candidate
from srmgraph.store.revisions import Columns
from srmgraph.validation import Change, of_the_project

if TYPE_CHECKING:
    from srmgraph.encoding import Encoding
    from srmgraph.validation import Report

_Quads: TypeAlias = list[pyoxigraph.Quad]

_MOST_CHANGES = 1_000_000
"""At most so many characters tell what has become of a report, and no more than it has itself, but
for a few; then it is written anew."""

_FEW_CHANGES = 20_000

_MOST_TERMS = 1_000_000
"""So many terms, and as many again as there were, may a closure meet before it is made anew:
those that are no longer used take room."""


class Maintenance:
    """The closure of a revision and the report on it, in use for one change at a time.

    First `infer`, then `check`; then `settle` once the change is a revision, or `take_back`. What
    is neither settled nor taken back is forgotten.
    """

    def __init__(self) -> None:
        self._closure: Closure | None = None
        self._terms = 0
        self._report: Report | None = None
        self._origin: object = None
        # The change under way: from which revision, and what it does to the closure.
        self._started: object = None
        self._standing: Report | None = None
        # How long the report is that was written last, and what has become of it.
        self._written: tuple[int, str] | None = None
        self._writing: tuple[int, str] | None = None
        self._done: tuple[_Quads, _Quads] | None = None
        self._changed = Change()
        # What is stated: as it was once, what has become of it by the last revision, if that is
        # known, and by the change under way. What is kept already need not be here.
        self._stated: Encoding | None = None
        self._steps: bytes | None = None
        self._step = b""

    def infer(self, store: EmbeddedStore, *, anew: bool = False) -> None:
        """Let a store hold the facts that follow from what it holds now.

        Everything is worked out *anew* where the ontology has become another one. Raises
        InconsistentError and ClosureTooLargeError; then all but the store is as it was.
        """
        name = knowledge.inferred_graph()
        origin, self._origin, self._done = self._origin, None, None
        if not isinstance(store, Candidate) or store.origin != origin:
            self._written = self._stated = self._steps = None
        if not isinstance(store, Candidate) or not store.journal.is_exact or anew:
            self._report = self._closure = None
        elif store.origin != origin:
            self._closure = None
            self._report = None if store.report is None else of_the_project().load(store.report)
        self._standing = self._report
        if self._report is None or not isinstance(store, Candidate):
            self._closure = self._renewed(self._closure_of(store))
            if store.has_graph(name):
                _write(store, *_difference(store.oxigraph, self._closure.quads(name)))
            else:
                self._closure.write_to(store, name)
            return
        removed, added = _statements(store)
        if self._closure is None:
            self._closure = self._renewed(self._closure_before(store, removed, added))
        self._step = _written_step(removed, added)
        self._origin = store.origin
        gone, new = self._closure.exchange(removed, added, name)
        self._origin, self._done = None, (removed, added)
        self._started = store.origin
        _write(store, gone, new)
        journal = store.journal
        self._changed = Change.of_quads([*journal.gained, *new], [*journal.lost, *gone])

    def check(
        self, store: EmbeddedStore, progress: Callable[[int, int], None] | None = None
    ) -> Report:
        """Return the report on a store in which the facts that follow are those that follow."""
        validator = of_the_project()
        if self._standing is None:
            self._standing = validator.validate(store, exclusive=True, progress=progress)
        else:
            self._standing = validator.revalidate(
                store, self._standing, self._changed, exclusive=True
            )
        return self._standing

    def keep(self, store: EmbeddedStore) -> None:
        """Let the report that `check` returned be kept with the revision; if it is long, only what
        has changed is written."""
        if not isinstance(store, Candidate) or self._standing is None:
            return
        if self._steps is not None and len(self._steps) + len(self._step) <= _MOST_CHANGES:
            base = None if self._stated is None else self._stated.to_bytes()
            store.kept_columns = Columns(base, self._steps + self._step)
        validator = of_the_project()
        line = None
        if self._written is not None and self._report is not None:
            line = validator.dump_after(self._report, self._standing)
        if line is not None and self._written is not None:
            size, lines = self._written
            lines = f"{lines}\n{line}" if lines else line
            if len(lines) < min(max(size, _FEW_CHANGES), _MOST_CHANGES):
                store.kept, store.are_changes, self._writing = lines, True, (size, lines)
                return
        store.kept, store.are_changes = validator.dump(self._standing), False
        self._writing = len(store.kept), ""

    def settle(self, store: EmbeddedStore) -> None:
        """Take note that a store, as it was checked, has become a revision."""
        if isinstance(store, Candidate) and store.kept is not None:
            self._origin, self._report = store.origin, self._standing
            self._written = self._writing
            self._stated = None
            self._steps = None if store.kept_columns is None else store.kept_columns.steps
            if self._closure is not None and self._closure.terms > _MOST_TERMS + 2 * self._terms:
                self._closure = None

    def take_back(self) -> None:
        """Let all be as it was before `infer`."""
        if self._done is None or self._closure is None:
            return
        removed, added = self._done
        self._closure.exchange(added, removed, knowledge.inferred_graph())
        self._origin = self._started

    def _closure_of(self, store: EmbeddedStore) -> Closure:
        """What follows from what a store states."""
        self._stated, self._steps, self._step = None, None, b""
        if not store.holds_more(MANY):
            return Closure.of_store(store)
        self._stated, self._steps = store.encoding(knowledge.own_graphs()), b""
        return Closure.of_encoding(self._stated, prefixes=store.prefixes)

    def _closure_before(self, store: Candidate, removed: _Quads, added: _Quads) -> Closure:
        """What followed before a store was changed, of which is told what is not stated any more,
        and what is now and was not."""
        if not store.holds_more(MANY):
            self._stated = self._steps = None
            own, new = _own_graphs(), {quad.triple for quad in added}
            stated = (
                quad
                for quad in store.oxigraph
                if quad.graph_name not in own and quad.triple not in new
            )
            return Closure.of_quads(chain(stated, removed), prefixes=store.prefixes)
        kept = _kept(store)
        if kept is None:
            stated_before = store.encoding(knowledge.own_graphs()).changed(added, removed)
            self._stated, self._steps = stated_before, b""
        else:
            stated_before, self._steps = kept
            self._stated = None
        return Closure.of_encoding(stated_before, prefixes=store.prefixes)

    def _renewed(self, closure: Closure) -> Closure:
        self._terms = closure.terms
        return closure


def _own_graphs() -> set[object]:
    return {pyoxigraph.NamedNode(name) for name in knowledge.own_graphs()}


def _kept(store: Candidate) -> tuple[Encoding, bytes] | None:
    """What was stated before a store was changed, as it was kept, and the steps in which it came to
    be so; None if it was not."""
    # Where there is little, nobody is to wait for so large a package.
    from srmgraph.encoding import Encoding

    kept = store.columns
    encoding = None if kept is None or kept.base is None else Encoding.of_bytes(kept.base)
    if kept is None or encoding is None:
        return None
    # The last word counts.
    said = {line[2:]: line[:1] for line in kept.steps.split(b"\n") if line}
    gone, new = (
        pyoxigraph.parse(
            b"\n".join(text for text, its in said.items() if its == sign),
            pyoxigraph.RdfFormat.N_TRIPLES,
            lenient=True,
        )
        for sign in (b"D", b"A")
    )
    return encoding.changed(gone, new), kept.steps


def _written_step(removed: _Quads, added: _Quads) -> bytes:
    lines = (
        (sign, quad.triple) for sign, quads in (("D", removed), ("A", added)) for quad in quads
    )
    return "".join(f"{sign} {triple} .\n" for sign, triple in lines).encode()


def _statements(store: Candidate) -> tuple[_Quads, _Quads]:
    """What is no longer stated in any graph, and what is stated in one now and was not."""
    own = _own_graphs()
    gained: dict[pyoxigraph.Triple, set[object]] = defaultdict(set)
    lost: dict[pyoxigraph.Triple, set[object]] = defaultdict(set)
    for quads, graphs in ((store.journal.gained, gained), (store.journal.lost, lost)):
        for quad in quads:
            if quad.graph_name not in own:
                graphs[quad.triple].add(quad.graph_name)
    removed: _Quads = []
    added: _Quads = []
    for triple in dict.fromkeys((*gained, *lost)):
        held = store.oxigraph.quads_for_pattern(
            triple.subject, triple.predicate, triple.object, None
        )
        now = {quad.graph_name for quad in held} - own
        before = (now - gained.get(triple, set())) | lost.get(triple, set())
        if bool(now) != bool(before):
            (added if now else removed).append(pyoxigraph.Quad(*triple))
    return removed, added


def _difference(
    engine: pyoxigraph.Store, quads: Iterable[pyoxigraph.Quad]
) -> tuple[_Quads, _Quads]:
    """What a graph of facts holds and should not, and what it should and does not."""
    name = pyoxigraph.NamedNode(knowledge.inferred_graph())
    new = dict.fromkeys(quads)
    held = engine.quads_for_pattern(None, None, None, name)
    gone = [quad for quad in held if new.pop(quad, held) is held]
    return gone, list(new)


def _write(store: EmbeddedStore, gone: _Quads, new: _Quads) -> None:
    """Let facts that follow go and come, past the journal of what is stated."""
    store.forget_columns()
    engine, name = store.oxigraph, pyoxigraph.NamedNode(knowledge.inferred_graph())
    for quad in gone:
        engine.remove(quad)
    write = engine.bulk_extend if len(new) > _MANY else engine.extend
    write(new)
    if next(iter(engine.quads_for_pattern(None, None, None, name)), None) is None:
        engine.remove_graph(name)


_MANY = 10_000
