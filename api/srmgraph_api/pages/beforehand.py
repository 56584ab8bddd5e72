"""What pages ask of the whole of a revision, found before anybody asks: the map, all names, what
rests on what, and the report that was kept with it.

It is kept where the pages look for it, so that whoever is born of the process that did this has it.
"""

from __future__ import annotations

from srmgraph_api.jobs import Desk
from srmgraph_api.pages import failure, finding, network, reports


def prepare(desk: Desk, revision: int) -> None:
    """Find what pages ask of all graphs of a revision. Keys for some graphs ask for themselves."""
    network.network(desk, revision, ())
    finding.names(desk, revision, ())
    failure.dependencies(desk, revision, ())
    if reports.standing_report(desk, revision) is not None:
        reports.standing(desk, revision, "", "", "", [])
