"""From a model of ArchiMate to statements, whoever drew it.

What was written here says its statements itself. What others drew is kept as it is, and read as far
as the mapping tells what it means. What cannot be kept, or looks wrong, is reported.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from rdflib import RDF, RDFS, Literal, URIRef

from srmgraph.adapters.archimate import encode, kept, meaning, notation, texts, views
from srmgraph.adapters.archimate.grammar import KNOWN, relations
from srmgraph.adapters.archimate.mapping import Mapping as Rows
from srmgraph.adapters.archimate.model import Model, Part, Property, Text, minted
from srmgraph.adapters.archimate.native_writer import is_usual
from srmgraph.terms import Node, Statement

_TYPE, _LABEL, _COMMENT = RDF.type, RDFS.label, RDFS.comment
_ENDS = {"source", "target"}
_VARIANTS = {"accessType", "modifier", "isDirected"}


@dataclass(frozen=True, slots=True, order=True)
class Note:
    """Something that could not be kept, or that somebody should look at.

    `line` is where it stands in the file, or 0; `part` names what it is about.
    """

    line: int
    part: str
    message: str

    def __str__(self) -> str:
        """Return it as a line of a report."""
        return (
            f"{self.line}: {self.part}: {self.message}"
            if self.line
            else (f"{self.part}: {self.message}")
        )


@dataclass(slots=True)
class Decoded:
    """What a model says: statements in terms of the model, and those that keep the drawing."""

    facts: set[Statement] = field(default_factory=set)
    kept: set[Statement] = field(default_factory=set)
    notes: list[Note] = field(default_factory=list)
    identified: dict[str, URIRef] = field(default_factory=dict)


def decode(
    model: Model,
    rows: Rows,
    base: str,
    key: str = "",
    known: Mapping[str, URIRef] | None = None,
) -> Decoded:
    """Return the statements that a model says.

    Things without an IRI of their own get one that begins with `base`. `key` is the name of a
    property whose values tell elements apart better than their identifiers. `known` gives IRIs for
    identifiers, as an earlier export recorded them.
    """
    return _Decoder(model, rows, base, key, known or {}).run()


class _Decoder:
    def __init__(
        self, model: Model, rows: Rows, base: str, key: str, known: Mapping[str, URIRef]
    ) -> None:
        self._model = model
        self._rows = rows
        self._key = key
        self._known = known
        self._names = model.property_names()
        self._base = self._first(model.header, notation.BASE) or base
        self._result = Decoded()
        self._iris: dict[str, URIRef] = {}
        language = self._first(model.header, notation.LANGUAGE)
        self._language = language if texts.is_language(language) else ""
        prefixes = notation.prefixes(self._all(model.header, notation.PREFIX))
        self._is_own = bool(self._first(model.header, notation.PROFILE))
        self._notation = notation.Notation(prefixes)
        self._elements = {part.identifier: part for part in model.elements}
        self._types = {part.identifier: part.type for part in model.concepts()}
        self._classes: dict[str, set[Node]] = {}
        self._writer = kept.Writer(self._iri, self._base, self._note)
        self._definitions: set[str] = set()

    def run(self) -> Decoded:
        model, facts = self._model, self._result.facts
        for part in (*model.relationships, *model.views):
            self._identify(part)
        self._check_references()
        own, roles, others = self._sort()
        for part in own:
            self._own(part)
        for part in others:
            iri = self._iri(part.identifier)
            found = set(meaning.kind_of_element(part, iri, self._rows, self._names))
            found |= self._said(part, iri)
            facts |= found
            self._classes[part.identifier] = {value for _, p, value in found if p == _TYPE}
            self._keep(part)
        changed, used = self._roles(roles)
        facts |= self._relationships(used, changed, others)
        for text in self._all(model.header, notation.STATEMENTS):
            facts |= set(self._statements(model.header, text))
        self._frame()
        self._result.kept = set(self._writer.statements)
        self._result.identified = {part.identifier: self._iris[part.identifier] for part in own}
        return self._result

    # ── Properties ──────────────────────────────────────────────────────────────────────────────

    def _all(self, part: Part, name: str) -> list[str]:
        return [
            text
            for prop in part.properties
            if self._names.get(prop.definition) == name
            for _, text in prop.values
        ]

    def _first(self, part: Part, name: str) -> str:
        return next(iter(self._all(part, name)), "")

    def _iris_in(self, part: Part, name: str) -> list[URIRef]:
        return self._valid(part, name, self._all(part, name)) if self._is_own else []

    def _valid(self, part: Part, name: str, found: list[str]) -> list[URIRef]:
        valid = []
        for text in found:
            iri = notation.iri(text)
            if iri is None:
                self._note(part, f"“{name}” should be an IRI and is not: “{text}”; left out.")
            else:
                valid.append(iri)
        return valid

    def _is_ours(self, prop: Property) -> bool:
        name = self._names.get(prop.definition, "")
        return self._is_own and (name.startswith("srmgraph:") or self._notation.is_name(name))

    def _said(self, part: Part, iri: URIRef) -> set[Statement]:
        """Return the statements about a thing that its properties say."""
        found: set[Statement] = set()
        if not self._is_own:
            return found
        for prop in part.properties:
            name = self._names.get(prop.definition, "")
            for _, text in prop.values:
                if name == notation.CLASS:
                    found.update((iri, _TYPE, cls) for cls in self._valid(part, name, [text]))
                elif name == notation.STATEMENTS:
                    found.update(self._statements(part, text))
                elif pair := self._notation.read(name, text):
                    found.add((iri, *pair))
        return found

    def _statements(self, part: Part, text: str) -> Iterable[Statement]:
        try:
            return notation.read_statements(text)
        except ValueError as error:
            self._note(part, f"“{notation.STATEMENTS}” holds no statements ({error}); left out.")
            return ()

    def _note(self, part: Part, message: str) -> None:
        name = f"{part.kind} {part.name or part.identifier}".strip()
        self._result.notes.append(Note(part.line, name, message))

    def _check_references(self) -> None:
        there = {part.identifier for top in self._model.tops() for part in top.walk()}
        for top in self._model.tops():
            for part in top.walk():
                for name in sorted(kept.REFERENCES & part.attributes.keys() - {"viewpointRef"}):
                    if part.attributes[name] not in there:
                        self._note(
                            part,
                            f"Its {name} is “{part.attributes[name]}”, which is not there; it will "
                            "be missing when the model is written again.",
                        )

    # ── Who is who ──────────────────────────────────────────────────────────────────────────────

    def _iri(self, identifier: str) -> URIRef:
        if identifier not in self._iris:
            self._iris[identifier] = kept.local_iri(self._base, identifier)
        return self._iris[identifier]

    def _sort(self) -> tuple[list[Part], list[Part], list[Part]]:
        """Return the elements that stand for things, for statements, and those of others."""
        claims: dict[str, list[Part]] = {}
        roles, others = [], []
        for part in self._model.elements:
            iris = self._iris_in(part, notation.IRI)
            if iris:
                claims.setdefault(str(iris[0]), []).append(part)
            elif self._iris_in(part, notation.PREDICATE):
                roles.append(part)
            else:
                others.append(part)
                self._identify(part)
        own = []
        for iri, parts in claims.items():
            # A copy has the properties of what was copied: the one that was there before is meant.
            parts.sort(key=lambda part: (minted(iri) != part.identifier, part.line))
            own.append(parts[0])
            self._iris[parts[0].identifier] = URIRef(iri)
            for copy in parts[1:]:
                own.append(copy)
                self._note(
                    copy,
                    f"It is a copy of the element for <{iri}>; it stands for a thing of its own, "
                    f"<{self._iri(copy.identifier)}>.",
                )
        order = {part.identifier: index for index, part in enumerate(self._model.elements)}
        own.sort(key=lambda part: order[part.identifier])
        return own, roles, others

    def _identify(self, part: Part) -> None:
        named = self._iris_in(part, notation.AS)
        if named:
            self._iris[part.identifier] = named[0]
        elif part.identifier in self._known:
            self._iris[part.identifier] = self._known[part.identifier]
        elif (
            part.kind == "element" and self._key and (value := self._first(part, self._key).strip())
        ):
            iri = kept.local_iri(self._base, value)
            if iri in self._iris.values():
                self._note(part, f"“{self._key}” has the value of another element: {value}.")
            else:
                self._iris[part.identifier] = iri

    # ── Elements ────────────────────────────────────────────────────────────────────────────────

    def _own(self, part: Part) -> None:
        iri = self._iri(part.identifier)
        said = self._said(part, iri)
        said = self._specialized(part, iri, said)
        for name, seen in ((_LABEL, part.names), (_COMMENT, part.documentation)):
            before = [v for _, p, v in said if p == name and isinstance(v, Literal)]
            if not before and name == _LABEL and _only(seen) == encode.fallback(iri):
                continue
            said -= {(iri, name, value) for value in before}
            said |= {(iri, name, value) for value in texts.told(seen, before, self._language)}
        self._result.facts |= said
        self._classes[part.identifier] = {value for _, p, value in said if p == _TYPE}
        self._extra(part, iri)
        if part.attributes or part.fragments:
            self._note(part, "What a tool has added in its tag or as XML of its own is left out.")

    def _specialized(self, part: Part, iri: URIRef, said: set[Statement]) -> set[Statement]:
        classes = {value for _, p, value in said if p == _TYPE}
        concept = self._rows.concept(classes)
        now = meaning.specialization(part, self._names)
        if not classes and (cls := self._rows.class_of(part.type, now)) is not None:
            # A tool may have lost what says the class; what it shows still does.
            return said | {(iri, _TYPE, cls)}
        if concept is None or (concept.element, concept.specialization) == (part.type, now):
            return said
        changed = self._rows.exact_class(part.type, now)
        if changed is None:
            self._note(
                part,
                f"It was drawn as {concept.element} «{concept.specialization}» and is now "
                f"{part.type} «{now}», which means nothing here; its classes stay as they were.",
            )
            return said
        self._note(part, f"It is now of the class <{changed}> instead of <{concept.cls}>.")
        return (said - {(iri, _TYPE, concept.cls)}) | {(iri, _TYPE, changed)}

    def _extra(self, part: Part, iri: URIRef) -> None:
        """Keep the properties that others gave to an element that was written here."""
        foreign = [
            prop
            for prop in part.properties
            if not self._is_ours(prop) and self._names.get(prop.definition) != "Specialization"
        ]
        if foreign:
            self._writer.properties(iri, part, foreign)
            self._definitions.update(prop.definition for prop in foreign)

    def _keep(self, part: Part) -> None:
        """Keep a part that others drew, without what was said here of it."""
        ours = [prop for prop in part.properties if self._is_ours(prop)]
        if ours:
            part = _without(part, ours)
        for inner in part.walk():
            self._definitions.update(prop.definition for prop in inner.properties)
        self._writer.add(part)

    # ── Relationships ───────────────────────────────────────────────────────────────────────────

    def _roles(self, roles: list[Part]) -> tuple[list[Part], set[str]]:
        """Read elements between two; return those that no longer are as they were written here,
        and the relationships that say no more than the others do.
        """
        changed: list[Part] = []
        used: set[str] = set()
        into: dict[str, list[Part]] = {}
        for part in self._model.relationships:
            into.setdefault(part.attributes["target"], []).append(part)
        for role in roles:
            predicate = self._iris_in(role, notation.PREDICATE)[0]
            row = self._rows.relations.get(predicate)
            arriving = into.get(role.identifier, [])
            found: list[Statement] = []
            if row is not None:
                for start, end in meaning.pairs(row, arriving):
                    found.append(meaning.statement(row, self._iri(start), self._iri(end)))
            if [encode.role_identifier(statement) for statement in found] != [role.identifier]:
                if not found:
                    self._note(role, f"It says <{predicate}> of nothing, since an end is gone.")
                self._keep(role)
                changed.append(role)
                continue
            self._result.facts.update(found)
            for part in arriving:
                used.add(part.identifier)
                self._annotated(part, [])
            if self._is_annotated(role, None):
                self._keep(role)
        return changed, used

    def _relationships(
        self, used: set[str], changed: list[Part], others: list[Part]
    ) -> set[Statement]:
        found: set[Statement] = set()
        foreign = []
        loose = {part.identifier for part in changed}
        for part in self._model.relationships:
            if part.identifier in used:
                continue
            is_loose = part.attributes["target"] in loose
            predicates = [] if is_loose else self._iris_in(part, notation.PREDICATE)
            if not predicates:
                foreign.append(part)
                self._keep(part)
                self._check_relation(part)
                found |= self._said(part, self._iri(part.identifier))
                continue
            source, target = (self._iri(part.attributes[end]) for end in ("source", "target"))
            for predicate in predicates:
                row = self._rows.relations.get(predicate)
                reversed_ = row is not None and row.reversed and part.type == row.relation
                pair = (target, source) if reversed_ else (source, target)
                found.add((pair[0], predicate, pair[1]))
            found |= self._said(part, self._iri(part.identifier))
            self._annotated(part, encode.relation_names(predicates[0], part.type))
        ends = {
            identifier: (part.type, self._classes.get(identifier, set()))
            for identifier, part in self._elements.items()
        }
        return found | meaning.meaning_of_relations(
            foreign, [*others, *changed], ends, self._iri, self._rows, self._names
        )

    def _check_relation(self, part: Part) -> None:
        """Note a relation that ArchiMate does not allow; it is taken as it is."""
        ends = [self._types.get(part.attributes[end], "") for end in ("source", "target")]
        if {part.type, *ends} <= KNOWN and not relations().allows(part.type, *ends):
            self._note(
                part, f"ArchiMate allows no {part.type} from {ends[0]} to {ends[1]}; it is kept."
            )

    def _annotated(self, part: Part, names: list[Text]) -> None:
        """Keep a relationship that was written here, if others have added to it."""
        if self._is_annotated(part, names):
            self._keep(part)

    def _is_annotated(self, part: Part, names: list[Text] | None) -> bool:
        expected = [text for _, text in names] if names is not None else None
        return bool(
            (expected is not None and [text for _, text in part.names] != expected)
            or part.documentation
            or part.fragments
            or set(part.attributes) - _ENDS - _VARIANTS
            or any(
                not self._is_ours(prop) and self._names.get(prop.definition) != "Specialization"
                for prop in part.properties
            )
        )

    # ── All else ────────────────────────────────────────────────────────────────────────────────

    def _frame(self) -> None:
        """Keep views, folders, definitions and the header, as far as others made them."""
        model = self._model
        for view in model.views:
            if not (self._is_own and self._first(view, notation.VIEW) == views.digest(view)):
                self._keep(view)
                self._result.facts |= self._said(view, self._iri(view.identifier))
        folders = [o for o in model.organizations if not (self._is_own and is_usual(o))]
        for index, part in enumerate(folders):
            self._writer.organization(part, index)
        header = _without(model.header, [p for p in model.header.properties if self._is_ours(p)])
        self._definitions.update(prop.definition for prop in header.properties)
        for part in model.definitions:
            ours = self._is_own and part.identifier not in self._definitions
            if not ours:
                self._writer.add(part)
        is_plain = self._is_own and not (
            header.properties or header.documentation or header.fragments or header.attributes
        )
        if not is_plain or self._writer.statements or header.name != encode.NAME:
            self._writer.header(header)


def _only(seen: list[Text]) -> str | None:
    return seen[0][1] if len(seen) == 1 else None


def _without(part: Part, properties: list[Property]) -> Part:
    kept_properties = [prop for prop in part.properties if prop not in properties]
    return Part(
        part.kind,
        part.identifier,
        part.type,
        part.names,
        part.documentation,
        kept_properties,
        part.attributes,
        part.fragments,
        part.parts,
        part.line,
    )
