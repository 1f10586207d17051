"""A user's messages over a WebSocket."""

from fastapi import APIRouter, WebSocket, WebSocketDisconnect
from pydantic import ValidationError

from backend.authentication import WebSocketAuthor
from backend.database import SessionLocal
from backend.messages import NewMessage, store_message

router = APIRouter()

WRONG_DATA = 1007  # RFC 6455, 7.4.1


@router.websocket("/ws/chat")
async def chat(websocket: WebSocket, author: WebSocketAuthor) -> None:
    """Store each message that arrives, and acknowledge it once it is committed.

    Every message has a session of its own: between two messages the conversation holds no connection.
    """
    await websocket.accept()
    try:
        while True:
            new = NewMessage.model_validate_json(await websocket.receive_text())
            async with SessionLocal() as database:
                stored = await store_message(new, author, database)
            await websocket.send_text(stored.model_dump_json())
    except WebSocketDisconnect:
        pass
    except ValidationError:
        await websocket.close(WRONG_DATA)
