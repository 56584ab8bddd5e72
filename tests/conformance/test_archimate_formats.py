"""Whatever the two formats allow, all at once: read, kept as RDF, written again."""

from __future__ import annotations

import os
import subprocess
import sys
import xml.etree.ElementTree as ET

import pytest
from rdflib import RDFS, Graph, Literal
from tests.conformance.archimate_suite import EXCHANGE, schema_errors
from tests.conformance.test_archimate_import import said

from srmgraph import knowledge
from srmgraph.adapters import archimate
from srmgraph.adapters.archimate import language

EVERYTHING = f"""<?xml version="1.0" encoding="UTF-8"?>
<!-- A comment says nothing. -->
<model xmlns="{language.EXCHANGE}" xmlns:t="{language.EXCHANGE}" xmlns:xsi="{language.XSI}"
    xmlns:dc="http://purl.org/dc/elements/1.1/" identifier="m" version="2.1">
  <name xml:lang="nl">Alles</name>
  <name xml:lang="en-GB">Everything &amp; &lt;more&gt;</name>
  <name>No language</name>
  <documentation xml:lang="en">  Line one
    line two\ttabbed &#13; returned  </documentation>
  <documentation/>
  <properties>
    <property propertyDefinitionRef="p1">
      <value xml:lang="en">one</value><value xml:lang="de">eins</value>
    </property>
    <property propertyDefinitionRef="p2"><value>true</value></property>
  </properties>
  <metadata>
    <schemaInfo><schema>Dublin Core</schema><schemaversion>1.1</schemaversion>
      <dc:title xml:lang="en">T &amp; U</dc:title></schemaInfo>
    <schemaInfo><schema>Other</schema></schemaInfo>
  </metadata>
  <elements>
    <element identifier="a" xsi:type="t:BusinessActor"><name>A</name>
      <properties>
        <property propertyDefinitionRef="p1"><value>twice</value></property>
        <property propertyDefinitionRef="p1"><value>twice</value></property>
        <property propertyDefinitionRef="p1"><value>once</value></property>
        <property propertyDefinitionRef="p2"><value/></property>
      </properties>
    </element>
    <element identifier="b.c-d_é" xsi:type="BusinessRole"><name/></element>
    <element identifier="and" xsi:type="AndJunction"/>
    <element identifier="or" xsi:type="OrJunction"><name>Or</name></element>
    <element identifier="g" xsi:type="Grouping"><name>G</name></element>
    <element identifier="o" xsi:type="BusinessObject"><name>O</name></element>
    <element identifier="v" xsi:type="Value"><name>V</name></element>
  </elements>
  <relationships>
    <relationship identifier="r1" source="a" target="b.c-d_é" xsi:type="Assignment"/>
    <relationship identifier="r2" source="g" target="r1" xsi:type="Aggregation">
      <name xml:lang="en">to a relationship</name></relationship>
    <relationship identifier="r3" source="a" target="o" xsi:type="Access" accessType="ReadWrite"/>
    <relationship identifier="r4" source="a" target="o" xsi:type="Access"/>
    <relationship identifier="r5" source="v" target="v" xsi:type="Influence" modifier="++"/>
    <relationship identifier="r6" source="a" target="v" xsi:type="Association" isDirected="true"/>
    <relationship identifier="r7" source="a" target="v" xsi:type="Association" isDirected="false"/>
    <relationship identifier="r8" source="a" target="and" xsi:type="Triggering">
      <documentation>why</documentation>
      <properties>
        <property propertyDefinitionRef="specialization"><value>S</value></property>
      </properties>
    </relationship>
  </relationships>
  <organizations>
    <item><label xml:lang="en">One</label><label xml:lang="de">Eins</label>
      <documentation>about one</documentation>
      <item identifierRef="a"/>
      <item identifier="i2"><label>Two</label><item identifierRef="r1"/></item>
      <item identifierRef="view1"/>
    </item>
  </organizations>
  <organizations><item identifierRef="a"/></organizations>
  <propertyDefinitions>
    <propertyDefinition identifier="p1" type="string"><name xml:lang="en">One</name>
      <name xml:lang="de">Eins</name><documentation>d</documentation></propertyDefinition>
    <propertyDefinition identifier="p2" type="boolean"><name>Two</name></propertyDefinition>
    <propertyDefinition identifier="specialization" type="string"><name>Specialization</name>
    </propertyDefinition>
  </propertyDefinitions>
  <views>
    <viewpoints>
      <viewpoint identifier="vp"><name>Mine</name>
        <concern><label>c</label><documentation>d</documentation>
          <stakeholders><stakeholder><label>s</label></stakeholder></stakeholders></concern>
        <viewpointPurpose>Designing Deciding</viewpointPurpose>
        <viewpointContent>Details</viewpointContent>
        <allowedElementType type="BusinessActor"/><allowedRelationshipType type="Access"/>
        <modelingNote type="OCL"><documentation>n</documentation></modelingNote>
      </viewpoint>
    </viewpoints>
    <diagrams>
      <view identifier="view1" xsi:type="Diagram" viewpointRef="vp">
        <name>V1</name><documentation>doc</documentation>
        <properties>
          <property propertyDefinitionRef="p2"><value>false</value></property></properties>
        <node identifier="n1" xsi:type="Container" x="0" y="0" w="400" h="300">
          <label xml:lang="en">Lane</label>
          <style lineWidth="2"><lineColor r="1" g="2" b="3" a="50"/><fillColor r="4" g="5" b="6"/>
            <font name="Arial" size="9.5" style="bold italic"><color r="0" g="0" b="0"/></font>
          </style>
          <viewRef ref="view2"/>
          <node identifier="n2" xsi:type="Element" elementRef="a" x="10" y="30" w="120" h="55">
            <node identifier="n3" xsi:type="Element" elementRef="a" x="20" y="40" w="20" h="20"/>
          </node>
          <node identifier="n4" xsi:type="Label" x="200" y="30" w="100" h="50" conceptRef="a"
              xpathPart="name"><label>Note
over two lines</label></node>
        </node>
        <node identifier="n5" xsi:type="Element" elementRef="b.c-d_é" x="500" y="30"
            w="120" h="55"/>
        <connection identifier="c1" xsi:type="Relationship" relationshipRef="r1" source="n2"
            target="n5">
          <sourceAttachment x="130" y="50"/><bendpoint x="200" y="200"/><bendpoint x="300" y="200"/>
          <targetAttachment x="500" y="50"/></connection>
        <connection identifier="c2" xsi:type="Relationship" relationshipRef="r2" source="n1"
            target="c1"/>
        <connection identifier="c3" xsi:type="Line" source="n4" target="n5"><label>l</label>
        </connection>
        <connection identifier="c4" xsi:type="NestingRelationship" relationshipRef="r1" source="n2"
            target="n3"/>
      </view>
      <view identifier="view2" xsi:type="Diagram" viewpoint="Layered"><name>V2</name></view>
    </diagrams>
  </views>
</model>
"""


SERIALIZE = """
import sys, hashlib
from rdflib import Graph
from tests.conformance.test_archimate_formats import EVERYTHING, NATIVE
from srmgraph import knowledge
from srmgraph import knowledge
from srmgraph.adapters import archimate
graphs = [archimate.parse(text.encode()).graph for text in (EVERYTHING, NATIVE)]
graphs += [Graph().parse(file) for file in knowledge.example_files()[:2]]
for graph in graphs:
    for format in archimate.FORMATS:
        print(hashlib.sha256(archimate.serialize(graph, format)).hexdigest())
"""


def test_the_same_graph_gives_the_same_bytes_in_any_process() -> None:
    """The order in which Python walks through sets differs from process to process."""
    digests = {
        subprocess.run(
            [sys.executable, "-c", SERIALIZE],
            cwd=knowledge.ROOT,
            env=os.environ | {"PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert len(digests) == 1
    assert len(digests.pop().split()) == 12


def test_everything_that_the_exchange_format_allows_is_kept() -> None:
    content = EVERYTHING.encode()
    assert schema_or_nothing(content) == []
    imported = archimate.parse(content)
    again = archimate.serialize(imported.graph)
    assert said(again) == said(content)
    assert set(archimate.parse(again).graph) == set(imported.graph)
    assert imported.loss_report == ()
    assert schema_or_nothing(again) == []


def schema_or_nothing(content: bytes) -> list[str]:
    """What the schema finds wrong, where there is a schema; the rest of the test runs anyway."""
    try:
        return schema_errors(content)
    except pytest.skip.Exception:
        return []


def test_two_views_of_the_same_thing_stay_two() -> None:
    graph = archimate.parse(EVERYTHING.encode(), base="https://example.org/m#").graph
    root = ET.fromstring(archimate.serialize(graph))
    boxes = [node for node in root.iter(f"{EXCHANGE}node") if node.get("elementRef") == "a"]
    assert [node.get("identifier") for node in boxes] == ["n2", "n3"]


def test_two_models_in_one_graph_become_one_model() -> None:
    one = archimate.parse(EVERYTHING.encode(), base="https://example.org/one#").graph
    other = archimate.parse(
        EVERYTHING.replace('identifier="m"', 'identifier="x"').encode(),
        base="https://example.org/other#",
    ).graph
    both = Graph() + one + other
    content = archimate.serialize(both)
    root = ET.fromstring(content)
    found = [part.get("identifier") for part in root.iter() if part.get("identifier")]
    assert len(found) == len(set(found))
    assert len(list(root.iter(f"{EXCHANGE}element"))) == 14
    assert len(list(root.iter(f"{EXCHANGE}relationship"))) == 16
    assert len(list(root.iter(f"{EXCHANGE}view"))) == 4
    again = archimate.parse(content).graph
    for graph in (one, other):
        subjects = {
            s for s, _, o in graph if str(o).startswith("https://purl.org/archimate#Business")
        }
        assert subjects <= set(again.subjects())


KEYED = f"""<model xmlns="{language.EXCHANGE}" xmlns:xsi="{language.XSI}" identifier="m">
  <name>Keys</name>
  <elements>
    <element identifier="e1" xsi:type="Goal"><name>A</name><properties>
      <property propertyDefinitionRef="p"><value>OBJ 1</value></property></properties></element>
    <element identifier="e2" xsi:type="Goal"><name>B</name><properties>
      <property propertyDefinitionRef="p"><value>OBJ 1</value></property></properties></element>
    <element identifier="e3" xsi:type="Goal"><name>C</name></element>
  </elements>
  <propertyDefinitions><propertyDefinition identifier="p" type="string"><name>Object ID</name>
  </propertyDefinition></propertyDefinitions>
</model>"""


def test_a_property_may_say_who_is_who() -> None:
    base = "https://example.org/m#"
    imported = archimate.parse(KEYED.encode(), base=base, key="Object ID")
    subjects = {str(s): str(o) for s, o in imported.graph.subject_objects(RDFS.label)}
    found = {name: iri for iri, name in subjects.items()}
    assert found["A"] == f"{base}OBJ%201"
    assert found["B"] == f"{base}e2"
    assert found["C"] == f"{base}e3"
    (note,) = imported.loss_report
    assert "has the value of another element" in note.message
    # The IRIs stay, whoever reads the file next and with which key.
    again = archimate.parse(archimate.serialize(imported.graph))
    assert set(again.graph) == set(imported.graph)


NATIVE = f"""<?xml version="1.0" encoding="UTF-8"?>
<archimate:model xmlns:xsi="{language.XSI}" xmlns:archimate="{language.NATIVE}"
    xmlns:canvas="http://www.archimatetool.com/canvas" name="All &amp; more"
    id="id-1" version="4.9.0">
  <folder name="Business" id="f1" type="business">
    <folder name="Sub" id="f2"><folder name="Empty" id="f3"/>
      <element xsi:type="archimate:BusinessActor" name="A" id="e1" profiles="pr1">
        <documentation>one
two</documentation>
        <property key="k" value="v"/><property key="k" value="v"/><property key="empty" value=""/>
        <property key="bare"/>
      </element>
      <documentation>about sub</documentation><property key="f" value="g"/>
    </folder>
    <element xsi:type="archimate:BusinessObject" name="O" id="e2"/>
    <element xsi:type="archimate:BusinessRole" id="e3"/>
  </folder>
  <folder name="Other" id="f4" type="other">
    <element xsi:type="archimate:Junction" id="j1"/>
    <element xsi:type="archimate:Junction" name="or" id="j2" type="or"/>
    <element xsi:type="archimate:Grouping" name="G" id="e4"/>
  </folder>
  <folder name="Relations" id="f5" type="relations">
    <element xsi:type="archimate:AssignmentRelationship" id="r1" source="e1" target="e3"/>
    <element xsi:type="archimate:AggregationRelationship" id="r2" source="e4" target="r1"/>
    <element xsi:type="archimate:AccessRelationship" id="r3" source="e1" target="e2"/>
    <element xsi:type="archimate:AccessRelationship" id="r4" source="e1" target="e2"
        accessType="1"/>
    <element xsi:type="archimate:AccessRelationship" id="r5" source="e1" target="e2"
        accessType="3"/>
    <element xsi:type="archimate:InfluenceRelationship" id="r6" source="e1" target="e2"
        strength="+"/>
    <element xsi:type="archimate:AssociationRelationship" id="r7" source="e1" target="e2"
        directed="true" profiles="pr2"/>
    <element xsi:type="archimate:AssociationRelationship" name="n" id="r8" source="e1" target="e2"/>
  </folder>
  <folder name="Views" id="f6" type="diagrams">
    <element xsi:type="archimate:ArchimateDiagramModel" name="V" id="v1" viewpoint="layered"
        connectionRouterType="2">
      <child xsi:type="archimate:Group" id="c1" targetConnections="k4" name="Lane"
          lineColor="#5c5c5c"
          borderType="1">
        <bounds x="-20" y="-10" width="400" height="300"/>
        <child xsi:type="archimate:DiagramObject" id="c2" fillColor="#ff0000" fontColor="#00ff00"
            archimateElement="e1" type="1">
          <feature name="labelExpression" value="$&#123;name&#125;"/>
          <bounds x="10" y="30" width="-1" height="-1"/>
          <sourceConnection xsi:type="archimate:Connection" id="k1" targetConnections="k2"
              source="c2"
              target="c3" archimateRelationship="r1">
            <bendpoint startX="20" startY="-30" endX="-300" endY="-30"/>
            <bendpoint startX="1"/>
          </sourceConnection>
          <documentation>of the box</documentation>
        </child>
        <documentation>of the group</documentation>
        <property key="g" value="h"/>
      </child>
      <child xsi:type="archimate:DiagramObject" id="c3" targetConnections="k1 k5"
          archimateElement="e3">
        <bounds x="500" y="30" width="120" height="55"/>
      </child>
      <child xsi:type="archimate:Note" id="c4" textAlignment="1">
        <bounds x="20" y="400" width="185" height="80"/>
        <sourceConnection xsi:type="archimate:Connection" id="k5" source="c4" target="c3"
            name="line"/>
        <content>Read
me</content>
      </child>
      <child xsi:type="archimate:DiagramModelReference" id="c5" model="v2">
        <bounds x="300" y="400" width="120" height="55"/>
      </child>
      <child xsi:type="archimate:DiagramModelImage" id="c6" imagePath="images/a.png">
        <bounds x="500" y="400" width="200" height="150"/>
        <notes>of the image</notes>
      </child>
      <child xsi:type="archimate:DiagramObject" id="c7" archimateElement="e4">
        <bounds x="700" y="30" width="120" height="55"/>
        <sourceConnection xsi:type="archimate:Connection" id="k2" source="c7" target="k1"
            archimateRelationship="r2"/>
        <sourceConnection xsi:type="archimate:Connection" id="k4" source="c7" target="c1"/>
      </child>
      <documentation>of the view</documentation>
      <property key="v" value="w"/>
    </element>
    <element xsi:type="archimate:SketchModel" name="S" id="v2">
      <child xsi:type="archimate:SketchModelSticky" id="s1">
        <bounds x="1" y="2" width="3" height="4"/>
        <content>sticky</content></child>
      <child xsi:type="archimate:SketchModelActor" id="s2" name="actor">
        <bounds x="10" y="20" width="30" height="40"/></child>
    </element>
    <element xsi:type="canvas:CanvasModel" name="C" id="v3" hintTitle="hint">
      <child xsi:type="canvas:CanvasModelBlock" id="b1" name="block">
        <bounds x="1" y="2" width="300" height="400"/>
        <child xsi:type="canvas:CanvasModelSticky" id="b2">
          <bounds x="5" y="6" width="7" height="8"/>
          <content>s</content><notes/></child>
      </child>
      <hintContent>read</hintContent>
    </element>
  </folder>
  <purpose>What it is
for</purpose>
  <property key="m" value="n"/>
  <profile name="Special" id="pr1" conceptType="BusinessActor"/>
  <profile name="Spare" id="pr3" conceptType="BusinessRole"/>
  <profile name="Linked" id="pr2" conceptType="AssociationRelationship"/>
  <metadata><entry key="lib" value="x"/></metadata>
</archimate:model>
"""


def test_everything_that_a_file_of_archi_may_have_is_kept() -> None:
    content = NATIVE.encode()
    imported = archimate.parse(content)
    again = archimate.serialize(imported.graph, "archi")
    # `value` may be left out; the empty text is the same.
    expected = said(content.replace(b'<property key="bare"/>', b'<property key="bare" value=""/>'))
    found = said(again)
    # Folders that every model of Archi has are there, even if they are empty.
    added = found - expected
    assert all("folder" in str(fact[1]) for fact in added if isinstance(fact, tuple))
    assert added.total() == len(language.FOLDERS) - 4
    assert not expected - found
    assert archimate.serialize(archimate.parse(again).graph, "archi") == again
    (note,) = imported.loss_report
    assert note.message.startswith("ArchiMate allows no Influence from BusinessActor")


def test_a_file_of_archi_becomes_a_valid_exchange_file() -> None:
    imported = archimate.parse(NATIVE.encode())
    assert (None, None, Literal("of the view")) in imported.graph
    content = archimate.serialize(imported.graph)
    assert schema_errors(content) == []
    root = ET.fromstring(content)
    # The view has moved as a whole, since nothing may lie left of its corner or above it.
    places = {n.get("identifier"): (n.get("x"), n.get("y")) for n in root.iter(f"{EXCHANGE}node")}
    assert places["c1"] == ("0", "0")
    assert places["c2"] == ("10", "30")
    assert places["c3"] == ("520", "40")
    colours = [c.attrib for c in root.iter(f"{EXCHANGE}fillColor")]
    assert colours == [{"r": "255", "g": "0", "b": "0"}]
    kinds = {r.get("identifier"): r for r in root.iter(f"{EXCHANGE}relationship")}
    assert [kinds[f"r{n}"].get("accessType") for n in (3, 4, 5)] == ["Write", "Read", "ReadWrite"]
    assert kinds["r6"].get("modifier") == "+"
    assert [kinds[f"r{n}"].get("isDirected") for n in (7, 8)] == ["true", None]
