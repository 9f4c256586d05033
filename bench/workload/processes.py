"""Servers as children: started with a log, awaited, measured over their whole tree, ended."""

import contextlib
import os
import signal
import socket
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

TICK = os.sysconf("SC_CLK_TCK")


class NotStarted(Exception):
    """A server did not come up. The text: its name and the end of its log."""


@dataclass
class Server:
    """A running server: ``endpoint`` is its SPARQL address."""

    name: str
    endpoint: str
    process: "subprocess.Popen[bytes]"
    log: Path

    def stop(self) -> None:
        """End the server and what it started."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGTERM)
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(20)
        for pid in tree(self.process.pid):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def cpu_seconds(self) -> float:
        """Processor time of all its processes so far, ended children included."""
        return sum(_cpu(pid) for pid in tree(self.process.pid))

    def memory_mib(self) -> float:
        """Proportional memory (PSS) of all its processes; shared pages count once."""
        return sum(_pss(pid) for pid in tree(self.process.pid)) / 1024


def free_port() -> int:
    """A port of the loopback that nothing listens on."""
    with socket.create_server(("127.0.0.1", 0)) as held:
        return int(held.getsockname()[1])


def start(
    name: str,
    command: list[str],
    port: int,
    path: str,
    folder: Path,
    environment: dict[str, str] | None = None,
    seconds: float = 600,
) -> Server:
    """Start a server and wait until its port is open. Raises ``NotStarted``."""
    folder.mkdir(parents=True, exist_ok=True)
    log = folder / f"{name}.log"
    with log.open("wb") as out:
        process = subprocess.Popen(
            command,
            stdout=out,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            cwd=folder,
            env={**os.environ, **(environment or {})},
            start_new_session=True,
        )
    server = Server(name, f"http://127.0.0.1:{port}{path}", process, log)
    end = time.monotonic() + seconds
    while time.monotonic() < end and process.poll() is None:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return server
        time.sleep(0.05)
    server.stop()
    raise NotStarted(f"{name}: {log.read_text(errors='replace')[-2000:]}")


def tree(pid: int) -> list[int]:
    """A process and all that descend from it, or are of its session."""
    parents: dict[int, int] = {}
    found = {pid}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with contextlib.suppress(OSError):
                fields = _stat(int(entry.name))
                parents[int(entry.name)] = int(fields[1])
                if int(fields[3]) == pid:  # its session
                    found.add(int(entry.name))
    while more := {child for child, parent in parents.items() if parent in found} - found:
        found |= more
    return sorted(found)


def _stat(pid: int) -> list[str]:
    """Fields of ``/proc/PID/stat`` after the command's name: state, parent, group, session, ..."""
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()


def _cpu(pid: int) -> float:
    try:
        fields = _stat(pid)
    except OSError:
        return 0.0
    return sum(int(fields[place]) for place in (11, 12, 13, 14)) / TICK


def _pss(pid: int) -> int:
    with contextlib.suppress(OSError):
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1])
    return 0
