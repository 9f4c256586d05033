"""Serves one compressed constant, as fast as this server can: ``python -m ... FILE PORT``.

``FILE``: JSON with ``headers`` and base64 ``body``, an answer as our server sent it. The same HTTP
server, event loop and settings as ``mission-kg serve``, with no application behind.
"""

import base64
import gc
import json
import sys
from pathlib import Path

import uvicorn
from starlette.types import Receive, Scope, Send

from api.listening import patient


def main() -> None:
    file, port = sys.argv[1:]
    kept = json.loads(Path(file).read_text())
    body = base64.b64decode(kept["body"])
    headers = [(name.encode(), value.encode()) for name, value in kept["headers"]]
    head = {"type": "http.response.start", "status": 200, "headers": headers}
    rest = {"type": "http.response.body", "body": body}

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await send(head)
        await send(rest)

    config = uvicorn.Config(
        app,
        host="127.0.0.1",
        port=int(port),
        http=patient(20.0, 60.0),
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        limit_concurrency=2048,
        backlog=2048,
    )
    gc.collect()
    gc.freeze()
    uvicorn.Server(config).run()


if __name__ == "__main__":
    main()
