"""Defects of which no result is a Violation: a store takes in data that have them."""

from benchmarks.defects.cell import Defect, removal

DEFECTS: tuple[Defect, ...] = (
    removal("payment-term", "termText", "term-is-worded"),
    removal("access-right", "underTerm", "access-right-comes-under-a-term"),
    removal("access", "inDimension", "resource-is-in-a-dimension"),
    removal("access", "label", "offering-or-resource-has-name"),
    removal("account", "isAccountOf", "account-belongs-to-a-party"),
    removal("view-of-provider", "assessedOn", "assessment-has-a-date"),
    removal("need", "isMetBy", "need-is-met-by-a-listed-offering"),
    removal("outcome", "answeredForBy", "outcome-is-answered-for"),
    removal("request", "startedAt", "activity-says-when-or-how-often"),
)
