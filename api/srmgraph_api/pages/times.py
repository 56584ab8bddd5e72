"""Times as bars: where days stand between the first and the last of them, in percent."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from srmgraph_api.pages.work import Term


@dataclass(frozen=True)
class Bar:
    """A time as part of the width of a picture, in percent; `is_open` where it has no end, or where
    its end has passed and it renewed itself."""

    start: float
    width: float
    is_open: bool
    is_over: bool


def day(term: Term | None) -> date | None:
    """Return the day that a value tells; None if it tells none."""
    try:
        return None if term is None else date.fromisoformat(term.text[:10])
    except ValueError:
        return None


def span(terms: Iterable[Term | None], *also: date) -> tuple[date, date] | None:
    """From the first day to the last, and of `also` in any case; None if no day is told."""
    days = [found for term in terms if (found := day(term))]
    return (min([*days, *also]), max([*days, *also])) if days else None


def share(when: date, span: tuple[date, date]) -> float:
    """Return how much of a span has passed on a day, in percent."""
    length = (span[1] - span[0]).days or 1
    return round(100 * (when - span[0]).days / length, 2)


def bar(
    since: Term | None, until: Term | None, span: tuple[date, date], *, renews_itself: bool = False
) -> Bar | None:
    """Return the bar from one day to another; None where neither is told."""
    start, end = day(since), day(until)
    if start is None and end is None:
        return None
    has_passed = end is not None and end < date.today()
    if has_passed and renews_itself:
        end = None
    first, last = share(start or span[0], span), share(end or span[1], span)
    return Bar(first, round(max(last - first, 0.5), 2), end is None, has_passed and end is not None)
