"""The zygote: a process of one thread that loads the graph once, and forks and reaps workers.

Started afresh by ``nursery`` (``python -m api.workers.zygote DESCRIPTOR``, its plan on standard
input), never by forking the server: what the server has open and locked is not here. It ends when
the server's end of the control socket closes, however the server ended, and its workers end with
it.

Control messages are of fixed size: kind, number of the worker, value. From the server: ``F`` fork
(with the worker's socket), ``K`` kill. To the server: ``R`` ready (value: whether the network is
gone, or wanted), ``D`` a worker ended (value: its exit code, negative for a signal), ``X`` the
graph cannot be loaded (value: length of the JSON that follows).
"""

import json
import os
import selectors
import signal
import socket
import struct
import sys
import threading
from contextlib import suppress
from importlib import import_module
from typing import Any, Final, NoReturn

from api.workers.confinement import die_with_parent, keep_only, leave_network, share_memory
from api.workers.faults import packed
from api.workers.worker import Operations, work
from kg.errors import KgError

MESSAGE: Final = struct.Struct("!cIi")
_STACK_BYTES: Final = 64 * 2**20
_NO_FORK: Final = 127


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
        try:
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
        finally:
            signal.set_wakeup_fd(-1)  # before its socket goes: a worker may end any moment

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
        try:
            process = os.fork()
        except OSError:  # no memory, or no process to be had; the server tries again
            connection.close()
            self._tell(b"D", number, _NO_FORK)
            return
        if process == 0:
            self._become_worker(parent, connection)
        connection.close()
        self._workers[process] = number

    def _become_worker(self, parent: int, connection: socket.socket) -> NoReturn:
        """Work on a thread of its own until there is nothing more to do.

        The engine keeps its source of random numbers for each thread: on the thread that was
        forked all workers would give the same UUIDs. And a new thread has a larger stack.
        """
        try:
            die_with_parent(parent)
            signal.set_wakeup_fd(-1)
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            connection = socket.socket(fileno=keep_only(connection.detach()))
            threading.stack_size(_STACK_BYTES)
            working = threading.Thread(
                target=work, args=(connection, self._operations, self._memory), daemon=True
            )
            working.start()
            working.join()
        finally:
            os._exit(0)

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
    plan = json.loads(sys.stdin.read())
    alone = plan["network"] or leave_network()
    try:
        operations = load(plan)
    except KgError as error:
        words = json.dumps(packed(error)).encode()
        control.sendall(MESSAGE.pack(b"X", 0, len(words)) + words)
        return
    share_memory()
    with suppress(BrokenPipeError, ConnectionResetError):  # the server is gone
        control.sendall(MESSAGE.pack(b"R", 0, alone))
        Zygote(control, operations, plan["memory_bytes"]).run()


if __name__ == "__main__":
    main()
