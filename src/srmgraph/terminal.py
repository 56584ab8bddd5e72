"""What the command shows in a terminal: reports, answers, progress; colour only where it is seen.

Answers and reports go to standard output; progress and remarks go to standard error, so that a
pipe carries nothing but the answer.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from decimal import Decimal
from time import monotonic
from typing import TYPE_CHECKING

from rdflib import Literal
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from rich.text import Text

from srmgraph.names import in_words, labels, short

if TYPE_CHECKING:
    from pathlib import Path

    from rdflib.term import Node

    from srmgraph.store import Store
    from srmgraph.store.protocol import LoadProgress
    from srmgraph.validation import Report

STYLES = {
    "Violation": "bold red",
    "Warning": "yellow",
    "Info": "cyan",
    "heading": "bold",
    "faint": "dim",
    "": "",
}
"""How the pieces of a report's text look, by the name of their style."""

_WIDTH = 120
Cells = Sequence["Node | None"]


class Terminal:
    """Standard output and standard error, as people and pipes want them."""

    def __init__(self) -> None:
        self._output = _console(stderr=False)
        self._remarks = _console(stderr=True)

    def line(self, text: str | Text = "", style: str = "") -> None:
        """Write a line of the answer; nothing in it is read as markup."""
        self._output.print(Text(text, style) if isinstance(text, str) else text, soft_wrap=True)

    def raw(self, content: bytes | str) -> None:
        """Write the answer as it is, in UTF-8, with a line end after it."""
        data = content.encode() if isinstance(content, str) else content
        sys.stdout.flush()
        sys.stdout.buffer.write(data if data.endswith(b"\n") else data + b"\n")
        sys.stdout.buffer.flush()

    def piece(self, text: str) -> None:
        """Write a piece of a long answer as it is, for whoever reads it at once."""
        sys.stdout.buffer.write(text.encode())
        sys.stdout.buffer.flush()

    def remark(self, text: str, style: str = "dim") -> None:
        """Write a line beside the answer."""
        self._remarks.print(Text(text, style), soft_wrap=True)

    def report(self, report: Report, limit: int) -> None:
        """Write a report for people, `limit` results of each rule."""
        from srmgraph.validation.formats import text

        for pieces in text.lines(report, limit):
            self.line(Text.assemble(*((piece, STYLES[style]) for piece, style in pieces)))

    def answer(self, variables: Sequence[str], rows: Sequence[Cells], store: Store) -> None:
        """Write the rows of an answer as a table, things by their names."""
        names = Names(store, rows)
        numbers = [
            place for place in range(len(variables)) if any(_is_number(row[place]) for row in rows)
        ]
        texts = [[names.of(node) for node in row] for row in rows]
        self.table([*map(in_words, variables)], texts, numbers)

    def table(
        self, columns: Sequence[str], rows: Sequence[Sequence[str]], right: Sequence[int] = ()
    ) -> None:
        """Write rows of text as a table; the columns in `right` are set to the right."""
        table = Table(box=SIMPLE_HEAD, pad_edge=False, show_edge=False)
        for number, column in enumerate(columns):
            table.add_column(
                column, justify="right" if number in right else "left", overflow="fold"
            )
        for row in rows:
            table.add_row(*map(Text, row))
        self._output.print(table)

    @contextmanager
    def loading(self, file: Path) -> Iterator[LoadProgress | None]:
        """Show how much of a file is loaded, how fast, and how long it will take yet."""
        if not self._remarks.is_terminal:
            yield None
            return
        from rich.progress import (
            BarColumn,
            Progress,
            TaskProgressColumn,
            TextColumn,
            TimeRemainingColumn,
        )

        columns = (
            TextColumn(f"Loading {file.name}"), BarColumn(), TaskProgressColumn(),
            TextColumn("about {task.fields[lines]:,} statements, {task.fields[rate]:,.0f}/s"),
            TimeRemainingColumn(),
        )  # fmt: skip
        begun = monotonic()
        with Progress(*columns, console=self._remarks, transient=True) as progress:
            task = progress.add_task("", total=None, lines=0, rate=0.0)

            def told(done: int, lines: int, of: int) -> None:
                rate = lines / max(monotonic() - begun, 0.001)
                progress.update(task, completed=done, total=of, lines=lines, rate=rate)

            yield told

    @contextmanager
    def working(self, what: str) -> Iterator[Callable[[str], None]]:
        """Show that work goes on; what is yielded changes the words. Silent outside a terminal."""
        with self._remarks.status(what) as status:
            yield lambda words: status.update(words)

    @contextmanager
    def counting(self, what: str) -> Iterator[Callable[[int, int], None]]:
        """Show how far work is; what is yielded takes the parts done and their number."""
        if not self._remarks.is_terminal:
            yield lambda done, of: None
            return
        from rich.progress import (
            BarColumn,
            Progress,
            TaskProgressColumn,
            TextColumn,
            TimeElapsedColumn,
        )

        columns = (TextColumn(what), BarColumn(), TaskProgressColumn(), TimeElapsedColumn())
        progress = Progress(*columns, console=self._remarks, transient=True)
        task = progress.add_task(what, total=None)

        def told(done: int, of: int) -> None:
            # Not before: something else may be shown until then.
            progress.start()
            progress.update(task, completed=done, total=of)

        try:
            yield told
        finally:
            progress.stop()


class Names:
    """The names of the things in an answer; things of the same name are told apart."""

    def __init__(self, store: Store, rows: Sequence[Cells]) -> None:
        from srmgraph import knowledge

        self._prefixes = knowledge.prefixes() | store.prefixes
        self._labels = labels(store, (node for row in rows for node in row if node is not None))
        called: dict[str, set[Node]] = {}
        for node, label in self._labels.items():
            called.setdefault(label, set()).add(node)
        self._shared = {label for label, nodes in called.items() if len(nodes) > 1}

    def of(self, node: Node | None) -> str:
        """Return the name; empty for what is not there."""
        if node is None:
            return ""
        label = self._labels.get(node)
        if label is None:
            return short(node, self._prefixes)
        return f"{label} <{short(node, self._prefixes)}>" if label in self._shared else label


def _is_number(node: Node | None) -> bool:
    return isinstance(node, Literal) and isinstance(node.value, int | float | Decimal)


def _console(stderr: bool) -> Console:
    console = Console(stderr=stderr, highlight=False)
    # A pipe has no width; nothing that goes through it is to be cut short.
    return console if console.is_terminal else Console(stderr=stderr, highlight=False, width=_WIDTH)
