"""Verbs about models of ArchiMate as files: brought up to date, checked, and drawn."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from srmgraph import knowledge
from srmgraph.errors import InputError
from srmgraph.verbs import arguments, reading
from srmgraph.verbs.arguments import DONE, AddVerb

if TYPE_CHECKING:
    from rdflib.term import Node

    from srmgraph.adapters.archimate.check import Fault
    from srmgraph.store import Store
    from srmgraph.terminal import Terminal
    from srmgraph.validation import Report

_FEW = 10


def install(add: AddVerb) -> None:
    """Add the verbs."""
    one = add(
        "check",
        "tell what Archi would refuse in a model, and what it would change",
        "The model may come from any tool: exchange XML, a file of Archi, or a zip with one. Exit "
        "code 1 means that it would be refused. See docs/archimate.md.",
    )
    one.add_argument("kind", choices=("archimate",), help="what kind of model it is")
    one.add_argument("files", type=Path, nargs="+", metavar="FILE", help="the models")
    arguments.report(one)
    one.set_defaults(run=_check)

    one = add(
        "draw",
        "draw the views of a model as pictures",
        "The model may come from any tool: exchange XML, a file of Archi, or a zip with one. Each "
        "view becomes a file in SVG.",
    )
    one.add_argument("model", type=Path, metavar="MODEL", help="the model")
    one.add_argument("folder", type=Path, metavar="FOLDER", help="where the pictures go")
    one.set_defaults(run=_draw)


def _draw(options: argparse.Namespace, rest: list[str], terminal: Terminal) -> int:
    from srmgraph.adapters.archimate import drawing, package
    from srmgraph.syntax import read_bytes, write_bytes

    with terminal.working(f"Drawing {options.model} …"):
        model = package.open_package(read_bytes(options.model), options.model).model
        drawn = [*drawing.pictures(model)]
        try:
            options.folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise InputError(f"It is no folder: {error.strerror}.", options.folder) from error
        for name, (_, picture) in zip(drawing.file_names(n for n, _ in drawn), drawn, strict=True):
            write_bytes(options.folder / name, picture.encode())
    views = f"{len(drawn):,} view{'' if len(drawn) == 1 else 's'}"
    terminal.line(f"Drew {views} in {options.folder}.")
    return DONE


def _check(options: argparse.Namespace, rest: list[str], terminal: Terminal) -> int:
    from srmgraph.adapters.archimate.check import check

    faults = {}
    for file in options.files:
        with terminal.working(f"Checking {file} …"):
            faults[file] = check(file)
    return reading.show(_report(faults), options, terminal)


def _report(faults: dict[Path, list[Fault]]) -> Report:
    from rdflib import BNode, Literal

    from srmgraph.adapters.archimate.grammar import checks
    from srmgraph.adapters.archimate.mapping import AM
    from srmgraph.validation import Place, Report, Result, Rule

    rules = checks()
    results: list[tuple[Path, int, Result]] = []
    labels: dict[Node, str] = {}
    places: dict[Node | Result, Place] = {}
    for file, found in faults.items():
        for fault in found:
            rule = rules[fault.check]
            result = Result(
                rule.name,
                rule.severity,
                rule.message,
                rule.advice,
                fault.thing,
                None,
                Literal(fault.value),
                rule.iri,
                AM.FormatConstraintComponent,
                "en",
                # Two may say the same, and yet stand in two lines.
                BNode(f"line-{fault.line}"),
            )
            results.append((file, fault.line, result))
            places[result] = Place(file, fault.line)
            if fault.name:
                labels[fault.thing] = fault.name
    results.sort(key=lambda one: (one[2].sort_key()[:2], *one[:2]))
    shapes = tuple(
        Rule(rule.iri, rule.name, rule.severity, rule.message, rule.advice)
        for rule in rules.values()
    )
    return Report(
        tuple(result for _, _, result in results),
        shapes,
        labels,
        knowledge.prefixes(),
        places=places,
    )


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
