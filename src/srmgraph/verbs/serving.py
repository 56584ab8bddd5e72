"""Verbs that open a store to others: serve it, and the keys to it."""

from __future__ import annotations

import argparse
import logging
import os
import signal
from contextlib import suppress
from ipaddress import ip_address
from pathlib import Path
from typing import TYPE_CHECKING

from srmgraph.errors import ParameterError
from srmgraph.keys import ROLES, Keys
from srmgraph.verbs import arguments, reading
from srmgraph.verbs.arguments import DONE, STORE, AddVerb, needed_store

if TYPE_CHECKING:
    from srmgraph.terminal import Terminal

_LOOPBACK = "localhost 127.0.0.1 [::1]"


def install(add: AddVerb) -> None:
    """Add the verbs."""
    one = add(
        "serve",
        "serve data, questions and rules over HTTP",
        "A store can be changed by those who have a key; files are only read. Without either, all "
        "worked examples are served. What else can be set: docs/service.md.",
    )
    one.add_argument("files", type=Path, nargs="*", metavar="FILE", help="what to serve")
    arguments.store(one)
    one.add_argument("--host", default="127.0.0.1", help="the address to listen on (127.0.0.1)")
    one.add_argument("--port", type=int, default=8000, help="the port to listen on (8000)")
    one.add_argument(
        "--log", action="store_true", help="tell of each request, a line of JSON on standard error"
    )
    one.set_defaults(run=_serve)

    one = add("keys", "make, list and revoke the keys to a store that is served")
    does = one.add_subparsers(dest="does", required=True, metavar="list|create|revoke")
    listing = does.add_parser("list", help="list the keys")
    listing.set_defaults(run=_list, parser=listing)
    making = does.add_parser("create", help="make a key and show it, this once")
    making.add_argument("name", metavar="NAME", help="whose key it is; told in the history")
    making.add_argument("--role", choices=ROLES, default="read", help="what it allows (read)")
    making.add_argument(
        "--graph", action="append", default=[], metavar="IRI", help="only this graph; may be many"
    )
    making.set_defaults(run=_create, parser=making)
    ending = does.add_parser("revoke", help="make a key useless")
    ending.add_argument("id", metavar="ID", help="see: srmgraph keys list")
    ending.set_defaults(run=_revoke, parser=ending)
    for parser in (listing, making, ending):
        arguments.store(parser)


def _serve(options: argparse.Namespace, rest: list[str], terminal: Terminal) -> int:
    import uvicorn
    from uvicorn.importer import import_from_string

    if options.store and options.files:
        raise ParameterError("Name files to serve, or a store with --store, one of the two.")
    if options.store or options.files:
        # What is named stands above all that is set.
        os.environ[STORE] = options.store or ""
        os.environ["SRMGRAPH_FILES"] = os.pathsep.join(map(str, options.files))
    settings = import_from_string("srmgraph_api.settings:read")()
    named = settings.store
    is_private = _is_loopback(options.host)
    has_keys = named and Keys(reading.folder_store(named).revisions.folder).all()
    if not is_private and not has_keys:
        raise ParameterError(
            f"{options.host} can be reached by others, so a store with keys is needed. Make one: "
            f"srmgraph keys create NAME --store {named or 'FOLDER'}"
        )
    if is_private and "hosts" not in settings.model_fields_set:
        os.environ["SRMGRAPH_HOSTS"] = _LOOPBACK
    config = uvicorn.Config(
        "srmgraph_api:create_app",
        factory=True,
        http="srmgraph_api.connections:Connection",
        host=options.host,
        port=options.port,
        log_level="warning",
        access_log=False,
        timeout_graceful_shutdown=10,
    )
    if options.log:
        logging.basicConfig(level=logging.WARNING, format="%(message)s")
        logging.getLogger("srmgraph_api.requests").setLevel(logging.INFO)
    # The files are read here, so that a faulty one is told before an address is.
    config.load()
    terminal.remark(f"http://{options.host}:{options.port}  (stop with Ctrl-C)", "bold")
    # Whoever supervises it says so in this way, and it is to end in good order too: the server
    # raises the signal once more when all is done, and that would end the process on the spot.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with suppress(KeyboardInterrupt):
        uvicorn.Server(config).run()
    return DONE


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _list(options: argparse.Namespace, rest: list[str], terminal: Terminal) -> int:
    rows = [
        (key.id, key.name, key.role, " ".join(key.graphs) or "all", key.created)
        for key in _keys(options).all()
    ]
    terminal.table(("id", "name", "role", "graphs", "made"), rows)
    return DONE


def _create(options: argparse.Namespace, rest: list[str], terminal: Terminal) -> int:
    terminal.line(_keys(options).create(options.name, options.role, tuple(options.graph)))
    terminal.remark("This is shown once. Send it as: Authorization: Bearer srm_…")
    return DONE


def _revoke(options: argparse.Namespace, rest: list[str], terminal: Terminal) -> int:
    _keys(options).revoke(options.id)
    terminal.line(f"The key {options.id} opens nothing any more.")
    return DONE


def _keys(options: argparse.Namespace) -> Keys:
    return Keys(reading.folder_store(needed_store(options)).revisions.folder)
