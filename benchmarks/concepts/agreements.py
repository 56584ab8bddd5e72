"""What was agreed, on which terms, at which level, and how well it is kept."""

from collections.abc import Iterator

from benchmarks.concepts.plan import Relationship
from benchmarks.ntriples import (
    Node,
    Values,
    boolean,
    code,
    day,
    decimal,
    english,
    natural,
    plain,
)


def agreements(it: Relationship) -> Iterator[Node]:
    """A contract outside, an operational level agreement inside; service levels for some."""
    if it.is_internal:
        yield from _operational_level_agreement(it)
    else:
        yield from _contract(it)
        if it.has_service_levels:
            yield from _service_level_agreement(it)
    yield from _access_right(it)


def _governing(it: Relationship, agreement: str) -> tuple[dict[str, Values], list[Node]]:
    """Either direction of the link between agreement and relationship."""
    if it.number % 2:
        return {"governs": it.iri}, []
    return {}, [Node(it.iri, isGovernedBy=agreement)]


def _contract(it: Relationship) -> Iterator[Node]:
    contract = it.part("contract")
    forward, others = _governing(it, contract)
    terms = [it.part("payment-term"), it.part("access-term")]
    has_ended = it.number % 12 == 7
    replaces = it.number % 10 == 7
    yield Node(
        contract,
        "ServiceContract",
        label=english(f"Contract {it.number}"),
        hasAgreementParty=[it.provider_side.party, it.consumer_side.party],
        hasStatus=code("Ended" if has_ended else "Active"),
        validFrom=day(it.start),
        validUntil=day(it.start + (400 if has_ended else 1095)),
        renewsAutomatically=boolean(not has_ended),
        noticePeriodDays=natural(90),
        annualValue=decimal(f"{500 + it.number % 5000}.00"),
        currency=plain("EUR"),
        hasTerm=terms,
        replacesAgreement=it.part("earlier-contract") if replaces else "",
        **forward,
    )
    yield from others
    if replaces:
        yield _earlier_contract(it)
    yield Node(
        terms[0],
        "PaymentTerm",
        label=english("Payment"),
        termText=plain("Due within thirty days."),
    )
    yield _access_term(it)


def _earlier_contract(it: Relationship) -> Node:
    return Node(
        it.part("earlier-contract"),
        "ServiceContract",
        label=english(f"Contract before contract {it.number}"),
        hasAgreementParty=[it.provider_side.party, it.consumer_side.party],
        hasStatus=code("Ended"),
        validFrom=day(it.start - 200),
        validUntil=day(it.start - 1),
        renewsAutomatically=boolean(False),
        noticePeriodDays=natural(30),
        annualValue=decimal("400.00"),
        currency=plain("EUR"),
        hasTerm=it.part("payment-term"),
        governs=it.iri,
    )


def _access_term(it: Relationship) -> Node:
    return Node(
        it.part("access-term"),
        "AccessTerm",
        label=english("Use of the platform"),
        termText=plain("The platform may be used while the contract lasts."),
    )


def _service_level_agreement(it: Relationship) -> Iterator[Node]:
    agreement = it.part("service-level-agreement")
    yield Node(
        agreement,
        "ServiceLevelAgreement",
        label=english(f"Service level agreement {it.number}"),
        governs=it.iri,
        hasAgreementParty=[it.provider_side.party, it.consumer_side.party],
        validFrom=day(it.start),
        noticePeriodDays=natural(90),
        hasTerm=it.part("payment-term"),
        hasServiceLevelTarget=it.part("availability"),
    )
    yield from _target(it)


def _operational_level_agreement(it: Relationship) -> Iterator[Node]:
    agreement = it.part("operational-level-agreement")
    yield Node(
        agreement,
        "OperationalLevelAgreement",
        label=english(f"Operational level agreement {it.number}"),
        governs=it.iri,
        hasAgreementParty=[it.provider_side.party, it.consumer_side.party],
        validFrom=day(it.start),
        noticePeriodDays=natural(30),
        hasTerm=it.part("access-term"),
        hasServiceLevelTarget=it.part("availability"),
    )
    yield _access_term(it)
    yield from _target(it)


def _target(it: Relationship) -> Iterator[Node]:
    target = it.part("availability")
    yield Node(
        target,
        "ServiceLevelTarget",
        label=english("Availability of at least 99.5 percent"),
        measureName=plain("availability in a month"),
        targetValue=decimal("99.5"),
        higherIsBetter=boolean(True),
        unitCode=plain("%"),
    )
    for month in (1, 2):
        yield Node(
            it.part(f"measurement-{month}"),
            "ServiceLevelMeasurement",
            label=english(f"Availability in month {month}"),
            measuresTarget=target,
            measuredValue=decimal(f"99.{6 + it.number % 3}"),
            measuredOn=day(it.start + 30 * month),
        )


def _access_right(it: Relationship) -> Iterator[Node]:
    right = it.part("access-right")
    holder = it.consumer_side.party
    forward = it.number % 2 == 0
    yield Node(
        right,
        "AccessRight",
        label=english(f"Right to use the platform in relationship {it.number}"),
        heldBy=holder if forward else "",
        permitsUseOf=it.part("access"),
        underTerm=it.part("access-term"),
        grantedIn=it.iri,
    )
    if not forward:
        yield Node(holder, holdsRight=right)
