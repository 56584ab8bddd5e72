"""Kept questions: each is one SPARQL file whose first comments say what it asks and how to ask it.

The header is read as it stands; the query runs unmodified in any SPARQL tool:

    # What is asked, in plain English?
    #
    # How to read the answer. (optional)
    #
    # asked by: one kind of person
    # uses inference: no
    # parameter NAME: what it means
    # parameter NAME (date): what it means
    # needs NAME: why it must be given where there is much (optional)
    # chart: share VALUE of LABEL by GROUP (optional; see Chart)
    # example: FOLDER
    PREFIX …
    SELECT … {
        VALUES ?NAME { UNDEF }

A parameter is a variable with one VALUES row on a line of its own: UNDEF, when it may be left out,
or the term that stands when it is left out. Asking with a parameter puts a term in that place: a
thing, unless a datatype of XML Schema stands behind the name or the term left out is a literal.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from srmgraph import knowledge, sparql
from srmgraph.errors import ParameterError, QuestionError, UnknownQuestionError

if TYPE_CHECKING:
    import rdflib
    from rdflib.term import Node

    from srmgraph.store import Store

_FIELD = re.compile(
    r"(asked by|uses inference|chart|example|needs (?P<needed>\w+)"
    r"|parameter (?P<name>\w+)(?: \((?P<datatype>\w+)\))?)"
    r":\s*(?P<value>.*)"
)
_NEARLY_A_FIELD = re.compile(r"(asked|uses|parameter|needs|chart|example)[\w -]*(\(.*\))?:")
_CHART = re.compile(
    r"(?P<kind>time|line|share) (?P<columns>\w+(?: \w+)*?) of (?P<of>\w+)(?: by (?P<by>\w+))?"
)
MUCH = 100_000
"""With more statements than that, a question is not asked without the parameters that it needs."""

_DATATYPES = ("string", "boolean", "integer", "decimal", "double", "date", "dateTime", "time")


@dataclass(frozen=True)
class Parameter:
    """A place in a question that can be filled.

    `default` is the SPARQL text of the term that stands there when none is given, as it is written
    in the question; None when the parameter is then left open. `datatype` is the name of a datatype
    of XML Schema, such as `date`; None for a parameter that takes a thing or is like its default.
    `needed` says why it must be given where there is much, empty if it need not.
    """

    name: str
    help: str
    default: str | None
    datatype: str | None = None
    needed: str = ""


@dataclass(frozen=True)
class Chart:
    """A picture that fits the answer, drawn of the columns with these names.

    `time START` or `time START END` shows when; `line DAY VALUE`, with as many pairs as there are,
    how a number changes; `share VALUE` how much of all falls to each. `of` is the column that says
    whose it is, and `by` one that parts the rows, empty if none does.
    """

    kind: str
    columns: tuple[str, ...]
    of: str
    by: str = ""


@dataclass(frozen=True)
class Question:
    """A kept question, as its file says it; `text` is the whole file, ready to run."""

    name: str
    summary: str
    help: str
    persona: str
    uses_inference: bool
    parameters: tuple[Parameter, ...]
    example: str
    text: str
    file: Path
    chart: Chart | None = None

    def bind(self, store: Store | None = None, /, **parameters: object) -> str:
        """Return the query with terms in the places of its parameters.

        A value may be an rdflib term; a number, truth value or date of Python; or text: `<IRI>`, an
        IRI with `://`, a prefixed name, `"a literal"@en` in Turtle's notation, or the label of one
        thing in `store` or in the ontology; for a parameter that takes a literal, its text.
        Prefixes are those of the question, of the files that were read into `store`, and of the
        project.

        Raises ParameterError for an unknown parameter or a value of no use.
        """
        from srmgraph.values import Values

        known = {parameter.name: parameter for parameter in self.parameters}
        text = self.text
        values = Values(self.prefixes(), store)
        for name, value in parameters.items():
            if name not in known:
                raise ParameterError(self._no_such_parameter(name))
            if value is None:
                continue
            term = values.sparql(name, value, known[name].default, known[name].datatype)
            # A function, because a replacement text would have its backslashes read.
            text = _row(name).sub(lambda row, term=term: f"{row[1]}{term}{row[3]}", text)  # type: ignore[misc]
        return text

    def missing(self, store: Store, given: Collection[str]) -> dict[str, str]:
        """Return the parameters that must be given to ask a store, each with a sentence why.

        `given` are the names of those that are given. Where there is little, nothing is missing.
        """
        missing = {
            one.name: f"{one.needed} Choose the {one.name}."
            for one in self.parameters
            if one.needed and one.name not in given
        }
        return missing if missing and store.holds_more(MUCH) else {}

    def require(self, store: Store, given: Collection[str]) -> None:
        """Raise ParameterError if something is missing; see `missing`."""
        for name, reason in self.missing(store, given).items():
            raise ParameterError(f"{reason} Give it as the parameter “{name}”.")

    def choices(self, name: str) -> str:
        """Return a query for the values of a parameter with which there may be an answer.

        It is the question itself with its rows as they are before they are grouped, so that a
        value whose groups are then left out (HAVING) is among them. Raises ParameterError.
        """
        if name not in [parameter.name for parameter in self.parameters]:
            raise ParameterError(self._no_such_parameter(name))
        text = _row(name).sub(lambda row: f"{row[1]}UNDEF{row[3]}", self.text)
        places = list(sparql.marked(text))
        select = next(start for _, word, start, _ in places if word.upper() == "SELECT")
        braces = [(word, start) for kind, word, start, _ in places if kind == "mark"]
        first, depth, last = braces[0][1], 0, 0
        for brace, place in braces:
            depth += 1 if brace == "{" else -1
            if not depth:
                last = place
                break
        body = text[first:last]
        return f"{text[:select]}SELECT DISTINCT ?{name} {body}    FILTER(BOUND(?{name}))\n}}\n"

    def prefixes(self) -> dict[str, str]:
        """Return the prefixes that the query declares."""
        return sparql.prefixes(self.text)

    def references(self) -> list[str]:
        """Return every IRI that the query mentions, whole and sorted."""
        return sparql.references(self.text)

    def _no_such_parameter(self, name: str) -> str:
        names = [parameter.name for parameter in self.parameters]
        message = f"The question {self.name} has no parameter “{name}”."
        if not names:
            return f"{message} It has none at all."
        return f"{message} It has: {', '.join(names)}."


@cache
def questions() -> Mapping[str, Question]:
    """Return all kept questions by name, sorted; raises QuestionError for a faulty file."""
    return {file.stem: read_question(file) for file in knowledge.question_files()}


def question(name: str) -> Question:
    """Return the question of that name; raises UnknownQuestionError with the nearest names."""
    known = questions()
    if name in known:
        return known[name]
    near = difflib.get_close_matches(name, known, n=3, cutoff=0.5)
    if not near:
        near = [other for other in known if name.lower() in other.lower()][:3]
    advice = (
        f"Did you mean {' or '.join(near)}?"
        if near
        else f"There are {len(known)}, listed by: srmgraph ask"
    )
    raise UnknownQuestionError(f"There is no question “{name}”. {advice}")


def read_question(file: Path) -> Question:
    """Read a question from its file; raises QuestionError when its header is not complete."""
    text = file.read_text(encoding="utf-8")
    comments = []
    for line in text.splitlines():
        if not line.startswith("#"):
            break
        comments.append(line.removeprefix("#").strip())
    if not comments or not comments[0]:
        raise QuestionError(f"{file}:1: the first line must be a comment with the question.")
    fields: dict[str, str] = {}
    needed: dict[str, str] = {}
    parameters: list[Parameter] = []
    help_lines: list[str] = []
    for comment in comments[1:]:
        field = _FIELD.fullmatch(comment)
        if field is None:
            if _NEARLY_A_FIELD.match(comment):
                raise QuestionError(f"{file}: the line “# {comment}” is not understood.")
            help_lines.append(comment)
            continue
        name = field["name"]
        if name in [parameter.name for parameter in parameters] or field[1] in fields:
            raise QuestionError(f"{file}: the header says “# {field[1]}: …” twice.")
        if name:
            parameters.append(_parameter(file, text, name, field["value"], field["datatype"]))
        elif field["needed"]:
            needed[field["needed"]] = field["value"]
        else:
            fields[field[1]] = field["value"]
    for name in needed:
        if name not in [one.name for one in parameters if one.default is None]:
            raise QuestionError(
                f"{file}: it “needs {name}”, which is no parameter that could be left out."
            )
    for name in ("asked by", "uses inference", "example"):
        if name not in fields:
            raise QuestionError(f"{file}: the header has no line “# {name}: …”.")
    if fields["uses inference"] not in ("yes", "no"):
        raise QuestionError(f"{file}: “uses inference” must be yes or no.")
    return Question(
        name=file.stem,
        summary=comments[0],
        help=" ".join(line for line in help_lines if line),
        persona=fields["asked by"],
        uses_inference=fields["uses inference"] == "yes",
        parameters=tuple(replace(one, needed=needed.get(one.name, "")) for one in parameters),
        example=fields["example"],
        text=text,
        file=file,
        chart=_chart(file, text, fields["chart"]) if "chart" in fields else None,
    )


def describe() -> rdflib.Graph:
    """Return all kept questions as RDF: what each asks, who asks it, and every IRI it mentions.

    A question is a sh:SPARQLSelectExecutable, labelled with its summary; dct:audience is who asks.
    """
    from rdflib import DCTERMS, RDF, RDFS, SH, Graph, Literal, URIRef

    graph = Graph(bind_namespaces="none")
    for name, kept in questions().items():
        subject = URIRef(f"{knowledge.ontology_iri()}/query/{name}")
        graph.add((subject, RDF.type, SH.SPARQLSelectExecutable))
        graph.add((subject, RDFS.label, Literal(kept.summary, lang="en")))
        graph.add((subject, DCTERMS.audience, Literal(kept.persona)))
        graph.add((subject, SH.select, Literal(kept.text)))
        for iri in kept.references():
            graph.add((subject, DCTERMS.references, URIRef(iri)))
    return graph


def describe_shapes(shapes: rdflib.Graph | None = None) -> rdflib.Graph:
    """Return which IRIs the SPARQL texts of each shape mention, as dct:references of the shape."""
    from rdflib import DCTERMS, SH, Graph, URIRef

    rules = knowledge.shapes() if shapes is None else shapes
    declared = {
        str(prefix): str(rules.value(declaration, SH.namespace))
        for declaration, prefix in rules.subject_objects(SH.prefix)
    }
    graph = Graph(bind_namespaces="none")
    for kind in (SH.select, SH.ask):
        for holder, text in rules.subject_objects(kind):
            for shape in _named_owners(rules, holder):
                for iri in sparql.references(str(text), declared):
                    graph.add((shape, DCTERMS.references, URIRef(iri)))
    return graph


def _named_owners(shapes: rdflib.Graph, node: Node) -> set[Node]:
    """Return the shapes with an IRI in which a blank node stands, at any depth."""
    from rdflib import BNode

    found, waiting, seen = set(), [node], set()
    while waiting:
        node = waiting.pop()
        if not isinstance(node, BNode):
            found.add(node)
        elif node not in seen:
            seen.add(node)
            waiting += shapes.subjects(None, node)
    return found


def _row(name: str) -> re.Pattern[str]:
    return re.compile(
        rf"^([ \t]*VALUES[ \t]+\?{name}[ \t]*\{{[ \t]*)(\S.*?)([ \t]*\}}[ \t]*(?:#.*)?)$",
        re.MULTILINE | re.IGNORECASE,
    )


def _chart(file: Path, text: str, value: str) -> Chart:
    told = _CHART.fullmatch(value)
    columns = tuple(told["columns"].split()) if told else ()
    fitting = {
        "time": len(columns) in (1, 2),
        "line": len(columns) % 2 == 0,
        "share": len(columns) == 1,
    }
    if told is None or not fitting[told["kind"]]:
        raise QuestionError(
            f"{file}: the line “# chart: {value}” is not understood. Write “time START END of "
            "LABEL”, “line DAY VALUE of LABEL” or “share VALUE of LABEL”, each perhaps with "
            "“by GROUP”."
        )
    chart = Chart(told["kind"], columns, told["of"], told["by"] or "")
    for name in filter(None, (*columns, chart.of, chart.by)):
        if not re.search(rf"\?{name}\b", text):
            raise QuestionError(f"{file}: the chart names ?{name}, which the query does not have.")
    return chart


def _parameter(file: Path, text: str, name: str, help: str, datatype: str | None) -> Parameter:
    row = _row(name).search(text)
    if row is None:
        raise QuestionError(
            f"{file}: the parameter “{name}” has no line “VALUES ?{name} {{ UNDEF }}” of its own."
        )
    if datatype is not None and datatype not in _DATATYPES:
        raise QuestionError(
            f"{file}: the parameter “{name}” is a “{datatype}”. Known are {', '.join(_DATATYPES)}."
        )
    default = None if row[2].upper() == "UNDEF" else row[2]
    return Parameter(name, help, default, datatype)
