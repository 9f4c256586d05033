"""Our server with queries on threads of its own process: what the pool's safety is paid against.

``python -m bench.workload.threads_server HOME PORT``. The same layers, event loop and HTTP server;
only the runner differs. No limit holds here but the number of threads.
"""

import asyncio
import io
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from api.current import Current
from api.execution import Answer, Limits
from api.server import listen, run
from api.settings import Settings
from api.wiring import Service
from kg.shelf import newest, open_store
from kg.store import Dataset, GraphStore, MediaChoice


class Threads:
    """A runner on ``count`` threads."""

    def __init__(self, store: GraphStore, count: int) -> None:
        self._store = store
        self._pool = ThreadPoolExecutor(count)

    async def answer(
        self,
        query: str,
        media: MediaChoice,
        *,
        dataset: Dataset | None = None,
        limits: Limits | None = None,
        client: str = "",
    ) -> Answer:
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._pool, self._write, query, media)

    async def aclose(self) -> None:
        self._pool.shutdown(wait=False)

    def _write(self, query: str, media: MediaChoice) -> Answer:
        out = io.BytesIO()
        return Answer(self._store.write_answer(query, media, out), out.getvalue())


def main() -> None:
    home, port = sys.argv[1:]
    settings = Settings(home=Path(home), port=int(port))
    release = newest(settings.home / "releases")
    store = open_store(release, in_memory=True)
    service = Service(settings, release, store, Threads(store, settings.concurrent_queries))
    run(Current(service), listen(settings.host, settings.port))


if __name__ == "__main__":
    main()
