"""Lettering: how wide words are when they are drawn, and how they are broken into lines that fit.

Widths are estimates: the fonts of who looks at a picture are not known. They are those of DejaVu
Sans, which is wider than other fonts without serifs, so that in these there is room to spare.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from itertools import islice

ELLIPSIS = "…"
_JOINER = "\u200d"
_NARROW, _USUAL, _CAPITAL, _WIDE, _BROAD = 0.42, 0.65, 0.8, 1.0, 1.4
_WIDTHS = {
    **dict.fromkeys("fijlrtI .,:;'\"|!()[]{}/\\-`·", _NARROW),
    **dict.fromkeys("mwMW@%&+<>=~—…", _WIDE),
    **dict.fromkeys("سشصضﷺ", _BROAD),
}
_BY_CATEGORY = {"Mn": 0.0, "Me": 0.0, "Cf": 0.0, "Ll": _USUAL, "Nd": _USUAL, "Lu": _CAPITAL}
_LATIN_ENDS = "\u0250"
"""Letters before this one are Latin, whose small letters are narrower than those of others."""


def lines(words: str, width: float, most: int) -> list[str]:
    """Return words as at most so many lines, none wider than the width, which is in ems.

    What does not fit is left out, and an ellipsis stands for it; without room for an ellipsis
    there is no line.
    """
    if most < 1 or width < _WIDE:
        return []
    found = [*islice(_broken(words, width), most + 1)]
    if len(found) > most:
        found[most - 1 :] = [_shortened(found[most - 1], width)]
    return found


def _broken(words: str, width: float) -> Iterator[str]:
    line, used = "", 0.0
    # After a hyphen a line may end, as it may at a blank.
    for word in re.findall(r"[^\s-]*-+|[^\s-]+|\s+", " ".join(words.split())):
        clusters = [*_clusters(word)]
        wide = sum(size for _, size in clusters)
        if line and used + wide > width:
            yield line.rstrip()
            line, used = "", 0.0
            if word.isspace():
                continue
        for cluster, size in clusters:
            if line and used + size > width:
                yield line
                line, used = "", 0.0
            line, used = line + cluster, used + size
    if line:
        yield line


def _shortened(line: str, width: float) -> str:
    kept, used = "", _WIDTHS[ELLIPSIS]
    for cluster, size in _clusters(line):
        if used + size > width:
            break
        kept, used = kept + cluster, used + size
    return kept.rstrip() + ELLIPSIS


def _clusters(words: Iterable[str]) -> Iterator[tuple[str, float]]:
    """Return letters with the marks that belong to them, each with its width in ems."""
    cluster, size = "", 0.0
    for letter in words:
        wide = _width(letter)
        if cluster and wide and not cluster.endswith(_JOINER):
            yield cluster, size
            cluster, size = "", 0.0
        cluster, size = cluster + letter, size + wide
    if cluster:
        yield cluster, size


def _width(letter: str) -> float:
    if letter in _WIDTHS:
        return _WIDTHS[letter]
    category = unicodedata.category(letter)
    if unicodedata.east_asian_width(letter) in "WF":
        return _BROAD if category == "So" else _WIDE
    known = _BY_CATEGORY.get(category, _WIDE)
    return known if letter < _LATIN_ENDS or not known or category == "Nd" else _WIDE
