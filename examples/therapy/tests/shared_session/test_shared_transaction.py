"""What a shared transaction does differently: nothing is really committed, and the clock stands still."""

import pytest
from app.models.db_models import Session
from fastapi.testclient import TestClient

from greenshift.postgres import Database

pytestmark = pytest.mark.db(isolation="rollback")


def test_nobody_else_sees_what_was_committed(client: TestClient, test_session: Session, db: Database) -> None:
    assert client.get(f"/api/sessions/{test_session.id}").status_code == 200
    with db.connect() as outsider:
        assert outsider.execute("SELECT count(*) FROM sessions").fetchone() == (0,)


def test_update_does_not_move_the_clock(client: TestClient, test_session: Session) -> None:
    changed = client.patch(f"/api/sessions/{test_session.id}", json={"duration_minutes": 30}).json()
    assert changed["duration_minutes"] == 30
    assert changed["updated_at"] == changed["created_at"]
