from fastapi import FastAPI
from fastapi.testclient import TestClient
from sqlalchemy import create_engine, text

engine = create_engine("sqlite://")
app = FastAPI()
# here
with observer, engine.connect() as connection:
    connection.execute(text("SELECT 1"))
    with TestClient(app) as client:
        assert "greenshift_" in client.get("/internal/metrics").text
        assert client.get("/internal/greenshift.json").json()["engines"]
