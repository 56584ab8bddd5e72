"""Results one after the other, as they are found, for whom there may be too many to keep."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from types import TracebackType

from srmgraph.validation.report import Report, Result


class Stream:
    """What a validation finds, to be taken once, result by result or part by part.

    Results come query by query, in an order that depends on the rules alone; those of one query are
    in the order of a report. Nothing of an earlier query is kept. What is checked last are rules
    whose queries look at the shapes, and such as are left to pySHACL.

    A part is a report on what one query found, which knows the things that it mentions. Whoever
    does not take all of them says `close`, or uses the stream in a `with` block.
    """

    def __init__(self, parts: Generator[Report, None, Report]) -> None:
        """Take the parts; what their generator returns at last is the summary."""
        self._parts = parts
        self._summary: Report | None = None

    def __iter__(self) -> Iterator[Result]:
        for part in self.parts():
            yield from part.results

    def parts(self) -> Iterator[Report]:
        """The parts in which something was found, without totals or notes.

        Raises ShapesError as `validate` does, perhaps after some parts.
        """
        while self._summary is None:
            try:
                part = next(self._parts)
            except StopIteration as end:
                self._summary = end.value
                return
            if part.results:
                yield part

    @property
    def summary(self) -> Report:
        """The report without its results, whose `totals` count them; there once all are taken.

        Raises ValueError before.
        """
        if self._summary is None:
            raise ValueError("There is no summary before all results are taken.")
        return self._summary

    def close(self) -> None:
        """Check no further."""
        self._parts.close()

    def __enter__(self) -> Stream:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()
