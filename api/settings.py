"""Every limit and every place of a running program, in one frozen class.

The only reader of the environment: each field may be set as ``MISSION_KG_<NAME>``. Below this
room values arrive as arguments.
"""

import os
from pathlib import Path
from typing import Final, Literal

from platformdirs import user_data_path
from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

_KEPT: Final = ("PATH", "LANG", "LC_ALL", "TZ", "TMPDIR", "HOME", "VIRTUAL_ENV")
_KEPT_PREFIXES: Final = ("PYTHON", "COV_", "COVERAGE_", "LD_", "DYLD_")


class Settings(BaseSettings):
    """Limits and places. Raises ``pydantic.ValidationError`` for a value out of its range."""

    model_config = SettingsConfigDict(env_prefix="MISSION_KG_", frozen=True, extra="forbid")

    home: Path = Field(
        default_factory=lambda: user_data_path("mission-kg", appauthor=False),
        description="Directory that holds the ingested sources and the releases.",
    )
    host: str = Field(default="127.0.0.1", description="Address the server listens on.")
    port: int = Field(default=8000, ge=0, le=65535, description="Port; 0 takes a free one.")
    query_seconds: float = Field(
        default=30.0,
        gt=0,
        le=3600,
        description="Longest time for one query to run, writing its answer included, seconds; "
        "then its worker is killed.",
    )
    concurrent_queries: int = Field(
        default=4,
        ge=1,
        le=256,
        description="Queries that run at once, each in a process of its own; further ones wait.",
    )
    client_queries: int = Field(
        default=3,
        ge=1,
        le=256,
        description="Queries of one client that run at once; further ones of it wait.",
    )
    waiting_queries: int = Field(
        default=1000,
        ge=1,
        le=100_000,
        description="Queries that may wait; where there are more, who has most of them gets 429.",
    )
    waiting_seconds: float = Field(
        default=10.0, gt=0, le=3600, description="Longest time to wait for a worker, seconds."
    )
    sending_seconds: float = Field(
        default=300.0,
        gt=0,
        le=86_400,
        description="Longest time for a client to read a long answer, seconds.",
    )
    spool_bytes: int = Field(
        default=256 * 2**20,
        ge=2**20,
        description="Memory for long answers that their clients have yet to read, bytes.",
    )
    memory_quads: int = Field(
        default=2_000_000,
        ge=0,
        description="Largest release that is served from memory, quads; larger ones from disk. "
        "About 360 bytes each, once for the server, once for its workers together, and as much "
        "again for each worker in time.",
    )
    store_url: str = Field(
        default="",
        description="Query addresses of remote stores, with spaces between: the one that holds the "
        "newest release of the shelf is served, and stands in for another; none: serve from here.",
    )
    store_update_url: str = Field(
        default="",
        description="Where the remote store takes updates; empty: where its engine usually does.",
    )
    store_graphs_url: str = Field(
        default="",
        description="Where the remote store speaks the Graph Store Protocol; empty: as above.",
    )
    store_engine: str = Field(
        default="auto",
        description="Engine of the remote store: auto (told by its Server header), or a name of "
        "docs/engines.md.",
    )
    store_union: Literal["auto", "engine", "parameter", "dataset"] = Field(
        default="auto",
        description="How the remote store makes its default graph the union of its named graphs; "
        "auto: as its engine usually does.",
    )
    store_user: str = Field(default="", description="User at the remote store.")
    store_password: SecretStr = Field(
        default=SecretStr(""), description="Password at the remote store (basic or digest)."
    )
    store_token: SecretStr = Field(
        default=SecretStr(""), description="Bearer token for the remote store, instead of a user."
    )
    store_seconds: float = Field(
        default=30.0,
        gt=0,
        le=3600,
        description="Longest time for one exchange with the remote store that no stranger asked "
        "for, seconds.",
    )
    answer_bytes: int = Field(
        default=64 * 2**20, ge=1024, description="Largest answer to one query, bytes."
    )
    answer_rows: int = Field(
        default=1_000_000, ge=1, description="Most rows or triples in one answer."
    )
    query_memory_bytes: int = Field(
        default=2**30,
        ge=64 * 2**20,
        description="Memory that one query may take beside the release, bytes.",
    )
    write_token: SecretStr | None = Field(
        default=None,
        min_length=16,
        description="Opens the workspace at /workspace/ for whoever sends it as a bearer token; "
        "none: nothing can be written.",
    )
    service_allow: tuple[str, ...] = Field(
        default=(),
        description="Hosts that SERVICE may ask, as a JSON list; with :PORT for another port, :* "
        "for any. None: SERVICE is refused.",
    )
    service_networks: tuple[str, ...] = Field(
        default=(),
        description="Address ranges (CIDR, a JSON list) that SERVICE may ask although they are "
        "not public.",
    )
    service_seconds: float = Field(
        default=10.0, gt=0, le=600, description="Longest time for one SERVICE, seconds."
    )
    service_bytes: int = Field(
        default=8 * 2**20, ge=1024, description="Largest answer to one SERVICE, bytes."
    )
    service_rows: int = Field(
        default=10_000, ge=1, le=1_000_000, description="Most rows taken from one SERVICE."
    )
    service_calls: int = Field(
        default=4, ge=1, le=64, description="Most SERVICE patterns in one query."
    )
    update_seconds: float = Field(
        default=300.0,
        gt=0,
        le=86_400,
        description="Longest time for one change of the workspace, seconds; about 25,000 triples "
        "are written in one.",
    )
    workspace_memory_bytes: int = Field(
        default=4 * 2**30,
        ge=256 * 2**20,
        description="Memory that the workspace's process may take, bytes.",
    )
    workspace_bytes: int = Field(
        default=64 * 2**20,
        ge=1024,
        description="Largest update or graph that the workspace takes, bytes.",
    )
    request_bytes: int = Field(
        default=2**20, ge=1024, description="Largest body of a request, bytes."
    )
    url_bytes: int = Field(
        default=32 * 2**10,
        ge=256,
        le=60_000,
        description="Longest path with query string, bytes.",
    )
    page_rows: int = Field(
        default=500, ge=1, le=10_000, description="Rows of an answer shown on a web page."
    )

    watch_seconds: float = Field(
        default=5.0,
        gt=0,
        le=3600,
        description="Time between two looks for a newer release on the shelf, seconds.",
    )
    drain_seconds: float = Field(
        default=300.0,
        ge=0,
        le=86_400,
        description="Longest time that requests to a release that was replaced may still take, "
        "seconds.",
    )
    stop_notice_seconds: float = Field(
        default=0.0,
        ge=0,
        le=600,
        description="Time between SIGTERM and the end of accepting connections, in which "
        "/health/ready says that the server is about to stop; for whoever shares out requests.",
    )
    stop_seconds: float = Field(
        default=35.0,
        ge=0,
        le=3600,
        description="Longest time for requests at work to end after a stop, seconds.",
    )
    request_seconds: float = Field(
        default=20.0,
        gt=0,
        le=3600,
        description="Longest time for a client to send one request whole, body included, seconds.",
    )
    stall_seconds: float = Field(
        default=60.0,
        gt=0,
        le=3600,
        description="Longest time for which a client may read nothing of a waiting answer, "
        "seconds.",
    )
    idle_seconds: int = Field(
        default=30, ge=1, le=3600, description="Time that an idle connection is kept, seconds."
    )
    connections: int = Field(
        default=2048,
        ge=8,
        le=100_000,
        description="Connections at once; a request on one more is answered 503.",
    )
    trusted_proxies: str = Field(
        default="127.0.0.1,::1",
        description="Addresses of reverse proxies, by commas, networks too; only from these is "
        "X-Forwarded-For believed when shares of the service are counted. Empty: from none.",
    )
    log_format: Literal["auto", "json", "logfmt"] = Field(
        default="auto",
        description="Form of log lines on standard error; auto: logfmt on a terminal, else json.",
    )
    log_requests: bool = Field(default=True, description="Whether each request makes a log line.")
    metrics: bool = Field(
        default=True, description="Whether /metrics is there, in the format of Prometheus."
    )
    cache_bytes: int = Field(
        default=128 * 2**20,
        ge=0,
        description="Memory for finished answers that are sent again, bytes; 0 keeps none.",
    )
    cache_entry_bytes: int = Field(
        default=4 * 2**20, ge=0, description="Largest answer that is kept to be sent again, bytes."
    )
    old_releases: int = Field(
        default=24, ge=1, le=1000, description="Older releases kept open to answer from at once."
    )
    comparing_seconds: float = Field(
        default=15.0,
        gt=0,
        le=3600,
        description="Longest time that a request waits while two releases are compared for the "
        "first time; the comparing itself goes on.",
    )
    comparisons_bytes: int = Field(
        default=2 * 2**30,
        ge=0,
        description="Room on disk for comparisons of two releases, bytes; the newest one stays.",
    )
    dump_seconds: float = Field(
        default=20.0,
        gt=0,
        le=600,
        description="Longest time that a request waits for dumps that are made for the first time, "
        "seconds; the making itself goes on.",
    )


def plain_environment() -> dict[str, str]:
    """What any interpreter started beside this one needs: no setting and no secret of ours."""
    return {
        name: value
        for name, value in os.environ.items()
        if name in _KEPT or name.startswith(_KEPT_PREFIXES)
    }
