"""What a client is told while the database cannot be reached: come again."""

from contextlib import suppress
from http import HTTPStatus

import asyncpg
from fastapi import FastAPI, Request, Response, WebSocket, WebSocketDisconnect
from fastapi.responses import JSONResponse
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from starlette.websockets import WebSocketState

from backend.authentication import NotLoggedInError

TRY_AGAIN_LATER = 1013  # RFC 6455's registry of close codes

# What connecting raises; SQLAlchemy 2.1 makes a DBAPIError of asyncpg's errors, 2.0 does not.
UNAVAILABLE = (OSError, PoolTimeoutError, asyncpg.CannotConnectNowError, asyncpg.PostgresConnectionError)


def is_unavailable(error: BaseException | None) -> bool:
    """Tell whether an error says that the database is away, rather than that a statement is wrong."""
    if isinstance(error, DBAPIError):
        return error.connection_invalidated or is_unavailable(error.orig and error.orig.__cause__)
    return isinstance(error, UNAVAILABLE)


async def say_unavailable(connection: Request | WebSocket, error: Exception) -> Response | None:
    """Answer 503, or close a conversation under way with "try again later"."""
    if not is_unavailable(error):
        raise error
    response = JSONResponse(
        {"detail": "The database cannot be reached"}, HTTPStatus.SERVICE_UNAVAILABLE, headers={"Retry-After": "1"}
    )
    return await answer(connection, response)


async def say_not_logged_in(connection: Request | WebSocket, _: Exception) -> Response | None:
    """Answer 401."""
    response = JSONResponse({"detail": "Log in first"}, HTTPStatus.UNAUTHORIZED, headers={"WWW-Authenticate": "Bearer"})
    return await answer(connection, response)


async def answer(connection: Request | WebSocket, response: Response) -> Response | None:
    """Send an answer to whoever asked: a request, or a WebSocket before or after it was accepted."""
    if isinstance(connection, Request):
        return response
    with suppress(OSError, WebSocketDisconnect):  # the client has gone meanwhile
        if connection.application_state is WebSocketState.CONNECTING:
            await connection.send_denial_response(response)
        else:
            await connection.close(TRY_AGAIN_LATER)
    return None


def add_handlers(app: FastAPI) -> None:
    """Have the application answer so."""
    app.add_exception_handler(NotLoggedInError, say_not_logged_in)
    for kind in (*UNAVAILABLE, DBAPIError):
        app.add_exception_handler(kind, say_unavailable)
