"""A model of somebody's own is brought up to date: what changed changes, all else is as it was."""

from __future__ import annotations

import difflib
import io
import zipfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from rdflib import RDF, RDFS, Graph, Literal
from tests.unit.archimate.archi_pass import through_archi
from tests.unit.archimate.test_archi import EX, small, term, thing
from tests.unit.archimate.test_round_trip import graph_of, lines, statements

from srmgraph.adapters import archimate
from srmgraph.adapters.archimate.model import minted
from srmgraph.adapters.archimate.update import update
from srmgraph.errors import InputError, ParseError

FORMATS = ("exchange", "archi")
SHOP, ANN, DEAL = thing("shop"), thing("ann"), thing("deal")


def written(graph: Graph, format: str) -> bytes:
    """What an architect has before them: written here, and opened and saved by Archi."""
    content = archimate.serialize(graph, format)
    return through_archi(content) if format == "exchange" else content


def changed_lines(before: bytes, after: bytes) -> list[str]:
    found = difflib.unified_diff(before.decode().splitlines(), after.decode().splitlines(), n=0)
    return [line for line in found if line[0] in "+-" and line[:3] not in ("+++", "---")]


@pytest.mark.parametrize("format", FORMATS)
def test_a_new_name_changes_the_lines_with_the_name(format: str) -> None:
    graph = small()
    content = archimate.serialize(graph, format)
    graph.set((ANN, RDFS.label, Literal("Ann & Co", lang="en")))
    done = update(content, graph)
    # The role that she plays and her view bear her name too, and so does a lane of the view, which
    # is known by a hash of what is in it.
    assert done.changed == [
        "BusinessActor “Ann & Co”",
        "BusinessRole “Service Consumer: Ann & Co”",
        "view “Service relationships of Ann & Co”",
    ]
    assert len(changed_lines(content, done.content)) == 2 * (len(done.changed) + 2)
    assert done.added == done.removed == done.left == []
    assert lines(archimate.parse(done.content).facts) == lines(graph)


@pytest.mark.parametrize("format", FORMATS)
def test_what_is_new_is_added_and_nothing_else_changes(format: str) -> None:
    graph = small()
    content = archimate.serialize(graph, format)
    graph.add((thing("eve"), RDF.type, term("Person")))
    graph.add((thing("eve"), RDFS.label, Literal("Eve", lang="en")))
    graph.add((DEAL, term("isGovernedBy"), thing("promise")))
    graph.add((thing("promise"), RDF.type, term("ServiceContract")))
    done = update(content, graph)
    assert "BusinessActor “Eve”" in done.added
    # Only our own view of the shop is drawn anew; nobody has arranged it.
    before, after = (each.partition(b"diagrams")[0] for each in (content, done.content))
    assert not [line for line in changed_lines(before, after) if line[0] == "-"]
    assert lines(archimate.parse(done.content).facts) == lines(graph)


@pytest.mark.parametrize("format", FORMATS)
def test_nothing_is_deleted_unless_that_is_allowed(format: str) -> None:
    graph = small()
    content = archimate.serialize(graph, format)
    graph.remove((ANN, None, None))
    graph.remove((None, None, ANN))
    kept_all = update(content, graph)
    assert kept_all.removed == []
    assert "BusinessActor “Ann”" in kept_all.left
    assert lines(archimate.parse(kept_all.content).facts) == lines(small())
    done = update(content, graph, allow_deletes=True)
    assert "BusinessActor “Ann”" in done.removed
    assert done.left == []
    assert lines(archimate.parse(done.content).facts) == lines(graph)
    assert minted(str(ANN)).encode() not in done.content


@pytest.mark.parametrize("format", FORMATS)
def test_boxes_and_lines_of_what_is_deleted_go_from_views_that_somebody_has_arranged(
    format: str,
) -> None:
    graph = small()
    content = archimate.serialize(graph, format)
    view = next(v for v in archimate.draw(graph).views if v.name.endswith("Shop"))
    box = next(n for n in view.walk() if n.attributes.get("elementRef") == minted(str(SHOP)))
    start = content.index(box.identifier.encode())
    place = content.index(b'x="', start)
    content = content[:place] + b'x="3' + content[place + 3 :]
    graph.remove((ANN, None, None))
    graph.remove((None, None, ANN))
    done = update(content, graph, allow_deletes=True)
    imported = archimate.parse(done.content)
    assert imported.loss_report == ()
    assert lines(imported.facts) == lines(graph)
    assert view.identifier.encode() in done.content
    assert not [line for line in changed_lines(content, done.content) if line[0] == "+"] or (
        # Archi writes down at a box which lines end there.
        format == "archi"
    )


OTHERS = (
    '    <element xsi:type="BusinessActor" identifier="theirs"><name>Theirs</name></element>\n'
    "    <!-- what people wrote -->\n  </elements>"
)


def test_what_others_drew_stays_when_the_graph_knows_nothing_of_it() -> None:
    content = through_archi(archimate.serialize(small())).replace(
        b"</elements>", OTHERS.lstrip().encode(), 1
    )
    graph = Graph()
    for statement in small():
        if ANN not in statement:
            graph.add(statement)
    assert update(content, small()).content == content
    done = update(content, graph, allow_deletes=True)
    assert b'identifier="theirs"><name>Theirs</name></element>\n' in done.content
    assert b"<!-- what people wrote -->" in done.content
    assert b"Ann<" not in done.content


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    st.lists(statements(), max_size=12).map(graph_of),
    st.lists(statements(), max_size=12).map(graph_of),
    st.sampled_from(FORMATS),
)
def test_any_model_comes_to_say_what_any_graph_says(
    before: Graph, after: Graph, format: str
) -> None:
    content = written(before, format)
    assert update(content, before).content == content
    done = update(content, after, allow_deletes=True)
    imported = archimate.parse(done.content)
    assert lines(imported.facts) == lines(after)
    assert update(done.content, after).content == done.content


@pytest.mark.parametrize(
    "form",
    [
        ("utf-8", "\n", False),
        ("utf-8", "\r\n", True),
        ("utf-16-le", "\r\n", True),
        ("utf-16-be", "\n", True),
        ("iso-8859-1", "\n", False),
    ],
    ids=str,
)
def test_encoding_mark_and_line_ends_stay(form: tuple[str, str, bool]) -> None:
    encoding, newline, has_mark = form
    declared = "utf-16" if encoding.startswith("utf-16") else encoding
    text = archimate.serialize(small()).decode().replace('"UTF-8"', f'"{declared}"')
    text = ("\ufeff" if has_mark else "") + text.replace("\n", newline)
    content = text.encode(encoding)
    graph = small()
    assert update(content, graph).content == content
    graph.set((ANN, RDFS.label, Literal("Änn 安", lang="en")))
    graph.add((thing("new"), RDF.type, term("Person")))
    done = update(content, graph).content
    assert lines(archimate.parse(done).facts) == lines(graph)
    again = done.decode(encoding)
    assert again.startswith("\ufeff") == has_mark
    assert again.count("\r\n") == (again.count("\n") if newline == "\r\n" else 0)


def test_a_file_in_one_line_with_prefixes_and_single_quotes_is_changed_in_its_own_manner() -> None:
    content = (
        b"<a:model xmlns:a='http://www.opengroup.org/xsd/archimate/3.0/' "
        b"xmlns:i='http://www.w3.org/2001/XMLSchema-instance' identifier='m'>"
        b"<a:name>M</a:name><a:elements><a:element i:type='BusinessActor' identifier='x'>"
        b"<a:name>X</a:name></a:element></a:elements></a:model>"
    )
    graph = archimate.parse(content).graph
    assert update(content, graph).content == content
    graph.add((ANN, RDF.type, term("Person")))
    done = update(content, graph).content
    assert b"<a:element identifier=" in done
    assert b"\n" not in done
    assert set(archimate.parse(done).graph) >= {(ANN, RDF.type, term("Person"))}


def test_a_zip_of_archi_keeps_its_images() -> None:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        archive.writestr("model.xml", archimate.serialize(small(), "archi"))
        archive.writestr("images/logo.png", b"\x89PNG")
    content = target.getvalue()
    assert update(content, small()).content == content
    graph = small()
    graph.set((ANN, RDFS.label, Literal("Anne", lang="en")))
    with zipfile.ZipFile(io.BytesIO(update(content, graph).content)) as archive:
        assert archive.read("images/logo.png") == b"\x89PNG"
        assert lines(archimate.parse(archive.read("model.xml")).facts) == lines(graph)


def test_what_cannot_be_changed_in_part_is_told(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="bundle"):
        update(archimate.serialize(small(), "bundle"), small())
    with pytest.raises(ParseError, match="no model"):
        update(f'<x xmlns="{EX}"/>'.encode(), small())
