"""How log lines look and where they go: one line per event, JSON or logfmt, on standard error.

Nothing in a line tells who asked: no address, no user agent, no query text.
"""

import asyncio
import json
import logging
import sys
import time
from collections.abc import Mapping
from contextvars import ContextVar
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, Final, Literal, TextIO

from api.observing import metrics

Form = Literal["json", "logfmt"]

REQUEST_ID: Final[ContextVar[str]] = ContextVar("request_id", default="")
"""Id of the request being answered here; empty outside of one."""

_PLAIN: Final = frozenset(
    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~:/?#[]@!$&'()*+,;%"
)
_FLUSH_SECONDS: Final = 0.25
_PATH_SHOWN: Final = 200
_HELD_LINES: Final = 20_000
"""Lines kept for a reader that is behind; a megabyte or two each 10,000."""


def line(form: Form, fields: Mapping[str, Any]) -> str:
    """One log line without its end; fields that are ``None`` or empty are left out."""
    kept = {name: value for name, value in fields.items() if value is not None and value != ""}
    if form == "json":
        return json.dumps(kept, ensure_ascii=False, separators=(",", ":"), default=str)
    return " ".join(f"{name}={_logfmt(value)}" for name, value in kept.items())


def request_line(
    form: Form,
    level: str,
    request_id: str,
    method: str,
    path: str,
    status: int | None,
    milliseconds: float,
    size: int,
    release: str,
    more: str,
) -> str:
    """The line of one request; ``size``: bytes of the answer's body.

    Put together by hand, since an answer from memory takes less time than a JSON encoder.
    ``request_id``, ``method`` and ``release`` are of letters, digits and signs that need no
    escape; ``more``: further members as JSON, each after a comma.
    """
    if form != "json":
        known = {
            "time": moment(),
            "level": level,
            "event": "request",
            "id": request_id,
            "method": method,
            "path": path[:_PATH_SHOWN],
            "status": status,
            "ms": round(milliseconds, 2),
            "bytes": size,
            "release": release,
        }
        return line(form, known | json.loads(f"{{{more[1:]}}}"))
    told = f',"release":"{release}"' if release else ""
    known_status = "" if status is None else f'"status":{status},'
    return (
        f'{{"time":"{moment()}","level":"{level}","event":"request","id":"{request_id}",'
        f'"method":"{method}","path":{_quoted(path[:_PATH_SHOWN])},{known_status}'
        f'"ms":{milliseconds:.2f},"bytes":{size}{told}{more}}}'
    )


def moment() -> str:
    """The time, UTC, ISO 8601 with milliseconds."""
    return _moment(int(time.time() * 1000))


@lru_cache(maxsize=1)
def _moment(milliseconds: int) -> str:
    second, rest = divmod(milliseconds, 1000)
    return f"{datetime.fromtimestamp(second, UTC):%Y-%m-%dT%H:%M:%S}.{rest:03d}Z"


@lru_cache(maxsize=256)
def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


def _logfmt(value: object) -> str:
    text = str(value)
    return text if text and _PLAIN.issuperset(text) else json.dumps(text, ensure_ascii=False)


class LineFormatter(logging.Formatter):
    """Makes a line of a log record: time, level, logger, request, message, traceback."""

    def __init__(self, form: Form) -> None:
        super().__init__()
        self._form = form

    def format(self, record: logging.LogRecord) -> str:
        """The record as one line."""
        return line(
            self._form,
            {
                "time": moment(),
                "level": record.levelname.lower(),
                "event": record.name,
                "id": REQUEST_ID.get(),
                "message": record.getMessage(),
                "traceback": self.formatException(record.exc_info) if record.exc_info else None,
            },
        )


def configure(form: Form, stream: TextIO | None = None) -> None:
    """Send all log records of the process to ``stream`` (default: standard error) as lines."""
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(LineFormatter(form))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.WARNING)
    logging.getLogger("mission_kg").setLevel(logging.INFO)
    logging.getLogger("uvicorn.error").setLevel(logging.ERROR)  # strangers' nonsense is counted


class RequestLines:
    """Writes many lines without making requests wait: gathered, then written by a thread.

    A reader that stands still (a full pipe) costs lines, which are counted, not requests.
    """

    def __init__(self, form: Form, stream: TextIO | None = None) -> None:
        self.form: Final[Form] = form
        self._stream = stream or sys.stderr
        self._lines: list[str] = []
        self._writing: asyncio.Future[None] | None = None
        self._timer: asyncio.TimerHandle | None = None

    def add(self, text: str) -> None:
        """Take a line; it is written within a quarter of a second."""
        if len(self._lines) >= _HELD_LINES:
            metrics.LOG_LINES_DROPPED.inc()
            return
        self._lines.append(text)
        if self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(_FLUSH_SECONDS, self._start)

    async def aclose(self, seconds: float = 2.0) -> None:
        """Write what is left, for at most ``seconds``."""
        if self._timer is not None:
            self._timer.cancel()
        end = time.monotonic() + seconds
        while (self._lines or self._writing) and time.monotonic() < end:
            self._start()
            await asyncio.sleep(0.01)

    def _start(self) -> None:
        self._timer = None
        if self._writing is not None or not self._lines:
            return
        text = "\n".join(self._lines) + "\n"
        self._lines.clear()
        self._writing = asyncio.get_running_loop().run_in_executor(None, self._write, text)
        self._writing.add_done_callback(self._written)

    def _written(self, done: "asyncio.Future[None]") -> None:
        self._writing = None
        if not done.cancelled():
            done.exception()  # a closed pipe: there is nobody left to tell
        if self._lines and self._timer is None:
            self._timer = done.get_loop().call_later(_FLUSH_SECONDS, self._start)

    def _write(self, text: str) -> None:
        self._stream.write(text)
        self._stream.flush()
