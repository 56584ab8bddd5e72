"""The verb that writes the documentation."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from srmgraph.verbs.arguments import DONE, AddVerb

if TYPE_CHECKING:
    from srmgraph.terminal import Terminal


def install(add: AddVerb) -> None:
    """Add the verb."""
    one = add(
        "docs",
        "write the ontology, the rules and the questions as web pages",
        "They need no server: open index.html.",
    )
    one.add_argument("folder", type=Path, metavar="FOLDER", help="where the pages go")
    one.set_defaults(run=_docs)


def _docs(options: argparse.Namespace, rest: list[str], terminal: Terminal) -> int:
    from srmgraph import documentation

    pages = documentation.write(options.folder)
    terminal.line(f"{len(pages)} files. Open {options.folder / 'index.html'}")
    return DONE
