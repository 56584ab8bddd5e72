"""Parties: organizations with their units and people, persons, households."""

from collections.abc import Iterator

from benchmarks.concepts.plan import Individual, Organization
from benchmarks.ntriples import Node, english, plain

_LETTERS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"


def legal_entity_identifier(number: int) -> str:
    """A made-up legal entity identifier with a right checksum (ISO 17442, ISO 7064 MOD 97-10)."""
    body = f"9999{number:014d}"
    digits = "".join(str(_LETTERS.index(letter)) for letter in body)
    return f"{body}{98 - int(digits + '00') % 97:02d}"


def organization(it: Organization, provides: bool) -> Iterator[Node]:
    """An organization that consumes, and provides if so wanted."""
    number = it.number
    kinds = ("Organization", "Vendor", "DigitalEnabler") if it.tier == 0 else ("Organization",)
    yield Node(
        it.iri,
        *kinds,
        label=english(f"Organization {number}"),
        legalEntityIdentifier=plain(legal_entity_identifier(number)) if number % 2 else "",
        hasCatalogue=it.part("catalogue") if provides else "",
        hasPractice=it.part("practice") if provides else "",
    )
    yield from _business(it)
    if provides:
        yield from _operations(it)


def _business(it: Organization) -> Iterator[Node]:
    """The unit that consumes, with the people who are customer, user and sponsor."""
    unit = it.part("business")
    yield Node(
        unit,
        "OrganizationalUnit",
        label=english(f"Business unit of organization {it.number}"),
        isUnitOf=it.iri,
    )
    for role, kind in (("customer", "Customer"), ("user", "User"), ("sponsor", "Sponsor")):
        yield Node(
            it.part(role),
            *(("Person", kind) if it.number % 3 == 0 else ("Person",)),
            label=english(f"{kind} at organization {it.number}"),
            isMemberOf=unit,
        )


def _operations(it: Organization) -> Iterator[Node]:
    """The unit that provides, with a desk inside it and the people who do the work."""
    unit = it.part("operations")
    yield Node(
        unit,
        "OrganizationalUnit",
        label=english(f"Operations of organization {it.number}"),
        isUnitOf=it.iri,
    )
    yield Node(
        it.part("service-desk"),
        "OrganizationalUnit",
        label=english(f"Service desk of organization {it.number}"),
        isWithin=unit,
    )
    yield Node(
        it.part("technician"),
        "Person",
        label=english(f"Technician at organization {it.number}"),
        isMemberOf=it.part("service-desk"),
    )
    yield Node(
        it.part("account-manager"),
        *(("Person", "RelationshipManager") if it.number % 3 == 0 else ("Person",)),
        label=english(f"Account manager at organization {it.number}"),
        isMemberOf=unit,
    )


def individual(it: Individual) -> Iterator[Node]:
    """A person, or a household: a party that is neither a person nor an organization."""
    if it.is_person:
        kinds = ("Person", "ServiceConsumer") if it.number % 4 == 1 else ("Person",)
        yield Node(it.iri, *kinds, label=english(f"Person {it.number}"))
    else:
        yield Node(it.iri, "Party", label=english(f"Household {it.number}"))


def bystander(number: int, employer: str) -> Iterator[Node]:
    """One more person who works somewhere."""
    yield Node(
        Individual(number).iri.replace("household", "person"),
        "Person",
        label=english(f"Person {number}"),
        isMemberOf=employer,
    )
