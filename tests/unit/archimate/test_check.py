"""Each rule about models has a file of its name, in which comments tell what is found in a line."""

from __future__ import annotations

import re
import zipfile
from pathlib import Path

import pytest

from srmgraph.adapters.archimate.check import check
from srmgraph.adapters.archimate.grammar import checks
from srmgraph.errors import MissingFileError

FILES = sorted((Path(__file__).parent / "checks").iterdir())


def expected(file: Path) -> set[tuple[int, str]]:
    """The lines of a file with the rules that find something there."""
    lines = file.read_text(encoding="utf-8").splitlines()
    return {
        (number, rule)
        for number, line in enumerate(lines, 1)
        for rule in re.findall(r"<!-- ([\w-]+) -->", line)
    }


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_what_comments_tell_is_found_and_nothing_else(file: Path) -> None:
    assert {(fault.line, fault.check) for fault in check(file)} == expected(file)


def test_every_rule_has_a_file() -> None:
    assert {rule for file in FILES for _, rule in expected(file)} == checks().keys()


def test_rules_say_what_is_expected_and_what_to_do() -> None:
    for rule in checks().values():
        assert rule.severity in ("Violation", "Warning", "Info")
        assert re.fullmatch("[A-Z].*[.]", rule.message)
        assert re.fullmatch("[A-Z].*[.]", rule.advice)


def test_a_fault_names_the_part_it_is_in() -> None:
    file = Path(__file__).parent / "checks" / "reference-is-bound.xml"
    found = {(fault.name, fault.value) for fault in check(file)}
    assert ("A", "p") in found
    assert ("V", "ab") not in found
    assert {str(fault.thing).rpartition("#")[2] for fault in check(file)} >= {"a", "az", "n1", "c"}


def test_a_model_in_a_zip_is_checked(tmp_path: Path) -> None:
    file = tmp_path / "model.archimate"
    source = Path(__file__).parent / "checks" / "archi.archimate"
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("model.xml", source.read_bytes())
        archive.writestr("images/a.png", b"")
    assert check(file) == check(source)


def test_a_file_must_be_there(tmp_path: Path) -> None:
    with pytest.raises(MissingFileError):
        check(tmp_path / "none.xml")
