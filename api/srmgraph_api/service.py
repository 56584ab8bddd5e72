"""What all routes share: the graph that is served, as it was stated and with what follows."""

from __future__ import annotations

from threading import Lock

from srmgraph import InconsistentError, ServiceGraph
from srmgraph_api.work import Work


class Service:
    """A graph that does not change, and its closure, worked out when it is first needed.

    The closure lies in a graph of its own, so that what SPARQL answers does not depend on which
    questions were asked before.
    """

    def __init__(self, graph: ServiceGraph) -> None:
        self.stated = graph
        self.work = Work()
        self._closed: ServiceGraph | None = None
        self._contradictions: tuple[str, ...] = ()
        self._lock = Lock()

    def closed(self) -> ServiceGraph:
        """Return what was stated and what follows; raises InconsistentError.

        Takes seconds the first time; whoever asks meanwhile waits for the same result. It is not
        done when the service starts, because few questions need it and all would wait for it.
        """
        with self._lock:
            if self._contradictions:
                raise InconsistentError(self._contradictions)
            if self._closed is None:
                closed = ServiceGraph(self.stated.store.copy())
                try:
                    closed.infer()
                except InconsistentError as error:
                    self._contradictions = error.contradictions
                    raise
                self._closed = closed
            return self._closed
