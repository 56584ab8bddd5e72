"""An end to answers that grow too large or take too long."""

from __future__ import annotations

import io
import time
from typing import Any

from srmgraph.errors import QueryError


class LimitedBytes(io.BytesIO):
    """Bytes to write to, until there are too many of them or it takes too long: then QueryError."""

    def __init__(self, largest: int | None, seconds: float | None) -> None:
        super().__init__()
        self._largest = largest
        self._end = None if seconds is None else time.monotonic() + seconds

    def write(self, data: Any, /) -> int:
        """Take in data; raises QueryError."""
        if self._largest is not None and self.tell() + len(data) > self._largest:
            raise QueryError(
                f"The answer has more than {self._largest:,} bytes. Ask for less, as with LIMIT."
            )
        if self._end is not None and time.monotonic() > self._end:
            raise QueryError("It takes too long to write the answer. Ask for less, as with LIMIT.")
        return super().write(data)
