"""What provider and consumer do, apart and together.

The families are complete over a few relationships in a row: each takes some kinds of activity,
in turn, as real records do.
"""

from collections.abc import Callable, Iterator

from benchmarks.concepts.plan import Form, Relationship
from benchmarks.ntriples import Node, english, moment, plain


def activities(it: Relationship) -> Iterator[Node]:
    """Provision, consumption and joint management, as fits what is delivered."""
    included: dict[str, list[str]] = {"includesProvision": [], "includesConsumption": []}
    for family, makers in (
        ("includesProvision", _provision(it)),
        ("includesConsumption", _consumption(it)),
    ):
        for maker in makers:
            node = maker(it)
            yield node
            included[family].append(node.iri)
    joint: list[str] = []
    for make in _management(it):
        for node in make(it):
            yield node
            if node.kinds and node.kinds[0] in _JOINT:
                joint.append(node.iri)
    if it.number % 9 == 4:
        # The other direction and the general property say the same.
        joint_node = joint.pop()
        yield Node(joint_node, isActivityOf=it.iri)
        included["includesActivity"] = [included["includesProvision"].pop()]
    yield Node(it.iri, includesManagement=joint, **included)


_Maker = Callable[[Relationship], Node]
_JointMaker = Callable[[Relationship], Iterator[Node]]
_JOINT = {
    "Notification",
    "BillingAndPayment",
    "FeedbackExchange",
    "RequirementsUpdate",
    "OpportunityDevelopment",
    "ServiceReview",
    "AgreementNegotiation",
    "Coordination",
}


def _provision(it: Relationship) -> list[_Maker]:
    makers: list[_Maker] = [(_run, _configure, _improve, _keep_level)[it.number % 4]]
    if it.has_service_levels and it.number % 4 != 3:
        makers.append(_keep_level)
    if it.form in (Form.ACCESS, Form.INTERNAL, Form.GOODS):
        makers.append(_grant)
        if it.number % 3 == 0:
            makers.append(_assure)
    if it.form is Form.ACTION:
        makers += [_grant, _fulfil]
    if it.form is Form.SUBSCRIPTION:
        makers += [_set_up_account, _assign_features, _fulfil]
    if it.form in (Form.GOODS, Form.SUBSCRIPTION):
        makers.append(_supply)
    return makers


def _consumption(it: Relationship) -> list[_Maker]:
    makers: list[_Maker] = [_use]
    if it.feeds:
        makers.append(_integrate)
    elif it.number % 3 == 0:
        makers.append(_manage_own)
    if it.form in (Form.ACTION, Form.SUBSCRIPTION):
        makers.append(_request)
    if it.form in (Form.GOODS, Form.SUBSCRIPTION):
        makers.append(_receive)
    return makers


def _management(it: Relationship) -> list[_JointMaker]:
    makers: list[_JointMaker] = [_bill] if not it.is_internal else [_coordinate]
    makers.append((_notify, _book_visits, _negotiate, _feedback, _update, _review)[it.number % 6])
    if it.gives_rise_to:
        makers.append(_develop)
    return makers


# ── Provision ────────────────────────────────────────────────────────────────────────────────────


def _run(it: Relationship) -> Node:
    return Node(
        it.part("run"),
        "ProviderResourceManagement",
        label=english("Run the platform"),
        performedBy=it.provider_side.performer,
        affectsResource=it.bundle.part("platform"),
        recurrence=plain("all the time"),
    )


def _configure(it: Relationship) -> Node:
    return Node(
        it.part("configure"),
        "ServiceConfiguration",
        label=english("Configure the platform"),
        performedBy=it.provider_side.performer,
        affectsResource=it.bundle.part("platform"),
        startedAt=moment(it.start, "08:00"),
        endedAt=moment(it.start, "08:30"),
    )


def _improve(it: Relationship) -> Node:
    return Node(
        it.part("improve"),
        "ContinualImprovement",
        label=english("Improve the process"),
        performedBy=it.provider_side.performer,
        affectsResource=it.bundle.part("process"),
        recurrence=plain("yearly"),
    )


def _keep_level(it: Relationship) -> Node:
    return Node(
        it.part("keep-level"),
        "ServiceLevelManagement",
        label=english("Watch the service level"),
        performedBy=it.provider_side.performer,
        recurrence=plain("monthly"),
    )


def _grant(it: Relationship) -> Node:
    return Node(
        it.part("grant"),
        "AccessProvisioning",
        label=english("Open the platform"),
        performedBy=it.provider_side.performer,
        grantsAccessTo=it.part("access"),
        producesOutput=it.part("output"),
        startedAt=moment(it.start, "09:00"),
        endedAt=moment(it.start, "09:30"),
    )


def _assure(it: Relationship) -> Node:
    return Node(
        it.part("assure"),
        "AccessAssurance",
        label=english("Keep the platform open"),
        performedBy=it.provider_side.performer,
        grantsAccessTo=it.part("access"),
        recurrence=plain("all the time"),
    )


def _fulfil(it: Relationship) -> Node:
    target = it.part("account" if it.form is Form.SUBSCRIPTION else "equipment")
    by_request = it.number % 2 == 0
    return Node(
        it.part("fulfil"),
        "ServiceActionFulfilment",
        label=english("Make the change"),
        performedBy=it.provider_side.performer,
        performedOnBehalfOf=it.provider_side.party,
        fulfilsRequest="" if by_request else it.part("request"),
        fulfilsElement=it.offering.replace(">", "/action>"),
        modifies=target,
        producesOutput=it.part("output"),
        startedAt=moment(it.start + 40, "11:00"),
        endedAt=moment(it.start + 40, "12:00"),
    )


def _set_up_account(it: Relationship) -> Node:
    return Node(
        it.part("set-up"),
        "AccountProvisioning",
        label=english("Set up the account"),
        performedBy=it.provider_side.performer,
        creates=it.part("account"),
        grantsAccessTo=it.part("access"),
        startedAt=moment(it.start, "09:00"),
        endedAt=moment(it.start, "09:30"),
    )


def _assign_features(it: Relationship) -> Node:
    return Node(
        it.part("assign"),
        "FeatureAssignment",
        label=english("Assign monitoring"),
        performedBy=it.provider_side.performer,
        assignsFeature=it.bundle.part("monitoring"),
        modifies=it.part("account"),
        startedAt=moment(it.start, "09:30"),
        endedAt=moment(it.start, "09:40"),
    )


def _supply(it: Relationship) -> Node:
    return Node(
        it.part("supply"),
        "GoodsSupply",
        label=english("Hand over the device"),
        performedBy=it.provider_side.performer,
        transfersGoods=it.part("device"),
        startedAt=moment(it.start, "10:00"),
        endedAt=moment(it.start, "10:10"),
    )


# ── Consumption ──────────────────────────────────────────────────────────────────────────────────


def _use(it: Relationship) -> Node:
    return Node(
        it.part("use"),
        "ServiceUse",
        label=english("Work with the platform"),
        performedBy=it.consumer_side.performer,
        uses=it.part("access"),
        recurrence=plain("daily"),
    )


def _integrate(it: Relationship) -> Node:
    return Node(
        it.part("integrate"),
        "ComponentIntegration",
        label=english("Build the platform into the own product"),
        performedBy=it.consumer_side.performer,
        affectsResource=it.part("access"),
        startedAt=moment(it.start + 10, "09:00"),
        endedAt=moment(it.start + 12, "17:00"),
    )


def _manage_own(it: Relationship) -> Node:
    return Node(
        it.part("prepare"),
        "ConsumerResourceManagement",
        label=english("Get the workplace ready"),
        performedBy=it.consumer_side.performer,
        startedAt=moment(it.start, "07:00"),
        endedAt=moment(it.start, "08:00"),
    )


def _request(it: Relationship) -> Node:
    return Node(
        it.part("request"),
        "ServiceActionRequest",
        label=english("Ask for a change"),
        performedBy=it.consumer_side.performer,
        requestFulfilledBy=it.part("fulfil") if it.number % 2 == 0 else "",
        startedAt=moment(it.start + 40, "10:00"),
    )


def _receive(it: Relationship) -> Node:
    return Node(
        it.part("receive"),
        "GoodsReceipt",
        label=english("Take the device"),
        performedBy=it.consumer_side.performer,
        receivesGoods=it.part("device"),
        startedAt=moment(it.start, "10:10"),
        endedAt=moment(it.start, "10:20"),
    )


# ── Joint management ─────────────────────────────────────────────────────────────────────────────


def _both(it: Relationship) -> list[str]:
    return [it.provider_side.others[0], it.consumer_side.others[0]]


def _bill(it: Relationship) -> Iterator[Node]:
    parts = [it.part("invoice"), it.part("payment")]
    forward = it.number % 2 == 0
    back = "" if forward else it.part("billing")
    yield Node(
        it.part("billing"),
        "BillingAndPayment",
        label=english("Settle the bill"),
        hasContribution=parts if forward else [],
        recurrence=plain("monthly"),
    )
    yield Node(
        parts[0],
        "Invoicing",
        label=english("Send the bill"),
        performedBy=it.provider_side.performer,
        isContributionTo=back,
        recurrence=plain("monthly"),
    )
    yield Node(
        parts[1],
        "Payment",
        label=english("Pay the bill"),
        performedBy=it.consumer_side.others[2],
        isContributionTo=back,
        recurrence=plain("monthly"),
    )


def _coordinate(it: Relationship) -> Iterator[Node]:
    yield Node(
        it.part("coordinate"),
        "Coordination",
        label=english("Plan the week"),
        performedBy=_both(it),
        recurrence=plain("weekly"),
    )


def _book_visits(it: Relationship) -> Iterator[Node]:
    yield Node(
        it.part("book-visits"),
        "Coordination",
        label=english("Book visits"),
        performedBy=_both(it),
        startedAt=moment(it.start + 20, "09:00"),
    )


def _notify(it: Relationship) -> Iterator[Node]:
    yield Node(
        it.part("notify"),
        "Notification",
        label=english("Announce a planned outage"),
        performedBy=_both(it),
        startedAt=moment(it.start + 30, "09:00"),
    )


def _negotiate(it: Relationship) -> Iterator[Node]:
    yield Node(
        it.part("negotiate"),
        "AgreementNegotiation",
        label=english("Agree on the terms"),
        performedBy=_both(it),
        startedAt=moment(it.start, "06:00"),
        endedAt=moment(it.start, "07:00"),
    )


def _feedback(it: Relationship) -> Iterator[Node]:
    yield Node(
        it.part("feedback"),
        "FeedbackExchange",
        label=english("Talk about how the service is used"),
        performedBy=_both(it),
        revealsUnderuseOf=it.bundle.part("export"),
        startedAt=moment(it.start + 60, "09:00"),
    )


def _update(it: Relationship) -> Iterator[Node]:
    yield Node(
        it.part("update"),
        "RequirementsUpdate",
        label=english("Change what is needed"),
        performedBy=_both(it),
        changesNeed=it.part("need"),
        startedAt=moment(it.start + 50, "09:00"),
    )


def _review(it: Relationship) -> Iterator[Node]:
    yield Node(
        it.part("review"),
        "ServiceReview",
        label=english("Review the relationship"),
        performedBy=_both(it),
        recurrence=plain("yearly"),
    )
    yield Node(it.bundle.provider.part("practice/review"), guidesActivity=it.part("review"))


def _develop(it: Relationship) -> Iterator[Node]:
    yield Node(
        it.part("develop"),
        "OpportunityDevelopment",
        label=english("Recommend another service"),
        performedBy=_both(it),
        recommendsOffering=it.recommends,
        gaveRiseTo=it.gives_rise_to,
        startedAt=moment(it.start + 5, "09:00"),
    )


_IN_TURN = (_notify, _book_visits, _negotiate, _feedback, _update, _review)
