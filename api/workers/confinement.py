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
_SPARE_DESCRIPTORS: Final = 4
_OOM_SCORE: Final = "500"
_STATM: Final = Path("/proc/self/statm")
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


def address_space() -> int:
    """Bytes of address space of this process; 0 where the system does not tell."""
    try:
        return int(_STATM.read_text().split()[0]) * _PAGE
    except OSError:
        return 0


def confine(memory_bytes: int, *, writes: bool, opens: bool) -> int:
    """Set the limits of a worker; returns its address space at the start, bytes.

    ``writes``: it writes files; ``opens``: it opens files while it answers.
    """
    start = address_space()
    if start:
        limit_memory(start + memory_bytes)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if not writes:
        resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    if not opens:
        used = max(map(int, os.listdir("/proc/self/fd")), default=64) if start else 64
        resource.setrlimit(resource.RLIMIT_NOFILE, (used + 1, used + 1))
    with contextlib.suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text(_OOM_SCORE)
    return start


def limit_memory(size: int) -> None:
    """Let this process have ``size`` bytes of address space, as far as its hard limit goes."""
    _, hard = resource.getrlimit(resource.RLIMIT_AS)
    soft = size if hard == resource.RLIM_INFINITY else min(size, hard)
    resource.setrlimit(resource.RLIMIT_AS, (soft, hard))


def share_memory() -> None:
    """Put what is loaded beyond the reach of the collector, so that forks keep sharing it."""
    gc.collect()
    gc.freeze()
