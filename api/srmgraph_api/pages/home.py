"""The map: who serves whom."""

from __future__ import annotations

import math
from collections.abc import Callable
from contextlib import suppress
from decimal import Decimal
from typing import Any

from fastapi import APIRouter, Request, Response
from starlette.background import BackgroundTask

from srmgraph.errors import StoreError
from srmgraph_api import access
from srmgraph_api.access import Client
from srmgraph_api.pages import drawing, network, reports
from srmgraph_api.pages.drawing import Arrow, Drawing, Node
from srmgraph_api.pages.network import View
from srmgraph_api.pages.site import Site
from srmgraph_api.problems import Problem

POLICY = {"style-src": "'self' 'sha256-pgvDUBa4IjFA2yuSJ2cqcyxmNYJMborsd0ORcRv9vw8='"}
"""Cytoscape puts one rule of style into the page: that its place is positioned."""

_STEPS = (1, 2, 3)
_SMALL = 300_000
"""Up to how many statements are checked to mark who breaks rules, where no report was kept."""
_TIERS = ("supplier", "provider", "consumer")


def router(site: Site) -> APIRouter:
    """Return the route of the map."""
    routes = APIRouter()

    @routes.get("/", include_in_schema=False)
    async def home(request: Request) -> Response:
        given = {name: value.strip()[:500] for name, value in request.query_params.items()}
        view, page = _view(given), _whole(given.get("page", ""), 1)
        client = access.reader(site.service, request)
        faults = None if client.graphs else site.known(_faults_key(site))
        seen = await _seen(site, client, view, page, faults)
        width = given.get("width", "")
        width = width if width in seen.currencies else ""

        def link(**changes: object) -> str:
            """The address of this view with something else in it."""
            kept = {name: value for name, value in given.items() if name != "page"}
            return site.url("/", **{**kept, **changes})

        shown = site.page(
            request,
            "home.html",
            policy=POLICY,
            seen=seen,
            view=view,
            width=width,
            steps=_STEPS,
            page=page,
            pages=max(1, -(-seen.all_pairs // drawing.ROWS)),
            rows=drawing.ROWS,
            is_filtered=view != View(),
            link=link,
            amount=amount,
            is_checked=faults is not None,
            picture=_picture(site, seen, width, link),
        )
        if faults is None and not client.graphs and _is_checkable(site):
            # Whoever looks again sees what rules say; nobody waits for it.
            shown.background = BackgroundTask(_check, site, client)
        return shown

    return routes


def _faults_key(site: Site) -> tuple[object, ...]:
    return ("violations", site.service.revision)


def _is_checkable(site: Site) -> bool:
    store = site.service.store
    if store.revision < 0:
        return False
    revisions = store.revisions
    if revisions.report(store.revision) is not None:
        return True
    return revisions.describe(store.revision).statements <= _SMALL


async def _check(site: Site, client: Client) -> None:
    revision = site.service.revision

    async def found() -> dict[str, int]:
        faults: dict[str, int] = await site.service.read(client.line, reports.violations, revision)
        return faults

    with suppress(Problem, StoreError):
        await site.kept(("violations", revision), found)


async def _seen(
    site: Site, client: Client, view: View, page: int, faults: dict[str, int] | None
) -> Drawing:
    revision = site.service.revision

    async def drawn() -> Drawing:
        found: Drawing = await site.service.read(
            client.line, drawing.draw, revision, client.scope(), view, page, faults
        )
        return found

    return await site.kept(
        ("map", revision, client.graphs, repr(view), page, faults is None), drawn
    )


def _view(given: dict[str, str]) -> View:
    facets = [name.removeprefix("map-by-") for name in network.facet_queries()]
    steps = _whole(given.get("steps", ""), 1)
    tier = given.get("tier", "")
    return View(
        facets={name: given[name] for name in facets if given.get(name)},
        text=given.get("text", ""),
        centre=given.get("party", ""),
        steps=min(steps, max(_STEPS)),
        tier=tier if tier in _TIERS else "",
        kind=given.get("kind", ""),
    )


def _whole(text: str, otherwise: int) -> int:
    return int(text) if text.isascii() and text.isdigit() and int(text[:6]) > 0 else otherwise


def amount(number: Decimal, currency: str) -> str:
    """Return a sum of money as people write it."""
    return f"{number:,.0f} {currency}".rstrip()


def counted(number: int, one: str, many: str = "") -> str:
    """Return a number of things in words, such as “3 relationships”."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def _picture(
    site: Site, seen: Drawing, width: str, link: Callable[..., str]
) -> dict[str, list[dict[str, Any]]]:
    """What the script draws; every word and every address in it is made here."""
    weights = [
        float(arrow.worth.get(width, 0)) if width else arrow.relationships for arrow in seen.arrows
    ]
    # A sum of money says something beside other sums only; a number says something by itself.
    most = max([*weights, 1.0 if width else 16.0])
    return {
        "nodes": [_node(site, node, link) for node in seen.nodes],
        "arrows": [
            {
                "source": arrow.source,
                "target": arrow.target,
                "width": round(1.5 + 5 * math.log(max(weight, 1)) / math.log(max(most, 2)), 2),
                "label": _label(arrow, width, seen.is_grouped),
                "loop": arrow.is_loop,
            }
            for arrow, weight in zip(seen.arrows, weights, strict=True)
        ],
    }


def _label(arrow: Arrow, width: str, is_crowded: bool) -> str:
    if width:
        return amount(arrow.worth[width], width) if width in arrow.worth else ""
    return "" if is_crowded or arrow.relationships == 1 else str(arrow.relationships)


def _node(site: Site, node: Node, link: Callable[..., str]) -> dict[str, Any]:
    does = " and ".join(
        f"{verb} in {counted(number, 'relationship')}"
        for verb, number in (("provides", node.provides), ("consumes", node.consumes))
        if number
    )
    kind = node.kind.text if node.kind else "of a kind that is not told"
    if node.parties > 1:
        label = f"{counted(node.parties, node.tier)} ({kind})"
        links = [("Show these", link(tier=node.tier, kind=node.kind and node.kind.iri, page=None))]
    else:
        label = node.name.text
        links = [
            ("Open", site.url("/resource", iri=node.id)),
            ("Its neighbourhood", site.url("/", party=node.id)),
            ("What if it fails?", site.url("/what-if", thing=node.id)),
        ]
    faults = ""
    if node.violations:
        faults = f"; {counted(node.violations, 'violation')} of rules there"
    return {
        "id": node.id,
        "label": f"{label}\n{counted(node.violations, 'violation')}" if node.violations else label,
        "said": f"{label}: {does}{faults}",
        "role": node.role,
        "tier": _TIERS.index(node.tier),
        "isGroup": node.parties > 1,
        "size": round(16 + 6 * math.log2(node.relationships + 1)),
        "violations": node.violations,
        "links": [{"text": text, "url": url} for text, url in links],
    }
