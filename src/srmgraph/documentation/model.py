"""What is documented: terms, rules, and the modules in which they stand. All goes by its IRI."""

from __future__ import annotations

from dataclasses import dataclass

from srmgraph.documentation.passages import Passage
from srmgraph.inference.consequences import Consequence


def anchor(iri: str) -> str:
    """Return the part of an IRI that names a term or rule on its page."""
    return iri.rpartition("#")[2].rpartition("/")[2]


@dataclass(frozen=True)
class Use:
    """Where data of an example use a term: how often, and the first passage that does."""

    example: str
    count: int
    passage: Passage | None


@dataclass(frozen=True)
class Term:
    """A class, property or individual of the ontology.

    `kind` is a class, relation (to a thing), attribute (a literal), annotation or code; `follows`
    tells what makes it follow, `leads` what follows from it, and `excludes` which classes nothing
    of it can belong to.
    """

    iri: str
    name: str
    kind: str
    label: str
    other_labels: tuple[str, ...]
    definition: str
    example: str
    notes: tuple[str, ...]
    sources: tuple[str, ...]
    broader: tuple[str, ...]
    narrower: tuple[str, ...]
    of: tuple[str, ...]
    values: tuple[str, ...]
    outgoing: tuple[str, ...]
    incoming: tuple[str, ...]
    follows: tuple[Consequence, ...]
    leads: tuple[Consequence, ...]
    excludes: tuple[str, ...]
    aligned: tuple[tuple[str, str], ...]
    rules: tuple[str, ...]
    questions: tuple[str, ...]
    uses: tuple[Use, ...]
    passage: Passage

    @property
    def anchor(self) -> str:
        """The part of the IRI that names the term on its page."""
        return anchor(self.iri)


@dataclass(frozen=True)
class Rule:
    """A rule for data; `conforming` and `failing` are the cases with which it is tested."""

    iri: str
    name: str
    severity: str
    message: str
    advice: str
    targets: tuple[tuple[str, str], ...]
    terms: tuple[str, ...]
    sources: tuple[str, ...]
    conforming: str
    failing: str
    passage: Passage


@dataclass(frozen=True)
class Module:
    """A file of terms or rules, with its sections in their order."""

    name: str
    title: str
    description: str
    sections: tuple[tuple[str, tuple[str, ...]], ...]

    @property
    def members(self) -> tuple[str, ...]:
        """The IRIs of all that is in it."""
        return tuple(iri for _, iris in self.sections for iri in iris)
