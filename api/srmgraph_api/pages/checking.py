"""The pages that take a file: check it, see what it would change, and load it."""

from __future__ import annotations

import json
import re
from urllib.parse import quote

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse
from starlette.datastructures import FormData, UploadFile

from srmgraph import knowledge
from srmgraph.errors import ChangedStoreError, InconsistentError, InputError
from srmgraph.validation import Report
from srmgraph_api import access, jobs, negotiation
from srmgraph_api.access import Client
from srmgraph_api.jobs import Refused, Terms
from srmgraph_api.pages import differences, files, reports
from srmgraph_api.pages.site import Site
from srmgraph_api.pages.uploads import Upload, Uploads
from srmgraph_api.problems import Problem, in_public

_LONGEST = 100
_ODD = re.compile(r"[^\w .()+=@-]")


def router(site: Site) -> APIRouter:
    """Return the routes of files."""
    routes = APIRouter()
    service = site.service
    uploads = Uploads()

    @routes.get("/check", include_in_schema=False)
    def ask(request: Request) -> Response:
        access.reader(service, request)
        return site.page(request, "check.html", problem="", endings=files.ENDINGS)

    @routes.post("/check", include_in_schema=False)
    async def check(request: Request) -> Response:
        client = access.reader(service, request)
        name, content = await _file(site, request)
        if not name:
            return _again(request, "Choose a file first.")
        try:
            checked = await service.read(
                client.line, files.check, name, content, _address(site, request, name)
            )
        except InputError as error:
            place = f"Line {error.line}: " if error.line else ""
            return _again(request, f"{name} cannot be read. {place}{error.message}")
        upload = None
        if getattr(request.state, "is_genuine", False):
            upload = uploads.keep(
                client.line, name, checked.quads, checked.statements, checked.graphs
            )
        return site.page(
            request,
            "checked.html",
            name=name,
            checked=checked,
            upload=upload,
        )

    @routes.get("/check/{token}", include_in_schema=False)
    async def review(request: Request, token: str, graph: str = "") -> Response:
        if not site.may(request, "write"):
            return RedirectResponse(site.url("/sign-in", to="/check"), 303)
        client = access.reader(service, request)
        return await _review(request, client, _kept(client, token), graph)

    @routes.post("/check/{token}", include_in_schema=False)
    async def load(request: Request, token: str) -> Response:
        form = await site.form(request)
        client = access.writer(service, request)
        upload = _kept(client, token)
        graph, seen = _text(form, "graph"), _text(form, "revision")
        for one in (graph, *upload.graphs):
            client.check_writes(one)
        checked = service.settings.checking == "all"
        terms = Terms(
            client.author,
            int(seen) if seen.isdecimal() else None,
            "",
            checked,
            graphs=client.graphs,
        )
        try:
            made = await service.write(client.line, files.load, terms, upload.file, graph)
        except ChangedStoreError:
            problem = (
                "Someone else has changed the data since you looked. This is what would change now."
            )
            return await _review(request, client, upload, graph, 412, problem)
        except (InputError, InconsistentError) as error:
            return await _review(request, client, upload, graph, 422, in_public(error))
        if isinstance(made, Refused):
            assert isinstance(made.report, Report)
            number = made.report.counts["Violation"]
            problem = made.detail
            if number:
                problem = (
                    f"Nothing was changed: {number:,} violation{'' if number == 1 else 's'} of "
                    "rules that must hold."
                )
            return await _review(request, client, upload, graph, 422, problem, made.report)
        uploads.drop(upload)
        return RedirectResponse(site.url("/history"), 303)

    async def _review(
        request: Request,
        client: Client,
        upload: Upload,
        graph: str,
        status: int = 200,
        problem: str = "",
        report: Report | None = None,
    ) -> Response:
        number = service.revision
        listed = json.loads(await service.read(client.line, jobs.listed, number, client.scope()))
        choices = _choices(site, request, upload, client, listed["graphs"])
        chosen = graph or next(iter(choices), "")
        client.check_writes(chosen)
        changed = await service.read(
            client.line, differences.of_file, number, upload.file, chosen, client.scope()
        )
        return site.page(
            request,
            "review.html",
            status=status,
            upload=upload,
            graph=chosen,
            choices=choices,
            seen=number,
            differences=changed,
            most=differences.MOST_LINES,
            problem=problem,
            report=None if report is None else reports.told(report.at_least("Violation")),
        )

    def _again(request: Request, problem: str) -> Response:
        return site.page(request, "check.html", status=400, problem=problem, endings=files.ENDINGS)

    def _kept(client: Client, token: str) -> Upload:
        upload = uploads.find(client.line, token)
        if upload is None:
            raise Problem(404, "This file is not kept any more. Drop it again.")
        return upload

    return routes


async def _file(site: Site, request: Request) -> tuple[str, bytes]:
    """Return the file that a form carries, by a plain name; both are empty if it carries none.

    Raises Problem 411, 413 and, for whoever is signed in, 403.
    """
    length, largest = (
        request.headers.get("content-length", ""),
        site.service.settings.largest_upload,
    )
    if not length.isdecimal():
        raise Problem(411, "Say how long the content is.")
    if int(length) > largest:
        raise Problem(413, f"A file may have {largest:,} bytes here.")
    is_in = site.service.sessions.key(request) is not None
    form = await (
        site.form(request) if is_in else negotiation.form(request, largest, files=1, fields=5)
    )
    file = form.get("file")
    try:
        if not isinstance(file, UploadFile) or not file.filename:
            return "", b""
        name = _ODD.sub("_", file.filename.replace("\\", "/").rpartition("/")[2])[-_LONGEST:]
        return name.lstrip(" .") or "file", await file.read()
    finally:
        await form.close()


def _text(form: FormData, name: str) -> str:
    value = form.get(name)
    return value if isinstance(value, str) else ""


def _address(site: Site, request: Request, name: str) -> str:
    """The graph that a file gets that is loaded for the first time: one of this service."""
    base = site.service.settings.base or str(request.base_url)
    return f"{base.rstrip('/')}/graphs/{quote(name)}"


def _choices(
    site: Site, request: Request, upload: Upload, client: Client, listed: list[dict[str, str]]
) -> dict[str, str]:
    """The graphs that a file may go to, as people know them; the likeliest first."""
    own = set(map(str, knowledge.own_graphs()))
    known = {one["graph"] for one in listed if one["graph"] and one["graph"] not in own}
    if not client.graphs:
        known.add(_address(site, request, upload.file.name))
    known |= set(client.graphs)
    name = upload.file.name
    ranked = sorted(known, key=lambda iri: (reports.file_name(iri) != name, iri))
    return {iri: reports.file_name(iri) or iri for iri in ranked}
