"""The command `srmgraph`: every use of the library, from a shell.

Exit codes: 0 done, and for `validate` the data conform; 1 the data do not conform, or contradict
the ontology; 2 the command was not understood, or something it names cannot be read.
"""

from __future__ import annotations

import argparse
import os
import sys
import textwrap
from collections.abc import Sequence
from contextlib import suppress
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from srmgraph import knowledge
from srmgraph.errors import (
    DoesNotConformError,
    InconsistentError,
    InputError,
    ParameterError,
    SrmgraphError,
)

if TYPE_CHECKING:
    from rdflib import Graph

    from srmgraph.graph import ServiceGraph
    from srmgraph.queries import Question
    from srmgraph.store import Solutions
    from srmgraph.terminal import Terminal

DONE, DOES_NOT_CONFORM, NOT_UNDERSTOOD, DEFECT = 0, 1, 2, 70

_ANSWER_FORMATS = ("table", "csv", "tsv", "json", "xml")
_REPORT_FORMATS = ("text", "turtle", "json", "junit", "sarif")
_GRAPH_FORMATS = ("turtle", "n-triples", "n-quads", "trig", "rdf-xml", "json-ld")
_SEVERITIES = ("violation", "warning", "info")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command with `arguments`, those of the process if left out; return the exit code."""
    # A pipe whose reader expects another encoding would otherwise end the command.
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(encoding="utf-8", errors="backslashreplace")  # type: ignore[union-attr]
    options, rest = _parser().parse_known_args(arguments)
    if rest and options.verb != "ask":
        options.parser.error(f"This is too much: {' '.join(rest)}")
    # It needs rdflib, for which a cry for help is not to wait.
    from srmgraph.terminal import Terminal

    terminal = Terminal()
    try:
        return int(options.run(options, rest, terminal))
    except (DoesNotConformError, InconsistentError) as error:
        terminal.remark(str(error), "bold red")
        return DOES_NOT_CONFORM
    except SrmgraphError as error:
        terminal.remark(str(error), "bold red")
        return NOT_UNDERSTOOD
    except BrokenPipeError:
        # Whoever reads has seen enough. Python would complain once more when it closes the pipe.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return DONE
    except KeyboardInterrupt:
        terminal.remark("Stopped.")
        return 130
    except Exception as error:
        if os.environ.get("SRMGRAPH_DEBUG"):
            raise
        terminal.remark(
            f"srmgraph itself went wrong, not your data: {type(error).__name__}: {error}\n"
            "Please report it. To see where it happened, set SRMGRAPH_DEBUG=1 and try again.",
            "bold red",
        )
        return DEFECT


# ── Verbs ───────────────────────────────────────────────────────────────────────────────────────


def _demo(options: argparse.Namespace, rest: list[str], terminal: Terminal) -> int:
    from srmgraph.demonstration import show

    show(terminal)
    return DONE


def _validate(options: argparse.Namespace, rest: list[str], terminal: Terminal) -> int:
    from srmgraph.validation import formats, validate

    graph = _read(options.files, options.input_format, terminal)
    shapes = _shapes(options.shapes) if options.shapes else None
    if options.infer:
        _infer_facts(graph, terminal)
    with terminal.counting("Checking rules") as count:
        report = validate(graph.store.snapshot(), shapes, engine=options.engine, progress=count)
    shown = report.at_least(options.show.capitalize())
    if options.output:
        _write(options.output, formats.render(shown, options.format))
    elif options.format == "text":
        terminal.report(shown, options.limit)
    else:
        terminal.raw(formats.render(shown, options.format))
    fails = report.fails(options.fail_on.capitalize())
    return DOES_NOT_CONFORM if fails else DONE


def _ask(options: argparse.Namespace, rest: list[str], terminal: Terminal) -> int:
    from srmgraph.queries import question, questions

    if options.name is None:
        if rest:
            raise ParameterError(f"Name the question first, then {rest[0]}. See: srmgraph ask")
        if options.help:
            options.parser.print_help()
        else:
            _list_questions(list(questions().values()), terminal)
        return DONE
    kept = question(options.name)
    if options.help:
        terminal.raw(_question_help(kept))
        return DONE
    parameters = _parameters(kept, rest)
    files = options.data or [knowledge.example_file(kept.example)]
    if not options.data:
        terminal.remark(
            f"Asked of the worked example {kept.example}. Ask about your own: --data FILE …"
        )
    graph = _read(files, options.input_format, terminal)
    with terminal.working("Looking for the answer …") as say:
        solutions = graph.ask(kept.name, progress=say, **parameters)
    _answer(solutions, options.format, graph, terminal)
    return DONE


def _query(options: argparse.Namespace, rest: list[str], terminal: Terminal) -> int:
    from srmgraph import sparql as sparql_text
    from srmgraph.adapters import rdf
    from srmgraph.syntax import read_bytes

    if (options.sparql is None) == (options.file is None):
        raise ParameterError("Give the query as text or with --file FILE, one of the two.")
    sparql = options.sparql or read_bytes(options.file).decode(errors="replace")
    files = options.data or knowledge.example_files()
    if not options.data:
        terminal.remark("Asked of all worked examples. Ask about your own: --data FILE …")
    graph = _read(files, options.input_format, terminal)
    graph.store.assumed_prefixes = knowledge.prefixes() | graph.store.prefixes
    if options.infer:
        _infer_facts(graph, terminal)
    form = sparql_text.form(sparql)
    if form == "ASK":
        terminal.line("yes" if graph.holds(sparql) else "no")
    elif form in ("CONSTRUCT", "DESCRIBE"):
        format = _one_of(options.format or "turtle", _GRAPH_FORMATS, "A graph")
        terminal.raw(rdf.serialize(graph.construct(sparql), format))
    else:
        format = _one_of(options.format or "table", _ANSWER_FORMATS, "A list of rows")
        _answer(graph.select(sparql), format, graph, terminal)
    return DONE


def _infer(options: argparse.Namespace, rest: list[str], terminal: Terminal) -> int:
    from srmgraph.adapters import rdf

    graph = _read(options.files, options.input_format, terminal)
    count = _infer_facts(graph, terminal)
    terminal.remark(
        f"{count:,} facts follow from the {len(graph.store) - count:,} that are stated."
    )
    source = graph.store if options.all else graph.inferred()
    if options.output:
        rdf.write(source, options.output, options.format)
    else:
        terminal.raw(rdf.serialize(source, options.format or "turtle"))
    return DONE


def _context(options: argparse.Namespace, rest: list[str], terminal: Terminal) -> int:
    from srmgraph.adapters import jsonld

    text = jsonld.text(jsonld.context())
    if options.output:
        _write(options.output, text)
    else:
        terminal.raw(text)
    return DONE


def _serve(options: argparse.Namespace, rest: list[str], terminal: Terminal) -> int:
    import uvicorn

    os.environ["SRMGRAPH_FILES"] = os.pathsep.join(map(str, options.files))
    config = uvicorn.Config(
        "srmgraph_api:create_app",
        factory=True,
        host=options.host,
        port=options.port,
        log_level="warning",
    )
    # The files are read here, so that a faulty one is told before an address is.
    config.load()
    terminal.remark(f"http://{options.host}:{options.port}  (stop with Ctrl-C)", "bold")
    with suppress(KeyboardInterrupt):
        uvicorn.Server(config).run()
    return DONE


# ── Reading and writing ─────────────────────────────────────────────────────────────────────────


def _read(files: Sequence[Path], format: str | None, terminal: Terminal) -> ServiceGraph:
    """Return a graph of what the files state, conforming or not; `-` is standard input."""
    from srmgraph.graph import ServiceGraph

    graph = ServiceGraph.open()
    for file in files:
        with terminal.working(f"Reading {file} …"):
            if str(file) == "-":
                graph.store.parse(sys.stdin.buffer.read(), format or "turtle")
            else:
                graph.store.read(file, format)
    return graph


def _infer_facts(graph: ServiceGraph, terminal: Terminal) -> int:
    with terminal.working("Inferring …") as say:
        return graph.infer(say)


def _shapes(files: Sequence[Path]) -> Graph:
    from srmgraph.store import open_store

    store = open_store()
    for file in files:
        store.read(file)
    return store.graph()


def _write(file: Path, text: str) -> None:
    try:
        file.write_text(text, encoding="utf-8")
    except OSError as error:
        raise InputError(f"It cannot be written: {error.strerror}.", file) from error


def _one_of(format: str, formats: Sequence[str], what: str) -> str:
    if format not in formats:
        raise ParameterError(f"{what} cannot be written as {format}. Use: {', '.join(formats)}.")
    return format


# ── Questions and answers ───────────────────────────────────────────────────────────────────────


def _answer(solutions: Solutions, format: str, graph: ServiceGraph, terminal: Terminal) -> None:
    if format != "table":
        terminal.raw(solutions.serialize(format))
        return
    variables = solutions.variables
    rows = [tuple(row) for row in solutions]
    if rows:
        terminal.answer(variables, rows, graph.store)
    count = f"{len(rows):,} answers" if len(rows) > 1 else "1 answer" if rows else "No answer"
    terminal.remark(f"{count}." if rows else f"{count}: nothing in the data fits.")


def _list_questions(kept: Sequence[Question], terminal: Terminal) -> None:
    for persona in sorted({question.persona for question in kept}):
        terminal.line(persona, "bold")
        for question in kept:
            if question.persona == persona:
                terminal.line(f"  {question.summary}")
                terminal.line(f"    srmgraph ask {question.name}{_usage(question)}", "dim")
        terminal.line()
    terminal.remark("What a question means and takes: srmgraph ask NAME --help")


def _usage(question: Question) -> str:
    return "".join(f" [--{parameter.name} …]" for parameter in question.parameters)


def _question_help(question: Question) -> str:
    lines = [f"usage: srmgraph ask {question.name}{_usage(question)} [--data FILE …]", ""]
    lines += textwrap.wrap(question.summary, 96)
    if question.help:
        lines += ["", *textwrap.wrap(question.help, 96)]
    if question.parameters:
        lines += ["", "parameters (a name as people say it, a prefixed name, an <IRI> or a text):"]
        for parameter in question.parameters:
            kind = f" ({parameter.datatype})" if parameter.datatype else ""
            default = f" (else {parameter.default})" if parameter.default else ""
            lines += textwrap.wrap(
                f"--{parameter.name}{kind}: {parameter.help}{default}", 96, initial_indent="  ",
                subsequent_indent="      ",
            )  # fmt: skip
    lines += ["", f"Without --data it is asked of the worked example {question.example}."]
    return "\n".join(lines)


def _parameters(question: Question, rest: list[str]) -> dict[str, str]:
    """Read `--NAME VALUE` for each parameter of a question; raises ParameterError."""
    parser = _Arguments(add_help=False, allow_abbrev=False)
    for parameter in question.parameters:
        parser.add_argument(f"--{parameter.name}", dest=parameter.name)
    found, unknown = parser.parse_known_args(rest)
    if unknown:
        if not unknown[0].startswith("-"):
            raise ParameterError(
                f"“{unknown[0]}” stands alone. Give a parameter as --NAME VALUE and files as "
                f"--data FILE. See: srmgraph ask {question.name} --help"
            )
        # The question knows its parameters, so it says what would have been right.
        question.bind(None, **{unknown[0].lstrip("-").partition("=")[0]: ""})
    return {name: value for name, value in vars(found).items() if value is not None}


# ── Arguments ───────────────────────────────────────────────────────────────────────────────────


class _Arguments(argparse.ArgumentParser):
    """A parser whose errors are a sentence and where to read on, with exit code 2."""

    def error(self, message: str) -> NoReturn:
        sentence = f"{message[:1].upper()}{message[1:]}"
        self.exit(NOT_UNDERSTOOD, f"{sentence}. See: {self.prog} --help\n")


_EPILOG = """
try it:
  srmgraph demo                                   see all of it in one screen
  srmgraph validate acme.ttl                      what is missing or contradictory, and what to do
  srmgraph ask                                    list the questions, by who asks them
  srmgraph ask who-provides-and-who-consumes      ask one, of a worked example
  srmgraph query "SELECT * { ?thing rdfs:label ?name }" --data acme.ttl

exit codes: 0 done and conforming, 1 does not conform, 2 not understood or not readable
"""


def _parser() -> argparse.ArgumentParser:
    parser = _Arguments(
        prog="srmgraph",
        description="Who provides what to whom: check, ask and serve a graph of service "
        "relationships.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument("--version", action="version", version=f"srmgraph {version('srmgraph')}")
    verbs = parser.add_subparsers(dest="verb", required=True, metavar="VERB", title="verbs")

    def verb(name: str, help: str, more: str = "", add_help: bool = True) -> _Arguments:
        description = f"{help[0].upper()}{help[1:]}.{f' {more}' if more else ''}"
        made: _Arguments = verbs.add_parser(
            name, help=help, description=description, add_help=add_help, allow_abbrev=False
        )
        made.set_defaults(parser=made)
        return made

    one = verb("demo", "show what is there, what holds, what does not, and three answers")
    one.set_defaults(run=_demo)

    one = verb(
        "validate",
        "check data against the rules",
        "Several files are checked as one graph. The report says what is expected, where it is not "
        "so, and what to do.",
    )
    _files(one)
    one.add_argument(
        "--format", choices=_REPORT_FORMATS, default="text", help="how the report is written"
    )
    one.add_argument("--output", type=Path, metavar="FILE", help="write the report there")
    one.add_argument(
        "--fail-on",
        choices=_SEVERITIES,
        default="violation",
        help="exit with 1 from this severity on (violation)",
    )
    one.add_argument(
        "--show", choices=_SEVERITIES, default="info", help="leave out what is milder (info)"
    )
    one.add_argument(
        "--limit", type=_count, default=10, metavar="N", help="results shown for one rule (10)"
    )
    one.add_argument("--infer", action="store_true", help="add first what follows by OWL 2 RL")
    one.add_argument(
        "--shapes", type=Path, nargs="+", metavar="FILE", help="rules of your own, in their place"
    )
    one.add_argument(
        "--engine",
        choices=("compiled", "pyshacl"),
        default="compiled",
        help="pyshacl is slower by far, for a second opinion",
    )
    one.set_defaults(run=_validate)

    one = verb(
        "ask",
        "ask a kept question, or list them all",
        "Each question takes parameters of its own: srmgraph ask NAME --help.",
        add_help=False,
    )
    one.add_argument("name", nargs="?", metavar="NAME", help="the question; all are listed without")
    one.add_argument("--help", "-h", action="store_true", help="about a question, or this verb")
    _data(one)
    one.add_argument("--format", choices=_ANSWER_FORMATS, default="table", help="of the answer")
    one.set_defaults(run=_ask)

    one = verb(
        "query",
        "answer a SPARQL query",
        "Prefixes of the model and of your files need not be declared.",
    )
    one.add_argument("sparql", nargs="?", metavar="SPARQL", help="the text of the query")
    one.add_argument("--file", type=Path, metavar="FILE", help="or a file with the query")
    _data(one)
    one.add_argument(
        "--format",
        choices=dict.fromkeys((*_ANSWER_FORMATS, *_GRAPH_FORMATS)),
        help="of the answer (table, or turtle for a graph)",
    )
    one.add_argument("--infer", action="store_true", help="add first what follows by OWL 2 RL")
    one.set_defaults(run=_query)

    one = verb("infer", "write what follows from data and ontology by OWL 2 RL")
    _files(one)
    one.add_argument("--all", action="store_true", help="write what is stated as well")
    one.add_argument("--format", choices=_GRAPH_FORMATS, help="of the output (turtle)")
    one.add_argument("--output", type=Path, metavar="FILE", help="write it there")
    one.set_defaults(run=_infer)

    one = verb(
        "context",
        "write the JSON-LD context",
        "It is generated from the ontology and lets developers send plain JSON.",
    )
    one.add_argument("--output", type=Path, metavar="FILE", help="write it there")
    one.set_defaults(run=_context)

    one = verb(
        "serve",
        "serve data, questions and rules over HTTP",
        "Without files, all worked examples are served.",
    )
    one.add_argument("files", type=Path, nargs="*", metavar="FILE", help="what to serve")
    one.add_argument("--host", default="127.0.0.1", help="the address to listen on (127.0.0.1)")
    one.add_argument("--port", type=int, default=8000, help="the port to listen on (8000)")
    one.set_defaults(run=_serve)
    return parser


_FORMATS_HELP = "Turtle, TriG, N-Triples, N-Quads, RDF/XML or JSON-LD, told by the ending"


def _files(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "files", type=Path, nargs="+", metavar="FILE", help=f"{_FORMATS_HELP}; - is standard input"
    )
    _input_format(parser)


def _data(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--data", type=Path, nargs="+", metavar="FILE", help=_FORMATS_HELP)
    _input_format(parser)


def _input_format(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--input-format", choices=_GRAPH_FORMATS, help="of the files, in place of their endings"
    )


def _count(text: str) -> int:
    if not text.isdigit():
        raise argparse.ArgumentTypeError(f"“{text}” is no number of results")
    return int(text)


if __name__ == "__main__":
    sys.exit(main())
