"""A store in a folder: revisions, one writer, nothing half-done."""

import errno
import json
import os
import shutil
import subprocess
import threading
from collections.abc import Callable
from pathlib import Path

import pyoxigraph
import pytest
from rdflib import URIRef
from rdflib.compare import isomorphic

from srmgraph import ServiceGraph, knowledge, provenance
from srmgraph.errors import (
    BusyStoreError,
    ChangedStoreError,
    DoesNotConformError,
    FullStoreError,
    InconsistentError,
    InputError,
    ParseError,
    QueryError,
    StoreError,
    UnknownRevisionError,
)
from srmgraph.store import open_store, revisions
from srmgraph.store.folder import FolderStore
from srmgraph.store.revisions import Revisions

EX = "https://example.org/"
ONE = f"PREFIX ex: <{EX}> ex:a ex:p ex:b , [ ex:q 1 ] ."
LABEL = f'<{EX}a> <http://www.w3.org/2000/01/rdf-schema#label> "A" .'
GOOD = knowledge.example_file("cellphone")
BROKEN = GOOD.with_name("broken.ttl")


@pytest.fixture
def store(tmp_path: Path) -> FolderStore:
    return FolderStore.create(tmp_path / "store", kept=3)


def quads(store: FolderStore) -> set[str]:
    return {str(quad) for quad in store.current.oxigraph}


# ── Opening ─────────────────────────────────────────────────────────────────────────────────────


def test_a_store_is_made_and_found_again(tmp_path: Path) -> None:
    folder = tmp_path / "new" / "store"
    with pytest.raises(StoreError, match="is no store"):
        open_store(str(folder))
    made = open_store(str(folder), create=True)
    assert isinstance(made, FolderStore)
    assert (made.revision, len(made), made.graphs(), made.history()) == (-1, 0, {}, [])
    made.parse(ONE, "turtle")
    again = open_store(str(folder), create=True)
    assert isinstance(again, FolderStore)
    assert quads(again) == quads(made) != set()
    assert again.prefixes == {"ex": EX}
    assert again.revisions.kept == 20


def test_what_is_no_store_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "letter.txt").write_text("Dear")
    with pytest.raises(StoreError, match="not empty"):
        FolderStore.create(tmp_path)
    with pytest.raises(StoreError, match="is a store already"):
        FolderStore.create(FolderStore.create(tmp_path / "one").revisions.folder)
    (tmp_path / "one" / "srmgraph.json").write_text(json.dumps({"format": 99, "kept": 1}))
    with pytest.raises(StoreError, match="another version"):
        FolderStore(tmp_path / "one")


# ── Changing ────────────────────────────────────────────────────────────────────────────────────


def test_each_change_is_a_revision(store: FolderStore) -> None:
    store.parse(ONE, "turtle")
    reader = FolderStore(store.revisions.folder)
    before = quads(reader)
    with store.change("ann", "more", expected=0) as candidate:
        candidate.parse(LABEL, "turtle", URIRef(f"{EX}g"))
        candidate.update(f"DELETE DATA {{ <{EX}a> <{EX}p> <{EX}b> }}")
        assert quads(reader) == before, "others see nothing of it"
    assert len(reader) == len(before) == 3
    assert quads(reader) != before
    assert {str(quad) for quad in reader.at(0).oxigraph} == before
    newest, oldest = reader.history()
    assert (newest.number, newest.author, newest.message) == (1, "ann", "more")
    assert (oldest.number, oldest.statements) == (0, 3)
    assert list(store.differences(0, 1)) == [
        ("D", f"<{EX}a> <{EX}p> <{EX}b> ."),
        ("A", f"{LABEL[:-2]} <{EX}g> ."),
    ]


def test_blank_nodes_of_two_changes_stay_apart(store: FolderStore) -> None:
    store.parse("[] <x:p> 1 .", "turtle")
    store.parse("[] <x:p> 2 .", "turtle")
    assert len(set(store.graph().subjects())) == 2


def test_a_change_that_fails_leaves_everything_as_it_was(store: FolderStore) -> None:
    store.parse(ONE, "turtle")
    before = quads(store)
    with pytest.raises(ParseError):
        store.parse("<x:a> <x:b> .", "turtle")
    with pytest.raises(QueryError), store.change() as candidate:
        candidate.update("DROP ALL ; INSERT {")
    assert (quads(store), store.revision) == (before, 0)
    assert list((store.revisions.folder / "candidates").iterdir()) == []


def test_a_change_may_be_meant_for_one_revision_only(store: FolderStore) -> None:
    store.parse(ONE, "turtle")
    with (
        pytest.raises(ChangedStoreError, match="at revision 0, not at 7"),
        store.change(expected=7),
    ):
        pytest.fail("this is not to be reached")
    with store.change(expected=0):
        pass
    assert store.revision == 1


def test_one_writes_at_a_time_and_the_others_wait(store: FolderStore) -> None:
    inside, go_on = threading.Event(), threading.Event()

    def write() -> None:
        with store.change() as candidate:
            inside.set()
            assert go_on.wait(30)
            candidate.parse(ONE, "turtle")

    writer = threading.Thread(target=write)
    writer.start()
    assert inside.wait(30)
    with (
        pytest.raises(BusyStoreError, match="Try again later"),
        Revisions(store.revisions.folder).writing(patience=0.1),
    ):
        pytest.fail("this is not to be reached")
    go_on.set()
    FolderStore(store.revisions.folder).parse(LABEL, "turtle")
    writer.join()
    assert (store.revision, len(store)) == (1, 4), "no change is lost"


# ── History ─────────────────────────────────────────────────────────────────────────────────────


def test_a_store_whose_current_revision_is_gone_is_damaged(tmp_path: Path) -> None:
    store = FolderStore.create(tmp_path / "store")
    for number in (1, 2):
        store.parse(f"<x:a> <x:b> {number} .", "turtle")
    store.close()
    (tmp_path / "store" / "revisions" / "1").rename(tmp_path / "1")
    for ask in (lambda: len(store), lambda: store.parse("<x:a> <x:b> 3 .", "turtle")):
        with pytest.raises(StoreError, match="is damaged: revision 1 is gone"):
            ask()
    store.rollback(0)
    assert len(store) == 1, "an older one is there"


def test_only_so_many_revisions_are_kept_and_none_that_is_read(store: FolderStore) -> None:
    store.parse(ONE, "turtle")
    reader = FolderStore(store.revisions.folder)
    assert len(reader) == 3
    for number in range(4):
        store.parse(f"<x:a> <x:n> {number} .", "turtle")
    assert store.revisions.numbers() == [0, 2, 3, 4]
    assert reader._reader.holds(f"ASK {{ <{EX}a> ?p ?o }}")
    reader.close()
    store.parse(LABEL, "turtle")
    assert store.revisions.numbers() == [3, 4, 5]
    with pytest.raises(UnknownRevisionError, match="no revision 0: kept are 3 to 5"):
        store.at(0)
    with pytest.raises(UnknownRevisionError, match="no revision 6"):
        store.at(6)


def test_going_back_goes_on(store: FolderStore) -> None:
    store.parse(ONE, "turtle")
    first = quads(store)
    store.update("DROP ALL")
    assert len(store) == 0
    store.rollback(0, "ann")
    assert quads(store) == first
    assert store.prefixes == {"ex": EX}
    assert [one.message for one in store.history()] == [
        "back to revision 0",
        "updated",
        "read a text",
    ]
    with pytest.raises(UnknownRevisionError):
        store.rollback(9)


def test_backup_restore_and_compact(store: FolderStore, tmp_path: Path) -> None:
    store.parse(ONE, "turtle")
    before = quads(store)
    store.backup(tmp_path / "backup")
    with pytest.raises(StoreError):
        store.backup(tmp_path / "backup")
    store.update("DROP ALL")
    with pytest.raises(StoreError, match="is no store"):
        store.restore(tmp_path)
    empty = FolderStore.create(tmp_path / "empty")
    with pytest.raises(StoreError, match="Nothing was ever written"):
        store.restore(empty.revisions.folder)
    with pytest.raises(StoreError, match="Nothing was ever written"):
        empty.backup(tmp_path / "of-nothing")
    assert not (tmp_path / "of-nothing").exists()
    store.restore(tmp_path / "backup", "ann")
    assert quads(store) == before
    store.compact()
    assert quads(store) == before
    assert store.revisions.numbers() == [3]
    assert quads(FolderStore(tmp_path / "backup")) == before


def test_how_many_revisions_are_kept_can_be_changed(tmp_path: Path) -> None:
    store, other = FolderStore.create(tmp_path / "store"), FolderStore(tmp_path / "store")
    for number in range(6):
        store.parse(f"<x:a> <x:b> {number} .", "turtle")
    other.revisions.keep(3)
    assert store.revisions.numbers() == [*range(6)]
    store.compact(kept=3)
    assert store.revisions.numbers() == [4, 5, 6]
    store.parse(ONE, "turtle")
    assert FolderStore(tmp_path / "store").revisions.numbers() == [5, 6, 7]
    store.backup(tmp_path / "backup")
    assert FolderStore(tmp_path / "backup").revisions.kept == 3


def test_a_backup_is_of_one_revision_while_others_write(store: FolderStore, tmp_path: Path) -> None:
    """Its report and its description are those of what it holds, though there is a next one."""

    def write() -> None:
        for number in range(8):
            with FolderStore(store.revisions.folder).change(message=f"{number}") as candidate:
                candidate.parse(f"<x:{number}> <x:p> {number} .", "turtle")
                candidate.kept = f"{number + 1}"

    writer = threading.Thread(target=write)
    writer.start()
    made: list[FolderStore] = []
    while writer.is_alive():
        if store.revision >= 0:
            store.backup(tmp_path / f"backup{len(made)}")
            made.append(FolderStore(tmp_path / f"backup{len(made)}"))
    writer.join()
    assert made
    for backup in made:
        (only,) = backup.history()
        told = {only.number + 1, int(only.message) + 1, only.statements, len(backup)}
        assert {int(backup.revisions.report(only.number) or 0)} == told


def tables(folder: Path) -> list[Path]:
    """The files in which the engine keeps statements."""
    return sorted((folder / "revisions" / "0").glob("*.sst"), key=lambda file: file.stat().st_size)


def cut(file: Path) -> None:
    """Let half of a file be missing."""
    file.write_bytes(file.read_bytes()[: file.stat().st_size // 2])


def flip(file: Path) -> None:
    """Let some bytes of a file be others."""
    content = bytearray(file.read_bytes())
    for place in range(0, len(content) * 3 // 4, 1000):
        content[place] ^= 0xFF
    file.write_bytes(content)


DAMAGES: list[tuple[Callable[[Path], object], str]] = [
    (lambda folder: (folder / "revisions" / "0" / "CURRENT").unlink(), "damaged"),
    (lambda folder: cut(tables(folder)[-1]), "damaged"),
    (lambda folder: flip(tables(folder)[-1]), "damaged"),
    (lambda folder: tables(folder)[-1].unlink(), "damaged"),
    (lambda folder: (folder / "revisions" / "0.json").unlink(), "no revision 0"),
    (lambda folder: (folder / "head").unlink(), "Nothing was ever written"),
    (lambda folder: (folder / "head").write_text("x"), "cannot be read"),
    (lambda folder: (folder / "srmgraph.json").unlink(), "is no store"),
    (lambda folder: (folder / "srmgraph.json").write_text('{"format": 9}'), "its format is 9"),
]


def test_a_damaged_backup_is_not_restored(store: FolderStore, tmp_path: Path) -> None:
    source = FolderStore.create(tmp_path / "source")
    with source.change() as candidate:
        # In bulk, what is written becomes tables; a few statements would stay in a log.
        candidate.parse("".join(f"<x:{n}> <x:p> 'text {n}' .\n" for n in range(2_000)), "turtle")
        candidate.oxigraph.optimize()
    source.backup(tmp_path / "backup")
    source.close()
    store.parse(ONE, "turtle")
    before = quads(store)
    for number, (damage, told) in enumerate(DAMAGES):
        # No hard links, so that the damage is that of the copy.
        copy = tmp_path / f"copy{number}"
        shutil.copytree(tmp_path / "backup", copy)
        damage(copy)
        with pytest.raises((StoreError, UnknownRevisionError), match=told):
            store.restore(copy)
        assert (store.revision, quads(store)) == (0, before)
        assert list((store.revisions.folder / "candidates").iterdir()) == []
    store.restore(tmp_path / "backup")
    assert len(store) == 2_000


def test_things_without_a_name_stay_apart_after_a_backup(
    store: FolderStore, tmp_path: Path
) -> None:
    for _ in range(3):
        store.parse("[] <x:p> 1 .", "turtle")
    store.backup(tmp_path / "backup")
    restored = FolderStore.create(tmp_path / "restored")
    restored.restore(tmp_path / "backup")
    for one in (FolderStore(tmp_path / "backup"), restored):
        for _ in range(3):
            one.parse("[] <x:p> 1 .", "turtle")
        assert len(one) == 6


def test_a_store_that_could_not_be_made_is_not_in_the_way(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*told: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patched:
        patched.setattr("srmgraph.store.revisions._synchronize", full)
        with pytest.raises(StoreError, match="No space left"):
            FolderStore.create(tmp_path / "full")
    FolderStore.create(tmp_path / "full")


# ── What a crash leaves ─────────────────────────────────────────────────────────────────────────


def test_what_a_crash_leaves_is_no_revision_and_is_removed(store: FolderStore) -> None:
    store.parse(ONE, "turtle")
    before, folder = quads(store), store.revisions.folder
    half = folder / "candidates" / "half"
    pyoxigraph.Store(str(half)).extend([pyoxigraph.Quad(*pyoxigraph.Triple(
        pyoxigraph.NamedNode("x:a"), pyoxigraph.NamedNode("x:b"), pyoxigraph.Literal("c")
    ))])  # fmt: skip
    # It was committed but for its last step.
    (folder / "revisions" / "1").mkdir()
    (folder / "revisions" / "1.json").write_text("{}")
    again = FolderStore(folder)
    assert (again.revision, quads(again), len(again.history())) == (0, before, 1)
    again.parse(LABEL, "turtle")
    assert (again.revision, len(again)) == (1, 4)
    assert not half.exists()


def test_a_full_disk_is_told_and_harms_nothing(tmp_path: Path) -> None:
    mounted = tmp_path / "small"
    mounted.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=12m", "tmpfs", str(mounted)]
    if os.geteuid() != 0 or subprocess.run(command, check=False, capture_output=True).returncode:
        pytest.skip("a small disk can be made by an administrator only")
    try:
        store = FolderStore.create(mounted / "store")
        store.parse(ONE, "turtle")
        before = quads(store)
        many = "\n".join(f"<{EX}{n}> <{EX}p> '{n * 7919:0100}' ." for n in range(150_000))
        with pytest.raises(FullStoreError, match="The store is as it was"):
            store.parse(many, "turtle")
        assert quads(store) == before
        assert store.holds("ASK { ?s ?p ?o }")
        store.parse(LABEL, "turtle")
        assert len(store) == 4, "there is room again"
        store.close()
    finally:
        subprocess.run(["umount", "--lazy", str(mounted)], check=True)


# ── The whole graph ─────────────────────────────────────────────────────────────────────────────


@pytest.fixture(scope="module")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> ServiceGraph:
    graph = ServiceGraph.open(str(tmp_path_factory.mktemp("graph") / "store"), create=True)
    graph.load(GOOD, author="ann")
    return graph


def test_a_load_keeps_data_ontology_inferences_and_provenance_apart(loaded: ServiceGraph) -> None:
    name = URIRef(GOOD.as_uri())
    held = loaded.store.graphs()
    assert set(held) == {name, *knowledge.own_graphs()}
    alone = open_store()
    alone.read(GOOD)
    assert isomorphic(loaded.store.graph(name), alone.graph())
    assert held[knowledge.ontology_graph()] == len(knowledge.ontology())
    assert len(loaded.inferred()) > 100
    (load,) = provenance.loads(loaded.store)
    assert (load.graph, load.source, load.author) == (name, GOOD.name, "ann")
    assert loaded.validate().conforms


def test_a_load_again_changes_what_changed(tmp_path: Path) -> None:
    graph = ServiceGraph.open(str(tmp_path / "store"), create=True)
    file = tmp_path / "acme.ttl"
    file.write_bytes(GOOD.read_bytes())
    graph.load(file)
    before = len(graph.inferred())
    file.write_text(LABEL)
    graph.load(file)
    assert graph.store.graphs()[URIRef(file.as_uri())] == 1
    assert len(graph.inferred()) < before
    assert len(provenance.loads(graph.store)) == 2


def test_what_does_not_conform_is_no_revision(loaded: ServiceGraph) -> None:
    assert isinstance(loaded.store, FolderStore)
    revision = loaded.store.revision
    with pytest.raises(DoesNotConformError) as caught:
        loaded.load(BROKEN)
    assert caught.value.report.counts["Violation"] > 0
    kinds = sorted(
        knowledge.ontology().subject_objects(URIRef("http://www.w3.org/2002/07/owl#disjointWith"))
    )
    one, other = kinds[0]
    with pytest.raises(InconsistentError), loaded.change() as change:
        change.store.parse(f"<{EX}a> a <{one}>, <{other}> .", "turtle")
    assert loaded.store.revision == revision


def test_the_graphs_of_the_store_itself_are_written_by_nobody_else(
    loaded: ServiceGraph, tmp_path: Path
) -> None:
    file = tmp_path / "false.trig"
    file.write_text(f"<{knowledge.provenance_graph()}> {{ <x:a> <x:b> <x:c> }}")
    with pytest.raises(InputError, match="the store keeps for itself"):
        loaded.load(file)


@pytest.mark.parametrize("is_new", [True, False])
def test_what_comes_and_goes_while_a_revision_is_made(
    is_new: bool, store: FolderStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[Path] = []

    def synchronize(path: Path) -> None:
        seen.append(path)
        tidied = path.parent / "000099.sst"
        if path.name == "CURRENT":
            # As an engine does that is at work still.
            if is_new and not tidied.exists():
                tidied.write_text("new")
            tidied.unlink() if not is_new and tidied.exists() else None
        plainly(path)

    with store.change() as candidate:
        candidate.parse("<x:a> <x:b> <x:c> .", "turtle")
        (folder,) = (store.revisions.folder / "candidates").iterdir()
        if not is_new:
            (folder / "000099.sst").write_text("old")
        plainly = revisions._synchronize
        monkeypatch.setattr(revisions, "_synchronize", synchronize)
    assert len(FolderStore(store.revisions.folder)) == 1
    files = {path.name for path in (store.revisions.folder / "revisions" / "0").iterdir()}
    assert ("000099.sst" in files) is is_new
    assert files <= {path.name for path in seen}, "all are on the disk"


def test_files_that_never_stay_the_same_are_no_revision(
    store: FolderStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    def restless(path: Path) -> None:
        raise FileNotFoundError(path)

    monkeypatch.setattr(revisions, "_PASSES", 2)
    monkeypatch.setattr(revisions, "_synchronize", restless)
    with pytest.raises(StoreError, match="come and go"):
        store.parse("<x:a> <x:b> <x:c> .", "turtle")
    assert store.revision == -1
