"""Files that people have dropped and may want to load: kept for a while, outside of the store."""

from __future__ import annotations

import secrets
import shutil
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

_SECONDS = 3600
_MOST = 100


@dataclass(frozen=True)
class Upload:
    """A file, read: what it states as N-Quads lies in `file`, which is called as the file was."""

    token: str
    owner: str
    file: Path
    statements: int
    graphs: tuple[str, ...]
    ends: float


class Uploads:
    """The last file that each owner of a key has dropped, for an hour; nobody else sees it."""

    def __init__(self) -> None:
        self._held: dict[str, Upload] = {}
        # It goes when the process ends in an orderly way.
        self._folder = tempfile.TemporaryDirectory(prefix="srmgraph-uploads-")

    def keep(
        self, owner: str, name: str, quads: bytes, statements: int, graphs: tuple[str, ...]
    ) -> Upload:
        """Keep what a file of a plain name states, in place of what the owner dropped before."""
        now = time.time()
        for upload in list(self._held.values()):
            if upload.owner == owner or upload.ends < now or len(self._held) >= _MOST:
                self.drop(upload)
        token = secrets.token_urlsafe(24)
        file = Path(self._folder.name) / token / name
        file.parent.mkdir()
        file.write_bytes(quads)
        upload = Upload(token, owner, file, statements, graphs, now + _SECONDS)
        self._held[token] = upload
        return upload

    def find(self, owner: str, token: str) -> Upload | None:
        """Return a file that is still there and is the owner's."""
        upload = self._held.get(token)
        return upload if upload and upload.owner == owner and upload.ends > time.time() else None

    def drop(self, upload: Upload) -> None:
        """Forget a file."""
        self._held.pop(upload.token, None)
        shutil.rmtree(upload.file.parent, ignore_errors=True)
