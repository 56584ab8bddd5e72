"""Verbs that keep data in a store: load, unload, look back, go back, back up."""

from __future__ import annotations

import argparse
import sys
from contextlib import nullcontext
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING

from srmgraph.errors import DoesNotConformError, ParameterError
from srmgraph.verbs import arguments, reading
from srmgraph.verbs.arguments import DOES_NOT_CONFORM, DONE, AddVerb, needed_store

if TYPE_CHECKING:
    from rdflib import URIRef

    from srmgraph.terminal import Terminal


def install(add: AddVerb) -> None:
    """Add the verbs."""
    one = add(
        "load",
        "take files into a store, all or none",
        "The store is made when it is not there. Each file has a graph of its own, and loading it "
        "again brings that up to date. What breaks a rule is refused, with the report.",
    )
    arguments.files(one)
    arguments.store(one)
    one.add_argument("--graph", metavar="IRI", help="of the graph (the address of the file)")
    arguments.author(one)
    one.add_argument(
        "--limit", type=arguments.count, default=10, metavar="N", help="results shown for one rule"
    )
    one.set_defaults(run=_load)

    one = add(
        "update",
        "change a store by SPARQL Update, all or none",
        "Such as the repairs that srmgraph validate --fix-plan writes. What breaks a rule is "
        "refused, with the report.",
    )
    one.add_argument("file", type=Path, metavar="FILE", help="with the update; - is standard input")
    arguments.store(one)
    arguments.author(one)
    one.add_argument(
        "--limit", type=arguments.count, default=10, metavar="N", help="results shown for one rule"
    )
    one.set_defaults(run=_update)

    one = add("unload", "remove graphs from a store, all or none", "See them with: srmgraph graphs")
    one.add_argument("graphs", nargs="+", metavar="GRAPH", help="an IRI, or the name of a file")
    arguments.store(one)
    arguments.author(one)
    one.set_defaults(run=_unload)

    one = add("graphs", "list the graphs of a store: how large, from what, by whom and when")
    arguments.store(one)
    one.set_defaults(run=_graphs)

    one = add(
        "history",
        "list the revisions of a store, or compare two",
        "With two numbers, what was added (A) and deleted (D) between them is written.",
    )
    one.add_argument("older", nargs="?", type=int, metavar="OLDER", help="a revision")
    one.add_argument("newer", nargs="?", type=int, metavar="NEWER", help="a later one")
    arguments.store(one)
    one.set_defaults(run=_history)

    one = add("rollback", "go back to an older revision", "Nothing is lost: the history goes on.")
    one.add_argument("revision", type=int, metavar="N", help="see: srmgraph history")
    arguments.store(one)
    arguments.author(one)
    one.set_defaults(run=_rollback)

    one = add("backup", "copy the current revision of a store into a new folder")
    one.add_argument("target", type=Path, metavar="FOLDER", help="a folder that is not there yet")
    arguments.store(one)
    one.set_defaults(run=_backup)

    one = add("restore", "let a store hold what a backup holds", "It is one more revision.")
    one.add_argument("source", type=Path, metavar="FOLDER", help="what srmgraph backup has made")
    arguments.store(one)
    arguments.author(one)
    one.set_defaults(run=_restore)

    one = add("compact", "forget all revisions but the current one, to save room")
    one.add_argument(
        "--keep",
        type=_revisions,
        metavar="N",
        help="keep the newest N, now and from now on (a new store keeps 20)",
    )
    arguments.store(one)
    one.set_defaults(run=_compact)


def _revisions(text: str) -> int:
    if not text.isdigit() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"“{text}” is no number of revisions, at least 1")
    return int(text)


def _load(options: argparse.Namespace, rest: list[str], terminal: Terminal) -> int:
    from rdflib import URIRef

    from srmgraph import knowledge
    from srmgraph.graph import ServiceGraph
    from srmgraph.validation.formats import text

    graph = ServiceGraph.open(needed_store(options), create=True)
    names = " ".join(map(str, options.files))
    name = None if options.graph is None else URIRef(options.graph)
    try:
        with terminal.counting("Checking rules") as count:
            message = f"load {names}"
            with graph.change(options.author, message, progress=count) as change:
                for file in options.files:
                    with terminal.loading(file) as told:
                        change.load(file, options.input_format, name, told)
    except DoesNotConformError as error:
        terminal.report(error.report.at_least("Violation"), options.limit)
        terminal.remark("Nothing was loaded.", "bold red")
        return DOES_NOT_CONFORM
    own = knowledge.own_graphs()
    held = {name: size for name, size in graph.store.graphs().items() if name not in own}
    size = sum(held.get(name, 0) for name in change.loaded)
    terminal.line(
        f"Loaded {names}: {size:,} statements, {text.verdict(change.report)}. "
        f"{sum(held.values()):,} statements in all."
    )
    return DONE


def _update(options: argparse.Namespace, rest: list[str], terminal: Terminal) -> int:
    from srmgraph import knowledge
    from srmgraph.graph import ServiceGraph
    from srmgraph.syntax import read_bytes
    from srmgraph.validation.formats import text

    is_input = str(options.file) == "-"
    content = sys.stdin.buffer.read() if is_input else read_bytes(options.file)
    graph = ServiceGraph.open(needed_store(options))
    try:
        with (
            terminal.counting("Checking rules") as count,
            graph.change(options.author, f"update {options.file}", progress=count) as change,
        ):
            change.update(content.decode(errors="replace"))
    except DoesNotConformError as error:
        terminal.report(error.report.at_least("Violation"), options.limit)
        terminal.remark("Nothing was changed.", "bold red")
        return DOES_NOT_CONFORM
    own = knowledge.own_graphs()
    size = sum(number for name, number in graph.store.graphs().items() if name not in own)
    terminal.line(
        f"Updated by {options.file}: {text.verdict(change.report)}. {size:,} statements in all."
    )
    return DONE


def _unload(options: argparse.Namespace, rest: list[str], terminal: Terminal) -> int:
    from srmgraph import knowledge
    from srmgraph.graph import ServiceGraph

    graph = ServiceGraph.open(needed_store(options))
    own = knowledge.own_graphs()
    held = [name for name in graph.store.graphs() if name is not None and name not in own]
    chosen = []
    for asked in options.graphs:
        # A file is named as it was for `load`, or by the last part of its name alone.
        file = Path(asked).resolve().as_uri()
        fitting = [name for name in held if str(name) in (asked, file)]
        fitting = fitting or [name for name in held if str(name).rpartition("/")[2] == asked]
        if len(fitting) != 1:
            reason = "fits several graphs" if fitting else "is no graph of the store"
            near = get_close_matches(asked, [str(name).rpartition("/")[2] for name in held], 1)
            advice = f"Did you mean {near[0]}?" if near and not fitting else "See: srmgraph graphs"
            raise ParameterError(f"“{asked}” {reason}. {advice}")
        chosen += fitting
    with graph.change(options.author, f"unload {' '.join(chosen)}") as change:
        for name in chosen:
            change.store.remove_graph(name)
    terminal.line(f"Removed {' '.join(chosen)}.")
    return DONE


def _graphs(options: argparse.Namespace, rest: list[str], terminal: Terminal) -> int:
    from srmgraph import knowledge, provenance
    from srmgraph.store import open_store

    store = open_store(needed_store(options))
    loads = {load.graph: load for load in reversed(provenance.loads(store))}
    kept: dict[URIRef | None, str] = {
        knowledge.ontology_graph(): "the ontology",
        knowledge.inferred_graph(): "what follows",
        knowledge.provenance_graph(): "who loaded what",
    }
    rows = []
    for name, size in store.graphs().items():
        load = loads.get(name) if name is not None else None
        time = f"{load.time:%Y-%m-%d %H:%M}" if load else ""
        source, author = (load.source, load.author) if load else (kept.get(name, ""), "")
        rows.append((name or "(default graph)", f"{size:,}", source, time, author))
    terminal.table(("graph", "statements", "from", "loaded", "by"), rows, right=(1,))
    return DONE


def _history(options: argparse.Namespace, rest: list[str], terminal: Terminal) -> int:
    store = reading.folder_store(needed_store(options))
    if options.older is not None:
        newer = store.revision if options.newer is None else options.newer
        for sign, statement in store.differences(options.older, newer):
            terminal.line(f"{sign} {statement}", "red" if sign == "D" else "green")
        return DONE
    rows = [
        (
            str(one.number),
            f"{one.created:%Y-%m-%d %H:%M:%S}",
            f"{one.statements:,}",
            one.author,
            one.message,
        )
        for one in store.history()
    ]
    terminal.table(("revision", "made", "statements", "by", "what"), rows, right=(0, 2))
    return DONE


def _rollback(options: argparse.Namespace, rest: list[str], terminal: Terminal) -> int:
    store = reading.folder_store(needed_store(options))
    store.rollback(options.revision, options.author)
    terminal.line(f"Revision {store.revision} holds what revision {options.revision} held.")
    return DONE


def _backup(options: argparse.Namespace, rest: list[str], terminal: Terminal) -> int:
    store = reading.folder_store(needed_store(options))
    store.backup(options.target)
    terminal.line(f"Revision {store.revision} was copied to {options.target}.")
    return DONE


def _restore(options: argparse.Namespace, rest: list[str], terminal: Terminal) -> int:
    from srmgraph.store.folder import FolderStore

    name = needed_store(options)
    is_new = not Path(name, "srmgraph.json").exists()
    with (
        FolderStore.founded(Path(name))
        if is_new
        else nullcontext(reading.folder_store(name)) as store
    ):
        store.restore(options.source, options.author)
    terminal.line(f"Revision {store.revision} holds what {options.source} holds.")
    return DONE


def _compact(options: argparse.Namespace, rest: list[str], terminal: Terminal) -> int:
    store = reading.folder_store(needed_store(options))
    with terminal.working("Compacting …"):
        before = store.revisions.size()
        if options.keep is not None:
            store.revisions.keep(options.keep)
        store.compact(options.keep or 1)
        after = store.revisions.size()
    terminal.line(f"{before / 1e6:,.1f} MB became {after / 1e6:,.1f} MB.")
    return DONE
