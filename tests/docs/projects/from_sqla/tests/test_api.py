from app.models import Author


def test_authors(client, sqla_session):
    sqla_session.add(Author(name="Ada"))
    sqla_session.commit()
    assert client.post("/authors/Berta").status_code == 200
    assert client.get("/authors").json() == ["Ada", "Berta"]
