"""What a provider has, makes of it and offers: resources, product, service, offerings."""

from collections.abc import Iterator

from benchmarks.concepts.plan import ServiceBundle
from benchmarks.ntriples import Node, code, decimal, english, plain

_RESOURCES = (
    ("platform", "Platform", "InformationAndTechnology"),
    ("stock", "Stock of equipment", "InformationAndTechnology"),
    ("staff", "Trained staff", "OrganizationsAndPeople"),
    ("partners", "Agreements with partners", "PartnersAndSuppliers"),
    ("process", "Fulfilment process", "ValueStreamsAndProcesses"),
)
_FEATURES = (("monitoring", "Monitoring"), ("export", "Export of data"))


def line_of_business(it: ServiceBundle) -> Iterator[Node]:
    """A product with the service it enables and the offerings made of it."""
    yield from _resources(it)
    yield from _product_and_service(it)
    yield from _consumer_group(it)
    yield from _channel(it)
    yield from _association(it)
    yield from _offering(it, "offering", ("access", "action"))
    yield from _offering(it, "offering-with-goods", ("goods", "access", "action"))


def _name(it: ServiceBundle) -> str:
    return f"{it.provider.number}-{it.number}"


def _resources(it: ServiceBundle) -> Iterator[Node]:
    owner, keeper = it.provider.iri, it.provider.part("operations")
    for part, words, dimension in _RESOURCES:
        yield Node(
            it.part(part),
            "Resource",
            label=english(f"{words} {_name(it)}"),
            inDimension=code(dimension),
            ownedBy=owner,
            managedBy=keeper,
        )
    for part, words in _FEATURES:
        yield Node(
            it.part(part),
            "ServiceFeature",
            label=english(f"{words} {_name(it)}"),
            inDimension=code("InformationAndTechnology"),
            ownedBy=owner,
        )


def _product_and_service(it: ServiceBundle) -> Iterator[Node]:
    parts = [it.part(part) for part, *_ in (*_RESOURCES, *_FEATURES)]
    yield Node(
        it.part("product"),
        "Product",
        label=english(f"Product {_name(it)}"),
        isProductOf=it.provider.iri,
        configures=parts,
    )
    yield Node(
        it.part("service"),
        "Service",
        label=english(f"Service {_name(it)}"),
        isEnabledBy=it.part("product"),
    )


def _consumer_group(it: ServiceBundle) -> Iterator[Node]:
    yield Node(
        it.part("group"),
        "ConsumerGroup",
        label=english(f"Consumers of service {_name(it)}"),
        hasProfile=it.part("profile"),
    )
    yield Node(
        it.part("profile"),
        "CostAndRiskProfile",
        label=english(f"Profile of the consumers of service {_name(it)}"),
        acceptsCost=it.part("fee"),
        avoidsCost=it.part("investment"),
        acceptsRisk=it.part("planned-outage"),
        avoidsRisk=it.part("obsolescence"),
    )
    yield Node(
        it.part("fee"),
        "Cost",
        label=english(f"Fee for service {_name(it)}"),
        amount=decimal(f"{10 + it.provider.number % 90}.00"),
        currency=plain("EUR"),
    )
    yield Node(
        it.part("investment"),
        "Cost",
        label=english(f"Buying what service {_name(it)} rests on"),
        amount=decimal(f"{1000 + it.provider.number % 900}.00"),
        currency=plain("EUR"),
        isAvoidedByUsing=it.part("platform"),
    )
    yield Node(
        it.part("planned-outage"), "Risk", label=english(f"Planned outages of service {_name(it)}")
    )
    yield Node(
        it.part("obsolescence"), "Risk", label=english(f"Equipment for {_name(it)} grows old")
    )


def _channel(it: ServiceBundle) -> Iterator[Node]:
    yield Node(
        it.part("shop"),
        "SalesChannel",
        label=english(f"Shop for service {_name(it)}"),
        operatedBy=it.provider.part("operations"),
    )


def _association(it: ServiceBundle) -> Iterator[Node]:
    """Those who watch over the consumers' interests without consuming themselves."""
    yield Node(
        it.part("association"),
        *(("Organization", "Stakeholder") if it.provider.number % 3 == 0 else ("Organization",)),
        label=english(f"Association of the consumers of service {_name(it)}"),
    )


def _offering(it: ServiceBundle, offering: str, elements: tuple[str, ...]) -> Iterator[Node]:
    yield Node(
        it.part(offering),
        "ServiceOffering",
        label=english(f"{offering.capitalize().replace('-', ' ')} {_name(it)}"),
        describesService=it.part("service"),
        offeredBy=it.provider.iri,
        targetsGroup=it.part("group"),
        isOfferedThrough=it.part("shop"),
        hasElement=[it.part(f"{offering}/{element}") for element in elements],
        exposesResource=[it.part("platform"), it.part("monitoring")],
        hasUtility=it.part(f"{offering}/utility"),
        hasWarranty=it.part(f"{offering}/warranty"),
        imposesCost=it.part("fee"),
        removesCost=it.part("investment"),
        imposesRisk=it.part("planned-outage"),
        removesRisk=it.part("obsolescence"),
    )
    yield Node(
        it.part(f"{offering}/utility"),
        "UtilityStatement",
        label=english(f"The work gets done {_name(it)}"),
    )
    yield Node(
        it.part(f"{offering}/warranty"),
        "WarrantyStatement",
        label=english(f"Available in office hours {_name(it)}"),
    )
    for element in elements:
        yield _ELEMENTS[element](it, it.part(f"{offering}/{element}"))


def _goods_element(it: ServiceBundle, iri: str) -> Node:
    return Node(
        iri,
        "GoodsElement",
        label=english(f"A device for service {_name(it)}"),
        promisesResource=it.part("stock"),
    )


def _access_element(it: ServiceBundle, iri: str) -> Node:
    return Node(
        iri,
        "AccessElement",
        label=english(f"Use of the platform {_name(it)}"),
        promisesResource=it.part("platform"),
    )


def _action_element(it: ServiceBundle, iri: str) -> Node:
    return Node(
        iri,
        "ServiceActionElement",
        label=english(f"Changes to service {_name(it)} on request"),
        promisesResource=it.part("staff"),
    )


_ELEMENTS = {"goods": _goods_element, "access": _access_element, "action": _action_element}
