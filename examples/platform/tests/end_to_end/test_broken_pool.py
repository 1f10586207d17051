"""What happened in staging: the backend's pool is one for threads, and nothing works. Then the fixed one."""

from pathlib import Path

import pytest
import websockets
from greenshift.postgres import Database

from tests.end_to_end.people import http_client, person
from tests.end_to_end.services import PLATFORM, DidNotStartError, platform, serving, variant_of_the_backend

MESSAGE = "sqlalchemy.exc.ArgumentError: Pool class QueuePool cannot be used with asyncio engine"


@pytest.mark.db(no_queries_ok=True)  # none can be sent: that is the trouble
def test_the_broken_pool_ends_the_backend_before_it_listens(db: Database, tmp_path: Path) -> None:
    folder = variant_of_the_backend(tmp_path, (PLATFORM / "broken" / "database.py").read_text(encoding="utf-8"))
    with (
        serving("backend.main:app", db.url("asyncpg"), tmp_path, folder) as starting,
        pytest.raises(DidNotStartError) as ended,
    ):
        starting.listening()
    log = str(ended.value)
    assert f'File "{folder / "backend" / "database.py"}", line' in log
    assert MESSAGE in log
    assert "Uvicorn running" not in log
    assert (tmp_path / "backend.sql.json").read_text(encoding="utf-8") == ""


@pytest.mark.db
async def test_the_fixed_pool_serves(db: Database, tmp_path: Path) -> None:
    async with http_client() as client:
        with platform(db.url("asyncpg"), tmp_path) as (auth, backend):
            anna = await person("anna@platform.test", auth, backend, client)
            assert (await anna.send("Good morning"))["text"] == "Good morning"
            assert await anna.messages(client) == ["Good morning"]
            await anna.leave()

            assert (await client.post(f"{auth.url}/logout", headers=anna.headers)).status_code == 204
            with pytest.raises(websockets.InvalidStatus) as refused:
                await anna.send("Good evening")
            assert refused.value.response.status_code == 401

            assert auth.sent("INSERT INTO logins", "auth_service/routers/accounts.py") == 1
            assert auth.sent("UPDATE logins", "auth_service/routers/accounts.py") == 1
            assert backend.sent("SELECT users.id", "backend/authentication.py") == 3
            assert backend.sent("INSERT INTO messages", "backend/messages.py") == 1
            assert "QueuePool" not in backend.log.read_text(encoding="utf-8")
    with db.connect() as outsider:
        assert outsider.execute("SELECT text FROM messages").fetchall() == [("Good morning",)]
