from sqlalchemy.orm import Session

from app.database import User


def first(db: Session):
    # The oldest one.
    return db.query(User).order_by(User.id).first()


def add(db: Session, name: str):
    user = User(name=name)
    db.add(user)
    db.commit()
    return user
