"""The page of what fails if a thing fails: as a picture, as tables, and as CSV."""

from __future__ import annotations

import csv
import io
from collections import Counter, defaultdict
from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from srmgraph_api import access, negotiation
from srmgraph_api.pages import drawing, failure
from srmgraph_api.pages.failure import Failure
from srmgraph_api.pages.home import POLICY, amount, counted
from srmgraph_api.pages.site import Site
from srmgraph_api.pages.work import Term
from srmgraph_api.problems import Problem

_CHOICES = 101
_MOST_LABELS = 14
_COLUMNS = (
    "steps", "consumer", "relationship", "provider", "chain", "components", "alternatives",
    "outcomes", "consumer IRI", "relationship IRI",
)  # fmt: skip


def router(site: Site) -> APIRouter:
    """Return the route of the page."""
    routes = APIRouter()

    @routes.get("/what-if", include_in_schema=False)
    async def what_if(request: Request, thing: str = "", format: str = "") -> Response:
        sought = " ".join(thing.split())[:2000].strip("<>")
        if not sought:
            return await _start(site, request)
        if "://" not in sought and not sought.startswith("urn:"):
            return await _choice(site, request, sought)
        try:
            iri = negotiation.iri(sought, "")
        except ValueError as error:
            raise Problem(400, f"“{sought}” is no IRI: {error}.") from None
        client = access.reader(site.service, request)
        revision = site.service.revision

        async def found() -> Failure:
            failed: Failure = await site.service.read(
                client.line, failure.fail, revision, client.scope(), iri
            )
            return failed

        failed = await site.kept(("what-if", revision, client.graphs, iri), found)
        if format == "csv":
            return Response(
                _csv(failed),
                media_type="text/csv; charset=utf-8",
                headers={"Content-Disposition": 'attachment; filename="what-if.csv"'},
            )
        return site.page(
            request,
            "what-if.html",
            policy=POLICY,
            failed=failed,
            amount=amount,
            counted=counted,
            picture=_picture(site, failed),
            listed=failure.LISTED,
        )

    return routes


async def _start(site: Site, request: Request) -> Response:
    client = access.reader(site.service, request)
    revision = site.service.revision

    async def found() -> Any:
        return await site.service.read(client.line, failure.missed, revision, client.scope())

    missed = await site.kept(("what-if", revision, client.graphs), found)
    return site.page(request, "what-if-start.html", missed=missed, choices=None, name="")


async def _choice(site: Site, request: Request, name: str) -> Response:
    """The page of the thing that is called so, or else those that may be meant."""
    found = {
        one.thing.iri: (one.thing, one.kinds[0] if one.kinds else None)
        for one in await site.found(request, name, _CHOICES)
        if not one.is_term
    }
    same = [iri for iri, (thing, _) in found.items() if thing.text.casefold() == name.casefold()]
    if len(same) == 1 or len(found) == 1:
        return RedirectResponse(site.url("/what-if", thing=(same or [*found])[0]), 303)
    choices = list(found.values())
    return site.page(request, "what-if-start.html", missed=[], choices=choices, name=name)


def _csv(failed: Failure) -> bytes:
    """All losses that the page lists, a line each; lists in a cell are separated by “ > ”."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(_COLUMNS)
    for loss in failed.losses:
        texts = (
            loss.consumer.text,
            loss.relationship.text,
            *(" > ".join(term.text for term in terms) for terms in (
                loss.providers, loss.chain, loss.components, loss.alternatives, loss.outcomes,
            )),
            loss.consumer.iri,
            loss.relationship.iri,
        )  # fmt: skip
        # A spreadsheet would take a text that begins like this for a formula.
        safe = (f"'{text}" if text[:1] in "=+-@\t\r" and text else text for text in texts)
        writer.writerow((loss.steps, *safe))
    return out.getvalue().encode("utf-8-sig")


# ── The picture ─────────────────────────────────────────────────────────────────────────────────


def _picture(site: Site, failed: Failure) -> dict[str, list[dict[str, Any]]]:
    """What the script draws: the thing, and the parties that are hit, each or in groups."""
    hit = {hit.party.iri: hit for hit in failed.hits}
    passes_on = {provider for provider, _, _, steps in failed.ties if steps > 1}
    place = {party: hit[party].steps if party in hit else 0 for party in failed.names}
    place[failed.thing.iri] = 0
    groups = _groups(failed, place, passes_on)
    members: dict[str, list[str]] = defaultdict(list)
    for party in place:
        members[groups.get(party, party)].append(party)
    nodes = []
    for node, parties in sorted(members.items(), key=lambda one: (place[one[1][0]], one[0])):
        party = parties[0]
        is_group = len(parties) > 1
        is_start = failed.thing.iri in parties
        name = failed.thing if is_start else failed.names.get(party, Term(party, party))
        label = f"{counted(len(parties), 'party', 'parties')}" if is_group else name.text
        nodes.append(
            {
                "id": node,
                "label": label,
                "said": _said(label, is_group, is_start, place[party], hit.get(party)),
                "role": "violation"
                if is_start
                else "both"
                if any(one in passes_on for one in parties)
                else "consumer"
                if party in hit
                else "provider",
                "tier": place[party],
                "isGroup": is_group,
                "isStart": is_start,
                "size": 30 if is_start or is_group else 22,
                "violations": 0,
                "links": []
                if is_group
                else [
                    {"text": "Open", "url": site.url("/resource", iri=party)},
                    {"text": "What if it fails?", "url": site.url("/what-if", thing=party)},
                ],
            }
        )
    return {"nodes": nodes, "arrows": _arrows(failed, groups, place)}


def _said(label: str, is_group: bool, is_start: bool, steps: int, hit: failure.Hit | None) -> str:
    if is_start and hit is None:
        return f"{label}: what fails"
    after = f"after {counted(steps, 'step')}"
    if is_group:
        return f"{label}, hit {after}"
    if hit is None:
        return f"{label}: provides what fails"
    lost = f"{label}: hit {after}, loses {hit.lost} of {counted(hit.of, 'relationship')}"
    return f"{label}: what fails; it comes round to it again" if is_start else lost


def _arrows(failed: Failure, groups: dict[str, str], place: dict[str, int]) -> list[dict[str, Any]]:
    between: dict[tuple[str, str], list[Term]] = defaultdict(list)
    is_party = failed.thing.iri in failed.names
    for provider, consumer, relationship, steps in failed.ties:
        ends = groups.get(provider, provider), groups.get(consumer, consumer)
        between[ends].append(relationship)
        if steps == 1 and not is_party:
            between.setdefault((failed.thing.iri, ends[0]), [])
    most = Counter({ends: len(relationships) for ends, relationships in between.items()})
    kept = [ends for ends, _ in most.most_common(drawing.MOST_ARROWS)]
    return [
        {
            "source": source,
            "target": target,
            "width": min(1.6 + len(between[source, target]) ** 0.5 - 1, 7)
            if between[source, target]
            else 1.6,
            "label": between[source, target][0].text
            if len(kept) <= _MOST_LABELS and len(between[source, target]) == 1
            else "",
            "loop": target == failed.thing.iri,
        }
        for source, target in kept
        if source != target
    ]


def _groups(failed: Failure, place: dict[str, int], passes_on: set[str]) -> dict[str, str]:
    """The group of each party that does not stand for itself, where there are too many."""
    if len(place) <= drawing.MOST_PARTIES:
        return {}
    ties = Counter(
        party for provider, consumer, *_ in failed.ties for party in (provider, consumer)
    )
    by_itself = {failed.thing.iri} | {party for party, _ in ties.most_common(drawing.HUBS)}
    return drawing.grouped(
        (party, f"{steps} {party in passes_on}")
        for party, steps in place.items()
        if party not in by_itself
    )
