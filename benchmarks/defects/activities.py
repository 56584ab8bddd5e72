"""Defects of activities: done by the wrong side, at the wrong time, or to nothing."""

from benchmarks.defects.cell import Cell, Defect, MissingFactError, removal, replacement
from benchmarks.manifest import Finding
from benchmarks.ntriples import day, moment, plain

_JOINT = ("notify", "book-visits", "negotiate", "feedback", "update", "review")


def _used_by_the_provider(cell: Cell) -> list[Finding]:
    performer = cell.relationship.provider_side.performer
    cell.replace("use", "performedBy", performer)
    return [
        cell.finding("consumption-is-performed-on-the-consumers-side", "use", performer),
        cell.finding("who-uses-the-service-is-a-user", "use", performer),
    ]


def _opened_by_the_consumer(cell: Cell) -> list[Finding]:
    performer = cell.relationship.consumer_side.performer
    cell.replace("grant", "performedBy", performer)
    return [cell.finding("provision-is-performed-on-the-providers-side", "grant", performer)]


def _provider_talks_to_itself(cell: Cell) -> list[Finding]:
    """Of those who do something jointly, only the provider's people are named."""
    for part in _JOINT:
        try:
            cell.replace(part, "performedBy", cell.relationship.provider_side.others[0])
        except (MissingFactError, KeyError):
            continue
        return [cell.finding("management-involves-the-consumer", part)]
    raise MissingFactError("a joint activity")


def _paid_by_nobody(cell: Cell) -> list[Finding]:
    """Then the consumer has no share in settling the bill, either."""
    cell.remove("payment", "performedBy")
    return [
        cell.finding("activity-is-performed-by-someone", "payment"),
        cell.finding("management-involves-the-consumer", "billing"),
    ]


def _ends_before_it_starts(cell: Cell) -> list[Finding]:
    start = cell.value("fulfil", "startedAt")
    cell.replace("fulfil", "endedAt", moment(cell.relationship.start + 30, "11:00"))
    return [cell.finding("activity-does-not-end-before-it-starts", "fulfil", start)]


def _asked_on_a_day(cell: Cell) -> list[Finding]:
    """The day is told, not the time."""
    asked = day(cell.relationship.start + 40)
    cell.replace("request", "startedAt", asked)
    return [cell.finding("activity-starts-at-an-instant", "request", asked)]


def _done_before_it_was_asked_for(cell: Cell) -> list[Finding]:
    cell.replace("fulfil", "startedAt", moment(cell.relationship.start + 39, "11:00"))
    request = cell.iri("request")
    return [cell.finding("fulfilment-does-not-precede-its-request", "fulfil", request)]


def _used_before_the_first_day(cell: Cell) -> list[Finding]:
    cell.replace("prepare", "startedAt", moment(cell.relationship.start - 9, "07:00"))
    return [cell.finding("activity-falls-within-its-relationship", "prepare", cell.iri())]


def _received_what(cell: Cell) -> list[Finding]:
    cell.remove("receive", "receivesGoods")
    return [
        cell.finding("goods-receipt-names-its-goods", "receive"),
        cell.finding("supplied-goods-are-received", "supply", cell.iri("device")),
    ]


def _gives_rise_to_itself(cell: Cell) -> list[Finding]:
    """The relationship began before the talk that is said to have led to it."""
    cell.replace("develop", "gaveRiseTo", cell.iri())
    return [
        cell.finding("new-relationship-is-another-one", "develop", cell.iri()),
        cell.finding("new-relationship-begins-later", "develop", cell.iri()),
    ]


def _recommends_what_is_used(cell: Cell) -> list[Finding]:
    offering = cell.relationship.offering
    cell.replace("develop", "recommendsOffering", offering)
    return [cell.finding("recommended-offering-is-not-in-use-yet", "develop", offering)]


DEFECTS: tuple[Defect, ...] = (
    _used_by_the_provider,
    _opened_by_the_consumer,
    _provider_talks_to_itself,
    _paid_by_nobody,
    removal("request", "performedBy", "activity-is-performed-by-someone"),
    _ends_before_it_starts,
    _asked_on_a_day,
    _done_before_it_was_asked_for,
    _used_before_the_first_day,
    removal("request", "startedAt", "activity-says-when-or-how-often"),
    replacement("use", "recurrence", plain("7"), "recurrence-is-said-in-words"),
    removal("supply", "transfersGoods", "goods-supply-names-its-goods"),
    _received_what,
    removal("assign", "assignsFeature", "feature-assignment-names-its-features"),
    removal("assign", "modifies", "feature-assignment-changes-an-account"),
    removal("set-up", "creates", "account-provisioning-sets-up-an-account"),
    removal("integrate", "affectsResource", "component-integration-names-its-component"),
    removal("update", "changesNeed", "requirements-update-changes-a-need"),
    _gives_rise_to_itself,
    _recommends_what_is_used,
)
