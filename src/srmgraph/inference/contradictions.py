"""Contradictions between data and ontology, put into words."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pyoxigraph

from srmgraph import names
from srmgraph.inference.facts import LITERALS, Fact, triple
from srmgraph.inference.language import TYPE
from srmgraph.inference.search import Search

if TYPE_CHECKING:
    from srmgraph.inference.state import State

_SENTENCES = {
    "cax-dw": "{x} is a {A} and a {B}, and nothing is both",
    "cls-nothing2": "{x} belongs to a class that can have no member",
    "eq-diff": "{x} and {y} are the same and different",
    "prp-irp": "{x} has itself as {p}, and nothing can",
    "prp-asyp": "{x} and {y} have each other as {p}, and only one of them can",
    "prp-pdw": "{x} has {y} both as {p} and as {q}, and nothing has",
    "prp-npa": "{x} has {y} as {p}, and it is stated that it has not",
    "cls-maxc": "{x} has {y} as {p}, and nothing of its class can",
    "dt-diff": "“{x}” and “{y}” would have to be the same, and are not",
    "dt-not-type": "“{v}” is no {D}",
}
_LIKE = {
    "cax-adc": "cax-dw",
    "cls-com": "cax-dw",
    "prp-adp": "prp-pdw",
    "eq-diff1": "eq-diff",
    "eq-diff2": "eq-diff",
    "eq-diff3": "eq-diff",
    "prp-npa1": "prp-npa",
    "prp-npa2": "prp-npa",
    "cls-maxc1": "cls-maxc",
    "cls-maxqc1": "cls-maxc",
    "cls-maxqc2": "cls-maxc",
}


@dataclass(frozen=True, slots=True)
class Clash:
    """Facts that cannot all hold, the axioms that forbid it, and the rule that says so.

    `outside` are a literal and a datatype that it should be of, and is not.
    """

    rule: str
    premises: tuple[Fact, ...]
    axioms: tuple[Fact, ...]
    outside: tuple[int, int] | None = None


def sentence(state: State, clash: Clash, named: Callable[[int], str] | None = None) -> str:
    """Return what cannot be, as a sentence without its full stop; by short names unless `named`."""

    def name(number: int) -> str:
        return short(state, number) if named is None else named(number)

    form = _SENTENCES[_LIKE.get(clash.rule, clash.rule)]
    if clash.outside is not None:
        return form.format(v=name(clash.outside[0]), D=name(clash.outside[1]))
    if not clash.premises:
        return "a list of things that all differ names one of them twice"
    triples = [triple(premise) for premise in clash.premises]
    classes = sorted(name(value) for _, predicate, value in triples if predicate == TYPE)
    pairs = [parts for parts in triples if parts[1] != TYPE]
    subject, _, value = pairs[0] if pairs else triples[0]
    both = [name(subject), name(value)]
    if clash.rule == "prp-asyp":
        both.sort()
    properties = [name(parts[1]) for parts in pairs]
    one, other = (classes * 2)[:2] if classes else ("", "")
    p, q = (properties * 2)[:2] if properties else ("", "")
    return form.format(x=both[0], y=both[1], A=one, B=other, p=p, q=q)


def sentences(state: State, clashes: Iterable[Clash], others: int = 0) -> list[str]:
    """Return the contradictions as sentences with their reasons, sorted, each said once."""
    # A reason in a sentence may be any; many are told at once.
    search = Search(state, patience=2_000)
    told = sorted({f"{sentence(state, clash)}{_because(search, clash)}." for clash in clashes})
    return [*told, f"And {others:,} more."] if others > 0 else told


def of_literals(state: State, literals: Iterable[int]) -> list[str]:
    """Return for each literal that it is none of its datatype."""
    found = []
    for number in literals:
        term = state.dictionary.term(number)
        assert isinstance(term, pyoxigraph.Literal)
        datatype = state.dictionary.number(term.datatype)
        found.append(f"“{term.value}” is no {short(state, datatype)}.")
    return sorted(set(found))


def _because(search: Search, clash: Clash) -> str:
    """Return the statements from which the facts follow that clash; nothing if all are stated."""
    state = search.state
    if not any(state.facts.is_derived(premise) for premise in clash.premises):
        return ""
    grounds = {leaf for premise in clash.premises for leaf in search.grounds(premise)}
    # What the sentence says already is not said again.
    grounds.difference_update(clash.premises)
    told = sorted(stated(state, leaf) for leaf in grounds if not search.is_axiom(leaf))
    return f", because {_listed(told)}" if told else ""


def stated(state: State, fact: Fact) -> str:
    """Return a fact in words, with short names."""
    subject, predicate, value = (short(state, number) for number in triple(fact))
    if fact[0] < 0:
        return f"{subject} is a {value}"
    return f"{subject} has {value} as {predicate}"


def short(state: State, number: int) -> str:
    """Return a prefixed name where there is one, the text of a literal, or the IRI."""
    if number >= LITERALS:
        return str(state.dictionary.rdflib(number))
    return names.short(state.dictionary.rdflib(number), state.prefixes)


def _listed(parts: list[str]) -> str:
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"
