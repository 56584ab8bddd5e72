"""Verbs that look at data: see it all, check it, work out what follows."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from srmgraph.errors import MissingFileError, ParameterError, ShapesError, StoreError
from srmgraph.verbs import arguments, reading
from srmgraph.verbs.arguments import DOES_NOT_CONFORM, DONE, GRAPH_FORMATS, AddVerb

if TYPE_CHECKING:
    from rdflib import Graph

    from srmgraph.graph import ServiceGraph
    from srmgraph.inference import RunReport
    from srmgraph.store import EmbeddedStore, Store
    from srmgraph.store.remote import RemoteStore
    from srmgraph.terminal import Terminal
    from srmgraph.validation import Report, Validator

_SECONDS = 60.0


def install(add: AddVerb) -> None:
    """Add the verbs."""
    one = add("demo", "show what is there, what holds, what does not, and three answers")
    one.set_defaults(run=_demo)

    one = add(
        "validate",
        "check data against the rules",
        "Several files are checked as one graph. The report says what is expected, where it is not "
        "so, and what to do.",
    )
    arguments.files(one, "*")
    arguments.store(one)
    arguments.report(one)
    one.add_argument("--infer", action="store_true", help="add first what follows by OWL 2 RL")
    one.add_argument("--profile", action="store_true", help="tell which rules took how long")
    one.add_argument(
        "--shapes", type=Path, nargs="+", metavar="FILE", help="rules of your own, in their place"
    )
    one.add_argument(
        "--engine",
        choices=("compiled", "pyshacl"),
        default="compiled",
        help="pyshacl is slower by far, for a second opinion",
    )
    one.add_argument(
        "--fix-plan",
        action="store_true",
        help="write what would mend the data, as SPARQL Update; nothing is applied",
    )
    one.add_argument(
        "--watch", action="store_true", help="check again whenever a file changes, until Ctrl-C"
    )
    one.add_argument(
        "--timeout",
        type=arguments.seconds,
        metavar="SECONDS",
        help="how long a server may take to answer one query (60), or pySHACL to check what is "
        "left to it (600)",
    )
    one.set_defaults(run=_validate)

    one = add(
        "explain",
        "tell why a statement is true, or what contradicts what",
        "A statement is a thing, a property and a value, each a name as people say it, a prefixed "
        "name, an <IRI> or a text. Without one, contradictions are told.",
    )
    one.add_argument("statement", nargs="*", metavar="TERM", help="a thing, a property and a value")
    arguments.data(one)
    one.add_argument("--all", action="store_true", help="every proof, not only the shortest")
    one.add_argument(
        "--format",
        choices=("text", "mermaid", "svg", "turtle", "json"),
        default="text",
        help="of the proof",
    )
    one.set_defaults(run=_explain)

    one = add(
        "infer",
        "write what follows from data and ontology by OWL 2 RL",
        "In a store, what follows is kept there, and written only with --output. A server does the "
        "work itself, by SPARQL, unless another engine is named.",
    )
    arguments.files(one, many="*")
    arguments.store(one)
    one.add_argument("--all", action="store_true", help="write what is stated as well")
    one.add_argument("--format", choices=GRAPH_FORMATS, help="of the output (turtle)")
    one.add_argument("--output", type=Path, metavar="FILE", help="write it there")
    one.add_argument(
        "--engine",
        choices=("compiled", "sparql", "owlrl"),
        help="compiled works in this process, sparql by updates of the store; owlrl is slower by "
        "far, for a second opinion",
    )
    one.add_argument(
        "--limit",
        type=arguments.count,
        metavar="N",
        help="give up when more facts than this follow",
    )
    one.add_argument("--report", action="store_true", help="tell which rules found how many facts")
    one.set_defaults(run=_infer)

    one = add(
        "context",
        "write the JSON-LD context",
        "It is generated from the ontology and lets developers send plain JSON.",
    )
    one.add_argument("--output", type=Path, metavar="FILE", help="write it there")
    one.set_defaults(run=_context)


def _demo(options: argparse.Namespace, rest: list[str], terminal: Terminal) -> int:
    from srmgraph.demonstration import show

    show(terminal)
    return DONE


def _validate(options: argparse.Namespace, rest: list[str], terminal: Terminal) -> int:
    if bool(options.files) == bool(options.store):
        raise ParameterError("Name files to check, or a store with --store, one of the two.")
    is_on_a_server = bool(options.store) and reading.is_on_a_server(options.store)
    if not options.watch:
        if options.format == "jsonl" and not (options.fix_plan or is_on_a_server):
            return _stream(options, terminal)
        return _show(options, _report(options, terminal), terminal)
    from srmgraph.verbs.watching import watch

    files = [*options.files, *(options.shapes or ())]
    if not options.files or Path("-") in files:
        raise ParameterError("What is watched are files: name them, and neither a store nor -.")

    def shown(report: Report) -> Report:
        _show(options, report, terminal)
        return report.at_least(options.show.capitalize())

    return watch(
        files,
        lambda: _report(options, terminal),
        shown,
        terminal,
    )


def _report(options: argparse.Namespace, terminal: Terminal) -> Report:
    shapes = _shapes(options.shapes) if options.shapes else None
    try:
        if options.store and reading.is_on_a_server(options.store):
            return _on_a_server(options, shapes, terminal)
        return _here(options, shapes, terminal)
    except ShapesError as error:
        raise _placed(error, options.shapes or ()) from error


def _stream(options: argparse.Namespace, terminal: Terminal) -> int:
    """Write results line by line while they are found, and keep none of them."""
    from srmgraph.validation.formats import jsonl, text

    least = options.show.capitalize()
    try:
        shapes = _shapes(options.shapes) if options.shapes else None
        store = _store(options, terminal)
        stream = _validator(options, shapes).stream(
            store, engine=options.engine, exclusive=not options.store
        )
        with reading.written(options.output, terminal) as write, stream:
            for part in stream.parts():
                write("".join(jsonl.lines(part.at_least(least))))
            write(jsonl.last(stream.summary.at_least(least)))
    except ShapesError as error:
        raise _placed(error, options.shapes or ()) from error
    if options.profile:
        terminal.remark(text.profile(stream.summary))
    return reading.outcome(stream.summary, options)


def _placed(error: ShapesError, files: Sequence[Path]) -> ShapesError:
    """The error with the place of each shape that is at fault."""
    from rdflib import URIRef

    from srmgraph.validation.places import where

    places = where({URIRef(iri) for _, iri in error.faults if iri}, files)
    return ShapesError(
        error.reason,
        (
            (f"{place}: {fault}" if (place := places.get(URIRef(iri))) else fault, iri)
            for fault, iri in error.faults
        ),
    )


def _show(options: argparse.Namespace, report: Report, terminal: Terminal) -> int:
    from srmgraph.validation.formats import plan, text

    if options.profile:
        terminal.remark(text.profile(report))
    if not options.fix_plan:
        return reading.show(report, options, terminal)
    written = plan.render(report.at_least(options.show.capitalize()))
    if options.output:
        reading.write(options.output, written)
    else:
        terminal.raw(written)
    return reading.outcome(report, options)


def _here(options: argparse.Namespace, shapes: Graph | None, terminal: Terminal) -> Report:
    """Check files, or a store in a folder, in this process."""
    from srmgraph.validation import locate

    store = _store(options, terminal)
    with terminal.counting("Checking rules") as count:
        report = _validator(options, shapes).validate(
            store, engine=options.engine, exclusive=not options.store, progress=count
        )
    named = [file for file in options.files if str(file) != "-"]
    report = locate(report, store, named, options.input_format)
    return _with_repairs(report, store, shapes, options, terminal)


def _validator(options: argparse.Namespace, shapes: Graph | None) -> Validator:
    from srmgraph.validation import Validator, of_the_project

    if shapes is None and options.timeout is None:
        return of_the_project()
    return Validator(shapes, **({} if options.timeout is None else {"timeout": options.timeout}))


def _store(options: argparse.Namespace, terminal: Terminal) -> EmbeddedStore:
    """What is to be checked in this process, with what follows if that is asked for."""
    if options.store:
        graph = reading.of_store(options)
    else:
        graph = reading.of_files(options.files, options.input_format, terminal)
    if options.infer:
        reading.infer(graph, terminal)
    return graph.store.snapshot()


def _with_repairs(
    report: Report,
    store: EmbeddedStore | RemoteStore,
    shapes: Graph | None,
    options: argparse.Namespace,
    terminal: Terminal,
) -> Report:
    """The report with repairs of the results that are shown, but not of so many of a rule that it
    would take long."""
    from srmgraph.validation import propose

    shows_few = options.format == "text" and not options.fix_plan
    try:
        with terminal.working("Looking for repairs …"):
            proposed = propose(
                report.at_least(options.show.capitalize()),
                store,
                shapes,
                exclusive=not options.store,
                each=int(options.limit) if shows_few else 200,
            )
    except StoreError as error:
        if options.fix_plan:
            raise
        # The report is whole, and may have taken long.
        terminal.remark(f"What would mend the data is not told, as it has to be asked for. {error}")
        return report
    return replace(report, repairs=proposed.repairs, labels=proposed.labels)


def _on_a_server(options: argparse.Namespace, shapes: Graph | None, terminal: Terminal) -> Report:
    """Check what is on a server there; nothing but results is fetched."""
    from srmgraph.store.remote import RemoteStore
    from srmgraph.validation import validate_remotely

    if options.infer or options.engine != "compiled":
        raise ParameterError(
            "A store on a server is checked there, as it is: leave out --infer and --engine."
        )
    store = RemoteStore(options.store, timeout=options.timeout or _SECONDS)
    try:
        with terminal.counting("Checking rules") as count:
            report = validate_remotely(store, shapes, progress=count)
        used = store.traffic
        report = _with_repairs(report, store, shapes, options, terminal)
    finally:
        store.close()
    if options.profile:
        terminal.remark(
            f"{used.requests:,} requests, {used.sent:,} bytes sent, {used.received:,} received."
        )
    return report


def _infer(options: argparse.Namespace, rest: list[str], terminal: Terminal) -> int:
    from srmgraph import knowledge
    from srmgraph.adapters import rdf
    from srmgraph.inference import Closure

    if bool(options.files) == bool(options.store):
        raise ParameterError("Name files to infer from, or a store with --store, one of the two.")
    if options.report and options.engine == "owlrl":
        raise ParameterError("The engine owlrl gives no report. Leave out --report.")
    if options.limit and options.engine == "owlrl":
        raise ParameterError("The engine owlrl knows no limit. Leave out --limit.")
    if options.store:
        graph = reading.of_store(options)
    else:
        graph = reading.of_files(options.files, options.input_format, terminal)
    store, closure = graph.store, None
    with terminal.working("Inferring …") as say:
        if options.store or options.all or options.engine not in (None, "compiled"):
            report = _add_inferred(graph, options, say, terminal)
        else:
            # What follows need not get to a store that nobody asks for it.
            closure = Closure.of_store(store, progress=say, limit=options.limit)
            report = closure.report
    if options.report:
        terminal.remark(str(report))
    graphs = store.graphs()
    own = knowledge.own_graphs()
    stated = sum(number for name, number in graphs.items() if name not in own)
    count = graphs.get(graph.inferred_graph, 0) if closure is None else len(closure)
    follow = "fact follows" if count == 1 else "facts follow"
    terminal.remark(f"{count:,} {follow} from the {stated:,} that are stated.")
    source: Store | rdf.Statements | Graph
    if closure is not None:
        source = rdf.Statements(closure.quads(), closure.text, store.prefixes)
    else:
        source = store if options.all else graph.inferred()
    if options.output:
        rdf.write(source, options.output, options.format)
    elif not options.store:
        terminal.raw(rdf.serialize(source, options.format or "turtle"))
    return DONE


def _add_inferred(
    graph: ServiceGraph,
    options: argparse.Namespace,
    say: Callable[[str], None],
    terminal: Terminal,
) -> RunReport | None:
    """Add what follows by an engine, and return what its rules did if that is known."""
    from srmgraph.inference import Closure, infer, sparql_engine

    store, name = graph.store, graph.inferred_graph
    engine = options.engine or ("sparql" if store.is_remote else "compiled")
    if store.is_durable and not store.is_remote:
        # It is a change like any other there, and what follows is worked out with each.
        if engine != "compiled" or options.report or options.limit:
            raise ParameterError(
                "A store in a folder always knows what follows. Leave out --engine, --report and "
                "--limit, or name files."
            )
        graph.infer(say)
        return None
    if options.engine is None and graph.is_closed_by_server:
        if options.report or options.limit:
            raise ParameterError(
                "This server keeps what follows itself. Leave out --report and --limit, or let it "
                "be worked out once more with --engine sparql."
            )
        terminal.remark("The server keeps what follows itself, so nothing is to be done.")
        return None
    if engine == "sparql":
        return sparql_engine.close(store, name, progress=say, limit=options.limit)
    with store.change() if store.is_remote else nullcontext(store.snapshot()) as copy:
        copy.remove_graph(name)
        if engine == "owlrl":
            copy.add(infer(copy, progress=say, engine=engine), name)
            return None
        closure = Closure.of_store(copy, progress=say, limit=options.limit)
        closure.write_to(copy, name)
        return closure.report


def _explain(options: argparse.Namespace, rest: list[str], terminal: Terminal) -> int:
    from srmgraph.inference import contradictions, prove
    from srmgraph.inference.formats import render

    try:
        graph = reading.of_data(options, terminal)
    except MissingFileError as error:
        if options.statement:
            raise
        # What stands behind files is taken for one more.
        advice = "If it is part of a statement, write that before --data."
        raise MissingFileError(f"{error.message} {advice}", error.file) from error
    with terminal.working("Looking for reasons …"):
        if options.statement:
            if len(options.statement) != 3:
                raise ParameterError("A statement is a thing, a property and a value.")
            proofs = prove(graph.store, options.statement, every=options.all)
        else:
            proofs = contradictions(graph.store)
    terminal.raw(render(proofs, options.format))
    return DONE if options.statement or not proofs else DOES_NOT_CONFORM


def _context(options: argparse.Namespace, rest: list[str], terminal: Terminal) -> int:
    from srmgraph.adapters import jsonld

    text = jsonld.text(jsonld.context())
    if options.output:
        reading.write(options.output, text)
    else:
        terminal.raw(text)
    return DONE


def _shapes(files: Sequence[Path]) -> Graph:
    from srmgraph.store import open_store

    store = open_store()
    for file in files:
        store.read(file)
    return store.graph()
