from sqlalchemy import create_engine, select
from sqlalchemy.orm import Session

from app.models import Base, Customer, Order
from greenshift.explain.n_plus_one import Detector

engine = create_engine("sqlite://")
Base.metadata.create_all(engine)
with Session(engine) as session:
    session.add_all([Customer(name=name, orders=[Order(item="tea")]) for name in ("Ada", "Berta")])
    session.commit()
    customers = session.scalars(select(Customer)).all()
    with Detector() as detector:
        ...  # here
    assert not list(detector.findings())
