"""SPARQL updates, taken apart into operations, so that it is known what each of them changes.

The engine does not tell. So what an operation adds and removes is found as SPARQL 1.1 Update
defines it (section 4.3): its pattern is asked as a query, and its templates are filled with each
solution. All parts are still read by the engine: a pattern in a query, and a template as TriG, in
which a variable is an IRI of its own. What is not understood for certain is left to the engine.

Source: SPARQL 1.1 Update, sections 3 and 4.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import pyoxigraph

from srmgraph import sparql
from srmgraph.store.journal import Journal

_Graph: TypeAlias = pyoxigraph.NamedNode | pyoxigraph.DefaultGraph
_Solution: TypeAlias = Mapping[str, Any]

_DEFAULT = pyoxigraph.DefaultGraph()
_VARIABLE = "urn:x-srmgraph:variable:"
_ON_GRAPHS = ("CLEAR", "DROP", "CREATE", "ADD", "MOVE", "COPY")
_DOT = re.compile(r"(?:\s|#[^\n\r]*[\n\r])*\.")


class NotUnderstood(Exception):
    """It is not known for certain what an update changes."""


@dataclass(frozen=True, slots=True)
class Setting:
    """What an operation is read with: the base, assumed prefixes, and those that it declares."""

    base: str | None
    assumed: Mapping[str, str]
    prologue: str = ""

    def ask(self, engine: pyoxigraph.Store, text: str, default: _Graph = _DEFAULT) -> Any:
        """Return the solutions of a query, whose default graph may be a named one."""
        return engine.query(
            f"{self.prologue}\n{text}",
            base_iri=self.base,
            prefixes=dict(self.assumed),
            default_graph=None if default == _DEFAULT else [default],
        )

    def iri(self, written: str) -> pyoxigraph.NamedNode:
        """Return an IRI that may be written as a relative one, or with a prefix."""
        (row,) = self.ask(pyoxigraph.Store(), f"SELECT ?iri {{ VALUES ?iri {{ {written} }} }}")
        iri: pyoxigraph.NamedNode = row["iri"]
        return iri

    def quads(self, trig: str) -> list[pyoxigraph.Quad]:
        """Return what is written as TriG; raises NotUnderstood."""
        assumed = "".join(f"PREFIX {prefix}: <{iri}>\n" for prefix, iri in self.assumed.items())
        text = f"{assumed}{self.prologue}\n{trig}"
        try:
            return list(pyoxigraph.parse(text, pyoxigraph.RdfFormat.TRIG, base_iri=self.base))
        except (SyntaxError, ValueError) as error:
            # A template may have what no data have, such as a literal as subject.
            raise NotUnderstood from error


@dataclass(frozen=True, slots=True)
class Template:
    """What stands in the braces behind DELETE or INSERT; there are IRIs in place of variables."""

    quads: tuple[pyoxigraph.Quad, ...] = ()
    variables: frozenset[str] = frozenset()

    @property
    def has_blank_nodes(self) -> bool:
        """Whether each solution makes things that were not there."""
        return any(
            isinstance(term, pyoxigraph.BlankNode)
            for quad in self.quads
            for term in (quad.subject, quad.object)
        )

    def filled(self, solution: _Solution, default: _Graph) -> Iterator[pyoxigraph.Quad]:
        """Yield the statements of a solution; one that is not whole, or none of RDF, is none."""
        fresh: dict[pyoxigraph.BlankNode, pyoxigraph.BlankNode] = {}

        def term(written: Any) -> Any:
            if isinstance(written, pyoxigraph.BlankNode):
                if written not in fresh:
                    fresh[written] = pyoxigraph.BlankNode()
                return fresh[written]
            if isinstance(written, pyoxigraph.NamedNode) and written.value.startswith(_VARIABLE):
                return solution.get(written.value.removeprefix(_VARIABLE))
            return written

        for quad in self.quads:
            subject, predicate, value = term(quad.subject), term(quad.predicate), term(quad.object)
            graph = default if quad.graph_name == _DEFAULT else term(quad.graph_name)
            if (
                isinstance(subject, pyoxigraph.NamedNode | pyoxigraph.BlankNode)
                and isinstance(predicate, pyoxigraph.NamedNode)
                and value is not None
                and not isinstance(graph, pyoxigraph.Literal | pyoxigraph.Triple | None)
            ):
                yield pyoxigraph.Quad(subject, predicate, value, graph)


@dataclass(frozen=True, slots=True)
class Change:
    """An operation that removes and adds statements, for each solution of a pattern if it has one.

    `default` is the graph of the statements that are in no GRAPH, and of such patterns.
    """

    setting: Setting
    delete: Template
    insert: Template
    default: _Graph = _DEFAULT
    using: str = ""
    where: str = ""

    def apply(self, engine: pyoxigraph.Store, journal: Journal) -> None:
        """Carry out the operation. Raises what the engine raises."""
        solutions = list(self._solutions(engine)) if self.where else [{}]
        parts = [
            [quad for solution in solutions for quad in each.filled(solution, self.default)]
            for each in (self.delete, self.insert)
        ]
        journal.remove(parts[0])
        journal.add(parts[1])

    def _solutions(self, engine: pyoxigraph.Store) -> Iterator[_Solution]:
        names = sorted(self.delete.variables | self.insert.variables)
        distinct = "" if self.insert.has_blank_nodes else "DISTINCT "
        chosen = " ".join(f"?{name}" for name in names) or "(1 AS ?x_srmgraph_one)"
        # USING says what FROM says; with it, WITH is passed over.
        default = _DEFAULT if self.using else self.default
        text = f"SELECT {distinct}{chosen} {self.using}\nWHERE {self.where}"
        for row in self.setting.ask(engine, text, default):
            yield {name: row[name] for name in names}


@dataclass(frozen=True, slots=True)
class GraphChange:
    """An operation on whole graphs: those that it names or, if it names none, all of a `kind`."""

    setting: Setting
    word: str
    text: str
    graphs: tuple[_Graph, ...]
    kind: str = ""

    def apply(self, engine: pyoxigraph.Store, journal: Journal) -> None:
        """Carry out the operation. Raises what the engine raises."""
        lost: list[pyoxigraph.Quad] = []
        gained: list[pyoxigraph.Quad] = []
        if self.word in ("CLEAR", "DROP"):
            lost += _held(engine, *self._named(engine))
        elif self.word != "CREATE" and self.graphs[0] != self.graphs[1]:
            source, target = self.graphs
            for quad in _held(engine, source):
                gained.append(_moved(quad, target))
            if self.word == "ADD":
                gained = [quad for quad in gained if quad not in engine]
            else:
                lost += _held(engine, target, *([source] if self.word == "MOVE" else []))
        # Whether there are such graphs, and has to be, is for the engine to say.
        engine.update(
            f"{self.setting.prologue}\n{self.text}",
            base_iri=self.setting.base,
            prefixes=dict(self.setting.assumed),
        )
        journal.record(lost, gained)

    def _named(self, engine: pyoxigraph.Store) -> list[Any]:
        if not self.kind:
            return list(self.graphs)
        named: list[Any] = [] if self.kind == "DEFAULT" else list(engine.named_graphs())
        return named if self.kind == "NAMED" else [_DEFAULT, *named]


def _moved(quad: pyoxigraph.Quad, graph: _Graph) -> pyoxigraph.Quad:
    return pyoxigraph.Quad(quad.subject, quad.predicate, quad.object, graph)


def _held(engine: pyoxigraph.Store, *graphs: Any) -> Iterator[pyoxigraph.Quad]:
    for graph in graphs:
        yield from engine.quads_for_pattern(None, None, None, graph)


Operation: TypeAlias = Change | GraphChange


def read(text: str, base: str | None, assumed: Mapping[str, str]) -> list[Operation]:
    """Return the operations of an update that the engine understands; raises NotUnderstood."""
    if _VARIABLE in text:
        raise NotUnderstood
    return list(_Reader(text, Setting(base, assumed)).operations())


class _Reader:
    """Goes through the words of an update."""

    def __init__(self, text: str, setting: Setting) -> None:
        self._text = text
        self._tokens = list(sparql.marked(text))
        self._place = 0
        self._setting = setting

    def operations(self) -> Iterator[Operation]:
        while self._place < len(self._tokens):
            start = self._tokens[self._place][2]
            word = self._word()
            if word in ("PREFIX", "BASE"):
                self._iri()
                if word == "PREFIX":
                    self._iri()
                prologue = f"{self._setting.prologue}\n{self._since(start)}"
                self._setting = Setting(self._setting.base, self._setting.assumed, prologue)
            elif word in _ON_GRAPHS:
                yield self._on_graphs(word, start)
            elif word in ("INSERT", "DELETE", "WITH"):
                yield self._change(word)
            else:
                raise NotUnderstood

    def _since(self, start: int) -> str:
        return self._text[start : self._tokens[self._place - 1][3]]

    def _peek(self) -> str:
        """The next word in capitals, or brace; empty if it is something else."""
        if self._place == len(self._tokens):
            return ""
        kind, word, _, _ = self._tokens[self._place]
        return word.upper() if kind in ("word", "mark") else ""

    def _word(self, *expected: str) -> str:
        word = self._peek()
        if not word or (expected and word not in expected):
            raise NotUnderstood
        self._place += 1
        return word

    def _iri(self) -> str:
        kind, word = self._tokens[self._place][:2] if self._place < len(self._tokens) else ("", "")
        if kind not in ("iri", "name"):
            raise NotUnderstood
        self._place += 1
        return word

    def _graph(self) -> _Graph:
        if self._peek() == "DEFAULT":
            self._place += 1
            return _DEFAULT
        if self._peek() == "GRAPH":
            self._place += 1
        return self._setting.iri(self._iri())

    def _block(self) -> tuple[str, Sequence[tuple[str, str, int, int]]]:
        """The next group in braces: its text, and its words without the outer braces."""
        first = self._place
        self._word("{")
        depth = 1
        while depth:
            if self._place == len(self._tokens):
                raise NotUnderstood
            kind, word = self._tokens[self._place][:2]
            depth += {"{": 1, "}": -1}[word] if kind == "mark" else 0
            self._place += 1
        return self._since(self._tokens[first][2]), self._tokens[first + 1 : self._place - 1]

    def _on_graphs(self, word: str, start: int) -> GraphChange:
        if self._peek() == "SILENT":
            self._place += 1
        kind, graphs = "", list[_Graph]()
        if word in ("CLEAR", "DROP") and self._peek() in ("DEFAULT", "NAMED", "ALL"):
            kind = self._word()
        else:
            graphs.append(self._graph())
            if word in ("ADD", "MOVE", "COPY"):
                self._word("TO")
                graphs.append(self._graph())
        return GraphChange(self._setting, word, self._since(start), tuple(graphs), kind)

    def _change(self, word: str) -> Change:
        setting, nothing = self._setting, Template()
        default: _Graph = _DEFAULT
        if self._peek() == "DATA":
            self._place += 1
            template = self._template(self._block())
            if word == "INSERT":
                return Change(setting, nothing, template)
            return Change(setting, template, nothing)
        if word == "DELETE" and self._peek() == "WHERE":
            self._place += 1
            block = self._block()
            return Change(setting, self._template(block), nothing, where=block[0])
        if word == "WITH":
            default = setting.iri(self._iri())
            word = self._word("INSERT", "DELETE")
        delete = insert = nothing
        if word == "DELETE":
            delete = self._template(self._block())
            if self._peek() == "INSERT":
                word = self._word()
        if word == "INSERT":
            insert = self._template(self._block())
        using = ""
        while self._peek() == "USING":
            self._place += 1
            named = "NAMED " if self._peek() == "NAMED" else ""
            self._place += bool(named)
            using += f" FROM {named}{self._iri()}"
        self._word("WHERE")
        where, _ = self._block()
        return Change(setting, delete, insert, default, using, where)

    def _template(self, block: tuple[str, Iterable[tuple[str, str, int, int]]]) -> Template:
        """Read a template as TriG, which has no statements outside of braces but with a dot."""
        text, tokens = block
        start = self._tokens[self._place - 1][3] - len(text) + 1
        variables: set[str] = set()
        pieces = ["{ "]
        done, depth = start, 0
        is_behind_graph = False

        def take(end: int) -> None:
            nonlocal done, is_behind_graph
            piece = self._text[done:end]
            if is_behind_graph and piece:
                piece = _DOT.sub("", piece, count=1) if _DOT.match(piece) else piece
                is_behind_graph = False
            pieces.append(piece)
            done = end

        for kind, word, begin, end in tokens:
            if kind == "variable":
                take(begin)
                variables.add(word[1:])
                pieces.append(f"<{_VARIABLE}{word[1:]}>")
                done = end
            elif kind == "word" and word.upper() == "GRAPH" and depth == 0:
                take(begin)
                pieces.append("\n}\n")
            elif kind == "mark":
                depth += 1 if word == "{" else -1
                if word == "}" and depth == 0:
                    take(end)
                    pieces.append("\n{ ")
                    is_behind_graph = True
        take(start + len(text) - 2)
        pieces.append("\n}")
        return Template(tuple(self._setting.quads("".join(pieces))), frozenset(variables))
