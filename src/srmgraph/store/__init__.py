"""Stores: where the statements of a service graph are kept and asked."""

from __future__ import annotations

from srmgraph.errors import StoreError
from srmgraph.store.embedded import Store
from srmgraph.store.solutions import Row, Solutions

__all__ = ["Row", "Solutions", "Store", "open_store"]


def open_store(url: str = "memory:") -> Store:
    """Open the store at an address; today that is `memory:`, a new and empty store.

    Raises StoreError for any other address.
    """
    if url == "memory:":
        return Store()
    raise StoreError(
        f"“{url}” is no store that can be opened. Today a store is kept in memory: open “memory:” "
        "and read files into it."
    )
