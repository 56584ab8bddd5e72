"""Where things lie in a view: Archi measures from what they lie in, the exchange format from the
corner of the view, and bends of a line Archi measures from the centres of both its ends.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from srmgraph.adapters.archimate.model import Part

Point = tuple[int, int]
_NUMBER = re.compile(r"-?[0-9]{1,9}")


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle in a view, measured from the corner of the view."""

    x: int
    y: int
    w: int
    h: int

    @property
    def centre(self) -> Point:
        """The point in the middle, rounded down."""
        return self.x + self.w // 2, self.y + self.h // 2


def number(text: str | None, default: int = 0) -> int:
    """Return a coordinate as a whole number; what is none counts as the default."""
    return int(text) if text is not None and _NUMBER.fullmatch(text) else default


def box_of(node: Part) -> Box:
    """Return where a node lies."""
    values = (number(node.attributes.get(name)) for name in "xywh")
    return Box(*values)


def centres(view: Part) -> dict[str, Point]:
    """Return the centre of each node and of each connection between nodes, by identifier."""
    found = {part.identifier: box_of(part).centre for part in view.walk() if part.kind == "node"}
    # A connection may end at another connection: its middle lies between its own two ends.
    waiting = [part for part in view.walk() if part.kind == "connection"]
    while waiting:
        left = []
        for part in waiting:
            one = found.get(part.attributes.get("source", ""))
            other = found.get(part.attributes.get("target", ""))
            if one is None or other is None:
                left.append(part)
            else:
                found[part.identifier] = ((one[0] + other[0]) // 2, (one[1] + other[1]) // 2)
        if len(left) == len(waiting):
            break
        waiting = left
    return found
