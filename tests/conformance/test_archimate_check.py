"""What is refused, compared with the schema of The Open Group: on models that are right, and on the
same models with mistakes made at random.
"""

from __future__ import annotations

import copy
import random
import xml.etree.ElementTree as ET
from collections.abc import Callable
from itertools import product
from pathlib import Path

import pytest
from tests.conformance.archimate_suite import EXCHANGE, TYPE, matrix, models, schema_errors, suite

from srmgraph import knowledge
from srmgraph.adapters import archimate
from srmgraph.adapters.archimate.check import check_content
from srmgraph.adapters.archimate.grammar import checks, relations
from srmgraph.adapters.archimate.language import EXCHANGE as SPACE
from srmgraph.store import EmbeddedStore

BEYOND = {"model-has-elements", "reference-is-bound", "type-has-no-prefix", "value-is-plain"}
BEYOND |= {"line-has-two-ends", "line-ends-at-an-element"}
"""What Archi refuses too, and the schema, as lxml checks it, does not or not everywhere."""
ODD = ["", " ", "0", "-1", "1", "1a", "a b", "id-1", "string", "true", "Access", "256", "x:y", "é"]
NAMES = [
    *("name", "documentation", "label", "value", "properties", "element", "node", "connection")
]
NAMES += [*("style", "views", "item", "organizations", "viewRef", "nonsense", "metadata")]
ET.register_namespace("", SPACE)
ET.register_namespace("xsi", "http://www.w3.org/2001/XMLSchema-instance")


def refused(content: bytes) -> set[str]:
    """The rules that Archi's refusals are due to."""
    severe = {name for name, check in checks().items() if check.severity == "Violation"}
    return {fault.check for fault in check_content(content)} & severe


def test_the_relations_are_those_of_the_matrix() -> None:
    found = relations()
    allowed = matrix()
    names = {name for pair in allowed for name in pair}
    assert len(allowed) == len(names) ** 2
    known = {"Junction": "OrJunction", "Relationship": "Flow"}
    for source, target in product(sorted(names), repeat=2):
        ends = known.get(source, source), known.get(target, target)
        ours = {name for name in ALL_RELATIONS if found.allows(name, *ends)}
        assert ours == allowed[source, target], (source, target)


ALL_RELATIONS = {
    *("Composition", "Aggregation", "Assignment", "Realization", "Specialization", "Serving"),
    *("Access", "Influence", "Association", "Triggering", "Flow"),
}


@pytest.mark.parametrize("file", models("*/*.xml") + models("*/*.archimate"))
def test_models_of_other_tools_are_not_refused(file: Path) -> None:
    assert refused(file.read_bytes()) == set()


@pytest.mark.parametrize("file", knowledge.example_files(), ids=lambda file: file.stem)
@pytest.mark.parametrize("format", archimate.FORMATS)
def test_nothing_is_found_in_what_is_written(file: Path, format: str) -> None:
    store = EmbeddedStore()
    store.read(file)
    faults = check_content(archimate.serialize(store, format))
    kept = {"second-language-is-lost", "lines-are-joined", "type-of-property-is-lost"}
    assert {fault.check for fault in faults} <= kept


def nodes(root: ET.Element) -> list[tuple[ET.Element, int]]:
    """Every element but the root, as its parent and its place there."""
    return [
        (parent, place)
        for parent in root.iter()
        for place, element in enumerate(parent)
        # What lies in the metadata has a schema of its own, and Archi drops it unread.
        if element.tag.startswith(EXCHANGE)
    ]


def spoil(root: ET.Element, chance: random.Random) -> None:
    """Make one mistake somewhere."""
    parent, place = chance.choice(nodes(root))
    element = parent[place]

    def attribute() -> str:
        return chance.choice([*element.attrib, "identifier", "extra", "x", "type"])

    ways: list[Callable[[], object]] = [
        lambda: parent.remove(element),
        lambda: parent.insert(place, copy.deepcopy(element)),
        lambda: parent.insert(chance.randrange(len(parent)), parent[place]),
        lambda: setattr(element, "tag", EXCHANGE + chance.choice(NAMES)),
        lambda: element.attrib.pop(attribute(), None),
        lambda: element.set(attribute(), chance.choice(ODD)),
        lambda: setattr(element, "text", chance.choice(ODD)),
        lambda: ET.SubElement(element, EXCHANGE + chance.choice(NAMES)),
        lambda: element.set(TYPE, chance.choice(["Element", "Label", "Line", "Flow", "Contract"])),
        lambda: element.clear(),
    ]
    chance.choice(ways)()


def whole() -> list[ET.Element]:
    """Models that have all that the format knows, small enough to be spoilt many times."""
    names = ["opengroup/Model_View.xml", "opengroup/Basic_Model_Properties.xml"]
    names += ["opengroup/Basic_Model_Organization.xml", "opengroup/Basic_Model_Metadata.xml"]
    ours = Path(__file__).parents[1] / "unit" / "archimate" / "checks"
    files = [*map(suite, names), ours / "nothing.xml", ours / "look-is-lost.xml"]
    return [ET.parse(file).getroot() for file in files]


def test_what_the_schema_refuses_is_refused_and_nothing_else() -> None:
    chance = random.Random(6)
    right = wrong = 0
    for root in whole() * 160:
        spoilt = copy.deepcopy(root)
        for _ in range(chance.choice([1, 1, 2])):
            spoil(spoilt, chance)
        content = ET.tostring(spoilt)
        errors = schema_errors(content)
        ours = refused(content)
        assert ours if errors else ours <= BEYOND, (ours, errors, content.decode())
        right, wrong = right + (not errors), wrong + bool(errors)
    assert min(right, wrong) > 150
