"""Files as they come: exchange XML, files of Archi, and zips that hold one of either.

Source: the file formats of Archi, which packs a model with its images as a zip.
"""

from __future__ import annotations

import io
import zipfile
from dataclasses import dataclass
from pathlib import Path

from srmgraph.adapters.archimate import exchange, native, xml
from srmgraph.adapters.archimate.language import EXCHANGE, NATIVE
from srmgraph.adapters.archimate.model import Model
from srmgraph.errors import InputError, ParseError

MODEL, RESIDUAL, MANIFEST = "model.xml", "residual.ttl", "manifest.json"
"""What a bundle holds."""

_MOST = 2000
"""The most entries of a zip that are looked at."""


@dataclass(slots=True)
class Package:
    """A model, whether it is a file of Archi's own, and what else was in the zip."""

    model: Model
    is_native: bool
    entries: dict[str, bytes]
    left_out: list[str]


def open_package(content: bytes, file: Path | None = None, largest: int | None = None) -> Package:
    """Return the model in a file or in a zip of at most `largest` bytes, zipped or not.

    Raises ParseError for what is neither, for XML with a document type or entity, and for what is
    larger than is reasonable.
    """
    if not content.startswith(b"PK\x03\x04"):
        model, is_native = _model(content, file, largest)
        return Package(model, is_native, {}, [])
    entries, left_out = _unpack(content, file, largest)
    name = _choose(entries, file)
    model, is_native = _model(entries[name], file, largest)
    others = {n: data for n, data in entries.items() if n in (RESIDUAL, MANIFEST)}
    left_out += sorted(entries.keys() - others.keys() - {name})
    return Package(model, is_native, others, left_out)


def model_in(content: bytes, file: Path | None = None) -> tuple[str, bytes]:
    """Return the model in a file, with the name that it has in the zip if the file is one.

    Raises InputError for a bundle, which is written anew as a whole.
    """
    name, model, others = xml_in(content, file)
    if MANIFEST in others:
        raise InputError(
            "A bundle is written anew as a whole; it is no model that can be changed in part.", file
        )
    return name, model


def xml_in(content: bytes, file: Path | None = None) -> tuple[str, bytes, set[str]]:
    """Return the model in a file, its name in the zip if the file is one, and other names there."""
    if not content.startswith(b"PK\x03\x04"):
        return "", content, set()
    entries, _ = _unpack(content, file, None)
    name = _choose(entries, file)
    return name, entries[name], entries.keys() - {name}


def with_model(content: bytes, name: str, model: bytes) -> bytes:
    """Return a zip with another model in it, and all else as it was."""
    target = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(target, "w") as new:
        for info in old.infolist():
            new.writestr(info, model if info.filename == name else old.read(info))
    return target.getvalue()


def pack(entries: dict[str, bytes]) -> bytes:
    """Return a zip of these entries: the same entries always give the same bytes."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in entries.items():
            # The earliest moment that a zip can name, so that the time of writing leaves no trace.
            archive.writestr(
                zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0)), data, zipfile.ZIP_DEFLATED
            )
    return target.getvalue()


def _model(content: bytes, file: Path | None, largest: int | None) -> tuple[Model, bool]:
    space, root = xml.parse(content, file, largest)
    if space == EXCHANGE:
        return exchange.read(root, file), False
    if space == NATIVE:
        return native.read(root, file), True
    if space.startswith(EXCHANGE.removesuffix("/3.0/")):
        raise ParseError(
            "This is an exchange file of ArchiMate 2; export it anew for ArchiMate 3.", file, 1
        )
    raise ParseError(
        f"This is no model of ArchiMate: its root is <{root.tag}> in the namespace “{space}”.",
        file,
        root.line,
    )


def _unpack(
    content: bytes, file: Path | None, largest: int | None
) -> tuple[dict[str, bytes], list[str]]:
    entries: dict[str, bytes] = {}
    left_out: list[str] = []
    most = xml.LARGEST if largest is None else largest
    room = most
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            if len(archive.infolist()) > _MOST:
                raise ParseError(f"This zip has more than {_MOST} entries.", file)
            for info in archive.infolist():
                if info.is_dir():
                    continue
                if not info.filename.lower().endswith((".xml", ".archimate", ".ttl", ".json")):
                    left_out.append(info.filename)
                    continue
                # What the zip says of sizes may be a lie: so much is read, and no more.
                with archive.open(info) as stream:
                    data = stream.read(room + 1)
                room -= len(data)
                if room < 0:
                    raise ParseError(f"What this zip holds has more than {most:,} bytes.", file)
                entries[info.filename] = data
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError, OSError) as error:
        raise ParseError(f"This zip cannot be read: {error}.", file) from error
    except ValueError as error:
        raise ParseError(f"This zip cannot be read: {error}.", file) from error
    return entries, left_out


def _choose(entries: dict[str, bytes], file: Path | None) -> str:
    if MODEL in entries:
        return MODEL
    names = [name for name in entries if name.lower().endswith((".xml", ".archimate"))]
    if len(names) == 1:
        return names[0]
    found = ", ".join(sorted(names)) or "none"
    raise ParseError(f"A zip must hold one model; this one holds {found}.", file)
