"""Real SPARQL servers on loopback ports, each with a folder of its own that is thrown away."""

import os
import shutil
import subprocess
import sys
import sysconfig
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import urllib3
from benchmarks.reliability import end_with_parent, free_port

from srmgraph.keys import Keys
from srmgraph.store.folder import FolderStore

OXIGRAPH = Path(sysconfig.get_path("scripts")) / "oxigraph"
VIRTUOSO = shutil.which("virtuoso-t")
VIRTUOSO_ROWS = 8_000
"""How many rows Virtuoso gives at most; enough for an example with the ontology, and not many."""

VIRTUOSO_INI = """
[Database]
DatabaseFile = {folder}/virtuoso.db
ErrorLogFile = {folder}/virtuoso.log
LockFile = {folder}/virtuoso.lck
TransactionFile = {folder}/virtuoso.trx
xa_persistent_file = {folder}/virtuoso.pxa
[TempDatabase]
DatabaseFile = {folder}/temporary.db
TransactionFile = {folder}/temporary.trx
[Parameters]
ServerPort = 127.0.0.1:{other_port}
DisableUnixSocket = 1
CaseMode = 2
NumberOfBuffers = 10000
MaxDirtyBuffers = 7500
DirsAllowed = {folder}
[HTTPServer]
ServerPort = 127.0.0.1:{port}
Charset = UTF-8
[SPARQL]
ResultSetMaxRows = {rows}
"""


@contextmanager
def oxigraph(*options: str) -> Iterator[str]:
    """Run the Oxigraph server and give its address."""
    port = free_port()
    with running([str(OXIGRAPH), "serve", "--bind", f"127.0.0.1:{port}", *options], port) as url:
        yield url


@contextmanager
def srmgraph(checking: str = "none") -> Iterator[str]:
    """Run our own service and give its address with a key; its store is kept as it is unless all
    is to be checked."""
    with TemporaryDirectory() as name:
        folder = Path(name) / "store"
        FolderStore.create(folder).close()
        key = Keys(folder).create("contract", "admin", ())
        port = free_port()
        command = [sys.executable, "-m", "srmgraph.cli", "serve", "--store", str(folder)]
        command += ["--port", str(port)]
        with running(command, port, SRMGRAPH_CHECKING=checking) as url:
            yield url.replace("//", f"//key:{key}@")


@contextmanager
def virtuoso() -> Iterator[str]:
    """Run Virtuoso and give its address, with the login that a new database has."""
    with TemporaryDirectory() as folder:
        port, other_port = free_port(), free_port()
        file = Path(folder) / "virtuoso.ini"
        file.write_text(
            VIRTUOSO_INI.format(folder=folder, port=port, other_port=other_port, rows=VIRTUOSO_ROWS)
        )
        command = [str(VIRTUOSO), "+foreground", "+configfile", str(file)]
        with running(command, port) as url:
            yield url.replace("//", "//dba:dba@")


@contextmanager
def running(command: list[str], port: int, **environment: str) -> Iterator[str]:
    """Run a server until it is no longer needed, and give its address once it answers."""
    silent = subprocess.DEVNULL
    process = subprocess.Popen(
        command,
        stdin=silent,
        stdout=silent,
        stderr=silent,
        env=os.environ | environment,
        preexec_fn=end_with_parent,
    )
    try:
        url = f"http://127.0.0.1:{port}"
        end = time.monotonic() + 60
        while not answers(url):
            assert process.poll() is None, f"{command[0]} has ended with {process.returncode}"
            assert time.monotonic() < end, f"{command[0]} does not answer"
            time.sleep(0.05)
        yield url
    finally:
        # Nothing is kept, so nothing need be brought to an orderly end.
        process.kill()
        process.wait()


def answers(url: str) -> bool:
    try:
        urllib3.request("GET", url, retries=False, timeout=5)
    except urllib3.exceptions.HTTPError:
        return False
    return True
