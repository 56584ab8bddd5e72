"""Attacks as files say them, and as bytes on the way to a server."""

from __future__ import annotations

import gzip
import io
import tomllib
import zipfile
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent / "cases"
_BOUNDARY = "attack"


@dataclass(frozen=True)
class Attack:
    """One request that means harm.

    `status` are the answers that will do. Where there are none, the bytes of `body` are sent as
    they are, with `send` and `headers` left out, and any refusal will do, be it to hang up. `says`
    is part of the answer. The key of the role `key` goes along with it.
    """

    name: str
    status: list[int] = field(default_factory=list)
    send: str = ""
    headers: dict[str, str] = field(default_factory=dict)
    body: Any = ""
    made: list[str] = field(default_factory=list)
    says: str = ""
    key: str = ""

    def content(self) -> bytes:
        """Return what is sent, which may be large."""
        content = _written(self.body)
        for name in reversed(self.made):
            content = _MADE[name](content)
        return content


def attacks() -> list[Attack]:
    """Return all attacks of the files."""
    found = []
    for file in sorted(FOLDER.glob("*.toml")):
        told = tomllib.loads(file.read_text(encoding="utf-8"))
        for one in told["attack"]:
            given = {**told.get("common", {}), **one}
            found.append(Attack(**{**given, "name": f"{file.stem}: {one['name']}"}))
    return found


def _written(parts: str | list[Any]) -> bytes:
    """Text, or a list of texts and of pairs of something and how often it is there."""
    if isinstance(parts, str):
        return parts.encode()
    return b"".join(
        _written(part[0]) * part[1]
        if isinstance(part, list) and len(part) == 2 and isinstance(part[1], int)
        else _written(part)
        for part in parts
    )


def _zip(content: bytes) -> bytes:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("model.xml", content)
    return held.getvalue()


def _zip_outside(content: bytes) -> bytes:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("../../../home/model.xml", content)
    return held.getvalue()


def _workbook(content: bytes) -> bytes:
    """A workbook whose one sheet is the content."""
    package = "http://schemas.openxmlformats.org/package/2006"
    office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(
            "[Content_Types].xml",
            f'<Types xmlns="{package}/content-types"><Default Extension="rels" ContentType='
            '"application/vnd.openxmlformats-package.relationships+xml"/><Override PartName='
            '"/xl/workbook.xml" ContentType="application/vnd.openxmlformats-officedocument.'
            'spreadsheetml.sheet.main+xml"/><Override PartName="/xl/worksheets/sheet1.xml" '
            'ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.'
            'worksheet+xml"/></Types>',
        )
        archive.writestr(
            "_rels/.rels",
            f'<Relationships xmlns="{package}/relationships"><Relationship Id="r1" '
            f'Type="{office}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        )
        archive.writestr(
            "xl/workbook.xml",
            f'<workbook xmlns="{main}" xmlns:r="{office}"><sheets><sheet name="parties" '
            'sheetId="1" r:id="r1"/></sheets></workbook>',
        )
        archive.writestr(
            "xl/_rels/workbook.xml.rels",
            f'<Relationships xmlns="{package}/relationships"><Relationship Id="r1" '
            f'Type="{office}/worksheet" Target="worksheets/sheet1.xml"/><Relationship Id="r2" '
            f'Type="{office}/externalLink" TargetMode="External" Target="CANARY/x.xlsx"/>'
            "</Relationships>",
        )
        archive.writestr("xl/worksheets/sheet1.xml", content)
    return held.getvalue()


def _file(ending: str) -> Callable[[bytes], bytes]:
    """A form with a file, whose name would lead out of any folder."""

    def made(content: bytes) -> bytes:
        head = (
            f"--{_BOUNDARY}\r\nContent-Disposition: form-data; name=file; "
            f'filename="../../../home/x.{ending}"\r\n\r\n'
        )
        return head.encode() + content + f"\r\n--{_BOUNDARY}--\r\n".encode()

    return made


_MADE: dict[str, Callable[[bytes], bytes]] = {
    "gzip": gzip.compress,
    "zip": _zip,
    "zip that leads outside": _zip_outside,
    "workbook": _workbook,
    "Latin 1": lambda content: content.decode().encode("latin-1"),
    "UTF-16": lambda content: content.decode().encode("utf-16"),
    "xlsx file": _file("xlsx"),
    "ttl file": _file("ttl"),
    "csv file": _file("csv"),
    "archimate file": _file("archimate"),
}
