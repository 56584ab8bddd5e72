"""What all pages share: the templates, the policy, who is signed in, and answers to queries."""

from __future__ import annotations

import json
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Mapping
from functools import cache
from http import HTTPStatus
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlencode, urlsplit

import jinja2
from fastapi import FastAPI, Request, Response
from fastapi.responses import RedirectResponse
from markupsafe import Markup
from starlette.datastructures import FormData

from srmgraph.documentation import Site as Documentation
from srmgraph_api import access, negotiation
from srmgraph_api.pages import assets, finding, helping, work
from srmgraph_api.pages.navigation import SECTIONS, current
from srmgraph_api.problems import Problem
from srmgraph_api.service import Service

TEMPLATES = Path(__file__).parent / "templates"
POLICY = {
    "default-src": "'none'",
    "script-src": "'self'",
    "style-src": "'self'",
    "img-src": "'self' data:",
    "connect-src": "'self'",
    "form-action": "'self'",
    "base-uri": "'none'",
    "frame-ancestors": "'none'",
}
"""The Content-Security-Policy of every page."""

_READING = (
    "The service is still reading what it serves into its memory, and has more to do than it can. "
    "Stay here: the page is asked for again in a few seconds."
)
_AGAIN = 5
_CSRF = "csrf"
_PARTS = 1000
_KEPT = 64
_T = TypeVar("_T")


class Site:
    """The pages of one service."""

    def __init__(self, service: Service) -> None:
        self.service = service
        self._kept: OrderedDict[tuple[object, ...], Any] = OrderedDict()
        self._root = urlsplit(service.settings.base).path.rstrip("/")
        self._environment = jinja2.Environment(
            loader=jinja2.FileSystemLoader(TEMPLATES),
            autoescape=True,
            undefined=jinja2.StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._environment.globals |= {
            "url": self.url,
            "asset": self.asset,
            "documented": self.documented,
            "helping": self.helping,
        }
        self._environment.policies["json.dumps_kwargs"] = {"ensure_ascii": False, "sort_keys": True}

    def url(self, path: str, /, **parameters: object) -> str:
        """Return the address of a page; parameters that are None or empty are left out."""
        given = urlencode({name: value for name, value in parameters.items() if value})
        return f"{self._root}{path}{'?' if given else ''}{given}"

    def asset(self, name: str) -> str:
        """Return the address of a file of `static/`, which changes with its content."""
        return self.url(f"/static/{name}", v=assets.version(name))

    @property
    def documentation(self) -> Documentation:
        """What is written about terms, rules and questions."""
        return _documentation()

    def documented(self, iri: str) -> str:
        """Return the address of what is written about a term or rule; empty if nothing is."""
        place = self.documentation.places.get(iri, "")
        page, _, anchor = place.partition("#")
        return f"{self.url(f'/documentation/{page}')}#{anchor}" if place else ""

    def helping(self, shape: str, thing: str = "") -> list[tuple[str, str]]:
        """Return the questions that help with what a rule found of a thing, with their addresses;
        without a thing, they are asked of all."""
        return [
            (
                one.question.summary,
                self.url(
                    f"/questions/{one.question.name}",
                    **({one.parameter: f"<{thing}>"} if thing and one.parameter else {}),
                ),
            )
            for one in helping.helps().get(shape, ())
        ]

    def page(
        self,
        request: Request,
        template: str,
        /,
        *,
        status: int = 200,
        policy: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        **context: Any,
    ) -> Response:
        """Return a page; `policy` is what its Content-Security-Policy has in place of the usual."""
        sessions = self.service.sessions
        token = sessions.token(request)

        def csrf() -> Markup:
            return Markup('<input type="hidden" name="{}" value="{}">').format(_CSRF, token)

        text = self._environment.get_template(template).render(
            sections=SECTIONS,
            current=current(request.url.path),
            here=_here(request),
            signed_in=sessions.key(request),
            revision=self.service.revision,
            csrf=csrf,
            **context,
        )
        rules = {**POLICY, **(policy or {})}
        return Response(
            text,
            status,
            {
                "Content-Security-Policy": "; ".join(f"{k} {v}" for k, v in rules.items()),
                "X-Content-Type-Options": "nosniff",
                "Referrer-Policy": "same-origin",
                # It tells who is signed in.
                "Cache-Control": "private, no-cache",
                "Vary": "Accept, Authorization, Cookie",
                **(headers or {}),
            },
            "text/html",
        )

    async def rows(
        self, request: Request, asked: Mapping[str, Mapping[str, str]], revision: int | None = None
    ) -> dict[str, list[work.Row]]:
        """Return the answers to queries of the pages or kept questions; see `work.rows`.

        A thing among the parameters is written `<IRI>`. Raises Problem 401 if reading needs a key.
        """
        client = access.reader(self.service, request)
        number = self.service.revision if revision is None else revision
        given = {name: dict(parameters) for name, parameters in asked.items()}
        found: dict[str, list[work.Row]] = await self.service.read(
            client.line, work.rows, number, given, client.scope()
        )
        return found

    def to_sign_in(self, request: Request) -> Response:
        """Return the way to the page for signing in, and back to what was asked for."""
        return RedirectResponse(self.url("/sign-in", to=_here(request)), 303)

    async def found(self, request: Request, text: str, most: int) -> list[finding.Found]:
        """Return at most so many things with a text in their names; see `finding.find`."""
        client = access.reader(self.service, request)
        found: list[finding.Found] = await self.service.read(
            client.line, finding.find, self.service.revision, client.scope(), text, most
        )
        return found

    def may(self, request: Request, role: str) -> bool:
        """Whether whoever is signed in has a role; what is sent is checked again when it comes."""
        key = self.service.sessions.key(request)
        return key is not None and key.allows(role)

    def may_go_back(self, request: Request) -> bool:
        """Whether whoever is signed in may go back to an older revision, which changes all."""
        key = self.service.sessions.key(request)
        return key is not None and key.allows("admin") and not key.graphs

    def known(self, key: tuple[object, ...]) -> Any:
        """Return what is kept for a key; None if nothing is."""
        return self._kept.get(key)

    async def kept(self, key: tuple[object, ...], make: Callable[[], Awaitable[_T]]) -> _T:
        """Return what was made for a key before, or else make it.

        The key tells all that it depends on, such as the page, the revision and the graphs that
        whoever asks may see. The latest are kept.
        """
        if key not in self._kept:
            self._kept[key] = await make()
        self._kept.move_to_end(key)
        while len(self._kept) > _KEPT:
            self._kept.popitem(last=False)
        found: _T = self._kept[key]
        return found

    async def form(self, request: Request) -> FormData:
        """Return what a form says that changes something; only then may a session write.

        Raises Problem 403 for one that did not come from a page of this browser, and 413.
        """
        form = FormData()
        # Whoever is not signed in cannot make the service take in a form.
        if self.service.sessions.token(request):
            largest = self.service.settings.largest_upload
            form = await negotiation.form(request, largest, files=_PARTS, fields=_PARTS)
        token = form.get(_CSRF)
        if not isinstance(token, str) or not self.service.sessions.is_genuine(request, token):
            await form.close()
            raise Problem(
                403, "This form is from before you signed in. Go back, load it again and send it."
            )
        request.state.is_genuine = True
        return form


def _here(request: Request) -> str:
    return f"{request.url.path}{'?' if request.url.query else ''}{request.url.query}"


@cache
def _documentation() -> Documentation:
    return Documentation()


def wants_html(request: Request) -> bool:
    """Whether whoever asks would rather see a page than data: a browser does."""
    accept = request.headers.get("accept", "")
    # Browsers take anything in the end; who names one format wants problem details in no other.
    return accept.startswith("text/html") and "*/*" in accept


def install(app: FastAPI, site: Site) -> None:
    """Let an application that has all its routes tell browsers of errors by a page."""

    def told(request: Request, problem: Response) -> Response:
        if not wants_html(request):
            return problem
        kept = {
            name: value
            for name, value in problem.headers.items()
            if name not in ("content-length", "content-type")
        }
        details = json.loads(bytes(problem.body))
        if (
            problem.status_code == HTTPStatus.SERVICE_UNAVAILABLE
            and request.method == "GET"
            and site.service.images.is_reading
        ):
            # Who reads pages is not to do what the browser can do.
            kept["Refresh"] = str(_AGAIN)
            details |= {"title": "Getting ready", "detail": _READING}
        return site.page(
            request, "error.html", status=problem.status_code, headers=kept, problem=details
        )

    app.state.show_problem = told
