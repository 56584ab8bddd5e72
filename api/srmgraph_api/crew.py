"""The workers of a service, and what waits for them: each task is done by whoever is free first."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import Any

from srmgraph_api.turns import Turns, busy
from srmgraph_api.worker import Origin, Task, Worker

_SOON = 0.005
_LARGE = 1 << 16


class Crew:
    """Workers that share their work; clients take turns at them.

    A worker that is likely to be done soon may have the next task with it already. Should that wait
    longer, it is given to another.
    """

    def __init__(
        self,
        workers: Sequence[Worker],
        waiting: int,
        of_each: int,
        patience: float,
        *,
        ahead: int = 0,
    ) -> None:
        """Let so many tasks wait, `of_each` client, for `patience` seconds; give each worker so
        many ahead of time, which is for tasks that may be begun twice."""
        self.workers = workers
        self._turns: Turns[Task] = Turns(waiting, of_each)
        self._patience = patience
        self._ahead = ahead
        # Until when each that is not begun waits, in the order in which they came.
        self._waiting: dict[Task, float] = {}
        self._timer: asyncio.TimerHandle | None = None
        self._look: asyncio.TimerHandle | None = None
        for worker in workers:
            worker.foreman = self

    @property
    def busy(self) -> int:
        """How many workers are at work."""
        return sum(worker.tasks > 0 for worker in self.workers)

    @property
    def waiting(self) -> int:
        """How many tasks are not begun."""
        return len(self._waiting)

    async def do(
        self, client: str, job: Callable[..., Any], *arguments: Any, seconds: float
    ) -> Any:
        """Return what `job` returns in a worker, called with its desk and the arguments.

        Raises what the job raises; TooLong when it takes longer than so many seconds once it is
        begun, and Crashed, which both end the worker's process; Problem 429 when too much of the
        client's waits already, and 503 when too much of all does or its turn does not come in time.
        """
        task = Task(client, seconds, job, arguments)
        self._place(task)
        try:
            outcome, value = await task.answer
        except asyncio.CancelledError:
            self._forget(task)
            raise
        if outcome == "failed":
            raise value
        return value

    def start(self) -> None:
        """Start the workers, so that the first who ask need not wait."""
        for worker in self.workers:
            worker.start()

    async def stop(self) -> None:
        """End the workers; what they do or is still to be done is not answered."""
        for timer in (self._timer, self._look):
            if timer is not None:
                timer.cancel()
        for worker in self.workers:
            worker.is_reserved = True
            await worker.stop()

    async def move(self, worker: Worker, origin: Origin | None) -> None:
        """Let a worker go on from another origin, when it has done what it has."""
        worker.is_reserved = True
        try:
            while worker.tasks:
                await asyncio.sleep(_SOON)
            await worker.move(origin)
        finally:
            worker.is_reserved = False
            self.freed(worker)

    def freed(self, worker: Worker) -> None:
        """See Foreman."""
        if (current := worker.current) is not None:
            self._waiting.pop(current, None)
        loop = asyncio.get_running_loop()
        now = loop.time()
        while self._has_room(worker, now):
            task = self._late(worker, now) or self._turns.next()
            if task is None:
                break
            self._give(worker, task)
        if not worker.tasks and self._waiting and self._look is None:
            self._look = loop.call_later(_SOON, self._relieve)

    def returned(self, task: Task) -> None:
        """See Foreman."""
        # It has waited for its turn already.
        self._turns.add_first(task.client, task)
        asyncio.get_running_loop().call_soon(self._relieve)

    def _place(self, task: Task) -> None:
        """Give a task to a worker, or let it wait for its turn."""
        now = asyncio.get_running_loop().time()
        idle = [one for one in self.workers if not one.tasks and not one.is_reserved]
        ready = next((one for one in idle if one.is_ready), None)
        if ready is not None:
            ready.give(task)
            return
        if not self._turns.waiting:
            for worker in self.workers:
                if worker.is_ready and len(task.content) <= _LARGE and self._has_room(worker, now):
                    self._wait(task, now)
                    worker.give(task)
                    return
            if idle:
                idle[0].give(task)
                return
        self._turns.add(task.client, task)
        self._wait(task, now)

    def _has_room(self, worker: Worker, now: float) -> bool:
        if worker.is_reserved:
            return False
        if not worker.tasks:
            return True
        is_quick = worker.is_ready and now - worker.begun < _SOON
        return is_quick and worker.tasks <= self._ahead

    def _give(self, worker: Worker, task: Task) -> None:
        if not worker.tasks:
            self._waiting.pop(task, None)
        worker.give(task)

    def _late(self, worker: Worker, now: float) -> Task | None:
        """Take back a task that waits behind one that takes long."""
        for other in self.workers if self._ahead else ():
            if other is not worker and other.tasks > 1 and now - other.begun >= _SOON:
                task = other.next
                if task is not None:
                    other.withdraw(task)
                    return task
        return None

    def _relieve(self) -> None:
        """Let workers that have nothing to do look for what waits at others."""
        self._look = None
        idle = [worker for worker in self.workers if not worker.tasks]
        for worker in sorted(idle, key=lambda one: not one.is_ready):
            self.freed(worker)

    def _wait(self, task: Task, now: float) -> None:
        self._waiting[task] = now + self._patience
        if self._timer is None:
            loop = asyncio.get_running_loop()
            self._timer = loop.call_at(now + self._patience, self._expire)

    def _expire(self) -> None:
        """Send away those who have waited too long."""
        self._timer = None
        loop = asyncio.get_running_loop()
        now = loop.time()
        for task, end in list(self._waiting.items()):
            if end > now:
                self._timer = loop.call_at(end, self._expire)
                return
            self._forget(task)
            task.fail(busy())

    def _forget(self, task: Task) -> None:
        """Do not begin a task, unless it is begun."""
        self._waiting.pop(task, None)
        self._turns.remove(task.client, task)
        for worker in self.workers:
            if worker.withdraw(task):
                return
