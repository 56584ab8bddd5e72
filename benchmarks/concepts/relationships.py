"""The relationship itself: roles, in plain or qualified form, and what is delivered in it."""

from collections.abc import Iterator

from benchmarks.concepts.plan import Form, Relationship, ServiceBundle
from benchmarks.ntriples import Node, Values, boolean, code, day, english

_ROLES = (
    ("hasProvider", "Provider", "hasProviderParticipation"),
    ("hasConsumer", "Consumer", "hasConsumerParticipation"),
    ("hasCustomer", "Customer", "hasCustomerParticipation"),
    ("hasUser", "User", "hasUserParticipation"),
    ("hasSponsor", "Sponsor", "hasSponsorParticipation"),
    ("hasRelationshipManager", "Manager", "hasManagerParticipation"),
)


def relationship(it: Relationship) -> Iterator[Node]:
    """The relationship with its roles; every fifth one states them in the qualified form."""
    internal = it.is_internal
    kinds = (
        ("ServiceRelationship", "InternalServiceRelationship")
        if internal
        else ("ServiceRelationship",)
    )
    critical = it.form is Form.ACCESS and it.number % 4 == 0
    has_ended = it.number % 12 == 7
    yield Node(
        it.iri,
        *kinds,
        label=english(f"Relationship {it.number}"),
        hasStatus=code("Ended" if has_ended else "Active"),
        hasScope=code("Internal" if internal else "External"),
        validFrom=day(it.start),
        validUntil=day(it.start + 400) if has_ended else "",
        hasCriticality=code("Critical" if critical else "Important" if internal else "Standard"),
        hasSubstitutability=code(_SUBSTITUTABILITY[it.number % 3]),
        hasExitPlan=boolean(True) if critical else "",
        isEnteredThrough=it.bundle.part("shop") if it.form is Form.SUBSCRIPTION else "",
        **_offering(it),
        **({} if it.number % 5 == 0 else _plain_roles(it)),
    )
    if it.number % 5 == 0:
        yield from _qualified_roles(it)
    if it.number % 6 == 1:
        yield Node(it.offering, isOfferingIn=it.iri)


_SUBSTITUTABILITY = ("HardToSubstitute", "SubstitutableWithEffort", "EasilySubstitutable")


def _offering(it: Relationship) -> dict[str, Values]:
    return {} if it.number % 6 == 1 else {"usesOffering": it.offering}


def _players(it: Relationship) -> tuple[str, ...]:
    return (
        it.provider_side.party,
        it.consumer_side.party,
        *it.consumer_side.others,
        *it.provider_side.others,
    )


def _plain_roles(it: Relationship) -> dict[str, Values]:
    return {name: party for (name, *_), party in zip(_ROLES, _players(it), strict=True)}


def _qualified_roles(it: Relationship) -> Iterator[Node]:
    facts: dict[str, Values] = {}
    for (_, role, name), party in zip(_ROLES, _players(it), strict=True):
        participation = it.part(role.lower())
        facts[name] = participation
        yield Node(
            participation,
            f"{role}Participation",
            hasParticipant=party,
            validFrom=day(it.start),
        )
    yield Node(it.iri, **facts)


def stakeholder(it: Relationship) -> Iterator[Node]:
    """Someone else whom the relationship affects."""
    yield Node(it.iri, hasStakeholder=it.bundle.part("association"))


def deliveries(it: Relationship) -> Iterator[Node]:
    """The resources that reach the consumer: drawn from the provider's, one for each consumer."""
    yield from _access(it)
    if it.form in (Form.GOODS, Form.SUBSCRIPTION):
        yield from _goods(it)
    if it.form is Form.ACTION:
        yield from _equipment(it)
    if it.form is Form.SUBSCRIPTION:
        yield from _account(it)


def _access(it: Relationship) -> Iterator[Node]:
    access = it.part("access")
    yield Node(it.iri, deliversAccessTo=access)
    kinds = ("Resource", "AccessedResource") if it.number % 8 == 2 else ("Resource",)
    yield Node(
        access,
        *kinds,
        label=english(f"Platform as used in relationship {it.number}"),
        isDrawnFrom=it.bundle.part("platform"),
        ownedBy=it.bundle.provider.iri,
        inDimension=code("InformationAndTechnology"),
    )
    if it.feeds:
        yield from _built_in(it, access, it.feeds)


def _built_in(it: Relationship, resource: str, line: ServiceBundle) -> Iterator[Node]:
    product = line.part("product")
    if it.number % 2:
        yield Node(resource, "ServiceComponent", "DigitalComponent", isConfiguredIn=product)
    else:
        yield Node(product, configures=resource)
    if it.number % 4 == 0:
        yield Node(resource, isAlternativeTo=line.part("platform"))


def _goods(it: Relationship) -> Iterator[Node]:
    device = it.part("device")
    yield Node(it.iri, deliversGoods=device)
    kinds = ("Resource", "Goods") if it.number % 8 == 1 else ("Resource",)
    yield Node(
        device,
        *kinds,
        label=english(f"Device handed over in relationship {it.number}"),
        isDrawnFrom=it.bundle.part("stock"),
        ownedBy=it.consumer_side.party,
        inDimension=code("InformationAndTechnology"),
    )


def _equipment(it: Relationship) -> Iterator[Node]:
    equipment = it.part("equipment")
    yield Node(it.iri, deliversModifiedResource=equipment)
    yield Node(
        equipment,
        "Resource",
        label=english(f"Equipment looked after in relationship {it.number}"),
        ownedBy=it.consumer_side.party,
        managedBy=it.provider_side.party,
        inDimension=code("InformationAndTechnology"),
    )


def _account(it: Relationship) -> Iterator[Node]:
    account = it.part("account")
    yield Node(it.iri, deliversNewResource=account)
    yield Node(
        account,
        "ServiceAccount",
        label=english(f"Account in relationship {it.number}"),
        isAccountOf=it.consumer_side.party,
        isDrawnFrom=it.bundle.part("platform"),
        ownedBy=it.bundle.provider.iri,
        hasFeature=[it.bundle.part("monitoring"), it.bundle.part("export")],
        inDimension=code("InformationAndTechnology"),
    )


def memberships(it: Relationship) -> Iterator[Node]:
    """What the relationship adds to what is known of others: groups, practices."""
    yield Node(it.consumer_side.party, belongsToGroup=it.bundle.part("group"))
    yield Node(it.bundle.provider.part("practice"), managesRelationship=it.iri)
    if it.feeds and it.feeds.provider is not it.bundle.provider:
        yield Node(it.feeds.provider.part("practice"), managesRelationship=it.iri)
