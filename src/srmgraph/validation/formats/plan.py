"""The repairs of a report as one SPARQL Update, to be read, chosen from, and applied by hand.

What a rule leaves no choice about stands as it is. Of what leaves one, each repair is a comment, so
that a plan that nobody has read changes nothing that somebody has to decide.
"""

from __future__ import annotations

from collections.abc import Iterator

from srmgraph.validation.formats import text
from srmgraph.validation.report import Repair, Report, Result


def render(report: Report) -> str:
    """Write the repairs as SPARQL Update with comments."""
    return "\n".join(_lines(report)) + "\n"


def _lines(report: Report) -> Iterator[str]:
    mended = [result for result in report.results if report.repairs.get(result)]
    certain = sum(any(map(_is_certain, report.repairs[result])) for result in mended)
    found = sum(report.counts.values())
    yield f"# Repairs for {len(mended):,} of {found:,} results; {certain:,} without a choice."
    if len(mended) > certain:
        yield "# Where there is a choice, take the # away from the change that you choose."
    if len(mended) < found:
        yield "# What would mend the others, the rules do not say; srmgraph validate tells of them."
    if mended:
        yield "# To apply it to a store: srmgraph update PLAN --store STORE. It is checked first."
    for result in mended:
        yield ""
        yield from _result(report, result, report.repairs[result])


def _result(report: Report, result: Result, repairs: tuple[Repair, ...]) -> Iterator[str]:
    yield f"# {result.rule}: {text.one_line(result.message, 300)}"
    yield f"# {''.join(words for words, _ in text.found(report, result)).strip(' •')}"
    chosen = [one for one in repairs if one.is_certain][:1]
    for one in chosen or repairs:
        yield f"# {'→' if one is repairs[0] or chosen else 'or'} {text.repair(report, one)}"
        for line in f"{one.update} ;".split("\n"):
            yield line if chosen else f"# {line}"


def _is_certain(change: Repair) -> bool:
    return change.is_certain
