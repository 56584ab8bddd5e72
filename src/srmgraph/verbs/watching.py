"""Checking again whenever a file changes: the report, and what came and went."""

from __future__ import annotations

import sys
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from rdflib import BNode
from rdflib.term import Node

from srmgraph.errors import SrmgraphError
from srmgraph.verbs.arguments import DONE

if TYPE_CHECKING:
    from srmgraph.terminal import Terminal
    from srmgraph.validation import Report, Result

INTERVAL = 0.25
"""How often files are looked at, in seconds. To be told by the system would take a package, and
would miss files on other machines; to look at some files costs nothing."""

_MOST = 10

_State: TypeAlias = dict[Path, tuple[int, int, int] | None]
"""When each file was changed last, its size and its number: another file may have been put in its
place. None for one that is not there."""


def watch(
    files: Sequence[Path],
    check: Callable[[], Report],
    show: Callable[[Report], Report],
    terminal: Terminal,
    now: Callable[[], datetime] = datetime.now,
) -> int:
    """Check and show, again after each change of a file, until the user stops it (Ctrl-C). What
    came and went is told of what *show* has shown, which it returns.

    A file that cannot be read meanwhile, as one that is half written, is told, and watched on.
    """
    last: Report | None = None
    try:
        while True:
            state = _state(files)
            try:
                report = show(check())
                _tell(last, report, terminal)
                last = report
            except SrmgraphError as error:
                terminal.remark(str(error), "bold red")
            terminal.remark(f"{now():%H:%M:%S}  Watching {_named(files)}. Stop with Ctrl-C.")
            sys.stdout.flush()
            changed = _next_change(files, state)
            terminal.line(f"── {now():%H:%M:%S}  {_named(changed)} changed ──", "bold")
    except KeyboardInterrupt:
        terminal.remark("Stopped.")
        return DONE


def came_and_went(before: Report, after: Report) -> tuple[list[Result], list[Result]]:
    """Return the results that are new in a report, and those that are gone from the one before.

    Results on things without a name count as the same where all else is: their names are made up
    anew each time that a file is read.
    """
    old = Counter(_nameless(result) for result in before.results)
    new = Counter(_nameless(result) for result in after.results)
    return _those(after, new - old), _those(before, old - new)


def _those(report: Report, wanted: Counter[Result]) -> list[Result]:
    found = []
    for result in report.results:
        if wanted[_nameless(result)] > 0:
            wanted[_nameless(result)] -= 1
            found.append(result)
    return found


def _nameless(result: Result) -> Result:
    focus, value = _name(result.focus_node), result.value
    # A constraint of a shape without a name is read anew, too, where shapes are watched.
    return replace(
        result,
        focus_node=focus,
        value=None if value is None else _name(value),
        source_shape=_name(result.source_shape),
        source_constraint=None,
    )


def _name(node: Node) -> Node:
    return BNode("nameless") if isinstance(node, BNode) else node


def _tell(before: Report | None, after: Report, terminal: Terminal) -> None:
    from srmgraph.validation.formats import text

    if before is None:
        return
    came, went = came_and_went(before, after)
    if not came and not went:
        terminal.line("Nothing came and nothing went.", "dim")
    for sign, report, results, style in (
        ("+", after, came, "red"),
        ("-", before, went, "green"),
    ):
        for result in results[:_MOST]:
            words = "".join(piece for piece, _ in text.found(report, result)).strip(" •")
            terminal.line(f"{sign} {result.rule}: {words}", style)
        if len(results) > _MOST:
            terminal.line(f"{sign} {len(results) - _MOST:,} more", style)


def _next_change(files: Sequence[Path], state: _State) -> list[Path]:
    """Wait until files have changed and then stay as they are, and return them."""
    while (now := _state(files)) == state:
        time.sleep(INTERVAL)
    while True:
        # Whoever writes may not be done yet.
        time.sleep(INTERVAL)
        if (later := _state(files)) == now:
            return [file for file in files if now[file] != state[file]] or list(files)
        now = later


def _state(files: Sequence[Path]) -> _State:
    state: _State = {}
    for file in files:
        try:
            found = file.stat()
            state[file] = (found.st_mtime_ns, found.st_size, found.st_ino)
        except OSError:
            state[file] = None
    return state


def _named(files: Sequence[Path]) -> str:
    return str(files[0]) if len(files) == 1 else f"{len(files):,} files"
