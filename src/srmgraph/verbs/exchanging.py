"""Verbs that exchange models with other tools: of enterprise architects, and for spreadsheets."""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from srmgraph import knowledge
from srmgraph.errors import DoesNotConformError, ParameterError
from srmgraph.verbs import arguments, modelling, reading
from srmgraph.verbs.arguments import DOES_NOT_CONFORM, DONE, AddVerb

if TYPE_CHECKING:
    from rdflib import Graph, URIRef

    from srmgraph.adapters.archimate import Imported
    from srmgraph.adapters.archimate.plan import Plan
    from srmgraph.adapters.spreadsheet import Described, Sheets
    from srmgraph.graph import ServiceGraph
    from srmgraph.store import EmbeddedStore
    from srmgraph.terminal import Terminal
    from srmgraph.validation import Report

_MODELS = (
    "a model that ends in .xml, .archimate or .zip, a workbook that ends in .xlsx, or a folder of "
    "CSV files"
)
_TEMPLATES = {"xlsx": Path("service-relationships.xlsx"), "csv": Path("service-relationships")}


def install(add: AddVerb) -> None:
    """Add the verbs."""
    one = add(
        "template",
        "write an empty form to fill in with a spreadsheet",
        "A sheet for each kind of thing, with help at each heading, lists to choose from, and an "
        "example. `import` takes it in. See docs/spreadsheets.md.",
    )
    one.add_argument("kind", choices=tuple(_TEMPLATES), help="a workbook, or a folder of CSV files")
    one.add_argument(
        "output",
        type=Path,
        nargs="?",
        metavar="OUTPUT",
        help=f"where it goes ({_TEMPLATES['xlsx']}, or a folder {_TEMPLATES['csv']})",
    )
    _base_iri(one)
    one.add_argument(
        "--language", default="en", metavar="TAG", help="the language of what is filled in (en)"
    )
    one.set_defaults(run=_template)

    one = add(
        "export",
        "write a model for Archi and other ArchiMate tools, or a spreadsheet",
        "Keep the file: it is what `import --base` compares with when it comes back. See "
        "docs/archimate.md and docs/spreadsheets.md.",
    )
    one.add_argument("output", type=Path, nargs="?", metavar="OUTPUT", help=_MODELS)
    arguments.data(one)
    _base_iri(one)
    one.add_argument(
        "--archi-tables",
        action="store_true",
        help="OUTPUT is a folder for the three CSV files by which Archi updates an open model",
    )
    modelling.into(one)
    one.set_defaults(run=_export)

    one = add(
        "import",
        "read a model of Archi or of any ArchiMate tool, or a spreadsheet",
        "It becomes RDF, or changes a graph of a store: what was added and changed there comes in, "
        "what was removed goes only if you say so.",
    )
    one.add_argument("model", type=Path, metavar="MODEL", help=_MODELS)
    one.add_argument("--output", type=Path, metavar="FILE", help="write it there, as RDF")
    arguments.store(one)
    one.add_argument("--graph", metavar="IRI", help="the graph of the store that it is about")
    one.add_argument(
        "--base", type=Path, metavar="MODEL", help="what was exported, to tell changes by"
    )
    _base_iri(one)
    one.add_argument(
        "--mapping",
        type=Path,
        metavar="FILE",
        help="what the columns of a CSV file of others mean (CSV on the Web)",
    )
    one.add_argument(
        "--plan", action="store_true", help="show what would change, and change nothing"
    )
    one.add_argument(
        "--details",
        action="store_true",
        help="show all of the plan, boxes, lines and folders too, and not only how many there are",
    )
    one.add_argument(
        "--format", choices=("text", "json"), default="text", help="how the plan is written (text)"
    )
    one.add_argument(
        "--allow-deletes", action="store_true", help="remove what was removed in the model"
    )
    one.add_argument(
        "--settle",
        choices=("ours", "theirs"),
        help="where the model and the graph have both changed the same since --base: what stays",
    )
    arguments.author(one)
    one.set_defaults(run=_import)


@dataclass
class _Model:
    """What a model states, as it was read; one of sheets knows its cells."""

    source: Sheets | Described | Imported
    notes: list[str]

    @property
    def graph(self) -> Graph:
        return self.source.graph

    @property
    def sheets(self) -> Sheets | Described | None:
        from srmgraph.adapters.archimate import Imported

        return None if isinstance(self.source, Imported) else self.source


def _base_iri(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--base-iri", metavar="IRI", help="with what the IRIs of things begin that have none yet"
    )


def _template(options: argparse.Namespace, rest: list[str], terminal: Terminal) -> int:
    from srmgraph.adapters import spreadsheet

    output = options.output or _TEMPLATES[options.kind]
    if (output.suffix.lower() == spreadsheet.ENDING) != (options.kind == "xlsx"):
        raise ParameterError(
            f"A workbook ends in {spreadsheet.ENDING}, and the name of a folder has no ending."
        )
    with terminal.working("Writing …"):
        spreadsheet.template(output, base=options.base_iri, language=options.language)
    terminal.line(f"Wrote {output}. Fill it in, and take it in with: srmgraph import {output}")
    return DONE


def _export(options: argparse.Namespace, rest: list[str], terminal: Terminal) -> int:
    from srmgraph.adapters import archimate, spreadsheet

    if bool(options.output) == bool(options.into):
        raise ParameterError("Say where it goes: OUTPUT or --into MODEL, one of the two.")
    if options.archi_tables and (options.into or options.output.suffix):
        raise ParameterError("The tables for Archi go to a folder, whose name has no ending.")
    graph = reading.of_data(options, terminal)
    if options.into:
        return modelling.update(options, graph.store, terminal)
    own = knowledge.own_graphs()
    with terminal.working("Writing …"):
        if options.archi_tables:
            archimate.write_tables(graph.store, options.output, without=own)
        elif spreadsheet.is_spreadsheet(options.output):
            spreadsheet.write(graph.store, options.output, base=options.base_iri, without=own)
        else:
            archimate.write(graph.store, options.output, without=own)
    terminal.line(f"Wrote {options.output}.")
    return DONE


def _import(options: argparse.Namespace, rest: list[str], terminal: Terminal) -> int:
    from srmgraph.adapters import rdf
    from srmgraph.store import EmbeddedStore

    if bool(options.output) == bool(options.store):
        raise ParameterError("Say where it goes: --output FILE or --store STORE, one of the two.")
    with terminal.working(f"Reading {options.model} …"):
        model = _read(options.model, options)
    for note in model.notes:
        terminal.remark(note)
    if options.store:
        return _into_store(options, model, terminal)
    if model.sheets is None:
        rdf.write(model.graph, options.output)
        terminal.line(f"Wrote {len(model.graph):,} statements to {options.output}.")
        return DONE
    # What is written and what is checked is translated for the engine once.
    store = EmbeddedStore()
    store.add(model.sheets.statements)
    rdf.write(store, options.output)
    terminal.line(f"Wrote {len(model.sheets.statements):,} statements to {options.output}.")
    return _check(store, model.sheets, terminal)


def _read(file: Path, options: argparse.Namespace) -> _Model:
    from srmgraph.adapters import archimate, spreadsheet

    if options.mapping:
        described = spreadsheet.read_described(file, options.mapping, base=options.base_iri)
        return _Model(described, list(described.notes))
    if file.suffix.lower() == ".csv":
        raise ParameterError(
            f"Name with --mapping what describes the columns of {file}; or name the folder, if its "
            "files are filled-in forms. See docs/spreadsheets.md."
        )
    if spreadsheet.is_spreadsheet(file):
        sheets = spreadsheet.read(file, base=options.base_iri)
        return _Model(sheets, list(sheets.notes))
    drawn = archimate.read(file, base=options.base_iri)
    return _Model(drawn, [f"{file}:{note}" for note in drawn.loss_report])


def _check(store: EmbeddedStore, sheets: Sheets | Described, terminal: Terminal) -> int:
    """Tell which cells break a rule."""
    from srmgraph.validation import validate

    with terminal.counting("Checking rules") as count:
        report = validate(store, exclusive=True, progress=count)
    _tell(report, sheets, terminal)
    return DONE if report.conforms else DOES_NOT_CONFORM


def _tell(report: Report, sheets: Sheets | Described, terminal: Terminal) -> None:
    from srmgraph.validation import placed

    terminal.report(placed(report, sheets.place).at_least("Warning"), limit=10)


def _into_store(options: argparse.Namespace, model: _Model, terminal: Terminal) -> int:
    from rdflib import URIRef

    from srmgraph.adapters.archimate.plan import plan
    from srmgraph.graph import ServiceGraph

    graph = ServiceGraph.open(options.store, create=not options.plan)
    name = URIRef(options.graph or options.model.resolve().as_uri())
    ours = graph.store.graph(name)
    base = _read(options.base, options).graph if options.base else ours
    todo = plan(base, ours, model.graph).settle(options.settle)
    if options.format == "json":
        terminal.raw(todo.json())
    else:
        prefixes = knowledge.prefixes() | graph.store.prefixes
        terminal.line(todo.text(prefixes, details=options.details))
    for remark in todo.remarks(allow_deletes=options.allow_deletes):
        terminal.remark(remark)
    if options.plan or not todo.has_effect(allow_deletes=options.allow_deletes):
        return DONE
    if todo.is_open:
        terminal.remark("Nothing was changed.")
        return DOES_NOT_CONFORM
    try:
        _apply(graph, name, todo, ours, options)
    except DoesNotConformError as error:
        if model.sheets is not None:
            _tell(error.report, model.sheets, terminal)
        raise
    terminal.line(f"The graph {name} was changed.")
    return DONE


def _apply(
    graph: ServiceGraph, name: URIRef, todo: Plan, ours: Graph, options: argparse.Namespace
) -> None:
    with graph.change(options.author, f"import {options.model}") as change:
        change.store.remove_graph(name)
        change.store.add(todo.apply(ours, allow_deletes=options.allow_deletes), name)
        change.remember(name, options.model.name, _content(options.model))


def _content(model: Path) -> bytes:
    """Return what a file holds, or all files of a folder together."""
    if model.is_dir():
        return b"".join(file.read_bytes() for file in sorted(model.glob("*.csv")))
    return model.read_bytes()
