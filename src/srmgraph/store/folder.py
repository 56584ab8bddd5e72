"""A store in a folder: what is written stays, every change is a revision, none is half-done."""

from __future__ import annotations

import os
import weakref
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from errno import ENOSPC
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import pyoxigraph
import rdflib

from srmgraph import knowledge
from srmgraph.errors import ChangedStoreError, FullStoreError, StoreError
from srmgraph.store.candidate import Candidate
from srmgraph.store.embedded import EmbeddedStore
from srmgraph.store.revisions import KEPT, Revision, Revisions, now

if TYPE_CHECKING:
    from srmgraph.store.protocol import LoadProgress
    from srmgraph.store.solutions import Solutions


class FolderStore:
    """A `Store` in a folder. What is asked is answered from the revision that is current then.

    Several processes may use one folder: one of them writes at a time, and the others read on
    meanwhile. Each writing method is a change of its own; `change` makes one of many.
    """

    is_durable = True
    is_remote = False
    outside_graph: str | None = None

    def __init__(self, folder: Path) -> None:
        """Open the store in a folder; raises StoreError when there is none."""
        self.revisions = Revisions(folder)
        self.assumed_prefixes: dict[str, str] = {}
        self._number = -1
        self._reader = EmbeddedStore()
        self._release: Callable[[], object] = lambda: None

    @classmethod
    def create(cls, folder: Path, kept: int = KEPT) -> FolderStore:
        """Make a new store that keeps so many revisions, in a folder that is empty or not there."""
        Revisions.create(folder, kept)
        return cls(folder)

    @classmethod
    @contextmanager
    def founded(cls, folder: Path, kept: int = KEPT) -> Iterator[FolderStore]:
        """Make a new store, which is gone again if what is done with it fails; see `create`."""
        store = cls.create(folder, kept)
        try:
            yield store
        except BaseException:
            store.close()
            Revisions.unmake(folder)
            raise

    @property
    def revision(self) -> int:
        """The number of the current revision; -1 for a store into which nothing was written."""
        return self.revisions.head

    @property
    def current(self) -> EmbeddedStore:
        """The current revision, to be read only."""
        if self.revisions.head != self._number:
            head, lock = self.revisions.reading_head()
            reader = self._open(head)
            self.close()
            self._number, self._reader = head, reader
            self._release = weakref.finalize(self, os.close, lock)
        self._reader.assumed_prefixes = self.assumed_prefixes
        return self._reader

    def at(self, number: int) -> EmbeddedStore:
        """Return a revision that is still kept, to be read only; raises UnknownRevisionError."""
        return self._open(number)

    def recall(self, store: EmbeddedStore, number: int) -> None:
        """Let a store know the prefixes that a revision knows; raises UnknownRevisionError."""
        for prefix, namespaces in self.revisions.describe(number).namespaces.items():
            store.namespaces[prefix] = set(namespaces)
            store.prefixes[prefix] = namespaces[-1]

    def history(self) -> list[Revision]:
        """Return the revisions that are kept, the newest first."""
        return [self.revisions.describe(number) for number in reversed(self.revisions.numbers())]

    @contextmanager
    def change(
        self, author: str = "", message: str = "", expected: int | None = None
    ) -> Iterator[Candidate]:
        """Give a copy of the current revision to be changed; it is the next one when all goes well.

        See `Store`. Raises BusyStoreError, ChangedStoreError when the current revision is not
        `expected`, and StoreError when there is no room on the disk.
        """
        with self._next(expected) as (number, path):
            candidate = self._copy(number - 1, path, f"r{number}b")
            yield candidate
            revision = self._description(number, author, message, candidate)
            candidate.oxigraph.flush()
            # The engine holds its files as long as anything refers to it.
            candidate.close()
            self.revisions.commit(
                path, revision, candidate.kept, candidate.are_changes, candidate.kept_columns
            )
            candidate.origin = self.revisions.identity(number)

    def rollback(self, number: int, author: str = "", expected: int | None = None) -> None:
        """Make what an older revision holds a new one.

        Raises UnknownRevisionError, and ChangedStoreError when the current revision is not
        `expected`.
        """
        with self._next(expected) as (new, path):
            # Whoever is the only one to write has nothing removed under their hands.
            old = self.at(number)
            old.oxigraph.backup(str(path))
            revision = self._description(new, author, f"back to revision {number}", old)
            self._commit_as(self.revisions, number, path, revision)

    def backup(self, target: Path) -> None:
        """Copy the current revision, under its number, into a new store, in a folder that is not
        there yet.

        On the same disk, files that never change are shared by hard links. Raises StoreError.
        """
        with self._held() as number:
            described = self.revisions.describe(number)
            with (
                FolderStore.founded(target, self.revisions.kept) as copy,
                copy._next() as (_, path),
            ):
                self.at(number).oxigraph.backup(str(path))
                copy._commit_as(self.revisions, number, path, described)

    def restore(self, source: Path, author: str = "") -> None:
        """Make what a backup holds a new revision; raises StoreError.

        It is read to its end and written anew, so that what is damaged is noticed, and nothing is
        shared with the backup.
        """
        backup = FolderStore(source)
        with backup._held() as number, self._next() as (next_one, path):
            # Things without a name are called by the number of the revision that they came with,
            # so that none that is yet to come may have the number of one that was.
            new = max(next_one, number + 1)
            described = backup.revisions.describe(number)
            held = backup.at(number)
            copy = EmbeddedStore(pyoxigraph.Store(str(path)))
            try:
                for name in held.graphs():
                    copy.make_graph(name)
                copy.write(iter(held.oxigraph), len(held))
            except RuntimeError as error:
                raise _damaged(source, str(error)) from error
            copy.oxigraph.flush()
            copy.prefixes, copy.namespaces = held.prefixes, held.namespaces
            revision = self._description(
                new, author, f"restored from {source.resolve().name}", copy
            )
            if revision.statements != described.statements:
                told = f"it holds {revision.statements:,} statements of {described.statements:,}"
                raise _damaged(source, told)
            copy.close()
            self._commit_as(backup.revisions, number, path, revision)

    def _commit_as(self, source: Revisions, number: int, path: Path, revision: Revision) -> None:
        """Make a copy of a revision the next one, with what was kept beside that."""
        # Without it, the next change would read and check all there is.
        report, columns = source.report(number), source.columns(number)
        self.revisions.commit(path, revision, report, columns=columns)

    @contextmanager
    def _held(self) -> Iterator[int]:
        """Keep the current revision from being removed, and tell its number."""
        if self.revision < 0:
            raise StoreError(f"Nothing was ever written to {self.revisions.folder}.")
        number, lock = self.revisions.reading_head()
        try:
            yield number
        finally:
            os.close(lock)

    @contextmanager
    def _next(self, expected: int | None = None) -> Iterator[tuple[int, Path]]:
        """Be the only writer, and tell the number of the next revision and where to make it."""
        with self.revisions.writing():
            head = self.revisions.head
            if expected not in (None, head):
                raise ChangedStoreError(
                    f"The store has changed: it is at revision {head}, not at {expected}. "
                    "Read it again, and make the change anew."
                )
            path = self.revisions.candidate()
            try:
                yield head + 1, path
            except OSError as error:
                raise _failed(self.revisions.folder, error) from error
            finally:
                self.revisions.discard(path)

    def differences(self, older: int, newer: int) -> Iterator[tuple[str, str]]:
        """Yield what one revision says and another does not: `A` and a statement that was added,
        `D` and one that was deleted, in N-Quads; what the store keeps for itself is left out.

        Source: RDF Patch. Raises UnknownRevisionError.
        """
        own = {pyoxigraph.NamedNode(name) for name in knowledge.own_graphs()}
        before, after = self.at(older).oxigraph, self.at(newer).oxigraph
        for sign, of, other in (("D", before, after), ("A", after, before)):
            for quad in of:
                if quad.graph_name not in own and quad not in other:
                    yield sign, f"{quad} ."

    def compact(self, kept: int = 1) -> None:
        """Forget all revisions but the newest, so many with the one that this makes, and give back
        the room that they took.

        The statements stay; the engine's files are written anew.
        """
        with self.change(message="compacted") as candidate:
            candidate.oxigraph.optimize()
            candidate.kept, candidate.kept_columns = candidate.report, candidate.columns
        self.close()
        self.revisions.forget(kept)

    def __len__(self) -> int:
        """Return how many statements there are, counting one for each graph that holds it."""
        return len(self.current)

    def holds_more(self, number: int) -> bool:
        """Tell whether there are more statements than a number; see `Store`."""
        return self.current.holds_more(number)

    @property
    def prefixes(self) -> dict[str, str]:
        """The prefixes of the files read so far; see `Store`."""
        return self.current.prefixes

    @property
    def namespaces(self) -> dict[str, set[str]]:
        """All that a prefix stood for in the files read so far."""
        return self.current.namespaces

    def read(
        self,
        file: Path,
        format: str | None = None,
        graph: rdflib.URIRef | None = None,
        progress: LoadProgress | None = None,
    ) -> None:
        """Take in the statements of a file; see `Store`."""
        with self.change(message=f"read {Path(file).name}") as candidate:
            candidate.read(file, format, graph, progress)

    def parse(
        self,
        text: str | bytes,
        format: str,
        graph: rdflib.URIRef | None = None,
        base: str | None = None,
    ) -> None:
        """Take in the statements of a text; see `Store`."""
        with self.change(message="read a text") as candidate:
            candidate.parse(text, format, graph, base)

    def add(self, graph: rdflib.Graph, name: rdflib.URIRef | None = None) -> None:
        """Add the statements of a graph; see `Store`."""
        with self.change(message="added statements") as candidate:
            candidate.add(graph, name)

    def update(
        self,
        sparql: str,
        default_graphs: Sequence[str] = (),
        named_graphs: Sequence[str] = (),
        base: str | None = None,
    ) -> None:
        """Change statements by SPARQL 1.1 Update; see `Store`."""
        with self.change(message="updated") as candidate:
            candidate.update(sparql, default_graphs, named_graphs, base)

    def remove_graph(self, name: rdflib.URIRef) -> None:
        """Remove a named graph; see `Store`."""
        with self.change(message=f"removed {name}") as candidate:
            candidate.remove_graph(name)

    def select(self, sparql: str) -> Solutions:
        """Answer a SELECT query; see `Store`."""
        return self.current.select(sparql)

    def construct(self, sparql: str) -> rdflib.Graph:
        """Answer a CONSTRUCT or DESCRIBE query; see `Store`."""
        return self.current.construct(sparql)

    def holds(self, sparql: str) -> bool:
        """Answer an ASK query; see `Store`."""
        return self.current.holds(sparql)

    def answer(
        self,
        sparql: str,
        format: str,
        default_graphs: Sequence[str] = (),
        named_graphs: Sequence[str] = (),
        largest: int | None = None,
        seconds: float | None = None,
        base: str | None = None,
    ) -> bytes:
        """Answer a query of any form as text; see `Store`."""
        return self.current.answer(
            sparql, format, default_graphs, named_graphs, largest, seconds, base
        )

    def graph(self, name: rdflib.URIRef | None = None) -> rdflib.Graph:
        """Return a copy of the statements of a named graph, or of all graphs as one."""
        return self.current.graph(name)

    def graphs(self) -> dict[rdflib.URIRef | None, int]:
        """Return how many statements each graph holds; see `Store`."""
        return self.current.graphs()

    def snapshot(self) -> EmbeddedStore:
        """Return the current revision."""
        return self.current

    def close(self) -> None:
        """Let go of the revision that was read; the next question opens the current one."""
        self._reader.close()
        self._number = -1
        self._release()

    def _open(self, number: int) -> EmbeddedStore:
        if number < 0:
            return EmbeddedStore()
        path = self.revisions.path(number)
        try:
            opened = EmbeddedStore(pyoxigraph.Store.read_only(str(path)))
        except (OSError, RuntimeError) as error:
            # It may have been removed meanwhile.
            self.revisions.path(number)
            raise _damaged(path, str(error)) from error
        self.recall(opened, number)
        return opened

    def _copy(self, number: int, path: Path, label: str) -> Candidate:
        if number < 0:
            copy = Candidate(pyoxigraph.Store(str(path)), label)
            # All will be new.
            copy.journal.give_up()
        else:
            self._open(number).oxigraph.backup(str(path))
            copy = Candidate(
                pyoxigraph.Store(str(path)),
                label,
                self.revisions.identity(number),
                partial(self.revisions.report, number),
                partial(self.revisions.columns, number),
            )
            self.recall(copy, number)
        copy.assumed_prefixes = self.assumed_prefixes
        return copy

    def _description(
        self, number: int, author: str, message: str, store: EmbeddedStore
    ) -> Revision:
        # The last namespace is the one that the prefix stands for.
        namespaces = {
            prefix: [*sorted(known - {store.prefixes[prefix]}), store.prefixes[prefix]]
            for prefix, known in sorted(store.namespaces.items())
        }
        return Revision(number, now(), author, message, self._stated(number, store), namespaces)

    def _stated(self, number: int, store: EmbeddedStore) -> int:
        own = knowledge.own_graphs()
        if isinstance(store, Candidate) and store.journal.is_exact:
            names = {pyoxigraph.NamedNode(name) for name in own}
            journal = store.journal
            more = sum(quad.graph_name not in names for quad in journal.gained)
            less = sum(quad.graph_name not in names for quad in journal.lost)
            return self.revisions.describe(number - 1).statements + more - less
        return sum(size for name, size in store.graphs().items() if name not in own)


def _damaged(path: Path, reason: str) -> StoreError:
    # The engine ends its sentences with more than one line.
    return StoreError(f"{path} is damaged: {' '.join(reason.split()).rstrip('.')}.")


def _failed(folder: Path, error: OSError) -> StoreError:
    # The engine tells the reason in words only.
    is_full = error.errno == ENOSPC or "No space left" in str(error)
    kind = FullStoreError if is_full else StoreError
    return kind(f"The change could not be written to {folder}: {error}. The store is as it was.")
