import contextlib
import io
import os

from sqlalchemy import create_engine, select
from sqlalchemy.orm import Session

from app.models import Base, Customer, Order

engine = create_engine("sqlite://")
Base.metadata.create_all(engine)


def report(session):
    for customer in session.scalars(select(Customer)):
        print(customer.name, len(customer.orders))


printed = io.StringIO()
with Session(engine) as session:
    session.add_all([Customer(name=name, orders=[Order(item="tea")]) for name in ("Ada", "Berta")])
    session.commit()
    session.expire_all()
    with contextlib.redirect_stdout(printed):
        ...  # here
assert "N+1 lazy loads" in printed.getvalue(), printed.getvalue()
