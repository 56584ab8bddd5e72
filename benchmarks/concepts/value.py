"""Outputs and outcomes, needs, budgets, and what the relationship is worth to whom."""

from collections.abc import Iterator

from benchmarks.concepts.plan import Relationship
from benchmarks.ntriples import Node, boolean, day, decimal, english, integer, plain


def value(it: Relationship) -> Iterator[Node]:
    """What the relationship is good for, and how the two sides see it."""
    yield from _outcome(it)
    yield from _need(it)
    if it.number % 3 == 0:
        yield from _budget(it)
    if it.number % 2 == 0:
        yield from _assessments(it)


def _outcome(it: Relationship) -> Iterator[Node]:
    outcome = it.part("outcome")
    yield Node(
        outcome,
        "Outcome",
        label=english(f"Work gets done with relationship {it.number}"),
        desiredBy=it.consumer_side.party,
        answeredForBy=it.consumer_side.others[0],
    )
    yield Node(it.bundle.part("service"), facilitatesOutcome=outcome)
    yield Node(
        it.part("output"),
        "Output",
        label=english(f"Result in relationship {it.number}"),
        contributesToOutcome=outcome,
    )


def _need(it: Relationship) -> Iterator[Node]:
    need = it.part("need")
    yield Node(it.consumer_side.party, hasNeed=need)
    yield Node(
        need,
        "Need",
        label=english(f"What relationship {it.number} is for"),
        arisesIn=it.iri,
        isMetBy=it.offering,
    )


def _budget(it: Relationship) -> Iterator[Node]:
    yield Node(
        it.part("budget"),
        "Budget",
        label=english(f"Budget for relationship {it.number}"),
        authorizedBy=it.consumer_side.others[2],
        fundsRelationship=it.iri,
        amount=decimal(f"{6000 + it.number % 4000}.00"),
        currency=plain("EUR"),
    )


def _assessments(it: Relationship) -> Iterator[Node]:
    yield Node(
        it.part("view-of-consumer"),
        "ValueAssessment",
        label=english(f"The consumer's view of relationship {it.number}"),
        assesses=it.iri,
        perceivedBy=it.consumer_side.party,
        valueLevel=integer(it.number // 2 % 2 + 1),
        wouldRecommend=boolean(True),
        assessedOn=day(it.start + 90),
    )
    yield Node(
        it.part("view-of-provider"),
        "ValueAssessment",
        label=english(f"The provider's view of relationship {it.number}"),
        assesses=it.iri,
        perceivedBy=it.provider_side.party,
        valueLevel=integer(1),
        assessedOn=day(it.start + 90),
    )
