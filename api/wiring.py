"""Settings -> the running parts. The only place that names an adapter.

What takes long to import, the reasoner and the importers, is imported when it is first used: the
second start of the server has three seconds.
"""

from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from fastapi import Request
from pydantic import ValidationError
from pyoxigraph import Triple

from api.counts import counts
from api.errors import WrongUse
from api.execution import QueryRunner
from api.settings import Settings
from kg.store import GraphStore

if TYPE_CHECKING:
    from kg.release import Release
    from kg.why import Explanation


class Service:
    """A release opened for answering: its store and the runner in front of it."""

    def __init__(self, settings: Settings, release: "Release", store: GraphStore) -> None:
        self.settings = settings
        self.release = release
        self.store = store
        self.runner = QueryRunner(
            store,
            concurrent=settings.concurrent_queries,
            seconds=settings.query_seconds,
            answer_bytes=settings.answer_bytes,
        )

    @cached_property
    def _rules(self) -> Any:
        from kg.reasoning import compile_rules
        from ontology.files import modules

        return compile_rules(modules())

    @cached_property
    def counts(self) -> dict[str, int]:
        """How much the release holds; counted once, since a release never changes."""
        return counts(self.store)

    def explain(self, triple: Triple) -> "Explanation":
        """Explain a triple. Raises ``kg.errors.NotDerivable``."""
        from kg.why import why

        return why(self.store, self._rules, triple.subject, triple.predicate, triple.object)


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


def open_service(settings: Settings) -> Service:
    """Open the newest release under the home. Raises ``kg.errors.ReleaseError``."""
    from ingest.home import Home
    from kg.release import newest, open_store

    release = newest(Home(settings.home).releases_dir)
    return Service(settings, release, open_store(release))


def service_of(request: Request) -> Service:
    """Get the service of the application that handles ``request``."""
    return cast("Service", request.app.state.service)
