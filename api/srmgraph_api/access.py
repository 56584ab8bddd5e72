"""Who may do what: reading is open or needs a key, writing always needs one."""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass, replace

from fastapi import Request

from srmgraph import knowledge
from srmgraph.keys import Key
from srmgraph.store.revisions import Revision
from srmgraph_api.gate import client_name
from srmgraph_api.jobs import is_about
from srmgraph_api.problems import Problem
from srmgraph_api.service import Service

_NOT_TOLD = "not told to this key"
_CHALLENGE = {"WWW-Authenticate": 'Bearer realm="srmgraph"'}


@dataclass(frozen=True)
class Client:
    """Who sends a request: for the queue, for the history, and the graphs it is confined to."""

    line: str
    author: str
    graphs: tuple[str, ...]

    def scope(self) -> list[str]:
        """The graphs that are seen; all of them when there are none."""
        return list(self.graphs)

    def check_graph(self, name: str | None) -> None:
        """Raise Problem 403 for a graph that the client's key is not for."""
        if self.graphs and name not in self.graphs:
            raise Problem(403, f"The key is for other graphs: {', '.join(self.graphs)}.")

    def check_all(self, reason: str) -> None:
        """Raise Problem 403, with the reason, unless the client's key is for all graphs."""
        if self.graphs:
            raise Problem(403, f"The key is for some graphs only, and {reason}.")

    def told(self, revision: Revision) -> Revision:
        """Return a revision as the client may know it: what others did is not told to a key for
        some graphs, since it names theirs."""
        if not self.graphs or is_about(revision.message, self.graphs):
            return revision
        return replace(revision, author="", message=_NOT_TOLD)

    def check_writes(self, name: str | None) -> None:
        """Raise Problem 403 for such a graph, and for one that the store keeps for itself."""
        self.check_graph(name)
        if name is not None and name in map(str, knowledge.own_graphs()):
            raise Problem(403, f"The graph <{name}> is kept by the store itself.")


def reader(service: Service, request: Request) -> Client:
    """Return who reads; raises Problem 401 when reading needs a key."""
    return _client(service, request, "read" if service.settings.reading == "keys" else None)


def writer(service: Service, request: Request, role: str = "write") -> Client:
    """Return who writes; raises Problem 401 without a key, and 403 with one that does not do."""
    return _client(service, request, role)


def _client(service: Service, request: Request, role: str | None) -> Client:
    address = request.client.host if request.client else ""
    header = request.headers.get("authorization")
    signed_in = service.sessions.key(request) if header is None else None
    if header is None and signed_in is None:
        if role is not None:
            raise Problem(
                401, f"This needs a key with the role {role}, as `Authorization: Bearer srm_…`. "
                "Whoever runs the service makes one with: srmgraph keys create", _CHALLENGE,
            )  # fmt: skip
        return Client(address, "", ())
    key = signed_in or _key(service, header or "")
    # Any site can make a browser send a cookie, but not a form that a page of ours has marked.
    is_genuine = signed_in is None or getattr(request.state, "is_genuine", False)
    if role not in (None, "read") and not is_genuine:
        raise Problem(403, "A browser that is signed in writes by the forms of the pages only.")
    client_name.set(key.name)
    if role is not None and not key.allows(role):
        raise Problem(403, f"This needs the role {role}; the key has the role {key.role}.")
    return Client(key.id, key.name, key.graphs)


def _key(service: Service, header: str) -> Key:
    scheme, _, value = header.partition(" ")
    text = value.strip()
    # Tools that know passwords only send the key as one, under any name.
    if scheme.lower() == "basic":
        try:
            text = base64.b64decode(text, validate=True).decode().partition(":")[2]
        except (binascii.Error, UnicodeDecodeError):
            text = ""
    key = service.keys.find(text) if scheme.lower() in ("bearer", "basic") else None
    if key is None:
        raise Problem(401, "The key is not known, or was revoked.", _CHALLENGE)
    return key
