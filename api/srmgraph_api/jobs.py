"""The pieces of work that workers do, each a function of the worker's desk and of plain values."""

from __future__ import annotations

import gc
import json
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from email.parser import BytesParser
from email.policy import HTTP
from functools import cached_property, partial
from pathlib import Path

import pyoxigraph
import rdflib

from srmgraph import DoesNotConformError, ServiceGraph, knowledge, queries
from srmgraph.change import Change
from srmgraph.errors import ChangedStoreError, InconsistentError, InputError, UnknownFormatError
from srmgraph.inference import Closure, contradictions, prove
from srmgraph.inference.formats import render
from srmgraph.store import EmbeddedStore
from srmgraph.store.folder import FolderStore
from srmgraph.store.intake import OUTSIDE_NAME, graph_name
from srmgraph.syntax import FORMATS
from srmgraph.terms import canonical, n_triples
from srmgraph.validation import Report, formats, validate

_OPEN = 3
"""How many revisions a worker keeps open."""

FORM = "multipart/form-data"
"""The media type of a form that carries files."""

_MOST_PARTS = 100
"""How many files a form may carry."""

PUT, ADDED, REMOVED, BROUGHT = "put", "added to", "removed", "brought a model home to"
"""How a revision tells of a change to one graph, before the name of that."""

_CHANGES = (PUT, ADDED, REMOVED, BROUGHT)
_CONTRADICTED = "Graphs that the key is for contradict others, which are not told."
_ELSEWHERE = "It is broken together with graphs that the key is not for."
_MOST_TERMS = 200_000
"""A closure of more terms is not kept by a worker: it takes too much of its memory."""

# Workers are forks of a process that has imported this module: what is read now is read but once.
knowledge.shapes(), knowledge.ontology(), knowledge.prefixes(), queries.questions()


class Desk:
    """What a worker has before it: the store, and the revisions that it has opened.

    One of them may be there from the beginning, with its number.
    """

    def __init__(self, folder: Path, known: tuple[int, EmbeddedStore] | None = None) -> None:
        self.folder = folder
        self._known = known
        self._opened: OrderedDict[int, EmbeddedStore] = OrderedDict()
        self._closure: tuple[int, Closure] | None = None
        self.is_frozen = False

    def closure(self, number: int) -> Closure:
        """Return what follows from a revision; that of the last one asked for is kept."""
        if self._closure is None or self._closure[0] != number:
            self._closure = None
            closure = Closure.of_store(self.revision(number), check=False)
            if closure.terms > _MOST_TERMS:
                return closure
            self._closure = number, closure
        return self._closure[1]

    @cached_property
    def graph(self) -> ServiceGraph:
        """The store for whoever writes, who keeps from change to change what is costly to make."""
        return ServiceGraph(FolderStore(self.folder))

    def revision(self, number: int, scope: Sequence[str] = ()) -> EmbeddedStore:
        """Return a revision, to be read only, whose queries see the graphs in `scope` or, if there
        are none, all; raises UnknownRevisionError."""
        return self._whole(number).seeing(scope) if scope else self._whole(number)

    def _whole(self, number: int) -> EmbeddedStore:
        if self._known is not None and self._known[0] == number:
            return self._known[1]
        if number not in self._opened:
            self._opened[number] = FolderStore(self.folder).at(number)
        self._opened.move_to_end(number)
        while len(self._opened) > _OPEN:
            self._opened.popitem(last=False)
        return self._opened[number]


# ── Reading ─────────────────────────────────────────────────────────────────────────────────────


def answer(
    desk: Desk,
    revision: int,
    sparql: str,
    format: str,
    default_graphs: list[str],
    named_graphs: list[str],
    largest: int,
    base: str,
) -> bytes:
    """Answer a query; see `Store.answer`."""
    store = desk.revision(revision)
    return store.answer(sparql, format, default_graphs, named_graphs, largest, base=base)


def bound(desk: Desk, revision: int, name: str, given: dict[str, str], scope: list[str]) -> str:
    """Return the text of a kept question, with what is given in the places of its parameters; what
    is called by its name is looked for in the graphs in `scope` or, if there are none, in all."""
    store, kept = desk.revision(revision, scope), queries.question(name)
    kept.require(store, given)
    return kept.bind(store, **given)


def ask(
    desk: Desk, revision: int, name: str, given: dict[str, str], format: str, scope: list[str]
) -> bytes:
    """Answer a kept question, from the graphs in `scope` or, if there are none, from all."""
    text = bound(desk, revision, name, given, scope)
    return desk.revision(revision).answer(text, format, scope, scope)


def check(desk: Desk, content: bytes, format: str, show: str, report_format: str) -> str:
    """Check data against the rules, and return the report in a format."""
    store = EmbeddedStore()
    store.parse(content, format)
    return formats.render(
        validate(store, exclusive=True).at_least(show.capitalize()), report_format
    )


def explained(
    desk: Desk, revision: int, statement: list[str], every: bool, format: str, scope: list[str]
) -> str:
    """Return why a statement is true, or what contradicts what if none is given, in a format.

    Reasons are taken from the graphs in `scope` or, if there are none, from all that are stated.
    Raises ParameterError for a name that is not known, and UnprovedError.
    """
    store = desk.revision(revision)
    if scope:
        visible = EmbeddedStore()
        for name in scope:
            visible.add(store.graph(rdflib.URIRef(name)), rdflib.URIRef(name))
        visible.prefixes |= store.prefixes
        visible.namespaces |= store.namespaces
        store = visible
    if not statement:
        return render(contradictions(store), format)
    closure = None if scope else partial(desk.closure, revision)
    proofs = prove(store, statement, closure, every=every)
    return render(proofs, format)


def described(desk: Desk, revision: int, iri: str, format: str, scope: list[str]) -> bytes | None:
    """Return what is said of a thing, as RDF; None if nothing is."""
    store = desk.revision(revision)
    thing = n_triples(rdflib.URIRef(iri))
    asked = f"ASK {{ {{ {thing} ?p ?o }} UNION {{ ?s ?p {thing} }} }}"
    if b"true" not in store.answer(asked, "json", scope, scope):
        return None
    return store.answer(f"DESCRIBE {thing}", format, scope, scope)


def graph(
    desk: Desk, revision: int, name: str | None, format: str, or_thing: bool = False
) -> bytes | None:
    """Return the statements of a named graph, or of the default graph; None if there is none.

    If there is no such graph, it may be a thing, of which something is said by others than those
    who loaded a graph of that name once.
    """
    store = desk.revision(revision)
    iri = None if name is None else rdflib.URIRef(name)
    if name is not None and not store.has_graph(iri):
        if not or_thing:
            return None
        graphs = {str(node.value) for node in store.oxigraph.named_graphs()}
        scope = [OUTSIDE_NAME, *sorted(graphs - {str(knowledge.provenance_graph())})]
        return described(desk, revision, name, format, scope)
    dumped: bytes | None = store.oxigraph.dump(
        format=FORMATS[format].oxigraph,
        from_graph=graph_name(iri),
        prefixes=knowledge.prefixes() | store.prefixes,
    )
    return dumped or b""


def listed(desk: Desk, revision: int, scope: list[str]) -> bytes:
    """Return the named graphs with their sizes, and the default graph if it has any, as JSON."""
    graphs = [
        {"graph": name, "statements": size}
        for name, size in desk.revision(revision).graphs().items()
        if not scope or str(name) in scope
    ]
    return json.dumps({"graphs": graphs}, ensure_ascii=False).encode()


def statements(desk: Desk, content: bytes, kind: str, base: str) -> bytes:
    """Return the statements of what was sent as N-Quads, which a writer can read without harm.

    `kind` is its media type; that of a form has a boundary, and then it is what all its files
    state. Blank nodes of each file are called by numbers of their own. Raises InputError for what
    cannot be read or names graphs, and UnknownFormatError for other media types.
    """
    is_form = kind.partition(";")[0].strip().lower() == FORM
    files = _files(kind, content) if is_form else [(kind, "", content)]
    return b"".join(
        _lines(part, _format(told, name), base, f"p{number}b")
        for number, (told, name, part) in enumerate(files)
    )


def _files(kind: str, content: bytes) -> list[tuple[str, str, bytes]]:
    """Return the files of a form, each with its media type and its name."""
    header = f"Content-Type: {kind}\r\n\r\n".encode("latin-1")
    boundary = BytesParser(policy=HTTP).parsebytes(header).get_boundary()
    # They are counted before, because to read them takes the square of their number.
    if boundary and content.count(f"\n--{boundary}".encode(errors="replace")) > _MOST_PARTS + 1:
        raise InputError(f"A form may carry {_MOST_PARTS} files; this one has more.")
    try:
        message = BytesParser(policy=HTTP).parsebytes(header + content)
    except RecursionError:
        raise InputError("The parts of the content have parts themselves, too many.") from None
    if not message.is_multipart() or message.defects:
        raise InputError("The content is no multipart/form-data, or its boundary is not told.")
    found = list(message.iter_parts())
    return [
        (
            part.get_content_type(),
            part.get_filename() or "",
            bytes(part.get_payload(decode=True) or b""),
        )
        for part in found
    ]


def _format(kind: str, name: str) -> str:
    """Return the format that a media type stands for or, if it is none of RDF, the ending of a
    name: tools that send files often know no better."""
    ending = name.rpartition(".")[2].lower()
    by_type = (known for known in FORMATS.values() if known.media_type == kind)
    by_ending = (known for known in FORMATS.values() if ending in known.endings)
    found = next(by_type, None) or next(by_ending, None)
    if found is None:
        known = ", ".join(each.media_type for each in FORMATS.values())
        raise UnknownFormatError(f"The content is “{kind}”. Send one of: {known}.")
    return found.name


def _lines(content: bytes, format: str, base: str, label: str) -> bytes:
    store = EmbeddedStore(label=label)
    store.parse(content, format, base=base)
    named = [name for name in store.graphs() if name is not None]
    if named:
        raise InputError(
            f"The content names graphs of its own, such as <{named[0]}>. Send each to its graph."
        )
    lines: bytes | None = store.oxigraph.dump(format=pyoxigraph.RdfFormat.N_QUADS)
    return lines or b""


# ── Writing ─────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class Made:
    """What became of a change: the revision that is current now; whether it made a graph that was
    not there, and whether it changed anything."""

    revision: int
    created: bool = False
    changed: bool = True


@dataclass(frozen=True)
class Refused:
    """A change that was not made because of what the rules say, with the report in a format, or as
    it is if no format was named."""

    detail: str
    report: str | Report


@dataclass(frozen=True)
class Terms:
    """On which terms a change is made: by whom, for which revision (any if None), in which format
    the report is told if it is refused (as it is if empty), whether it is closed under inference
    and checked, whether there is to be such a graph before (either will do if None), and of which
    graphs alone the author is told why it is refused (of all if there are none)."""

    author: str
    expected: int | None
    report_format: str
    checked: bool = True
    present: bool | None = None
    graphs: tuple[str, ...] = ()

    def check(self, name: str | None, *, is_there: bool) -> None:
        """Raise ChangedStoreError if a graph is there, or not, against the terms."""
        if self.present is not None and self.present != is_there:
            what = "The default graph" if name is None else f"The graph <{name}>"
            raise ChangedStoreError(f"{what} is {'there already' if is_there else 'not there'}.")


def put(
    desk: Desk, terms: Terms, name: str | None, content: bytes, source: str, replaces: bool
) -> Made | Refused:
    """Let statements (N-Quads) be those of a graph, or be added to it.

    Statements of named graphs in the content go to these graphs; see RDF 1.1 N-Quads.
    """
    iri = None if name is None else rdflib.URIRef(name)

    def make(change: Change) -> bool:
        held = change.store.has_graph(iri)
        terms.check(name, is_there=held)
        incoming = change.store.apart()
        incoming.parse(content, "n-quads", iri)
        if replaces and held and _same(change.store, incoming, iri):
            raise Unchanged
        if replaces:
            own = incoming.oxigraph.quads_for_pattern(None, None, None, graph_name(iri))
            change.store.put(iri, own)
        change.store.write(iter(incoming.oxigraph), len(incoming))
        if iri is not None:
            # An empty graph is there all the same.
            change.store.make_graph(iri)
            change.remember(iri, source, content)
        # What is added to the default graph makes no graph: it is always there.
        return not held and (replaces or iri is not None)

    what = "the default graph" if name is None else name
    return made(desk, terms, f"{PUT if replaces else ADDED} {what}", make)


def remove(desk: Desk, terms: Terms, name: str | None) -> Made | Refused | None:
    """Remove a graph; None if it is not there."""
    iri = None if name is None else rdflib.URIRef(name)

    def make(change: Change) -> bool:
        if iri is not None and not change.store.has_graph(iri):
            raise Unchanged
        if iri is None:
            change.store.clear_graph(None)
        else:
            change.store.remove_graph(iri)
        return False

    what = "the default graph" if name is None else name
    outcome = made(desk, terms, f"{REMOVED} {what}", make)
    return None if isinstance(outcome, Made) and not outcome.changed else outcome


def update(
    desk: Desk,
    terms: Terms,
    sparql: str,
    default_graphs: list[str],
    named_graphs: list[str],
    base: str,
) -> Made | Refused:
    """Change statements by SPARQL 1.1 Update; see `Store.update`."""

    def make(change: Change) -> bool:
        change.update(sparql, default_graphs, named_graphs, base)
        return False

    return made(desk, terms, "updated", make)


def rollback(desk: Desk, terms: Terms, number: int) -> Made:
    """Make what an older revision holds the current one; raises UnknownRevisionError."""
    store = FolderStore(desk.folder)
    store.rollback(number, terms.author, terms.expected)
    return Made(store.revision)


def is_about(message: str, graphs: Sequence[str]) -> bool:
    """Whether the message of a revision says that one of these graphs was changed."""
    return any(message == f"{what} {name}" for what in _CHANGES for name in graphs)


class Unchanged(Exception):
    """There is nothing to change."""


def made(desk: Desk, terms: Terms, message: str, make: Callable[[Change], bool]) -> Made | Refused:
    """Make a change, closed under inference and checked unless the terms say otherwise.

    `make` says whether it made a graph that was not there; it raises Unchanged to let all be as it
    is. Raises StoreError and InconsistentError.
    """
    store = FolderStore(desk.folder)
    created, seen = False, None
    try:
        if not terms.checked:
            with store.change(terms.author, message, terms.expected) as candidate:
                created = make(Change(candidate, terms.author, message, is_durable=False))
            return Made(store.revision, created)
        with desk.graph.change(terms.author, message, expected=terms.expected) as change:
            created = make(change)
            seen = seen_in(change.store, terms.graphs)
        if not desk.is_frozen:
            # What is kept from change to change is large and no garbage: it need not be looked at.
            gc.collect()
            gc.freeze()
            desk.is_frozen = True
    except Unchanged:
        return Made(store.revision, changed=False)
    except InconsistentError:
        if seen is not None:
            Closure.of_store(seen)
            raise InconsistentError([_CONTRADICTED]) from None
        raise
    except DoesNotConformError as error:
        detail, report, format = str(error), error.report, terms.report_format
        if seen is not None:
            detail = (
                "What would be does not conform. Nothing was changed. Of what is wrong, only what "
                "lies in the graphs of the key is told."
            )
            report = as_seen(report, seen)
        return Refused(detail, formats.render(report, format) if format else report)
    return Made(store.revision, created)


def seen_in(store: EmbeddedStore, graphs: Sequence[str]) -> EmbeddedStore | None:
    """Return a copy of some graphs, if any are named."""
    if not graphs:
        return None
    seen = EmbeddedStore()
    for name in map(rdflib.URIRef, graphs):
        seen.take(store, name)
    return seen


def as_seen(report: Report, seen: EmbeddedStore) -> Report:
    """Return what of a report is found by what is seen alone; of other rules that are broken, no
    more than that they are."""
    own = validate(seen, exclusive=True)
    found = set(report.results)
    results = tuple(result for result in own.results if result in found)
    broken, told = (
        {result.rule for result in each if result.severity == "Violation"}
        for each in (found, results)
    )
    unchecked = dict.fromkeys(sorted(broken - told), _ELSEWHERE)
    return replace(own, results=results, totals=None, unchecked=unchecked)


def _same(store: EmbeddedStore, other: EmbeddedStore, name: rdflib.URIRef | None) -> bool:
    """Whether a graph holds the same statements in both, whatever their blank nodes are called."""
    one, two = (
        [
            pyoxigraph.Quad(*quad.triple)
            for quad in each.oxigraph.quads_for_pattern(None, None, None, graph_name(name))
        ]
        for each in (store, other)
    )
    if len(one) != len(two):
        return False
    return set(one) == set(two) or canonical(one) == canonical(two)
