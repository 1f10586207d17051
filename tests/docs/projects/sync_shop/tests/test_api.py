from fastapi.testclient import TestClient

from app.main import app


def test_first(db):
    with TestClient(app) as client:
        client.post("/users/Ada")
        assert client.get("/first").json() == "Ada"
