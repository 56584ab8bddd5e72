"""Verbs about models of ArchiMate as files: brought up to date, and checked."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from srmgraph import knowledge
from srmgraph.verbs.arguments import DONE

if TYPE_CHECKING:
    from srmgraph.store import Store
    from srmgraph.terminal import Terminal

_FEW = 10


def into(parser: argparse.ArgumentParser) -> None:
    """Let `export` change a model that is there."""
    parser.add_argument(
        "--into",
        type=Path,
        metavar="MODEL",
        help="bring a model of your own up to date in place: all else in it, such as views, stays",
    )
    parser.add_argument(
        "--allow-deletes",
        action="store_true",
        help="with --into: remove what the data no longer say",
    )


def update(options: argparse.Namespace, store: Store, terminal: Terminal) -> int:
    """Bring the model of `--into` up to date."""
    from srmgraph.adapters.archimate.update import update
    from srmgraph.syntax import read_bytes, write_bytes

    file: Path = options.into
    content = read_bytes(file)
    with terminal.working(f"Changing {file} …"):
        done = update(
            content,
            store,
            file,
            allow_deletes=options.allow_deletes,
            without=knowledge.own_graphs(),
        )
    for sign, names in (("+", done.added), ("~", done.changed), ("-", done.removed)):
        for name in names[:_FEW]:
            terminal.line(f"{sign} {name}")
        if len(names) > _FEW:
            terminal.line(f"{sign} and {len(names) - _FEW:,} more")
    if done.left:
        terminal.remark(
            f"{len(done.left):,} stay that the data no longer say, such as {done.left[0]}; "
            "--allow-deletes removes them."
        )
    if done.content == content:
        terminal.line(f"{file} is up to date.")
        return DONE
    write_bytes(file, done.content)
    counts = f"{len(done.added):,} added, {len(done.changed):,} changed"
    terminal.line(f"Changed {file}: {counts}, {len(done.removed):,} removed.")
    return DONE
