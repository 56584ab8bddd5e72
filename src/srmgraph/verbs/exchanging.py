"""Verbs that exchange models with enterprise-architecture tools."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from srmgraph import knowledge
from srmgraph.errors import ParameterError
from srmgraph.verbs import arguments, reading
from srmgraph.verbs.arguments import DONE, AddVerb

if TYPE_CHECKING:
    from rdflib import Graph, URIRef

    from srmgraph.adapters.archimate.plan import Plan
    from srmgraph.graph import ServiceGraph
    from srmgraph.terminal import Terminal


def install(add: AddVerb) -> None:
    """Add the verbs."""
    one = add(
        "export",
        "write a model for Archi and other ArchiMate tools",
        "Keep the file: it is what `import --base` compares with when the model comes back. See "
        "docs/archimate.md.",
    )
    one.add_argument(
        "output", type=Path, metavar="OUTPUT", help="a file that ends in .xml, .archimate or .zip"
    )
    arguments.data(one)
    one.set_defaults(run=_export)

    one = add(
        "import",
        "read a model of Archi or of any ArchiMate tool",
        "It becomes RDF, or changes a graph of a store: what was added and changed there comes in, "
        "what was removed goes only if you say so.",
    )
    one.add_argument(
        "model", type=Path, metavar="MODEL", help="a file that ends in .xml, .archimate or .zip"
    )
    one.add_argument("--output", type=Path, metavar="FILE", help="write it there, as RDF")
    arguments.store(one)
    one.add_argument("--graph", metavar="IRI", help="the graph of the store that it is about")
    one.add_argument(
        "--base", type=Path, metavar="MODEL", help="what was exported, to tell changes by"
    )
    one.add_argument(
        "--plan", action="store_true", help="show what would change, and change nothing"
    )
    one.add_argument(
        "--allow-deletes", action="store_true", help="remove what was removed in the model"
    )
    arguments.author(one)
    one.set_defaults(run=_import)


def _export(options: argparse.Namespace, rest: list[str], terminal: Terminal) -> int:
    from srmgraph.adapters import archimate

    graph = reading.of_data(options, terminal)
    with terminal.working("Drawing …"):
        archimate.write(graph.store, options.output, without=knowledge.own_graphs())
    terminal.line(f"Wrote {options.output}.")
    return DONE


def _import(options: argparse.Namespace, rest: list[str], terminal: Terminal) -> int:
    from srmgraph.adapters import archimate, rdf

    if bool(options.output) == bool(options.store):
        raise ParameterError("Say where it goes: --output FILE or --store STORE, one of the two.")
    with terminal.working(f"Reading {options.model} …"):
        model = archimate.read(options.model)
    for note in model.loss_report:
        terminal.remark(f"{options.model}:{note}")
    if options.output:
        rdf.write(model.graph, options.output)
        terminal.line(f"Wrote {len(model.graph):,} statements to {options.output}.")
        return DONE
    return _into_store(options, model.graph, terminal)


def _into_store(options: argparse.Namespace, theirs: Graph, terminal: Terminal) -> int:
    from rdflib import URIRef

    from srmgraph.adapters import archimate
    from srmgraph.adapters.archimate.plan import plan
    from srmgraph.graph import ServiceGraph

    graph = ServiceGraph.open(options.store, create=not options.plan)
    name = URIRef(options.graph or options.model.resolve().as_uri())
    ours = graph.store.graph(name)
    base = archimate.read(options.base).graph if options.base else ours
    todo = plan(base, ours, theirs)
    terminal.line(todo.text(knowledge.prefixes() | graph.store.prefixes).rstrip() or "No change.")
    if options.plan or not todo:
        return DONE
    _apply(graph, name, todo, ours, options)
    terminal.line(f"The graph {name} was changed.")
    return DONE


def _apply(
    graph: ServiceGraph, name: URIRef, todo: Plan, ours: Graph, options: argparse.Namespace
) -> None:
    with graph.change(options.author, f"import {options.model}") as change:
        change.store.remove_graph(name)
        change.store.add(todo.apply(ours, allow_deletes=options.allow_deletes), name)
        change.remember(name, options.model.name, options.model.read_bytes())
