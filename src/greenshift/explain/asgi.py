"""An ASGI middleware that shows explanations on the error page of a development server."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, MutableMapping
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from greenshift.explain import development
from greenshift.explain.development import Installation
from greenshift.explain.explanation import Explanation
from greenshift.explain.recognition import explain
from greenshift.explain.requests import Request, current, logger

if TYPE_CHECKING:
    from greenshift.explain.n_plus_one import Detector

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[Scope, Receive, Send], Awaitable[None]]

_FAILED = 500
_HELD = 8


class ExplainMiddleware:
    """Answers a request that failed for a known reason with the explanation; for development only.

    ``app.add_middleware(ExplainMiddleware)`` in Starlette and FastAPI, ``ExplainMiddleware(app)`` around any ASGI
    application. The exception goes on to the server, which logs it as ever. What nobody can explain passes unchanged,
    and so do websockets, the lifespan, and a response that has begun. Calls :func:`greenshift.explain.install` at the
    first request if nobody did. Does nothing where the environment says ``GREENSHIFT_EXPLAIN=off``.

    Args:
        app: the application.
    """

    def __init__(self, app: Application) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, or pass it on."""
        if scope["type"] != "http" or current() is not None or development.switched_off():
            await self.app(scope, receive, send)
            return
        installation = development.active() or development.install()
        with Request(f"{scope['method']} {quote(scope['path'])}") as request:
            await self._answer(installation, request, scope, receive, send)

    async def _answer(
        self, installation: Installation, request: Request, scope: Scope, receive: Receive, send: Send
    ) -> None:
        detector = installation.detector(owns=lambda _: current() is request)
        response = _Response(scope, send, request, detector if installation.n_plus_one == "error" else None)
        try:
            if detector is not None:
                detector.start()
            try:
                await self.app(scope, receive, response.send)
            except Exception as error:
                explanation = explain(error)
                if explanation is not None:
                    request.raised(explanation)
                await response.fail(error)
                raise
            await response.end()
        finally:
            request.tell()
            if detector is not None:
                detector.close()
                for finding in _findings(detector):
                    installation.tell(finding, installation.n_plus_one, request.name)


class _Response:
    """The response on its way to the server: one that says 500 is held until it is known why.

    Args:
        scope: the request's.
        send: the server's.
        request: what was seen in it.
        detector: the N+1 detector, if what it finds is an error.
    """

    def __init__(self, scope: Scope, send: Send, request: Request, detector: Detector | None) -> None:
        self._accept = b",".join(value for name, value in scope["headers"] if name == b"accept").decode("latin-1")
        self._send = send
        self._request = request
        self._detector = detector
        self._held: list[Message] = []
        self._started = False
        self._replaced = False

    async def send(self, message: Message) -> None:
        """Take a message of the application's."""
        if self._replaced:
            return
        if message["type"] == "http.response.start":
            refused = [*self._request.refused, *_findings(self._detector)]
            if refused and await self._replace(refused, "refused by a guard"):
                return
            if message["status"] == _FAILED:
                self._held.append(message)
            else:
                self._started = True
                self._request.answering()
                await self._send(message)
        elif self._held:
            self._held.append(message)
            # Middlewares send a body in two or three parts; one in many may never end, and is not waited for.
            if message["type"] != "http.response.body" or len(self._held) > _HELD:
                await self._release()
        else:
            await self._send(message)

    async def fail(self, error: Exception) -> None:
        """Answer with the page, if there is something to say and nothing was sent.

        Args:
            error: what the application raised.
        """
        if self._started or not await self._replace(self._request.seen, type(error).__name__):
            await self._release()

    async def end(self) -> None:
        """The application returned: send what was held, or the page if it swallowed an error."""
        if not self._held or not await self._replace(self._request.seen, "an error was swallowed"):
            await self._release()

    async def _release(self) -> None:
        held, self._held = self._held, []
        for message in held:
            self._started = True
            await self._send(message)

    async def _replace(self, explanations: list[Explanation], reason: str) -> bool:
        """Send the page in place of the application's response; False where there is nothing to say."""
        if not explanations or self._replaced:
            return False
        try:
            from greenshift.explain.error_page import render

            kind, body = render(explanations, self._accept, request=self._request.name, reason=reason)
        except Exception:
            logger.exception("greenshift: the error page could not be made")
            return False
        self._held = []
        self._replaced = True
        headers = [
            (b"content-type", kind.encode()),
            (b"content-length", str(len(body)).encode()),
            (b"cache-control", b"no-store"),
        ]
        await self._send({"type": "http.response.start", "status": _FAILED, "headers": headers})
        await self._send({"type": "http.response.body", "body": body})
        return True


def _findings(detector: Detector | None) -> list[Explanation]:
    """Return what a detector found; a defect of ours is logged and breaks no request."""
    try:
        return [] if detector is None else detector.findings()
    except Exception:
        logger.exception("greenshift: the N+1 guard failed")
        return []
