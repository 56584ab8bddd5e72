"""Defects of agreements, access rights and service levels."""

from benchmarks.defects.cell import Cell, Defect, removal, replacement
from benchmarks.manifest import Finding
from benchmarks.ntriples import Node, day, decimal, integer, plain


def _one_party(cell: Cell) -> list[Finding]:
    """The consumer is not a party to the contract."""
    cell.replace("contract", "hasAgreementParty", cell.value("contract", "hasAgreementParty"))
    return [
        cell.finding("agreement-has-two-parties", "contract"),
        cell.finding("agreement-binds-the-consumer", "contract", cell.iri()),
    ]


def _ends_before_it_begins(cell: Cell) -> list[Finding]:
    first = cell.value("contract", "validFrom")
    cell.replace("contract", "validUntil", day(cell.relationship.start - 10))
    return [cell.finding("agreement-does-not-end-before-it-begins", "contract", first)]


def _renews_twice(cell: Cell) -> list[Finding]:
    """It is also said in words; the truth value stays, for without it the contract has run out."""
    cell.add(Node(cell.node("contract").iri, renewsAutomatically=plain("yes")))
    rule = "renewal-is-true-or-false"
    return [cell.finding(rule, "contract"), cell.finding(rule, "contract", plain("yes"))]


def _operational_level_outside(cell: Cell) -> list[Finding]:
    """A service level agreement with another organization is called an operational one."""
    agreement = cell.node("service-level-agreement")
    agreement.kinds = ("OperationalLevelAgreement",)
    rule = "operational-level-agreement-stays-inside-one-organization"
    return [cell.finding(rule, "service-level-agreement", cell.iri())]


def _replaces_a_later_one(cell: Cell) -> list[Finding]:
    cell.replace("earlier-contract", "validFrom", day(cell.relationship.start))
    cell.replace("earlier-contract", "validUntil", day(cell.relationship.start + 1))
    earlier = cell.iri("earlier-contract")
    return [cell.finding("replaced-agreement-is-older", "contract", earlier)]


def _held_by_nobody(cell: Cell) -> list[Finding]:
    cell.remove("access-right", "heldBy")
    return [cell.finding("access-right-has-one-holder", "access-right")]


DEFECTS: tuple[Defect, ...] = (
    _one_party,
    removal("contract", "validFrom", "agreement-states-its-first-day"),
    _ends_before_it_begins,
    replacement("contract", "annualValue", decimal("-1"), "annual-value-is-not-below-zero"),
    replacement("contract", "noticePeriodDays", integer(-5), "notice-period-is-a-number-of-days"),
    replacement("contract", "currency", plain("euro"), "currency-is-a-three-letter-code"),
    removal("contract", "currency", "annual-value-has-a-currency"),
    _renews_twice,
    removal("payment-term", "termText", "term-is-worded"),
    _operational_level_outside,
    _replaces_a_later_one,
    removal("availability", "targetValue", "target-has-a-value"),
    removal("availability", "higherIsBetter", "target-says-which-way-is-better"),
    removal("availability", "measureName", "target-names-its-measure"),
    removal("measurement-1", "measuredValue", "measurement-has-a-value"),
    removal("measurement-2", "measuresTarget", "measurement-measures-one-target"),
    replacement("measurement-1", "measuredValue", decimal("98"), "measurement-meets-its-target"),
    _held_by_nobody,
    removal("access-right", "permitsUseOf", "access-right-covers-a-resource"),
    removal("access-right", "grantedIn", "access-right-is-granted-in-one-relationship"),
    removal("access-right", "underTerm", "access-right-comes-under-a-term"),
)
