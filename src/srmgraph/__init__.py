"""A knowledge graph of the service relationship model: who provides what to whom.

from srmgraph import ServiceGraph

with ServiceGraph.open() as graph:
    graph.load("data/cellphone/cellphone.ttl")
    for row in graph.ask("who-consumes", service="ex:phone-service"):
        print(row.consumer)
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from srmgraph.errors import (
    BusyStoreError,
    ChangedStoreError,
    ClosureTooLargeError,
    ConflictError,
    DoesNotConformError,
    FullStoreError,
    InconsistentError,
    InputError,
    MissingFileError,
    ParameterError,
    ParseError,
    QueryError,
    QuestionError,
    ShapesError,
    SrmgraphError,
    StoreError,
    UnknownFormatError,
    UnknownQuestionError,
    UnknownRevisionError,
    UnprovedError,
)

if TYPE_CHECKING:
    from srmgraph.graph import ServiceGraph
    from srmgraph.validation import Report, Result

__all__ = [
    "BusyStoreError",
    "ChangedStoreError",
    "ClosureTooLargeError",
    "ConflictError",
    "DoesNotConformError",
    "FullStoreError",
    "InconsistentError",
    "InputError",
    "MissingFileError",
    "ParameterError",
    "ParseError",
    "QueryError",
    "QuestionError",
    "Report",
    "Result",
    "ServiceGraph",
    "ShapesError",
    "SrmgraphError",
    "StoreError",
    "UnknownFormatError",
    "UnknownQuestionError",
    "UnknownRevisionError",
    "UnprovedError",
]

# What needs rdflib is imported when it is first asked for, so that a command starts at once.
_LAZY = {
    "ServiceGraph": "srmgraph.graph",
    "Report": "srmgraph.validation",
    "Result": "srmgraph.validation",
}


def __getattr__(name: str) -> Any:
    if name not in _LAZY:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(_LAZY[name]), name)


def __dir__() -> list[str]:
    return sorted(__all__)
