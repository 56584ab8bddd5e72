"""The test material for ArchiMate, where it is at hand: schema, matrix, models of many tools."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from tests.conformance import w3c

SUITE = w3c.SUITES / "archimate"
EXCHANGE = "{http://www.opengroup.org/xsd/archimate/3.0/}"
TYPE = "{http://www.w3.org/2001/XMLSchema-instance}type"


def suite(name: str) -> Path:
    """A file of the test material; the test is skipped where it is not there."""
    file = SUITE / name
    if not file.is_file():
        pytest.skip(f"{name} of the ArchiMate test material is not at hand (SRMGRAPH_SUITES)")
    return file


def models(pattern: str) -> list[Any]:
    """The models of the test material, as parameters of a test, or one that is skipped."""
    found = sorted(SUITE.glob(pattern))
    files = [file for file in found if file.parent.name not in ("matrix", "xsd")]
    missing = pytest.mark.skip("the ArchiMate test material is not at hand (SRMGRAPH_SUITES)")
    return [pytest.param(file, id=file.name) for file in files] or [
        pytest.param(None, marks=missing)
    ]


@cache
def matrix() -> dict[tuple[str, str], set[str]]:
    """The relations that are allowed between two types of element."""
    keys = {
        key.get("char"): str(key.get("relationship")).removesuffix("Relationship")
        for key in ET.parse(suite("matrix/relationships-keys.xml")).getroot()
    }
    return {
        (str(source.get("concept")), str(target.get("concept"))): {
            keys[letter] for letter in str(target.get("relations"))
        }
        for source in ET.parse(suite("matrix/relationships.xml")).getroot()
        for target in source
    }


def schema_errors(content: bytes) -> list[str]:
    """What the schema finds wrong; the test is skipped where there is no lxml."""
    etree = pytest.importorskip("lxml.etree")
    document = etree.fromstring(content).getroottree()
    checker = _schema()
    checker.validate(document)
    return [f"{error.line}: {error.message}" for error in checker.error_log]


@cache
def _schema() -> Any:
    etree = pytest.importorskip("lxml.etree")
    folder = suite("xsd/all.xsd").parent

    class Local(etree.Resolver):  # type: ignore[misc, name-defined]
        def resolve(self, url: str, _: object, context: object) -> object:
            name = url.rpartition("/")[2]
            return self.resolve_filename(str(folder / name), context) if "http" in url else None

    parser = etree.XMLParser()
    parser.resolvers.add(Local())
    return etree.XMLSchema(etree.parse(str(folder / "all.xsd"), parser))
