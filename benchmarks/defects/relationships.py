"""Defects of relationships and of the roles that parties play in them."""

from benchmarks.defects.cell import Cell, Defect, MissingFactError, replacement
from benchmarks.manifest import Finding
from benchmarks.ntriples import Node, code, plain


def _internal_across_a_border(cell: Cell) -> list[Finding]:
    if cell.relationship.is_internal:
        raise MissingFactError("a relationship with another organization")
    cell.replace("", "hasScope", code("Internal"))
    return [cell.finding("internal-relationship-stays-inside-one-organization")]


def _first_day_in_words(cell: Cell) -> list[Finding]:
    if cell.node("", "hasStatus").values("validUntil"):
        raise MissingFactError("a relationship with an open end")
    cell.replace("", "validFrom", plain("in spring"))
    return [cell.finding("first-day-is-a-date", "", plain("in spring"))]


def _first_day_left_out(cell: Cell) -> list[Finding]:
    if cell.value("", "hasStatus") != code("Active"):
        raise MissingFactError("an active relationship")
    cell.remove("", "validFrom")
    return [cell.finding("active-relationship-states-its-first-day")]


def _stranger_as_user(cell: Cell) -> list[Finding]:
    stranger = cell.relationship.bundle.part("association")
    cell.add(Node(cell.iri(), hasUser=stranger))
    return [cell.finding("consumer-roles-are-on-the-consumers-side", "", stranger)]


def _manager_of_the_consumer(cell: Cell) -> list[Finding]:
    """Someone of the consumer's looks after the consumer."""
    customer = cell.relationship.consumer_side.others[0]
    cell.replace("", "hasRelationshipManager", customer)
    return [cell.finding("manager-is-on-the-providers-side", "", customer)]


DEFECTS: tuple[Defect, ...] = (
    replacement("", "hasStatus", code("External"), "relationship-status-is-on-the-list"),
    _internal_across_a_border,
    _first_day_in_words,
    _first_day_left_out,
    _stranger_as_user,
    _manager_of_the_consumer,
)
