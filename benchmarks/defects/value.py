"""Defects of needs, outcomes, budgets and assessments of value."""

from benchmarks.defects.cell import Cell, Defect, removal, replacement
from benchmarks.manifest import Finding
from benchmarks.ntriples import decimal, integer, plain


def _seen_by_nobody(cell: Cell) -> list[Finding]:
    cell.remove("view-of-consumer", "perceivedBy")
    return [
        cell.finding("assessment-is-one-partys-view", "view-of-consumer"),
        cell.finding("both-sides-assess-the-value"),
    ]


def _of_nothing(cell: Cell) -> list[Finding]:
    cell.remove("view-of-provider", "assesses")
    return [
        cell.finding("assessment-is-of-one-relationship", "view-of-provider"),
        cell.finding("both-sides-assess-the-value"),
    ]


def _budget_without_amount(cell: Cell) -> list[Finding]:
    cell.remove("budget", "amount")
    return [
        cell.finding("budget-states-its-amount", "budget"),
        cell.finding("currency-goes-with-an-amount", "budget"),
    ]


DEFECTS: tuple[Defect, ...] = (
    replacement("view-of-consumer", "valueLevel", integer(5), "assessment-is-on-the-scale"),
    _seen_by_nobody,
    _of_nothing,
    replacement(
        "view-of-consumer", "wouldRecommend", plain("maybe"), "recommendation-is-yes-or-no"
    ),
    removal("view-of-provider", "assessedOn", "assessment-has-a-date"),
    removal("budget", "authorizedBy", "budget-is-authorized"),
    replacement("budget", "amount", decimal("-5"), "amount-is-not-below-zero"),
    removal("budget", "currency", "amount-has-a-currency"),
    _budget_without_amount,
    removal("need", "isMetBy", "need-is-met-by-a-listed-offering"),
    removal("outcome", "answeredForBy", "outcome-is-answered-for"),
)
