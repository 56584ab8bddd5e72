"""The revisions of a store in a folder: each a whole store that never changes again.

    acme/
    ├── srmgraph.json      what this folder is, and how many revisions it keeps
    ├── head               the number of the current revision: replacing it is the commit
    ├── lock               held by whoever writes
    ├── candidates/        revisions in the making; what a crash leaves here is removed
    └── revisions/
        ├── 12/            the files of the engine; unchanged files are shared by hard links
        ├── 12.json        who made it, when and why; locked by whoever reads the revision
        ├── 12.report      the report on it, if it was checked; what is lost is made anew
        ├── 12.base        an older report that revisions share: 12.report tells what has become of
        │                  it, after a line with `+` and the number of characters that follow
        ├── 12.columns     what was stated, as columns of numbers, in an older revision; shared too
        └── 12.steps       what was stated and unstated since; what is lost is made anew

A revision is there when `head` says so, not earlier: whatever ends a process half-way, the folder
holds what it held before. Readers open a revision and never see it change.
"""

from __future__ import annotations

import fcntl
import gc
import json
import os
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4
from zlib import crc32

from srmgraph.errors import BusyStoreError, StoreError, UnknownRevisionError

KEPT = 20
"""How many revisions a store keeps unless it is told otherwise."""

_FORMAT = 1
_PASSES = 100


@dataclass(frozen=True)
class Revision:
    """One state of a store: its number (from 0), when, by whom and why it was made, and its size.

    `statements` counts those that were stated, without ontology, inferred facts and provenance.
    """

    number: int
    created: datetime
    author: str
    message: str
    statements: int
    namespaces: dict[str, list[str]] = field(default_factory=dict, repr=False)


@dataclass(frozen=True)
class Columns:
    """What is stated in a revision, in whichever graph, in a form that is read quickly.

    It is kept as it was in an older revision, `base`, and what has come and gone since: lines of
    N-Triples after `A` or `D`. To be kept without a base is to share that of the last revision.
    """

    base: bytes | None
    steps: bytes


class Revisions:
    """The revisions in a folder, on disk; what is inside them is none of its business."""

    def __init__(self, folder: Path) -> None:
        """Take up a folder that holds a store; raises StoreError for any other."""
        self.folder = folder
        self._head = folder / "head"
        self._read = (0, 0), -1
        self._known()

    @property
    def kept(self) -> int:
        """How many revisions are kept; others may set it meanwhile."""
        return int(self._known()["kept"])

    def keep(self, number: int) -> None:
        """Keep so many revisions from the next change on."""
        with self.writing():
            _write_marker(self.folder, number)

    def _known(self) -> dict[str, Any]:
        marker = self._marker(self.folder)
        if marker is None:
            raise StoreError(
                f"{self.folder} is no store. Make one with: srmgraph load --store {self.folder} "
                "FILE"
            )
        return marker

    @staticmethod
    def create(folder: Path, kept: int = KEPT) -> None:
        """Make an empty store of a folder that is empty or not there yet; raises StoreError."""
        if Revisions._marker(folder) is not None:
            raise StoreError(f"{folder} is a store already.")
        if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
            raise StoreError(
                f"{folder} is not empty and holds no store. Name a folder that is not there yet."
            )
        try:
            (folder / "candidates").mkdir(parents=True)
            (folder / "revisions").mkdir()
            (folder / "lock").touch()
            # Last of all, so that half a store is none.
            _write_marker(folder, kept)
        except OSError as error:
            Revisions.unmake(folder)
            raise StoreError(f"{folder} cannot be made a store: {error.strerror}.") from error

    @staticmethod
    def unmake(folder: Path) -> None:
        """Leave a folder empty in which a store was begun, so that it may be tried again."""
        with suppress(OSError):
            for path in folder.iterdir():
                shutil.rmtree(path) if path.is_dir() else path.unlink()

    @staticmethod
    def _marker(folder: Path) -> dict[str, Any] | None:
        try:
            found = json.loads((folder / "srmgraph.json").read_text(encoding="utf-8"))
            known = found["format"] == _FORMAT
        except (OSError, ValueError, TypeError, KeyError):
            return None
        if not known:
            raise StoreError(
                f"{folder} was written by another version of srmgraph: its format is "
                f"{found['format']}, and this version knows format {_FORMAT}. Use that version."
            )
        return dict(found)

    @property
    def head(self) -> int:
        """The number of the current revision; -1 when there is none yet."""
        try:
            # Every request asks for it. It is never changed, only replaced by another file.
            status = self._head.stat()
            file = status.st_ino, status.st_mtime_ns
            if file != self._read[0]:
                self._read = file, int(self._head.read_bytes())
            return self._read[1]
        except FileNotFoundError:
            return -1
        except (OSError, ValueError) as error:
            raise StoreError(f"{self.folder / 'head'} cannot be read: {error}.") from error

    def numbers(self) -> list[int]:
        """Return the numbers of the revisions that are kept, in their order."""
        head = self.head
        found = (path.stem for path in (self.folder / "revisions").glob("*.json"))
        return sorted(number for name in found if (number := int(name)) <= head)

    def path(self, number: int) -> Path:
        """Return the folder of a revision; raises UnknownRevisionError, and StoreError when it is
        the current one that is not there."""
        path = self.folder / "revisions" / str(number)
        if number > self.head or not path.is_dir():
            # Asked anew: it may have been overtaken, and then removed.
            if number == self.head >= 0:
                raise StoreError(f"{self.folder} is damaged: revision {number} is gone.")
            known = self.numbers()
            kept = "there is none yet"
            if known:
                kept = f"kept are {known[0]} to {known[-1]}" if known[1:] else f"kept is {known[0]}"
            raise UnknownRevisionError(f"There is no revision {number}: {kept}.")
        return path

    def describe(self, number: int) -> Revision:
        """Return what is known of a revision; raises UnknownRevisionError."""
        self.path(number)
        text = self._description(number).read_text(encoding="utf-8")
        values = json.loads(text)
        return Revision(**values | {"created": datetime.fromisoformat(values["created"])})

    def identity(self, number: int) -> tuple[int, int, int]:
        """Return what no other revision has in common with this one; raises UnknownRevisionError.

        The number alone will not do, since a store may be removed and made anew.
        """
        self.path(number)
        status = self._description(number).stat()
        return number, status.st_ino, status.st_mtime_ns

    def report(self, number: int) -> str | None:
        """Return the report that was kept with a revision, as text, with further lines if they tell
        what has become of it; None if there is none."""
        try:
            report = self._report(number).read_text(encoding="utf-8")
            if not report.startswith("+"):
                return report
            size, _, changes = report.partition("\n")
            # Of what was cut off, an older report would be left.
            if len(changes) != int(size):
                return None
            return self._base(number).read_text(encoding="utf-8") + "\n" + changes
        except (OSError, ValueError):
            return None

    def columns(self, number: int) -> Columns | None:
        """Return what is stated in a revision as it was kept with it; None if it was not."""
        try:
            told, _, steps = self._steps(number).read_bytes().partition(b"\n")
            # What was cut off would be missed.
            if int(told) != crc32(steps):
                return None
            return Columns(self._columns(number).read_bytes(), steps)
        except (OSError, ValueError):
            return None

    def reading(self, number: int) -> int:
        """Return a file descriptor that keeps a revision from being removed until it is closed."""
        self.path(number)
        try:
            lock = os.open(self._description(number), os.O_RDONLY)
        except FileNotFoundError:
            raise UnknownRevisionError(f"There is no revision {number} any more.") from None
        fcntl.flock(lock, fcntl.LOCK_SH)
        try:
            # It may have gone between the look and the lock.
            self.path(number)
        except UnknownRevisionError:
            os.close(lock)
            raise
        return lock

    def reading_head(self) -> tuple[int, int]:
        """Return the number of the current revision, and a descriptor as `reading` does.

        Raises UnknownRevisionError when there is none yet.
        """
        while True:
            number = self.head
            try:
                return number, self.reading(number)
            except UnknownRevisionError:
                # Others may have written since, and it may have gone.
                if number == self.head:
                    raise

    @contextmanager
    def writing(self, patience: float = 30.0) -> Iterator[None]:
        """Be the only writer for a while; raises BusyStoreError when that takes too long."""
        with (self.folder / "lock").open("rb") as lock:
            end = time.monotonic() + patience
            while True:
                try:
                    fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    break
                except BlockingIOError:
                    if time.monotonic() > end:
                        raise BusyStoreError(
                            f"Someone else is writing to {self.folder}. Try again later."
                        ) from None
                    time.sleep(0.02)
            self._remove_what_never_was()
            yield

    def candidate(self) -> Path:
        """Return where a revision in the making goes; nothing is there yet. For the writer only."""
        return self.folder / "candidates" / uuid4().hex

    def commit(
        self,
        candidate: Path,
        revision: Revision,
        report: str | None = None,
        are_changes: bool = False,
        columns: Columns | None = None,
    ) -> None:
        """Make a candidate, whose files are closed, the current revision, and keep the report on
        it, which may be all *changes* of the one that the last revision shares, and what it states
        as columns. For the writer only."""
        target = self.folder / "revisions" / str(revision.number)
        values = asdict(revision) | {"created": revision.created.isoformat()}
        _settle(candidate)
        _write(self._description(revision.number), json.dumps(values, ensure_ascii=False) + "\n")
        if report is not None:
            # After the description, so that it goes with that if this revision never comes to be.
            self._keep(revision.number, report, are_changes)
        self._keep_columns(revision.number, columns)
        candidate.rename(target)
        _synchronize(target.parent)
        _write(self.folder / "head", f"{revision.number}\n")
        self.forget(self.kept)

    def _keep(self, number: int, report: str, are_changes: bool) -> None:
        file, base = self._report(number), self._base(number)
        # What is shared must not be written to.
        file.unlink(missing_ok=True)
        base.unlink(missing_ok=True)
        if are_changes:
            older = self._base(number - 1)
            with suppress(FileNotFoundError):
                base.hardlink_to(older if older.exists() else self._report(number - 1))
            report = f"+{len(report)}\n{report}"
        file.write_text(report, encoding="utf-8")

    def _keep_columns(self, number: int, columns: Columns | None) -> None:
        file, steps = self._columns(number), self._steps(number)
        # What is shared must not be written to.
        file.unlink(missing_ok=True)
        steps.unlink(missing_ok=True)
        if columns is not None:
            # They can be done without, so no change is to fail for want of room for them.
            with suppress(OSError):
                if columns.base is None:
                    file.hardlink_to(self._columns(number - 1))
                else:
                    file.write_bytes(columns.base)
                steps.write_bytes(b"%d\n%b" % (crc32(columns.steps), columns.steps))

    def forget(self, kept: int) -> None:
        """Remove the oldest revisions but for so many, except those that someone reads."""
        for number in self.numbers()[:-kept]:
            with suppress(OSError), self._description(number).open("rb") as lock:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                self._remove(number)

    def size(self) -> int:
        """Return how many bytes the folder takes; what several revisions share counts once."""
        files = {
            (status.st_dev, status.st_ino): status.st_size
            for path in self.folder.rglob("*")
            if not (status := path.lstat()).st_mode & 0o040000
        }
        return sum(files.values())

    def discard(self, candidate: Path) -> None:
        """Remove a candidate that is not to be."""
        shutil.rmtree(candidate, ignore_errors=True)

    def _remove_what_never_was(self) -> None:
        for path in (self.folder / "candidates").iterdir():
            self.discard(path)
        head = self.head
        for path in (self.folder / "revisions").glob("*.json"):
            if int(path.stem) > head:
                self._remove(int(path.stem))

    def _remove(self, number: int) -> None:
        grave = self.candidate()
        with suppress(FileNotFoundError):
            (self.folder / "revisions" / str(number)).rename(grave)
        self._base(number).unlink(missing_ok=True)
        self._report(number).unlink(missing_ok=True)
        self._columns(number).unlink(missing_ok=True)
        self._steps(number).unlink(missing_ok=True)
        self._description(number).unlink(missing_ok=True)
        self.discard(grave)

    def _report(self, number: int) -> Path:
        return self.folder / "revisions" / f"{number}.report"

    def _base(self, number: int) -> Path:
        return self.folder / "revisions" / f"{number}.base"

    def _columns(self, number: int) -> Path:
        return self.folder / "revisions" / f"{number}.columns"

    def _steps(self, number: int) -> Path:
        return self.folder / "revisions" / f"{number}.steps"

    def _description(self, number: int) -> Path:
        return self.folder / "revisions" / f"{number}.json"


def now() -> datetime:
    """Return the time, to the second, as histories tell it."""
    return datetime.now(UTC).replace(microsecond=0)


def _write(file: Path, text: str) -> None:
    """Write a file so that whoever reads it finds the old or the new text, even after a crash."""
    beside = file.with_name(f"{file.name}.new")
    beside.write_text(text, encoding="utf-8")
    _synchronize(beside)
    beside.replace(file)
    _synchronize(file.parent)


def _write_marker(folder: Path, kept: int) -> None:
    _write(folder / "srmgraph.json", json.dumps({"format": _FORMAT, "kept": kept}) + "\n")


def _settle(folder: Path) -> None:
    """Bring all files of a folder to the disk; raises OSError if they do not stay the same.

    While anything refers to an engine, it tidies up: what is new then must not be missed, and what
    is gone is not needed.
    """
    for _ in range(_PASSES):
        before = sorted(folder.iterdir())
        try:
            for path in before:
                _synchronize(path)
        except FileNotFoundError:
            pass
        else:
            _synchronize(folder)
            if sorted(folder.iterdir()) == before:
                return
        gc.collect()
        time.sleep(0.01)
    raise OSError("the files of the new revision come and go")


def _synchronize(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
