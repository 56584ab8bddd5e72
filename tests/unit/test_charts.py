"""Charts of answers: where marks stand, what they say, and what a question may ask to be drawn."""

from datetime import date, timedelta
from pathlib import Path

import pytest

from srmgraph.errors import QuestionError
from srmgraph.queries import Chart, read_question
from srmgraph_api.pages import charts
from srmgraph_api.pages.charts import Drawn
from srmgraph_api.pages.work import Row, Term


def number(value: float) -> Term:
    return Term(str(value), datatype="decimal")


def day(value: date) -> Term:
    return Term(value.isoformat(), datatype="date")


def drawn(chart: Chart, *rows: Row) -> Drawn:
    found = charts.draw(chart, rows)
    assert found is not None
    return found


def test_shares_stand_one_after_the_other_the_largest_first() -> None:
    rows: list[Row] = [
        {"who": Term(name), "cost": number(cost), "currency": Term("EUR")}
        for name, cost in (("A", 10), ("B", 50), ("C", 25), ("A", 5), ("D", 10))
    ]
    (part,) = drawn(Chart("share", ("cost",), "who", "currency"), *rows).parts
    assert [mark.label.text for mark in part.marks] == ["B", "C", "A", "D"]
    places = [(mark.bar.start, mark.bar.width) for mark in part.marks if mark.bar]
    assert places == [(0, 50), (50, 25), (75, 15), (90, 10)]
    assert part.marks[2].words == "15, 15%; 90% with those above"
    assert part.summary == (
        "100 in all, of which the largest share is 50%; the three largest together are 90%"
    )


@pytest.mark.parametrize("costs", [[], [7], [3, -1], [0, 0]])
def test_of_one_or_of_less_than_nothing_there_are_no_shares(costs: list[float]) -> None:
    rows: list[Row] = [{"who": Term(str(n)), "cost": number(c)} for n, c in enumerate(costs)]
    assert charts.draw(Chart("share", ("cost",), "who"), rows) is None


def test_times_stand_between_the_first_and_the_last() -> None:
    today = date.today()
    start, end = today - timedelta(days=50), today + timedelta(days=50)
    found = drawn(
        Chart("time", ("from", "until"), "what"),
        {"what": Term("past"), "from": day(start), "until": day(start + timedelta(days=25))},
        {"what": Term("open"), "from": day(today), "until": None},
        {"what": Term("last"), "from": day(end), "until": day(end)},
        {"what": Term("never"), "from": None, "until": None},
    )
    assert found.today == 50
    places = {m.label.text: (m.bar.start, m.bar.width) for m in found.parts[0].marks if m.bar}
    assert places == {"past": (0, 25), "open": (50, 50), "last": (100, 0.5)}
    assert [mark.bar.is_over for mark in found.parts[0].marks if mark.bar] == [True, False, False]


def test_lines_rise_with_their_numbers() -> None:
    last = date.today() - timedelta(days=100)
    before = last - timedelta(days=10)
    rows: list[Row] = [
        {"a": day(before), "x": number(-1), "b": day(last), "y": number(2), "who": Term("up")},
        {"a": day(before), "x": number(2), "b": None, "y": None, "who": Term("once")},
    ]
    found = drawn(Chart("line", ("a", "x", "b", "y"), "who"), *rows)
    assert found.today is None
    (part,) = found.parts
    assert [mark.points for mark in part.marks] == [((0, 36), (100, 4)), ((0, 4),)]
    assert part.marks[0].words == f"-1 on {before}, 2 on {last}"


def test_what_is_not_drawn_is_counted() -> None:
    rows: list[Row] = [{"who": Term(str(n)), "cost": number(1)} for n in range(40)]
    (part,) = drawn(Chart("share", ("cost",), "who"), *rows).parts
    assert len(part.marks) + part.left_out == 40
    assert len(part.marks) == charts.MOST_MARKS


@pytest.mark.parametrize(
    ("chart", "message"),
    [
        ("pie x of y", "is not understood"),
        ("share x y of x", "is not understood"),
        ("line x of y", "is not understood"),
        ("share x of nothing", r"names \?nothing"),
    ],
)
def test_a_chart_that_cannot_be_drawn_is_refused(tmp_path: Path, chart: str, message: str) -> None:
    file = tmp_path / "what.rq"
    head = f"# What?\n# asked by: me\n# uses inference: no\n# chart: {chart}\n# example: x\n"
    file.write_text(head + "SELECT ?x ?y { ?x a ?y }")
    with pytest.raises(QuestionError, match=message):
        read_question(file)
