"""From statements to a model of ArchiMate.

Things with a class that the mapping knows become elements; statements about two elements become
relationships; what else is said of an element becomes its properties. The rest becomes a property
of the model. What was kept of a model that others drew is drawn again as it was.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from functools import cache

from rdflib import RDF, RDFS, BNode, Literal, URIRef

from srmgraph import knowledge
from srmgraph.adapters.archimate import kept, meaning, notation, texts
from srmgraph.adapters.archimate.mapping import ASSOCIATION, Relation
from srmgraph.adapters.archimate.mapping import Mapping as Rows
from srmgraph.adapters.archimate.model import (
    SPECIALIZATION,
    Model,
    Part,
    Property,
    Text,
    minted,
)
from srmgraph.terms import Node, Statement, n_triples

_TYPE, _LABEL, _COMMENT = RDF.type, RDFS.label, RDFS.comment

NAME = "Service relationships"
"""The name of a model that has been given no other."""


@dataclass(slots=True)
class Encoded:
    """A model, the identifier of the element of each thing that has one, and the statements but
    those of which a model of others is made."""

    model: Model
    elements: dict[Node | None, str]
    facts: set[Statement]


def encode(
    statements: Iterable[Statement],
    rows: Rows,
    prefixes: Mapping[str, str],
    name: str = NAME,
    language: str | None = None,
) -> Encoded:
    """Return the model that says all statements. Blank nodes must have canonical labels.

    `language` is that of names that say none; by default the one that most names have.
    """
    return _Encoder(set(statements), rows, prefixes).run(name, language)


class _Encoder:
    def __init__(self, statements: set[Statement], rows: Rows, prefixes: Mapping[str, str]) -> None:
        self._rows = rows
        self._notation = notation.Notation(prefixes)
        reader = kept.Reader(statements)
        self._model = reader.read()
        self._reader = reader
        self._rest = statements - reader.consumed
        self._drawn = {
            reader.identifiers[node]: node
            for node in reader.identifiers
            if isinstance(node, URIRef)
        }
        self._definitions = {part.name: part.identifier for part in self._model.definitions}
        self._relationships = {part.identifier: part for part in self._model.relationships}
        self._classes: dict[Node, set[Node]] = {}
        for subject, predicate, value in statements:
            if predicate == _TYPE:
                self._classes.setdefault(subject, set()).add(value)
        self._parts: dict[Node, Part] = {}
        self._elements: dict[Node, Part] = {}
        self._left: list[Statement] = []

    def run(self, name: str, language: str | None) -> Encoded:
        self._take_drawn()
        facts = set(self._rest)
        self._rest -= set(self._kinds_of_drawn())
        about: dict[Node, list[Statement]] = {}
        for statement in self._rest:
            about.setdefault(statement[0], []).append(statement)
        if language is None:
            language = self._language(about)
        for subject in sorted(about, key=str):
            self._element(subject, about[subject], language)
        self._rest -= self._reader.consumed
        relations = self._plan(about)
        own = {identifier for _, identifier, _ in relations}
        read = self._meaning(own)
        self._rest -= read
        for statement, identifier, row in relations:
            if statement in self._rest:
                self._relate(statement, identifier, row)
        joined = {statement for statement, _, _ in relations}
        for subject in sorted(about, key=str):
            told = [s for s in about[subject] if s in self._rest and s not in joined]
            self._properties(subject, told)
        self._finish(name, language)
        elements: dict[Node | None, str] = {
            node: part.identifier for node, part in self._elements.items()
        }
        return Encoded(self._model, elements, facts)

    # ── What others drew ────────────────────────────────────────────────────────────────────────

    def _take_drawn(self) -> None:
        for part in self._model.elements:
            self._elements[self._drawn[part.identifier]] = part
        for part in (*self._model.concepts(), *self._model.views):
            self._parts[self._drawn[part.identifier]] = part

    def _kinds_of_drawn(self) -> Iterable[Statement]:
        names = self._model.property_names()
        for part in self._model.elements:
            iri = self._drawn[part.identifier]
            for statement in meaning.kind_of_element(part, iri, self._rows, names):
                self._classes.setdefault(iri, set()).add(statement[2])
                yield statement

    def _meaning(self, own: set[str]) -> set[Statement]:
        ends = {
            part.identifier: (part.type, self._classes.get(node, set()))
            for node, part in self._elements.items()
        }
        by_identifier = {part.identifier: node for node, part in self._elements.items()}
        roles = [part for part in self._model.elements if part.identifier not in own]

        def iri_of(identifier: str) -> URIRef:
            return URIRef(str(by_identifier[identifier]))

        return meaning.meaning_of_relations(
            [part for part in self._model.relationships if part.identifier not in own],
            roles,
            ends,
            iri_of,
            self._rows,
            self._model.property_names(),
        )

    # ── Elements ────────────────────────────────────────────────────────────────────────────────

    def _language(self, about: dict[Node, list[Statement]]) -> str:
        counts = Counter(
            value.language or ""
            for statements in about.values()
            for _, predicate, value in statements
            if predicate == _LABEL and isinstance(value, Literal)
        )
        return min(counts, key=lambda language: (-counts[language], language), default="")

    def _element(self, subject: Node, statements: list[Statement], language: str) -> None:
        if not isinstance(subject, URIRef) or subject in self._parts:
            return
        concept = self._rows.concept(self._classes.get(subject, ()))
        if concept is None or subject in self._reader.identifiers:
            return
        part = Part("element", minted(str(subject)), concept.element)
        labels, comments = (
            sorted(
                (v for _, p, v in statements if p == name and isinstance(v, Literal)), key=n_triples
            )
            for name in (_LABEL, _COMMENT)
        )
        part.names = texts.shown(labels, language) or [("", fallback(subject))]
        part.documentation = texts.shown(comments, language)
        self._add(part, notation.IRI, str(subject))
        self._add(part, "Specialization", concept.specialization)
        part.properties += self._reader.properties_of(subject)
        for name, found in ((_LABEL, labels), (_COMMENT, comments)):
            if texts.is_enough(found, language, name == _LABEL):
                self._rest.discard((subject, name, found[0]))
        self._model.elements.append(part)
        self._parts[subject] = self._elements[subject] = part

    def _add(self, part: Part, name: str, text: str, type: str = "string") -> None:
        part.properties.append(Property(self._definition(name, type), [("", text)]))

    def _definition(self, name: str, type: str) -> str:
        if name not in self._definitions:
            taken = {part.identifier for part in self._model.definitions}
            identifier = short_identifier(name, taken)
            if name == "Specialization" and SPECIALIZATION not in taken:
                identifier = SPECIALIZATION
            part = Part("definition", identifier, names=[("", name)], attributes={"type": type})
            self._model.definitions.append(part)
            self._definitions[name] = identifier
        return self._definitions[name]

    # ── Relationships ───────────────────────────────────────────────────────────────────────────

    def _plan(
        self, about: dict[Node, list[Statement]]
    ) -> list[tuple[Statement, str, Relation | None]]:
        planned = []
        for subject in sorted(about.keys() & self._elements.keys(), key=str):
            source = self._elements[subject]
            for statement in sorted(about[subject], key=lambda s: (str(s[1]), str(s[2]))):
                _, predicate, value = statement
                target = self._elements.get(value)
                if target is None or predicate == _TYPE or statement not in self._rest:
                    continue
                row = self._rows.relations.get(URIRef(str(predicate)))
                if row is not None and not row.fits(source.type, target.type):
                    row = None
                name = relation_identifier if row is None or not row.through else role_identifier
                planned.append((statement, name(statement), row))
        return planned

    def _relate(self, statement: Statement, identifier: str, row: Relation | None) -> None:
        subject, predicate, value = statement
        source, target = self._elements[subject], self._elements[value]
        if row is not None and row.reversed:
            source, target = target, source
        if row is None or not row.through:
            self._relationship(statement, identifier, source, target, row)
            return
        role = self._drawn_part(identifier)
        if role is None:
            party = target.name
            role = Part("element", identifier, row.through, [("", role_name(row, party))])
            self._model.elements.append(role)
            self._add(role, "Specialization", row.specialization)
        self._add(role, notation.PREDICATE, str(predicate))
        for end, kind in ((source, row.relation), (target, meaning.ASSIGNMENT)):
            own = minted("relation", end.identifier, identifier)
            part = self._relationships.get(own)
            if part is None:
                ends = {"source": end.identifier, "target": identifier}
                part = Part("relationship", own, kind, attributes=ends)
                self._model.relationships.append(part)
            self._add(part, notation.PREDICATE, str(predicate))

    def _drawn_part(self, identifier: str) -> Part | None:
        node = self._drawn.get(identifier)
        return None if node is None else self._elements.get(node)

    def _relationship(
        self,
        statement: Statement,
        identifier: str,
        source: Part,
        target: Part,
        row: Relation | None,
    ) -> None:
        part = self._relationships.get(identifier)
        if part is None:
            part = Part("relationship", identifier, row.relation if row else ASSOCIATION)
            part.attributes = {"source": source.identifier, "target": target.identifier}
            part.attributes |= variant(row)
            part.names = relation_names(URIRef(str(statement[1])), part.type)
            self._model.relationships.append(part)
        self._add(part, notation.PREDICATE, str(statement[1]))

    # ── All else ────────────────────────────────────────────────────────────────────────────────

    def _properties(self, subject: Node, statements: list[Statement]) -> None:
        part = self._parts.get(subject)
        if part is None:
            self._left += statements
            return
        odd = []
        for statement in sorted(statements, key=lambda s: (str(s[1]), n_triples(s[2]))):
            _, predicate, value = statement
            if predicate == _TYPE and isinstance(value, URIRef):
                self._add(part, notation.CLASS, str(value))
                continue
            named = self._notation.of(statement)
            if named is not None:
                name, type, text = named
                self._add(part, name, text, type)
            elif isinstance(value, BNode):
                self._left.append(statement)
            else:
                odd.append(statement)
        if odd:
            self._add(part, notation.STATEMENTS, notation.write_statements(odd))

    def _identify(self) -> bool:
        """Write down the IRIs of what others drew where no reader could tell them."""
        odd = False
        for part in (*self._model.concepts(), *self._model.views):
            node = self._drawn.get(part.identifier)
            if node is not None and node != kept.local_iri(self._reader.base, part.identifier):
                self._add(part, notation.AS, str(node))
                odd = True
        return odd

    def _finish(self, name: str, language: str) -> None:
        header = self._model.header
        is_new = not header.identifier
        if is_new:
            header.identifier = minted("model", name)
        if not header.names:
            header.names = [("", name)]
        odd = self._identify()
        base = self._reader.base
        usual = base in ("", kept.default_base(header))
        if usual and not (is_new or odd or self._rest):
            return
        if not usual:
            self._add(header, notation.BASE, base)
        self._add(header, notation.PROFILE, notation.PROFILE_1)
        if language:
            self._add(header, notation.LANGUAGE, language)
        for prefix, namespace in sorted(self._notation.used.items()):
            self._add(header, notation.PREFIX, f"{prefix}: {namespace}")
        by_subject: dict[Node, list[Statement]] = {}
        for statement in self._left:
            by_subject.setdefault(statement[0], []).append(statement)
        for subject in sorted(by_subject, key=str):
            text = notation.write_statements(by_subject[subject])
            self._add(header, notation.STATEMENTS, text)


def relation_identifier(statement: Statement) -> str:
    """Return the identifier of the relationship that draws a statement."""
    return minted("relation", *map(str, statement))


def role_identifier(statement: Statement) -> str:
    """Return the identifier of the element that stands between the two ends of a statement."""
    return minted("role", *map(str, statement))


def short_identifier(name: str, taken: Collection[str]) -> str:
    """Return an identifier for the property of that name, short since it stands everywhere."""
    whole = minted("property", name)
    return next(short for end in range(11, len(whole) + 1) if (short := whole[:end]) not in taken)


def fallback(iri: URIRef) -> str:
    """Return what a thing without label is called: the end of its IRI."""
    return str(iri).rstrip("/#").rpartition("#")[2].rpartition("/")[2] or str(iri)


def role_name(row: Relation, party: str) -> str:
    """Return the name of the element that stands between a party and what it plays a role in."""
    return f"{row.specialization}: {party}"


def variant(row: Relation | None) -> dict[str, str]:
    """Return the attributes of a relationship that say of which kind it is."""
    if row is None or row.relation == ASSOCIATION:
        return {"isDirected": "true"}
    pairs = {"accessType": row.access, "modifier": row.modifier}
    return {name: value for name, value in pairs.items() if value}


def relation_names(predicate: URIRef, type: str) -> list[Text]:
    """Return the name of a relationship: that of the property, where the type says too little."""
    return [_relation_name(predicate)] if type == ASSOCIATION else []


@cache
def _relation_name(predicate: URIRef) -> Text:
    label = knowledge.ontology().value(predicate, _LABEL)
    return "", str(label) if label is not None else fallback(predicate)
