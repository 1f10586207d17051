from app import service
from app.database import SessionLocal


def test_first(db):
    with SessionLocal() as session:
        assert service.first(session) is None
        service.add(session, "Ada")
        service.add(session, "Berta")
        assert service.first(session).name == "Ada"
