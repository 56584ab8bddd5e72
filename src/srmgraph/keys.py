"""API keys of a store: who may read and write over HTTP. Kept in the store's folder, as hashes.

A key is `srm_ID_SECRET`; the secret has 256 random bits, so that its plain SHA-256 is safe to keep.
"""

from __future__ import annotations

import fcntl
import hmac
import json
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

from srmgraph.errors import ParameterError, StoreError

ROLES = ("read", "write", "admin")
"""What a key allows, each with what stands before it: to read; to change graphs; to roll back."""


@dataclass(frozen=True)
class Key:
    """A key without its secret: its id, whose it is, its role, the graphs that it is for (all if
    there are none), when it was made, and the hash."""

    id: str
    name: str
    role: str
    graphs: tuple[str, ...]
    created: str
    hash: str

    def allows(self, role: str) -> bool:
        """Whether the key allows what a role may do."""
        return ROLES.index(self.role) >= ROLES.index(role)


class Keys:
    """The keys of the store in a folder; a change is seen by a running service at once."""

    def __init__(self, folder: Path) -> None:
        self._file = folder / "keys.json"
        self._read: tuple[tuple[int, int], dict[str, Key]] = ((-1, -1), {})

    def all(self) -> list[Key]:
        """Return the keys, the oldest first."""
        return list(self._keys().values())

    def create(self, name: str, role: str = "read", graphs: tuple[str, ...] = ()) -> str:
        """Make a key and return it: this once, for only its hash is kept.

        Raises ParameterError for a role that there is not.
        """
        if role not in ROLES:
            raise ParameterError(f"There is no role “{role}”. Use: {', '.join(ROLES)}.")
        identifier, secret = secrets.token_hex(4), secrets.token_urlsafe(32)
        created = datetime.now(UTC).isoformat(timespec="seconds")
        key = Key(identifier, name, role, graphs, created, _hash(secret))
        with self._alone():
            self._write([*self.all(), key])
        return f"srm_{identifier}_{secret}"

    def revoke(self, identifier: str) -> None:
        """Remove a key by its id; raises ParameterError when there is none."""
        with self._alone():
            kept = [key for key in self.all() if key.id != identifier]
            if len(kept) == len(self.all()):
                raise ParameterError(f"There is no key “{identifier}”. See: srmgraph keys list")
            self._write(kept)

    def find(self, text: str) -> Key | None:
        """Return the key that a text is, or None."""
        prefix, _, rest = text.partition("_")
        identifier, _, secret = rest.partition("_")
        key = self._keys().get(identifier)
        # Compared even when there is no such key: the time tells nothing.
        matches = hmac.compare_digest(key.hash if key else _hash(""), _hash(secret))
        return key if prefix == "srm" and matches and key is not None else None

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """Be the only one who changes keys, so that none is lost and none comes back."""
        # Not by the lock of the store: a key can be revoked while something is loaded.
        try:
            lock = os.open(self._file.with_name("keys.lock"), os.O_RDONLY | os.O_CREAT, 0o600)
        except OSError as error:
            raise StoreError(f"{self._file} cannot be written: {error.strerror}.") from error
        try:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield
        finally:
            os.close(lock)

    def _keys(self) -> dict[str, Key]:
        try:
            status = self._file.stat()
        except FileNotFoundError:
            return {}
        # Clocks of disks are coarse: two changes may have the same time.
        changed = status.st_mtime_ns, status.st_ino
        if changed != self._read[0]:
            try:
                listed = json.loads(self._file.read_text(encoding="utf-8"))
                keys = [Key(**one | {"graphs": tuple(one["graphs"])}) for one in listed]
            except (OSError, ValueError, TypeError, KeyError) as error:
                raise StoreError(f"{self._file} cannot be read: {error}.") from error
            self._read = (changed, {key.id: key for key in keys})
        return self._read[1]

    def _write(self, keys: list[Key]) -> None:
        beside = self._file.with_name("keys.json.new")
        try:
            descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            with os.fdopen(descriptor, "w", encoding="utf-8") as file:
                json.dump([asdict(key) for key in keys], file, ensure_ascii=False, indent=1)
                file.flush()
                os.fsync(descriptor)
            beside.replace(self._file)
        except OSError as error:
            beside.unlink(missing_ok=True)
            raise StoreError(f"{self._file} cannot be written: {error.strerror}.") from error


def _hash(secret: str) -> str:
    return sha256(secret.encode()).hexdigest()
