"""What is kept up to date from change to change is what would be found anew."""

import random
from collections.abc import Iterator
from pathlib import Path

import pyoxigraph
import pytest
from rdflib import OWL, RDF, RDFS, URIRef

from srmgraph import ServiceGraph, knowledge, maintenance
from srmgraph.encoding import Encoding
from srmgraph.errors import DoesNotConformError, InconsistentError
from srmgraph.inference import Closure, closure
from srmgraph.maintenance import Maintenance
from srmgraph.numbers import BITS, LOW
from srmgraph.store import EmbeddedStore
from srmgraph.store.folder import FolderStore
from srmgraph.store.revisions import Columns
from srmgraph.validation import of_the_project

EX = "https://example.org/cellphone/"
MORE = pyoxigraph.NamedNode("https://example.org/more")
INFERRED = pyoxigraph.NamedNode(knowledge.inferred_graph())
TYPE, LABEL = (pyoxigraph.NamedNode(name) for name in (RDF.type, RDFS.label))


@pytest.fixture
def graph(tmp_path: Path) -> ServiceGraph:
    graph = ServiceGraph.open(str(tmp_path / "store"), create=True)
    graph.load(knowledge.example_file("cellphone"))
    return graph


def store_of(graph: ServiceGraph) -> FolderStore:
    assert isinstance(graph.store, FolderStore)
    return graph.store


def check(graph: ServiceGraph) -> None:
    """Facts, report and count of the current revision are as they are when they are made anew."""
    store = store_of(graph)
    current = store.current
    held = set(current.oxigraph.quads_for_pattern(None, None, None, INFERRED))
    assert held == set(Closure.of_store(current).quads(knowledge.inferred_graph()))
    validator = of_the_project()
    text = store.revisions.report(store.revision)
    assert text is not None
    assert validator.load(text) == validator.validate(current)
    own = knowledge.own_graphs()
    if (kept := store.revisions.columns(store.revision)) is not None:
        assert kept.base is not None
        held = set(current.oxigraph)
        outside = map(pyoxigraph.NamedNode, own)
        assert lines_of(kept) == stated_in(held, set(outside))
    stated = sum(size for name, size in current.graphs().items() if name not in own)
    assert store.history()[0].statements == stated


def lines_of(kept: Columns) -> set[str]:
    """The statements that are kept as columns."""
    encoding = Encoding.of_bytes(kept.base or b"")
    assert encoding is not None
    texts = [text.decode() for text in encoding.texts]
    lines = {
        f"{texts[pair >> BITS]} {name.decode()} {texts[pair & LOW]}"
        for name, pairs in encoding.statements.items()
        for pair in pairs.tolist()
    }
    for step in kept.steps.decode().splitlines():
        if step.startswith("D "):
            lines.remove(step[2:-2])
        else:
            assert step[2:-2] not in lines
            lines.add(step[2:-2])
    return lines


def stated_in(quads: set[pyoxigraph.Quad], own: set[pyoxigraph.NamedNode]) -> set[str]:
    return {str(quad.triple) for quad in quads if quad.graph_name not in own}


def edits(graph: ServiceGraph, chance: random.Random) -> Iterator[str]:
    """Updates without end: such as people make, with axioms and contradictions among them."""
    loaded = pyoxigraph.NamedNode(knowledge.example_file("cellphone").as_uri())
    first = list(store_of(graph).current.oxigraph.quads_for_pattern(None, None, None, loaded))
    named = [quad for quad in first if not isinstance(quad.subject, pyoxigraph.BlankNode)]
    named = [quad for quad in named if not isinstance(quad.object, pyoxigraph.BlankNode)]
    gone: list[pyoxigraph.Quad] = []
    while True:
        quad = chance.choice(named)
        other = chance.choice(named)
        match chance.randrange(9):
            case 0 | 1:
                gone.append(quad)
                yield f"DELETE DATA {{ GRAPH {loaded} {{ {quad.triple} }} }}"
            case 2 if gone:
                yield f"INSERT DATA {{ GRAPH {loaded} {{ {gone.pop().triple} }} }}"
            case 3:
                yield f"INSERT DATA {{ GRAPH {MORE} {{ {quad.triple} }} }}"
            case 4:
                yield f"WITH {MORE} DELETE {{ ?s ?p ?o }} WHERE {{ ?s ?p ?o }}"
            case 5:
                value = chance.choice([other.object, other.subject])
                yield f"INSERT DATA {{ {quad.subject} {quad.predicate} {value} }}"
            case 6:
                axiom = chance.choice([OWL.SymmetricProperty, OWL.TransitiveProperty])
                yield f"INSERT DATA {{ {quad.predicate} {TYPE} <{axiom}> }}"
            case 7:
                label = f"GRAPH {loaded} {{ {quad.subject} {LABEL} ?l }}"
                yield f"INSERT {{ [] {LABEL} ?l }} WHERE {{ {label} }}"
            case 8:
                yield "CLEAR DEFAULT"


def compare(graph: ServiceGraph, seed: int, number: int) -> dict[str, int]:
    """Make changes at random; return how many were made, and how many refused for which reason."""
    chance = random.Random(seed)
    outcomes = {"made": 0, "InconsistentError": 0, "DoesNotConformError": 0}
    changes = edits(graph, chance)
    for _ in range(number):
        # Sometimes somebody else writes, so that nothing is known but what the store holds.
        writer = ServiceGraph(graph.store) if chance.random() < 0.2 else graph
        before = store_of(graph).revision
        try:
            with writer.change() as change:
                for _ in range(chance.randint(1, 3)):
                    change.update(next(changes))
        except (InconsistentError, DoesNotConformError) as error:
            outcomes[type(error).__name__] += 1
            assert store_of(graph).revision == before
        else:
            outcomes["made"] += 1
            check(graph)
    return outcomes


@pytest.mark.parametrize("many", [0, 1_000_000], ids=["columns", "sets"])
def test_changes_at_random(many: int, graph: ServiceGraph, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (maintenance, closure):
        monkeypatch.setattr(module, "MANY", many)
    outcomes = compare(graph, seed=5, number=8)
    assert 0 < outcomes["made"] < 8, outcomes
    store = store_of(graph)
    assert (store.revisions.columns(store.revision) is None) is (many > 0)


def test_a_change_is_followed_and_not_made_anew(
    graph: ServiceGraph, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*arguments: object, **named: object) -> None:
        pytest.fail("everything was made anew")

    monkeypatch.setattr(Closure, "of_store", fail)
    monkeypatch.setattr(Closure, "of_quads", fail)
    monkeypatch.setattr(Closure, "of_encoding", fail)
    monkeypatch.setattr(type(of_the_project()), "validate", fail)
    good = f"INSERT DATA {{ <{EX}new> {LABEL} 'new' }}"
    for update in (good, "CLEAR DEFAULT", good):
        with graph.change() as change:
            change.update(update)
        assert change.report.work is not None
    with pytest.raises(DoesNotConformError), graph.change() as change:
        change.update("INSERT DATA { <x:r> a <https://w3id.org/srm#ServiceRelationship> }")
    with graph.change() as change:
        change.update("CLEAR DEFAULT")
    # What a file states and did before is not written again.
    graph.load(knowledge.example_file("cellphone"))
    assert change.report.work is not None


@pytest.fixture
def large(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let every store count as a large one."""
    for module in (maintenance, closure):
        monkeypatch.setattr(module, "MANY", 0)


def one_more(graph: ServiceGraph, name: str) -> None:
    write(graph, f"INSERT DATA {{ <{EX}{name}> {LABEL} '{name}' }}")


@pytest.mark.usefixtures("large")
def test_the_closure_is_made_again_of_what_is_kept(
    graph: ServiceGraph, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each command is a process of its own; so all that it knows is what is in the folder."""

    def fail(*arguments: object, **named: object) -> None:
        pytest.fail("the store was read from end to end")

    store = store_of(graph)
    base = store.revisions.columns(store.revision)
    assert base is not None
    with monkeypatch.context() as patch:
        patch.setattr(EmbeddedStore, "encoding", fail)
        for name in ("second", "third"):
            one_more(ServiceGraph(store), name)
            check_columns(store, base, name)
        with pytest.raises(DoesNotConformError):
            write(graph, "INSERT DATA { <x:r> a <https://w3id.org/srm#ServiceRelationship> }")
        write(graph, f"DELETE DATA {{ <{EX}second> {LABEL} 'second' }}")
        write(graph, f"INSERT DATA {{ <{EX}second> {LABEL} 'second' }}")
        one_more(ServiceGraph(store), "fourth")
        check_columns(store, base, "fourth")
    check(graph)


def check_columns(store: FolderStore, base: Columns, name: str) -> None:
    """They are shared, and told of what has come last."""
    kept = store.revisions.columns(store.revision)
    assert kept is not None
    assert kept.base == base.base
    assert kept.steps.endswith(f'A <{EX}{name}> {LABEL} "{name}" .\n'.encode())


@pytest.mark.usefixtures("large")
@pytest.mark.parametrize("suffix", ["columns", "steps"])
@pytest.mark.parametrize("damage", ["gone", "cut", "other"])
def test_damaged_columns_are_made_anew(graph: ServiceGraph, suffix: str, damage: str) -> None:
    one_more(graph, "first")
    one_more(graph, "second")
    store = store_of(graph)
    file = store.revisions.folder / "revisions" / f"{store.revision}.{suffix}"
    content = file.read_bytes()
    file.unlink()
    if damage == "cut":
        file.write_bytes(content[:-20])
    elif damage == "other":
        file.write_bytes(content[:-20] + b"x" * 20)
    one_more(ServiceGraph(store), "third")
    kept = store.revisions.columns(store.revision)
    assert kept is not None
    assert kept.steps.count(b"\n") == 1
    check(graph)


@pytest.mark.usefixtures("large")
def test_columns_go_with_their_revision(graph: ServiceGraph) -> None:
    store = store_of(graph)
    for number in range(3):
        one_more(graph, f"n{number}")
    folder = store.revisions.folder / "revisions"
    assert len(list(folder.glob("*.columns"))) == len(list(folder.glob("*.steps"))) == 4
    # Whoever writes past the rules leaves nothing that is known.
    store.update(f"INSERT DATA {{ <{EX}past> {LABEL} 'the rules' }}")
    assert store.revisions.columns(store.revision) is None
    one_more(graph, "again")
    check(graph)
    store.rollback(1)
    assert store.revisions.columns(store.revision) == store.revisions.columns(1)
    one_more(graph, "after")
    check(graph)
    store.revisions.forget(1)
    assert [file.stem for file in folder.glob("*.columns")] == [str(store.revision)]


@pytest.mark.usefixtures("large")
@pytest.mark.parametrize("way", ["rollback", "backup", "restore", "compact"])
@pytest.mark.parametrize("damage", ["none", "columns", "steps"])
def test_columns_go_with_what_a_revision_becomes(
    graph: ServiceGraph, way: str, damage: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = store_of(graph)
    one_more(graph, "first")
    kept = store.revisions.columns(store.revision)
    assert kept is not None
    assert kept.steps
    folder = store.revisions.folder / "revisions"
    if damage != "none":
        file = folder / f"{store.revision}.{damage}"
        content = file.read_bytes()
        file.unlink()
        file.write_bytes(content[:-20] + b"x" * 20)
    match way:
        case "rollback":
            store.rollback(store.revision)
        case "compact":
            store.compact()
        case "backup" | "restore":
            store.backup(tmp_path / "backup")
            if way == "restore":
                one_more(graph, "lost")
                store.restore(tmp_path / "backup")
            else:
                store = FolderStore(tmp_path / "backup")
    copied = ServiceGraph(store)
    if damage == "none":
        assert store.revisions.columns(store.revision) == kept
        with monkeypatch.context() as patch:
            patch.setattr(EmbeddedStore, "encoding", lambda *_: pytest.fail("all was read"))
            one_more(copied, "second")
    else:
        # What is damaged is carried or not, but nothing is made of it.
        one_more(copied, "second")
    check(copied)


@pytest.mark.usefixtures("large")
def test_of_very_many_steps_nothing_is_kept(
    graph: ServiceGraph, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = store_of(graph)
    one_more(graph, "first")
    monkeypatch.setattr(maintenance, "_MOST_CHANGES", 200)
    kept = []
    for number in range(4):
        one_more(graph, f"n{number}")
        kept.append(store.revisions.columns(store.revision) is not None)
    assert kept == [True, False, False, False]
    one_more(ServiceGraph(store), "anew")
    assert store.revisions.columns(store.revision) is not None
    check(graph)


def test_what_is_the_stores_own_stays_as_it_is(graph: ServiceGraph) -> None:
    current = store_of(graph).current.oxigraph
    before = {
        name: set(current.quads_for_pattern(None, None, None, pyoxigraph.NamedNode(name)))
        for name in knowledge.own_graphs()
    }
    with graph.change() as change:
        for name in knowledge.own_graphs():
            change.update(
                f"CLEAR GRAPH <{name}> ; INSERT DATA {{ GRAPH <{name}> {{ <x:a> a 1 }} }}"
            )
    current = store_of(graph).current.oxigraph
    for name, quads in before.items():
        assert set(current.quads_for_pattern(None, None, None, pyoxigraph.NamedNode(name))) == quads


def test_a_thing_without_a_name_may_change(graph: ServiceGraph) -> None:
    for content in ('[] a <urn:Kind> ; <urn:p> "one" .', '[] a <urn:Kind> ; <urn:p> "two" .'):
        with graph.change("someone") as change:
            change.store.clear_graph(URIRef(MORE.value))
            change.store.parse(content.encode(), "turtle", URIRef(MORE.value))
        check(graph)


def test_what_was_never_checked_is_checked_whole(graph: ServiceGraph) -> None:
    store = store_of(graph)
    store.update(f"INSERT DATA {{ <{EX}phone-service> {LABEL} 'twice' }}")
    assert store.revisions.report(store.revision) is None
    with graph.change() as change:
        pass
    assert change.report.work is None
    check(graph)
    store.rollback(0)
    assert store.revisions.report(store.revision) == store.revisions.report(0)
    store.compact()
    assert store.revisions.report(store.revision) is not None


def test_a_report_is_shared_by_the_revisions_that_follow(
    graph: ServiceGraph, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They keep what has become of it, until that is as long; nothing that is lost is made up."""
    store = store_of(graph)
    folder = store.revisions.folder / "revisions"
    party = f"<{EX}more> a <https://w3id.org/srm#Organization>"
    updates = [
        f"INSERT DATA {{ {party} }}",
        f"INSERT DATA {{ <{EX}more> {LABEL} 'More' }}",
        f"DELETE DATA {{ {party} }}",
        f"INSERT DATA {{ {party} }}",
    ]
    write(graph, updates[-1])
    shared = []
    for update in updates * 2:
        write(graph, update)
        check(graph)
        shared.append((folder / f"{store.revision}.base").exists())
    assert shared.count(True) > 2
    number = store.revision
    # Another process goes on from there, and does not write to what is shared.
    write(ServiceGraph(FolderStore(store.revisions.folder)), updates[2])
    check(graph)
    assert not (folder / f"{store.revision}.base").exists()
    validator = of_the_project()
    for older in store.revisions.numbers():
        text = store.revisions.report(older)
        assert text is not None
        assert validator.load(text) == validator.validate(store.at(older))
    file = next(
        file
        for older in range(number, 0, -1)
        if (folder / f"{older}.base").exists() and (file := folder / f"{older}.report")
    )
    whole = file.read_text(encoding="utf-8")
    for cut in (whole[:-1], "+", "", whole.partition("\n")[0]):
        file.write_text(cut, encoding="utf-8")
        text = store.revisions.report(int(file.stem))
        assert text is None or validator.load(text) is None
    monkeypatch.setattr(maintenance, "_MOST_CHANGES", 0)
    for update in updates[3:1:-1]:
        write(graph, update)
        check(graph)
        assert not (folder / f"{store.revision}.base").exists()


def write(graph: ServiceGraph, update: str) -> None:
    with graph.change() as change:
        change.update(update)


def test_what_is_refused_is_forgotten(graph: ServiceGraph) -> None:
    maintenance = Maintenance()
    graph._maintenance = maintenance
    for _ in range(2):
        with pytest.raises(DoesNotConformError), graph.change() as change:
            change.update("INSERT DATA { <x:r> a <https://w3id.org/srm#ServiceRelationship> }")
        closure = maintenance._closure
        assert closure is not None
        assert (
            URIRef("x:r"),
            RDF.type,
            URIRef("https://w3id.org/srm#ServiceRelationship"),
        ) not in closure
    with graph.change() as change:
        change.update("CLEAR DEFAULT")
    assert maintenance._closure is closure
