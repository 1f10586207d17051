"""A small application to put load on; ``GET /seen`` tells what it was asked."""

from __future__ import annotations

import asyncio
import time
from typing import Annotated, Any

from fastapi import FastAPI, Form, Header, HTTPException, Request, Response
from pydantic import BaseModel, Field

app = FastAPI(title="quiz")
seen: list[dict[str, Any]] = []
hiccups: list[float] = []


class Exam(BaseModel):
    id: int
    title: str


class NewExam(BaseModel):
    title: str
    minutes: int = Field(gt=0)


class Even(BaseModel):
    number: int


@app.middleware("http")
async def remember(request: Request, call_next: Any) -> Any:
    body = await request.body()
    if request.url.path != "/seen" and len(seen) < 5000:
        seen.append(
            {
                "path": request.url.path,
                "query": request.url.query,
                "headers": dict(request.headers),
                "cookies": request.cookies,
                "body": body.decode(),
            }
        )
    return await call_next(request)


@app.get("/seen", include_in_schema=False)
async def what_was_seen() -> list[dict[str, Any]]:
    taken = seen[:]
    seen.clear()
    return taken


@app.get("/exams")
async def exams() -> list[Exam]:
    return [Exam(id=number, title="x") for number in (3, 5, 8)]


@app.post("/exams", status_code=201)
async def add(exam: NewExam) -> Exam:
    return Exam(id=9, title=exam.title)


@app.get("/exams/{exam_id}")
async def one(exam_id: int) -> Exam:
    if exam_id not in (3, 5, 8):
        raise HTTPException(404)
    return Exam(id=exam_id, title="x")


@app.post("/even")
async def even(value: Even) -> None:
    if value.number % 2:
        raise HTTPException(422, "odd")


@app.get("/sleep", include_in_schema=False)
async def sleep(seconds: float) -> dict[str, float]:
    await asyncio.sleep(seconds)
    return {"slept": seconds}


@app.get("/hiccup", include_in_schema=False)
async def hiccup(at: float, seconds: float) -> None:
    """Stop the whole application once, ``at`` seconds after the first request."""
    now = time.monotonic()
    if not hiccups:
        hiccups.append(now)
    if len(hiccups) == 1 and now - hiccups[0] >= at:
        hiccups.append(now)
        time.sleep(seconds)


@app.get("/hiccup/again", include_in_schema=False)
async def again() -> None:
    hiccups.clear()


@app.get("/status/{code}", include_in_schema=False)
async def status(code: int, response: Response) -> dict[str, int]:
    response.status_code = code
    return {"code": code}


@app.get("/drip", include_in_schema=False)
async def drip() -> Response:
    """Answer at once, and never come to an end."""
    from fastapi.responses import StreamingResponse

    async def drops() -> Any:
        while True:
            yield b"."
            await asyncio.sleep(0.02)

    return StreamingResponse(drops())


@app.post("/token", include_in_schema=False)
async def token(username: Annotated[str, Form()], password: Annotated[str, Form()]) -> dict[str, str]:
    if password != "right":
        raise HTTPException(401, "wrong password")
    return {"access_token": f"token-of-{username}"}


@app.post("/cookie", include_in_schema=False)
async def cookie(body: dict[str, str], response: Response) -> None:
    response.set_cookie("session", body["name"])


@app.get("/me", include_in_schema=False)
async def me(authorization: Annotated[str | None, Header()] = None) -> dict[str, str]:
    if not authorization:
        raise HTTPException(401)
    return {"me": authorization}


@app.get("/mine", include_in_schema=False)
async def mine(request: Request) -> dict[str, str]:
    if "session" not in request.cookies:
        raise HTTPException(401)
    return dict(request.cookies)


@app.post("/attempts", include_in_schema=False)
async def attempt() -> dict[str, Any]:
    return {"attempt": {"id": "a/b"}}


@app.get("/attempts/{name:path}", include_in_schema=False)
async def of_attempt(name: str) -> dict[str, str]:
    if name != "a/b":
        raise HTTPException(404)
    return {"name": name}
