"""The kept questions: listed, and each as a page with a form for what it takes."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from fastapi import APIRouter, Request, Response

from srmgraph import queries
from srmgraph.names import in_words
from srmgraph.queries import Parameter, Question
from srmgraph_api import access, jobs
from srmgraph_api.access import Client
from srmgraph_api.pages import answers, charts
from srmgraph_api.pages.answers import Answer
from srmgraph_api.pages.charts import Drawn
from srmgraph_api.pages.site import Site
from srmgraph_api.pages.work import Term
from srmgraph_api.problems import Problem

_AT_ONCE = 200_000
"""Up to how many statements a question is asked as soon as its page is opened."""

_DOWNLOADS = {"csv": "text/csv; charset=utf-8", "json": "application/sparql-results+json"}
_FEW = 60
_ENTRIES = {"date": "date", "dateTime": "datetime-local", "time": "time"}

Choices = dict[str, tuple[Term, ...]]


def router(site: Site) -> APIRouter:
    """Return the routes of the questions."""
    routes = APIRouter()

    @routes.get("/questions", include_in_schema=False)
    def listed(request: Request, find: str = "") -> Response:
        words = find.lower().split()
        groups: dict[str, list[Question]] = {}
        for kept in queries.questions().values():
            text = f"{kept.summary} {kept.help} {kept.persona}".lower()
            if all(word in text for word in words):
                groups.setdefault(kept.persona, []).append(kept)
        return site.page(
            request,
            "questions.html",
            groups=dict(sorted(groups.items())),
            find=find,
            total=len(queries.questions()),
        )

    @routes.get("/questions/{name}.{ending}", include_in_schema=False)
    async def download(request: Request, name: str, ending: str) -> Response:
        if ending not in _DOWNLOADS:
            raise Problem(404, f"There is no answer as .{ending}. There are: .csv, .json.")
        client = access.reader(site.service, request)
        kept = queries.question(name)
        given = resolved(_given(request, kept), await _lists(request, kept))
        content = await site.service.read(
            client.line, jobs.ask, site.service.revision, name, given, ending, client.scope()
        )
        headers = {"Content-Disposition": f'attachment; filename="{name}.{ending}"'}
        return Response(content, media_type=_DOWNLOADS[ending], headers=headers)

    @routes.get("/questions/{name}", include_in_schema=False)
    async def one(request: Request, name: str) -> Response:
        client = access.reader(site.service, request)
        kept = queries.question(name)
        given = _given(request, kept)
        lists = await _lists(request, kept)
        answer, problem = None, ""
        if request.query_params or _is_small(site):
            try:
                answer = await _answer(client, kept, resolved(given, lists))
            except Problem as error:
                # What was typed stays, so that less can be asked.
                problem = error.detail
        return site.page(
            request,
            "question.html",
            status=400 if answer and answer.faults else 200,
            kept=kept,
            fields=[
                _field(p, given.get(p.name, ""), lists.get(p.name, ())) for p in kept.parameters
            ],
            given=given,
            answer=answer,
            problem=problem,
            heads={name: in_words(name).capitalize() for name in answer.columns} if answer else {},
            numbers=_numbers(answer),
            drawn=_drawn(kept, answer),
            most=answers.MOST_ROWS,
        )

    async def _answer(client: Client, kept: Question, given: dict[str, str]) -> Answer:
        revision = site.service.revision

        async def found() -> Answer:
            answer: Answer = await site.service.read(
                client.line, answers.answer, revision, kept.name, given, client.scope()
            )
            return answer

        if given:
            return await found()
        # About everything takes longest, and is what many ask. It may depend on the day.
        day = datetime.now(UTC).date()
        return await site.kept(("answer", revision, client.graphs, kept.name, day), found)

    async def _lists(request: Request, kept: Question) -> Choices:
        if not kept.parameters or not _is_small(site):
            return {}
        client = access.reader(site.service, request)
        revision = site.service.revision

        async def found() -> Choices:
            choices: Choices = await site.service.read(
                client.line, answers.choices, revision, kept.name, client.scope()
            )
            return choices

        return await site.kept(("choices", revision, client.graphs, kept.name), found)

    return routes


def resolved(given: dict[str, str], lists: Choices) -> dict[str, str]:
    """Return what was given, with things of the lists in the place of what they are called."""
    found = {}
    for name, text in given.items():
        iris = {one.text: one.iri for one in lists.get(name, ())}
        found[name] = f"<{iris[text]}>" if text in iris else text
    return found


def _given(request: Request, kept: Question) -> dict[str, str]:
    names = {parameter.name for parameter in kept.parameters}
    given = {name: text.strip() for name, text in request.query_params.items() if name in names}
    return {name: text for name, text in given.items() if text}


def _is_small(site: Site) -> bool:
    number = site.service.revision
    return number < 0 or site.service.store.revisions.describe(number).statements <= _AT_ONCE


def _field(parameter: Parameter, value: str, things: tuple[Term, ...]) -> dict[str, Any]:
    """What a form shows for a parameter; whoever came by a link has an IRI as the value."""
    iris = {f"<{one.iri}>": one.text for one in things}
    default = parameter.default or ""
    return {
        "name": parameter.name,
        "label": in_words(parameter.name).capitalize(),
        "help": parameter.help,
        "value": iris.get(value, value),
        "choices": things,
        "is_list": 0 < len(things) <= _FEW,
        # Where no list was made, or it was cut, the service completes what is typed.
        "is_typed": answers.takes_thing(parameter) and len(things) in (0, answers.MOST_CHOICES),
        "entry": _ENTRIES.get(
            parameter.datatype or "", "number" if default.isdecimal() else "text"
        ),
    }


def _drawn(kept: Question, answer: Answer | None) -> Drawn | None:
    """The chart of an answer; of a part of it, shares would be wrong."""
    if kept.chart is None or answer is None or answer.total > answers.MOST_ROWS:
        return None
    return charts.draw(kept.chart, answer.rows)


def _numbers(answer: Answer | None) -> dict[str, float]:
    """The columns that hold numbers only, each with the largest: there, a bar says how much.

    Where a number is below nothing, a bar would say the wrong thing.
    """
    found: dict[str, float] = {}
    for column in answer.columns if answer else ():
        terms = [term for row in answer.rows if (term := row[column])] if answer else []
        if terms and all(term.number is not None for term in terms):
            values = [term.number for term in terms if term.number is not None]
            found[column] = max(values) if len(values) > 1 and min(values) >= 0 else 0
    return found
