"""Lines of N-Triples are cut and numbered alike, however they are cut and whatever their hashes."""

from collections.abc import Iterator
from contextlib import contextmanager
from unittest.mock import patch

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from srmgraph import ntriples
from srmgraph.ntriples import NotPlainError
from srmgraph.numbers import BITS, LOW

# Around the size of a window, and of what is hashed together.
SIZES = [1, 2, 7, 8, 9, 15, 16, 17, 55, 56, 63, 64, 65, 66, 127, 128, 129, 200]
TERMS = st.builds(
    lambda sign, size, place, other: (sign * size)[:place] + other + (sign * size)[place + 1 :],
    st.sampled_from([b"a", b"\0", b"\xff"]),
    st.sampled_from(SIZES),
    st.integers(0, 200),
    st.sampled_from([b"", b"a", b"b", b"\0", b"\xff"]),
).filter(bool)
NAMES = TERMS.filter(lambda term: min(term) > ord(" "))
VALUES = st.one_of(TERMS, st.builds(b"%b .%b".__mod__, st.tuples(TERMS, TERMS)))
LINES = st.lists(st.tuples(NAMES, st.sampled_from([b"p", b"q", b"p" * 70]), VALUES), max_size=30)
FACTORS = {
    "as they are": ntriples._FACTORS,
    "few hashes": np.array([1 << 61, *7 * [0]], np.uint64),
    "one hash": np.zeros(8, np.uint64),
}


@contextmanager
def hashed(factors: str, at_once: int = 1 << 20) -> Iterator[None]:
    with (
        patch.object(ntriples, "_FACTORS", FACTORS[factors]),
        patch.object(ntriples, "_AT_ONCE", at_once),
    ):
        yield


def read(text: bytes) -> set[tuple[bytes, bytes, bytes]]:
    lines = ntriples.read(text)
    texts = [*lines.numbers]
    assert [*lines.numbers.values()] == [*range(len(texts))]
    found = [
        (texts[pair >> BITS], name, texts[pair & LOW])
        for name, pairs in lines.statements.items()
        for pair in pairs.tolist()
    ]
    assert len(found) == len(set(found))
    return set(found)


def written(statements: list[tuple[bytes, bytes, bytes]]) -> bytes:
    return b"".join(b"%b %b %b .\n" % statement for statement in statements)


@given(LINES, st.sampled_from(sorted(FACTORS)), st.integers(4, 400))
def test_terms_are_told_apart_by_how_they_are_written(
    statements: list[tuple[bytes, bytes, bytes]], factors: str, at_once: int
) -> None:
    with hashed(factors, at_once):
        assert read(written(statements)) == set(statements)


@pytest.mark.parametrize("factors", sorted(FACTORS))
def test_many_terms(factors: str) -> None:
    number = 100_000 if factors == "as they are" else 300
    statements = [
        (b"<x:%d>" % (n // 3), b"<x:p%d>" % (n % 10), b'"%d"' % (n % 1000)) for n in range(number)
    ]
    with hashed(factors):
        assert read(written(statements)) == set(statements)


@pytest.mark.parametrize("at_once", [1, 30, 1 << 20])
@pytest.mark.parametrize(
    "line",
    [
        *(b"\n", b".\n", b" .\n", b"a .\n", b"a b .\n", b"a b  .\n", b"a b c.\n", b"a b c .\r\n"),
        *(b"\0 b c .\n", b"a\tb c .\n", b"a b\tc .\n"),
    ],
)
def test_lines_of_another_kind_are_refused(line: bytes, at_once: int) -> None:
    good = b"a b c .\n"
    with hashed("as they are", at_once):
        for text in (line, good + line, line + good, good + line + good, good + b"x" + line[:-1]):
            with pytest.raises(NotPlainError):
                ntriples.read(text)


def test_progress_is_told_to_the_end() -> None:
    text = written([(b"<x:%d>" % n, b"<x:p>", b"<x:o>") for n in range(1000)])
    told: list[tuple[int, int, int]] = []
    with hashed("as they are", 1000):
        ntriples.read(text, lambda *numbers: told.append(numbers))
    assert told == sorted(told)
    assert len(told) > 10
    assert told[-1] == (len(text), 1000, len(text))
