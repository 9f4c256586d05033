"""The dumps of the releases: made once, by a program beside the server, and kept under the home.

``<home>/cache/dumps/<release>/<part>/`` holds the files of one part and ``index.json`` with their
sizes and digests; see :mod:`api.linked.making`. One such program runs at a time.
"""

import atexit
import json
import logging
import shutil
import subprocess
import sys
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from threading import Lock, Thread
from typing import TYPE_CHECKING, Final

from anyio import move_on_after, sleep, to_thread

from api.errors import BeingMade, UnknownDump
from api.linked.making import ALL, CLAIMS, INDEX, PACKED, folder_of, forms_of
from ontology.names import GRAPH, GRAPH_CLAIMS

if TYPE_CHECKING:
    from kg.shelf import Release

_log: Final = logging.getLogger("mission_kg.dumps")
_POLL: Final = 0.05
_PAUSE: Final = 60.0
"""Seconds after a failure before the same is tried again."""


@dataclass(frozen=True, slots=True)
class DumpFile:
    """One file: ``part``, suffixes of its form and packing, ``size`` in bytes, ``sha256``."""

    part: str
    form: str
    pack: str
    size: int
    sha256: str
    path: Path

    @property
    def name(self) -> str:
        """Its name, as in its address below the release's."""
        return f"{self.part}.{self.form}.{self.pack}"


def parts_of(release: "Release") -> tuple[str, ...]:
    """The parts that are announced: everything, each graph, and the claims of all sources."""
    graphs = [graph for graph in release.manifest.graphs if not graph.startswith(GRAPH_CLAIMS)]
    return (ALL, *(graph.removeprefix(GRAPH) for graph in sorted(graphs)), CLAIMS)


class Dumps:
    """The dumps under ``folder``, as :func:`of` finds them; safe to use from several threads."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._lock = Lock()
        self._running: subprocess.Popen[bytes] | None = None
        self._failed: dict[tuple[str, tuple[str, ...]], float] = {}

    def made(self, release: "Release", parts: Iterable[str]) -> tuple[DumpFile, ...]:
        """Files of those of ``parts`` that are there."""
        return tuple(file for part in parts for file in self._read(release, part))

    def ready(self, release: "Release", parts: Iterable[str]) -> bool:
        """Whether all the parts are there; else they are being made from now on.

        Raises ``BeingMade`` where that failed a short while ago.
        """
        wanted = tuple(parts)
        missing = tuple(part for part in wanted if not self._index(release, part).is_file())
        if missing:
            self._refuse_after_failure(release, missing)
            self._start(release, missing)
        return not missing

    async def ensure(self, release: "Release", parts: Iterable[str], seconds: float) -> None:
        """Have the parts made. Raises ``BeingMade`` where it takes longer than ``seconds``.

        No thread waits: many may ask at once.
        """
        wanted = tuple(parts)
        with move_on_after(seconds):
            while not await to_thread.run_sync(self.ready, release, wanted):
                await sleep(_POLL)
            return
        raise BeingMade(
            "The dumps of this release are being made; this is done once. Ask again in a minute."
        )

    async def file(self, release: "Release", name: str, seconds: float) -> DumpFile:
        """The file of that name, made if need be. Raises ``UnknownDump`` and ``BeingMade``."""
        part, form, pack = self._split(release, name)
        announced = parts_of(release)
        await self.ensure(release, announced if part in announced else (part,), seconds)
        for file in self._read(release, part):
            if (file.form, file.pack) == (form, pack):
                return file
        raise UnknownDump(f"There is no dump {name}.")

    def stop(self) -> None:
        """End the program that makes dumps; what it had not finished is not there."""
        with self._lock:
            process = self._running
        if process is not None:
            process.terminate()
            process.wait()

    def prune(self, kept: Iterable[str]) -> None:
        """Remove the dumps of releases that are no longer on the shelf (``kept``: their ids)."""
        known = set(kept)
        if self._folder.is_dir():
            for folder in self._folder.iterdir():
                if folder.name not in known:
                    shutil.rmtree(folder, ignore_errors=True)

    def _split(self, release: "Release", name: str) -> tuple[str, str, str]:
        rest, _, pack = name.rpartition(".")
        part, _, form = rest.rpartition(".")
        known = part in parts_of(release) or f"{GRAPH}{part}" in release.manifest.graphs
        if not known:
            raise UnknownDump(
                f"Release {release.id} has no part {part or name!r}; the parts are "
                f"{', '.join(parts_of(release))}, and claims/SOURCE for those of one source."
            )
        if form not in forms_of(part) or pack not in PACKED:
            raise UnknownDump(
                f"There is no dump {name}; {part} comes as {', '.join(forms_of(part))}, each "
                f"packed as {' or '.join(PACKED)}: {part}.{forms_of(part)[0]}.zst."
            )
        return part, form, pack

    def _index(self, release: "Release", part: str) -> Path:
        return self._folder / release.id / folder_of(part) / INDEX

    def _read(self, release: "Release", part: str) -> tuple[DumpFile, ...]:
        index = self._index(release, part)
        try:
            files: Mapping[str, Mapping[str, str]] = json.loads(index.read_text("utf-8"))["files"]
        except FileNotFoundError:
            return ()
        except (OSError, ValueError, KeyError):  # damaged: made anew at the next request
            _log.warning("%s is damaged; the dump is made anew", index)
            shutil.rmtree(index.parent, ignore_errors=True)
            return ()
        found = []
        for form in forms_of(part):
            for pack in PACKED:
                name = f"{folder_of(part)}.{form}.{pack}"
                size, digest = int(files[name]["size"]), files[name]["sha256"]
                found.append(DumpFile(part, form, pack, size, digest, index.parent / name))
        return tuple(found)

    def _start(self, release: "Release", parts: tuple[str, ...]) -> None:
        """Start the program unless one runs."""
        with self._lock:
            if self._running is not None:
                return
            target = self._folder / release.id
            command = [sys.executable, "-m", "api.linked.making", str(release.path), str(target)]
            self._running = subprocess.Popen(  # noqa: S603  our own program, our own paths
                [*command, *parts],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
            )
            Thread(target=self._wait, args=(self._running, release.id, parts), daemon=True).start()

    def _wait(self, process: subprocess.Popen[bytes], release: str, parts: tuple[str, ...]) -> None:
        """Wait for the program's end, and remember why it failed if it did."""
        words = process.communicate()[1].decode("utf-8", "replace").strip()
        if process.returncode > 0:
            _log.error("dumps of %s could not be made: %s", release, words)
            self._failed[release, parts] = time.monotonic()
        with self._lock:
            self._running = None

    def _refuse_after_failure(self, release: "Release", parts: tuple[str, ...]) -> None:
        failed = self._failed.get((release.id, parts))
        if failed is not None and time.monotonic() - failed < _PAUSE:
            raise BeingMade(
                "The dumps could not be made just now; the operator's log says why. "
                "SPARQL and the graph store answer meanwhile."
            )


_dumps: Final[dict[Path, Dumps]] = {}
_dumps_lock: Final = Lock()


def dumps_of(home: Path) -> Dumps:
    """The dumps under a home directory."""
    with _dumps_lock:
        if home not in _dumps:
            _dumps[home] = Dumps(home / "cache" / "dumps")
            atexit.register(_dumps[home].stop)
        return _dumps[home]
