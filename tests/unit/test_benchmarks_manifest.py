"""Manifests and tables: what is compared, and what is printed."""

from pathlib import Path

import pytest
from benchmarks.manifest import Finding, Manifest, manifest_file
from benchmarks.tables import markdown

A = Finding("a-rule", "https://example.org/a")
B = Finding("a-rule", "https://example.org/b", 'a value, with "quotes"')


def test_a_manifest_is_read_as_it_was_written(tmp_path: Path) -> None:
    file = manifest_file(tmp_path / "data.nt")
    Manifest([B, A, A]).write(file)
    assert file.name == "data.expected.csv"
    assert Manifest.read(file).findings == {A: 2, B: 1}
    assert len(Manifest.read(file)) == 3


@pytest.mark.parametrize(
    ("expected", "found", "differences"),
    [
        ([A, B], [B, A], []),
        ([A], [], [f"missed: {A}"]),
        ([], [A], [f"not expected: {A}"]),
        ([A, A], [A], [f"missed: {A}"]),
        ([A], [A, A], [f"not expected: {A}"]),
        ([A], [B], [f"missed: {A}", f"not expected: {B}"]),
    ],
)
def test_no_more_and_no_fewer(
    expected: list[Finding], found: list[Finding], differences: list[str]
) -> None:
    assert Manifest(expected).differences(found) == differences


def test_a_table_is_markdown() -> None:
    assert markdown(("name", "n"), [("one", "1"), ("two", "22")]) == (
        "| name |  n |\n| :--- | -: |\n| one  |  1 |\n| two  | 22 |"
    )
