from app.models import Author


def test_authors(client, session):
    session.add(Author(name="Ada"))
    session.commit()
    assert client.post("/authors/Berta").status_code == 200
    assert client.get("/authors").json() == ["Ada", "Berta"]
