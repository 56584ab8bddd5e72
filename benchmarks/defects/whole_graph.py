"""Defects that only a look at the whole graph can show: misspelt terms, and loose ends.

Each defect is planted many times, and a rule finds a misspelt term once: so no two are alike.
"""

from benchmarks.defects.cell import Cell, Defect
from benchmarks.manifest import Finding
from benchmarks.ntriples import CODES, MODEL, Node, code, english, plain

_WHOLE = "https://w3id.org/srm"


def _misspelt_property(cell: Cell) -> list[Finding]:
    name = f"hasProvider{cell.relationship.number}"
    cell.add(Node(cell.iri(), **{name: cell.relationship.bundle.provider.iri}))
    return [Finding("only-declared-properties-are-used", _WHOLE, MODEL + name)]


def _misspelt_class(cell: Cell) -> list[Finding]:
    name = f"ServiceUse{cell.relationship.number}"
    cell.add(Node(cell.iri("misspelt"), name, label=english("Work with the platform")))
    return [Finding("only-declared-classes-are-used", _WHOLE, MODEL + name)]


def _misspelt_code(cell: Cell) -> list[Finding]:
    """A practice may extend whatever management practice the code list holds, and only that."""
    name = f"ChangeManagement{cell.relationship.number}"
    practice = cell.relationship.bundle.provider.part("practice")
    cell.add(Node(practice, extendsPractice=code(name)))
    return [
        Finding("only-declared-codes-are-used", _WHOLE, CODES + name),
        Finding("everything-mentioned-is-described", _WHOLE, CODES + name),
        Finding("practice-extends-a-management-practice", practice.strip("<>"), CODES + name),
    ]


def _of_no_kind(cell: Cell) -> list[Finding]:
    cell.add(Node(cell.iri("someone"), belongsToGroup=cell.relationship.bundle.part("group")))
    return [Finding("everything-described-has-a-kind", _WHOLE, cell.iri("someone").strip("<>"))]


def _leads_nowhere(cell: Cell) -> list[Finding]:
    nobody = cell.iri("nobody")
    cell.add(Node(cell.iri(), hasStakeholder=nobody))
    return [
        Finding("everything-mentioned-is-described", _WHOLE, nobody.strip("<>")),
        cell.finding("role-is-played-by-a-party", "", nobody),
    ]


def _name_in_place_of_a_thing(cell: Cell) -> list[Finding]:
    name = f"the team of relationship {cell.relationship.number}"
    cell.add(Node(cell.node("access").iri, managedBy=plain(name)))
    return [Finding("relation-leads-to-a-thing", _WHOLE, name)]


def _thing_in_place_of_a_number(cell: Cell) -> list[Finding]:
    """A further value, so that the rules on the number itself have their say, too."""
    thing = cell.iri("amount")
    cell.add(Node(cell.node("contract").iri, annualValue=thing))
    return [
        Finding("value-is-a-literal", _WHOLE, thing.strip("<>")),
        cell.finding("annual-value-is-not-below-zero", "contract"),
        cell.finding("annual-value-is-not-below-zero", "contract", thing),
        cell.finding("annual-value-is-not-below-zero", "contract", thing),
    ]


DEFECTS: tuple[Defect, ...] = (
    _misspelt_property,
    _misspelt_class,
    _misspelt_code,
    _of_no_kind,
    _leads_nowhere,
    _name_in_place_of_a_thing,
    _thing_in_place_of_a_number,
)
