"""Keeps MiniStack for the programs that were told its administrator's key: by itself it answers the whole machine.

MiniStack takes the key `test`, any twelve digits and no key at all for its administrator, and wipes itself for anyone.
"""

import json
import os
import re

from ministack import app
from ministack.core.iam_evaluator import is_root_access_key
from ministack.core.router import extract_access_key_id

# As the desk: under another name it would answer pages elsewhere, whose name leads here for a moment (DNS rebinding).
LOOPBACK = re.compile(r"(127\.0\.0\.1|localhost|\[::1\])(:\d+)?")
HEALTH = "/_ministack/health"


def guard() -> None:
    """Puts the guard before every request. To be called before MiniStack's server starts."""
    serve = app.app

    async def guarded(scope, receive, send):
        refusal = refusal_of(scope)
        if refusal is None:
            await serve(scope, receive, send)
        elif scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1008})
        else:
            await refuse(send, refusal)

    app.app = guarded


def refusal_of(scope) -> str | None:
    """Why a request is not served, and what to do; None for one that MiniStack may judge."""
    if scope["type"] == "lifespan":
        return None
    headers: dict[str, list[str]] = {}
    for name, value in scope.get("headers", []):
        headers.setdefault(name.decode("latin-1").lower(), []).append(value.decode("latin-1"))
    host, path = ", ".join(headers.get("host", [])), scope["path"]
    if not LOOPBACK.fullmatch(host):
        return f"the local emulator answers only as 127.0.0.1 or localhost, not as `{host}`"
    # The stack's own proxy before an HTTP API, which refuses others, leaves its own origin in.
    is_api = path.startswith("/_aws/execute-api/") and app._parse_execute_api_url(host, path)
    for origin in headers.get("origin", []):
        name = origin.removeprefix("http://") if origin.startswith("http://") else ""
        if name != host and not (is_api and LOOPBACK.fullmatch(name)):
            return f"a page of `{origin}` may not call this address"
    if path.startswith(("/_ministack/", "/_localstack/")) or path == "/health":
        return None if path == HEALTH else f"`{path}` is closed: end the local stack and start it again instead"
    authorization = headers.get("authorization", [])
    if len(authorization) > 1:
        return "send one Authorization header"
    query = app.parse_qs(scope.get("query_string", b"").decode("latin-1"), keep_blank_values=True)
    key = extract_access_key_id({"authorization": "".join(authorization)}, query)
    if not key:
        # An HTTP API is open to its callers, who say in their own way who they are.
        if is_api:
            return None
        return "sign the request: the keys are in local.json, `aws`"
    if is_root_access_key(key) and key != os.environ["AWS_ACCESS_KEY_ID"]:
        return "that is not the key of this emulator's administrator: the keys are in local.json, `aws`"
    return None


async def refuse(send, message: str) -> None:
    body = json.dumps({"__type": "AccessDeniedException", "message": message}).encode()
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": 403, "headers": headers})
    await send({"type": "http.response.body", "body": body})
