"""Settings -> remote stores: the part of ``api.wiring`` that names their adapter."""

from contextlib import closing
from dataclasses import asdict, replace
from typing import TYPE_CHECKING, Final

from api.execution import full_limits
from api.settings import Settings
from api.stores.candidates import StoreCandidates
from api.wiring import Service, home_of, pool_size
from api.workers.nursery import Plan
from api.workers.pool import WorkerPool
from kg.errors import ReleaseError
from kg.holding import held_release, load_release, require_same
from kg.shelf import Release, newest, read_release, release_names
from kg.stores.pinned import PinnedStore
from kg.stores.remote import RemoteStore
from kg.stores.remote_client import RemoteOptions

if TYPE_CHECKING:
    from kg.gathering import Progress
    from kg.holding import Loaded


_BEHIND_SECONDS: Final = 2.0


def stores_of(settings: Settings) -> StoreCandidates:
    """The remote stores that the settings name."""

    def held(address: str) -> str | None:
        with closing(RemoteStore(remote_options(settings, address))) as store:
            return held_release(store)

    def open_one(address: str, release: Release) -> Service:
        options = remote_options(settings, address)
        graphs = tuple(release.manifest.graphs)
        store = PinnedStore(options, release.id, graphs, settings.watch_seconds)
        require_same(store, release)
        # The worker is killed first, so that a stranger hears of the limit and not of the store.
        asked = replace(options, seconds=settings.query_seconds + _BEHIND_SECONDS)
        return Service(settings, release, store, _remote_workers(settings, release, asked))

    places = settings.store_url.split()
    return StoreCandidates(home_of(settings).releases_dir, places, held, open_one)


def _remote_workers(settings: Settings, release: Release, options: RemoteOptions) -> WorkerPool:
    """Killable workers that ask a remote store."""
    arguments = {
        "options": asdict(options),
        "release": release.id,
        "graphs": list(release.manifest.graphs),
        "look_seconds": settings.watch_seconds,
    }
    plan = Plan(
        "api.stores.operations:RemoteOperations",
        settings.query_memory_bytes,
        arguments,
        network=True,
    )
    return WorkerPool(plan, full_limits(settings), pool_size(settings))


def remote_options(settings: Settings, address: str) -> RemoteOptions:
    """How to speak with the remote store at a query address."""
    return RemoteOptions(
        address,
        settings.store_update_url or None,
        settings.store_graphs_url or None,
        engine=settings.store_engine,
        union=settings.store_union,
        user=settings.store_user,
        password=settings.store_password.get_secret_value(),
        token=settings.store_token.get_secret_value(),
        seconds=settings.store_seconds,
    )


def load_into_store(
    settings: Settings,
    address: str,
    release: str | None,
    progress: "Progress",
    *,
    over_others: bool,
) -> "tuple[str, Loaded]":
    """Bring a release (``None``: the newest) into a store; its id and what was done.

    Raises ``kg.errors.ReleaseError`` and ``kg.errors.StoreError``.
    """
    chosen = _chosen(settings, release)
    # Readers look each watch_seconds, before an answer and after a long one.
    grace = 3 * settings.watch_seconds
    with closing(RemoteStore(remote_options(settings, address))) as store:
        done = load_release(store, chosen, progress, replace=over_others, grace_seconds=grace)
    return chosen.id, done


def check_store(settings: Settings, address: str, release: str | None) -> str:
    """Id of the release that a store holds, which must be ``release`` (``None``: the newest).

    Raises ``kg.errors.ReleaseError`` saying what differs.
    """
    chosen = _chosen(settings, release)
    with closing(RemoteStore(remote_options(settings, address))) as store:
        held = held_release(store)
        if held != chosen.id:
            raise ReleaseError(f"{address} holds {held or 'no whole release'}, not {chosen.id}.")
        require_same(store, chosen)
    return chosen.id


def _chosen(settings: Settings, release: str | None) -> Release:
    releases_dir = home_of(settings).releases_dir
    if release is None:
        return newest(releases_dir)
    if release not in release_names(releases_dir):
        known = ", ".join(release_names(releases_dir)[:5]) or "none"
        raise ReleaseError(
            f"There is no release {release} under {releases_dir}; there are {known}."
        )
    return read_release(releases_dir / release)
