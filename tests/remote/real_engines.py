"""Real engines for tests: an Oxigraph server and a Virtuoso, started once a session on free ports.

A test that asks for one that is not installed is skipped with the reason.
"""

import contextlib
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from kg.stores.remote_client import RemoteOptions

VIRTUOSO_INI = """
[Database]
DatabaseFile = {folder}/virtuoso.db
ErrorLogFile = {folder}/virtuoso.log
LockFile = {folder}/virtuoso.lck
TransactionFile = {folder}/virtuoso.trx
xa_persistent_file = {folder}/virtuoso.pxa
[TempDatabase]
DatabaseFile = {folder}/temp.db
TransactionFile = {folder}/temp.trx
[Parameters]
ServerPort = {sql}
DisableUnixSocket = 1
NumberOfBuffers = 20000
MaxDirtyBuffers = 15000
CheckpointInterval = 0
DirsAllowed = .
[HTTPServer]
ServerPort = 127.0.0.1:{http}
ServerRoot = {folder}
ServerThreads = 8
MaxKeepAlives = 8
KeepAliveTimeout = 15
[SPARQL]
ResultSetMaxRows = 200000
MaxQueryCostEstimationTime = 4000
MaxQueryExecutionTime = 60
"""


@pytest.fixture(scope="session")
def oxigraph_server() -> Iterator[RemoteOptions]:
    """An empty Oxigraph server in memory."""
    binary = Path(sys.executable).with_name("oxigraph")
    if not binary.exists():
        pytest.skip("no Oxigraph server here (package oxigraph of the dev group)")
    port = free_port()
    with running([str(binary), "serve", "--bind", f"127.0.0.1:{port}"], port):
        yield RemoteOptions(f"http://127.0.0.1:{port}/query")


@pytest.fixture(scope="session")
def virtuoso_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RemoteOptions]:
    """A fresh Virtuoso; reading is open, changing wants digest authentication."""
    if shutil.which("virtuoso-t") is None:
        pytest.skip("no Virtuoso here (Debian package virtuoso-opensource-7)")
    folder = tmp_path_factory.mktemp("virtuoso")
    http, sql = free_port(), free_port()
    ini = folder / "virtuoso.ini"
    ini.write_text(VIRTUOSO_INI.format(folder=folder, http=http, sql=sql))
    with running(["virtuoso-t", "-f", "-c", str(ini)], http):
        at = f"http://127.0.0.1:{http}"
        yield RemoteOptions(
            f"{at}/sparql",
            f"{at}/sparql-auth",
            f"{at}/sparql-graph-crud-auth",
            user="dba",
            password="dba",
        )


@contextlib.contextmanager
def running(command: list[str], port: int) -> Iterator[None]:
    """A server process that answers HTTP on a port of this machine."""
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        for _ in range(300):
            if _answers(port):
                break
            assert process.poll() is None, f"{command[0]} ended with {process.returncode}"
            time.sleep(0.1)
        yield
    finally:
        process.kill()
        process.wait()


def _answers(port: int) -> bool:
    try:
        urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=5).close()
    except urllib.error.HTTPError as error:
        error.close()  # no page at this path, but a server
    except OSError:
        return False
    return True


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return int(sock.getsockname()[1])
