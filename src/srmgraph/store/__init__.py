"""Stores: where the statements of a service graph are kept and asked."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Literal, overload

from srmgraph.errors import StoreError
from srmgraph.store.embedded import EmbeddedStore
from srmgraph.store.protocol import Store
from srmgraph.store.solutions import Row, Solutions

__all__ = ["EmbeddedStore", "Row", "Solutions", "Store", "open_store"]


@overload
def open_store(url: Literal["memory:"] = "memory:", *, create: bool = False) -> EmbeddedStore: ...
@overload
def open_store(url: str, *, create: bool = False) -> Store: ...
def open_store(url: str = "memory:", *, create: bool = False) -> Store:
    """Open the store at an address.

    It is `memory:` for a new and empty store, the address of a SPARQL 1.1 service (`https://…`, or
    `virtuoso+https://…` where its kind is to be known), or else a folder; where there is no such
    folder, a store is made of it if `create` says so.
    Raises StoreError.
    """
    if url == "memory:":
        return EmbeddedStore()
    if re.match(r"([a-z0-9]+\+)?https?://", url):
        from srmgraph.store.remote import RemoteStore

        return RemoteStore(url)
    if "://" in url:
        raise StoreError(
            f"“{url}” is no store that can be opened. Name a folder, a SPARQL service "
            "(https://…) or memory:."
        )
    # Only folders need locks between processes, which some systems lack.
    from srmgraph.store.folder import FolderStore

    folder = Path(url)
    if create and not (folder / "srmgraph.json").exists():
        return FolderStore.create(folder)
    return FolderStore(folder)
