from fastapi.testclient import TestClient

from app.main import app
from app.models import Customer


def test_customers(db_session):
    db_session.add(Customer(name="Ada"))
    db_session.commit()
    with TestClient(app) as client:
        assert client.get("/customers").json() == ["Ada"]
