"""Verbs that ask: kept questions, and any SPARQL query."""

from __future__ import annotations

import argparse
import textwrap
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from srmgraph import knowledge
from srmgraph.errors import ParameterError
from srmgraph.verbs import arguments, reading
from srmgraph.verbs.arguments import ANSWER_FORMATS, DONE, GRAPH_FORMATS, AddVerb, Arguments

if TYPE_CHECKING:
    from srmgraph.graph import ServiceGraph
    from srmgraph.queries import Question
    from srmgraph.store import Solutions
    from srmgraph.terminal import Terminal


def install(add: AddVerb) -> None:
    """Add the verbs."""
    one = add(
        "ask",
        "ask a kept question, or list them all",
        "Each question takes parameters of its own: srmgraph ask NAME --help.",
        add_help=False,
    )
    one.add_argument("name", nargs="?", metavar="NAME", help="the question; all are listed without")
    one.add_argument("--help", "-h", action="store_true", help="about a question, or this verb")
    arguments.data(one)
    one.add_argument("--format", choices=ANSWER_FORMATS, default="table", help="of the answer")
    one.set_defaults(run=_ask)

    one = add(
        "query",
        "answer a SPARQL query",
        "Prefixes of the model and of your files need not be declared.",
    )
    one.add_argument("sparql", nargs="?", metavar="SPARQL", help="the text of the query")
    one.add_argument("--file", type=Path, metavar="FILE", help="or a file with the query")
    arguments.data(one)
    one.add_argument(
        "--format",
        choices=dict.fromkeys((*ANSWER_FORMATS, *GRAPH_FORMATS)),
        help="of the answer (table, or turtle for a graph)",
    )
    one.add_argument("--infer", action="store_true", help="add first what follows by OWL 2 RL")
    one.set_defaults(run=_query)


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
    if not (options.data or options.store):
        terminal.remark(
            f"Asked of the worked example {kept.example}. Ask about your own: --data FILE …"
        )
    graph = _graph(options, lambda: [knowledge.example_file(kept.example)], terminal)
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
    if not (options.data or options.store):
        terminal.remark("Asked of all worked examples. Ask about your own: --data FILE …")
    graph = _graph(options, knowledge.example_files, terminal)
    graph.store.assumed_prefixes = knowledge.prefixes() | graph.store.prefixes
    if options.infer:
        reading.infer(graph, terminal)
    form = sparql_text.form(sparql)
    if form == "ASK":
        terminal.line("yes" if graph.holds(sparql) else "no")
    elif form in ("CONSTRUCT", "DESCRIBE"):
        format = _one_of(options.format or "turtle", GRAPH_FORMATS, "A graph")
        terminal.raw(rdf.serialize(graph.construct(sparql), format))
    else:
        format = _one_of(options.format or "table", ANSWER_FORMATS, "A list of rows")
        _answer(graph.select(sparql), format, graph, terminal)
    return DONE


def _graph(
    options: argparse.Namespace, examples: Callable[[], list[Path]], terminal: Terminal
) -> ServiceGraph:
    """Return the graph that is asked: of files, of a store, or else of worked examples."""
    if options.data or options.store:
        return reading.of_data(options, terminal)
    return reading.of_files(examples(), options.input_format, terminal)


def _one_of(format: str, formats: Sequence[str], what: str) -> str:
    if format not in formats:
        raise ParameterError(f"{what} cannot be written as {format}. Use: {', '.join(formats)}.")
    return format


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
    from srmgraph.queries import MUCH

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
            if parameter.needed:
                lines += textwrap.wrap(
                    f"Must be given in data of more than {MUCH:,} statements: {parameter.needed}",
                    96, initial_indent="      ", subsequent_indent="      ",
                )  # fmt: skip
    lines += ["", f"Without --data it is asked of the worked example {question.example}."]
    return "\n".join(lines)


def _parameters(question: Question, rest: list[str]) -> dict[str, str]:
    """Read `--NAME VALUE` for each parameter of a question; raises ParameterError."""
    parser = Arguments(add_help=False, allow_abbrev=False)
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
