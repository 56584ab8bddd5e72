"""Scripts of others that pages use: pinned, whole, unchanged, with their licences.

    python -m srmgraph_api.pages.vendor            fetch them anew from npm, as `vendor.toml` says
    python -m srmgraph_api.pages.vendor --check    compare the files with the sums in `vendor.toml`

`vendor.toml` names each package with its version, npm's integrity of the whole, and the SHA-256 of
each file that is taken; `added` are files that the package lacks and were written here. To change a
version: change it there, remove its sums, and run this. With --lock and --folder, it is done for
others than those of the pages.
"""

from __future__ import annotations

import argparse
import base64
import hashlib
import io
import subprocess
import sys
import tarfile
import tempfile
import tomllib
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

HERE = Path(__file__).parent
LOCK = HERE / "vendor.toml"
FOLDER = HERE / "static" / "vendor"


@dataclass
class Package:
    """A package of npm; `files` are paths in it with their SHA-256, empty where not yet known.

    `folder` is where it lies, beside others of the same kind.
    """

    name: str
    version: str
    licence: str
    integrity: str = ""
    files: dict[str, str] = field(default_factory=dict)
    added: dict[str, str] = field(default_factory=dict)

    @property
    def folder(self) -> str:
        """The name of the folder of its files."""
        return f"{self.name.rpartition('/')[2]}-{self.version}"


def packages(lock: Path = LOCK) -> list[Package]:
    """Return what a lock names."""
    told = tomllib.loads(lock.read_text(encoding="utf-8"))
    return [Package(name, **about) for name, about in told.items()]


def faults(lock: Path = LOCK, folder: Path = FOLDER) -> list[str]:
    """Return where the files differ from what the lock says, as sentences."""
    found, known = [], set()
    for package in packages(lock):
        for path, expected in (package.files | package.added).items():
            file = folder / package.folder / PurePosixPath(path).name
            known.add(file)
            if not file.is_file():
                found.append(f"{file.name} of {package.folder} is missing.")
            elif hashlib.sha256(file.read_bytes()).hexdigest() != expected:
                found.append(f"{file.name} of {package.folder} is not what the lock names.")
    others = sorted({file for file in folder.rglob("*") if file.is_file()} - known)
    return found + [f"{file.name} is in no package of the lock." for file in others]


def fetch(lock: Path = LOCK, folder: Path = FOLDER) -> None:
    """Fetch all packages, check their sums, and write files and lock.

    Raises ValueError when a package is not the one that the lock names.
    """
    known = packages(lock)
    for package in known:
        content = _pack(package)
        digest = base64.b64encode(hashlib.sha512(content).digest()).decode()
        integrity = f"sha512-{digest}"
        if package.integrity not in ("", integrity):
            raise ValueError(f"{package.folder} is not the package that the lock names.")
        package.integrity = integrity
        target = folder / package.folder
        target.mkdir(parents=True, exist_ok=True)
        with tarfile.open(fileobj=io.BytesIO(content)) as archive:
            for path in package.files:
                member = archive.extractfile(f"package/{path}")
                if member is None:
                    raise ValueError(f"{package.folder} has no file {path}.")
                taken = member.read()
                package.files[path] = hashlib.sha256(taken).hexdigest()
                (target / PurePosixPath(path).name).write_bytes(taken)
        for path in package.added:
            package.added[path] = hashlib.sha256((target / path).read_bytes()).hexdigest()
    lock.write_text("\n".join(map(_described, known)), encoding="utf-8")


def _pack(package: Package) -> bytes:
    with tempfile.TemporaryDirectory() as place:
        subprocess.run(
            ["npm", "pack", "--silent", f"{package.name}@{package.version}"],
            cwd=place,
            check=True,
            capture_output=True,
        )
        (file,) = Path(place).glob("*.tgz")
        return file.read_bytes()


def _described(package: Package) -> str:
    tables = {"files": package.files} | ({"added": package.added} if package.added else {})
    return (
        f'["{package.name}"]\nversion = "{package.version}"\nlicence = "{package.licence}"\n'
        f'integrity = "{package.integrity}"\n'
    ) + "".join(
        f'\n["{package.name}".{name}]\n'
        + "".join(f'"{path}" = "{digest}"\n' for path, digest in table.items())
        for name, table in tables.items()
    )


def main() -> int:
    """Fetch or check, as the command line says."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--check", action="store_true", help="only compare; nothing is fetched")
    parser.add_argument("--lock", type=Path, default=LOCK, help="what names them")
    parser.add_argument("--folder", type=Path, default=FOLDER, help="where they lie")
    options = parser.parse_args()
    if not options.check:
        fetch(options.lock, options.folder)
    found = faults(options.lock, options.folder)
    sys.stderr.writelines(f"{fault}\n" for fault in found)
    return bool(found)


if __name__ == "__main__":
    sys.exit(main())
