"""What the verbs read and write: graphs from files or from a store, texts to files."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from srmgraph.errors import InputError, ParameterError
from srmgraph.verbs.arguments import DOES_NOT_CONFORM, DONE, NOT_UNDERSTOOD

if TYPE_CHECKING:
    from srmgraph.graph import ServiceGraph
    from srmgraph.store.folder import FolderStore
    from srmgraph.terminal import Terminal
    from srmgraph.validation import Report


def of_files(files: Sequence[Path], format: str | None, terminal: Terminal) -> ServiceGraph:
    """Return a graph of what the files state, conforming or not; `-` is standard input."""
    from srmgraph.graph import ServiceGraph
    from srmgraph.syntax import unpacked

    graph = ServiceGraph.open()
    for file in files:
        if str(file) == "-":
            graph.store.parse(unpacked(sys.stdin.buffer.read()), format or "turtle")
        else:
            with terminal.loading(file) as told:
                graph.store.read(file, format, progress=told)
    if not graph.store.holds_more(0):
        # Nothing is wrong with it, but whoever checks it may have meant another file.
        terminal.remark("What was read holds no statement at all.")
    return graph


def of_store(options: argparse.Namespace) -> ServiceGraph:
    """Return the graph of the store that is named, in the revision that is named."""
    from srmgraph.graph import ServiceGraph

    graph = ServiceGraph.open(options.store)
    revision = getattr(options, "revision", None)
    return graph if revision is None else ServiceGraph(folder_store(options.store).at(revision))


def of_data(options: argparse.Namespace, terminal: Terminal) -> ServiceGraph:
    """Return the graph that a verb is about: of its files, or of its store.

    Raises ParameterError unless one of the two is named.
    """
    if bool(options.data) == bool(options.store):
        raise ParameterError("Name files with --data, or a store with --store, one of the two.")
    if options.store:
        return of_store(options)
    return of_files(options.data, options.input_format, terminal)


def is_on_a_server(name: str) -> bool:
    """Return whether a store is one that is spoken to by HTTP."""
    return "://" in name


def folder_store(name: str, *, create: bool = False) -> FolderStore:
    """Return the store in a folder; raises ParameterError for a store that is elsewhere."""
    from srmgraph.store import open_store
    from srmgraph.store.folder import FolderStore

    store = open_store(name, create=create)
    if not isinstance(store, FolderStore):
        raise ParameterError(f"“{name}” is no folder, and only stores in folders have a history.")
    return store


def infer(graph: ServiceGraph, terminal: Terminal) -> int:
    """Add what follows, and return how many facts that is."""
    with terminal.working("Inferring …") as say:
        return graph.infer(say)


def write(file: Path, text: str) -> None:
    """Write a text to a file; raises InputError."""
    try:
        file.write_text(text, encoding="utf-8")
    except OSError as error:
        raise _unwritable(file, error) from error


def _unwritable(file: Path, error: OSError) -> InputError:
    return InputError(f"It cannot be written: {error.strerror}.", file)


@contextmanager
def written(file: Path | None, terminal: Terminal) -> Iterator[Callable[[str], None]]:
    """Give what writes pieces of text to a file or, without one, to standard output, each as soon
    as it is there; raises InputError."""
    if file is None:
        yield terminal.piece
        return

    def write(text: str) -> None:
        try:
            stream.write(text)
            stream.flush()
        except OSError as error:
            raise _unwritable(file, error) from error

    try:
        stream = file.open("w", encoding="utf-8")
    except OSError as error:
        raise _unwritable(file, error) from error
    with stream:
        yield write


def show(report: Report, options: argparse.Namespace, terminal: Terminal) -> int:
    """Write a report as the arguments say, and return what the command ends with."""
    from srmgraph.validation import formats

    shown = report.at_least(options.show.capitalize())
    if options.output:
        write(options.output, formats.render(shown, options.format))
    elif options.format == "text":
        terminal.report(shown, options.limit)
    else:
        terminal.raw(formats.render(shown, options.format))
    return outcome(report, options)


def outcome(report: Report, options: argparse.Namespace) -> int:
    """Return what the command ends with, by the severity that the arguments name."""
    if report.fails(options.fail_on.capitalize()):
        return DOES_NOT_CONFORM
    return DONE if report.is_complete else NOT_UNDERSTOOD
