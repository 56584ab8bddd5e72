"""Files that are broken, or mean harm: refused, with the place, before they can do any."""

from __future__ import annotations

import io
import time
import tracemalloc
import zipfile
from pathlib import Path

import pytest
from rdflib import Graph

from srmgraph.adapters import archimate
from srmgraph.adapters.archimate import package, xml
from srmgraph.adapters.archimate.language import EXCHANGE, NATIVE, XSI
from srmgraph.errors import InputError, MissingFileError, ParseError, UnknownFormatError

HEAD = f'<model xmlns="{EXCHANGE}" xmlns:xsi="{XSI}" identifier="m">'
OK = f"{HEAD}<name>M</name></model>"


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        (f"<!DOCTYPE model>\n{OK}", 1, "document type"),
        (
            f'<?xml version="1.0"?>\n\n<!DOCTYPE model SYSTEM "file:///etc/shadow">\n{OK}',
            3,
            "remove",
        ),
        (f'<!DOCTYPE m [\n<!ENTITY a "b">]>\n{OK.replace(">M<", ">&a;<")}', 1, "document type"),
        (f"\n{OK.replace('>M<', '>&a;<')}", 2, "undefined entity"),
        (f"\n{HEAD}<name>", 2, "no element found"),
        (f"{HEAD}\n<name>M</nome></model>", 2, "mismatched tag"),
        (f"{HEAD}\n<name>\x01</name></model>", 2, "not well-formed"),
        ("", 1, "no element found"),
        (f'<?xml version="1.0" encoding="klingon"?>\n{OK}', 1, "unknown encoding: klingon"),
        (f'<?xml version="1.0" encoding="hex"?>\n{OK}', 1, "not a text encoding"),
        (f'<?xml version="1.0" encoding="idna"?>\n{OK}', 1, "Save it as UTF-8|not well-formed"),
        (f'<?xml version="1.0" encoding="shift_jis"?>\n{OK}', 1, "Save it as UTF-8"),
        ("PK is no zip", 1, "no XML"),
        (f"<x:model xmlns:x='{EXCHANGE}'>\n{'<a>' * 300}", 2, "levels deep"),
        (
            OK.replace("<model ", "<model " + "".join(f"a{n}='' " for n in range(1001))),
            1,
            "1,000 att",
        ),
        ("<html/>", 1, "no model of ArchiMate"),
        ('<model xmlns="http://www.opengroup.org/xsd/archimate"/>', 1, "ArchiMate 2"),
        (f'<folder xmlns="{EXCHANGE}"/>', 1, "A model is expected"),
        (f'<a:folder xmlns:a="{NATIVE}"/>', 1, "A model is expected"),
        (f"{HEAD}\n<elements>\n<element/></elements></model>", 3, "no identifier"),
        (
            f'{HEAD}<elements>\n<element identifier="a"/>\n<element identifier="a"/>'
            "</elements></model>",
            3,
            "in use already, in line 2",
        ),
        (
            f'{HEAD}<relationships>\n<relationship identifier="a" source="b"/>'
            "</relationships></model>",
            2,
            "no target",
        ),
        (
            f'<a:model xmlns:a="{NATIVE}" xmlns:xsi="{XSI}"><folder>\n'
            '<element xsi:type="a:Spaceship" id="x"/></folder></a:model>',
            2,
            "no type of element",
        ),
        (
            f'<a:model xmlns:a="{NATIVE}" xmlns:xsi="{XSI}"><folder>\n'
            '<element xsi:type="a:Goal"/></folder></a:model>',
            2,
            "has no id",
        ),
    ],
)
def test_what_is_no_model_is_refused_with_the_line(text: str, line: int, message: str) -> None:
    with pytest.raises(ParseError, match=message) as caught:
        archimate.parse(text.encode(), Path("model.xml"))
    assert caught.value.line == line
    assert str(caught.value).startswith(f"model.xml:{line}")


def test_entities_that_would_grow_are_not_even_read() -> None:
    levels = "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 12))
    text = f'<!DOCTYPE m [<!ENTITY a0 "lol">{levels}]>{OK.replace(">M<", ">&a11;<")}'
    started = time.perf_counter()
    with pytest.raises(ParseError, match="document type"):
        archimate.parse(text.encode())
    assert time.perf_counter() - started < 1


@pytest.mark.parametrize("encoding", ["utf-16", "utf-8-sig", "iso-8859-1"])
def test_a_document_type_is_found_in_any_encoding(encoding: str) -> None:
    declared = "utf-8" if encoding == "utf-8-sig" else encoding
    text = f'<?xml version="1.0" encoding="{declared}"?><!DOCTYPE model>{OK}'
    with pytest.raises(ParseError, match="document type"):
        archimate.parse(text.encode(encoding))
    text = text.replace("<!DOCTYPE model>", "").replace(">M<", ">é<")
    labels = {str(o) for o in archimate.parse(text.encode(encoding)).graph.objects()}
    assert "é" in labels


def test_more_bytes_than_are_reasonable_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(xml, "LARGEST", 1000)
    with pytest.raises(ParseError, match="at most 1,000 are read"):
        archimate.parse(OK.encode() + b" " * 1000)


def test_a_caller_may_set_the_limit() -> None:
    assert archimate.parse(OK.encode(), largest=len(OK)).loss_report == ()
    with pytest.raises(ParseError, match=f"at most {len(OK) - 1} are read"):
        archimate.parse(OK.encode(), largest=len(OK) - 1)
    with pytest.raises(ParseError, match=f"more than {len(OK) - 1} bytes"):
        archimate.parse(zipped(model__xml=OK.encode()), largest=len(OK) - 1)


def zipped(**entries: bytes) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in entries.items():
            archive.writestr(name.replace("__", "."), data)
    return target.getvalue()


def test_a_zip_that_would_grow_is_refused_before_it_does(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(xml, "LARGEST", 1_000_000)
    bomb = zipped(model__xml=OK.encode(), more__xml=b" " * 50_000_000)
    assert len(bomb) < 100_000
    tracemalloc.start()
    with pytest.raises(ParseError, match="has more than 1,000,000 bytes"):
        archimate.parse(bomb)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 10_000_000


def test_a_zip_with_too_many_entries_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(package, "_MOST", 2)
    with pytest.raises(ParseError, match="more than 2 entries"):
        archimate.parse(zipped(a=b"", b=b"", c=b""))


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"PK\x03\x04 and no more", "cannot be read"),
        (zipped(a__xml=OK.encode(), b__xml=OK.encode()), "must hold one model.*a.xml, b.xml"),
        (zipped(readme__txt=b"Hello"), "must hold one model.*none"),
        (zipped(model__xml=b"<!DOCTYPE x>" + OK.encode()), "document type"),
        (zipped(model__xml=OK.encode(), manifest__json=b"[]"), "manifest.json"),
        (zipped(model__xml=OK.encode(), manifest__json=b"{"), "manifest.json"),
        (zipped(model__xml=OK.encode(), residual__ttl=b"<a"), "residual.ttl"),
        (zipped(model__xml=OK.encode(), residual__ttl=b"\xff"), "residual.ttl"),
    ],
)
def test_a_zip_that_holds_no_model_is_refused(content: bytes, message: str) -> None:
    with pytest.raises(ParseError, match=message):
        archimate.parse(content)


def test_a_truncated_zip_is_refused() -> None:
    whole = zipped(model__xml=OK.encode() * 50)
    for end in range(10, len(whole), 7):
        with pytest.raises(ParseError):
            archimate.parse(whole[:end])


def test_a_zip_of_any_tool_is_read_and_what_is_left_out_is_told() -> None:
    content = zipped(**{"images/logo.png": b"\x89PNG", "model.xml": OK.encode()})
    imported = archimate.parse(content)
    assert [note.part for note in imported.loss_report] == ["images/logo.png"]
    assert str(imported.loss_report[0]).startswith("images/logo.png: This entry")


def test_files_that_are_not_there_and_formats_that_are_unknown(tmp_path: Path) -> None:
    with pytest.raises(MissingFileError):
        archimate.read(tmp_path / "model.xml")
    with pytest.raises(UnknownFormatError, match=r"\.xml, \.archimate, \.zip"):
        archimate.write(Graph(), tmp_path / "model.vsdx")
    with pytest.raises(UnknownFormatError, match="exchange, archi, bundle"):
        archimate.serialize(Graph(), "visio")
    with pytest.raises(InputError, match="cannot be written"):
        archimate.write(Graph(), tmp_path / "none" / "model.xml")


def test_files_are_written_and_read_by_their_endings(tmp_path: Path) -> None:
    for ending in archimate.FORMATS.values():
        file = tmp_path / f"model{ending}"
        archimate.write(Graph(), file)
        assert len(archimate.read(file).graph) == 0


def test_a_name_that_is_no_statement_is_left_alone() -> None:
    """In a model that was not written here, properties that look like ours are not ours."""
    text = f"""{HEAD}<name>M</name>
        <elements><element identifier="a" xsi:type="Goal"><name>A</name><properties>
          <property propertyDefinitionRef="p"><value>https://example.org/a</value></property>
        </properties></element></elements>
        <propertyDefinitions><propertyDefinition identifier="p" type="string">
          <name>srmgraph:iri</name></propertyDefinition></propertyDefinitions></model>"""
    imported = archimate.parse(text.encode())
    assert len(imported.facts) == 0
    again = archimate.serialize(imported.graph)
    assert b"srmgraph:profile" not in again
    assert set(archimate.parse(again).graph) == set(imported.graph)


def test_parts_of_a_file_of_archi_without_a_type_are_read_as_the_usual_ones() -> None:
    text = f"""<a:model xmlns:a="{NATIVE}" xmlns:xsi="{XSI}" name="M" id="m"><folder id="f">
        <element name="V" id="v"><child id="n"><bounds x="1" y="2"/>
          <sourceConnection id="c" source="n" target="n"/></child></element></folder></a:model>"""
    imported = archimate.parse(text.encode())
    again = archimate.serialize(imported.graph, "archi")
    assert b'xsi:type="archimate:ArchimateDiagramModel"' in again
    assert b'xsi:type="archimate:Connection"' in again
    assert archimate.serialize(archimate.parse(again).graph, "archi") == again
