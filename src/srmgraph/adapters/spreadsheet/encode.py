"""From statements to tables of text, in the form that `decode` reads."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field

import pyoxigraph
import rdflib
from rdflib import RDF, RDFS, Literal, URIRef
from rdflib.term import Node

from srmgraph.adapters.spreadsheet import cells
from srmgraph.adapters.spreadsheet.form import Column, Form, Sheet
from srmgraph.adapters.spreadsheet.references import References
from srmgraph.store import Store
from srmgraph.terms import Statement, canonical, triples_to_oxigraph, triples_to_rdflib

_Properties = dict[Node, list[Node]]

# Looking a term up in its namespace takes time, and this one is looked up for each cell.
_LABEL = RDFS.label


@dataclass(slots=True)
class Written:
    """A sheet as it is to be written: its columns, those that it has of itself first, and its
    rows: ID, type, and the text of each column."""

    sheet: Sheet
    columns: list[Column]
    rows: list[list[str]] = field(default_factory=list)


@dataclass(slots=True)
class Encoded:
    """All sheets, what no sheet holds (thing, property and value of each statement), with what
    IRIs begin, and the language of texts that say nothing of it."""

    sheets: list[Written]
    others: list[tuple[str, str, str]]
    base: str
    language: str


def encode(
    source: Store | rdflib.Graph,
    form: Form,
    base: str | None = None,
    without: Collection[URIRef] = (),
    longest: int | None = None,
) -> Encoded:
    """Return the tables that state what a graph states; the same statements give the same tables.

    Without a `base`, it is that of most things. Cells get at most `longest` characters: values
    beyond stand among the other statements.
    """
    things = _things(source, without)
    language = _language(things)
    order = {sheet.title: number for number, sheet in enumerate(form.sheets)}
    of: dict[Node, list[Sheet]] = {}
    for thing, properties in things.items():
        found = {form.sheet_of(cls) for cls in properties.get(RDF.type, ())} - {None}
        if found:
            of[thing] = sorted(filter(None, found), key=lambda sheet: order[sheet.title])
    references = References(form, _base(of) if base is None else base)
    names = {thing: _names(things[thing]) for thing in of}
    for thing, sheets in of.items():
        for sheet in sheets:
            references.add(sheet, thing, references.id(thing), names[thing])
    columns = _columns(form, things, of)
    writer = _Writer(form, references, names, language, columns, longest)
    written = {sheet.title: Written(sheet, columns[sheet.title]) for sheet in form.sheets}
    order_of_rows = sorted(of, key=lambda t: (names[t][:1], str(t)))
    for thing in order_of_rows:
        for row, sheet in writer.rows(thing, things[thing], of[thing]):
            written[sheet.title].rows.append(row)
    for thing in sorted(things.keys() - of.keys(), key=str):
        writer.leave(thing, things[thing])
    return Encoded(list(written.values()), sorted(writer.others), references.base, language)


class _Writer:
    def __init__(
        self,
        form: Form,
        references: References,
        names: dict[Node, list[str]],
        language: str,
        columns: dict[str, list[Column]],
        longest: int | None,
    ) -> None:
        self.others: list[tuple[str, str, str]] = []
        self._form, self._references, self._names = form, references, names
        self._language, self._columns, self._longest = language, columns, longest

    def rows(
        self, thing: Node, properties: _Properties, sheets: list[Sheet]
    ) -> Iterable[tuple[list[str], Sheet]]:
        """Return the row of a thing on each of its sheets; what has no column there is left."""
        left = dict(properties)
        types = left.pop(RDF.type)
        stranger = [cls for cls in types if self._form.sheet_of(cls) is None]
        labels = left.get(RDFS.label, [])
        for sheet in sheets:
            row = [self._references.id(thing), self._types(types, sheet)]
            for column in self._columns[sheet.title]:
                values = labels if column.property == _LABEL else left.pop(column.property, [])
                row.append(self._cell(thing, column, values))
            yield row, sheet
        left.pop(RDFS.label, None)
        if stranger:
            left[RDF.type] = stranger
        self.leave(thing, left)

    def leave(self, thing: Node, properties: _Properties) -> None:
        """Put what is said of a thing among the other statements."""
        for property, values in properties.items():
            for value in values:
                self._leave(thing, property, value)

    def _leave(self, thing: Node, property: Node, value: Node) -> None:
        short = self._references.short
        term = cells.quoted(value) if isinstance(value, Literal) else self._references.id(value)
        self.others.append((self._references.id(thing), short(property), term))

    def _types(self, types: list[Node], sheet: Sheet) -> str:
        own = [cls for cls in types if self._form.sheet_of(cls) is sheet]
        if own == [sheet.cls]:
            return ""
        labels = {cls: label for label, cls in sheet.types.items()}
        return cells.join(sorted(labels[URIRef(str(cls))] for cls in own))

    def _cell(self, thing: Node, column: Column, values: list[Node]) -> str:
        if not values:
            return ""
        written: list[str] = []
        length = 0
        items = [(self._item(value, column), value) for value in values]
        for item, value in sorted(items, key=lambda pair: pair[0]):
            length += len(item) + 1
            if self._longest is not None and length > self._longest:
                self._leave(thing, column.property, value)
            else:
                written.append(item)
        return cells.join(written)

    def _item(self, value: Node, column: Column) -> str:
        if isinstance(value, Literal):
            plain = None if column.is_thing else cells.plain(value, column, self._language)
            return cells.quoted(value) if plain is None else plain
        if column.is_thing:
            return self._references.write(value, column, self._names.get(value, ()))
        return cells.quoted(value)


def _things(source: Store | rdflib.Graph, without: Collection[URIRef]) -> dict[Node, _Properties]:
    left_out = {pyoxigraph.NamedNode(name) for name in without}
    triples: Iterable[pyoxigraph.Triple]
    if isinstance(source, rdflib.Graph):
        triples = triples_to_oxigraph(source)
    else:
        quads = source.snapshot().oxigraph
        triples = (quad.triple for quad in quads if quad.graph_name not in left_out)
    dataset = canonical(pyoxigraph.Quad(*triple) for triple in triples)
    things: dict[Node, _Properties] = defaultdict(dict)
    statements: set[Statement] = set(triples_to_rdflib(dataset))
    for thing, property, value in statements:
        things[thing].setdefault(property, []).append(value)
    return things


def _names(properties: _Properties) -> list[str]:
    return sorted(str(label) for label in properties.get(RDFS.label, ()))


def _columns(
    form: Form, things: dict[Node, _Properties], of: dict[Node, list[Sheet]]
) -> dict[str, list[Column]]:
    """Return the columns of each sheet: its own, and of properties that its things have besides."""
    known = set(form.properties.values())
    more: dict[str, set[URIRef]] = defaultdict(set)
    for thing, sheets in of.items():
        for property in things[thing]:
            if property in known and not any(property in s.by_property for s in sheets):
                more[sheets[0].title].add(URIRef(str(property)))
    return {
        sheet.title: [
            *sheet.columns,
            *(form.column(property, sheet.cls) for property in sorted(more[sheet.title])),
        ]
        for sheet in form.sheets
    }


def _language(things: dict[Node, _Properties]) -> str:
    """Return the language of most names."""
    count = Counter(
        label.language or ""
        for properties in things.values()
        for label in properties.get(RDFS.label, ())
        if isinstance(label, Literal)
    )
    return min(count, key=lambda language: (-count[language], language), default="")


def _base(of: Iterable[Node]) -> str:
    """Return with what most IRIs begin: the longest text, up to a slash or a hash."""
    count: Counter[str] = Counter()
    for thing in of:
        if isinstance(thing, URIRef):
            count.update(_beginnings(thing))
    return min(count, key=lambda base: (-count[base], -len(base), base), default="")


def _beginnings(iri: str) -> Iterable[str]:
    authority = iri.find("://")
    if authority < 0:
        return
    for place, letter in enumerate(iri[authority + 3 :], authority + 4):
        if letter in "/#":
            yield iri[:place]
