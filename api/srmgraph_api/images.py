"""A copy of the current revision in memory, of which workers are born.

A revision never changes, so it may be read once, from the disk, by a process that does nothing else
and sees nothing that a stranger sends: its keeper. Workers are forks of the keeper. They share its
memory, are there in a few milliseconds, and answer most questions 1.5 to 5 times as fast as from
the disk.

A revision is read when it has been the current one for as long as the last took to read, so that a
store into which much is written spends at most half of one processor on it. Until then, workers
read it from the disk.
"""

from __future__ import annotations

import asyncio
import logging
import socket
import threading
import time
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing.process import BaseProcess
from pathlib import Path

from srmgraph.errors import SrmgraphError
from srmgraph.store.folder import FolderStore
from srmgraph_api import keeper
from srmgraph_api.crew import Crew
from srmgraph_api.worker import Limits, context

_LOG = logging.getLogger("srmgraph_api")
_OF_A_STATEMENT = 340
"""About how many bytes a statement takes in memory: measured with 900,000."""

_ANSWERS_WITHIN = 10.0
_LOOKS_EVERY = 0.5
_AGAIN = 0.05
_QUIET = 1.0


class Image:
    """The handle of a keeper, and so of the copy of a revision that it keeps."""

    def __init__(self, folder: Path, number: int, limits: Limits, most: int) -> None:
        """Keep the revision of that number in at most so many bytes; workers have `limits`."""
        self.number = number
        self._begun_with = (folder, number, limits, most)
        self._process: BaseProcess | None = None
        self._control: socket.socket | None = None
        self._lock = threading.Lock()

    async def prepare(self) -> None:
        """Read the revision; raises OSError if that cannot be done."""
        ours, theirs = socket.socketpair()
        self._control = ours
        with theirs:
            self._process = await asyncio.to_thread(self._started, theirs)
        ours.setblocking(False)
        said = await asyncio.get_running_loop().sock_recv(ours, len(keeper.READY))
        if said != keeper.READY:
            raise OSError("The process that was to read the revision ended.")
        ours.settimeout(_ANSWERS_WITHIN)

    def begin(self, end: socket.socket) -> Born:
        """Start a worker; see `worker.Origin`. Raises OSError when the keeper is no more."""
        with self._lock:
            socket.send_fds(self._open(), [keeper.BEGIN], [end.fileno()])
            return Born(self, self._answer())

    def end(self, worker: int, patience: float) -> int | None:
        """End a worker, and return its exit code; None if it is not known."""
        try:
            with self._lock:
                self._open().sendall(keeper.END.pack(worker, patience))
                code = self._answer()
        except OSError:
            return None
        return None if code == keeper.UNKNOWN else code

    def is_alive(self) -> bool:
        """Whether the keeper is there."""
        return self._process is not None and self._process.is_alive()

    def close(self) -> None:
        """End the keeper and all workers that were born of it."""
        process, control = self._process, self._control
        self._process = self._control = None
        if process is not None:
            process.kill()
            process.join()
        if control is not None:
            control.close()

    def _started(self, control: socket.socket) -> BaseProcess:
        process = context().Process(
            target=keeper.keep, args=(control, *self._begun_with), daemon=True
        )
        process.start()
        return process

    def _open(self) -> socket.socket:
        if self._control is None:
            raise OSError("The image is closed.")
        return self._control

    def _answer(self) -> int:
        content = self._open().recv(keeper.NUMBER.size)
        if len(content) < keeper.NUMBER.size:
            raise OSError("The keeper of the image is gone.")
        return int(keeper.NUMBER.unpack(content)[0])


@dataclass(frozen=True)
class Born:
    """A worker that is a fork of the keeper of an image; see `worker.Process`."""

    image: Image
    number: int

    def end(self, patience: float) -> int | None:
        """End the process, and return its exit code; see `worker.Process`."""
        return self.image.end(self.number, patience)


class Images:
    """Lets workers be born of an image of the current revision, as soon as there is one.

    `is_reading` tells whether one is being made; until then, what looks at everything takes long.
    """

    def __init__(self, folder: Path, limits: Limits, most: int, crew: Crew) -> None:
        """Serve the workers of a crew; images have at most so many bytes."""
        self._store = FolderStore(folder)
        self._folder, self._limits, self._most = folder, limits, most
        self._crew = crew
        self._image: Image | None = None
        self._tried = -1
        self.is_reading = False
        self._took = _QUIET

    @property
    def number(self) -> int:
        """The number of the revision that is in memory; -1 if none is."""
        return -1 if self._image is None else self._image.number

    async def run(self) -> None:
        """Go on until cancelled."""
        seen, since = -1, time.monotonic()
        while True:
            await asyncio.sleep(_LOOKS_EVERY)
            if self._image is not None and not self._image.is_alive():
                _LOG.warning("the copy of revision %s in memory is lost", self.number)
                self.close()
            with suppress(SrmgraphError):
                head = self._store.revision
                if head != seen:
                    seen, since = head, time.monotonic()
                is_quiet = time.monotonic() - since >= self._took
                if is_quiet and head not in (self._tried, self.number):
                    self._tried = head
                    await self._renew(head)

    def close(self) -> None:
        """End the keeper."""
        if self._image is not None:
            self._image.close()
            self._image = None

    async def _renew(self, number: int) -> None:
        statements = self._store.revisions.describe(number).statements
        image = None
        if number >= 0 and statements * _OF_A_STATEMENT <= self._most:
            image = Image(self._folder, number, self._limits, self._most)
            begun = time.monotonic()
            self.is_reading = True
            try:
                await image.prepare()
            except BaseException as error:
                image.close()
                if not isinstance(error, OSError):
                    raise
                _LOG.warning("revision %s is read from the disk: %s", number, error)
                return
            finally:
                self.is_reading = False
            self._took = max(_QUIET, time.monotonic() - begun)
        old, self._image = self._image, image
        for worker in self._crew.workers:
            while not worker.is_from(image) and (image is None or image.is_alive()):
                await self._crew.move(worker, image)
                await asyncio.sleep(_AGAIN)
        if old is not None:
            await asyncio.to_thread(old.close)
