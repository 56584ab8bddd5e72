"""Charts of answers, as numbers that a template draws: each mark says in words what it shows."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from srmgraph.queries import Chart
from srmgraph_api.pages import times
from srmgraph_api.pages.times import Bar
from srmgraph_api.pages.work import Row, Term

MOST_PARTS = 12
MOST_MARKS = 30
"""How many parts, and marks in each, a chart has; the table has all."""

_HEIGHT = 40
_MARGIN = 4


@dataclass(frozen=True)
class Mark:
    """What is drawn for one thing: a bar, or points from left to right (percent of the width, and
    units of 40 from the top); `words` say the same."""

    label: Term
    words: str
    bar: Bar | None = None
    points: tuple[tuple[float, float], ...] = ()


@dataclass(frozen=True)
class Part:
    """Marks that belong together, and what they say as a whole; `left_out` are not drawn."""

    name: Term | None
    summary: str
    marks: tuple[Mark, ...]
    left_out: int


@dataclass(frozen=True)
class Drawn:
    """A chart; `today` is where today stands, in percent, where it shows times."""

    kind: str
    summary: str
    parts: tuple[Part, ...]
    left_out: int
    today: float | None = None


def draw(chart: Chart, rows: Sequence[Row]) -> Drawn | None:
    """Return the chart of an answer; None where there is nothing to compare."""
    grouped: dict[Term | None, list[Row]] = defaultdict(list)
    for row in rows:
        if row[chart.of] is not None:
            grouped[row[chart.by] if chart.by else None].append(row)
    summary, today = "", None
    if chart.kind == "share":
        parts = [_shares(chart, name, own) for name, own in grouped.items()]
    else:
        days = chart.columns if chart.kind == "time" else chart.columns[::2]
        told = (row[name] for own in grouped.values() for row in own for name in days)
        # What is measured now and then has no value of today.
        span = times.span(told, *([date.today()] if chart.kind == "time" else []))
        if span is None:
            return None
        summary = f"From {span[0]} to {span[1]}"
        if chart.kind == "time":
            today = times.share(date.today(), span)
            parts = [_times(chart, name, own, span) for name, own in grouped.items()]
        else:
            numbers = [
                term.number
                for own in grouped.values()
                for row in own
                for name in chart.columns[1::2]
                if (term := row[name]) and term.number is not None
            ]
            if not numbers:
                return None
            scale = min(numbers), max(numbers)
            summary += f", from {scale[0]:,g} at the bottom to {scale[1]:,g} at the top"
            parts = [_lines(chart, name, own, span, scale) for name, own in grouped.items()]
    found = [part for part in parts if part.marks]
    if not found:
        return None
    shown = tuple(found[:MOST_PARTS])
    return Drawn(chart.kind, summary, shown, len(found) - len(shown), today)


def _part(name: Term | None, summary: str, marks: Sequence[Mark]) -> Part:
    return Part(name, summary, tuple(marks[:MOST_MARKS]), max(0, len(marks) - MOST_MARKS))


def _shares(chart: Chart, name: Term | None, rows: Sequence[Row]) -> Part:
    """Each share begins where the one before ends, so that the steps show how few have most."""
    sums: dict[Term, float] = defaultdict(float)
    for row in rows:
        label, value = row[chart.of], row[chart.columns[0]]
        if label is not None and value is not None and value.number is not None:
            sums[label] += value.number
    total = sum(sums.values())
    if len(sums) < 2 or total <= 0 or min(sums.values()) < 0:
        # Of one alone, or of what is below nothing, there are no shares.
        return _part(name, "", ())
    marks, before = [], 0.0
    for whose, amount in sorted(sums.items(), key=lambda one: (-one[1], one[0].text)):
        after = before + amount
        words = f"{amount:,.0f}, {amount / total:.0%}"
        if before:
            words += f"; {after / total:.0%} with those above"
        place = Bar(round(100 * before / total, 2), round(100 * amount / total, 2), False, False)
        marks.append(Mark(whose, words, place))
        before = after
    values = sorted(sums.values(), reverse=True)
    summary = f"{total:,.0f} in all, of which the largest share is {values[0] / total:.0%}"
    if len(values) > 3:
        summary += f"; the three largest together are {sum(values[:3]) / total:.0%}"
    return _part(name, summary, marks)


def _times(chart: Chart, name: Term | None, rows: Sequence[Row], span: tuple[date, date]) -> Part:
    marks = []
    for row in rows:
        label, ends = row[chart.of], [row[column] for column in chart.columns]
        place = times.bar(ends[0], ends[-1], span)
        if label is not None and place is not None:
            days = dict.fromkeys(str(found) for end in ends if (found := times.day(end)))
            marks.append(Mark(label, " to ".join(days), place))
    return _part(name, "", marks)


def _lines(
    chart: Chart,
    name: Term | None,
    rows: Sequence[Row],
    span: tuple[date, date],
    scale: tuple[float, float],
) -> Part:
    told: dict[Term, set[tuple[date, float]]] = defaultdict(set)
    for row in rows:
        for when, value in zip(chart.columns[::2], chart.columns[1::2], strict=True):
            label, found, term = row[chart.of], times.day(row[when]), row[value]
            if label is not None and found and term is not None and term.number is not None:
                told[label].add((found, term.number))
    height, room = scale[1] - scale[0], _HEIGHT - 2 * _MARGIN
    marks = [
        Mark(
            label,
            ", ".join(f"{number:,g} on {when}" for when, number in sorted(values)),
            points=tuple(
                (
                    times.share(when, span),
                    round(_HEIGHT - _MARGIN - room * (number - scale[0]) / height, 2)
                    if height
                    else _HEIGHT / 2,
                )
                for when, number in sorted(values)
            ),
        )
        for label, values in told.items()
    ]
    return _part(name, "", marks)
