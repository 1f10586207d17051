"""``TestClient`` becomes ``httpx.AsyncClient``."""

from __future__ import annotations

import pytest

from greenshift.shift.rewrite.stages import StageResult, run_stage
from greenshift.shift.rewrite.tests.client import convert_clients

APPLICATION = """from fastapi import FastAPI
from sqlalchemy import create_engine
engine = create_engine("sqlite://")
def touch():
    return engine.connect()
app = FastAPI()
def create_app():
    return app
"""
HEAD = "from fastapi.testclient import TestClient\nfrom app import app, create_app\n"
NEW_HEAD = "from app import app, create_app\nfrom httpx import ASGITransport, AsyncClient\n"
REST = 'base_url="http://testserver", follow_redirects=True'


def converted(test: str, head: str = HEAD) -> StageResult:
    """The result for one test file."""
    return run_stage("flip", {"app.py": APPLICATION, "test_it.py": head + test}, fixers=[convert_clients])


def body(result: StageResult) -> str:
    """The test file without its imports."""
    lines = result.texts["test_it.py"].splitlines(keepends=True)
    return "".join(line for line in lines if not line.startswith(("from ", "import "))).lstrip("\n")


SAMPLES = {
    "module": (
        "client = TestClient(app)\n",
        f"client = AsyncClient(\n    transport=ASGITransport(app=app), {REST}\n)\n",
    ),
    "keyword": (
        "client = TestClient(app=app)\n",
        f"client = AsyncClient(\n    transport=ASGITransport(app=app), {REST}\n)\n",
    ),
    "lifespan": (
        "def client():\n    with TestClient(app) as c:\n        yield c\n",
        "def client():\n    with app.router.lifespan_context(app), AsyncClient(\n"
        f"        transport=ASGITransport(app=app), {REST}\n    ) as c:\n        yield c\n",
    ),
    "lifespan of an application made there": (
        "def client():\n    with TestClient(create_app()) as c:\n        yield c\n",
        "def client():\n    with (app_ := create_app()).router.lifespan_context(app_), AsyncClient("
        f"\n        transport=ASGITransport(app=app_), {REST}\n    ) as c:\n        yield c\n",
    ),
    "arguments": (
        'client = TestClient(app, "https://x", False, headers={"a": "b"}, root_path="/v1", backend="asyncio")\n',
        "client = AsyncClient(\n    transport=ASGITransport(app=app, raise_app_exceptions=False, "
        'root_path="/v1"), base_url="https://x", headers={"a": "b"}, follow_redirects=True\n)\n',
    ),
    "over several lines": (
        'client = TestClient(\n    app,  # ours\n    cookies={"a": "b"},  # theirs\n    follow_redirects=False,\n)\n',
        'client = AsyncClient(\n    transport=ASGITransport(app=app),  # ours\n    cookies={"a": "b"},  # theirs\n'
        '    follow_redirects=False,\n    base_url="http://testserver",\n)\n',
    ),
    "a comment with commas": (
        "client = TestClient(\n    app  # ours, not theirs, see below\n)\n",
        f"client = AsyncClient(\n    transport=ASGITransport(app=app), {REST}  # ours, not theirs, see below\n)\n",
    ),
    "requests": (
        "client = TestClient(app)\ndef test():\n    client.post('/', allow_redirects=False)\n    client.close()\n"
        "    client.app.dependency_overrides = {}\n",
        f"client = AsyncClient(\n    transport=ASGITransport(app=app), {REST}\n)\ndef test():\n"
        "    client.post('/', follow_redirects=False)\n    client.aclose()\n    app.dependency_overrides = {}\n",
    ),
    "streamed": (
        "client = TestClient(app)\ndef test():\n    with client.stream('GET', '/') as one:\n"
        "        for line in one.iter_lines():\n            print(line)\n"
        "        parts = [part for part in one.iter_bytes()]\n        assert one.read() == b''\n",
        f"client = AsyncClient(\n    transport=ASGITransport(app=app), {REST}\n)\ndef test():\n"
        "    with client.stream('GET', '/') as one:\n        async for line in one.aiter_lines():\n"
        "            print(line)\n        parts = [part async for part in one.aiter_bytes()]\n"
        "        assert (await one.aread()) == b''\n",
    ),
    "entered again": (
        "client = TestClient(app)\ndef test():\n    with client as c:\n        c.get('/')\n"
        "    with client:\n        pass\n",
        f"client = AsyncClient(\n    transport=ASGITransport(app=app), {REST}\n)\ndef test():\n"
        "    with app.router.lifespan_context(app), nullcontext(client) as c:\n        c.get('/')\n"
        "    with app.router.lifespan_context(app):\n        pass\n",
    ),
    "annotations": (
        "def login(client: TestClient) -> Generator[TestClient, None, None]:\n    return client.get('/')\n",
        "def login(client: AsyncClient) -> Generator[AsyncClient, None, None]:\n    return client.get('/')\n",
    ),
    "the peer's address": (
        'client = TestClient(app)\ndef test():\n    assert client.get("/ip").text == "testclient"\n',
        'client = AsyncClient(\n    transport=ASGITransport(app=app, client=("testclient", 50000)), '
        f'{REST}\n)\ndef test():\n    assert client.get("/ip").text == "testclient"\n',
    ),
    "websocket beside requests": (
        "client = TestClient(app)\ndef test():\n    client.get('/')\n    with client.websocket_connect('/') as one:\n"
        "        pass\n",
        f"client = AsyncClient(\n    transport=ASGITransport(app=app), {REST}\n)\ndef test():\n    client.get('/')\n"
        "    with TestClient(app).websocket_connect('/') as one:\n        pass\n",
    ),
}


@pytest.mark.parametrize("name", SAMPLES)
def test_sample(name: str) -> None:
    before, after = SAMPLES[name]
    assert body(converted(before)) == after


def test_the_import_goes_when_nothing_uses_it() -> None:
    assert converted("client = TestClient(app)\ncreate_app()\n").texts["test_it.py"].startswith(NEW_HEAD)


def test_a_second_run_changes_nothing() -> None:
    first = converted("client = TestClient(app)\ndef test():\n    with client:\n        client.get('/')\n")
    second = run_stage("flip", first.texts, fixers=[convert_clients])
    assert second.texts == first.texts


def test_a_client_of_the_conftest_and_its_application() -> None:
    texts = {
        "app.py": APPLICATION,
        "conftest.py": "import pytest\n" + HEAD + "@pytest.fixture\ndef client():\n    return TestClient(app)\n",
        "test_it.py": "def test_it(client):\n    client.get('/')\n    client.app.state.x = 1\n",
    }
    result = run_stage("flip", texts, fixers=[convert_clients])
    assert result.texts["test_it.py"] == (
        "from app import app\ndef test_it(client):\n    client.get('/')\n    app.state.x = 1\n"
    )


def test_websockets_alone_are_kept_and_listed() -> None:
    test = (
        "def test_talk():\n    client = TestClient(app)\n    with client.websocket_connect('/') as one:\n        pass\n"
    )
    result = converted(test)
    assert result.changed == []
    assert [(str(one.place), one.kind) for one in result.left] == [("test_it.py:4", "test client")]
    assert "WebSocket" in result.left[0].reason


def test_an_attribute_without_counterpart_is_listed() -> None:
    result = converted("client = TestClient(app)\nprint(client.app_state)\n")
    assert [one.reason for one in result.left] == ["httpx.AsyncClient has no app_state"]


DERIVED = """class DatesClient(TestClient):
    def request(self, method: str, url: str, **arguments):
        return super().request(method, url, **arguments)
    def log_in(self):
        return self.post("/login")
"""


def test_a_class_derived_from_the_client_is_converted_with_its_methods() -> None:
    test = DERIVED + (
        "import pytest\n@pytest.fixture\ndef client():\n"
        "    with DatesClient(app, raise_server_exceptions=False) as c:\n        yield c\n"
        "def test_get(client: DatesClient):\n    client.log_in()\n    assert client.get('/').status_code == 200\n"
    )
    result = run_stage("flip", {"app.py": APPLICATION, "test_it.py": HEAD + test})
    text = result.texts["test_it.py"]
    assert "class DatesClient(AsyncClient):\n    async def request(self" in text
    assert "return await super().request(method, url, **arguments)" in text
    assert 'async def log_in(self):\n        return await self.post("/login")' in text
    assert "async with app.router.lifespan_context(app), DatesClient(" in text
    assert "transport=ASGITransport(app=app, raise_app_exceptions=False)" in text
    assert (
        "async def test_get(client: DatesClient):\n    await client.log_in()\n    assert (await client.get('/'))"
        in text
    )


def test_a_derived_class_that_an_async_client_cannot_be_stays_and_nothing_of_it_is_awaited() -> None:
    test = (
        "class Client(TestClient):\n    def __init__(self, app):\n        super().__init__(app, root_path='/x')\n"
        "def test_get():\n    client = Client(app)\n    assert client.get('/').status_code == 200\n"
    )
    result = run_stage("flip", {"app.py": APPLICATION, "test_it.py": HEAD + test})
    assert result.texts["test_it.py"] == HEAD + test
    assert any("a `__init__` of its own" in one.reason for one in result.left)
