"""Terms, rules and questions gathered from the files, and how they meet."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from functools import cached_property
from pathlib import Path

from rdflib import DCTERMS, OWL, RDF, RDFS, SH, SKOS, BNode, Graph, URIRef
from rdflib.collection import Collection
from rdflib.term import Node

from srmgraph import knowledge, names, queries
from srmgraph.documentation.model import Module, Rule, Term, Use, anchor
from srmgraph.documentation.passages import Passage, passages
from srmgraph.inference.consequences import Consequence, consequences
from srmgraph.inference.program import standard
from srmgraph.queries import Question
from srmgraph.syntax import Parser, format_of, read_bytes
from srmgraph.terms import triples_to_rdflib
from srmgraph.validation.shapes import Shapes

_KINDS = {
    OWL.Class: "class",
    OWL.ObjectProperty: "relation",
    OWL.DatatypeProperty: "attribute",
    OWL.AnnotationProperty: "annotation",
    SKOS.Concept: "code",
    OWL.NamedIndividual: "individual",
}
_TARGETS = (
    (SH.targetClass, "every"),
    (SH.targetSubjectsOf, "whatever has a value of"),
    (SH.targetObjectsOf, "every value of"),
    (SH.targetNode, "the whole graph, once"),
)


class Documentation:
    """All that there is to document, worked out when it is first asked for."""

    def __init__(self) -> None:
        self._ontology = knowledge.ontology()
        self._shapes = knowledge.shapes()
        self._rules = Shapes(self._shapes)
        self._prefixes = knowledge.prefixes()
        self._other_prefixes = {
            prefix: str(space) for prefix, space in knowledge.alignments().namespaces()
        }

    def label(self, iri: str) -> str:
        """Return what people call a thing, or a short name."""
        label = self._ontology.value(URIRef(iri), RDFS.label)
        return str(label) if label is not None else self.name(iri)

    def name(self, iri: str) -> str:
        """Return an IRI as a prefixed name where there is a prefix for it."""
        return names.short(URIRef(iri), self._prefixes)

    def other_name(self, iri: str) -> str:
        """Return an IRI of another vocabulary likewise."""
        return names.short(URIRef(iri), self._other_prefixes)

    @cached_property
    def about(self) -> str:
        """What the ontology says of itself."""
        return str(
            self._ontology.value(URIRef(knowledge.ontology_iri()), DCTERMS.description) or ""
        )

    @cached_property
    def modules(self) -> tuple[Module, ...]:
        """The modules of the ontology, in the order in which the ontology imports them."""
        return self._modules("ontology", self._ontology, set(self._kinds))

    @cached_property
    def rule_modules(self) -> tuple[Module, ...]:
        """The modules of the rules, likewise."""
        rules = {str(shape) for shape in self._rules.with_targets()}
        return self._modules("shapes", self._shapes, rules)

    @cached_property
    def questions(self) -> dict[str, Question]:
        """The kept questions by name."""
        return dict(queries.questions())

    @cached_property
    def terms(self) -> dict[str, Term]:
        """The terms by IRI, in the order of the files."""
        return {iri: self._term(iri) for module in self.modules for iri in module.members}

    @cached_property
    def rules(self) -> dict[str, Rule]:
        """The rules by IRI, in the order of the files."""
        return {
            iri: self._rule(iri, module.name)
            for module in self.rule_modules
            for iri in module.members
        }

    @cached_property
    def question_terms(self) -> dict[str, tuple[str, ...]]:
        """The terms that each question mentions."""
        return {
            name: tuple(iri for iri in question.references() if iri in self._kinds)
            for name, question in self.questions.items()
        }

    # ── Files ───────────────────────────────────────────────────────────────────────────────────

    @cached_property
    def _kinds(self) -> dict[str, str]:
        found: dict[str, str] = {}
        for kind, word in _KINDS.items():
            for term in self._ontology.subjects(RDF.type, kind):
                found.setdefault(str(term), word)
        return found

    @cached_property
    def _passages(self) -> dict[str, Passage]:
        return {
            self._whole(passage.name): passage
            for folder in ("ontology", "shapes")
            for file in sorted((knowledge.ROOT / folder).glob("*.ttl"))
            for passage in passages(file)
        }

    def _whole(self, name: str) -> str:
        prefix, _, local = name.partition(":")
        return f"{self._prefixes.get(prefix, prefix)}{local}"

    def _modules(self, folder: str, graph: Graph, members: set[str]) -> tuple[Module, ...]:
        found = []
        for iri in _imported(knowledge.ROOT / folder):
            file = knowledge.ROOT / folder / f"{iri.rpartition('/')[2]}.ttl"
            sections: defaultdict[str, list[str]] = defaultdict(list)
            for passage in passages(file):
                if (one := self._whole(passage.name)) in members:
                    sections[passage.section].append(one)
            title = graph.value(iri, DCTERMS.title) or file.stem
            about = graph.value(iri, DCTERMS.description) or graph.value(iri, RDFS.comment) or ""
            listed = tuple((name, tuple(iris)) for name, iris in sections.items())
            if listed:
                found.append(Module(file.stem, str(title), str(about), listed))
        return tuple(found)

    # ── Terms ───────────────────────────────────────────────────────────────────────────────────

    def _term(self, iri: str) -> Term:
        one = URIRef(iri)
        return Term(
            iri=iri,
            name=self.name(iri),
            kind=self._kinds[iri],
            label=self.label(iri),
            other_labels=self._texts(one, SKOS.altLabel),
            definition=" ".join(self._texts(one, SKOS.definition)),
            example=" ".join(self._texts(one, SKOS.example)),
            notes=self._texts(one, SKOS.scopeNote),
            sources=tuple(map(self.label, self._iris(one, DCTERMS.source))),
            broader=self._broader(one),
            narrower=tuple(other for other in self._kinds if iri in self._broader(URIRef(other))),
            of=self._choice(one, RDFS.domain),
            values=self._choice(one, RDFS.range),
            outgoing=self._meeting[RDFS.domain].get(iri, ()),
            incoming=self._meeting[RDFS.range].get(iri, ()),
            follows=tuple(
                one
                for one in self._consequences
                if iri in one.effects
                and not any(self._is_limit_of(one, cause) for cause in one.causes)
            ),
            leads=tuple(
                one
                for one in self._consequences
                if iri in one.causes and one.effects and not self._is_limit_of(one, iri)
            ),
            excludes=self._exclusions.get(iri, ()),
            aligned=self._aligned(one),
            rules=self._rules_about.get(iri, ()),
            questions=tuple(name for name, iris in self.question_terms.items() if iri in iris),
            uses=self._uses.get(iri, ()),
            passage=self._passages[iri],
        )

    def _texts(self, subject: Node, predicate: URIRef) -> tuple[str, ...]:
        return tuple(sorted(map(str, self._ontology.objects(subject, predicate))))

    def _iris(self, subject: Node, predicate: URIRef) -> tuple[str, ...]:
        values = self._ontology.objects(subject, predicate)
        return tuple(sorted(str(value) for value in values if isinstance(value, URIRef)))

    def _broader(self, one: URIRef) -> tuple[str, ...]:
        if self._kinds[str(one)] in ("code", "individual"):
            return tuple(iri for iri in self._iris(one, RDF.type) if self._is_described(iri))
        return self._iris(one, RDFS.subClassOf) + self._iris(one, RDFS.subPropertyOf)

    def _is_described(self, iri: str) -> bool:
        return (URIRef(iri), SKOS.definition, None) in self._ontology

    def _choice(self, one: URIRef, predicate: URIRef) -> tuple[str, ...]:
        """The classes that a domain or range names, itself or as one of several."""
        found: list[str] = []
        for value in self._ontology.objects(one, predicate):
            union = self._ontology.value(value, OWL.unionOf)
            members = [value] if union is None else Collection(self._ontology, union)
            found += (str(member) for member in members if isinstance(member, URIRef))
        return tuple(sorted(found))

    @cached_property
    def _meeting(self) -> dict[URIRef, dict[str, tuple[str, ...]]]:
        """By rdfs:domain and rdfs:range: the properties that name each class."""
        found: dict[URIRef, dict[str, tuple[str, ...]]] = {RDFS.domain: {}, RDFS.range: {}}
        for predicate, classes in found.items():
            for iri in self._kinds:
                for met in self._choice(URIRef(iri), predicate):
                    classes[met] = (*classes.get(met, ()), iri)
        return found

    @cached_property
    def _consequences(self) -> list[Consequence]:
        return consequences(standard())

    @cached_property
    def _exclusions(self) -> dict[str, tuple[str, ...]]:
        found: defaultdict[str, set[str]] = defaultdict(set)
        for consequence in self._consequences:
            if not consequence.effects:
                for iri in consequence.causes:
                    found[iri] |= {*consequence.causes} - {iri}
        return {iri: tuple(sorted(others)) for iri, others in found.items()}

    def _is_limit_of(self, consequence: Consequence, iri: str) -> bool:
        """Whether it says no more than of what a property is, or what its values are."""
        limits = self._choice(URIRef(iri), RDFS.domain) + self._choice(URIRef(iri), RDFS.range)
        return consequence.causes == (iri,) and {*consequence.effects} <= {*limits}

    def _aligned(self, one: URIRef) -> tuple[tuple[str, str], ...]:
        return tuple(
            sorted(
                (self.other_name(str(predicate)), str(value))
                for predicate, value in knowledge.alignments().predicate_objects(one)
                if isinstance(value, URIRef)
            )
        )

    @cached_property
    def _uses(self) -> dict[str, tuple[Use, ...]]:
        found: dict[str, tuple[Use, ...]] = {}
        for file in knowledge.example_files():
            counts: Counter[str] = Counter()
            parser = Parser(read_bytes(file), format_of(file), file)
            for _, predicate, value in triples_to_rdflib(parser):
                counts[str(predicate)] += 1
                if isinstance(value, URIRef):
                    counts[str(value)] += 1
            for iri in counts.keys() & self._kinds.keys():
                mention = re.compile(rf"(?<![\w:-]){re.escape(self.name(iri))}(?![\w-])")
                first = next((one for one in passages(file) if mention.search(one.text)), None)
                use = Use(file.stem, counts[iri], first)
                found[iri] = (*found.get(iri, ()), use)
        return found

    # ── Rules ───────────────────────────────────────────────────────────────────────────────────

    @cached_property
    def _mentions(self) -> dict[str, set[str]]:
        """The terms of the ontology that each rule mentions, in its shapes or in its queries."""
        described = queries.describe_shapes()
        found = {}
        for iri in (iri for module in self.rule_modules for iri in module.members):
            mentioned = {str(value) for value in described.objects(URIRef(iri), DCTERMS.references)}
            mentioned |= _reached(self._shapes, URIRef(iri))
            found[iri] = {term for term in mentioned if self._is_described(term)}
        return found

    @cached_property
    def _rules_about(self) -> dict[str, tuple[str, ...]]:
        found: defaultdict[str, list[str]] = defaultdict(list)
        for rule, terms in self._mentions.items():
            for iri in terms:
                found[iri].append(rule)
        return {iri: tuple(rules) for iri, rules in found.items()}

    def _rule(self, iri: str, module: str) -> Rule:
        one = URIRef(iri)
        name = anchor(iri)
        return Rule(
            iri=iri,
            name=name,
            severity=self._rules.severity(one),
            message=str(self._rules.message(one)),
            advice=self._rules.advice(one),
            targets=tuple(
                (words, "" if predicate == SH.targetNode else str(target))
                for predicate, words in _TARGETS
                for target in sorted(self._shapes.objects(one, predicate), key=str)
            ),
            terms=tuple(sorted(self._mentions[iri], key=self.label)),
            sources=tuple(
                sorted(
                    self.label(str(source)) for source in self._shapes.objects(one, DCTERMS.source)
                )
            ),
            conforming=knowledge.rule_case(module, name, "conforms"),
            failing=knowledge.rule_case(module, name, "fails"),
            passage=self._passages[iri],
        )


def _imported(folder: Path) -> list[URIRef]:
    """The modules in the order of the file that imports the most of them."""
    imported = (
        [
            URIRef(str(value))
            for _, predicate, value in triples_to_rdflib(
                Parser(read_bytes(file), format_of(file), file)
            )
            if predicate == OWL.imports
        ]
        for file in sorted(folder.glob("*.ttl"))
    )
    return max(imported, key=len)


def _reached(graph: Graph, start: Node) -> set[str]:
    """The IRIs that a node speaks of, itself or through nodes without a name."""
    found: set[str] = set()
    waiting: list[Node] = [start]
    while waiting:
        for value in graph.objects(waiting.pop()):
            if isinstance(value, BNode):
                waiting.append(value)
            elif isinstance(value, URIRef):
                found.add(str(value))
    return found
