"""What all routes share: the store that is served, its workers and its one writer."""

from __future__ import annotations

import asyncio
import logging
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar, TypeVarTuple

from srmgraph import InconsistentError, ServiceGraph, knowledge
from srmgraph.change import Change
from srmgraph.keys import Keys
from srmgraph.store.folder import FolderStore
from srmgraph_api.crew import Crew
from srmgraph_api.images import Images
from srmgraph_api.pages.sessions import Sessions
from srmgraph_api.problems import Problem
from srmgraph_api.settings import Settings
from srmgraph_api.worker import Crashed, Limits, TooLong, Worker

if TYPE_CHECKING:
    from srmgraph_api.jobs import Desk

_T = TypeVar("_T")
_Arguments = TypeVarTuple("_Arguments")
_LOG = logging.getLogger("srmgraph_api")
_OUT_OF_MEMORY = -6


class Service:
    """A store, asked by several workers at a time and changed by one.

    `store` is for its history alone: whatever a stranger wrote is read by workers.
    """

    def __init__(self, settings: Settings, graph: ServiceGraph | None = None) -> None:
        """Serve the store of the settings or, if they name none, a copy of what `graph` or the
        files of the settings state; it lasts as long as the service.

        Raises StoreError, and InputError for a file that cannot be read.
        """
        self.settings = settings
        self._scratch: Path | None = None
        if settings.store and graph is None:
            self.folder = Path(settings.store)
        else:
            self._scratch = Path(tempfile.mkdtemp(prefix="srmgraph-"))
            self.folder = self._scratch / "store"
            try:
                _fill(FolderStore.create(self.folder), settings, graph)
            except BaseException:
                shutil.rmtree(self._scratch, ignore_errors=True)
                raise
        self.store = FolderStore(self.folder)
        self.keys = Keys(self.folder)
        self.sessions = Sessions(self.keys, settings.base)
        limits = Limits(settings.worker_memory << 20, settings.network == "none")
        # Inference and validation of all there is need more than one question does.
        more = Limits(settings.worker_memory << 22, settings.network == "none")
        self.readers = Crew(
            [Worker(self.folder, limits) for _ in range(settings.workers)],
            settings.waiting,
            settings.waiting_of_each,
            settings.patience,
            ahead=1,
        )
        self.writers = Crew(
            [Worker(self.folder, more)],
            settings.waiting,
            settings.waiting_of_each,
            settings.write_seconds,
        )
        self.images = Images(self.folder, limits, settings.in_memory << 20, self.readers)
        self._copying: asyncio.Task[None] | None = None
        self.deaths = 0

    @property
    def revision(self) -> int:
        """The number of the current revision."""
        return self.store.revision

    @property
    def room(self) -> int:
        """The bytes that are free on the disk of the store."""
        return shutil.disk_usage(self.folder).free

    @property
    def lacks_room(self) -> str:
        """Why nothing can be changed now: the disk is nearly full. Empty if there is room."""
        room, needed = self.room, self.settings.needs_room
        if room >= needed:
            return ""
        return (
            f"There are {room:,} bytes left on the disk, and changes need {needed:,}. "
            "Questions are still answered."
        )

    async def start(self) -> None:
        """Start the workers, so that the first who ask need not wait."""
        self.readers.start()
        self.writers.start()
        self._copying = asyncio.create_task(self.images.run())

    async def stop(self) -> None:
        """End the workers, and remove what was only there for the service."""
        if self._copying is not None:
            self._copying.cancel()
            await asyncio.wait({self._copying})
        await self.readers.stop()
        await self.writers.stop()
        await asyncio.to_thread(self.images.close)
        self.store.close()
        if self._scratch is not None:
            shutil.rmtree(self._scratch, ignore_errors=True)

    async def read(
        self, client: str, job: Callable[[Desk, *_Arguments], _T], *arguments: *_Arguments
    ) -> _T:
        """Return what a job returns that a worker does; `client` is whose turn it is.

        Raises what the job raises, and Problem 429, 503 or 504, or 422 when it needs too much
        memory.
        """
        return await self._do(self.readers, client, self.settings.query_seconds, job, *arguments)

    async def write(
        self, client: str, job: Callable[[Desk, *_Arguments], _T], *arguments: *_Arguments
    ) -> _T:
        """Return what a job returns that the writer does; see `read`.

        Raises Problem 507 while the disk is nearly full: what is left is for what is at work.
        """
        if lack := self.lacks_room:
            raise Problem(507, lack)
        return await self._do(self.writers, client, self.settings.write_seconds, job, *arguments)

    async def _do(
        self,
        crew: Crew,
        client: str,
        seconds: float,
        job: Callable[[Desk, *_Arguments], _T],
        *arguments: *_Arguments,
    ) -> _T:
        try:
            answer: _T = await crew.do(client, job, *arguments, seconds=seconds)
            return answer
        except TooLong:
            self.deaths += 1
            raise Problem(
                504, f"The answer was not found within {seconds:.0f} seconds. Ask for less."
            ) from None
        except MemoryError:
            raise self._too_much() from None
        except Crashed as crash:
            self.deaths += 1
            if crash.code == _OUT_OF_MEMORY:
                raise self._too_much() from None
            _LOG.error("a worker died (exit code %s)", crash.code)
            raise Problem(503, "The process that worked on this request died of it.") from None

    def _too_much(self) -> Problem:
        return Problem(
            422, f"This needs more than {self.settings.worker_memory:,} MB of memory. Ask for less."
        )


def _fill(store: FolderStore, settings: Settings, graph: ServiceGraph | None) -> None:
    """Take in what is to be served, whether it conforms or not: a service shows what there is."""
    with store.change(message="served") as candidate:
        change = Change(candidate, "", "served", is_durable=True)
        if graph is not None:
            source = graph.store.snapshot()
            candidate.write(iter(source.oxigraph), len(source))
            candidate.prefixes |= source.prefixes
            candidate.namespaces |= source.namespaces
        else:
            for file in settings.paths or knowledge.example_files():
                change.load(file)
        try:
            change.infer()
        except InconsistentError as error:
            _LOG.warning("%s", error)
