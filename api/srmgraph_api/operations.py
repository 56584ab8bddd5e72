"""What whoever runs the service asks of it: is it alive, is it ready, how does it do?"""

from __future__ import annotations

from collections.abc import Iterable
from importlib.metadata import version
from typing import Any

from fastapi import APIRouter, Response
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.core import CounterMetricFamily
from prometheus_client.registry import Collector

from srmgraph import knowledge, queries
from srmgraph.errors import StoreError
from srmgraph.validation.shapes import Shapes
from srmgraph_api.problems import Problem, responses
from srmgraph_api.service import Service

_SECONDS = (0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1.0, 5.0, 10.0, 60.0)


class Counters:
    """The counters of one service, as Prometheus reads them."""

    def __init__(self, service: Service) -> None:
        self.registry = CollectorRegistry()
        self._requests = Counter(
            "srmgraph_requests", "Requests", ("method", "path", "status"), registry=self.registry
        )
        self._seconds = Histogram(
            "srmgraph_request_seconds",
            "How long requests take",
            ("path",),
            buckets=_SECONDS,
            registry=self.registry,
        )
        for name, told, value in (
            ("workers_busy", "Workers at work", lambda: service.readers.busy),
            ("requests_waiting", "Requests that wait", lambda: service.readers.waiting),
            ("writers_waiting", "Changes that wait", lambda: service.writers.waiting),
            ("revision_in_memory", "The one in memory; -1 if none", lambda: service.images.number),
            ("revision", "The current revision", lambda: service.revision),
            ("disk_free_bytes", "Room on the disk of the store", lambda: service.room),
        ):
            Gauge(f"srmgraph_{name}", told, registry=self.registry).set_function(value)
        self.registry.register(_Deaths(service))
        self._known: dict[tuple[str, str, int], tuple[Counter, Histogram]] = {}

    def count(self, method: str, path: str, status: int, seconds: float) -> None:
        """Count a request that was answered."""
        key = method, path, status
        known = self._known.get(key)
        if known is None:
            known = self._known[key] = (
                self._requests.labels(method, path, str(status)),
                self._seconds.labels(path),
            )
        requests, times = known
        requests.inc()
        times.observe(seconds)


class _Deaths(Collector):
    """How many workers were killed or died, which a service counts by itself."""

    def __init__(self, service: Service) -> None:
        self._service = service

    def collect(self) -> Iterable[CounterMetricFamily]:
        """Tell of it; see Prometheus."""
        yield CounterMetricFamily(
            "srmgraph_worker_deaths", "Workers that were killed or died", self._service.deaths
        )


def router(service: Service, counters: Counters) -> APIRouter:
    """Return the routes of operation."""
    routes = APIRouter(tags=["Operation"])

    @routes.get("/live", summary="Ask whether the service is alive")
    def live() -> dict[str, str]:
        """It is when it answers at all."""
        return {"status": "alive"}

    @routes.get(
        "/ready", summary="Ask whether the service can do its work", responses=responses(503)
    )
    def ready() -> dict[str, Any]:
        """It is not when the disk is nearly full: then it still answers questions, but takes no
        changes until there is room again. Nor is it when what it serves is gone or damaged."""
        try:
            current = service.revision
            if current >= 0:
                service.store.revisions.path(current)
        except StoreError:
            raise Problem(503, "What is served is not there, or cannot be read.") from None
        if lack := service.lacks_room:
            raise Problem(503, lack)
        return {"status": "ready", "revision": current}

    @routes.get("/health", summary="Ask whether all is well")
    def health() -> dict[str, Any]:
        """The version, and how much is served."""
        current = service.revision
        return {
            "status": "ok",
            "version": version("srmgraph"),
            "revision": current,
            "statements": service.store.revisions.describe(current).statements
            if current >= 0
            else 0,
            "rules": len(Shapes(knowledge.shapes()).with_targets()),
            "queries": len(queries.questions()),
        }

    @routes.get(
        "/metrics",
        summary="Get the counters, as Prometheus reads them",
        response_class=Response,
        responses={200: {"content": {"text/plain": {}}}},
    )
    def metrics() -> Response:
        """Requests by path and status, how long they took, workers, queue, disk."""
        return Response(generate_latest(counters.registry), media_type="text/plain; version=0.0.4")

    return routes
