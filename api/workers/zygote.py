"""The zygote: a process of one thread that loads the graph once, and forks and reaps workers.

Started afresh by ``nursery`` (``python -m api.workers.zygote DESCRIPTOR PLAN``), never by forking
the server: what the server has open and locked is not here. It ends when the server's end of the
control socket closes, however the server ended, and its workers end with it.

Control messages are of fixed size: kind, number of the worker, value. From the server: ``F`` fork
(with the worker's socket), ``K`` kill. To the server: ``R`` ready (value: whether the network is
gone), ``D`` a worker ended (value: its exit code, negative for a signal), ``X`` the graph cannot be
loaded (value: length of the JSON that follows).
"""

import json
import os
import selectors
import signal
import socket
import struct
import sys
from importlib import import_module
from typing import Any, Final, NoReturn

from api.workers import wire
from api.workers.confinement import confine, die_with_parent, leave_network, share_memory
from api.workers.faults import packed
from api.workers.worker import Operations, Worker
from kg.errors import KgError

MESSAGE: Final = struct.Struct("!cIi")


class Zygote:
    """Forks workers that can do ``operations``, each with ``memory_bytes`` of its own."""

    def __init__(self, control: socket.socket, operations: Operations, memory_bytes: int) -> None:
        self._control = control
        self._operations = operations
        self._memory = memory_bytes
        self._workers: dict[int, int] = {}
        """Process id -> number."""

    def run(self) -> None:
        """Serve until the server is gone."""
        woken, waking = socket.socketpair()
        waking.setblocking(False)
        woken.setblocking(False)
        signal.set_wakeup_fd(waking.fileno(), warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        with selectors.DefaultSelector() as selector:
            selector.register(self._control, selectors.EVENT_READ)
            selector.register(woken, selectors.EVENT_READ)
            while True:
                for key, _ in selector.select():
                    if key.fileobj is woken:
                        woken.recv(4096)
                        self._reap()
                    elif not self._obey():
                        return

    def _obey(self) -> bool:
        message, descriptors, _, _ = socket.recv_fds(self._control, MESSAGE.size, 1)
        if not message:
            return False
        kind, number, _ = MESSAGE.unpack(message)
        if kind == b"F":
            self._fork(number, socket.socket(fileno=descriptors[0]))
        elif kind == b"K":
            self._kill(number)
        return True

    def _fork(self, number: int, connection: socket.socket) -> None:
        parent = os.getpid()
        process = os.fork()
        if process == 0:
            self._become_worker(parent, connection)
        connection.close()
        self._workers[process] = number

    def _become_worker(self, parent: int, connection: socket.socket) -> NoReturn:
        code = 1
        try:
            die_with_parent(parent)
            signal.set_wakeup_fd(-1)
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            self._control.close()
            os.closerange(connection.fileno() + 1, 1024)
            operations, memory = self._operations, self._memory
            try:
                operations.begin()
            except KgError as error:
                connection.sendall(wire.pack(wire.FAILURE, packed(error)))
                os._exit(code)
            start = confine(memory, writes=operations.writes, opens=operations.opens)
            os.dup2(os.open(os.devnull, os.O_RDWR), 2) if operations.opens else None
            Worker(connection, operations, start, memory).serve()
            code = 0
        except (BrokenPipeError, ConnectionResetError):  # the server is gone
            code = 0
        finally:
            os._exit(code)

    def _kill(self, number: int) -> None:
        for process, each in self._workers.items():
            if each == number:  # not reaped yet, so the process id is still its own
                os.kill(process, signal.SIGKILL)

    def _reap(self) -> None:
        while self._workers:
            process, status = os.waitpid(-1, os.WNOHANG)
            if process == 0:
                return
            number = self._workers.pop(process)
            self._tell(b"D", number, os.waitstatus_to_exitcode(status))

    def _tell(self, kind: bytes, number: int, value: int) -> None:
        self._control.sendall(MESSAGE.pack(kind, number, value))


def load(plan: dict[str, Any]) -> Operations:
    """Make the operations that a plan names, and let them load what they share."""
    module, _, name = plan["operations"].partition(":")
    operations: Operations = getattr(import_module(module), name)(**plan["arguments"])
    operations.prepare()
    return operations


def main() -> None:
    """Be a zygote."""
    control = socket.socket(fileno=int(sys.argv[1]))
    plan = json.loads(sys.argv[2])
    alone = leave_network()
    try:
        operations = load(plan)
    except KgError as error:
        words = json.dumps(packed(error)).encode()
        control.sendall(MESSAGE.pack(b"X", 0, len(words)) + words)
        return
    share_memory()
    control.sendall(MESSAGE.pack(b"R", 0, alone))
    Zygote(control, operations, plan["memory_bytes"]).run()


if __name__ == "__main__":
    main()
