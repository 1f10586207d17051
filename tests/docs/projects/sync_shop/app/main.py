from fastapi import Depends, FastAPI
from sqlalchemy.orm import Session

from app import service
from app.database import get_db

app = FastAPI()


@app.get("/first")
def first(db: Session = Depends(get_db)):
    user = service.first(db)
    return None if user is None else user.name


@app.post("/users/{name}")
def add(name: str, db: Session = Depends(get_db)):
    return service.add(db, name).id
