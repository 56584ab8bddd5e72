"""Keys to a store: none is lost, none comes back, none can be read."""

import os
import threading
from pathlib import Path

import pytest

from srmgraph.errors import StoreError
from srmgraph.keys import Keys


def test_no_key_is_lost_when_several_are_made_at_a_time(tmp_path: Path) -> None:
    made: list[str] = []
    threads = [
        threading.Thread(
            target=lambda: made.extend(Keys(tmp_path).create(f"{n}") for n in range(10))
        )
        for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    known = Keys(tmp_path)
    assert len(known.all()) == len(made) == 40
    assert all(known.find(text) for text in made)


def test_a_key_that_is_revoked_opens_nothing_at_once_and_for_everyone(tmp_path: Path) -> None:
    service, command = Keys(tmp_path), Keys(tmp_path)
    kept = command.create("kept")
    for _ in range(20):
        text = command.create("gone")
        found = service.find(text)
        assert found is not None
        before = (tmp_path / "keys.json").stat()
        command.revoke(found.id)
        # As if the clock of the disk had not gone on.
        os.utime(tmp_path / "keys.json", ns=(before.st_atime_ns, before.st_mtime_ns))
        assert service.find(text) is None
    assert service.find(kept)


def test_nothing_that_opens_is_kept(tmp_path: Path) -> None:
    secret = Keys(tmp_path).create("ann").rpartition("_")[2]
    files = [file for file in tmp_path.rglob("*") if file.is_file()]
    assert all(secret.encode() not in file.read_bytes() for file in files)
    assert all(file.stat().st_mode & 0o077 == 0 for file in files)


def test_keys_that_cannot_be_written_leave_those_that_are(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    known = Keys(tmp_path)
    text = known.create("ann")

    def full(*told: object) -> None:
        raise OSError(28, os.strerror(28))

    with monkeypatch.context() as patched:
        patched.setattr("os.fsync", full)
        with pytest.raises(StoreError, match="No space left"):
            known.create("bob")
    assert known.find(text)
    assert not (tmp_path / "keys.json.new").exists()
