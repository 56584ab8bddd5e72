"""Texts of terms in N-Triples, as the engine writes them, looked at all together.

Nothing here makes an object of a term: what is asked of all of them is read off their bytes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from srmgraph.numbers import Mask, Numbers

_Bytes: TypeAlias = NDArray[np.bytes_]
_Signs: TypeAlias = NDArray[np.uint8]

_XSD = b"http://www.w3.org/2001/XMLSchema#"
_DAY, _MOMENT = b"0000-00-00", b"0000-00-00T00:00:00Z"
_WHOLE_DIGITS, _DIGITS = 12, 6
_LONGEST_NUMBER = 1 + _WHOLE_DIGITS + 1 + _DIGITS
_LENGTHS = np.array([0, 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31])

LONGEST = 32
"""How many bytes a text may have of which `plain` tells."""


@dataclass(frozen=True, slots=True)
class Texts:
    """Texts, in a buffer, each from a place to another."""

    _buffer: bytes
    _starts: Numbers
    _ends: Numbers

    @classmethod
    def of(cls, texts: Sequence[bytes]) -> Texts:
        """These texts."""
        sizes = np.fromiter(map(len, texts), np.int64, len(texts))
        ends = np.cumsum(sizes + 1) - 1
        # Whoever looks at so many signs from the last one on finds nothing there.
        return cls(b"\n".join([*texts, bytes(LONGEST + 1)]), ends - sizes, ends)

    def take(self, rows: Numbers) -> Texts:
        """Some of the texts."""
        return Texts(self._buffer, self._starts[rows], self._ends[rows])

    def __len__(self) -> int:
        """Return how many they are."""
        return len(self._starts)

    @property
    def signs(self) -> _Signs:
        """The first sign of each."""
        return np.frombuffer(self._buffer, np.uint8)[self._starts]

    def starting(self, start: bytes) -> Mask:
        """Which begin with some signs."""
        return self._have(self._starts, start)

    def ending(self, end: bytes) -> Mask:
        """Which end with some signs."""
        return self._have(self._ends - len(end), end)

    def _have(self, places: Numbers, sought: bytes) -> Mask:
        fits = self._ends - self._starts >= len(sought)
        found: Mask = self._windows(places, len(sought)) == sought
        return found & fits

    def _windows(self, places: Numbers, size: int) -> _Bytes:
        """So many signs from each place on; what is beyond the ends of all is anything."""
        if len(self._buffer) < size:
            # So all are too short.
            return np.zeros(len(places), f"S{size}")
        every = np.ndarray((len(self._buffer) - size + 1,), f"S{size}", self._buffer, strides=(1,))
        found: _Bytes = every[np.clip(places, 0, len(every) - 1)]
        return found

    def _signs(self, places: Numbers, size: int) -> _Signs:
        """The same, a row of signs for each place."""
        return self._windows(places, size).view(np.uint8).reshape(-1, size)

    def plain(self) -> tuple[_Bytes, Mask]:
        """The texts of literals, and which of them are told: those of no more than LONGEST signs,
        all of which stand for themselves."""
        signs = self._signs(self._starts + 1, LONGEST + 1)
        is_end = signs == ord('"')
        sizes = np.argmax(is_end, axis=1)
        is_inside = np.arange(LONGEST + 1) < sizes[:, None]
        stands = (signs >= ord(" ")) & (signs <= ord("~")) & (signs != ord("\\"))
        is_told = is_end.any(axis=1) & (stands | ~is_inside).all(axis=1)
        is_told &= self.signs == ord('"')
        return (signs * is_inside).view(f"S{LONGEST + 1}").ravel(), is_told

    def places(self) -> tuple[Numbers, Numbers]:
        """For each a scale on which terms can be compared, and its place on it: 1 for numbers, 2
        for days, 3 for moments; 0 for what is none, or not written in the usual way."""
        scales, places = np.zeros(len(self), np.int64), np.zeros(len(self), np.int64)
        is_literal = self.signs == ord('"')
        for name, scale, read in (
            (b"integer", 1, Texts._wholes),
            (b"decimal", 1, Texts._numbers),
            (b"date", 2, Texts._days),
            (b"dateTime", 3, Texts._moments),
        ):
            end = b'"^^<%b%b>' % (_XSD, name)
            rows = np.flatnonzero(is_literal & self.ending(end))
            if len(rows):
                # Between the quotes.
                bodies = Texts(self._buffer, self._starts[rows] + 1, self._ends[rows] - len(end))
                found, is_usual = read(bodies)
                scales[rows], places[rows] = scale * is_usual, found * is_usual
        return scales, places

    def _wholes(self) -> tuple[Numbers, Mask]:
        found, is_usual, has_point = self._digits()
        return found, is_usual & ~has_point

    def _numbers(self) -> tuple[Numbers, Mask]:
        found, is_usual, _ = self._digits()
        return found, is_usual

    def _digits(self) -> tuple[Numbers, Mask, Mask]:
        """Millions of numbers, which are written in the usual way, and which have a point."""
        sizes = self._ends - self._starts
        signs = self._signs(self._starts, _LONGEST_NUMBER)
        is_inside = np.arange(_LONGEST_NUMBER) < sizes[:, None]
        is_digit = (signs >= ord("0")) & (signs <= ord("9")) & is_inside
        is_point = (signs == ord(".")) & is_inside
        is_negative = (signs[:, 0] == ord("-")) & (sizes > 0)
        points, digits = is_point.sum(axis=1), is_digit.sum(axis=1)
        has_point = points > 0
        behind = np.where(has_point, sizes - 1 - np.argmax(is_point, axis=1), 0)
        before = digits - behind
        is_usual = (digits + points + is_negative == sizes) & (points <= 1)
        is_usual &= (before >= 1) & (before <= _WHOLE_DIGITS)
        is_usual &= (behind <= _DIGITS) & (~has_point | (behind >= 1))
        found = np.zeros(len(self), np.int64)
        for column, is_one in zip(signs.T, is_digit.T, strict=True):
            found = np.where(is_one, 10 * found + column - ord("0"), found)
        found *= 10 ** (_DIGITS - np.clip(behind, 0, _DIGITS))
        return np.where(is_negative, -found, found), is_usual, has_point

    def _days(self) -> tuple[Numbers, Mask]:
        signs, is_usual = self._formed(_DAY)
        day, is_day = _day(signs)
        return day, is_usual & is_day

    def _moments(self) -> tuple[Numbers, Mask]:
        signs, is_usual = self._formed(_MOMENT)
        day, is_day = _day(signs)
        hours, minutes, seconds = (_number(signs[:, at : at + 2]) for at in (11, 14, 17))
        is_usual &= is_day & (hours < 24) & (minutes < 60) & (seconds < 60)
        return ((day * 24 + hours) * 60 + minutes) * 60 + seconds, is_usual

    def _formed(self, form: bytes) -> tuple[_Signs, Mask]:
        """The signs of texts, and which have a form, where each 0 is a digit."""
        signs = self._signs(self._starts, len(form))
        wanted = np.frombuffer(form, np.uint8)
        is_right = (signs == wanted) | (
            (wanted == ord("0")) & (signs >= ord("0")) & (signs <= ord("9"))
        )
        return signs, is_right.all(axis=1) & (self._ends - self._starts == len(form))


def _day(signs: _Signs) -> tuple[Numbers, Mask]:
    """The places of days in time, and which of them there are."""
    year, month, day = (_number(signs[:, at:end]) for at, end in ((0, 4), (5, 7), (8, 10)))
    is_leap = (year % 4 == 0) & ((year % 100 != 0) | (year % 400 == 0))
    is_month = (month >= 1) & (month <= 12)
    length = _LENGTHS[month * is_month] + ((month == 2) & is_leap)
    is_day = (year >= 1) & (day >= 1) & (day <= length)
    return (year * 12 + month) * 31 + day - 1, is_day


def _number(signs: _Signs) -> Numbers:
    found = np.zeros(len(signs), np.int64)
    for column in signs.T:
        found = found * 10 + column - ord("0")
    return found
