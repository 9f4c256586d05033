"""Validators and conditions of requests (RFC 9110, sections 8.8 and 13)."""

import hashlib
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Final

_TAG: Final = re.compile(rb'(?:W/)?("[\x21\x23-\x7e\x80-\xff]*")')


def entity_tag(body: bytes, media_type: bytes, encoding: bytes) -> bytes:
    """Make the strong validator of a body that is sent as a media type in a content encoding.

    RFC 9110, section 8.8.3.3: each encoding of a representation has a validator of its own.
    """
    digest = hashlib.blake2b(body, digest_size=12)
    digest.update(b"\n" + media_type + b"\n" + encoding)
    return b'"' + digest.hexdigest().encode("ascii") + b'"'


def http_date(moment: datetime) -> bytes:
    """Write a moment as HTTP does, to the second (RFC 9110, section 5.6.7)."""
    return format_datetime(moment.astimezone(UTC), usegmt=True).encode("ascii")


def is_known(headers: Mapping[bytes, bytes], etag: bytes, modified: bytes) -> bool:
    """Whether the client says that it has this very answer, so that 304 is due.

    ``If-None-Match`` decides alone where it is given (section 13.2.2), by weak comparison
    (13.1.2). ``If-Modified-Since`` must repeat the date that was sent: where an older release is
    served again, its older date is a change too.
    """
    asked = headers.get(b"if-none-match")
    if asked is not None:
        return bool(etag) and (asked.strip() == b"*" or etag in _TAG.findall(asked))
    return bool(modified) and headers.get(b"if-modified-since") == modified
