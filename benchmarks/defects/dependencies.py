"""Defects of what is said of how critical and replaceable a relationship is."""

from benchmarks.defects.cell import Cell, Defect, removal, replacement
from benchmarks.manifest import Finding
from benchmarks.ntriples import Node, code, plain


def _exit_plan_in_words(cell: Cell) -> list[Finding]:
    cell.replace("", "hasExitPlan", plain("yes"))
    return [
        cell.finding("exit-plan-is-there-or-not", "", plain("yes")),
        cell.finding("critical-relationship-has-an-exit-plan"),
    ]


def _irreplaceable(cell: Cell) -> list[Finding]:
    """Nobody could take the place of the provider, nothing that of what it delivers."""
    cell.node("", "hasExitPlan")
    cell.remove("access", "isAlternativeTo")
    cell.replace("", "hasSubstitutability", code("NotSubstitutable"))
    access = cell.iri("access")
    return [cell.finding("irreplaceable-component-has-an-alternative", "", access)]


def _its_own_alternative(cell: Cell) -> list[Finding]:
    access = cell.node("access").iri
    cell.add(Node(access, isAlternativeTo=access))
    return [cell.finding("nothing-is-its-own-alternative", "access")]


DEFECTS: tuple[Defect, ...] = (
    replacement("", "hasCriticality", code("External"), "criticality-is-on-the-list"),
    replacement("", "hasSubstitutability", code("External"), "substitutability-is-on-the-list"),
    removal("", "hasExitPlan", "critical-relationship-has-an-exit-plan"),
    _exit_plan_in_words,
    _irreplaceable,
    _its_own_alternative,
)
