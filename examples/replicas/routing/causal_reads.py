"""Takes the position of a user's last write from request to request, in a cookie and a header."""

from __future__ import annotations

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import cookie_parser
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from routing.position import LastWrite, Position

COOKIE = "database_position"
HEADER = "X-Database-Position"


class CausalReads:
    """ASGI middleware: puts ``last_write`` into the request's state, and sends it back when it has moved.

    Browsers return the cookie by themselves; other clients send the header that they got. The write must be committed
    before the response begins, so in the endpoint, not where a dependency ends.

    Args:
        app: the application.
        max_age: for how many seconds the cookie holds; longer than a replica is ever behind.
    """

    def __init__(self, app: ASGIApp, max_age: int = 60) -> None:
        self.app = app
        self.max_age = max_age

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        before = _given(Headers(scope=scope))
        last_write = LastWrite(before)
        scope.setdefault("state", {})["last_write"] = last_write

        async def send_position(message: Message) -> None:
            if message["type"] == "http.response.start" and last_write.position != before:
                headers = MutableHeaders(scope=message)
                headers[HEADER] = str(last_write.position)
                cookie = f"{COOKIE}={last_write.position}; Max-Age={self.max_age}; Path=/; HttpOnly; SameSite=Lax"
                headers.append("Set-Cookie", cookie)
            await send(message)

        await self.app(scope, receive, send_position)


def _given(headers: Headers) -> Position | None:
    positions = []
    for text in (headers.get(HEADER), cookie_parser(headers.get("Cookie", "")).get(COOKIE)):
        try:
            positions.append(Position.parse(text or ""))
        except ValueError:
            continue  # none, or not from here
    return max(positions, default=None)
