"""Settings -> the running parts. The only place that names an adapter.

What takes long to import, the reasoner and the importers, is imported when it is first used: the
second start of the server has three seconds.
"""

from functools import cached_property
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from pydantic import ValidationError
from starlette.requests import HTTPConnection

from api.candidates import Candidates
from api.choices import things
from api.counts import counts
from api.current import Current
from api.errors import WrongUse
from api.execution import Runner, change_limits, full_limits
from api.federation.addresses import AllowList
from api.federation.relay import Bounds, Relay
from api.settings import Settings
from api.terms import Asked
from api.workers.nursery import Plan
from api.workers.pool import Size, WorkerPool
from api.workspace.door import WorkspaceDoor
from kg.shelf import all_releases, newest, open_store, release_names
from kg.store import GraphStore, MediaChoice

if TYPE_CHECKING:
    from api.history.shelves import History
    from ingest.home import Home
    from kg.gathering import Progress
    from kg.shelf import Release
    from kg.tables import CaseTables
    from kg.why import Explanation


class Service:
    """A release opened for answering: its store and the runner in front of it."""

    def __init__(
        self,
        settings: Settings,
        release: "Release",
        store: GraphStore,
        runner: Runner | None = None,
    ) -> None:
        self.settings = settings
        self.release = release
        self.store = store
        self._labels: dict[str, dict[str, str]] = {}
        self.runner = runner or workers_for(settings, release)

    @cached_property
    def counts(self) -> dict[str, int]:
        """How much the release holds; counted once, since a release never changes."""
        return counts(self.store)

    @cached_property
    def tables(self) -> "CaseTables":
        """The tables of the release. Raises ``kg.errors.ReleaseError`` where it has none."""
        from kg.tables import CaseTables

        return CaseTables(self.release.path)

    def labels(self, space: str) -> dict[str, str]:
        """Labels of the things under a namespace, for a form; looked up once, as the counts."""
        if space not in self._labels:
            self._labels[space] = things(self.store, space)
        return self._labels[space]

    async def ready(self) -> None:
        """Answer a small query, as any stranger's. Raises what the runner raises."""
        media = MediaChoice("application/sparql-results+json", "text/turtle")
        await self.runner.answer("ASK { ?s ?p ?o }", media)

    async def aclose(self) -> None:
        """Give back what the service holds; called once, after its last request."""
        await self.runner.aclose()

    def explain(self, triple: Asked) -> "Explanation":
        """Explain a triple. Raises ``kg.errors.NotDerivable``."""
        from kg.reasoning import shipped_rules
        from kg.why import why

        return why(self.store, shipped_rules(), *triple)


def workers_for(settings: Settings, release: "Release") -> WorkerPool:
    """Killable workers that answer queries about a release; they start with the first query."""
    return WorkerPool(
        Plan(
            "api.workers.reading:ReleaseOperations",
            settings.query_memory_bytes,
            {"path": str(release.path), "in_memory": from_memory(settings, release)},
        ),
        full_limits(settings),
        pool_size(settings),
    )


def from_memory(settings: Settings, release: "Release") -> bool:
    """Whether a release is small enough to be served from memory."""
    return release.manifest.counts["quads"] <= settings.memory_quads


def workspace_dir(settings: Settings) -> Path:
    """Directory of the workspace."""
    return settings.home / "workspace"


def pool_size(settings: Settings) -> Size:
    """How many queries run, wait and are kept for slow readers."""
    return Size(
        workers=settings.concurrent_queries,
        per_client=settings.client_queries,
        waiting=settings.waiting_queries,
        waiting_seconds=settings.waiting_seconds,
        sending_seconds=settings.sending_seconds,
        spool_bytes=settings.spool_bytes,
    )


def open_workspace(settings: Settings) -> WorkspaceDoor | None:
    """The workspace under the home, where the operator set a token; opened by its first use."""
    if settings.write_token is None:
        return None
    return WorkspaceDoor(
        WorkerPool(
            Plan(
                "api.workspace.operations:WorkspaceOperations",
                settings.workspace_memory_bytes,
                {"path": str(workspace_dir(settings))},
            ),
            change_limits(settings),
            Size(
                workers=1,  # one process may write; its jobs never overlap
                per_client=1,
                waiting=settings.waiting_queries,
                waiting_seconds=settings.waiting_seconds,
                sending_seconds=settings.sending_seconds,
                spool_bytes=settings.spool_bytes,
            ),
        )
    )


def open_relay(settings: Settings) -> Relay:
    """What asks other endpoints for SERVICE. Raises ``WrongUse`` for a wrong address range."""
    try:
        allowed = AllowList(settings.service_allow, settings.service_networks)
    except ValueError as error:
        raise WrongUse(f"service_networks: {error}.") from error
    bounds = Bounds(
        settings.service_seconds,
        settings.service_bytes,
        settings.service_rows,
        settings.service_calls,
    )
    return Relay(allowed, bounds, f"mission-kg/{version('mission-kg')}")


def settings_for(home: Path | None = None, **given: Any) -> Settings:
    """Make settings of the environment, those ``given`` (not ``None``) before it.

    Raises ``WrongUse`` naming the field and what it expects.
    """
    chosen = {name: value for name, value in {"home": home, **given}.items() if value is not None}
    try:
        return Settings(**chosen)
    except ValidationError as error:
        faults = "; ".join(
            f"{'.'.join(str(part) for part in each['loc'])} = {each['input']!r}: {each['msg']}"
            for each in error.errors()
        )
        raise WrongUse(f"A setting is wrong: {faults}.") from error


def home_of(settings: Settings) -> "Home":
    """Get the home directory that the settings name."""
    from ingest.home import Home

    return Home(settings.home)


def releases_of(settings: Settings) -> "tuple[Release, ...]":
    """List the releases under the home, newest first."""
    return all_releases(home_of(settings).releases_dir)


def has_releases(settings: Settings) -> bool:
    """Whether there is any release under the home, whole or damaged."""
    return bool(release_names(home_of(settings).releases_dir))


def build_release(settings: Settings, progress: "Progress") -> "Release":
    """Build a release of the shipped library and what was ingested."""
    from ingest.pipeline import build

    return build(home_of(settings), progress)


def open_service(settings: Settings) -> Service:
    """Open the newest release under the home. Raises ``kg.errors.ReleaseError``."""
    release = newest(home_of(settings).releases_dir)
    return Service(settings, release, open_store(release, from_memory(settings, release)))


def open_current(settings: Settings) -> Current:
    """Open the newest whole release, to be swapped when a newer one is on the shelf.

    Raises ``kg.errors.ReleaseError`` where none can be served.
    """
    if settings.store_url:
        from api.stores.wiring import stores_of

        stores = stores_of(settings)
        return Current(
            stores.first(),
            stores,
            watch_seconds=settings.watch_seconds,
            drain_seconds=settings.drain_seconds,
        )
    candidates = Candidates(
        home_of(settings).releases_dir,
        lambda release: Service(
            settings, release, open_store(release, from_memory(settings, release))
        ),
    )
    return Current(
        candidates.first(),
        candidates,
        watch_seconds=settings.watch_seconds,
        drain_seconds=settings.drain_seconds,
    )


def open_history(settings: Settings) -> "History":
    """The releases of the home and what changed between them; old ones open when asked for."""
    from api.history.comparing import Comparing
    from api.history.shelves import CHANGES_DIR, History

    home = home_of(settings)
    return History(
        home.releases_dir,
        lambda release: Service(settings, release, open_store(release, in_memory=False)),
        kept_open=settings.old_releases,
        comparing=Comparing(
            home.path / CHANGES_DIR,
            seconds=settings.comparing_seconds,
            room_bytes=settings.comparisons_bytes,
        ),
    )


def service_of(request: HTTPConnection) -> Service:
    """Get the service that ``request`` pinned: the same from its first to its last byte."""
    return cast("Service", request.scope["state"]["service"])
