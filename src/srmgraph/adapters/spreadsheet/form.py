"""The form that people fill in: its sheets and columns, made of ontology, rules and mapping.

`mappings/spreadsheet.ttl` says which sheets there are and which properties have a column there. All
else is looked up: names, help, lists to choose from and kinds of cells in the ontology, and what is
required in the rules.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache, cached_property

import rdflib
from rdflib import OWL, RDF, RDFS, SH, SKOS, XSD, URIRef
from rdflib.collection import Collection
from rdflib.term import Node

from srmgraph import knowledge
from srmgraph.syntax import Parser, format_of, read_bytes
from srmgraph.terms import triples_to_rdflib

SHEET = rdflib.Namespace("https://w3id.org/srm/spreadsheet#")
_FORM = URIRef("https://w3id.org/srm/spreadsheet")

ID, TYPE = "ID", "Type"
"""The titles of the two columns that are no properties."""

ABOUT, OTHER, LISTS = "About", "Other statements", "Lists"
"""The titles of the sheets that are not about things of a class."""


@dataclass(frozen=True, slots=True)
class Column:
    """A property as a column.

    `datatype` is that of its values; None for a text in some language, and for things. `sheets` are
    the classes whose things are meant, and `codes` those things that the ontology itself lists.
    `required` is 2 where a rule demands a value, 1 where a rule misses one, else 0. `decimals` is
    the least number of them that a number has.
    """

    property: URIRef
    title: str
    help: str
    is_thing: bool
    datatype: URIRef | None
    range: frozenset[Node]
    codes: tuple[URIRef, ...]
    required: int
    is_single: bool
    decimals: int


@dataclass(frozen=True, eq=False)
class Sheet:
    """A sheet for the things of a class; `types` are the class and those below it, by names."""

    title: str
    cls: URIRef
    kinds: frozenset[Node]
    types: Mapping[str, URIRef]
    columns: tuple[Column, ...]
    help: str
    slug: str

    @property
    def has_types(self) -> bool:
        """Whether there is a type to choose."""
        return len(self.types) > 1

    @cached_property
    def by_property(self) -> Mapping[Node, Column]:
        """The columns by their properties."""
        return {column.property: column for column in self.columns}


class Form:
    """All sheets, in their order, and what is known of properties that have no column of theirs."""

    def __init__(self, rows: rdflib.Graph, ontology: rdflib.Graph, shapes: rdflib.Graph) -> None:
        self._rows, self._ontology = rows, ontology
        self._rules = _Rules(shapes)
        self._above: dict[Node, frozenset[Node]] = {}
        self._deepest: dict[Node, Sheet | None] = {}
        classes = [rows.value(row, SHEET["class"]) for row in self._list(SHEET.sheets, _FORM)]
        self._classes = [URIRef(str(cls)) for cls in classes]
        first, last = self._list(SHEET.first, _FORM), self._list(SHEET.last, _FORM)
        self.sheets = tuple(
            self._sheet(URIRef(str(row)), first, last) for row in self._list(SHEET.sheets, _FORM)
        )
        self._near: dict[frozenset[Node], tuple[Sheet, ...]] = {}

    @cached_property
    def properties(self) -> Mapping[str, URIRef]:
        """All properties of the ontology, and those of the form, by their titles in lower case."""
        declared = {
            *self._ontology.subjects(RDF.type, OWL.ObjectProperty),
            *self._ontology.subjects(RDF.type, OWL.DatatypeProperty),
            *(column.property for sheet in self.sheets for column in sheet.columns),
        }
        return {self.title(found).lower(): found for found in declared if isinstance(found, URIRef)}

    @cached_property
    def codes(self) -> Mapping[URIRef, frozenset[Node]]:
        """The things that the ontology itself lists to choose from, each with its classes."""
        schemes = set(self._ontology.subjects(RDF.type, SKOS.ConceptScheme))
        return {
            code: frozenset(self._ontology.objects(code, RDF.type))
            for code in set(self._ontology.subjects(RDF.type, OWL.NamedIndividual)) - schemes
            if isinstance(code, URIRef)
        }

    def title(self, term: Node) -> str:
        """Return the name of a term of the ontology or the form, as it begins a line."""
        label = self.label(term)
        return label[:1].upper() + label[1:]

    def label(self, term: Node) -> str:
        """Return the name of a term of the ontology or the form, else the term itself."""
        found = self._rows.value(term, RDFS.label) or self._ontology.value(term, RDFS.label)
        return str(term if found is None else found)

    def sheet_of(self, cls: Node) -> Sheet | None:
        """Return the sheet on which things of a class stand: the one that says most of them."""
        if cls not in self._deepest:
            nearest = self._nearest(cls)
            self._deepest[cls] = next((s for s in self.sheets if s.cls == nearest), None)
        return self._deepest[cls]

    def sheets_near(self, classes: frozenset[Node]) -> tuple[Sheet, ...]:
        """Return the sheets on which things that a property of this range relates may stand."""
        if classes not in self._near:
            wanted = {c for cls in classes for c in self.superclasses(cls)}
            self._near[classes] = tuple(sheet for sheet in self.sheets if sheet.kinds & wanted)
        return self._near[classes]

    def superclasses(self, cls: Node) -> frozenset[Node]:
        """Return a class and all above it that have names."""
        if cls not in self._above:
            above = self._ontology.transitive_objects(cls, RDFS.subClassOf)
            self._above[cls] = frozenset(c for c in above if isinstance(c, URIRef))
        return self._above[cls]

    def column(self, property: URIRef, cls: URIRef | None = None) -> Column:
        """Return how a property looks as a column, on the sheet for a class."""
        ontology = self._ontology
        ranges = frozenset(ontology.objects(property, RDFS.range))
        is_thing = (property, RDF.type, OWL.ObjectProperty) in ontology
        rule = self._rules.of(property)
        datatype = None
        if not is_thing:
            # What the ontology says goes before what a rule would accept as well.
            known = [*sorted(map(str, ranges)), *sorted(map(str, rule.datatypes))]
            datatype = next((URIRef(name) for name in known if name.startswith(str(XSD))), None)
        codes = tuple(sorted(code for code, kinds in self.codes.items() if kinds & ranges))
        required = self._rules.required(property, self.superclasses(cls) if cls else ())
        is_single = rule.is_single or (property, RDF.type, OWL.FunctionalProperty) in ontology
        sentences = [self.definition(property)]
        if codes:
            sentences.append(f"One of: {', '.join(map(self.label, codes))}.")
        elif is_thing:
            sentences.append("The name of a thing on another sheet, or its ID.")
        elif datatype in _KINDS:
            sentences.append(_KINDS[datatype])
        if not is_single:
            sentences.append("Several: each on a line of its own in the cell (Alt+Enter).")
        if required:
            sentences.append("Required." if required == 2 else "Recommended.")
        decimals = self._rows.value(property, SHEET.decimals)
        return Column(
            property=property,
            title=self.title(property),
            help="\n".join(filter(None, sentences)),
            is_thing=is_thing,
            datatype=datatype,
            range=ranges,
            codes=codes,
            required=required,
            is_single=is_single,
            decimals=1 if decimals is None else int(str(decimals)),
        )

    def definition(self, term: Node) -> str:
        """Return what a term of the ontology or the form means, in one sentence, if it is told."""
        found = self._rows.value(term, SKOS.definition)
        return str(found or self._ontology.value(term, SKOS.definition) or "")

    def _list(self, name: URIRef, row: Node) -> list[Node]:
        head = self._rows.value(row, name)
        return list(Collection(self._rows, head)) if head is not None else []

    def _nearest(self, cls: Node) -> URIRef | None:
        above = self.superclasses(cls)
        fitting = [c for c in self._classes if c in above]
        return max(fitting, key=lambda c: len(self.superclasses(c)), default=None)

    def _sheet(self, row: URIRef, first: list[Node], last: list[Node]) -> Sheet:
        cls = URIRef(str(self._rows.value(row, SHEET["class"])))
        below = sorted(
            c
            for c in self._ontology.transitive_subjects(RDFS.subClassOf, cls)
            if isinstance(c, URIRef)
        )
        # What has a sheet of its own further down is not to be chosen here.
        types = [c for c in below if self._nearest(c) == cls]
        names = [*first, *self._list(SHEET.columns, row), *last]
        return Sheet(
            title=str(self._rows.value(row, SHEET.title)),
            cls=cls,
            kinds=self.superclasses(cls),
            types={self.label(c): c for c in (cls, *(c for c in types if c != cls))},
            columns=tuple(self.column(URIRef(str(name)), cls) for name in names),
            help=self.definition(cls),
            slug=self.label(cls).replace(" ", "-"),
        )


@dataclass
class _Rule:
    datatypes: set[Node] = field(default_factory=set)
    is_single: bool = False
    required: dict[Node, int] = field(default_factory=dict)


class _Rules:
    """What the rules say of single properties: kinds of values, how many, and where they are
    required."""

    def __init__(self, shapes: rdflib.Graph) -> None:
        self._found: dict[Node, _Rule] = {}
        for shape, path in shapes.subject_objects(SH.path):
            alternatives = shapes.value(path, SH.alternativePath)
            # The first of several ways to say it is the plain one.
            property = path if alternatives is None else Collection(shapes, alternatives)[0]
            rule = self._found.setdefault(property, _Rule())
            if alternatives is None:
                rule.datatypes.update(shapes.objects(shape, SH.datatype))
                for either in shapes.objects(shape, SH["or"]):
                    for one in Collection(shapes, either):
                        rule.datatypes.update(shapes.objects(one, SH.datatype))
                most = shapes.value(shape, SH.maxCount)
                rule.is_single |= most is not None and str(most) == "1"
            least = shapes.value(shape, SH.minCount)
            if least is not None and int(str(least)) > 0:
                severity = shapes.value(shape, SH.severity)
                level = 2 if severity == SH.Violation else int(severity == SH.Warning)
                for cls in shapes.objects(shape, SH.targetClass):
                    rule.required[cls] = max(level, rule.required.get(cls, 0))

    def of(self, property: Node) -> _Rule:
        return self._found.get(property, _Rule())

    def required(self, property: Node, classes: Iterable[Node]) -> int:
        levels = self.of(property).required
        return max((levels.get(cls, 0) for cls in classes), default=0)


_KINDS = {
    XSD.date: "A day, as 2027-01-31.",
    XSD.dateTime: "A moment, as 2027-01-31T09:00:00Z.",
    XSD.boolean: "TRUE or FALSE.",
    XSD.decimal: "A number.",
    XSD.integer: "A whole number.",
    XSD.nonNegativeInteger: "A whole number, not below 0.",
}


@cache
def form() -> Form:
    """Return the form of the project's own model."""
    file = knowledge.ROOT / "mappings" / "spreadsheet.ttl"
    rows = rdflib.Graph(bind_namespaces="none")
    for triple in triples_to_rdflib(Parser(read_bytes(file), format_of(file), file)):
        rows.add(triple)
    return Form(rows, knowledge.ontology(), knowledge.shapes())
