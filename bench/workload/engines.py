"""The engines that are compared: how each is filled with a release and started."""

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import zstandard

from bench.workload.processes import NotStarted, Server, free_port, start
from kg.release import newest

BIN = Path(sys.executable).parent
OURS = {
    "MISSION_KG_CACHE_BYTES": "0",
    "MISSION_KG_QUERY_SECONDS": "600",
    "MISSION_KG_ANSWER_BYTES": str(8 * 2**30),
    "MISSION_KG_ANSWER_ROWS": "100000000",
}
"""Ours without kept answers: every question is answered anew. Limits wide enough for dumps."""


@dataclass(frozen=True)
class Data:
    """A release to compare on: ``home`` of the service, ``work``: where engines keep theirs."""

    size: str
    home: Path
    work: Path

    @property
    def quads(self) -> int:
        """Quads of the release."""
        return int(newest(self.home / "releases").manifest.counts["quads"])

    def dump(self) -> Path:
        """The release as N-Quads, unpacked once."""
        file = self.work / "dump.nq"
        if not file.exists():
            self.work.mkdir(parents=True, exist_ok=True)
            part = file.with_suffix(".part")
            with (
                (newest(self.home / "releases").path / "dump.nq.zst").open("rb") as packed,
                part.open("wb") as out,
            ):
                zstandard.ZstdDecompressor().copy_stream(packed, out)
            part.rename(file)
        return file


def ours(data: Data, environment: dict[str, str] | None = None) -> Server:
    """Our server as it is installed, answering from its release."""
    port = free_port()
    command = [str(BIN / "mission-kg"), "serve", "--home", str(data.home), "--port", str(port)]
    return start("ours", command, port, "/sparql", data.work, {**OURS, **(environment or {})})


def threads(data: Data) -> Server:
    """Our server with queries on threads instead of processes."""
    port = free_port()
    command = [sys.executable, "-m", "bench.workload.threads_server", str(data.home), str(port)]
    root = str(Path(__file__).parents[2])
    return start("threads", command, port, "/sparql", data.work, {**OURS, "PYTHONPATH": root})


def constant(data: Data, answer: dict[str, object]) -> Server:
    """The HTTP server of ours with a constant answer and nothing behind it."""
    file = data.work / "constant.json"
    file.write_text(json.dumps(answer))
    port = free_port()
    command = [sys.executable, "-m", "bench.workload.constant", str(file), str(port)]
    root = str(Path(__file__).parents[2])
    return start("constant", command, port, "/sparql", data.work, {"PYTHONPATH": root})


def oxigraph(data: Data) -> Server:
    """The Oxigraph server on its own store, union of all graphs as default graph."""
    place = data.work / "oxigraph"
    if not (place / "loaded").exists():
        shutil.rmtree(place, ignore_errors=True)
        place.mkdir(parents=True)
        command = [str(BIN / "oxigraph"), "load", "--location", str(place / "db"), "--lenient"]
        _run([*command, "--file", str(data.dump())])
        _run([str(BIN / "oxigraph"), "optimize", "--location", str(place / "db")])
        (place / "loaded").touch()
    port = free_port()
    command = [str(BIN / "oxigraph"), "serve-read-only", "--location", str(place / "db")]
    command += ["--bind", f"127.0.0.1:{port}", "--union-default-graph"]
    return start("oxigraph", command, port, "/query", data.work)


def virtuoso(data: Data) -> Server:
    """Virtuoso 7 with wide limits; buffers for the whole graph."""
    place = data.work / "virtuoso"
    loaded = (place / "loaded").exists()
    if not loaded:
        shutil.rmtree(place, ignore_errors=True)
        place.mkdir(parents=True)
    port, sql = free_port(), free_port()
    buffers = max(170_000, data.quads // 15)
    (place / "virtuoso.ini").write_text(
        _INI.format(
            place=place, port=port, sql=sql, buffers=buffers, dirty=buffers * 3 // 4, data=data.work
        )
    )
    command = ["virtuoso-t", "+foreground", "+configfile", str(place / "virtuoso.ini")]
    server = start("virtuoso", command, port, "/sparql", place)
    if not loaded:
        try:
            _load_virtuoso(data, sql)
        except BaseException:
            server.stop()
            raise
        (place / "loaded").touch()
    return server


def rdflib(data: Data) -> Server:
    """rdflib-endpoint on a dataset in memory, union of all graphs as default graph."""
    port = free_port()
    command = [sys.executable, "-m", "bench.workload.rdflib_server", str(data.dump()), str(port)]
    root = str(Path(__file__).parents[2])
    return start("rdflib", command, port, "/", data.work, {"PYTHONPATH": root})


ENGINES: dict[str, Callable[[Data], Server]] = {
    "ours": ours,
    "oxigraph": oxigraph,
    "virtuoso": virtuoso,
    "rdflib": rdflib,
}
"""Name -> how it is started; ours first, the others are compared with it."""


def _run(command: list[str]) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise NotStarted(f"{' '.join(command[:2])}: {done.stderr[-2000:]}")


def _load_virtuoso(data: Data, sql: int) -> None:
    data.dump()
    _isql(sql, f"ld_dir('{data.work}', 'dump.nq', 'urn:none');")
    _isql(sql, "rdf_loader_run();")
    _isql(sql, "checkpoint;")
    told = _isql(sql, "SELECT ll_state, ll_error FROM DB.DBA.load_list;")
    if "2" not in told:
        raise NotStarted(f"Virtuoso did not load the dump: {told}")
    _isql(sql, 'GRANT SPARQL_SELECT TO "SPARQL";')


def _isql(port: int, text: str) -> str:
    command = ["isql-vt", f"localhost:{port}", "dba", "dba", f"exec={text}"]
    for _ in range(100):
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if "Connect failed" not in done.stderr + done.stdout and "08S01" not in done.stderr:
            return done.stdout + done.stderr
        time.sleep(0.2)
    raise NotStarted(f"isql cannot reach Virtuoso: {done.stderr}")


def available(name: str) -> str:
    """Why an engine cannot run here; empty where it can."""
    if name == "virtuoso" and shutil.which("virtuoso-t") is None:
        return "virtuoso-t is not installed (Debian: virtuoso-opensource-7)"
    if name == "oxigraph" and not os.access(BIN / "oxigraph", os.X_OK):
        return "the command oxigraph is not installed (group bench)"
    if name == "rdflib":
        from importlib.util import find_spec

        return "" if find_spec("rdflib_endpoint") else "rdflib-endpoint is not installed"
    return ""


_INI = """\
[Database]
DatabaseFile = {place}/virtuoso.db
ErrorLogFile = {place}/virtuoso-error.log
LockFile = {place}/virtuoso.lck
TransactionFile = {place}/virtuoso.trx
xa_persistent_file = {place}/virtuoso.pxa
FileExtend = 200
MaxCheckpointRemap = 2000
TempStorage = TempDatabase
[TempDatabase]
DatabaseFile = {place}/virtuoso-temp.db
TransactionFile = {place}/virtuoso-temp.trx
MaxCheckpointRemap = 2000
[Parameters]
ServerPort = {sql}
MaxClientConnections = 200
CheckpointInterval = 0
CaseMode = 2
DirsAllowed = ., {data}, /usr/share/virtuoso-opensource-7/vad
ThreadsPerQuery = 2
AsyncQueueMaxThreads = 4
NumberOfBuffers = {buffers}
MaxDirtyBuffers = {dirty}
MaxQueryMem = 4G
VectorSize = 1000
MaxVectorSize = 1000000
AdjustVectorSize = 1
[HTTPServer]
ServerPort = {port}
MaxClientConnections = 200
ServerThreads = 100
MaxKeepAlives = 200
KeepAliveTimeout = 600
EnabledGzipContent = 1
[Client]
SQL_QUERY_TIMEOUT = 0
SQL_TXN_TIMEOUT = 0
[SPARQL]
ResultSetMaxRows = 100000000
MaxQueryCostEstimationTime = 100000
MaxQueryExecutionTime = 600
DeferInferenceRulesInit = 0
"""
