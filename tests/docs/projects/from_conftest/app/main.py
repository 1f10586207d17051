from typing import Annotated

from fastapi import Depends, FastAPI
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.database import get_db
from app.models import Author

app = FastAPI()


@app.post("/authors/{name}")
def add(name: str, session: Annotated[Session, Depends(get_db)]) -> int:
    author = Author(name=name)
    session.add(author)
    session.commit()
    return author.id


@app.get("/authors")
def authors(session: Annotated[Session, Depends(get_db)]) -> list[str]:
    return list(session.scalars(select(Author.name).order_by(Author.id)))
