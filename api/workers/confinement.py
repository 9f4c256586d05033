"""What a worker may not do, told to the kernel: it holds whatever a query makes of the engine.

    network       its own empty network namespace, or else (memory only) no new descriptor at all
    memory        address space of its start plus a budget
    files         none written, no core file, no more descriptors than it needs
    privileges    none gained by starting programs
    life          ends when the zygote ends; the first to go when the machine runs out of memory

Linux offers all of it; other systems what they have. Nothing here fails where the kernel says no:
the address scan of queries stands before it, and ``docs/operating.md`` tells how to see what holds.
"""

import contextlib
import ctypes
import gc
import os
import resource
import signal
import sys
from pathlib import Path
from typing import Final

_CLONE_NEWUSER: Final = 0x10000000
_CLONE_NEWNET: Final = 0x40000000
_PR_SET_PDEATHSIG: Final = 1
_PR_SET_NO_NEW_PRIVS: Final = 38
_KEPT: Final = 3
_OOM_SCORE: Final = "500"
_PAGE: Final = resource.getpagesize()


def leave_network() -> bool:
    """Move this process, still of one thread, to an empty network namespace; whether it worked."""
    if sys.platform != "linux":
        return False
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(_CLONE_NEWNET) == 0:
        return True
    user, group = os.getuid(), os.getgid()
    if libc.unshare(_CLONE_NEWUSER | _CLONE_NEWNET) != 0:
        return False
    with contextlib.suppress(OSError):  # without the maps only the names of users are lost
        Path("/proc/self/setgroups").write_text("deny")
        Path("/proc/self/uid_map").write_text(f"{user} {user} 1")
        Path("/proc/self/gid_map").write_text(f"{group} {group} 1")
    return True


def die_with_parent(parent: int) -> None:
    """End this process when ``parent`` ends (the thread that forked it, says Linux)."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
        ctypes.CDLL(None).prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    if os.getppid() != parent:  # it ended before the kernel was told
        os._exit(1)


class AddressSpace:
    """The address space of this process; keeps the descriptor by which it is told."""

    def __init__(self) -> None:
        try:
            self._file = os.open("/proc/self/statm", os.O_RDONLY)
        except OSError:
            self._file = -1

    def size(self) -> int:
        """Bytes of address space; 0 where the system does not tell."""
        if self._file < 0:
            return 0
        return int(os.pread(self._file, 64, 0).split()[0]) * _PAGE


def keep_only(descriptor: int) -> int:
    """Close all descriptors but the standard three and this one; returns its new number."""
    os.dup2(descriptor, _KEPT)
    os.closerange(_KEPT + 1, max(_KEPT + 2, os.sysconf("SC_OPEN_MAX")))
    return _KEPT


def confine(memory_bytes: int, *, writes: bool, opens: bool) -> AddressSpace:
    """Set the limits of a worker; returns its address space.

    ``memory_bytes``: added to what it has now; ``writes``: it writes files; ``opens``: it opens
    files while it answers, else it gets no descriptor any more, of a file or of a connection.
    """
    with contextlib.suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text(_OOM_SCORE)
    space = AddressSpace()
    if space.size():
        limit = space.size() + memory_bytes
        resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if not writes:
        resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    if not opens:
        resource.setrlimit(resource.RLIMIT_NOFILE, (0, 0))  # those that are open stay so
    return space


def limit_memory(size: int) -> None:
    """Let a confined process have ``size`` bytes of address space, as far as its limit goes."""
    _, hard = resource.getrlimit(resource.RLIMIT_AS)
    resource.setrlimit(resource.RLIMIT_AS, (min(size, hard), hard))


def share_memory() -> None:
    """Put what is loaded beyond the reach of the collector, so that forks keep sharing it."""
    gc.collect()
    gc.freeze()
