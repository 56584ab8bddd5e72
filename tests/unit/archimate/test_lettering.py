"""Words broken into lines: nothing lost that fits, nothing wider, no mark without its letter."""

from __future__ import annotations

import unicodedata

from hypothesis import given
from hypothesis import strategies as st

from srmgraph.adapters.archimate import lettering

TEXTS = st.text(st.characters(codec="utf-8", exclude_categories=["Cc"]))


def told(words: str) -> str:
    return "".join(words.split())


@given(TEXTS, st.floats(1, 60))
def test_with_lines_enough_all_is_said_in_its_order(words: str, width: float) -> None:
    found = lettering.lines(words, width, len(words) + 1)
    assert told("".join(found)) == told(words)
    assert all(lettering.lines(line, width, 1) == [line] for line in found)


@given(TEXTS, st.floats(0, 20), st.integers(-1, 5))
def test_what_does_not_fit_ends_with_an_ellipsis(words: str, width: float, most: int) -> None:
    found = lettering.lines(words, width, most)
    assert len(found) <= max(0, most)
    if told("".join(found)) != told(words) and found:
        assert found[-1].endswith(lettering.ELLIPSIS)
        assert told(words).startswith(told("".join(found))[:-1])


@given(st.text(st.sampled_from("aWé\u0301\u0323 漢한-\u200d👩"), max_size=40), st.floats(1.5, 9))
def test_no_line_but_the_first_begins_with_a_mark(words: str, width: float) -> None:
    # A mark after a blank belongs to nothing.
    words = " ".join(word.lstrip("\u0301\u0323\u200d") for word in words.split())
    for line in lettering.lines(words, width, 99)[1:]:
        assert not unicodedata.category(line[0]).startswith("M")


def test_capitals_take_more_room_than_small_letters_and_signs_of_china_the_most() -> None:
    numbers = [len(lettering.lines(letter * 100, 10, 99)) for letter in ("i", "n", "N", "服")]
    assert numbers == sorted(set(numbers))
