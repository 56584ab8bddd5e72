"""Defects of resources, products and offerings, and of what is delivered."""

from benchmarks.defects.cell import Cell, Defect, removal, replacement
from benchmarks.manifest import Finding
from benchmarks.ntriples import Node, code, english


def _consumer_owns_what_it_accesses(cell: Cell) -> list[Finding]:
    cell.replace("access", "ownedBy", cell.relationship.consumer_side.party)
    access = cell.iri("access")
    return [
        cell.finding("accessed-resource-is-not-the-consumers", "", access),
        cell.finding("access-right-is-not-the-owners", "access-right", access),
    ]


def _provider_keeps_the_goods(cell: Cell) -> list[Finding]:
    cell.replace("device", "ownedBy", cell.relationship.bundle.provider.iri)
    return [cell.finding("delivered-goods-become-the-consumers", "", cell.iri("device"))]


def _nobody_owns_the_goods(cell: Cell) -> list[Finding]:
    cell.remove("device", "ownedBy")
    return [cell.finding("delivered-goods-have-an-owner", "", cell.iri("device"))]


def _goods_merely_accessed(cell: Cell) -> list[Finding]:
    """What was handed over is also said to be merely accessed."""
    device = cell.node("device").iri
    cell.add(Node(cell.iri(), deliversAccessTo=device))
    return [
        cell.finding("resource-is-handed-over-or-accessed-not-both", "", device),
        cell.finding("accessed-resource-is-not-the-consumers", "", device),
    ]


def _drawn_from_itself(cell: Cell) -> list[Finding]:
    equipment = cell.node("equipment").iri
    cell.add(Node(equipment, isDrawnFrom=equipment))
    return [cell.finding("resource-is-not-drawn-from-itself", "equipment")]


def _product_of_nobody(cell: Cell) -> list[Finding]:
    """A prototype that nobody claims and no service needs yet."""
    product = cell.iri("prototype")
    parts = ("platform", "staff", "partners", "process")
    cell.add(
        Node(
            product,
            "Product",
            label=english(f"Prototype of relationship {cell.relationship.number}"),
            configures=[cell.relationship.bundle.part(part) for part in parts],
        )
    )
    return [
        cell.finding("product-belongs-to-one-party", "prototype"),
        cell.finding("product-enables-a-service", "prototype"),
    ]


def _channel_of_nobody(cell: Cell) -> list[Finding]:
    number = cell.relationship.number
    cell.add(Node(cell.iri("counter"), "SalesChannel", label=english(f"Counter {number}")))
    return [
        cell.finding("sales-channel-has-an-operator", "counter"),
        cell.finding("sales-channel-offers-something", "counter"),
    ]


def _access_to_nothing(cell: Cell) -> list[Finding]:
    cell.add(Node(cell.relationship.offering, hasElement=cell.iri("element")))
    cell.add(Node(cell.iri("element"), "AccessElement", label=english("Use of something")))
    return [cell.finding("access-element-names-its-resource", "element")]


def _two_kinds_of_element(cell: Cell) -> list[Finding]:
    element = cell.iri("element")
    cell.add(Node(cell.relationship.offering, hasElement=element))
    cell.add(
        Node(
            element,
            "AccessElement",
            "ServiceActionElement",
            label=english("Use of the platform, or help with it"),
            promisesResource=cell.relationship.bundle.part("platform"),
        )
    )
    return [cell.finding("offering-element-is-of-one-kind", "element", element)]


def _tool_for_neither(cell: Cell) -> list[Finding]:
    """A tool of the practice has a focus that is none."""
    provider = cell.relationship.bundle.provider
    cell.add(Node(provider.part("practice"), usesTool=cell.iri("tool")))
    cell.add(
        Node(
            cell.iri("tool"),
            "SupportingTool",
            label=english(f"Tool for relationship {cell.relationship.number}"),
            inDimension=code("InformationAndTechnology"),
            ownedBy=provider.iri,
            hasFocus=code("External"),
            supportsActivity=provider.part("practice/review"),
        )
    )
    return [cell.finding("tool-focus-is-on-value-or-process", "tool", code("External"))]


DEFECTS: tuple[Defect, ...] = (
    _consumer_owns_what_it_accesses,
    replacement("access", "inDimension", code("External"), "dimension-is-one-of-the-four"),
    removal("access", "inDimension", "resource-is-in-a-dimension"),
    removal("access", "label", "offering-or-resource-has-name"),
    _provider_keeps_the_goods,
    _nobody_owns_the_goods,
    _goods_merely_accessed,
    _drawn_from_itself,
    removal("account", "isAccountOf", "account-belongs-to-a-party"),
    _product_of_nobody,
    _channel_of_nobody,
    _access_to_nothing,
    _two_kinds_of_element,
    _tool_for_neither,
)
