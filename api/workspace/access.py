"""Who may use the workspace: whoever sends the operator's token (RFC 6750)."""

import hmac

from starlette.requests import Request

from api.errors import NotAuthorised, WritingClosed
from api.settings import Settings


def check_token(request: Request, settings: Settings) -> None:
    """Let a request pass. Raises ``WritingClosed`` without a token set, ``NotAuthorised``."""
    token = settings.write_token
    if token is None:
        raise WritingClosed(
            "Writing is closed here. The operator opens the workspace by setting "
            "MISSION_KG_WRITE_TOKEN; who sends that token may then write."
        )
    scheme, _, given = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not given.strip():
        raise NotAuthorised(
            "The workspace needs the operator's token: Authorization: Bearer TOKEN.", wrong=False
        )
    if not hmac.compare_digest(given.strip().encode(), token.get_secret_value().encode()):
        raise NotAuthorised("The token is not the operator's.", wrong=True)
