"""The error page of a development server, and its guards, on a FastAPI application and a real PostgreSQL."""

from __future__ import annotations

import asyncio
import importlib.util
import logging
import re
import shutil
import sys
import uuid
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI, WebSocket
from fastapi.testclient import TestClient
from starlette.middleware.base import BaseHTTPMiddleware

from greenshift.explain import Explanation, Place, install
from greenshift.explain.asgi import ExplainMiddleware
from greenshift.explain.error_page import render

HTML = {"accept": "text/html,application/xhtml+xml,*/*;q=0.8"}
JSON = {"accept": "application/json"}


@pytest.fixture(params=["asyncpg", "psycopg"])
def url(request: pytest.FixtureRequest, fresh_url: Callable[[str], str]) -> str:
    return fresh_url(request.param)


@pytest.fixture
def one_url(fresh_url: Callable[[str], str]) -> str:
    return fresh_url("asyncpg")


@pytest.fixture
def shop_class(tmp_path: Path) -> Iterator[Any]:
    """The application's class, its file copied to where a user's would be: not among tests."""
    name = f"shop_{uuid.uuid4().hex[:8]}"
    path = shutil.copy(Path(__file__).with_name("shop_application.py"), tmp_path / f"{name}.py")
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    yield module.Shop
    del sys.modules[name]


class Visit:
    """A client of the application, and the application."""

    def __init__(self, shop: Any, client: httpx.AsyncClient) -> None:
        self.shop = shop
        self.client = client

    async def get(self, path: str, headers: dict[str, str] | None = None) -> httpx.Response:
        return await self.client.get(path, headers=headers)


@asynccontextmanager
async def visiting(
    shop_class: Any, url: str, *, wrap: bool = False, middleware: bool = True, **options: Any
) -> AsyncIterator[Visit]:
    shop = shop_class(url)
    await shop.fill()
    app: Any = shop.app
    if middleware and wrap:
        app = ExplainMiddleware(app)
    elif middleware:
        shop.app.add_middleware(ExplainMiddleware)
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    try:
        with install(**options):
            async with httpx.AsyncClient(transport=transport, base_url="http://shop") as client:
                yield Visit(shop, client)
    finally:
        await shop.dispose()


def run(shop_class: Any, url: str, path: str, headers: dict[str, str] | None = None, **options: Any) -> httpx.Response:
    async def main() -> httpx.Response:
        async with visiting(shop_class, url, **options) as visit:
            return await visit.get(path, headers)

    return asyncio.run(main())


def kinds(response: httpx.Response) -> list[str]:
    return [one["kind"] for one in response.json()["explanations"]]


def records(caplog: pytest.LogCaptureFixture) -> list[logging.LogRecord]:
    return [record for record in caplog.records if hasattr(record, "explanation")]


@pytest.mark.parametrize("wrap", [False, True])
def test_a_missing_greenlet_is_shown_as_a_page(shop_class: Any, url: str, wrap: bool) -> None:
    response = run(shop_class, url, "/lazy", HTML, wrap=wrap)
    assert response.status_code == 500
    assert response.headers["content-type"] == "text/html; charset=utf-8"
    assert "lazy relationship" in response.text
    assert "Account.owner" in response.text
    told = re.findall(r'<span class="told"><b>\d+</b>(.*?)</span>', response.text)
    assert any("account.owner.name" in line for line in told)


def test_the_page_is_escaped_and_loads_nothing(shop_class: Any, one_url: str) -> None:
    page = run(shop_class, one_url, "/lazy", HTML).text
    assert "&lt;script&gt;alert(&#39;source&#39;)" in page
    assert "<script" not in page
    assert not re.search(r"""(src|href)=|url\(|@import""", page)


def test_as_json(shop_class: Any, url: str) -> None:
    response = run(shop_class, url, "/lazy", JSON)
    assert response.status_code == 500
    assert response.json()["detail"] == "Internal Server Error"
    assert response.json()["reason"] == "ExplainedMissingGreenlet"
    assert kinds(response) == ["lazy relationship"]


@pytest.mark.parametrize("headers", [None, {"accept": "*/*"}, {"accept": "text/plain"}])
def test_as_plain_text(shop_class: Any, one_url: str, headers: dict[str, str] | None) -> None:
    response = run(shop_class, one_url, "/lazy", headers)
    assert response.headers["content-type"] == "text/plain; charset=utf-8"
    assert response.text.startswith("Internal Server Error: ExplainedMissingGreenlet in GET /lazy\n")
    assert "lazy relationship: " in response.text


@pytest.mark.parametrize(
    ("path", "kind"), [("/model", "detached instance"), ("/model-of-open-session", "lazy relationship")]
)
def test_a_response_model_that_pydantic_could_not_fill(shop_class: Any, url: str, path: str, kind: str) -> None:
    response = run(shop_class, url, path, JSON)
    assert response.status_code == 500
    assert response.json()["reason"] == "ResponseValidationError"
    assert kinds(response) == [kind]


@pytest.mark.parametrize("wrap", [False, True])
def test_an_error_that_the_route_swallowed(shop_class: Any, url: str, wrap: bool) -> None:
    response = run(shop_class, url, "/swallowed", JSON, wrap=wrap)
    assert response.status_code == 500
    assert response.json()["reason"] == "an error was swallowed"
    assert kinds(response) == ["lazy relationship"]


def test_a_swallowed_error_of_a_request_that_went_well_is_only_logged(
    shop_class: Any, one_url: str, caplog: pytest.LogCaptureFixture
) -> None:
    response = run(shop_class, one_url, "/mended", JSON)
    assert (response.status_code, response.json()) == (200, "nobody")
    [record] = records(caplog)
    assert record.levelno == logging.WARNING
    assert record.explanation.kind == "lazy relationship"  # type: ignore[attr-defined]


@pytest.mark.parametrize("wrap", [False, True])
@pytest.mark.parametrize("path", ["/ok", "/refused", "/unexplained", "/background", "/streamed-500", "/nowhere"])
def test_what_nobody_explains_passes_unchanged(shop_class: Any, one_url: str, path: str, wrap: bool) -> None:
    with_it = run(shop_class, one_url, path, HTML, wrap=wrap)

    async def without() -> httpx.Response:
        shop = shop_class(one_url)
        transport = httpx.ASGITransport(shop.app, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://shop") as client:
            response = await client.get(path, headers=HTML)
        await shop.dispose()
        return response

    plain = asyncio.run(without())
    assert (with_it.status_code, with_it.content, with_it.headers) == (
        plain.status_code,
        plain.content,
        plain.headers,
    )


@pytest.mark.parametrize("wrap", [False, True])
@pytest.mark.parametrize("path", ["/lazy", "/unexplained"])
def test_the_exception_reaches_the_server(shop_class: Any, one_url: str, path: str, wrap: bool) -> None:
    async def main() -> None:
        async with visiting(shop_class, one_url, wrap=wrap) as visit:
            app = ExplainMiddleware(visit.shop.app) if wrap else visit.shop.app
            transport = httpx.ASGITransport(app)
            async with httpx.AsyncClient(transport=transport, base_url="http://shop") as client:
                await client.get(path)

    with pytest.raises(Exception, match="nobody knows" if path == "/unexplained" else "greenlet_spawn"):
        asyncio.run(main())


def test_a_response_that_has_begun_is_not_replaced(
    shop_class: Any, one_url: str, caplog: pytest.LogCaptureFixture
) -> None:
    response = run(shop_class, one_url, "/streamed", HTML)
    assert response.status_code == 200
    assert response.content == b"first"
    assert [record.explanation.kind for record in records(caplog)] == ["lazy relationship"]  # type: ignore[attr-defined]


def test_no_value_of_the_database_is_shown_or_logged(
    shop_class: Any, url: str, caplog: pytest.LogCaptureFixture
) -> None:
    for headers in (HTML, JSON, None):
        response = run(shop_class, url, "/twice", headers)
        assert response.status_code == 500
        assert "unique" in response.text
        # The page shows the user's source as it stands; the value must be nowhere else.
        assert "4711" not in response.text
    said = [record.getMessage() for record in records(caplog)]
    assert len(said) == 3
    assert not any("4711" in one for one in said)


def test_a_record_carries_the_explanation_and_the_request(
    shop_class: Any, url: str, caplog: pytest.LogCaptureFixture
) -> None:
    run(shop_class, url, "/lazy?token=hidden", JSON)
    [record] = records(caplog)
    assert record.levelno == logging.ERROR
    assert record.name == "greenshift.explain"
    assert isinstance(record.explanation, Explanation)  # type: ignore[attr-defined]
    assert record.request == "GET /lazy"  # type: ignore[attr-defined]
    assert "hidden" not in record.getMessage()


def test_requests_at_once_do_not_mix(shop_class: Any, url: str) -> None:
    async def main() -> list[httpx.Response]:
        async with visiting(shop_class, url) as visit:
            return await asyncio.gather(
                *(
                    visit.get(path, JSON)
                    for path in ("/slow-swallowed/1", "/ok", "/slow-swallowed/2", "/refused", "/one-sync") * 3
                )
            )

    for response in asyncio.run(main()):
        path = response.request.url.path
        if path.startswith("/slow-swallowed"):
            assert kinds(response) == ["lazy relationship"]
        elif path == "/refused":
            assert response.json() == {"error": "not seen"}
        else:
            assert response.status_code == 200


@pytest.mark.parametrize("path", ["/names-sync", "/names-run-sync"])
def test_an_n_plus_one_is_logged_once(shop_class: Any, url: str, path: str, caplog: pytest.LogCaptureFixture) -> None:
    async def main() -> list[httpx.Response]:
        async with visiting(shop_class, url) as visit:
            return [await visit.get(path, JSON) for _ in range(3)]

    assert [response.status_code for response in asyncio.run(main())] == [200] * 3
    [record] = records(caplog)
    assert record.levelno == logging.WARNING
    assert record.explanation.kind == "N+1 lazy loads"  # type: ignore[attr-defined]
    assert record.getMessage().startswith(f"in GET {path}: ")


@pytest.mark.parametrize("path", ["/names-sync", "/names-run-sync"])
def test_an_n_plus_one_is_answered_with_the_page(shop_class: Any, url: str, path: str) -> None:
    response = run(shop_class, url, path, JSON, n_plus_one="error")
    assert response.status_code == 500
    assert kinds(response) == ["N+1 lazy loads"]


def test_single_loads_of_many_requests_are_no_n_plus_one(
    shop_class: Any, one_url: str, caplog: pytest.LogCaptureFixture
) -> None:
    async def main() -> list[httpx.Response]:
        async with visiting(shop_class, one_url, n_plus_one="error") as visit:
            return await asyncio.gather(*(visit.get("/one-sync") for _ in range(5)))

    assert [response.status_code for response in asyncio.run(main())] == [200] * 5
    assert records(caplog) == []


def test_n_plus_one_off(shop_class: Any, one_url: str, caplog: pytest.LogCaptureFixture) -> None:
    assert run(shop_class, one_url, "/names-sync", n_plus_one="off").status_code == 200
    assert records(caplog) == []


def test_an_n_plus_one_of_another_engine(shop_class: Any, one_url: str, caplog: pytest.LogCaptureFixture) -> None:
    async def main() -> None:
        async with visiting(shop_class, one_url) as visit:
            with install(visit.shop.engine):
                await visit.get("/names-sync")
            assert records(caplog) == []
            with install(visit.shop.sync_engine):
                await visit.get("/names-sync")
            assert len(records(caplog)) == 1

    asyncio.run(main())


@pytest.mark.parametrize(
    ("path", "kind"),
    [("/blocks", "blocking call in the event loop"), ("/sync-engine", "sync engine in a running loop")],
)
def test_blocking_calls(shop_class: Any, one_url: str, path: str, kind: str, caplog: pytest.LogCaptureFixture) -> None:
    assert run(shop_class, one_url, path).status_code == 200
    assert records(caplog) == []
    assert run(shop_class, one_url, path, blocking="warn").status_code == 200
    [record] = records(caplog)
    assert record.explanation.kind == kind  # type: ignore[attr-defined]
    response = run(shop_class, one_url, path, JSON, blocking="error")
    assert response.status_code == 500
    assert kinds(response) == [kind]


def test_without_install_the_middleware_installs_by_itself(shop_class: Any, one_url: str) -> None:
    from greenshift.explain import development

    async def main() -> httpx.Response:
        async with visiting(shop_class, one_url) as visit:
            installed = development.active()
            assert installed is not None
            installed.close()
            try:
                return await visit.get("/lazy", JSON)
            finally:
                by_itself = development.active()
                assert by_itself is not None
                by_itself.close()

    assert kinds(asyncio.run(main())) == ["lazy relationship"]


def test_switched_off_by_the_environment(shop_class: Any, one_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GREENSHIFT_EXPLAIN", "off")
    response = run(shop_class, one_url, "/lazy", JSON)
    assert (response.status_code, response.text) == (500, "Internal Server Error")


def test_websockets_and_the_lifespan_pass() -> None:
    app = FastAPI()
    app.add_middleware(ExplainMiddleware)

    @app.websocket("/socket")
    async def socket(websocket: WebSocket) -> None:
        await websocket.accept()
        await websocket.send_text("hello")
        await websocket.close()

    with TestClient(app) as client, client.websocket_connect("/socket") as connection:
        assert connection.receive_text() == "hello"


@pytest.mark.parametrize("path", ["/lazy", "/swallowed", "/names-sync"])
def test_a_defect_of_ours_breaks_no_response(
    shop_class: Any, one_url: str, path: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("greenshift.explain.error_page.render", lambda *_, **__: 1 / 0)
    monkeypatch.setattr("greenshift.explain.n_plus_one.Detector.findings", lambda _: 1 / 0)
    response = run(shop_class, one_url, path, JSON, n_plus_one="error")
    assert "ZeroDivisionError" in caplog.text
    if path == "/lazy":
        assert (response.status_code, response.text) == (500, "Internal Server Error")
    elif path == "/swallowed":
        assert (response.status_code, response.json()) == (500, {"error": "try again"})
    else:
        assert response.status_code == 200


def test_a_stream_that_never_ends_logs_at_once(shop_class: Any, one_url: str, caplog: pytest.LogCaptureFixture) -> None:
    async def main() -> None:
        async with visiting(shop_class, one_url) as visit:
            going_on, logged = asyncio.Event(), asyncio.Event()

            async def stream(scope: Any, receive: Any, send: Any) -> None:
                await send({"type": "http.response.start", "status": 200, "headers": []})
                await send({"type": "http.response.body", "body": b"", "more_body": True})
                await visit.shop.swallow()
                assert len(records(caplog)) == 1
                logged.set()
                await going_on.wait()

            async def send(_: Any) -> None: ...

            scope = {"type": "http", "method": "GET", "path": "/stream", "headers": []}
            task = asyncio.create_task(ExplainMiddleware(stream)(scope, None, send))  # type: ignore[arg-type]
            await asyncio.wait_for(logged.wait(), 5)
            task.cancel()

    asyncio.run(main())
    assert len(records(caplog)) == 1


@pytest.mark.parametrize("outside", [False, True])
@pytest.mark.parametrize(
    ("path", "expected"),
    [("/lazy", "lazy relationship"), ("/swallowed", "lazy relationship"), ("/names-sync", "N+1 lazy loads")],
)
def test_beside_another_middleware(shop_class: Any, one_url: str, path: str, expected: str, outside: bool) -> None:
    """Starlette's ``BaseHTTPMiddleware`` runs the application in a task of its own."""

    class Plain(BaseHTTPMiddleware):
        async def dispatch(self, request: Any, call_next: Any) -> Any:
            return await call_next(request)

    async def main() -> httpx.Response:
        async with visiting(shop_class, one_url, middleware=False, n_plus_one="error") as visit:
            for middleware in (ExplainMiddleware, Plain) if outside else (Plain, ExplainMiddleware):
                visit.shop.app.add_middleware(middleware)
            return await visit.get(path, JSON)

    assert kinds(asyncio.run(main())) == [expected]


def test_a_failure_that_streams_is_not_waited_for() -> None:
    sent: list[Any] = []

    async def endless(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 500, "headers": []})
        for number in range(20):
            await send({"type": "http.response.body", "body": str(number).encode(), "more_body": True})
        assert len(sent) == 21

    async def send(message: Any) -> None:
        sent.append(message)

    async def main() -> None:
        with install():
            scope = {"type": "http", "method": "GET", "path": "/", "headers": []}
            await ExplainMiddleware(endless)(scope, None, send)  # type: ignore[arg-type]

    asyncio.run(main())
    assert b"".join(message["body"] for message in sent[1:]) == "".join(map(str, range(20))).encode()


def test_every_part_of_an_explanation_is_escaped(tmp_path: Path) -> None:
    mark = "<i>&\"'"
    source = tmp_path / "source.py"
    source.write_text(f"before = '''{mark}'''\nline = '''{mark}'''\n")
    explanation = Explanation(
        mark, mark, mark, (Place(str(source), 2, mark, mark, mark), Place(mark, 1, mark)), mark, (), (mark,)
    )
    kind, body = render([explanation, explanation], "text/html", request=mark, reason=mark)
    assert kind.startswith("text/html")
    assert b"<i>" not in body
    assert body.count(b"&lt;i&gt;") > 10
